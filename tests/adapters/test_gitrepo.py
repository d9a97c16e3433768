import os

import pytest

from dspy_ci.adapters.gitrepo import GitRepo
from dspy_ci.errors import UsageError


def test_a_folder_outside_git_gets_a_sentence(tmp_path):
    with pytest.raises(UsageError, match="not a git repository") as caught:
        GitRepo(tmp_path)
    assert "git init" in caught.value.hint


def test_a_bare_repository_gets_a_sentence(tmp_path, git):
    git(tmp_path, "init", "-q", "--bare", ".")
    with pytest.raises(UsageError, match="bare"):
        GitRepo(tmp_path)


def test_paths_are_tracked_and_untracked_but_not_ignored_nor_deleted(repository, write):
    root = repository({"a.py": "a\n", "gone.py": "x\n", ".gitignore": "*.log\n"})
    write(root, {"new file ä.py": "n\n", "x.log": "l\n"})
    (root / "gone.py").unlink()
    assert GitRepo(root).paths() == (".gitignore", "a.py", "new file ä.py")


def test_it_is_found_from_a_folder_below(repository):
    root = repository({"pkg/a.py": "a\n"})
    assert GitRepo(root / "pkg").root == str(root)


def test_head_is_the_commit_and_none_before_the_first(repository, tmp_path, git):
    root = repository({"a.py": "a\n"})
    assert GitRepo(root).head() == git(root, "rev-parse", "HEAD").strip()
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "-q")
    assert GitRepo(empty).head() is None
    assert GitRepo(empty).changes(3) == []


def test_changes_carry_the_age_at_which_a_line_became_what_it_is(repository, write):
    root = repository({"a.py": "1\n2\n3\n4\n"}, {"a.py": "1\n2\nthree\n4\n"}, {"b ü.py": "new\n"})
    write(root, {"a.py": "one\n2\nthree\n4\n"})
    found = {(change.path, change.age): set(change.lines) for change in GitRepo(root).changes(5)}
    assert found == {("a.py", 0): {1}, ("b ü.py", 1): {1}, ("a.py", 2): {3}}


def test_a_detached_head_is_like_any_other(repository, git):
    root = repository({"a.py": "1\n"}, {"a.py": "2\n"})
    git(root, "checkout", "-q", "--detach", "HEAD~1")
    assert GitRepo(root).head() == git(root, "rev-parse", "HEAD").strip()


@pytest.mark.skipif(os.name == "nt", reason="POSIX shell")
def test_no_program_of_the_repository_runs(repository, tmp_path, git, write):
    root = repository({"a.py": "1\n", ".gitattributes": "*.py diff=evil filter=evil\n"})
    witness = tmp_path / "ran"
    for key in ("core.fsmonitor", "diff.external", "diff.evil.textconv", "diff.evil.command"):
        git(root, "config", key, f"touch {witness}; true")
    write(root, {"a.py": "2\n"})
    repo = GitRepo(root)
    repo.paths()
    repo.changes(2)
    assert not witness.exists()
