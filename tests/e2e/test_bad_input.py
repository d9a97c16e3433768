"""Whatever goes wrong gets a sentence and its exit code, and the user's files stay as they were."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.slow

PYTEST = f"{sys.executable} -m pytest -q"
BROKEN = {
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
    "calc.py": "def add(a, b):\n    return a - b\n",
    "test_calc.py": "from calc import add\n\n\ndef test_add():\n    assert add(2, 3) == 5\n\n\n"
    "def test_zero():\n    assert add(4, 0) == 4\n",
}


def digest(root):
    found = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and ".git" not in path.parts:
            found.update(f"{path.relative_to(root)} {path.stat().st_mode}\n".encode() + path.read_bytes())
    return found.hexdigest()


def said(done, code, *words):
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def test_not_a_git_repository(tmp_path, dspy_ci):
    said(dspy_ci("fix", cwd=tmp_path), 2, "not a git repository", "git init")


def test_no_tests_found(repository, dspy_ci):
    root = repository({"a.py": "x = 1\n"})
    said(dspy_ci("fix", "--test-cmd", PYTEST, cwd=root), 2, "no tests")


def test_a_test_command_that_does_not_exist(repository, dspy_ci):
    root = repository({"a.py": "x = 1\n"})
    said(dspy_ci("fix", "--test-cmd", "no-such-runner --all", cwd=root), 4, "no-such-runner", "does not exist")


def test_an_option_that_makes_no_sense(repository, dspy_ci):
    root = repository({"a.py": "x = 1\n"})
    said(dspy_ci("fix", "--budget", "soon", cwd=root), 2, "'soon' is no duration")


def test_pytest_refuses_its_command_line(repository, dspy_ci):
    root = repository(BROKEN)
    said(dspy_ci("fix", "--test-cmd", f"{PYTEST} --no-such-option", cwd=root), 2, "--no-such-option")


def test_an_empty_log(repository, dspy_ci, tmp_path):
    root = repository(BROKEN)
    (tmp_path / "empty.log").write_text("")
    said(dspy_ci("fix", "--log", tmp_path / "empty.log", cwd=root), 2, "empty")


def test_a_log_that_does_not_exist(repository, dspy_ci):
    root = repository(BROKEN)
    said(dspy_ci("fix", "--log", "nowhere.log", cwd=root), 2, "nowhere.log")


def test_a_binary_log_names_no_failure(repository, dspy_ci, tmp_path):
    root = repository(BROKEN)
    (tmp_path / "binary.log").write_bytes(bytes(range(256)) * 4000)
    said(dspy_ci("fix", "--log", tmp_path / "binary.log", "--test-cmd", PYTEST, cwd=root), 2, "names no failure")


def test_a_dirty_tree_is_mended_as_it_is_and_the_index_stays(repository, dspy_ci, git, write):
    root = repository({**BROKEN, "calc.py": "def add(a, b):\n    return a + b\n"})
    write(root, {"calc.py": BROKEN["calc.py"], "notes.txt": "untracked\n"})
    git(root, "add", "calc.py")
    write(root, {"calc.py": BROKEN["calc.py"] + "\n\nDIRTY = True\n"})
    staged = git(root, "diff", "--cached")
    done = dspy_ci("fix", "--test-cmd", PYTEST, "--apply", cwd=root)
    said(done, 0)
    assert (root / "calc.py").read_text() == "def add(a, b):\n    return a + b\n\n\nDIRTY = True\n"
    assert git(root, "diff", "--cached") == staged
    assert (root / "notes.txt").read_text() == "untracked\n"


def test_a_detached_head_a_path_with_spaces_and_letters_beyond_ascii(repository, dspy_ci, git):
    root = repository(BROKEN, name="mein Projekt ü")
    git(root, "checkout", "-q", "--detach")
    before = digest(root)
    done = dspy_ci("fix", "--test-cmd", PYTEST, "--format", "json", cwd=root)
    said(done, 0)
    assert json.loads(done.stdout)["status"] == "fixed"
    assert digest(root) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_tree_is_mended_in_the_copy_but_not_applied(repository, dspy_ci):
    root = repository(BROKEN)
    for path in (root / "calc.py", root):
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        assert dspy_ci("fix", "--test-cmd", PYTEST, cwd=root).returncode == 0
        said(dspy_ci("fix", "--test-cmd", PYTEST, "--apply", cwd=root), 4, "calc.py")
    finally:
        root.chmod(0o755)


def heedful():
    """What a shell starts in the background is born deaf to Ctrl-C, and so is all that it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_ctrl_c_ends_at_once_and_leaves_nothing(repository):
    root = repository({**BROKEN, "test_slow.py": "import time\n\n\ndef test_slow():\n    time.sleep(30)\n"})
    before = digest(root)
    process = subprocess.Popen(
        [sys.executable, "-m", "dspy_ci", "fix", "--test-cmd", PYTEST], cwd=root, stderr=subprocess.PIPE, text=True,
        stdout=subprocess.DEVNULL, preexec_fn=heedful,  # noqa: PLW1509 - no threads here
    )  # fmt: skip
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=15)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert digest(root) == before


