import pytest
from hypothesis import given
from hypothesis import strategies as st

from dspy_ci.deliveries.diffs import Mangled, file_diffs
from dspy_ci.deliveries.placing import Misfit, Spot, shown, spots
from dspy_ci.ports.forge import ChangedFile

LINES = ["def a():", "    x = 1", "    y = 2", "", "    return x", "", "def b():", "    return 9"]
SOME = st.sampled_from(["a", "b", "", "  c", "```"])
WHOLE = ChangedFile("a.py", "modified", "@@ -0,0 +1,8 @@\n" + "\n".join(f"+{line}" for line in LINES))


def diff(before, after, first=1):
    """A diff of whole lines, with all of them as context."""
    import difflib  # noqa: PLC0415 - how our own diffs are made

    lines = list(difflib.unified_diff([f"{x}\n" for x in before], [f"{x}\n" for x in after], "a/a.py", "b/a.py"))
    return "diff --git a/a.py b/a.py\n" + "".join(lines)


def placed(after, file=WHOLE, before=LINES):
    return spots(file_diffs(diff(before, after)), shown([file]))


def applied(found, lines=LINES):
    """What GitHub makes of the suggestions: each one replaces its lines, whole."""
    lines = list(lines)
    for spot in sorted(found, key=lambda spot: -spot.start):
        lines[spot.start - 1 : spot.end] = spot.text.split("\n") if spot.text else []
    return lines


def edited(*changes):
    lines = list(LINES)
    for start, end, new in sorted(changes, reverse=True):
        lines[start - 1 : end] = new
    return lines


@pytest.mark.parametrize(
    "changes",
    [
        [(2, 2, ["    x = 3"])],
        [(2, 3, ["    x = 3"])],
        [(2, 1, ["    # new"])],
        [(1, 0, ["import os"])],
        [(9, 8, ["# end"])],
        [(3, 3, [])],
        [(4, 4, [])],
        [(2, 3, [])],
        [(8, 8, [])],
        [(1, 1, [])],
        [(2, 2, ["    x = 3"]), (7, 7, ["def c():"])],
        [(2, 2, ["    x = 3"]), (8, 8, ["    return 8"])],
        [(3, 3, [""])],
        [(4, 4, ["    z = 3", "    ```", "````"])],
        [(1, 8, ["pass"])],
    ],
    ids=str,
)
def test_what_github_makes_of_the_suggestions_is_the_patch(changes):
    after = edited(*changes)
    found = placed(after)
    assert not isinstance(found, Misfit)
    assert applied(found) == after
    assert all(spot.text == "" or spot.text.strip() for spot in found)


@given(st.lists(SOME, max_size=12), st.lists(SOME, max_size=12))
def test_any_change_is_either_placed_to_the_letter_or_not_at_all(before, after):
    if before == after:
        return
    patch = f"@@ -0,0 +1,{len(before)} @@\n" + "\n".join(f"+{line}" for line in before)
    found = placed(after, ChangedFile("a.py", "modified", patch), before)
    if not isinstance(found, Misfit):
        assert applied(found, before) == after
        assert all(spot.text == "" or spot.text.strip() for spot in found)


def test_near_changes_are_one_suggestion_and_far_ones_are_two():
    assert len(placed(edited((2, 2, ["    x = 3"]), (5, 5, ["    return y"])))) == 1
    assert len(placed(edited((1, 1, ["def z():"]), (8, 8, ["    return 8"])))) == 2


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (ChangedFile("b.py", "modified", WHOLE.patch), "does not change"),
        (ChangedFile("a.py", "modified", None), "does not change"),
        (ChangedFile("a.py", "removed", WHOLE.patch), "does not change"),
        (ChangedFile("a.py", "modified", "@@ -0,0 +6,3 @@\n+\n+def b():\n+    return 9"), "does not show"),
        (ChangedFile("a.py", "modified", WHOLE.patch.replace("x = 1", "x = 7")), "does not show"),
        (ChangedFile("a.py", "modified", WHOLE.patch.replace("y = 2", "y = 7")), "does not show"),
        (
            ChangedFile("a.py", "modified", "@@ -1,1 +1,2 @@\n def a():\n+    x = 1\n@@ -5 +3,2 @@\n+    y = 2\n "),
            "does not",
        ),
    ],
    ids=["other file", "not shown", "removed", "other lines", "other text", "other context", "two hunks"],
)
def test_lines_that_are_not_shown_as_they_were_get_no_suggestion(file, why):
    found = placed(edited((2, 3, ["    x = 3", "    y = 3"])), file)
    assert isinstance(found, Misfit)
    assert why in found.reason


def test_removed_lines_of_the_pull_request_take_no_part():
    file = ChangedFile("a.py", "modified", "@@ -1,3 +1,3 @@\n def a():\n-    x = 0\n+    x = 1\n     y = 2")
    assert placed(edited((2, 2, ["    x = 3"])), file) == (Spot("a.py", 2, 2, "    x = 3"),)


def test_line_ends_and_tabs_stay_as_they_are():
    before = ["a\r", "\tb\r", "c\r"]
    file = ChangedFile("a.py", "modified", "@@ -0,0 +1,3 @@\n+a\r\n+\tb\r\n+c\r")
    assert placed(["a\r", "\tB\r", "c\r"], file, before) == (Spot("a.py", 2, 2, "\tB\r"),)


@pytest.mark.parametrize("kind", ["new", "deleted"])
def test_whole_files_are_no_suggestion(kind):
    sign, sides = ("+", ("/dev/null", "b/a.py")) if kind == "new" else ("-", ("a/a.py", "/dev/null"))
    counts = "-0,0 +1" if kind == "new" else "-1 +0,0"
    text = (
        f"diff --git a/a.py b/a.py\n{kind} file mode 100644\n--- {sides[0]}\n+++ {sides[1]}\n@@ {counts} @@\n{sign}x\n"
    )
    assert isinstance(spots(file_diffs(text), shown([WHOLE])), Misfit)


def test_blank_lines_alone_are_no_suggestion():
    file = ChangedFile("a.py", "modified", "@@ -0,0 +1,1 @@\n+x")
    assert isinstance(placed(["", ""], file, ["x"]), Misfit)


@pytest.mark.parametrize("path", ["with space.py", 'quo"te.py', "uml\u00e4ut.py", "back\\slash.py", "tab\t.py"])
def test_names_are_read_as_git_writes_them(path):
    from dspy_ci.codebase.snapshot import Source  # noqa: PLC0415 - our own diffs
    from dspy_ci.patches.diff import unified  # noqa: PLC0415 - the same

    (file,) = file_diffs(unified(path, Source("a\nb\n"), Source("a\nc\n")))
    assert (file.path, file.changes[0].old, file.changes[0].new) == (path, ("b",), ("c",))


@pytest.mark.parametrize(("before", "after"), [("a\nb", "a\nc"), ("a\n", "a"), ("", "x\n"), ("x", ""), ("\n", "\n\n")])
def test_every_diff_of_ours_is_read_back(before, after):
    from dspy_ci.codebase.snapshot import Source  # noqa: PLC0415 - our own diffs
    from dspy_ci.patches.diff import unified  # noqa: PLC0415 - the same

    (file,) = file_diffs(unified("a.py", Source(before), Source(after)))
    assert file.kind == "changed"
    for old, new in ((Source(before), None), (None, Source(after))):
        (file,) = file_diffs(unified("a.py", old, new))
        assert file.kind == ("removed" if new is None else "added")


def test_nothing_else_is_read():
    with pytest.raises(Mangled):
        file_diffs("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")
