"""All kinds of evidence together: a normalised weighted sum per statement."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from dspy_ci.codebase.functions import Function, functions, head_end, statements
from dspy_ci.suspects import culprits, dataflow, endless, frames, lexical, pairing, recent, spectrum
from dspy_ci.suspects.evidence import Clue, Clues, Evidence, Spot
from dspy_ci.suspects.priors import Priors
from dspy_ci.suspects.suspect import Suspect


class Kind(Protocol):
    """What every kind of evidence offers."""

    NAME: str
    WEIGHT: float

    def clues(self, evidence: Evidence) -> Clues:
        """Suspected spots."""
        ...


KINDS: tuple[Kind, ...] = (frames, culprits, spectrum, dataflow, endless, pairing, recent, lexical)


class Trace(NamedTuple):
    """A statement with the strongest clue of each kind of evidence against it."""

    file: str
    start: int
    end: int
    symbol: str | None
    part: float
    """How much of the suspicion a statement of its sort bears."""
    clues: Mapping[str, Clue]

    def suspect(self, by: Mapping[str, float]) -> Suspect:
        """The suspect that it is when kinds of evidence weigh so much."""
        reasons = [(by[name] * clue.score, clue.why) for name, clue in self.clues.items()]
        total = 0.0
        for score, _ in reasons:
            total += score
        why = tuple(why for _, why in sorted(reasons, reverse=True))
        return Suspect(self.file, self.start, self.end, total * self.part, self.symbol, why)


def rank(evidence: Evidence, *, limit: int = 400) -> tuple[Suspect, ...]:
    """The statements most likely at fault, strongest first; a statement's own lines only, not those of its body.

    Where executed lines were recorded, what no failing test ran is left out, except what is run at import.
    """
    by = weights(evidence.priors)
    found = [trace.suspect(by) for trace in traced(evidence)]
    top = max((suspect.score for suspect in found), default=0.0)
    ordered = sorted(found, key=lambda suspect: (-suspect.score, suspect.file, suspect.start))
    return tuple(_scaled(suspect, top) for suspect in ordered[:limit] if suspect.score > 0)


def weights(priors: Priors) -> Mapping[str, float]:
    """What each kind of evidence weighs: as shipped, times what was learnt of this repository."""
    return {kind.NAME: kind.WEIGHT * priors.trust(kind.NAME) for kind in KINDS}


def traced(evidence: Evidence) -> Iterator[Trace]:
    """All statements that may be at fault, with what speaks against each."""
    clues = {kind.NAME: _normalised(kind.clues(evidence)) for kind in KINDS}
    for path in evidence.paths:
        if any(spot.path == path for found in clues.values() for spot in found):
            yield from _statements(path, evidence, clues)


def _normalised(clues: Clues) -> Clues:
    top = max((clue.score for clue in clues.values()), default=0.0)
    return {spot: Clue(clue.score / top, clue.why) for spot, clue in clues.items()} if top > 0 else {}


def _statements(path: str, evidence: Evidence, clues: Mapping[str, Clues]) -> Iterator[Trace]:
    tree = evidence.snapshot.tree(path)
    if tree is None:
        for spot in sorted({spot for found in clues.values() for spot in found if spot.path == path and spot.line}):
            yield Trace(path, spot.line, spot.line, None, 1.0, _strongest((spot,), clues))
        return
    ran = {line for name in evidence.red for line in evidence.lines.get(name, {}).get(path, ())}
    known = any(name in evidence.lines for name in evidence.red)
    for function in functions(path, tree):
        for statement in statements(function.node):
            span = range(statement.lineno, head_end(statement) + 1)
            if not known or not function.name or _was_run(statement, span, ran):
                found = _strongest([Spot(path, line) for line in span], clues)
                part = _part(function, statement)
                yield Trace(path, span.start, span.stop - 1, function.name or None, part, found)


def _was_run(statement: ast.stmt, span: range, ran: set[int]) -> bool:
    """Some statements leave no trace of their own: `else`, `global`, a definition's head."""
    return not ran.isdisjoint(span) or isinstance(statement, ast.Global | ast.Nonlocal | ast.Try)


def _strongest(spots: Sequence[Spot], clues: Mapping[str, Clues]) -> Mapping[str, Clue]:
    """By kind of evidence, what it says against the spots or their file."""
    anywhere = (*spots, Spot(spots[0].path, 0))
    best = {name: [found[spot] for spot in anywhere if spot in found] for name, found in clues.items()}
    return {name: max(known) for name, known in best.items() if known}


def _part(function: Function, statement: ast.stmt) -> float:
    """Module code mostly defines things and runs for every test: suspected, but less."""
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return 0.4
    return 1.0 if function.name else 0.6


def _scaled(suspect: Suspect, top: float) -> Suspect:
    return Suspect(suspect.file, suspect.start, suspect.end, round(suspect.score / top, 4), suspect.symbol, suspect.why)