def test_apply_changes_only_what_the_patch_says(repository, dspy_ci):
    root = repository(BROKEN)
    done = dspy_ci("fix", "--test-cmd", PYTEST, "--apply", cwd=root)
    said(done, 0)
    assert (root / "calc.py").read_text() == "def add(a, b):\n    return a + b\n"
    assert (root / "test_calc.py").read_text() == BROKEN["test_calc.py"]


def test_green_is_green(repository, dspy_ci):
    root = repository({**BROKEN, "calc.py": "def add(a, b):\n    return a + b\n"})
    done = dspy_ci("fix", "--test-cmd", PYTEST, "--format", "json", cwd=root)
    said(done, 0)
    report = json.loads(done.stdout)
    assert (report["status"], report["patches"]) == ("green", [])


def test_a_log_of_200_megabytes_is_read_in_little_memory(repository, dspy_ci, tmp_path):
    root = repository(BROKEN)
    log = tmp_path / "huge.log"
    with log.open("wb") as sink:
        for _ in range(200):
            sink.write(b"2026-01-01T00:00:00.0000000Z downloading something that says nothing at all\n" * 13_000)
        sink.write(b"_" * 30 + b" test_add " + b"_" * 30 + b"\n\n>       assert add(2, 3) == 5\n")
        sink.write(b"E       assert -1 == 5\n\ntest_calc.py:5: AssertionError\n")
        sink.write(b"=" * 20 + b" short test summary info " + b"=" * 20 + b"\n")
        sink.write(b"FAILED test_calc.py::test_add - assert -1 == 5\n1 failed, 1 passed in 0.01s\n")
    done = dspy_ci("fix", "--log", log, "--test-cmd", PYTEST, "--format", "json", cwd=root, timeout=300)
    said(done, 0)
    assert json.loads(done.stdout)["status"] == "fixed"


def test_a_log_whose_failure_is_not_reproduced_here_yields_no_patch(repository, dspy_ci, tmp_path):
    root = repository({**BROKEN, "calc.py": "def add(a, b):\n    return a + b\n"})
    log = tmp_path / "old.log"
    summary = "FAILED test_calc.py::test_add - assert -1 == 5\n1 failed, 1 passed in 0.01s\n"
    log.write_text(f"=========================== short test summary info ============================\n{summary}")
    done = dspy_ci("fix", "--log", log, "--test-cmd", PYTEST, cwd=root)
    said(done, 0)
    assert "cannot be reproduced" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tiny disk in a namespace of its own")
def test_a_full_disk_in_the_copy(repository, tmp_path):
    root = repository({**BROKEN, "big.bin": os.urandom(3 << 20)})
    before = digest(root)
    small = tmp_path / "small"
    small.mkdir()
    script = (
        f"mount -t tmpfs -o size=1m none {small} && mount -t tmpfs -o size=1m none /dev/shm && "
        f"TMPDIR={small} exec {sys.executable} -m dspy_ci fix --sandbox E --test-cmd '{PYTEST}'"
    )
    if subprocess.run(["unshare", "-rm", "true"], check=False).returncode:
        pytest.skip("no namespaces here")
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    said(done, 4, "No space left")
    assert digest(root) == before


def test_a_secret_of_the_environment_never_reaches_the_report(repository, dspy_ci):
    secret = "hunter2-very-secret-value"
    leak = f"def test_leak():\n    raise RuntimeError('token is {secret}')\n"
    root = repository({**BROKEN, "test_leak.py": leak})
    done = dspy_ci(
        "fix",
        "--test-cmd",
        f"{PYTEST} test_leak.py",
        "--budget",
        "5",
        "--format",
        "json",
        cwd=root,
        DEPLOY_TOKEN=secret,
    )
    said(done, 1)
    assert secret not in done.stdout + done.stderr
