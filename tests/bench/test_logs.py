"""How fast logs are read, that the cost is linear, and 20,000 bent ones. Run with `nox -s bench`."""

import random
import resource
import runpy
import subprocess
import sys
import time
from pathlib import Path

import pytest

FUZZING = Path(__file__).parent.parent / "logs" / "fuzzing.py"
NOISE = (
    "Collecting requests==2.31.0 (from -r requirements.txt (line {n}))",
    "  Downloading requests-2.31.0-py3-none-any.whl (62 kB)",
    "tests/test_mod{n}.py::test_case_{n} PASSED                 [ {p}%]",
    "INFO app.worker processed item {n} in {p} ms",
    "Get:{n} http://archive.invalid/ubuntu noble/main amd64 libfoo{n} amd64 1.2.3 [{p} kB]",
    "[{p}/100] Building CXX object src/CMakeFiles/lib.dir/file{n}.cpp.o",
    "npm http fetch GET 200 https://packages.invalid/pkg{n} {p}ms",
    "10:{p}:00 DEBUG connection pool size {n}",
)
TELLING = (
    "src/app{n}.py:{p}:1: F401 [*] `os` imported but unused",
    "src/app{n}.py:{p}: error: Incompatible types in assignment  [assignment]",
    "FAILED tests/test_{n}.py::test_a - AssertionError: assert {p} == 2",
    "Traceback (most recent call last):",
    "##[warning]careful {n}",
)


def written(path, size):
    """A log of a GitHub job of about this many bytes, 3 % of its lines telling."""
    rng, n, done = random.Random(1), 0, 0
    with path.open("w", encoding="utf-8") as log:
        while done < size:
            n += 1
            text = rng.choice(TELLING if rng.random() < 0.03 else NOISE).format(n=n, p=n % 97)
            done += log.write(f"2026-11-20T18:35:{n % 60:02}.{n % 10**7:07}Z {text}\n")
        log.write("2026-11-20T18:36:00.0000000Z ##[error]Process completed with exit code 2.\n")
    return path


def seconds(*argv):
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(argv, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - started, after.ru_utime - before.ru_utime, after.ru_maxrss


def test_reading_is_linear_and_small(tmp_path, capsys):
    _, idle, _ = seconds(sys.executable, "-m", "dspy_ci", "explain", "--help")
    rows = []
    for megabytes in (1, 10, 100):
        log = written(tmp_path / f"{megabytes}.log", megabytes * 1_000_000)
        wall, user, resident = seconds(sys.executable, "-m", "dspy_ci", "explain", "--format", "json", str(log))
        rows.append((megabytes, wall, user - idle, resident / 1024))
    with capsys.disabled():
        for megabytes, wall, user, resident in rows:
            print(
                f"\n{megabytes} MB: {wall:.2f} s, {megabytes / user:.1f} MB/s of one core, {resident:.0f} MB resident"
            )
    per_megabyte = [user / megabytes for megabytes, _, user, _ in rows]
    assert per_megabyte[2] < 2 * per_megabyte[1]
    assert rows[2][3] < 250


@pytest.mark.parametrize("start", range(0, 20_000, 2_000))
def test_bent_logs_never_crash_hang_or_leak(start):
    fuzz = runpy.run_path(str(FUZZING))
    slowest = 0.0
    for seed in range(start, start + 2_000):
        rng = random.Random(seed)
        secret = fuzz["planted"](rng)
        log = fuzz["with_secret"](rng, fuzz["bent"](rng), secret)
        started = time.perf_counter()
        assert secret not in fuzz["output"](log), seed
        slowest = max(slowest, time.perf_counter() - started)
    assert slowest < 20
