"""Better instructions from what went wrong: one question to the reflection model, and a hard look at its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dspy_ci.errors import ModelError
from dspy_ci.ports.lm import LM, Ask, Message
from dspy_ci.programs.marking import marked
from dspy_ci.programs.stored import unfit

_SYSTEM = """\
You improve the instructions that a language model is given. You see the instructions as they are, and some examples \
of what the model wrote with feedback on it. Find what the feedback says again and again, and write new instructions \
that avoid it: general rules that help with unseen inputs, never the answers to these examples. Keep what already \
works. Answer with the new instructions alone, between a line <instructions> and a line </instructions>."""
_BLOCK = re.compile(r"<instructions>\s*(?P<text>.*?)\s*</instructions>", re.DOTALL)
_THINKING = re.compile(r"^\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_LONGEST = 6000
_SHOWN = 1500
"""Characters of one text of an example."""
_PATIENCE = 3
"""Answers in a row that cannot be used, after which asking again is a waste."""


@dataclass(slots=True)
class Reflection:
    """Asks for new instructions; counts what could not be used. GEPA calls it as its proposer of instructions."""

    lm: LM
    max_tokens: int = 2048
    asked: int = 0
    refused: list[str] = field(default_factory=list)
    """Why an answer was not used, in order."""
    in_a_row: int = 0

    @property
    def hopeless(self) -> str | None:
        """Why there is no point in asking again; None while there is."""
        return self.refused[-1] if self.in_a_row >= _PATIENCE else None

    def __call__(
        self, candidate: Mapping[str, str], reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]],
        components_to_update: Sequence[str],
    ) -> dict[str, str]:  # fmt: skip
        """New instructions by predictor; the old ones where the answer cannot be used."""
        return {name: self.better(candidate[name], reflective_dataset.get(name, ())) for name in components_to_update}

    def better(self, instructions: str, examples: Sequence[Mapping[str, Any]]) -> str:
        """New instructions, or the old ones where the answer cannot be used."""
        self.asked += 1
        if self.hopeless:
            return instructions
        try:
            text = self.lm.ask(_question(instructions, examples, self.max_tokens)).text
        except ModelError as error:
            return self._kept(instructions, f"the reflection model gave no answer: {error}")
        found = proposal(text)
        if problem := unfit_proposal(found):
            return self._kept(instructions, f"what the reflection model wrote cannot be used: {problem}")
        self.in_a_row = 0
        return found

    def _kept(self, instructions: str, why: str) -> str:
        self.refused.append(why)
        self.in_a_row += 1
        return instructions


def proposal(text: str) -> str:
    """The instructions in an answer; the whole answer where it has no marks."""
    bare = _THINKING.sub("", text)
    block = _BLOCK.search(bare)
    return block["text"] if block else bare.strip()


def unfit_proposal(text: str) -> str | None:
    """Why a text cannot become instructions: empty, too long, cut, left over; None when it can."""
    if problem := unfit(text):
        return problem
    if len(text) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    if "<instructions>" in text or text.count("```") % 2:
        return "it ends in the middle"
    if len(text.split()) < 4:
        return "it is no instruction"
    return None


def _question(instructions: str, examples: Sequence[Mapping[str, Any]], max_tokens: int) -> Ask:
    shown = "\n\n".join(f"Example {number}\n{_example(one)}" for number, one in enumerate(examples, 1))
    user = f"The instructions:\n<instructions>\n{instructions}\n</instructions>\n\n{shown}"
    return Ask((Message("system", _SYSTEM), Message("user", user)), max_tokens=max_tokens, temperature=0.7)


def _example(one: Mapping[str, Any]) -> str:
    """Inputs, answer and feedback; all of it foreign text."""
    return "\n".join(f"{name}:\n{marked(_text(value))}" for name, value in one.items())


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "\n".join(f"{name}: {_text(part)}" for name, part in value.items())
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN // 2]}\n...\n{text[-_SHOWN // 2 :]}"
