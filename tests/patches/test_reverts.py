"""The guilty parts of a change taken back."""

from __future__ import annotations

import pytest

from dspy_ci.causes.culprit import Culprits, Guilt
from dspy_ci.causes.hunk import changes, hunks
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.reverts import reverts
from dspy_ci.ports.trees import MemoryTrees

WAS = "".join(f"line {number}\n" for number in range(30))


def taken_back(was, now, guilty=lambda hunk: True):
    """The files after each revert of the hunks that are guilty."""
    old, new = ({path: text.encode() for path, text in side.items()} for side in (was, now))
    parts = tuple(hunk for hunk in hunks(changes(MemoryTrees(old, new))) if guilty(hunk))
    found = Culprits("found", (Guilt(("t",), parts, minimal=True),))
    return [patch.files for patch in reverts(Snapshot.of(new), found)]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ({"a.py": WAS}, {"a.py": WAS.replace("line 3\n", "other\n")}),
        ({"a.py": WAS}, {"a.py": WAS.replace("line 3\n", "")}),
        ({"a.py": WAS}, {"a.py": WAS.replace("line 3\n", "line 3\nmore\n")}),
        ({"a.py": WAS.replace("\n", "\r\n")}, {"a.py": WAS.replace("line 3\n", "other\n").replace("\n", "\r\n")}),
        ({"a.py": "no end"}, {"a.py": "another end"}),
        ({"a.py": "gone\n"}, {}),
        ({"a.js": "\u00e4\n"}, {"a.js": "\u00f6\n"}),
    ],
)
def test_everything_is_as_it_was(was, now):
    assert taken_back(was, now) == [{path: text.encode() for path, text in was.items()}]


def test_a_new_file_goes():
    assert taken_back({"a.py": "1\n"}, {"a.py": "1\n", "b.py": "2\n"}) == [{"b.py": None}]


def test_the_innocent_parts_stay():
    now = WAS.replace("line 3\n", "guilty\n").replace("line 25\n", "innocent\n")
    kept = WAS.replace("line 25\n", "innocent\n")
    assert taken_back({"a.py": WAS}, {"a.py": now}, lambda hunk: b"guilty\n" in hunk.new) == [{"a.py": kept.encode()}]


@pytest.mark.parametrize("path", ["tests/test_a.py", "conftest.py", "pyproject.toml", ".github/workflows/a.yml"])
def test_tests_and_configuration_are_not_touched(path):
    assert taken_back({path: "1\n"}, {path: "2\n"}) == []
