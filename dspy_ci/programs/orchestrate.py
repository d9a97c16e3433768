"""`orchestrate`: from a query and the state to one of the safe tools and its arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from dspy_ci.programs.marking import NOTE
from dspy_ci.programs.program import Fields, Program


class Tool(NamedTuple):
    """Something that may be called: it reads, or it asks before it writes."""

    says: str
    arguments: Mapping[str, bool]
    """By name, whether it must be given."""


TOOLS: Mapping[str, Tool] = {
    "grep": Tool("finds lines by a regular expression", {"pattern": True, "glob": False}),
    "extract": Tool("shows one function, class or part of a file", {"file": True, "symbol": False}),
    "context": Tool("reduces a log to what explains its failures", {"logs": False}),
    "codectx": Tool("summarises a file or a folder", {"path": True}),
    "index": Tool("makes the project searchable", {}),
    "search": Tool("finds code by words", {"query": True}),
    "plan": Tool("says what to do next about a task", {"task": True}),
    "edit": Tool("proposes a change, proves it, applies nothing by itself", {"task": True, "files": False}),
}
"""The safe tools."""
_PATHS = frozenset({"glob", "file", "logs", "path", "files"})
_LINE = re.compile(r"^\s*[-*]?\s*`?\**(?P<key>[A-Za-z_]+)\**\s*[:=]\s*(?P<value>.*?)`?\s*$")
_LONGEST = 2000
_FILE = re.compile(r"[\w./-]+\.\w{1,5}\b")
_ERROR = re.compile(r"\b[A-Z]\w*(?:Error|Exception|Warning)\b")
_QUOTED = re.compile(r"[`'\"]([^`'\"]+)[`'\"]")


@dataclass(frozen=True, slots=True)
class Action:
    """A tool with its arguments."""

    tool: str
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why an answer is no action; the sentence can be given back to who wrote it."""

    sentence: str


def parse(text: str) -> Action | Unusable:
    """The action of an answer; only safe tools with the arguments they know, only paths inside the project."""
    pairs = [
        (match["key"].lower(), match["value"].strip()) for line in text.splitlines() if (match := _LINE.match(line))
    ]
    known = dict(reversed(pairs))  # the first of several counts
    name = known.pop("tool", "").strip("`*\"' ").lower()
    if name not in TOOLS:
        return Unusable(f"there is no tool {name[:40]!r}; the tools are {', '.join(TOOLS)}")
    tool = TOOLS[name]
    arguments = {key: _bare(value) for key, value in known.items() if key in tool.arguments and _bare(value)}
    if missing := [key for key, must in tool.arguments.items() if must and key not in arguments]:
        return Unusable(f"{name} needs {' and '.join(missing)}")
    for key in sorted(_PATHS & arguments.keys()):
        if problem := _outside(arguments[key]):
            return Unusable(f"{key} of {name} {problem}")
    return Action(name, arguments)


def direct(line: str) -> Action | Unusable | None:
    """The tool that a line names itself, with what follows as its first argument: `grep total`. None for a question."""
    name, _, rest = line.strip().partition(" ")
    if name not in TOOLS:
        return None
    first = next(iter(TOOLS[name].arguments), None)
    return parse(f"tool: {name}\n{first}: {rest}" if first and rest.strip() else f"tool: {name}")


def written(action: Action) -> str:
    """An action in the form that `parse` reads."""
    return "\n".join([f"tool: {action.tool}", *(f"{key}: {value}" for key, value in action.arguments.items())])


def _bare(value: str) -> str:
    text = "".join(char for char in value.strip() if char.isprintable())[:_LONGEST]
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`" else text


def _outside(path: str) -> str | None:
    """Why a path may not be used."""
    for part in path.replace(",", " ").split():
        if part.startswith(("/", "~", "\\")) or re.match(r"[A-Za-z]:", part) or ".." in re.split(r"[/\\]", part):
            return "leaves the project"
        if part.startswith("-"):
            return "looks like an option"
    return None


def _offline(fields: Fields) -> str:
    return written(next(_guesses(fields.get("query", ""), fields.get("state", ""))))


def _guesses(query: str, state: str) -> Iterator[Action]:
    """Rules in the order of how sure they are."""
    words, file = query.lower(), _FILE.search(query)
    quoted = _QUOTED.search(query)
    if re.search(r"\b(?:fix|change|rename|refactor|implement|add|remove|replace|make)\b", words):
        yield Action("edit", {"task": query, **({"files": file[0]} if file and not _outside(file[0]) else {})})
    if error := _ERROR.search(query):
        yield Action("grep", {"pattern": rf"\b{error[0]}\b"})
    if re.search(r"\b(?:grep|regex|occurrences?|where is .* used|find all)\b", words):
        yield Action("grep", {"pattern": re.escape(quoted[1] if quoted else _subject(query))})
    if re.search(r"\b(?:plan|next steps?|what (?:should|shall|to do)|how (?:do|can|should) (?:i|we))\b", words):
        yield Action("plan", {"task": query})
    if "logs=" in state or re.search(r"\b(?:logs?|fail\w*|red|broken|crash\w*|timeout|error|investigate|why)\b", words):
        yield Action("context", {})
    if file and not _outside(file[0]):
        yield Action("codectx", {"path": file[0]})
    if re.search(r"\b(?:index|reindex)\b", words):
        yield Action("index", {})
    yield Action("search", {"query": query.strip() or "main"})


def _subject(query: str) -> str:
    """The word that looks most like a name of code."""
    words = re.findall(r"[A-Za-z_]\w+", query)
    return max(words, key=lambda word: ("_" in word, not word.islower(), len(word)), default="")


PROGRAM = Program(
    name="orchestrate",
    instructions=(
        "You choose the one tool that answers a developer's query best, and its arguments. Prefer tools that read. "
        "Use the state: the topic says which part of the system is meant, and what is known need not be asked again."
    ),
    inputs={
        "query": "what the developer wants",
        "state": f"what is known, as `key=value`: topic, workspace, logs, what was done. {NOTE}",
    },
    output="action",
    says=(
        "a line `tool: NAME`, then a line `argument: value` for each argument; paths are relative. The tools: "
        + "; ".join(
            f"{name}({', '.join(key if must else f'{key}?' for key, must in tool.arguments.items())}) {tool.says}"
            for name, tool in TOOLS.items()
        )
    ),
    offline=_offline,
    useful=lambda text: isinstance(parse(text), Action),
)
