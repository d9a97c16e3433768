"""Candidates per second, warm beside cold, and what a run costs that does nothing. Run with `nox -s bench`.

DSPY_CI_BENCH_PROJECT may name an unpacked project with tests that pass, DSPY_CI_BENCH_TEST one of its test ids;
otherwise a project of a few files stands in.
"""

import os
import sys
import time
from pathlib import Path
from statistics import median

import pytest

from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.adapters.sandbox.preflight import tried
from dspy_ci.ports.sandbox import Command, TestRun

CODE = "def add(a, b):\n    return a + b\n"
TEST = "from calc import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n"


def project(tmp_path):
    if folder := os.environ.get("DSPY_CI_BENCH_PROJECT"):
        return folder, os.environ["DSPY_CI_BENCH_TEST"]
    (tmp_path / "calc.py").write_text(CODE)
    (tmp_path / "test_calc.py").write_text(TEST)
    return str(tmp_path), "test_calc.py::test_add"


def seconds(action, rounds):
    return median(timed(action, number) for number in range(rounds))


def timed(action, number):
    started = time.perf_counter()
    action(number)
    return time.perf_counter() - started


@pytest.mark.parametrize("tier", ["A", "B", "E"])
def test_a_warm_candidate_is_at_least_five_times_as_fast_as_a_cold_one(tier, tmp_path, capsys):
    if not tried(tier).works:
        pytest.skip("does not hold here")
    folder, test = project(tmp_path)
    target = next(path for path in sorted(Path(folder).rglob("*.py")) if "test" not in str(path.relative_to(folder)))
    name, text = str(target.relative_to(folder)), target.read_bytes()
    with LocalSandbox(folder, tier).open() as copy:

        def run(number, *, cold=False):
            files = {name: text + f"\n# candidate {number}\n".encode()}
            report = copy.test(TestRun(sys.executable, 120, ids=(test,), stop_at_first=True, cold=cold), files)
            assert report.passed == {test}, report
            assert report.warm != cold

        run(0)
        run(1)
        warms, colds = [], []
        for number in range(40):  # in turns, so that whatever else the machine does slows down both
            warms.append(timed(run, number))
            if number % 6 == 5:
                colds.append(timed(lambda number: run(number, cold=True), number))
        warm, cold = median(warms), median(colds)
    with capsys.disabled():
        print(f"\ntier {tier}: warm {warm * 1000:.0f} ms, cold {cold * 1000:.0f} ms, ratio {cold / warm:.1f}")
    assert cold / warm >= 5


@pytest.mark.parametrize("files", [100, 7000])
def test_a_run_that_does_nothing_does_not_depend_on_the_size_of_the_tree(files, tmp_path, capsys):
    if not tried("A").works:
        pytest.skip("does not hold here")
    for number in range(files):
        path = tmp_path / f"d{number % 70}" / f"m{number}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text("x = 1\n" * 50)
    started = time.perf_counter()
    with LocalSandbox(str(tmp_path), "A").open() as copy:
        opened = time.perf_counter() - started
        nothing = seconds(lambda _: copy.run(Command(("true",), 10), {"d0/m0.py": b"x = 2\n"}), 40)
    whole = seconds(lambda _: LocalSandbox(str(tmp_path), "A").open().close(), 10)
    with capsys.disabled():
        told = f"open {opened * 1000:.0f} ms, a run {nothing * 1000:.1f} ms, open to close {whole * 1000:.0f} ms"
        print(f"\n{files} files: {told}")
    assert nothing < 0.06
