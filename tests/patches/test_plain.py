"""What a chat, a page or another machine does to a diff is undone."""

from __future__ import annotations

import html

import pytest

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.applier import Unapplied, applied

BEFORE = """\
def first(a, b):
    if a < b:
        return a

    return b


def second(a):
    return a
"""
DIFF = """\
--- a/pkg/calc.py
+++ b/pkg/calc.py
@@ -1,5 +1,5 @@
 def first(a, b):
     if a < b:
-        return a
+        return b
 
     return b
"""  # noqa: W293 - a blank line of context
AFTER = BEFORE.replace("        return a\n", "        return b\n")
CODE = Snapshot.of({"pkg/calc.py": BEFORE, "calc.py": "x = 1\n"})


@pytest.mark.parametrize(
    "text",
    [
        "Like so:\n\n" + "".join(f"    {line}\n" for line in DIFF.splitlines()),
        "".join(f"> {line}\n" for line in DIFF.splitlines()),
        html.escape(DIFF),
        DIFF.replace("a/pkg", "/home/somebody/project/pkg").replace("b/pkg", "/home/somebody/project/pkg"),
        f"First:\n{DIFF}\nAgain:\n{DIFF}",
        DIFF.replace("\n ", "\n"),
        DIFF.replace("\n \n", "\n"),
    ],
    ids=["indented", "quoted", "entities", "absolute", "twice", "no leading blank", "empty line lost"],
)
def test_the_change_is_the_one_that_was_meant(text):
    patch = applied(text, CODE)
    assert not isinstance(patch, Unapplied), patch
    assert patch.files == {"pkg/calc.py": AFTER.encode()}


def test_entities_of_the_file_itself_stay():
    code = Snapshot.of({"page.py": 'A = "&lt;"\nB = 1\n'})
    patch = applied('--- a/page.py\n+++ b/page.py\n@@ @@\n A = "&lt;"\n-B = 1\n+B = "&gt;"\n', code)
    assert patch.files == {"page.py": b'A = "&lt;"\nB = "&gt;"\n'}


def test_a_new_file_is_not_taken_for_another_one_with_the_same_end():
    patch = applied("--- /dev/null\n+++ b/other/calc.py\n@@ -0,0 +1 @@\n+y = 2\n", CODE)
    assert patch.files == {"other/calc.py": b"y = 2\n"}


def test_a_path_that_climbs_is_not_shortened():
    text = "--- a/../calc.py\n+++ b/../calc.py\n@@ @@\n-x = 1\n+x = 2\n"
    assert isinstance(applied(text, CODE), Unapplied)


def test_a_lost_empty_line_beside_an_added_one_is_refused():
    code = Snapshot.of({"calc.py": "a = 1\n\nb = 2\n"})
    found = applied("--- a/calc.py\n+++ b/calc.py\n@@ @@\n a = 1\n+c = 3\n b = 2\n", code)
    assert isinstance(found, Unapplied)
