"""The README promises only what runs."""

import re
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from dspy_ci.verbs import VERBS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line.startswith("dspy-ci ")]


def block_behind(mark):
    return README.split(f"<!-- {mark} -->")[1].split("```sh\n")[1].split("```")[0].strip()


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_line_is_understood(line):
    verb, *words = shlex.split(line, comments=True)[1:]
    command = import_module(f"dspy_ci.commands.{verb}").command
    if hasattr(command, "commands"):  # a group: the next word is a verb of its own
        command, words = command.commands[words[0]], words[1:]
    assert command.make_context(verb, list(words)).params


def test_every_verb_is_spelt_as_it_is():
    named = set(re.findall(r"(?:^|`)dspy-ci ([a-z][a-z-]*)", README, re.MULTILINE))
    assert named <= set(VERBS), named - set(VERBS)


def test_it_fits_on_two_screens():
    assert len(README.splitlines()) <= 100


def test_what_ci_runs_is_the_command_of_the_readme():
    assert "nox -s tests" in block_behind("test")
    assert "<!-- test -->" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.slow
def test_the_first_command_ends_with_a_verified_patch(tmp_path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    command = block_behind("demo").replace("python3", sys.executable, 1)
    done = subprocess.run(["/bin/sh", "-ec", command], cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Mended:")
    assert "+    return [items[start : start + size] for start in range(0, len(items), size)]" in done.stdout
