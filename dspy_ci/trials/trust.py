"""How far a plausible patch can be trusted: by what it does, and by what nobody could refute."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from dspy_ci.codebase.functions import Definition
from dspy_ci.codebase.snapshot import parse
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.pathrules import is_test
from dspy_ci.patches.policy import marks
from dspy_ci.patches.screens import functions

_SURE = 0.8
"""The share of the weight that must agree."""
_QUESTIONS = 4
"""So many calls at least must have been compared."""
_NEIGHBOURS = 4
"""So many of the nearest changes must have been tried."""
_LIKELY = 0.15
"""What a patch must weigh at least: far down the list, chance finds what passes."""
_STEADY, _LOOSE = 1.0, 0.04
"""How many neighbours may pass all tests though they answer otherwise: so many, and this share of those tried."""
_GUESSES = frozenset({"fixer:missing-raise", "fixer:wrong-text"})
"""Fixers that know what is missing, but not what exactly was meant."""
_EQUALITY = frozenset({"__eq__", "__ne__", "__bool__", "__contains__", "__hash__"})
"""What tests compare with: who bends it mends all of them at once."""
_USUAL = frozenset({"0", "1", "2", "-1", "''", "' '", "True", "False", "None"})


@dataclass(frozen=True, slots=True)
class Standing:
    """What the comparison with rivals and neighbours showed."""

    share: float
    """The part of the weight of all plausible patches that answers alike."""
    questions: int
    """How many calls could be compared; 0 where the patch answered none."""
    examples: int
    """How many docstring examples it answers as they say."""
    contradictions: int
    tried: int
    """How many of the nearest changes were tried."""
    open: int
    """How many of them pass all tests too, though they answer otherwise."""

    @property
    def holds(self) -> bool:
        """Whether the tests can tell the patch from what lies nearest to it."""
        return self.tried >= _NEIGHBOURS and self.open <= _STEADY + _LOOSE * self.tried


def safe(patch: Patch, standing: Standing) -> bool:
    """Whether the patch is more than a guess.

    A cure for a named cause is trusted unless a rival answers otherwise. A template's change, and a fixer's guess, must
    have been compared on calls, agree with the docstring, and be told by the tests from nearly all of its neighbours.
    """
    if standing.share < _SURE or standing.contradictions or marks(patch):
        return False
    if not _is_guess(patch):
        return True
    likely = plausibility(patch) >= max(_LIKELY, 0.5 * patch.weight)
    return standing.questions >= _QUESTIONS and standing.holds and likely


@lru_cache(maxsize=256)
def plausibility(patch: Patch) -> float:
    """The patch's weight, corrected by what it looks like as a whole.

    A value that the tests name and the code did not, a special case, code that is merely gone, objects that are equal
    whatever they hold, a parameter that is no longer used speak against it; a parameter or variable that is used at
    last speaks for it.
    """
    weight = patch.weight
    for path, after in patch.sources.items():
        old, new = patch.base.tree(path), parse(after.text) if after else None
        if path.endswith(".py") and old and new and _is_guess(patch):
            for before, now in _changed(old, new):
                weight *= _factor(before, now, patch)
    return weight


def _is_guess(patch: Patch) -> bool:
    return patch.origin.startswith("template:") or patch.origin in _GUESSES


def _changed(old: ast.Module, new: ast.Module) -> Iterator[tuple[Definition, Definition]]:
    before = functions(old)
    for name, node in functions(new).items():
        if name in before and ast.dump(before[name]) != ast.dump(node):
            yield before[name], node


def _factor(before: Definition, now: Definition, patch: Patch) -> float:
    factor = 1.0
    told = _literals(now) - _literals(before)
    if any(_is_tested(text, patch) for text in told if text not in _USUAL):
        factor *= 0.3
    if now.name in _EQUALITY and _flags(before) != _flags(now):
        factor *= 0.3
    idle, still = _unused(before), _unused(now)
    factor *= 1.8 if idle - still else 1.0
    factor *= 0.4 if still - idle else 1.0
    size = len(list(ast.walk(now))) - len(list(ast.walk(before)))
    return factor * (0.7 if size <= -6 else 1.0)


def _flags(node: ast.AST) -> Counter[bool]:
    return Counter(
        part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, bool)
    )


def _literals(node: ast.AST) -> Counter[str]:
    found: Counter[str] = Counter()
    for part in ast.walk(node):
        if isinstance(part, ast.UnaryOp) and isinstance(part.operand, ast.Constant):
            found[ast.unparse(part)] += 1
        elif isinstance(part, ast.Constant) and isinstance(part.value, int | float | str):
            found[repr(part.value)] += 1
    return found


def _is_tested(text: str, patch: Patch) -> bool:
    return any(text in _test_literals(patch.base.text(path) or "") for path in patch.base.python_paths if is_test(path))


@lru_cache(maxsize=64)
def _test_literals(text: str) -> frozenset[str]:
    tree = parse(text)
    return frozenset(_literals(tree)) if tree else frozenset()


def _unused(function: Definition) -> set[str]:
    """Parameters and variables that nothing reads."""
    spec = function.args
    bound = {argument.arg for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)} - {"self", "cls"}
    names = [part for part in ast.walk(function) if isinstance(part, ast.Name)]
    bound |= {part.id for part in names if isinstance(part.ctx, ast.Store)}
    return {name for name in bound if not name.startswith("_")} - {n.id for n in names if isinstance(n.ctx, ast.Load)}
