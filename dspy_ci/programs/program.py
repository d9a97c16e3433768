"""A program: what a model is told, given and asked for; one text comes out, whatever the size of the model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from dspy_ci.errors import ModelError
from dspy_ci.ports.lm import LM
from dspy_ci.programs.bridge import dspy_lm
from dspy_ci.programs.marking import shown
from dspy_ci.programs.vendor import dspy

PREDICTOR = "predict"
"""What the only predictor of every program is called."""

Fields = Mapping[str, str]


@dataclass(frozen=True)
class Program:
    """One thing that a model can be asked to do."""

    name: str
    instructions: str
    """As shipped; training makes better ones."""
    inputs: Mapping[str, str]
    """By name, what each field holds."""
    output: str
    """The name of the only field that comes out."""
    says: str
    """What is to be written there, and in which form."""
    offline: Callable[[Fields], str]
    """The twin: the same fields in, the same form of text out, without a model."""
    useful: Callable[[str], bool] = bool
    """Whether an answer holds what was asked for; prose in the place of steps does not."""

    @property
    def signature_hash(self) -> str:
        """Changes with the fields and what is said about them, not with the instructions."""
        facts = json.dumps([self.name, list(self.inputs.items()), self.output, self.says])
        return hashlib.sha256(facts.encode()).hexdigest()[:16]


class Said(NamedTuple):
    """What came out of a program, by the model or by the twin."""

    text: str
    trouble: ModelError | None = None
    """Why it is the twin's; None when it is the model's."""


def said(program: Program, fields: Fields, lm: LM, **options: Any) -> Said:
    """What the model answers, or what the twin does where the model cannot. Raises nothing; options as for `answer`."""
    try:
        text = answer(program, fields, lm, **options)
    except ModelError as error:
        return Said(program.offline(fields), error)
    if program.useful(text):
        return Said(text)
    return Said(program.offline(fields), ModelError("useless", f"the answer of {lm.name} has not the form asked for"))


def module(program: Program, instructions: str | None = None) -> Any:
    """The program as a `dspy.Module` with one predictor; `with_instructions(text)` gives it other ones."""
    return _kind()(program, instructions or program.instructions)


def answer(
    program: Program, fields: Fields, lm: LM, *, instructions: str | None = None, max_tokens: int = 2048,
    temperature: float = 0.0, seed: int | None = None,
) -> str:  # fmt: skip
    """What the model writes, by exactly one question. Raises ModelError, and nothing else."""
    model = dspy_lm(lm, max_tokens=max_tokens, temperature=temperature, seed=seed)
    with dspy().context(lm=model, adapter=adapter(), callbacks=[], track_usage=False):
        try:
            text = getattr(module(program, instructions)(**fields), program.output)
        except Exception as error:
            if model.engine.trouble:
                raise model.engine.trouble from None
            if isinstance(error, dspy().utils.exceptions.DSPyError):
                raise ModelError("garbage", f"the answer of {lm.name} has not the form that was asked for") from None
            raise
    if not isinstance(text, str) or not text.strip():
        raise ModelError("empty", f"{lm.name} answered with nothing")
    return text


@cache
def adapter() -> Any:
    """How programs are written into prompts: DSPy's own way, without a second try, and forgiving about marks.

    There is one field to fill, so an answer without the mark of that field is taken as a whole.
    """
    vendor = dspy()

    class Plain(vendor.ChatAdapter):  # type: ignore[misc, name-defined]
        """ChatAdapter for signatures with one output of text."""

        def parse(self, signature: Any, completion: str) -> dict[str, str]:
            """The field, with or without marks around it."""
            (name,) = signature.output_fields
            _, mark, rest = completion.rpartition(f"[[ ## {name} ## ]]")
            said = rest if mark else completion
            return {name: said.partition("[[ ## completed ## ]]")[0].strip()}

    return Plain(use_json_adapter_fallback=False)


@cache
def _kind() -> Any:
    vendor = dspy()

    class TextProgram(vendor.Module):  # type: ignore[misc, name-defined]
        """Foreign text goes in marked, one text comes out."""

        def __init__(self, program: Program, instructions: str) -> None:
            super().__init__()
            self.program = program
            self.predict = vendor.Predict(_signature(program, instructions))

        def forward(self, **fields: str) -> Any:
            """One question; fields that are not given are empty."""
            return self.predict(
                **{name: shown(fields.get(name, ""), text) for name, text in self.program.inputs.items()}
            )

        def with_instructions(self, instructions: str) -> Any:
            """The same program, told otherwise."""
            return type(self)(self.program, instructions)

        @property
        def instructions(self) -> str:
            """What it is told."""
            return str(self.predict.signature.instructions)

    return TextProgram


def _signature(program: Program, instructions: str) -> Any:
    vendor = dspy()
    fields: dict[str, Any] = {name: (str, vendor.InputField(desc=text)) for name, text in program.inputs.items()}
    fields[program.output] = (str, vendor.OutputField(desc=program.says))
    return vendor.Signature(fields, instructions, signature_name=f"{program.name.title()}Program")
