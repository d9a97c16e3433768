"""Mutmut on a project of its own copy: its mutants, its speed, its verdicts; it can be stopped and resumed."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

PROGRESS = re.compile(rb"(\d+)/(\d+)  ")
CONFIG = """
[tool.mutmut]
source_paths = ["{source}"]
pytest_add_cli_args = {words}
process_isolation = "fork"
track_dependencies = false
use_git_change_detection = false
timeout_multiplier = 5.0
timeout_constant = 0.5
"""
"""Its fastest way: forks of a process that has run the suite, no tracking, time limits like ours."""
SURVIVED, UNCOVERED = {0}, {5, 33}
LATE = {-24, 24, 36, 152, 255}
"""Ended by its limit of time: on a busy machine that is no verdict, since harmless mutants are among them."""


def python(folder):
    """An interpreter with mutmut and pytest: the one that DSPY_CI_BENCH_MUTMUT names, or a new environment."""
    if named := os.environ.get("DSPY_CI_BENCH_MUTMUT"):
        return named
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    inside = f"{folder}/bin/python"
    subprocess.run([inside, "-m", "pip", "install", "-q", "mutmut>=3", "pytest"], check=True)
    return inside


class Mutmut:
    """One run over a sample of its mutants."""

    def __init__(self, interpreter, root, source, words, workers):
        self.interpreter, self.root, self.workers = interpreter, Path(root), workers
        with (self.root / "pyproject.toml").open("a", encoding="utf-8") as sink:
            sink.write(CONFIG.format(source=source, words=json.dumps(list(words))))
        self.log = self.root / "mutmut.log"
        self.process = None

    def prepare(self):
        """Make all mutants and learn which tests run what: one run over a mutant that is not there."""
        started = time.perf_counter()
        self._start(["none.at.all"])
        self.process.wait(900)
        return time.perf_counter() - started

    def _start(self, names):
        argv = [self.interpreter, "-m", "mutmut", "run", "--max-children", str(self.workers), *names]
        with self.log.open("wb") as sink:
            self.process = subprocess.Popen(
                argv, cwd=self.root, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True
            )

    def sample(self, number, chance):
        """Names of mutants, and for each its file, the function as it was, and as it is mutated."""
        found = {}
        for path in sorted((self.root / "mutants").rglob("*.py.meta")):
            mutated = path.with_suffix("")
            names = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
            functions = mutated_functions(mutated.read_text(encoding="utf-8"))
            for name in names:
                key = name.rpartition(".")[2]
                before = functions.get(key.rpartition("__mutmut_")[0] + "__mutmut_orig")
                if before and key in functions:
                    found[name] = (str(mutated.relative_to(self.root / "mutants")), before, functions[key])
        return {name: found[name] for name in chance.sample(sorted(found), min(number, len(found)))}

    def begin(self, names):
        """Start over these mutants and stop at the first result; the seconds that took."""
        started = time.perf_counter()
        self._start(names)
        while not self.done() and self.process.poll() is None:
            time.sleep(0.02)
        self.stop()
        return time.perf_counter() - started

    def done(self):
        """How many mutants are done."""
        found = PROGRESS.findall(self.log.read_bytes()[-400:])
        return int(found[-1][0]) if found else 0

    def running(self):
        return self.process.poll() is None

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGSTOP)

    def go(self, seconds):
        """Run for a while; the seconds that it took."""
        started = time.perf_counter()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGCONT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.stop()
        return time.perf_counter() - started

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def verdicts(self):
        """By name, whether the tests noticed it; None where no test runs it, or its time was over."""
        return {name: None if code in UNCOVERED | LATE else code not in SURVIVED for name, code in self.codes().items()}

    def codes(self):
        """By name, the exit code of the tests, for those that were run."""
        said = {}
        for path in (self.root / "mutants").rglob("*.py.meta"):
            codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
            said |= {name: code for name, code in codes.items() if code is not None}
        return said


def mutated_functions(text):
    """By name, each function's own source from `def` on."""
    lines = text.splitlines(keepends=True)
    return {
        node.name: "".join(lines[node.lineno - 1 : node.end_lineno])
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "__mutmut_" in node.name
    }


def edit_between(text, before, after):
    """Start, end and new text of the smallest edit that turns the file's function into the mutant; None if lost."""
    plain = re.compile(r"(def )x(?:ǁ\w+ǁ|_)(\w+?)__mutmut_(?:orig|\d+)\(")
    before, after = (plain.sub(r"\1\2(", part, count=1) for part in (before, after))
    if text.count(before) != 1:
        return None
    head = alike(before, after)
    tail = alike(before[head:][::-1], after[head:][::-1])
    start = text.index(before)
    return start + head, start + len(before) - tail, after[head : len(after) - tail]


def alike(one, two):
    """How many characters two texts have in common from the start."""
    return next(
        (at for at, pair in enumerate(zip(one, two, strict=False)) if pair[0] != pair[1]), min(len(one), len(two))
    )


def shuffled(seed):
    return random.Random(seed)
