import os
import subprocess
import sys

import pytest

from dspy_ci.adapters.gittrees import GitTrees, Reader, place
from dspy_ci.errors import UsageError
from dspy_ci.ports.trees import Move


@pytest.fixture
def trees():
    """Open trees that are closed at the end."""
    opened = []

    def run(root, *sides):
        opened.append(GitTrees(root, *sides))
        return opened[-1]

    yield run
    for one in opened:
        one.__exit__()


def test_a_partially_staged_file_is_read_as_it_is_staged(repository, write, git, trees):
    root = repository({"a.py": "1\n"})
    write(root, {"a.py": "2\n"})
    git(root, "add", "a.py")
    write(root, {"a.py": "3\n"})
    found = trees(root)
    assert (found.read("before", "a.py"), found.read("after", "a.py")) == (b"1\n", b"2\n")
    assert found.moves() == (Move("a.py", "a.py"),)


def test_renames_deletions_and_new_files_move(repository, write, git, trees):
    root = repository({"old name.py": "x = 1\n" * 9, "gone.py": "g\n", "same.py": "s\n"})
    git(root, "mv", "old name.py", "nëw\tname.py")
    git(root, "rm", "-q", "gone.py")
    write(root, {"new\nline.py": "n\n"})
    git(root, "add", "-A")
    found = trees(root)
    assert set(found.moves()) == {
        Move("old name.py", "nëw\tname.py"),
        Move("gone.py", None),
        Move(None, "new\nline.py"),
    }
    assert found.paths("before") == ("gone.py", "old name.py", "same.py")
    assert found.paths("after") == ("new\nline.py", "nëw\tname.py", "same.py")
    assert found.read("after", "new\nline.py") == b"n\n"
    assert found.read("after", "nëw\tname.py") == b"x = 1\n" * 9
    with pytest.raises(OSError, match="gone"):
        found.read("after", "gone.py")


def test_a_file_that_is_only_intended_is_not_part_of_the_tree(repository, write, git, trees):
    root = repository({"a.py": "1\n"})
    write(root, {"intended.py": "x\n", "empty.py": ""})
    git(root, "add", "-N", "intended.py")
    git(root, "add", "empty.py")
    found = trees(root)
    assert found.paths("after") == ("a.py", "empty.py")
    assert found.moves() == (Move(None, "empty.py"),)
    assert found.lies_about("intended.py") == "untracked"


def test_before_the_first_commit_everything_is_new(tmp_path, write, git, trees):
    git(tmp_path, "init", "-q")
    write(tmp_path, {"a.py": "1\n"})
    git(tmp_path, "add", "-A")
    found = trees(tmp_path)
    assert found.moves() == (Move(None, "a.py"),)
    assert found.paths("before") == ()


def test_symlinks_and_submodules_are_left_out(repository, git, trees):
    inner = repository({"i.py": "1\n"}, name="inner")
    root = repository({"a.py": "1\n"})
    (root / "link.py").symlink_to("a.py")
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "sub")
    git(root, "add", "-A")
    found = trees(root)
    assert found.paths("after") == (".gitmodules", "a.py")
    assert found.moves() == (Move(None, ".gitmodules"),)


def test_a_file_that_becomes_a_symlink_is_gone(repository, git, trees):
    root = repository({"a.py": "1\n", "b.py": "2\n"})
    (root / "b.py").unlink()
    (root / "b.py").symlink_to("a.py")
    git(root, "add", "-A")
    assert trees(root).moves() == (Move("b.py", None),)


def test_paths_in_conflict_are_not_judged(repository, write, git, trees):
    root = repository({"a.py": "1\n", "b.py": "1\n"})
    git(root, "checkout", "-qb", "side")
    write(root, {"a.py": "2\n", "b.py": "2\n"})
    git(root, "commit", "-qam", "side")
    git(root, "checkout", "-q", "main")
    write(root, {"a.py": "3\n"})
    git(root, "commit", "-qam", "main")
    with pytest.raises(Exception, match="returned non-zero"):
        git(root, "merge", "-q", "side")
    found = trees(root)
    assert found.paths("after") == ("b.py",)
    assert found.moves() == (Move("b.py", "b.py"),)


