"""A regular expression that accepts too much or too little."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from functools import lru_cache

from dspy_ci.patches.templates.place import Mutation, Place

NAME = "pattern"
PRIOR = 0.5

_USERS = frozenset({"compile", "match", "search", "fullmatch", "findall", "finditer", "sub", "subn", "split"})
_PIECE = re.compile(
    r"(?P<atom>\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?(?:P?<\w+>|[:=!]|<[=!]))?|[)|^$]|.)"
    r"(?P<times>(?:[*+?]|\{\d*,?\d*\})[?+]?)?",
    re.DOTALL,
)
_CLASSES: Mapping[str, tuple[str, ...]] = {
    r"\d": (r"\w", "[0-9.]"), r"\w": (r"[\w-]", r"[\w.]", "[a-zA-Z]", r"\S", r"[\w.-]"), r"\s": (" ", r"\S"),
    r"\S": (r"\w", "."), r"\b": ("", r"\B"), r"\.": (".",), ".": (r"\.", r"\S"), r"\W": (r"\s", "[^a-zA-Z]"),
}  # fmt: skip
_MORE = ("a-z", "A-Z", "0-9", "_", "-", ".", r"\s", "'")
_LONGEST = 200
"""Characters of a pattern that is looked at."""


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """Other repetitions, classes and anchors in a pattern that is used here, wherever the module defines it."""
    literal = _pattern(node, place)
    if literal is None:
        return
    code = place.code(literal)
    if not re.fullmatch(r"[rR]?(['\"])(?!\1\1).*\1", code) or len(code) > _LONGEST:
        return
    head = code.index(code[-1]) + 1
    for text, odds in dict(_variants(code[head:-1])).items():
        new = f"{code[:head]}{text}{code[-1]}"
        if _is_pattern(new) and text != code[head:-1]:
            yield Mutation((place.replace(literal, new),), f"matches `{text}` instead of `{code[head:-1]}`", odds)


def _pattern(node: ast.AST, place: Place) -> ast.expr | None:
    """The literal behind a call of `re`, or behind a compiled pattern of the module that the node uses."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=attr), args=[first, *_]) if attr in _USERS:
            return _literal(first, place)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if attr in _USERS:
            return _compiled(place.module).get(name)
    return None


def _literal(node: ast.expr, place: Place) -> ast.expr | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node
    return _compiled(place.module).get(node.id) if isinstance(node, ast.Name) else None


@lru_cache(maxsize=16)
def _compiled(module: ast.Module) -> Mapping[str, ast.Constant]:
    """The patterns that the module keeps under a name, compiled or as text."""
    found = {}
    for node in ast.walk(module):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str()) as text):
                found[name] = text
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(func=ast.Attribute(attr="compile"), args=[ast.Constant(value=str()) as text, *_]),
            ):
                found[name] = text
    return found


def _variants(text: str) -> Iterator[tuple[str, float]]:
    yield from ((f"^{text}", 0.4), (f"{text}$", 0.4), (rf"\b{text}\b", 0.3))
    yield from ((rf"\s*{text}", 0.15), (rf"{text}\s*", 0.15))
    for found in _PIECE.finditer(text):
        start, end = found.span()
        atom, times = found["atom"], found["times"] or ""
        for new, odds in _pieces(atom, times):
            yield text[:start] + new + text[end:], odds


def _pieces(atom: str, times: str) -> Iterator[tuple[str, float]]:
    """Other ways to write one piece of a pattern: what it stands for, and how often."""
    if atom in {"^", "$", "|"}:
        yield "", 0.3
        return
    if atom.startswith("("):
        return
    yield from ((atom + other, 0.5) for other in ("*", "+", "?", "") if other != times)
    if times and times[-1] != "?":
        yield f"{atom}{times}?", 0.5
    elif len(times) > 1:
        yield f"{atom}{times[:-1]}", 0.4
    counted = re.fullmatch(r"\{(\d+)(,?)(\d*)\}", times)
    if counted:
        least, comma, most = counted.groups()
        yield from ((f"{atom}{{{least},}}", 0.4), (f"{atom}{{1,{most or least}}}", 0.4))
        yield from ((f"{atom}{{{max(0, int(least) + step)}{comma}{most}}}", 0.4) for step in (1, -1))
        if most:
            yield from ((f"{atom}{{{least},{max(0, int(most) + step)}}}", 0.4) for step in (1, -1))
    yield from ((other + times, 0.45) for other in _CLASSES.get(atom, ()))
    if atom.startswith("["):
        yield f"[{atom[2:] if atom[1] == '^' else '^' + atom[1:]}{times}", 0.15
        inside = atom[2:-1] if atom[1] == "^" else atom[1:-1]
        yield from ((f"{atom[:-1]}{more}]{times}", 0.35) for more in _MORE if more not in inside)


def _is_pattern(code: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(ast.literal_eval(code))
    except (re.error, SyntaxError, ValueError, RecursionError, OverflowError):
        return False
    return True
