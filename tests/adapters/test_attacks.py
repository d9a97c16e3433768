"""What hostile code tries, asserted at every tier: blocked where the tier promises it, else known not to be."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from dspy_ci.adapters.sandbox.confine import Limits
from dspy_ci.adapters.sandbox.local import GUARANTEES, LocalSandbox
from dspy_ci.adapters.sandbox.preflight import tried
from dspy_ci.errors import SandboxError
from dspy_ci.ports.sandbox import Command, TestRun

pytestmark = pytest.mark.slow

SMALL = Limits(memory=1 << 30, file=8 << 20, disk=32 << 20, processes=64, cpu=20)
LEAKS = {
    "E": {
        "read_secret", "list_home", "write_outside", "write_original", "unlink_outside", "other_environments",
        "parent_memory", "tcp", "udp", "unix_socket", "abstract_socket", "signal_host", "new_namespace",
        "become_root", "mount_something",
    },
    "A": set(),
    "B": set(),
}  # fmt: skip
"""Tier E promises none of these; the environment of its own is clean at every tier."""


@pytest.fixture(scope="module", params=["A", "B", "E"])
def tier(request):
    if not tried(request.param).works:
        pytest.skip(f"tier {request.param} does not hold here")
    return request.param


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A repository, a file beside it, and a secret in our own environment."""
    folder = tmp_path_factory.mktemp("world")
    (folder / "repo").mkdir()
    (folder / "repo" / "calc.py").write_text("x = 1\n")
    (folder / "repo" / "link").symlink_to(folder)
    (folder / "beside.txt").write_text("private\n")
    os.environ["VERY_SECRET_TOKEN"] = "hunter2"
    yield folder
    del os.environ["VERY_SECRET_TOKEN"]


@pytest.fixture(scope="module")
def copy(tier, world):
    with LocalSandbox(str(world / "repo"), tier, limits=SMALL).open() as opened:
        yield opened


@pytest.fixture(autouse=True)
def _whole(world):
    """Put back what the attacks at tier E have spoiled."""
    for path, text in (("repo/calc.py", "x = 1\n"), ("beside.txt", "private\n")):
        if (world / path).read_text() != text:
            (world / path).write_text(text)
    (world / "repo" / "new").unlink(missing_ok=True)


def python(copy, text, timeout=20):
    return copy.run(Command((sys.executable, "-c", text), timeout))


def test_the_hostile_suite_achieves_only_what_the_tier_does_not_promise(tier):
    assert set(tried(tier).leaks) <= LEAKS[tier]


@pytest.mark.parametrize("name", ["VERY_SECRET_TOKEN", "GITHUB_TOKEN", "GITHUB_ENV", "SSH_AUTH_SOCK"])
def test_our_environment_stays_outside(copy, name, monkeypatch):
    monkeypatch.setenv(name, "hunter2")
    assert "hunter2" not in copy.run(Command(("env",), 5)).output


def test_programs_are_looked_for_only_where_they_can_be_seen(copy, monkeypatch, tmp_path):
    """A folder on the path that may not be read makes a search end in a refusal rather than in the next folder."""
    (tmp_path / "true").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "true").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert copy.run(Command(("true",), 5)).code == (3 if copy.tier == "E" else 0)


def test_no_descriptor_of_ours_is_inherited(copy):
    assert python(copy, "import os; print(sorted(map(int, os.listdir('/proc/self/fd'))))").output == "[0, 1, 2, 3]\n"


def test_a_credential_of_git_cannot_be_read(tier, repository):
    root = repository({"a.py": "x = 1\n"})
    config = root / ".git" / "config"
    config.write_text(config.read_text() + '[http "https://x"]\n\textraheader = AUTHORIZATION: basic c2VjcmV0\n')
    (root / ".git" / "hooks" / "pre-commit").write_text("#!/bin/sh\n")
    with LocalSandbox(str(root), tier).open() as copy:
        outcome = copy.run(
            Command(("sh", "-c", "git log --oneline; git status --short; cat .git/config; ls .git/hooks"), 10)
        )
        paths = copy.run(Command(("sh", "-c", f"grep -rs c2VjcmV0 {root} /run/dspy-ci | head -1"), 10)).output
    assert "commit 0" in outcome.output
    assert "extraheader" not in outcome.output
    assert "pre-commit" not in outcome.output
    assert bool(paths) == (tier == "E")


