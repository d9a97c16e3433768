"""From what somebody wrote to a patch: diffs, search/replace blocks, whole functions, placed by content alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from dspy_ci.codebase.snapshot import Snapshot, Source, parse
from dspy_ci.patches.blocks import Whole, search_replace, whole_definitions
from dspy_ci.patches.hunk import FileChange, Hunk, Row, replacement
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.patches.placing import Lines, Nowhere, Place, place, shifted
from dspy_ci.patches.plain import plain, spelt
from dspy_ci.patches.screens import functions
from dspy_ci.patches.unified import file_changes, looks_unified

_LONGEST = 1 << 20
"""Characters of proposed text beyond which nothing is read."""


@dataclass(frozen=True, slots=True)
class Unapplied:
    """Why a proposal became no patch; the sentence can be given back to whoever wrote it."""

    word: str
    """`empty`, `too-long`, `no-file`, `exists`, `unsupported`, `no-place`, `ambiguous`, `no-change`, `syntax`."""
    sentence: str
    path: str | None = None
    candidates: tuple[int, ...] = ()
    """1-based lines where an ambiguous part would fit."""


class _ProposalError(Exception):
    """Carries the Unapplied out of the depths."""

    def __init__(self, unapplied: Unapplied) -> None:
        super().__init__(unapplied.sentence)
        self.unapplied = unapplied


def applied(text: str, code: Snapshot, *, origin: str = "model", rationale: str = "") -> Patch | Unapplied:
    """The patch that a text proposes, or why there is none. Whatever the text holds, nothing is raised."""
    if len(text) > _LONGEST:
        return Unapplied("too-long", f"the proposal is longer than {_LONGEST} characters")
    try:
        edits = tuple(_edits(plain(text, code), code))
        patch = Patch(code, edits, origin, rationale)
        return _checked(patch)
    except _ProposalError as error:
        return error.unapplied


def _edits(text: str, code: Snapshot) -> Iterator[Edit]:
    changes = list(_proposed(text, code))
    if not changes:
        raise _ProposalError(
            Unapplied("empty", "the text holds no diff, no search/replace block and no whole function")
        )
    for path, group in groupby(sorted(changes, key=_path_of), key=_path_of):
        together = list(group)
        yield from _file_edits(path, together, code)


def _path_of(change: FileChange) -> str:
    return change.path or ""


def _proposed(text: str, code: Snapshot) -> Iterator[FileChange]:
    """The changes in the first of the three forms that the text holds, with paths as the snapshot spells them."""
    blocks = list(search_replace(_ended(text), code))
    if blocks:
        yield from (_resolved(change, code) for change in blocks)
    elif looks_unified(text):
        known = {line.strip() for path in code.paths if path in text for line in (code.text(path) or "").split("\n")}
        yield from (_resolved(change, code) for change in file_changes(text, known - {""}) if _says_something(change))
    else:
        yield from (_replaced(whole, code) for whole in whole_definitions(_ended(text), code))


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _says_something(change: FileChange) -> bool:
    return bool(change.hunks or change.removed or change.moved_from or change.unsupported or change.new)


def _resolved(change: FileChange, code: Snapshot) -> FileChange:
    """The change with the path under which the snapshot knows the file, or a new one without diff's prefix."""
    if change.path is None:
        raise _ProposalError(Unapplied("no-file", "the proposal does not say which file it changes"))
    return replace(change, path=spelt(change, code))


def _replaced(whole: Whole, code: Snapshot) -> FileChange:
    """A whole function as a change of the file that defines it, or a whole file as a change of its own."""
    if whole.path and not whole.name:
        former = (code.text(whole.path) or "").splitlines()
        return FileChange(whole.path, (_anchored(replacement(former, whole.text.splitlines()), 1),))
    places = [
        (path, node)
        for path in ([whole.path] if whole.path in code else code.python_paths)
        if path and (tree := code.tree(path))
        for name, node in (*functions(tree).items(), *_classes(tree))
        if name.rpartition(".")[2] == whole.name
    ]
    if len(places) != 1:
        word = "ambiguous" if places else "no-place"
        where = ", ".join(f"{path}:{node.lineno}" for path, node in places) or "nowhere"
        lines = tuple(node.lineno for _, node in places)
        raise _ProposalError(
            Unapplied(word, f"{whole.name} is defined {where}; name the file and the class", whole.path, lines)
        )
    path, node = places[0]
    lines_of_file = (code.text(path) or "").splitlines()
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    indent = " " * node.col_offset
    new = [indent + line if line.strip() else line for line in whole.text.splitlines()]
    return FileChange(path, (_anchored(replacement(lines_of_file[first - 1 : node.end_lineno], new), first),))


def _anchored(hunk: Hunk, first: int) -> Hunk:
    return Hunk(hunk.rows, first)


