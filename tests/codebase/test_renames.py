"""What a change renamed, read from its lines."""

from __future__ import annotations

import pytest

from dspy_ci.codebase.difference import Difference
from dspy_ci.codebase.renames import renamed
from dspy_ci.ports.trees import MemoryTrees


def between(was, now, path="a.py"):
    return renamed(Difference(MemoryTrees({path: was.encode()}, {path: now.encode()})))


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("x = 1\n", "x = 2\n"),
        ("x = 1\n", "x = 1\ny = 2\n"),
        ("x = f(a)\n", "x = g(a, b)\n"),
        ("a\nb\n", "c\n"),
        ("x = old\n", "x = new\nz = old\nw = old\n"),
        ("", "x = 1\n"),
        ("\0old", "\0new"),
    ],
)
def test_nothing_was_renamed(was, now):
    assert between(was, now) == {}


@pytest.mark.parametrize(
    ("was", "now", "found"),
    [
        ("def f(old):\n    pass\n", "def f(new):\n    pass\n", {"old": ("new",)}),
        ("x = {'kind': 1}\n", "x = {'sort': 1}\n", {"kind": ("sort",)}),
        ("let old = 1;\n", "let fresh = 1;\n", {"old": ("fresh",)}),
        ("a = old\nb = old\nc = old\n", "a = one\nb = two\nc = two\n", {"old": ("two", "one")}),
        ("f(old, kept)\n", "f(new, kept)\n", {"old": ("new",)}),
    ],
)
def test_a_name_stands_in_the_place_of_another(was, now, found):
    assert between(was, now, "a.txt") == found
