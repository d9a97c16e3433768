"""`code`: from a snapshot of code and a question to an answer."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from dspy_ci.codebase.excerpts import files
from dspy_ci.codebase.functions import functions
from dspy_ci.codebase.snapshot import parse as parsed
from dspy_ci.programs.marking import NOTE
from dspy_ci.programs.program import Fields, Program

_MOST = 40
_WORD = re.compile(r"[A-Za-z_]\w{2,}")


def parse(text: str) -> str:
    """The answer, printable."""
    return "".join(char for char in text.strip() if char.isprintable() or char in "\n\t")


def _offline(fields: Fields) -> str:
    snapshot = fields.get("snapshot", "")
    asked = {word.lower() for word in _WORD.findall(fields.get("ask", ""))}
    found = list(_outline(files(snapshot) or {"": snapshot}))
    near = [line for line in found if asked & {word.lower() for word in _WORD.findall(line)}]
    return "\n".join([*(near or found)[:_MOST]]) or "The snapshot holds no Python that could be read."


def _outline(texts: Mapping[str, str]) -> Iterator[str]:
    for path, text in texts.items():
        tree = parsed(text)
        if tree is None:
            continue
        about = _first_line(ast.get_docstring(tree))
        yield f"- {path or 'the snapshot'}{about}"
        for function in functions(path, tree):
            if isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef):
                arguments, about = ast.unparse(function.node.args), _first_line(ast.get_docstring(function.node))
                yield f"- {path}:{function.start} {function.name}({arguments}){about}"


def _first_line(text: str | None) -> str:
    return f": {text.strip().splitlines()[0]}" if text and text.strip() else ""


PROGRAM = Program(
    name="code",
    instructions=(
        "You explain code to a developer who has to change it today. Answer the question from the snapshot alone: name "
        "files, functions and lines, say what the code does and why it could fail. If the snapshot does not hold the "
        "answer, say what is missing. Be short."
    ),
    inputs={
        "snapshot": f"files of the project, each under a line `=== path ===`. {NOTE}",
        "ask": "the question",
    },
    output="answer",
    says="plain text or short lines that begin with `- `",
    offline=_offline,
)
