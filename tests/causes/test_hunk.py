from hypothesis import given
from hypothesis import strategies as st

from dspy_ci.causes.hunk import changes, hunks, laid
from dspy_ci.causes.statements import finer
from dspy_ci.ports.trees import MemoryTrees, Move

LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"    x = 1\n", b"def f():\n", b"\n", b"last"]), max_size=30)


def split(before, after):
    return changes(MemoryTrees(before, after))


@given(LINES, LINES)
def test_all_hunks_make_the_head_and_none_make_the_base(old, new):
    before, after = {"a.py": b"".join(old)}, {"a.py": b"".join(new)}
    found = split(before, after)
    if before == after:
        assert found == ()
    else:
        assert laid(found, hunks(found)) == after
        assert laid(found, ()) == before


@given(LINES, LINES)
def test_pieces_make_the_same_file_as_their_hunk(old, new):
    found = split({"a.py": b"".join(old)}, {"a.py": b"".join(new)})
    for hunk in hunks(found):
        pieces = finer(found[0], hunk)
        assert laid(found, pieces) == laid(found, [hunk])
        smaller = [small for piece in pieces for small in finer(found[0], piece)]
        assert laid(found, smaller) == laid(found, [hunk])


def test_changes_far_from_each_other_are_hunks_of_their_own():
    old = [b"%d\n" % number for number in range(30)]
    new = [b"new\n", *old[1:10], b"new\n", *old[11:14], b"new\n", *old[15:], b"end\n"]
    found = hunks(split({"a": b"".join(old)}, {"a": b"".join(new)}))
    assert [(hunk.start, len(hunk.old), len(hunk.new)) for hunk in found] == [(0, 1, 1), (10, 5, 5), (30, 0, 1)]


def test_new_and_removed_and_binary_files_are_one_hunk_each():
    found = split({"gone": b"1\n2\n", "bin": b"\0a\n\0b\n"}, {"new": b"x\n", "bin": b"\0a\n\0c\n"})
    assert {(hunk.kind, hunk.path) for hunk in hunks(found)} == {("remove", "gone"), ("add", "new"), ("edit", "bin")}
    assert laid(found, ()) == {"gone": b"1\n2\n", "new": None, "bin": b"\0a\n\0b\n"}
    assert laid(found, hunks(found)) == {"gone": None, "new": b"x\n", "bin": b"\0a\n\0c\n"}


def test_a_renamed_file_can_be_edited_without_being_renamed():
    class Renamed(MemoryTrees):
        def moves(self):
            return (Move("old", "new"),)

    found = changes(Renamed({"old": b"1\n2\n"}, {"new": b"1\n3\n"}))
    rename, edit = hunks(found)
    assert laid(found, [edit]) == {"new": None, "old": b"1\n3\n"}
    assert laid(found, [rename]) == {"old": None, "new": b"1\n2\n"}


def test_statements_that_come_are_pieces_of_their_own():
    old = b"a = 1\n"
    new = old + b"\ndef f():\n    x = 1\n    return x\n\n\nb = 2\n"
    (change,) = split({"a.py": old}, {"a.py": new})
    (hunk,) = hunks([change])
    function, value = finer(change, hunk)
    assert function.new == (b"\n", b"def f():\n", b"    x = 1\n", b"    return x\n", b"\n", b"\n")
    assert value.new == (b"b = 2\n",)
    assert finer(change, function)[0].new[-1] == b"    x = 1\n"
