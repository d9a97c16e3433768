"""`plan`: from a task and its context to what to do next, with commands to copy."""

from __future__ import annotations

import re

from dspy_ci.failures.plan import Step
from dspy_ci.failures.plan import plan as rules
from dspy_ci.programs.context import read
from dspy_ci.programs.marking import NOTE
from dspy_ci.programs.program import Fields, Program

_MOST = 12
_WHY = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+(?P<text>\S.*)$")
_COMMAND = re.compile(r"^\s*(?:[-*]\s+)?`?\$ (?P<text>[^\n`]+)`?\s*$")
_LONGEST = 400


def parse(text: str) -> tuple[Step, ...]:
    """The steps of an answer in order: a reason, and the command below it if there is one."""
    steps: list[Step] = []
    for line in text.splitlines():
        if command := _COMMAND.match(line):
            shown = _printable(command["text"])
            if steps and steps[-1].command is None:
                steps[-1] = steps[-1]._replace(command=shown)
            else:
                steps.append(Step("", shown))
        elif why := _WHY.match(line):
            steps.append(Step(_printable(why["text"])))
    return tuple(dict.fromkeys(steps))[:_MOST]


def _printable(text: str) -> str:
    return "".join(char for char in text.strip() if char.isprintable())[:_LONGEST]


def _offline(fields: Fields) -> str:
    steps = rules(read(fields.get("context", "")).causes())
    if not steps:
        return f"1. Run the failing command again and keep its output: {fields.get('task', '')}".rstrip(": ")
    return written(steps)


def written(steps: tuple[Step, ...]) -> str:
    """Steps in the form that `parse` reads."""
    return "\n".join(
        f"{number}. {step.why}" + (f"\n$ {step.command}" if step.command else "")
        for number, step in enumerate(steps, 1)
    )


PROGRAM = Program(
    name="plan",
    instructions=(
        "You plan the next steps of a developer whose build is red. Begin with the smallest command that reproduces "
        "the first root cause, then say where to look and what to change, and end with the command that verifies the "
        "cure. Use only tools that the context shows. Never suggest a command that deletes, publishes, installs from "
        "an address, skips checks or weakens tests."
    ),
    inputs={
        "task": "what is to be achieved",
        "context": f"what is known: failures, key points, parts of the log. {NOTE}",
    },
    output="plan",
    says="numbered steps, one line each; a command goes alone on the line below its step, as `$ command`",
    offline=_offline,
    useful=lambda text: bool(parse(text)),
)
