"""Merged pull requests: what they said about their commits, and what people made of our suggestions on them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from dspy_ci.codebase.functions import function_at, functions
from dspy_ci.codebase.snapshot import Snapshot, decode
from dspy_ci.deliveries.standing import author, standing
from dspy_ci.errors import ForgeError, NotFound
from dspy_ci.patches.candidates import described
from dspy_ci.ports.forge import Comment, PullRequest, Pulls, Talks
from dspy_ci.reports.markdown import suggested
from dspy_ci.reports.marks import remark_key
from dspy_ci.suspects.suspect import Suspect

SCHEMA = "dspy-ci/pull/1"
_LONGEST = 4_000
"""Characters of a pull request's text that are kept."""


class Forge(Pulls, Talks, Protocol):
    """What is asked; nothing is posted."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One of our suggestions that people have decided about."""

    id: int
    path: str
    accepted: bool
    why: str
    """What we said for it."""
    origin: str = ""
    """The family that makes such a change; empty when none does."""
    features: tuple[str, ...] = ()
    """What can be learnt about it."""


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request that was merged."""

    number: int
    title: str
    body: str
    landed: str
    """The commit that brought it into its base."""
    commits: tuple[str, ...] = ()
    """Its own commits; of a squashed one they lie beside the main line."""
    suggestions: tuple[Suggestion, ...] = field(default_factory=tuple)

    @property
    def story(self) -> str:
        """What it said."""
        return f"{self.title}\n{self.body}".strip()


def pulls(
    forge: Forge, limit: int, known: Collection[int], clean: Callable[[str], str] = str
) -> Iterator[Pull | ForgeError]:
    """The merged pull requests that are not known yet, and last the trouble that ended the reading, if any did."""
    try:
        me = forge.identity() or ""
        for pull in forge.merged(limit):
            if pull.number not in known:
                yield _read(forge, pull, me, clean)
    except ForgeError as error:
        yield error


def _read(forge: Forge, pull: PullRequest, me: str, clean: Callable[[str], str]) -> Pull:
    commits = tuple(commit.sha for commit in forge.commits(pull.number))
    return Pull(
        pull.number, clean(pull.title)[:_LONGEST], clean(pull.body)[:_LONGEST], pull.merged or "", commits,
        tuple(_judged(forge, pull, me, clean)) if me else (),
    )  # fmt: skip


def _judged(forge: Forge, pull: PullRequest, me: str, clean: Callable[[str], str]) -> Iterator[Suggestion]:
    """Our suggestions that were taken or turned down; what nobody has decided about says nothing."""
    mine, at_lines = author(me), forge.review_comments(pull.number)
    ours = [one for one in at_lines if mine(one) and remark_key(one.body) and suggested(one.body) is not None]
    if not ours:
        return
    stands = standing(mine, forge.comments(pull.number), at_lines, forge.threads(pull.number))
    for comment in ours:
        found = _texts(forge, pull, comment)
        if found is None:
            continue
        old, wanted, new = found
        accepted = _taken(old, wanted, new)
        if accepted or remark_key(comment.body) in stands.dismissed:
            yield _suggestion(comment, old, wanted.whole, accepted=accepted, why=clean(_why(comment.body)))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A suggestion placed in its file."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    whole: str


def _texts(forge: Forge, pull: PullRequest, comment: Comment) -> tuple[str, _Wanted, str] | None:
    """The file as it was, as we wanted it, and as it was merged; None where one of them cannot be had."""
    said = suggested(comment.body)
    if comment.path is None or comment.lines is None or comment.commit is None or said is None:
        return None
    try:
        old, new = (decode(forge.read(comment.path, ref)).text for ref in (comment.commit, pull.head_sha))
    except NotFound:  # the file is gone, or the branch is
        return None
    lines, (first, last) = old.splitlines(), comment.lines
    before, after = lines[first - 1 : last], said.splitlines()
    whole = "\n".join([*lines[: first - 1], *after, *lines[last:]]) + "\n"
    return old, _Wanted(_bare(before), _bare(after), whole), new


def _taken(old: str, wanted: _Wanted, new: str) -> bool:
    """Whether the merged file says what we suggested where it did not before."""
    then, now = _bare(old.splitlines()), _bare(new.splitlines())
    if wanted.after:
        return _count(now, wanted.after) > _count(then, wanted.after)
    return _count(now, wanted.before) < _count(then, wanted.before)


def _bare(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(line.rstrip() for line in lines)


def _count(lines: Sequence[str], run: Sequence[str]) -> int:
    return sum(tuple(lines[at : at + len(run)]) == tuple(run) for at in range(len(lines) - len(run) + 1)) if run else 0


def _suggestion(comment: Comment, old: str, whole: str, *, accepted: bool, why: str) -> Suggestion:
    """With the family that makes such a change, found by making all changes that we know at those lines."""
    path, (first, last) = comment.path or "", comment.lines or (0, 0)
    code, wanted = Snapshot.of({path: old}), _meaning(whole)
    suspects = tuple(_suspects(code, path, range(first, last + 1))) if wanted and wanted != _meaning(old) else ()
    for patch, features in described(code, suspects):
        source = patch.sources[path]
        if source is not None and _meaning(source.text) == wanted:
            return Suggestion(comment.id, path, accepted, why, patch.origin, features)
    return Suggestion(comment.id, path, accepted, why)


def _suspects(code: Snapshot, path: str, lines: range) -> Iterator[Suspect]:
    tree = code.tree(path)
    for line in lines if tree else ():
        function = function_at(functions(path, tree), line) if tree else None
        yield Suspect(path, line, line, 1.0, function.name or None if function else None)


def _meaning(text: str) -> str | None:
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _why(body: str) -> str:
    """The first line of what we said, without its hidden mark."""
    return next((line for line in body.splitlines() if line.strip() and not line.startswith("<!--")), "")[:_LONGEST]


def stories(known: Iterable[Pull]) -> Mapping[str, str]:
    """What was said about each commit, by its id."""
    return {name: pull.story for pull in known for name in (pull.landed, *pull.commits) if name}


def pull_record(pull: Pull) -> dict[str, Any]:
    """The pull request as one JSON object."""
    return {"schema": SCHEMA, **asdict(pull)}


def read_pull(record: Mapping[str, Any]) -> Pull | None:
    """The record read back; None when it is none of ours, or damaged."""
    try:
        if record["schema"] != SCHEMA:
            return None
        return Pull(
            int(record["number"]), str(record["title"]), str(record["body"]), str(record["landed"]),
            tuple(map(str, record["commits"])), tuple(map(_read_suggestion, record["suggestions"])),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return None


def _read_suggestion(record: Mapping[str, Any]) -> Suggestion:
    return Suggestion(
        int(record["id"]), str(record["path"]), bool(record["accepted"]), str(record["why"]), str(record["origin"]),
        tuple(map(str, record["features"])),
    )  # fmt: skip
