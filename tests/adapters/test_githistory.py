"""Commits by name, and which of them are here."""

from dspy_ci.adapters.githistory import GitHistory


def test_a_merge_is_a_commit_upon_the_branch_that_took_it_in(repository, git, write):
    root = repository({"a.txt": "1\n"}, {"a.txt": "2\n"})
    first, second = git(root, "rev-list", "--reverse", "HEAD").split()
    git(root, "checkout", "-qb", "side", first)
    write(root, {"b.txt": "1\n"})
    git(root, "add", "-A")
    git(root, "commit", "-qm", "side")
    git(root, "checkout", "-q", "main")
    git(root, "merge", "-q", "--no-ff", "-m", "Merge side\n\nAll of it.", "side")
    merged = git(root, "rev-parse", "HEAD").strip()
    with GitHistory(root) as history:
        found = history.commit(merged)
        assert (found.id, found.parent, found.subject, found.body) == (merged, second, "Merge side", "All of it.")
        assert history.changed(found) == {"b.txt": b"1\n"}
        assert merged not in {commit.id for commit in history.commits(9)}
        assert history.commit(first) is None  # it was made upon nothing
        assert history.commit("0" * 40) is None
        assert history.commit("--output=/tmp/x") is None
        assert history.held([first, merged, "0" * 40, "main", "-h"]) == {first, merged}
        assert history.held([]) == frozenset()
