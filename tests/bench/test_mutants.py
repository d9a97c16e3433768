"""Mutants per second beside mutmut's: the same project, mutants, tests and cores, in turns. Run with `nox -s bench`.

DSPY_CI_BENCH_SOURCE may name the unpacked source of a project and its package, as `folder:package`, else sqlparse is
fetched; DSPY_CI_BENCH_MUTMUT the interpreter of an environment that holds mutmut; DSPY_CI_BENCH_MUTANTS how many.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from mutmut_side import Mutmut, edit_between, python, shuffled

from dspy_ci.adapters.sandbox.choice import chosen
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.ports.sandbox import TestRun
from dspy_ci.trials.notice import Fate, Known, noticed, steady

NUMBER = int(os.environ.get("DSPY_CI_BENCH_MUTANTS", "240"))
TURN = 100
"""Mutants that we try in one turn; mutmut's turns are as long as ours."""
IGNORED = ("--ignore=tests/test_dos_prevention.py", "--ignore=tests/test_cli.py")
"""Tests that watch the clock, and tests of processes that neither of us can mutate."""


def source(folder):
    if named := os.environ.get("DSPY_CI_BENCH_SOURCE"):
        path, _, package = named.rpartition(":")
        return Path(path), package
    fetched = subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", "sqlparse", "sqlparse==0.5.*",
         "-d", folder], check=False)  # fmt: skip
    archive = next(folder.glob("sqlparse-*.tar.gz"), None)
    if fetched.returncode or archive is None:
        pytest.skip("the source of sqlparse cannot be fetched")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return next(path for path in folder.glob("sqlparse-*") if path.is_dir()), "sqlparse"


def patches(root, sample):
    paths = {path for path, _, _ in sample.values()}
    code = Snapshot.of({path: (root / path).read_text(encoding="utf-8") for path in paths})
    found = {}
    for name, (path, before, after) in sample.items():
        edit = edit_between(code.text(path), before, after)
        if edit:
            found[name] = Patch(code, (Edit(path, *edit),), "mutant", name)
    return found


def learned(run, copy):
    started = time.perf_counter()
    report = copy.test(run)
    assert (report.problem, report.red) == (None, frozenset())
    lines = copy.test(TestRun(run.python, run.timeout, args=run.args, trace=True)).lines
    known = Known(lines, {name: result.seconds for name, result in report.results.items()},
                  steady(run, report.passed, copy, 300))  # fmt: skip
    return known, time.perf_counter() - started


def test_mutants_per_second_are_at_least_four_fifths_of_mutmuts(tmp_path, capsys):
    root, package = source(tmp_path)
    cores = len(os.sched_getaffinity(0))
    theirs = tmp_path / "mutmut" / root.name
    shutil.copytree(root, theirs)
    mutmut = Mutmut(python(tmp_path / "venv"), theirs, package, IGNORED, cores)
    set_up = mutmut.prepare()
    mine = patches(root, mutmut.sample(NUMBER, shuffled(5)))
    run = TestRun(sys.executable, 900, args=("-q", "tests", *IGNORED))
    sandbox = chosen(str(root))
    with ExitStack() as stack:
        copies = [stack.enter_context(sandbox.open()) for _ in range(cores)]
        known, learning = learned(run, copies[0])
        set_up += mutmut.begin(list(mine))
        stack.callback(mutmut.end)
        names, verdicts, ours, took = list(mine), {}, 0.0, 0.0
        while names or mutmut.running():
            started = time.perf_counter()
            turn, names = names[:TURN], names[TURN:]
            for notice in noticed([mine[name] for name in turn], known, run, copies, 300):
                verdicts[notice.patch.rationale] = notice.fate
            ours += time.perf_counter() - started if turn else 0.0
            took += mutmut.go((time.perf_counter() - started) if turn else 60)
        said, codes = mutmut.verdicts(), mutmut.codes()
    per_second, mutmuts = len(mine) / ours, sum(name in said for name in mine) / took
    same = Counter((fate.value, said[name]) for name, fate in verdicts.items() if name in said)
    with capsys.disabled():
        print(f"\n{len(mine)} mutants of {root.name}, {cores} workers each, tier {sandbox.tier}")
        print(f"  ours   {per_second:.2f}/s, {ours:.0f} s after {learning:.0f} s of learning")
        print(f"  mutmut {mutmuts:.2f}/s, {took:.0f} s after {set_up:.0f} s of set-up")
        print(f"  ratio {per_second / mutmuts:.2f}; noticed by us and by mutmut: {dict(same)}")
        for name, fate in verdicts.items():
            if said.get(name) and fate is not Fate.NOTICED:
                print(f"\n{fate.value} by us, {codes[name]} by mutmut: {name}\n{mine[name].diff}")
    assert Fate.UNTRIED not in verdicts.values()
    assert per_second >= 0.8 * mutmuts
    assert same["noticed", True] >= 0.98 * sum(count for (_, theirs), count in same.items() if theirs)
