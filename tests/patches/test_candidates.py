from __future__ import annotations

import pytest

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.candidates import Known, candidates, merged
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.suspects.suspect import Suspect

CODE = "import os\n\n\ndef f(a):\n    return a + 1\n\n\n@wraps\ndef g(a):\n    return a\n"
SNAPSHOT = Snapshot.of({"m.py": CODE, "bad.py": "def f(:\n"})


def patch(old, new, path="m.py", base=SNAPSHOT):
    start = base.text(path).index(old)
    return Patch(base, (Edit(path, start, start + len(old), new),), "template:x", "Because.", weight=0.5)


def test_the_most_suspect_and_most_usual_change_comes_first():
    found = candidates(SNAPSHOT, [Suspect("m.py", 5, 5, 1.0, "f"), Suspect("m.py", 10, 10, 0.1, "g")])
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
    assert "a - 1" in found[0].diff
    assert found[0].rationale == "`f` calculates with `-` instead of `+`."


def test_suspects_in_files_that_do_not_parse_or_exist_have_no_candidates():
    assert candidates(SNAPSHOT, [Suspect("bad.py", 1, 1, 1.0), Suspect("gone.py", 1, 1, 1.0)]) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a + 1", "(a + 1)"),
        ("a + 1", "a  +  1"),
        ("a + 1", "a +"),
        ("return a\n", "break\n"),
        ("import os", "import (os"),
    ],
)
def test_what_means_the_same_or_does_not_compile_is_not_new(old, new):
    assert not Known().is_new(patch(old, new))


@pytest.mark.parametrize(
    ("one", "two"),
    [(("a + 1", "a - 1"), ("+ 1", "-  1")), (("def g(a)", "def g(b)"), ("g(a)", "g( b )"))],
)
def test_two_spellings_are_one_change(one, two):
    known = Known()
    assert known.is_new(patch(*one))
    assert not known.is_new(patch(*two))


def test_the_same_text_in_two_functions_is_two_changes():
    known = Known()
    assert known.is_new(patch("(a):\n    return a + 1", "(b):\n    return a + 1"))
    assert known.is_new(patch("(a):\n    return a\n", "(b):\n    return a\n"))


def test_whatever_is_done_to_a_file_that_does_not_parse_is_new():
    assert Known().is_new(patch("(:", "():", path="bad.py"))


def test_a_change_upon_a_change_is_one_patch_of_the_base():
    first = patch("a + 1", "a + 2")
    second = patch("return a\n", "return -a\n", base=SNAPSHOT.with_files(first.files))
    both = merged(SNAPSHOT, (first, second))
    assert both.sources["m.py"].text == CODE.replace("a + 1", "a + 2").replace("return a\n", "return -a\n")
    assert both.rationale == "Because. Because."
    assert both.weight < first.weight


def test_a_merge_of_distant_changes_leaves_alone_what_lies_between():
    first = patch("a + 1", "a + 2")
    second = patch("return a\n", "return -a\n", base=SNAPSHOT.with_files(first.files))
    assert [edit.text for edit in merged(SNAPSHOT, (first, second)).edits] == ["2\n", "    return -"]


def test_a_merge_touches_no_more_than_the_span_between_its_changes():
    first = patch("a + 1", "a + 2")
    assert merged(SNAPSHOT, (first,)).edits == (Edit("m.py", CODE.index("1"), CODE.index("1") + 1, "2"),)