def test_a_linked_worktree_has_its_history_too(tier, repository, git):
    root = repository({"a.py": "x = 1\n"})
    git(root, "worktree", "add", "-q", str(root.parent / "linked"))
    with LocalSandbox(str(root.parent / "linked"), tier).open() as copy:
        assert "commit 0" in copy.run(Command(("git", "log", "--oneline"), 10)).output


def test_the_original_is_never_written(copy, world):
    script = f"echo bad >> {world}/repo/link/repo/calc.py; echo bad > {world}/repo/new"
    copy.run(Command(("sh", "-c", script), 5))
    if copy.tier != "E":
        assert (world / "repo" / "calc.py").read_text() == "x = 1\n"
        assert not (world / "repo" / "new").exists()


def test_a_patch_cannot_write_through_a_link_of_the_repository(copy, world):
    with pytest.raises(SandboxError, match="through a link"):
        copy.run(Command(("true",), 5), {"link/beside.txt": b"bad"})
    assert (world / "beside.txt").read_text() == "private\n"


def test_links_made_while_running_lead_nowhere(copy, world):
    script = f"ln -s {world} made; ln {world}/beside.txt hard; echo bad > made/beside.txt; cat made/beside.txt"
    outcome = copy.run(Command(("sh", "-c", script), 5))
    if copy.tier != "E":
        assert "private" not in outcome.output
        assert (world / "beside.txt").read_text() == "private\n"


def test_changing_modes_and_times_outside(copy, world):
    script = f"import os\nos.utime({str(world / 'beside.txt')!r}, (1, 1))"
    code = python(copy, script).code
    moved = (world / "beside.txt").stat().st_mtime == 1
    os.utime(world / "beside.txt")
    assert moved == (copy.tier != "A"), "tier B does not stop this, and says so"
    assert (code == 0) == moved


def test_our_own_loopback(copy):
    script = """
import socket, threading
server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=lambda: server.accept()[0].sendall(b"hello")).start()
print(socket.create_connection(server.getsockname(), 2).recv(5))
"""
    works = "hello" in python(copy, script).output
    assert works == (copy.tier != "B"), "tier B has no network at all, and says so"


def test_locks_between_processes(copy):
    works = "made" in python(copy, "import multiprocessing; multiprocessing.Lock(); print('made')").output
    assert works == (copy.tier != "B"), "tier B has no shared memory by name, and says so"


@pytest.mark.parametrize("family", ["AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_INET6"])
def test_other_families_of_sockets(copy, family):
    script = f"import socket; s = socket.socket(socket.{family}, socket.SOCK_DGRAM); print('made')"
    made = "made" in python(copy, script).output
    if copy.tier == "B" or (copy.tier == "A" and family == "AF_PACKET"):
        assert not made


@pytest.mark.parametrize("place", ["attack.pth", "sitecustomize.py", "pip/attack.py"])
def test_the_environment_of_the_project_cannot_be_written(copy, place, tmp_path):
    site = tmp_path / "site"
    (site / "pip").mkdir(parents=True)
    python(copy, f"open({str(site / place)!r}, 'w').write('import os')")
    assert (site / place).exists() == (copy.tier == "E")


def test_our_own_packages_cannot_be_written(copy):
    if copy.tier == "E":
        pytest.skip("not promised")
    script = (
        "import os, pytest; print(os.access(os.path.dirname(pytest.__file__), os.W_OK)); open(pytest.__file__, 'a')"
    )
    outcome = python(copy, script)
    assert outcome.code == 1
    assert "Error" in outcome.output


@pytest.mark.parametrize("address", ["169.254.169.254", "192.0.2.1"])
def test_neither_cloud_metadata_nor_the_internet_can_be_reached(copy, address):
    script = f"import socket; socket.create_connection(({address!r}, 80), 1); print('reached')"
    outcome = python(copy, script)
    if copy.tier != "E":
        assert "unreachable" in outcome.output


def test_names_cannot_be_resolved(copy):
    if copy.tier != "E":
        assert "gaierror" in python(copy, "import socket; socket.getaddrinfo('example.org', 80)").output


def test_a_terminal_cannot_be_typed_into(copy):
    script = """
import fcntl, os
fcntl.ioctl(os.open("/dev/tty", os.O_RDWR), 0x5412, b"x")
"""
    assert python(copy, script).code == 1


CALLS = ["ptrace(0, 0, 0, 0)", "unshare(0x20000)", "mount(b'x', b'/', b'tmpfs', 0, 0)", "syscall(425, 1, 0)"]


@pytest.mark.parametrize("call", CALLS)
def test_powerful_system_calls_are_refused(copy, call):
    if copy.tier == "E":
        pytest.skip("not promised")
    script = f"import ctypes; l = ctypes.CDLL(None, use_errno=True); print(l.{call}, ctypes.get_errno())"
    assert python(copy, script).output == "-1 1\n"


