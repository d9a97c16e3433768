"""What a copy holds: the tree as it lies there, dirty or not, with its environment, and without running its hooks."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from pathlib import Path

import pytest

from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.adapters.sandbox.preflight import tried
from dspy_ci.ports.sandbox import Command, TestRun

pytestmark = pytest.mark.slow


@pytest.fixture(params=["A", "B", "E"])
def tier(request):
    if not tried(request.param).works:
        pytest.skip(f"tier {request.param} does not hold here")
    return request.param


def test_the_copy_is_the_tree_as_it_lies_there(tier, repository, write, git):
    root = repository({"kept.py": "x = 1\n", "dirty.py": "x = 1\n", "gone.py": "x = 1\n", ".gitignore": "*.log\n"})
    mark = root.parent / "a-hook-ran"
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "post-commit"):
        path = root / ".git" / "hooks" / hook
        path.write_text(f"#!/bin/sh\ntouch {mark}\n")
        path.chmod(0o755)
    write(root, {"dirty.py": "x = 2\n", "staged.py": "x = 3\n", "untracked.py": "x = 4\n", "ignored.log": "x = 5\n"})
    git(root, "-c", "core.hooksPath=/dev/null", "add", "staged.py")
    mark.unlink(missing_ok=True)
    (root / "gone.py").unlink()
    with LocalSandbox(str(root), tier).open() as copy:
        files = ("kept.py", "dirty.py", "staged.py", "untracked.py", "ignored.log")
        assert copy.run(Command(("cat", *files), 10)).output == "x = 1\nx = 2\nx = 3\nx = 4\nx = 5\n"
        assert copy.run(Command(("cat", "gone.py"), 10)).code == 1
        copy.run(Command(("sh", "-c", "git stash; git checkout -q -b other; git commit -qm x --allow-empty"), 10))
    assert not mark.exists()
    assert git(root, "status", "--short").split() == ["M", "dirty.py", "D", "gone.py", "A", "staged.py", "??",
                                                      "untracked.py"]  # fmt: skip


def test_a_virtual_environment_in_the_tree_is_seen_and_cannot_be_changed(tier, repository, write):
    root = repository({"calc.py": "x = 1\n"})
    package = ".venv/lib/python3/site-packages/other.py"
    write(root, {".venv/pyvenv.cfg": "home = /usr/bin\n", package: "y = 1\n"})
    with LocalSandbox(str(root), tier).open() as copy:
        assert copy.run(Command(("cat", package), 10)).output == "y = 1\n"
        if tier != "E":
            copy.run(Command(("sh", "-c", f"echo bad >> {package}; echo bad >> {root}/{package}"), 10))
            assert (root / package).read_text() == "y = 1\n"
            assert copy.run(Command(("cat", package), 10)).output == "y = 1\n"


def test_a_compiled_extension_that_git_ignores_is_imported_from_the_copy(tier, repository):
    built = next(Path(sysconfig.get_path("stdlib"), "lib-dynload").glob("_bisect.*.so"), None)
    if built is None:
        pytest.skip("this interpreter has no extension that could stand in")
    root = repository({
        "fast/__init__.py": "from fast._bisect import bisect_left\n",
        "test_fast.py": "from fast import bisect_left\n\n\ndef test_it():\n    assert bisect_left([1, 2], 2) == 1\n",
        ".gitignore": "*.so\n",
    })  # fmt: skip
    shutil.copy(built, root / "fast")
    with LocalSandbox(str(root), tier).open() as copy:
        report = copy.test(TestRun(sys.executable, 60))
        assert report.passed == {"test_fast.py::test_it"}, report
        assert report.modules["fast._bisect"] == f"fast/{built.name}"
        assert report.foreign == ()