def test_two_commits_are_trees_as_well(repository, trees):
    root = repository({"a.py": "word\n"}, {"a.py": "2\n", "b.py": "other word\n"})
    found = trees(root, "HEAD~1", "HEAD")
    assert found.moves() == (Move("a.py", "a.py"), Move(None, "b.py"))
    assert found.read("before", "a.py") == b"word\n"
    assert found.mentions({"word"}) == ("b.py",)


def test_mentions_are_whole_words_of_the_staged_text(repository, write, git, trees):
    root = repository({"a.py": "total\n", "b.py": "totals\n", "c d.py": "x = total(1)\n", "z.bin": b"total\0"})
    write(root, {"a.py": "gone\n", "b.py": "total\n"})
    git(root, "add", "a.py")
    assert trees(root).mentions({"total", "nothing"}) == ("c d.py",)
    assert trees(root).mentions(set()) == ()


def test_a_huge_file_is_an_error_to_read_and_the_next_one_is_read(repository, write, git, trees):
    root = repository({"a.py": "1\n"})
    write(root, {"big.py": "x" * 3_000_000, "small.py": "s\n"})
    git(root, "add", "-A")
    found = trees(root)
    with pytest.raises(OSError, match="too large"):
        found.read("after", "big.py")
    assert found.read("after", "small.py") == b"s\n"


def test_the_index_that_git_names_is_the_one_that_counts(repository, write, git, trees, monkeypatch):
    root = repository({"a.py": "1\n"})
    write(root, {"a.py": "2\n"})
    monkeypatch.setenv("GIT_INDEX_FILE", str(root / ".git" / "other-index"))
    git(root, "read-tree", "HEAD")
    git(root, "add", "a.py")
    assert trees(root).read("after", "a.py") == b"2\n"
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert trees(root).moves() == ()


def test_nothing_is_written_not_even_the_index(repository, write, git, trees):
    root = repository({"a.py": "1\n"})
    write(root, {"a.py": "2\n"})
    git(root, "add", "-A")
    os.utime(root / "a.py", (1, 1))
    before = {path: path.read_bytes() for path in (root / ".git").rglob("*") if path.is_file()}
    found = trees(root)
    found.moves()
    found.mentions({"x"})
    found.read("after", "a.py")
    assert {path: path.read_bytes() for path in (root / ".git").rglob("*") if path.is_file()} == before


def test_a_linked_working_tree_has_an_index_of_its_own(repository, write, git, trees, tmp_path):
    root = repository({"a.py": "1\n"})
    linked = tmp_path / "linked tree"
    git(root, "worktree", "add", "-q", "--detach", str(linked))
    write(linked, {"b.py": "2\n"})
    git(linked, "add", "-A")
    assert trees(linked).moves() == (Move(None, "b.py"),)
    assert trees(root).moves() == ()
    assert place(linked).root == linked
    assert place(linked).private.resolve() != place(linked).common.resolve() == (root / ".git").resolve()


def test_outside_of_git_there_is_a_sentence(tmp_path):
    with pytest.raises(UsageError, match="not a git working tree"):
        place(tmp_path)


@pytest.mark.parametrize("size", [100, 2_500_000], ids=["read", "skipped"])
def test_a_git_that_ends_in_the_middle_of_a_file_ends_in_an_error(repository, size):
    reader = Reader(repository({"a.txt": "a"}))
    reader.close()
    answer = f"input(); print('0 blob {size}'); print('the beginning')"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    reader._git = subprocess.Popen([sys.executable, "-c", answer], **pipes)
    with pytest.raises(OSError, match="too large" if size > 100 else "ended in the middle"):
        reader.read("0")
    reader.close()
