"""Hostile candidates in a row, and then nothing is left of them. DSPY_CI_SOAK_RUNS says how many; the bench: 500."""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import pytest

from dspy_ci.adapters.sandbox.confine import Limits
from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.adapters.sandbox.preflight import tried
from dspy_ci.ports.sandbox import TestRun

RUNS = int(os.environ.get("DSPY_CI_SOAK_RUNS", "25"))
LIMITS = Limits(memory=1 << 30, file=8 << 20, disk=64 << 20, processes=200, cpu=20)
GREW = 8 << 20
"""Bytes that a process may grow between the second and the last fifth of the runs."""
DAEMON = """
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(300)", "MARK"])
"""
SCATTER = """
for folder in (".", "..", "/tmp", "/var/tmp", "/dev/shm", "/", HOME, ORIGINAL, os.path.dirname(ORIGINAL)):
    try:
        open(os.path.join(folder, "MARK"), "w").write("x")
    except OSError:
        pass
"""
DAMAGE = """
for path in (ORIGINAL, os.path.join(ORIGINAL, "calc.py"), os.path.join(ORIGINAL, ".git", "config")):
    for do in (lambda: open(path, "a").write("x"), lambda: os.unlink(path), lambda: os.rename(path, path + "MARK")):
        try:
            do()
        except OSError:
            pass
shutil.rmtree(".", ignore_errors=True)
"""
ODD_FILES = """
os.makedirs("deep/er")
os.mkfifo("pipe")
os.symlink("/", "deep/root")
open("calc.py", "w").write("broken(")
os.chmod("deep/er", 0)
os.chmod("deep", 0)
"""
ATTACKS = {
    "daemons": DAEMON,
    "scatters files": SCATTER,
    "damages the tree": DAMAGE,
    "odd files": ODD_FILES,
    "memory": "x = bytearray(3 << 30)",
    "endless": "while True: pass",
    "leaves": "os._exit(0)",
    "kills its server": "os.kill(os.getppid(), 9); time.sleep(1)",
    "crashes": "import ctypes; ctypes.string_at(0)",
    "forks": "for _ in range(60):\n    if os.fork() == 0: time.sleep(300)",
    "talks": "os.write(1, b'x' * (4 << 20))",
    "threads": "import threading\nfor _ in range(60): threading.Thread(target=time.sleep, args=(300,)).start()",
    "a big file": "open('big', 'wb').write(bytes(32 << 20))",
}
PROJECT = {
    "calc.py": "def add(a, b):\n    return a + b\n",
    ".git/HEAD": "ref: refs/heads/main\n",
    ".git/config": "[core]\n",
}


def hostile(body, mark, root):
    text = body.replace("MARK", mark).replace("ORIGINAL", repr(str(root))).replace("HOME", repr(str(Path.home())))
    lines = "".join(f"    {line}\n" for line in text.strip().splitlines())
    return f"import os, shutil, signal, sys, time\nimport calc\n\n\ndef test_it():\n{lines}"


def state(root):
    """Everything about a tree that anybody could notice."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        data = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = (status.st_mode, status.st_mtime_ns, status.st_ino, data)
    return found


def family(pid):
    """All descendants of a process."""
    found = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            children = [int(child) for child in (task / "children").read_text().split()]
            found += [*children, *(below for child in children for below in family(child))]
    return found


def carrying(mark):
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and mark in (entry / "cmdline").read_text():
                found.append(entry.name)
    return found


def is_keeper(pid):
    """Whether it lives as long as the copy; servers and candidates come and go."""
    try:
        return b"keeper" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def resident(pid):
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 0


def growth(sizes):
    fifth = max(1, len(sizes) // 5)
    return median(sizes[-fifth:]) - median(sizes[fifth : 2 * fifth])


@pytest.mark.slow
@pytest.mark.parametrize("tier", ["A", "B"])
def test_nothing_is_left_of_hostile_candidates(tier, repository, tmp_path, monkeypatch, capsys):
    if not tried(tier).works:
        pytest.skip(f"tier {tier} does not hold here")
    root, private, mark = repository(PROJECT), tmp_path / "private", f"soak-{secrets.token_hex(8)}"
    private.mkdir()
    monkeypatch.setenv("TMPDIR", str(private))
    monkeypatch.setattr("tempfile.tempdir", None)
    before, mounts, older = state(root), Path("/proc/self/mounts").read_text(), set(family(os.getpid()))
    ours, keepers, honest = [], [], 0
    with LocalSandbox(str(root), tier, limits=LIMITS).open() as copy:
        folders = [path for path in (private, Path("/dev/shm")) for path in path.glob("dspy-ci-copy-*")]
        mine = [path for path in folders if copy.root.startswith(f"{path}/") or path.parent == private]
        for number, (name, body) in enumerate(islice(cycle(ATTACKS.items()), RUNS)):
            files = {"test_it.py": hostile(body, mark, root).encode()}
            run = TestRun(sys.executable, 3, ids=("test_it.py::test_it",), per_test=0.3, cold=number % 9 == 8)
            assert "test_it.py::test_it" not in copy.test(run, files).passed or name not in {
                "endless",
                "leaves",
                "crashes",
            }
            assert carrying(mark) == [], name
            ours.append(resident(os.getpid()))
            keepers.append(sum(resident(pid) for pid in family(os.getpid()) if is_keeper(pid)))
            if number % 10 == 9:
                good = {"test_it.py": b"import calc\n\n\ndef test_it():\n    assert calc.add(1, 2) == 3\n"}
                honest += len(copy.test(TestRun(sys.executable, 30, ids=("test_it.py::test_it",)), good).passed)
    with capsys.disabled():
        told = ", ".join(f"{who} {growth(sizes) / 1024:+.0f} KB" for who, sizes in (("us", ours), ("keeper", keepers)))
        sys.stdout.write(f"\ntier {tier}: {RUNS} hostile runs, {told}\n")
    assert honest == RUNS // 10
    assert set(family(os.getpid())) - older == set()
    assert carrying(mark) == []
    assert state(root) == before
    assert [line for line in Path("/proc/self/mounts").read_text().splitlines() if line not in mounts] == []
    places = [root.parent, private, *map(Path, ("/", "/tmp", "/var/tmp", "/dev/shm")), Path.home()]
    assert [path for place in places for path in place.glob("*") if mark in path.name] == []
    assert list(private.iterdir()) == []
    assert [path for path in mine if path.exists()] == []
    assert growth(ours) < GREW
    assert growth(keepers) < GREW
