"""What `dspy-ci --help` costs beside a Python that does nothing. Run with `nox -s bench`."""

import subprocess
import sys
import time
from statistics import median

ROUNDS = 20


def seconds(*argv):
    started = time.perf_counter()
    subprocess.run(argv, capture_output=True, check=True)
    return time.perf_counter() - started


def test_help_costs_at_most_three_bare_pythons(capsys):
    pairs = [
        (seconds(sys.executable, "-c", "pass"), seconds(sys.executable, "-m", "dspy_ci", "--help"))
        for _ in range(ROUNDS)
    ]
    bare, ours = (median(column) for column in zip(*pairs, strict=True))
    with capsys.disabled():
        print(f"\npython -c pass {bare * 1000:.0f} ms, dspy-ci --help {ours * 1000:.0f} ms, ratio {ours / bare:.2f}")
    assert ours / bare <= 3
