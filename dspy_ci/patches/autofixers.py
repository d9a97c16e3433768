"""The programs that mend what they complain about: how each is told to, from the command that failed."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from dspy_ci.failures.failure import Failure

Words = tuple[str, ...]


class Autofixer(NamedTuple):
    """One program with a cure of its own."""

    tool: str
    """As failures call it."""
    seen: str
    """How it is found in a command line."""
    drops: frozenset[str]
    """Words by which it only looks."""
    adds: tuple[Words, ...]
    """Words by which it mends, the harmless way first."""
    alone: Words = ()
    """How it is called where the failing command hides it; empty where that cannot be known."""


_RUFF = (sys.executable, "-m", "ruff")
_LOOKS = frozenset({"--check", "--check-only", "--diff", "-c", "--list-different", "-l", "-d", "-check", "--quiet"})

AUTOFIXERS: tuple[Autofixer, ...] = (
    Autofixer("ruff", r"ruff format", _LOOKS, ((),), (*_RUFF, "format", ".")),
    Autofixer("ruff", r"ruff(?: check)?", frozenset({"--no-fix", "--diff"}), (("--fix",), ("--fix", "--unsafe-fixes")),
              (*_RUFF, "check", ".")),
    Autofixer("black", r"black", _LOOKS, ((),), ("black", ".")),
    Autofixer("isort", r"isort", _LOOKS, ((),), ("isort", ".")),
    Autofixer("codespell", r"codespell", frozenset(), (("-w",),), ("codespell",)),
    Autofixer("pre_commit", r"pre-commit run", frozenset({"--show-diff-on-failure"}), ((),),
              ("pre-commit", "run", "--all-files")),
    Autofixer("prettier", r"prettier", _LOOKS, (("--write",),), ("npx", "--no-install", "prettier", ".")),
    Autofixer("eslint", r"eslint", frozenset(), (("--fix",),), ("npx", "--no-install", "eslint", ".")),
    Autofixer("goimports", r"goimports", frozenset({"-l", "-d"}), (("-w",),), ("goimports", ".")),
    Autofixer("gofmt", r"gofmt", frozenset({"-l", "-d"}), (("-w",),), ("gofmt", ".")),
    Autofixer("golangci", r"golangci-lint run", frozenset(), (("--fix",),), ("golangci-lint", "run")),
    Autofixer("rustfmt", r"cargo fmt|rustfmt", _LOOKS | {"--"}, ((),), ("cargo", "fmt")),
    Autofixer("clippy", r"cargo clippy", frozenset(), (("--fix", "--allow-dirty", "--allow-no-vcs"),),
              ("cargo", "clippy")),
    Autofixer("cargo", r"cargo (?:check|build|test)", frozenset(), (), ("cargo", "fix", "--allow-dirty",
              "--allow-no-vcs", "--broken-code")),
    Autofixer("terraform", r"terraform fmt", frozenset({"-check", "-diff"}), ((),), ("terraform", "fmt")),
    Autofixer("biome", r"biome (?:check|lint|format|ci)", frozenset({"ci"}), (("--write",),)),
)  # fmt: skip
_TOOLS: Mapping[str, str] = {"go": "gofmt", "cargo": "rustfmt"}
"""Tools whose format failures are another program's to mend."""
_PYTHON_LINTERS = frozenset({"flake8", "pylint", "pycodestyle", "pyflakes"})
_SHELL = r";&|()<>$`'\"\\\\*?~\n"
_START = r"(?:^|[;&|(`!\n]|\b(?:then|do)\s)\s*"
_END = r"\s*(?=$|[;&|)`\n])"
"""Where a simple command of a shell begins and ends, and what its words do not hold where they stand for themselves."""
_RULE = re.compile(r"[A-Z]{1,4}\d{2,4}")


