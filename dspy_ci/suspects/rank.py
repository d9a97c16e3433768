"""All kinds of evidence together: a normalised weighted sum per statement."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from dspy_ci.codebase.functions import Function, functions, head_end, statements
from dspy_ci.suspects import culprits, endless, frames, lexical, pairing, recent, spectrum
from dspy_ci.suspects.evidence import Clue, Clues, Evidence, Spot
from dspy_ci.suspects.suspect import Suspect


class Kind(Protocol):
    """What every kind of evidence offers."""

    NAME: str
    WEIGHT: float

    def clues(self, evidence: Evidence) -> Clues:
        """Suspected spots."""
        ...


KINDS: tuple[Kind, ...] = (frames, culprits, spectrum, endless, pairing, recent, lexical)


def rank(evidence: Evidence, *, limit: int = 400) -> tuple[Suspect, ...]:
    """The statements most likely at fault, strongest first; a statement's own lines only, not those of its body.

    Where executed lines were recorded, what no failing test ran is left out, except what is run at import.
    """
    clues = {kind.NAME: _normalised(kind.clues(evidence)) for kind in KINDS}
    weights = {kind.NAME: kind.WEIGHT for kind in KINDS}
    paths = [path for path in evidence.paths if any(spot.path == path for found in clues.values() for spot in found)]
    found = [suspect for path in paths for suspect in _statements(path, evidence, clues, weights)]
    top = max((suspect.score for suspect in found), default=0.0)
    ordered = sorted(found, key=lambda suspect: (-suspect.score, suspect.file, suspect.start))
    return tuple(_scaled(suspect, top) for suspect in ordered[:limit] if suspect.score > 0)


def _normalised(clues: Clues) -> Clues:
    top = max((clue.score for clue in clues.values()), default=0.0)
    return {spot: Clue(clue.score / top, clue.why) for spot, clue in clues.items()} if top > 0 else {}


def _statements(
    path: str, evidence: Evidence, clues: Mapping[str, Clues], weights: Mapping[str, float]
) -> Iterator[Suspect]:
    tree = evidence.snapshot.tree(path)
    if tree is None:
        yield from _unparsed(path, clues, weights)
        return
    ran = {line for name in evidence.red for line in evidence.lines.get(name, {}).get(path, ())}
    traced = any(name in evidence.lines for name in evidence.red)
    for function in functions(path, tree):
        for statement in statements(function.node):
            span = range(statement.lineno, head_end(statement) + 1)
            if not traced or not function.name or _was_run(statement, span, ran):
                score, why = _sum((Spot(path, line) for line in span), clues, weights)
                yield Suspect(
                    path, span.start, span.stop - 1, score * _part(function, statement), function.name or None, why
                )


def _unparsed(path: str, clues: Mapping[str, Clues], weights: Mapping[str, float]) -> Iterator[Suspect]:
    for spot in sorted({spot for found in clues.values() for spot in found if spot.path == path and spot.line}):
        score, why = _sum((spot,), clues, weights)
        yield Suspect(path, spot.line, spot.line, score, None, why)


def _was_run(statement: ast.stmt, span: range, ran: set[int]) -> bool:
    """Some statements leave no trace of their own: `else`, `global`, a definition's head."""
    return not ran.isdisjoint(span) or isinstance(statement, ast.Global | ast.Nonlocal | ast.Try)


def _sum(
    spots: Iterable[Spot], clues: Mapping[str, Clues], weights: Mapping[str, float]
) -> tuple[float, tuple[str, ...]]:
    total, reasons = 0.0, []
    spots = list(spots)
    for name, found in clues.items():
        best = max((found[spot] for spot in (*spots, Spot(spots[0].path, 0)) if spot in found), default=None)
        if best:
            total += weights[name] * best.score
            reasons.append((weights[name] * best.score, best.why))
    return total, tuple(why for _, why in sorted(reasons, reverse=True))


def _part(function: Function, statement: ast.stmt) -> float:
    """Module code mostly defines things and runs for every test: suspected, but less."""
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return 0.4
    return 1.0 if function.name else 0.6


def _scaled(suspect: Suspect, top: float) -> Suspect:
    return Suspect(suspect.file, suspect.start, suspect.end, round(suspect.score / top, 4), suspect.symbol, suspect.why)
