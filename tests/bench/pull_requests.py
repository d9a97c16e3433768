"""Pull requests made up from real code: innocent hunks of many kinds, and one to three that break tests."""

from __future__ import annotations

import ast
import random
import sysconfig
from dataclasses import dataclass
from pathlib import Path

MODULES = ("textwrap", "fnmatch", "shlex", "heapq", "bisect", "colorsys", "statistics", "difflib", "string", "graphlib",
           "fractions", "calendar")  # fmt: skip
FLAGS = 24
"""Functions that may be broken; each lies in a module of real code."""
FLAG = (
    """\
def flag_NUMBER(x=0):
    first = x
    answer_NUMBER = 1
    last = answer_NUMBER
    return first + last


"""
    + "# between\n" * 8
)


@dataclass(frozen=True)
class PullRequest:
    """What was and what is to be, and which lines are to blame."""

    before: dict[str, bytes]
    after: dict[str, bytes]
    guilty: frozenset[bytes]
    """A line of each guilty hunk."""
    together: bool
    """Whether the guilty hunks break a test only together; otherwise each breaks its own."""


def generated(seed: int) -> PullRequest:
    """Base green; 5 to 60 innocent hunks and 1 to 3 guilty ones."""
    dice = random.Random(seed)
    wanted, count, together = dice.randint(5, 60), dice.randint(1, 3), dice.random() < 0.5
    before = {f"lib/{name}.py": _planted(name, number) for number, name in enumerate(MODULES)}
    before["lib/__init__.py"] = ""
    flags = dice.sample(range(FLAGS), count)
    before["test_lib.py"] = _tests(flags, together=together)
    before["README.md"] = "# lib\n" + "words\n" * 200
    after = dict(before)
    for flag in flags:
        path = f"lib/{MODULES[flag % len(MODULES)]}.py"
        after[path] = after[path].replace(f"    answer_{flag} = 1\n", f"    answer_{flag} = 2\n")
    editor, made = _Editor(after, dice), 0
    while made < wanted:
        made += editor.edit(made)
    guilty = frozenset(f"    answer_{flag} = 2\n".encode() for flag in flags)
    return PullRequest(
        *({path: text.encode() for path, text in side.items()} for side in (before, after)), guilty, together
    )


def _planted(name: str, number: int) -> str:
    """A module of the standard library with functions between its own that can be broken."""
    text = Path(sysconfig.get_path("stdlib"), f"{name}.py").read_text(encoding="utf-8")
    lines, starts = text.splitlines(keepends=True), _places(text)
    for place, flag in ((starts[-1], number + len(MODULES)), (starts[0], number)):
        lines.insert(place, FLAG.replace("NUMBER", str(flag)))
    return "".join(lines)


def _tests(flags: list[int], *, together: bool) -> str:
    """Every flag is called; red when the guilty ones are broken, all together or each alone."""
    text = "".join(f"from lib import {name}\n" for name in MODULES)
    calls = [f"{MODULES[flag % len(MODULES)]}.flag_{flag}()" for flag in range(FLAGS)]
    text += "\n\ndef test_all():\n" + "".join(f"    assert {call} in (1, 2)\n" for call in calls)
    if together:
        broken = " and ".join(f"{calls[flag]} == 2" for flag in flags)
        return text + f"\n\ndef test_target():\n    assert not ({broken})\n"
    return text + "".join(f"\n\ndef test_flag_{flag}():\n    assert {calls[flag]} == 1\n" for flag in flags)


class _Editor:
    """Makes innocent edits, far enough apart to be hunks of their own."""

    def __init__(self, files: dict[str, str], dice: random.Random) -> None:
        self.files, self.dice = files, dice
        self.used: dict[str, list[int]] = {}

    def edit(self, number: int) -> int:
        """Comments, new statements, helpers with their users, new files, words; how many hunks that made."""
        kind = self.dice.choice(("comment", "statement", "helper", "file", "words", "inside"))
        path = f"lib/{self.dice.choice(MODULES)}.py"
        match kind:
            case "file":
                self.files[f"lib/extra_{number}.py"] = f"value_{number} = {number}\n"
                return 1
            case "words":
                return self.insert("README.md", f"more words {number}\n")
            case "comment":
                return self.insert(path, f"# a remark {number}\n")
            case "helper":
                done = self.insert(path, f"def helper_{number}():\n    return {number}\n")
                return done + (done and self.insert(path, f"result_{number} = helper_{number}()\n", late=True))
            case "inside":
                return self._inside(number)
        return self.insert(path, f"value_{number} = {number}\n")

    def _inside(self, number: int) -> int:
        """A statement in one of the functions that the tests run, away from the guilty line."""
        flag = self.dice.randrange(FLAGS)
        path = f"lib/{MODULES[flag % len(MODULES)]}.py"
        head = f"def flag_{flag}(x=0):\n    first = x\n"
        if f"{head}    answer_{flag} = 1\n" not in self.files[path]:
            return 0
        self.files[path] = self.files[path].replace(head, f"{head}    unused_{number} = first\n")
        line = self.files[path][: self.files[path].index(head)].count("\n")
        self.used[path] = [other + (other > line) for other in self.used.get(path, [])] + [line]
        return 1

    def insert(self, path: str, text: str, *, late: bool = False) -> int:
        """Put lines between two definitions, away from other edits; below the last one when it is late."""
        lines, used = self.files[path].splitlines(keepends=True), self.used.get(path, [])
        places = _places(self.files[path])[1:] if path.endswith(".py") else list(range(12, len(lines), 12))
        far = [place for place in places if all(abs(place - other) > 16 for other in used)]
        if late:
            far = [place for place in far if place > used[-1]]
        if not far:
            return 0
        place, size = self.dice.choice(far), text.count("\n")
        self.files[path] = "".join([*lines[:place], text, *lines[place:]])
        self.used[path] = [*(other + size * (other >= place) for other in used), place]
        return 1


def _places(text: str) -> list[int]:
    """The lines before the definitions of a module, but for those that can be broken."""
    return [
        min(node.lineno, *(item.lineno for item in node.decorator_list), node.lineno) - 1
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("flag_")
    ]
