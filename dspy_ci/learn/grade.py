"""How good an answer is, and what would make it better; the same words go to people and to the model that reflects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.learn.tools import used
from dspy_ci.programs import context, orchestrate, plan
from dspy_ci.programs.risks import risk

VERSION = "1"
"""Changes when the same answer would be graded otherwise: what was learnt before is then forgotten."""
_LONG = 2400
"""Characters beyond which an answer is called long."""
_RISK = 0.3
"""What a risky command costs."""
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Grade:
    """0 to 1, with a reason: a grade that says nothing teaches nothing."""

    score: float
    feedback: str

    def __post_init__(self) -> None:
        """Hold the promise of the class."""
        if not 0.0 <= self.score <= 1.0 or not self.feedback.strip():
            raise ValueError(f"no grade: {self.score!r}, {self.feedback[:80]!r}")


def context_grade(row: Row, answer: str) -> Grade:
    """Whether the key points name what matters in the log, and stay short."""
    said = context.parse(answer)
    if not said.points:
        return Grade(0.0, "There are no points: write lines that each begin with `- `.")
    text = "\n".join((said.summary, *said.points))
    return _covered(text, (*row["context_keywords"], *row["key_points_keywords"]), answer)


def task_grade(row: Row, answer: str) -> Grade:
    """Whether the plan names the places and the commands, none of them risky."""
    steps = plan.parse(answer)
    if not steps:
        return Grade(0.0, "There are no steps: write numbered lines, a command below its step as `$ command`.")
    commands = [step.command for step in steps if step.command]
    places = _covered("\n".join(step.why for step in steps), row["plan_keywords"], answer)
    told = _covered("\n".join(commands), row["commands_keywords"], answer)
    risky = [f"`{command}` {why}" for command in commands if (why := risk(command))]
    score = max(0.0, 0.5 * places.score + 0.5 * told.score - _RISK * len(risky))
    parts = [f"The steps: {places.feedback}", f"The commands: {told.feedback}"]
    return Grade(score, " ".join([*parts, *(f"Risky: {one}." for one in risky)]))


def code_grade(row: Row, answer: str) -> Grade:
    """Whether the answer names what is at fault."""
    return _covered(answer, row["keywords"], answer)


def orchestrator_grade(row: Row, answer: str, code: Snapshot, log: str) -> Grade:
    """What the chosen tool, really used, brings to light."""
    action = orchestrate.parse(answer)
    if isinstance(action, orchestrate.Unusable):
        return Grade(0.0, f"Nothing could be run: {action.sentence}.")
    output = used(action, code, log)
    if not output.strip():
        return Grade(0.1, f"`{action.tool}` with {dict(action.arguments)} found nothing.")
    found = _covered(output, row["targets"], "")
    return Grade(max(0.1, found.score), f"`{action.tool}` with {dict(action.arguments)}: {found.feedback}")


def _covered(text: str, keywords: Iterable[str], answer: str) -> Grade:
    """The share of the keywords in the text; a little less for a long-winded answer."""
    wanted = list(dict.fromkeys(keywords))
    folded = text.casefold()
    missed = [word for word in wanted if word.casefold() not in folded]
    share = 1 - len(missed) / len(wanted) if wanted else 1.0
    long = len(answer) > _LONG
    told = f"it does not name {', '.join(missed)}." if missed else "it names all that matters."
    return Grade(share * (0.8 if long else 1.0), told + (" It is too long." if long else ""))
