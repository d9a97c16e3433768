import json
import subprocess
import sys
from importlib import import_module

import click
import pytest
from click.testing import CliRunner

from dspy_ci import __main__, __version__, cli
from dspy_ci.errors import MissingError
from dspy_ci.verbs import VERBS

VENDORS = ("dspy", "github", "git", "confluent_kafka", "pyspark", "sentence_transformers", "rich")


def loaded_by(*args):
    code = (
        "import sys, json\n"
        "from dspy_ci.__main__ import run\n"
        f"run({list(args)!r})\n"
        "print(json.dumps([name for name in sys.modules if '.' not in name]), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_help_imports_no_vendor():
    assert loaded_by("--help").isdisjoint({*VENDORS, "click"})


def test_help_is_the_same_by_either_way(capsys):
    __main__.run(["--help"])
    assert CliRunner().invoke(cli.cli, ["--help"]).output == capsys.readouterr().out


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_verb_has_a_module_whose_help_agrees_with_the_table(verb):
    command = import_module(f"dspy_ci.commands.{verb.replace('-', '_')}").command
    assert isinstance(command, click.Command)
    assert command.get_short_help_str(200) == VERBS[verb]


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_verb_explains_itself(verb):
    result = CliRunner().invoke(cli.cli, [verb, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


def test_version(capsys):
    assert __main__.run(["--version"]) == 0
    assert capsys.readouterr().out == f"dspy-ci {__version__}\n"


def test_an_unknown_verb_is_usage(capsys):
    assert __main__.run(["mend"]) == 2
    assert "No such command 'mend'" in capsys.readouterr().err


def test_a_foreseen_error_is_a_sentence_a_hint_and_its_exit_code(monkeypatch, capsys):
    def fail(*_args, **_options):
        raise MissingError("the moon is missing", hint="wait for night")

    monkeypatch.setattr(cli.cli, "main", fail)
    assert __main__.run(["fix"]) == 4
    assert capsys.readouterr().err == "dspy-ci: the moon is missing\n  hint: wait for night\n"


def test_an_unforeseen_error_leaves_a_report_and_no_traceback(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def fail(*_args, **_options):
        raise ZeroDivisionError("why")

    monkeypatch.setattr(cli.cli, "main", fail)
    assert __main__.run(["fix"]) == 3
    shown = capsys.readouterr().err
    (report,) = (tmp_path / "dspy-ci" / "crashes").iterdir()
    assert "Traceback" not in shown
    assert str(report) in shown
    assert "ZeroDivisionError: why" in report.read_text()


def test_ctrl_c_is_130(monkeypatch, capsys):
    def interrupt(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.cli, "main", interrupt)
    assert __main__.run(["fix"]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_reader_that_has_gone_is_no_error():
    shell = f"{sys.executable} -m dspy_ci --help | true"
    done = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_a_module_of_the_project_does_not_pose_as_one_of_ours(tmp_path):
    for name in ("click", "json", "token"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')\n")
    argv = [sys.executable, "-m", "dspy_ci", "context", "-"]
    done = subprocess.run(argv, cwd=tmp_path, input="E  boom\n", capture_output=True, text=True, check=False)
    assert "the wrong module" not in done.stderr + done.stdout
    assert "boom" in done.stdout
