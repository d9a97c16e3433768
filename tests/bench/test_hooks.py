"""What `dspy-ci hook check` costs beside flake8 on the same ten staged files. Run with `nox -s bench`."""

import shutil
import subprocess
import sys
import time
from itertools import cycle
from statistics import median

import pytest

ROUNDS = 9
STAGED = 10
FUNCTION = """

def work_{n}_{k}(first, second={k}, *rest):
    total = first + second
    for item in rest:
        total += item * {k}
    if total > 100:
        return helper_{other}(total, limit={k})
    return [total, "text {k}"]
"""


def module(number):
    other = max(0, number - 1)
    head = (
        f'"""Module {number}."""\n\nimport os\n\nfrom app.p{other % 20}.m{other} import helper_{other}\n\n\n'
        f"def helper_{number}(x, limit=0):\n    return os.sep, x, limit\n"
    )
    return head + "".join(FUNCTION.format(n=number, k=k, other=other) for k in range(12))


@pytest.fixture
def staged(repository, write, git):
    """A repository of many files with ten staged: nine grow, and in one a name is gone that others use."""

    def make(count):
        files = {f"app/p{n % 20}/m{n}.py": module(n) for n in range(count)}
        packages = {f"app/p{n}/__init__.py": "" for n in range(20)}
        root = repository({"app/__init__.py": "", **packages, **files}, name=f"of-{count}")
        git(root, "gc", "-q")
        changed = list(files)[:STAGED]
        write(root, {path: files[path] + "\n\ndef more(x):\n    return x\n" for path in changed})
        write(root, {changed[5]: files[changed[5]].replace("helper_5(", "helping_5(")})
        git(root, "add", "-A")
        return root, changed

    return make


def seconds(argv, cwd):
    started = time.perf_counter()
    subprocess.run(argv, cwd=cwd, capture_output=True, check=False)
    return time.perf_counter() - started


def side_by_side(**commands):
    """The median of each command; they take turns, so that noise falls on all alike."""
    times = {name: [] for name in commands}
    for name, (prepare, argv, cwd) in zip(cycle(commands), list(commands.values()) * ROUNDS, strict=False):
        prepare()
        times[name].append(seconds(argv, cwd))
    return {name: median(values) for name, values in times.items()}


def nothing():
    """What most commands need before they run."""


def test_the_check_costs_no_more_than_flake8_and_does_not_grow_with_the_repository(staged):
    check = [sys.executable, "-m", "dspy_ci", "hook", "check"]
    (root, changed), (small, _), (large, _) = staged(1000), staged(100), staged(5000)
    for folder in (root, small, large, large, large):  # a large repository is learnt in several goes
        assert subprocess.run(check, cwd=folder, capture_output=True, check=False).returncode == 1
    forget = lambda: shutil.rmtree(root / ".git" / "dspy-ci", ignore_errors=True)  # noqa: E731 - one word for the table
    warm = side_by_side(
        flake8=(nothing, [sys.executable, "-m", "flake8", *changed], root),
        check=(nothing, check, root),
        small=(nothing, check, small),
        large=(nothing, check, large),
    )
    cold = side_by_side(flake8=(nothing, [sys.executable, "-m", "flake8", *changed], root), check=(forget, check, root))
    print()
    print(f"warm, ten of 1,000 files: {warm['check']:.3f} s, {warm['check'] / warm['flake8']:.2f} x flake8")
    print(f"cold, ten of 1,000 files: {cold['check']:.3f} s, {cold['check'] / cold['flake8']:.2f} x flake8")
    print(f"warm, ten of 100 files:   {warm['small']:.3f} s, {warm['small'] / warm['check']:.2f} x of 1,000")
    print(f"warm, ten of 5,000 files: {warm['large']:.3f} s, {warm['large'] / warm['check']:.2f} x of 1,000")
    assert warm["check"] <= 1.1 * warm["flake8"]
    assert cold["check"] <= 5 * cold["flake8"]
    assert warm["large"] <= 1.5 * warm["small"]