def autofixes(command: Words, failures: Sequence[Failure]) -> Iterator[Words]:
    """Command lines that may mend the failures, the most fitting first; each at most once."""
    yield from dict.fromkeys(_all(command, failures))


def _all(command: Words, failures: Sequence[Failure]) -> Iterator[Words]:
    """The failing command told to mend; the tools that its output names; what the log itself says."""
    text = _text(command)
    direct = not _is_shell(command)
    for fixer in AUTOFIXERS:
        if re.search(rf"(?:^|[\s/;&|(])(?:{fixer.seen})(?=\s|$|[;&|)])", text):
            if direct:
                yield from _told(fixer, command)
                break
            for part in (*_parts(fixer, text), fixer.alone):
                yield from _told(fixer, part)
    tools = {_TOOLS.get(failure.tool, failure.tool) for failure in failures if failure.kind in {"lint", "format"}}
    for fixer in AUTOFIXERS:
        if fixer.tool in tools:
            yield from _told(fixer, fixer.alone)
    yield from _hinted(failures)
    yield from _by_rule(failures)


def _parts(fixer: Autofixer, text: str) -> Iterator[Words]:
    """The tool as a shell command calls it, with its own paths and options; not where the shell would change words."""
    for match in re.finditer(rf"{_START}((?:[\w./@-]+ +)*?(?:\S*/)?(?:{fixer.seen})(?: [^{_SHELL}]*)?){_END}", text):
        yield tuple(match[1].split())


def _told(fixer: Autofixer, command: Words) -> Iterator[Words]:
    """The command without the words by which it only looks, with those by which it mends."""
    if not command:
        return
    kept = tuple(word for word in command if word.partition("=")[0] not in fixer.drops)
    end = kept.index("--") if "--" in kept else len(kept)
    if not fixer.adds:
        yield fixer.alone
    for words in fixer.adds:
        at = len(kept) if fixer.tool != "clippy" else end
        at = _behind_program(kept) if fixer.tool in {"prettier", "gofmt", "goimports"} else at
        yield (*kept[:at], *words, *kept[at:])


def _behind_program(words: Words) -> int:
    """Where options may stand: before the first path."""
    return next(
        (i + 1 for i, word in enumerate(words) if re.search(r"(?:prettier|gofmt|goimports)$", word)), len(words)
    )


def _hinted(failures: Iterable[Failure]) -> Iterator[Words]:
    """Commands that the log names, of the programs that are known to mend and nothing else."""
    for failure in failures:
        hint = failure.fixable_hint
        if hint and hint.kind == "command" and not re.search(r"[;&|<>$`\n]", hint.text):
            words = tuple(shlex.split(hint.text, comments=True))
            if any(re.match(rf"(?:\S+ )?(?:{fixer.seen})\b", hint.text) for fixer in AUTOFIXERS):
                yield (*_RUFF, *words[1:]) if words[0] == "ruff" else words


def _by_rule(failures: Sequence[Failure]) -> Iterator[Words]:
    """Ruff knows most rules of the other linters of Python, by the same names."""
    rules = sorted({f.code for f in failures if f.tool in _PYTHON_LINTERS and f.code and _RULE.fullmatch(f.code)})
    files = sorted({f.file for f in failures if f.tool in _PYTHON_LINTERS and f.file})
    for more in ((), ("--unsafe-fixes",)) if rules and files else ():
        yield (*_RUFF, "check", "--isolated", "--preview", f"--select={','.join(rules)}", "--fix", *more, *files)


def _text(command: Words) -> str:
    """The command line as it was typed, whoever runs it."""
    if _is_shell(command):
        return command[-1]
    words = [word.rpartition("/")[2] for word in command]
    if len(words) > 2 and words[1] == "-m" and words[0].startswith("python"):  # `python -m tool`
        words = words[2:]
    return " ".join(words)


def _is_shell(command: Words) -> bool:
    return len(command) > 2 and command[0].endswith("sh") and command[1].startswith("-") and "c" in command[1]