@pytest.mark.parametrize(
    "bomb",
    [
        "x = bytearray(3 << 30)",
        "open('big', 'wb').write(bytes(64 << 20))",
        "import os, time\nfor i in range(600):\n    if not os.fork(): time.sleep(30)\ntime.sleep(30)",
        "import threading\nfor i in range(600): threading.Thread(target=__import__('time').sleep, args=(30,)).start()",
        "while True: pass",
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(99)",
        "import time\ntime.sleep(99)",
        "import os\nos.write(1, b'y' * 100000) and None\nwhile True: os.write(1, b'y' * 100000)",
    ],
    ids=["memory", "file", "forks", "threads", "spin", "no-sigterm", "sleep", "output"],
)
def test_bombs_end_with_the_run_and_the_copy_goes_on(copy, bomb):
    started = time.monotonic()
    outcome = python(copy, bomb, timeout=2)
    assert outcome.code != 0
    assert time.monotonic() - started < 15
    assert python(copy, "print('alive')").output == "alive\n"


def test_processes_are_capped_for_root_too_where_the_kernel_can(copy):
    script = """
import os, time
made = 0
try:
    for made in range(900):
        if not os.fork():
            time.sleep(20)
            os._exit(0)
except OSError:
    print("stopped at", made)
"""
    stopped = "stopped" in python(copy, script).output
    if copy.tier == "A" and tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 14):
        assert stopped


def test_all_files_together_are_capped_where_that_is_promised(copy):
    script = "import os\nfor i in range(12): open(f'f{i}', 'wb').write(bytes(6 << 20))\nprint('wrote all')"
    wrote = "wrote all" in python(copy, script).output
    assert wrote == (copy.tier != "A")


TREE = """
import os, sys, time
for _ in range(4):
    if not os.fork():
        {hold}
        time.sleep(30)
        os._exit(0)
time.sleep(30)
"""
HOARDS = {
    "their own": "held = bytearray(300 << 20)",
    "in no map": "held = os.memfd_create('x'); [os.write(held, bytes(8 << 20)) for _ in range(36)]",
}
"""Ways in which each of many processes holds 300 MB, each far below what one process may have."""


@pytest.fixture(scope="module")
def roomy(tier, world):
    """Room for one such process, not for many, whatever it does to the other ceilings."""
    limits = Limits(file=512 << 20, processes=64, cpu=60, together=500 << 20)
    with LocalSandbox(str(world / "repo"), tier, limits=limits).open() as opened:
        yield opened


@pytest.mark.parametrize("way", HOARDS)
def test_all_processes_together_hold_only_so_much_memory(roomy, way):
    started = time.monotonic()
    outcome = python(roomy, TREE.format(hold=HOARDS[way]))
    assert outcome.code == -9
    assert "together held more than the 500 MB of memory" in outcome.output
    assert time.monotonic() - started < 15
    assert python(roomy, "print('alive')").output == "alive\n"


def test_the_cap_on_all_together_is_promised(tier):
    assert "memory of each and of all" in GUARANTEES[tier].processes


def test_a_candidate_whose_processes_hold_too_much_together_has_failed(roomy):
    hoard = TREE.format(hold=HOARDS["their own"]).replace("\n", "\n    ")
    run = TestRun(sys.executable, 30, ids=("test_it.py::test_it",))
    report = roomy.test(run, {"test_it.py": f"def test_it():\n    {hoard}".encode()})
    assert (report.passed, report.code) == (frozenset(), None)
    assert "killed: its processes together held more than the 500 MB of memory" in report.problem
    honest = roomy.test(run, {"test_it.py": b"def test_it():\n    bytearray(200 << 20)\n"})
    assert honest.passed == {"test_it.py::test_it"}


def test_what_processes_share_counts_once(roomy):
    """A process of 150 MB whose children only read it is no hoard."""
    forks = "held = bytearray(150 << 20)\n" + TREE.replace("sleep(30)", "sleep(0.5)").format(hold="sum(held[::4096])")
    assert python(roomy, forks + "print('done')").output == "done\n"


