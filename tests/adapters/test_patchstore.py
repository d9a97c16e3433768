import os

import pytest

from dspy_ci.adapters import patchstore
from dspy_ci.adapters.gittrees import place
from dspy_ci.errors import UsageError

DIFF = b"diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n"


@pytest.fixture
def shelf(repository):
    """A repository with two stored patches; the one that ends in `bb` is newer."""
    where = place(repository({"a.py": "x = 1\n"}))
    for age, name in enumerate(["aa11", "aabb"]):
        os.utime(patchstore.save(where, name, DIFF, {"summary": f"number {age}"}), ns=(age, age))
    return where


def test_the_newest_is_meant_unless_an_id_is_given(shelf):
    assert patchstore.find(shelf, None).id == "aabb"
    assert patchstore.find(shelf, "aa1").about == {"summary": "number 0"}
    assert [patch.id for patch in patchstore.stored(shelf)] == ["aabb", "aa11"]


@pytest.mark.parametrize("name", ["aa", "cc", "../a", "-x"])
def test_an_id_that_means_none_or_several_is_refused(shelf, name):
    with pytest.raises(UsageError):
        patchstore.find(shelf, name)


def test_a_patch_changes_the_files_and_not_the_index_and_only_once(shelf, git):
    patchstore.apply(shelf, patchstore.find(shelf, None))
    assert (shelf.root / "a.py").read_text() == "x = 2\n"
    assert git(shelf.root, "diff", "--cached") == ""
    with pytest.raises(UsageError, match="does not fit"):
        patchstore.apply(shelf, patchstore.find(shelf, None))


def test_the_shelf_does_not_grow_for_ever(shelf):
    for number in range(30):
        patchstore.save(shelf, f"{number:04x}", DIFF, {})
    assert len(patchstore.stored(shelf)) == 20
    assert len(list((shelf.private / "dspy-ci" / "patches").iterdir())) == 40
