"""The canonical diff is what git itself takes."""

import subprocess

import pytest

from dspy_ci.codebase.snapshot import Snapshot, Source
from dspy_ci.patches.diff import quoted, unified
from dspy_ci.patches.patch import Edit, Patch

BEFORE = "one\ntwo\nthree\n"
CASES = {
    "a change": (BEFORE, "one\n2\nthree\n"),
    "no newline at the end": ("one\ntwo", "one\n2"),
    "a newline is added at the end": ("one\ntwo", "one\ntwo\n"),
    "Windows line ends": ("one\r\ntwo\r\n", "one\r\n2\r\n"),
    "a form feed is text": ("one\ftwo\nthree\n", "one\ftwo\n3\n"),
    "a new file": (None, BEFORE),
    "a file is removed": (BEFORE, None),
    "everything goes": (BEFORE, ""),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("path", ["a.py", "with space.py", "ü/ß.py", 'quo"te.py'])
def test_git_applies_it(tmp_path, git, write, name, path):
    before, after = CASES[name]
    git(tmp_path, "init", "-q")
    if before is not None:
        write(tmp_path, {path: before})
        git(tmp_path, "add", "-A")
    diff = unified(path, before and Source(before), Source(after) if after is not None else None)
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=tmp_path, input=diff.encode(), check=True)
    found = (tmp_path / path).read_bytes().decode() if (tmp_path / path).exists() else None
    assert found == after


def test_no_change_is_no_diff():
    assert unified("a.py", Source("x\n"), Source("x\n")) == ""


@pytest.mark.parametrize(
    ("path", "shown"),
    [("a b.py", "a b.py"), ("ü.py", '"\\303\\274.py"'), ("a\tb", '"a\\tb"'), ('a"b', '"a\\"b"'), ("a\x01", '"a\\001"')],
)
def test_paths_are_quoted_as_git_does(path, shown):
    assert quoted(path) == shown


def test_edits_are_laid_from_the_last_to_the_first_and_the_id_depends_on_the_diff_alone():
    base = Snapshot.of({"a.py": "x = 1\ny = 2\n"})
    edits = (Edit("a.py", 4, 5, "10"), Edit("a.py", 10, 11, "20"))
    first, second = Patch(base, edits, "model", "why"), Patch(base, edits[::-1], "fixer:x", "otherwise")
    assert first.files == {"a.py": b"x = 10\ny = 20\n"}
    assert (first.id, first.size) == (second.id, 4)


def test_a_file_keeps_its_encoding():
    base = Snapshot.of({"a.py": "# coding: latin-1\nx = 'é'\n".encode("latin-1")})
    text = base.text("a.py")
    patch = Patch(base, (Edit("a.py", text.index("é"), text.index("é") + 1, "è"),), "model", "why")
    assert patch.files == {"a.py": "# coding: latin-1\nx = 'è'\n".encode("latin-1")}