def mine(mark):
    """Processes of this machine that carry a mark on their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and mark in (entry / "cmdline").read_text():
                found.append(int(entry.name))
    return found


def test_no_daemon_outlives_its_run(copy):
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    daemon = f"""
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for _ in range(4):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)", "{mark}"])
print("started")
time.sleep(0.3)
"""
    assert "started" in python(copy, daemon).output
    assert mine(mark) == []


def test_self_respawning_trees_end(copy):
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    respawn = f"respawn() {{ (setsid sh -c 'sleep 0.05; : {mark}; sleep 30' & ); }}"
    loop = f"{respawn}; for i in 1 2 3 4 5 6; do respawn; done; sleep 30"
    assert copy.run(Command(("sh", "-c", loop), 0.7)).code is None
    assert mine(mark) == []


def test_zombies_are_reaped(copy):
    python(copy, "import os\nfor i in range(40):\n    if os.fork() == 0: os._exit(0)")
    assert python(copy, "print('alive')").output == "alive\n"


def test_special_files_do_not_hang_the_cleaner(copy):
    folders = "mkdir -p deep/er; touch deep/er/x; chmod 000 deep/er deep"
    script = f"mkfifo pipe; {folders}; ln -s / root; rm calc.py; mkfifo calc.py"
    copy.run(Command(("sh", "-c", script), 5))
    assert copy.run(Command(("cat", "calc.py"), 5)).output == "x = 1\n"
    assert sorted(copy.run(Command(("ls",), 5)).output.split()) == ["calc.py", "link"]


def test_one_candidate_leaves_nothing_for_the_next(copy):
    leave = "for d in . $HOME $TMPDIR /tmp /dev/shm /var/tmp; do echo x > $d/left-over; done 2>/dev/null"
    look = "for d in . $HOME $TMPDIR; do ls $d/left-over; done 2>/dev/null; true"
    copy.run(Command(("sh", "-c", leave), 5))
    assert copy.run(Command(("sh", "-c", look), 5)).output == ""
    if copy.tier == "A":
        assert copy.run(Command(("sh", "-c", "ls /tmp/left-over /dev/shm/left-over 2>/dev/null; true"), 5)).output == ""
    for folder in ("/tmp", "/dev/shm", "/var/tmp"):
        left = Path(folder, "left-over")
        if copy.tier == "E":
            left.unlink(missing_ok=True)
        assert not left.exists()


def test_a_poisoned_bytecode_file_is_not_believed(copy):
    """Python would run an unchecked .pyc rather than its source."""
    poison = """
import importlib._bootstrap_external as b, importlib.util, marshal, os
os.makedirs("__pycache__", exist_ok=True)
code = compile("x = 'forged'", "calc.py", "exec")
data = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8) + marshal.dumps(code)
open(importlib.util.cache_from_source(os.path.abspath("calc.py")), "wb").write(data) if False else None
open("__pycache__/calc." + __import__("sys").implementation.cache_tag + ".pyc", "wb").write(data)
import calc
print(calc.x)
"""
    assert python(copy, poison).output == "1\n"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=["kill", "term", "ctrl-c"])
def test_when_we_are_ended_everything_goes_with_us(tier, number, world, tmp_path):
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    script = f"""
import sys
from dspy_ci.adapters.sandbox.local import GUARANTEES, LocalSandbox
from dspy_ci.ports.sandbox import Command
with LocalSandbox({str(world / "repo")!r}, {tier!r}).open() as copy:
    print("open", copy.root, flush=True)
    copy.run(Command((sys.executable, "-c", "import time; time.sleep(60)", "{mark}"), 60))
"""
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env
    ) as process:
        said, _, root = process.stdout.readline().decode().strip().partition(" ")
        assert said == "open"
        deadline = time.monotonic() + 10
        while not mine(mark) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(number)
    folders = [Path(root)] if tier != "A" else []
    deadline = time.monotonic() + 10
    while (mine(mark) or any(path.exists() for path in folders) or any(tmp_path.iterdir())) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.05)
    assert [pid for pid in mine(mark) if pid != os.getpid()] == []
    assert [path for path in folders if path.exists()] == []
    assert list(tmp_path.iterdir()) == []
    assert "dspy-ci" not in Path("/proc/mounts").read_text()


def test_sockets_of_the_host_cannot_be_reached(copy, tmp_path):
    with ExitStack() as stack:
        named, abstract = (stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2))
        named.bind(str(tmp_path / "docker.sock"))
        abstract.bind(f"\0attack-{os.getpid()}")
        for server in (named, abstract):
            server.listen()
        for address in (repr(str(tmp_path / "docker.sock")), f"'\\0attack-{os.getpid()}'"):
            script = f"import socket; socket.socket(socket.AF_UNIX).connect({address}); print('reached')"
            assert ("reached" in python(copy, script).output) == (copy.tier == "E")