def _classes(tree: ast.Module) -> Iterator[tuple[str, ast.ClassDef]]:
    return ((node.name, node) for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def _file_edits(path: str, changes: list[FileChange], code: Snapshot) -> Iterator[Edit]:
    source = code.source(path)
    odd = next((change.unsupported for change in changes if change.unsupported), None)
    if odd:
        raise _ProposalError(Unapplied("unsupported", f"{odd} in {path} cannot be taken over", path))
    if any(change.moved_from for change in changes):
        raise _ProposalError(Unapplied("unsupported", f"renaming to {path} cannot be taken over", path))
    if path not in code:
        yield _created(path, changes)
        return
    if source is None:
        raise _ProposalError(Unapplied("unsupported", f"{path} is binary or cannot be read", path))
    if any(change.removed for change in changes):
        yield Edit(path, 0, len(source.text), None)
        return
    hunks = [hunk for change in changes for hunk in change.hunks]
    yield from _placed_edits(path, [hunk for i, hunk in enumerate(hunks) if not _told_before(hunk, hunks[:i])], source)


def _told_before(hunk: Hunk, earlier: list[Hunk]) -> bool:
    """Whether somebody repeats himself: the same lines at the same number."""
    return hunk.start is not None and hunk in earlier


def _created(path: str, changes: list[FileChange]) -> Edit:
    hunks = [hunk for change in changes for hunk in change.hunks]
    if any(hunk.old for hunk in hunks) or any(change.removed for change in changes):
        raise _ProposalError(Unapplied("no-file", f"{path} does not exist", path))
    text = "".join(f"{row.text}\n" for hunk in hunks for row in hunk.rows)
    open_end = bool(hunks) and hunks[-1].ends_open
    return Edit(path, 0, 0, text.removesuffix("\n") if open_end else text)


def _placed_edits(path: str, hunks: list[Hunk], source: Source) -> Iterator[Edit]:
    text = source.text
    whole_lines = text.split("\n")
    lines = [line.removesuffix("\r") for line in whole_lines]
    if lines[-1] == "":
        lines.pop()
    if not text and hunks and not any(hunk.old for hunk in hunks):
        yield Edit(path, 0, 0, "".join(f"{row.text}\n" for hunk in hunks for row in hunk.rows))
        return
    starts = _starts(whole_lines)
    end_mark = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    for placed in _places(path, [hunk for hunk in hunks if hunk.changes], lines):
        yield from _hunk_edits(path, placed, _Text(text, starts, len(lines), end_mark))


def _places(path: str, hunks: list[Hunk], lines: list[str]) -> Iterator[Place]:
    """Every hunk's place: in the order of the proposal when that works, else each by itself."""
    after, drift = 0, None
    content = Lines(lines)
    for hunk in hunks:
        found = place(hunk, content, after, drift)
        if isinstance(found, Nowhere) and not found.candidates and after:
            found = place(hunk, content, 0, None)
        if isinstance(found, Nowhere):
            word = "ambiguous" if found.candidates else "no-place"
            where = f" (lines {', '.join(map(str, found.candidates[:8]))})" if found.candidates else ""
            sentence = f"a part of the change of {path} has no place: {found.reason}{where}"
            raise _ProposalError(Unapplied(word, sentence, path, found.candidates))
        yield found
        after = max(after, found.line + len(found.hunk.old))
        if hunk.start:
            drift = found.line + 1 - hunk.start


@dataclass(frozen=True, slots=True)
class _Text:
    """A file's text with the offsets of its lines."""

    text: str
    starts: list[int]
    lines: int
    end_mark: str

    def offset(self, line: int) -> int:
        """Where a line begins; behind the last line, the end of the text."""
        return self.starts[line] if line < len(self.starts) else len(self.text)


def _starts(lines: list[str]) -> list[int]:
    starts, position = [], 0
    for line in lines:
        starts.append(position)
        position += len(line) + 1
    return starts


def _hunk_edits(path: str, placed: Place, file: _Text) -> Iterator[Edit]:
    """One edit per run of removed and added lines; context keeps the file's own bytes."""
    line = placed.line
    for kept, group in groupby(placed.hunk.rows, key=lambda row: row.op == " "):
        rows = list(group)
        if kept:
            line += len(rows)
            continue
        removed = sum(row.op == "-" for row in rows)
        yield _run_edit(path, rows, (line, line + removed), placed, file)
        line += removed


def _run_edit(path: str, rows: list[Row], span: tuple[int, int], placed: Place, file: _Text) -> Edit:
    first, end = span
    start, stop = min(file.offset(first), len(file.text)), min(file.offset(end), len(file.text))
    added = [shifted(row.text, placed.shift) for row in rows if row.op == "+"]
    text = "".join(f"{line}{file.end_mark}" for line in added)
    at_end = end >= file.lines
    if at_end and added and not file.text.endswith("\n"):
        if first >= file.lines:  # the last line of the file has no line end of its own
            return Edit(path, len(file.text), len(file.text), file.end_mark + text.removesuffix(file.end_mark))
        text = text.removesuffix(file.end_mark)
    elif at_end and added and placed.hunk.ends_open and placed.hunk.rows[-1].op == "+":
        text = text.removesuffix(file.end_mark)
    return Edit(path, start, stop, text)


def _checked(patch: Patch) -> Patch | Unapplied:
    if _overlap(patch.edits):
        return Unapplied("ambiguous", "two parts of the change claim the same lines")
    if not patch.diff:
        return Unapplied("no-change", "the proposal changes nothing")
    for path, source in patch.sources.items():
        if path.endswith(".py") and source and parse(source.text) is None and _parsed_before(patch.base, path):
            return Unapplied("syntax", f"{path} would no longer be Python", path)
    return patch


def _parsed_before(code: Snapshot, path: str) -> bool:
    return path not in code or code.tree(path) is not None


def _overlap(edits: tuple[Edit, ...]) -> bool:
    ordered = sorted(edits)
    return any(one.path == two.path and two.start < one.end for one, two in pairwise(ordered))
