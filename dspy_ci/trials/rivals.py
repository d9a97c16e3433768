"""Plausible patches compared by what they do: those that agree stand together, the heaviest group first.

Passing the tests is not proof enough: a guess passes them too. So the patches answer the calls of the tests, those of
the docstring and variations of both; a patch that contradicts the docstring comes last, and one whose rivals answer
otherwise is called unsafe, with the call on which they differ.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files as resources
from pathlib import PurePosixPath

from dspy_ci.codebase.functions import Function, function_at, functions
from dspy_ci.codebase.modules import module_name
from dspy_ci.codebase.scopes import annotated
from dspy_ci.patches.patch import Patch
from dspy_ci.ports.sandbox import Command, Copy
from dspy_ci.trials.calls import Call, calls

Answer = tuple[str, str]
"""The type of a value, and its text; `!` and the class of an exception."""

_MOST = 24
_SURE = 0.8
"""The share of the weight that must agree for a patch to be called safe."""
_TYPES = {
    "number": {"int", "float", "complex", "Decimal", "bool"}, "text": {"str"}, "flag": {"bool"}, "list": {"list"},
    "dict": {"dict"}, "set": {"set", "frozenset"}, "tuple": {"tuple"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """Patches that gave the same answers."""

    patches: tuple[Patch, ...]
    answers: tuple[Answer, ...]
    contradictions: int
    """How many docstring examples and type hints the answers break."""

    @property
    def weight(self) -> float:
        """What the patches weigh together; one good reason outweighs many poor ones."""
        return sum(patch.weight**2 for patch in self.patches)


def settled(patches: Sequence[Patch], tests: Sequence[str], copy: Copy, python: str, seed: int) -> tuple[Patch, ...]:
    """The patches, best first, each marked safe or not; in order of weight where they cannot be compared."""
    ordered = sorted(patches, key=lambda patch: (-patch.weight, patch.edits))
    compared = ordered[:_MOST]
    function = _function(compared[0]) if compared else None
    asked = calls(function, compared[0].base, tests, seed) if function else ()
    answers = _answers(compared, function, asked, copy, python) if function and asked else {}
    if not answers:
        return tuple(ordered) if len(ordered) != 1 else (replace(ordered[0], safe=True),)
    groups = _groups(compared, answers, asked, function)
    return (*_marked(groups, asked), *ordered[_MOST:])


def _function(patch: Patch) -> Function | None:
    """The function that a patch changes first."""
    edit = min(patch.edits)
    tree, text = patch.base.tree(edit.path), patch.base.text(edit.path)
    if tree is None or text is None:
        return None
    found = function_at(functions(edit.path, tree), text.count("\n", 0, edit.start) + 1)
    return found if found and found.name else None


def _answers(
    patches: Sequence[Patch], function: Function | None, asked: Sequence[Call], copy: Copy, python: str
) -> dict[Patch, tuple[Answer, ...]]:
    """What each patch answers; patches that answered nothing are left out."""
    if function is None:
        return {}
    said = answers(patches, function, asked, copy, python)
    return {patches[number]: answer for number, answer in said.items()}


def answers(
    versions: Sequence[Patch | None], function: Function, asked: Sequence[Call], copy: Copy, python: str
) -> dict[int, tuple[Answer, ...]]:
    """By its number, what each version of the code answers, None being the code as it is; silent ones are left out."""
    code = next(patch.base for patch in versions if patch)
    token = secrets.token_hex(8)
    name = f"dspy_ci_comparing_{token}"
    module = module_name(code, function.path)
    roots = [".", "/".join(PurePosixPath(function.path).parts[: -len(module.split(".")) or None]) or "."]
    job = {
        "token": token, "module": module, "roots": roots, "calls": [call.code for call in asked], "each": 0.2,
        "limit": 4.0, "versions": [_version(patch) if patch else [] for patch in versions],
    }  # fmt: skip
    program = (resources("dspy_ci.trials") / "inside" / "comparing.py").read_bytes()
    command = Command((python, f"{name}.py", f"{name}.json"), timeout=15.0)
    outcome = copy.run(command, {f"{name}.py": program, f"{name}.json": json.dumps(job).encode()})
    found = {}
    for line in outcome.output.splitlines():
        first, _, rest = line.partition(" ")
        number, _, data = rest.partition(" ")
        if first == token and number.isdigit() and int(number) < len(versions):
            said = _read(data)
            if len(said) == len(asked):
                found[int(number)] = said
    return found


def _version(patch: Patch) -> list[tuple[str, str, str]]:
    base = patch.base
    return [(module_name(base, path), path, source.text) for path, source in patch.sources.items() if source]


def _read(data: str) -> tuple[Answer, ...]:
    try:
        return tuple((str(kind), str(text)) for kind, text in json.loads(data))
    except (ValueError, TypeError):
        return ()


def _groups(
    patches: Sequence[Patch], answers: dict[Patch, tuple[Answer, ...]], asked: Sequence[Call], function: Function | None
) -> list[Group]:
    """Groups in the order of trust: fewest contradictions, then most weight."""
    telling = _telling(answers)
    alike: dict[tuple[Answer, ...], list[Patch]] = {}
    for patch in patches:
        said = answers.get(patch, ())
        alike.setdefault(tuple(said[at] for at in telling) if said else (), []).append(patch)
    groups = []
    for own in alike.values():
        said = answers.get(own[0], ())
        groups.append(Group(tuple(own), said, _contradictions(said, asked, function)))
    return sorted(groups, key=lambda group: (not group.answers, group.contradictions, -group.weight))


def _telling(answers: dict[Patch, tuple[Answer, ...]]) -> list[int]:
    """The calls to which most of the weight has an answer: what makes sense to few says nothing about the rest."""
    total = sum(patch.weight for patch in answers)
    size = min(map(len, answers.values()))
    raised = [sum(patch.weight for patch, said in answers.items() if said[at][0] == "!") for at in range(size)]
    return [at for at in range(size) if raised[at] <= total / 2]


def _contradictions(said: Sequence[Answer], asked: Sequence[Call], function: Function | None) -> int:
    shown = sum(
        call.expected is not None and call.expected != text for call, (_, text) in zip(asked, said, strict=False)
    )
    returns = getattr(function.node, "returns", None) if function else None
    allowed = _TYPES.get(annotated(returns) or "")
    wrong = sum(kind not in {*allowed, "!"} for kind, _ in said) if allowed else 0
    return 10 * shown + min(wrong, 5)


def _marked(groups: Sequence[Group], asked: Sequence[Call]) -> list[Patch]:
    total = sum(group.weight for group in groups)
    found = []
    for group in groups:
        share = group.weight / total if total else 0.0
        rival = next((other for other in groups if other is not group and other.answers), None)
        difference = _difference(group, rival, asked) if rival and group.answers else ""
        safe = share >= _SURE and not group.contradictions
        for patch in sorted(group.patches, key=lambda patch: (-patch.weight, patch.size)):
            why = patch.rationale if safe or not difference else f"{patch.rationale} {difference}"
            found.append(replace(patch, safe=safe, rationale=why))
    return found


def _difference(group: Group, rival: Group, asked: Sequence[Call]) -> str:
    """The simplest call on which two groups differ."""
    pairs = zip(asked, group.answers, rival.answers, strict=False)
    found = [(len(call.code), call.code, mine[1], yours[1]) for call, mine, yours in pairs if mine != yours]
    if not found:
        return ""
    _, code, mine, yours = min(found)
    return f"Another patch that passes differs: `{code}` gives {mine[:60]} here and {yours[:60]} there."
