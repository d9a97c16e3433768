import pytest

from dspy_ci.adapters.bases import base_of, commit, compared, lying
from dspy_ci.adapters.gittrees import GitTrees
from dspy_ci.errors import UsageError


def head(git, root, name="HEAD"):
    return git(root, "rev-parse", name).strip()


def test_a_branch_is_compared_with_where_it_left_the_trunk(repository, git, write):
    root = repository({"a": "1\n"}, {"a": "2\n"})
    fork = head(git, root)
    git(root, "checkout", "-q", "-b", "feature")
    for text in ("3\n", "4\n"):
        write(root, {"a": text})
        git(root, "commit", "-q", "-a", "-m", text)
    git(root, "checkout", "-q", "main")
    git(root, "commit", "-q", "--allow-empty", "-m", "the trunk goes on")
    git(root, "checkout", "-q", "feature")
    assert base_of(root, None, {}) == fork
    assert base_of(root, head(git, root, "HEAD~1"), {}) == fork


def test_the_branch_that_a_pull_request_goes_to_comes_first(repository, git):
    root = repository({"a": "1\n"}, {"a": "2\n"}, {"a": "3\n"})
    git(root, "update-ref", "refs/remotes/origin/release", "HEAD~2")
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD~1")
    assert base_of(root, None, {"GITHUB_BASE_REF": "release"}) == head(git, root, "HEAD~2")


def test_on_the_trunk_edits_are_compared_with_head_and_a_clean_tree_with_the_commit_before(repository, git, write):
    root = repository({"a": "1\n"}, {"a": "2\n"})
    assert base_of(root, None, {}) == head(git, root, "HEAD~1")
    write(root, {"a": "3\n"})
    assert base_of(root, None, {}) == head(git, root)


@pytest.mark.parametrize("name", ["nowhere", "--output=x", ""])
def test_what_is_no_commit_is_said(name, repository):
    with pytest.raises(UsageError, match="no commit"):
        commit(repository({"a": "1\n"}), name)


def test_staged_unstaged_untracked_and_removed_files_are_the_working_tree(repository, git, write):
    root = repository({"a": "1\n", "b": "1\n", "c": "1\n", ".gitignore": "ignored\n"})
    write(root, {"a": "2\n", "b": "2\n", "new file": "n\n", "ignored": "x\n"})
    git(root, "add", "a")
    (root / "c").unlink()
    assert lying(root) == {"b": b"2\n", "c": None, "new file": b"n\n"}
    with GitTrees(root, head(git, root)) as trees:
        found = compared(root, trees, None)
        assert {move.after or move.before for move in found.moves()} == {"a", "b", "c", "new file"}
        assert found.read("after", "a") == b"2\n"
