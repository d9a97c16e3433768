from __future__ import annotations

import re

import pytest

from dspy_ci.failures.format import PLACE
from dspy_ci.failures.pattern import leads, literals
from dspy_ci.failures.reading import _switch


@pytest.mark.parametrize(
    ("source", "first"),
    [
        ("abc", "a"),
        (r"\[ERROR\]", "["),
        ("[EF]ail", "EF"),
        (r"(?P<name>F|P)x", "FP"),
        ("(?:ERROR: )?Coverage", "EC"),
        (" *error", " e"),
        (r"\d+ failed", "0123456789"),
        ("(?P<none>)FAIL", "F"),
    ],
)
def test_the_first_character_of_a_match_is_read_from_the_pattern(source, first):
    found = leads(source)
    assert {char for char in map(chr, range(32, 127)) if any(lead.match(char) for lead in found)} == set(first)


@pytest.mark.parametrize("source", [".*x", "(?=a)b", r"\bword", "a?", ""])
def test_a_pattern_that_may_begin_with_anything_says_so(source):
    assert leads(source) is None


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        (r"\S+: failed with (?P<why>.+)", (": failed with ",)),
        (r"(?P<file>[^\s:]+): error: x?", (": error: ",)),
        (r"\w+\.(?:go|mod): (?:not found|permission denied)", ("not found", "permission denied")),
        (r"\w+: (?P<what>(?:\w+: )?broken pipe|timed out)", ("broken pipe", "timed out")),
        ("word|other", ()),
        (r"\w+ab?c", ()),
    ],
)
def test_texts_that_every_match_contains_are_read_from_the_pattern(source, texts):
    assert literals(source) == texts


@pytest.mark.parametrize("meta", [False, True])
def test_no_format_is_tried_on_every_line(meta):
    slow = [
        start.pattern.pattern
        for start in _switch(meta=meta)._starts
        if not (start.placed or start.leads or start.named or start.literals)
    ]
    assert slow == []


def test_a_time_of_day_is_no_place():
    assert not re.match(PLACE, "10:23:45 starting")
    assert re.match(PLACE, "src/app.py:3: error")
