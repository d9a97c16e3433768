"""Assertions that are no more, or never were: renamed methods of unittest, misspelt ones of mocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from unittest import TestCase

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import similar
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.patches.proposal import Proposal
from dspy_ci.suspects.evidence import Evidence

NAME = "assertions"

_GONE: Mapping[str, str] = {
    "assertEquals": "assertEqual", "assertNotEquals": "assertNotEqual", "assert_": "assertTrue",
    "failUnless": "assertTrue", "failIf": "assertFalse", "failUnlessEqual": "assertEqual",
    "failIfEqual": "assertNotEqual", "failUnlessRaises": "assertRaises", "assertItemsEqual": "assertCountEqual",
    "assertAlmostEquals": "assertAlmostEqual", "assertNotAlmostEquals": "assertNotAlmostEqual",
    "assertRegexpMatches": "assertRegex", "assertNotRegexpMatches": "assertNotRegex",
    "assertRaisesRegexp": "assertRaisesRegex", "assertDictContainsSubset": "assertLessEqual",
}  # fmt: skip
_OF_MOCKS = [
    "assert_any_call", "assert_called", "assert_called_once", "assert_called_once_with", "assert_called_with",
    "assert_has_calls", "assert_not_called", "assert_any_await", "assert_awaited", "assert_awaited_once",
    "assert_awaited_once_with", "assert_awaited_with", "assert_has_awaits", "assert_not_awaited",
]  # fmt: skip
_OF_CASES = [name for name in dir(TestCase) if name.startswith("assert")]


def proposals(failure: Failure, evidence: Evidence) -> Iterator[Proposal]:
    """The word as it is now, everywhere in the file of the test."""
    old = re.search(r"has no attribute '(assert\w+|fail\w+)'|'(\w+)' is not a valid assertion", failure.message)
    if not old:
        return
    word = old[1] or old[2]
    known = _OF_MOCKS if old[2] or word.startswith("assert_called") else _OF_CASES
    new = _GONE.get(word) or next(iter(similar(word, known, most=1)), None)
    path = (failure.test_id or failure.file or "").partition("::")[0]
    text = evidence.snapshot.text(path)
    if new is None or text is None:
        return
    places = [match.start() for match in re.finditer(rf"\b{re.escape(word)}\b", text)]
    edits = tuple(Edit(path, start, start + len(word), new) for start in places)
    diff = Patch(evidence.snapshot, edits, "proposal", "").diff if edits else None
    yield Proposal(NAME, f"There is no `{word}`; it is called `{new}`. Tests are yours to change.", None, diff)
