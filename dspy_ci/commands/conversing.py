"""What `shell` does: choose a tool for each line, use it on the code as it is now, show what it says."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dspy_ci.adapters.gitrepo import GitRepo
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.commands.codequestions import explained
from dspy_ci.commands.reading import read
from dspy_ci.commands.terminal import show, show_json
from dspy_ci.errors import UsageError
from dspy_ci.learn.tools import used
from dspy_ci.programs import code as explaining
from dspy_ci.programs import context, orchestrate, plan
from dspy_ci.programs.orchestrate import Action, Unusable
from dspy_ci.programs.program import Fields, Program, Said
from dspy_ci.programs.risks import risk
from dspy_ci.reports.styled import Styled
from dspy_ci.reports.words import helpless

if TYPE_CHECKING:
    from dspy_ci.commands.advising import Adviser

_LOG = 3000
"""Tokens of the log that are read."""
_OVER = frozenset({"exit", "quit"})


class Turn(NamedTuple):
    """One line, what was done about it, and what came of it."""

    query: str
    action: Action | None
    said: str
    note: str | None = None
    """Why the model was of no help."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the tools work on."""

    repo: GitRepo
    log: str
    """What is worth reading of the log, without secrets; empty where there is none."""
    known: str
    """What is known from the beginning, as `key=value`."""
    adviser: Adviser | None = None

    @classmethod
    def at(cls, log: str | None, topic: str, adviser: Adviser | None) -> Desk:
        """The repository around the working directory. Raises UsageError outside of one, and for what is no log."""
        repo = GitRepo(Path.cwd())
        text = read(log).context(_LOG).text if log else ""
        known = {"topic": topic, "workspace": ".", "logs": log}
        return cls(repo, text, " ".join(f"{name}={told}" for name, told in known.items() if told), adviser)

    def turn(self, query: str, before: str = "") -> Turn:
        """Answer one line; `before` is the tool that answered the last one."""
        state = f"{self.known} done={before}" if before else self.known
        action, first = orchestrate.direct(query), Said("")
        if action is None:
            first = self._asked(orchestrate.PROGRAM, {"query": query, "state": state})
            action = orchestrate.parse(first.text)
        if isinstance(action, Unusable):
            return Turn(query, None, action.sentence, _note(first))
        said = self._done(action)
        return Turn(query, action, said.text or "nothing was found", _note(said) or _note(first))

    def _done(self, action: Action) -> Said:
        """What the tool says; a model puts it into words where words are asked for."""
        code, told = Snapshot(self.repo.paths(), self.repo.read), action.arguments
        if action.tool == "edit":
            files = (f"--files {shlex.quote(path)}" for path in told.get("files", "").replace(",", " ").split())
            return Said(" ".join(["dspy-ci edit", shlex.quote(told["task"]), *files]))
        if action.tool == "codectx":
            try:
                return explained(code, told["path"], "", self.adviser)
            except UsageError as error:
                return Said(str(error))
        if action.tool in {"context", "plan"} and not self.log:
            return Said("there is no log to look at: begin with --log LOG")
        if action.tool == "plan":
            return _flagged(self._asked(plan.PROGRAM, {"task": told["task"], "context": self.log}))
        if action.tool == "context":
            return self._asked(context.PROGRAM, {"task": "say why the build is red", "logs_preview": self.log})
        return Said(used(action, code, self.log))

    def _asked(self, program: Program, fields: Fields) -> Said:
        return self.adviser.asked(program, fields) if self.adviser else Said(program.offline(fields))


def converse(lines: Iterable[str], desk: Desk, *, json: bool) -> None:
    """Answer line after line, until the last one or one that says so."""
    before = ""
    for query in (line.strip() for line in lines):
        if query in _OVER:
            return
        if query:
            turn = desk.turn(query, before)
            before = turn.action.tool if turn.action else before
            if json:
                show_json(_record(turn))
            else:
                show(_told(turn))


def _flagged(said: Said) -> Said:
    """A plan whose risky commands are marked as such."""
    lines = []
    for step in plan.parse(said.text):
        lines += [f"- {step.why}"] if step.why else []
        lines += [f"  $ {step.command}"] if step.command else []
        lines += [f"    risky: it {why}"] if step.command and (why := risk(step.command)) else []
    return said._replace(text="\n".join(lines))


def _note(said: Said) -> str | None:
    return helpless(said.trouble) if said.trouble else None


def _record(turn: Turn) -> dict[str, Any]:
    action = {"tool": turn.action.tool, **turn.action.arguments} if turn.action else None
    said = explaining.parse(turn.said)
    return {"schema": "dspy-ci/turn/1", "query": turn.query, "action": action, "said": said, "model_note": turn.note}


def _told(turn: Turn) -> Iterator[Styled]:
    if turn.action:
        arguments = " ".join(shlex.quote(value) for value in turn.action.arguments.values())
        yield Styled(f"{turn.action.tool} {arguments}".rstrip(), "faint")
    yield from (Styled(f"  {line}") for line in explaining.parse(turn.said).splitlines())
    if turn.note:
        yield Styled(f"  note: {turn.note}", "faint")
