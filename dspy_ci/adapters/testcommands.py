"""Understanding how the project runs its tests: pytest in all its disguises, or any other command."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from dspy_ci.adapters import interpreters, toolchains
from dspy_ci.adapters.sandbox.environment import needed
from dspy_ci.adapters.unittestwords import for_pytest
from dspy_ci.errors import MissingError, UsageError
from dspy_ci.ports.testcommand import TestCommand

_RUNNERS = frozenset({"uv", "poetry", "pdm", "hatch", "rye", "pipenv"})
_PYTHON = re.compile(r"(?:python|pypy)(?:\d(?:\.\d+)?)?(?:\.exe)?")
_EXPANSION = re.compile(r"[$`]")
_QUOTED = re.compile(r"'[^']*'")
_CALLED = re.compile(
    r"(?:^|[;&|(`!\n]|\b(?:then|do|else|if|while|exec|env|time|xargs)\s)\s*(?:[A-Za-z_]\w*=\S*\s+)*([\w./+-]+)"
)
"""The first word of each simple command of a shell."""
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_ALONE = frozenset({"-x", "--exitfirst", "--lf", "--last-failed", "--ff", "--failed-first", "--sw", "--stepwise",
                    "--no-cov", "--pdb"})  # fmt: skip
_WITH_VALUE = ("-n", "--numprocesses", "--maxfail", "--cov", "--cov-report", "--cov-fail-under", "--cov-config",
               "--junitxml", "--junit-xml", "--dist")  # fmt: skip


def find(root: Path, environment: Mapping[str, str], text: str | None) -> TestCommand:
    """The test command of the project, or the given one understood.

    Raises MissingError when its program or an interpreter with pytest is missing, UsageError when it is no command.
    """
    if text is None:
        return _pytest(root, environment, None, (), {}, shown="pytest")
    words, env = _words(text)
    if _needs_shell(text):
        return _shell(text, environment)
    head, rest = _without_runner(words)
    if Path(head).name in {"pytest", "py.test"}:
        return _pytest(root, environment, _sibling(head), rest, env, shown=text)
    if _PYTHON.fullmatch(Path(head).name) and rest[:2] == ("-m", "pytest"):
        return _pytest(root, environment, head if "/" in head else None, rest[2:], env, shown=text)
    if _PYTHON.fullmatch(Path(head).name) and rest[:2] == ("-m", "unittest"):
        named = for_pytest(root, rest[2:])
        with suppress(MissingError):
            found = None if named is None else _pytest(root, environment, _own(head), named, env, shown=text)
            if found:
                note = "the tests of unittest run in pytest, which tells them apart"
                return replace(found, notes=(*found.notes, note))
    return _other(root, environment, words, env, text)


def _shell(text: str, environment: Mapping[str, str]) -> TestCommand:
    """A command for a shell, with what the programs that it names need: they may lie in folders below a home."""
    env: dict[str, str] = {}
    reads: list[str] = []
    paths: list[str] = []
    for name in dict.fromkeys(_CALLED.findall(text)):
        path = shutil.which(name, path=environment.get("PATH"))
        if path is None or _PYTHON.fullmatch(Path(name).name):  # which Python it is, no stand-in can tell
            continue
        real = toolchains.behind(path)
        reads += needed(real)
        env |= toolchains.terms(real)
        if real != path:
            paths.append(str(Path(real).parent))
    if paths:
        env["PATH"] = ":".join([*dict.fromkeys(paths), environment.get("PATH", "")])
    notes = ("a shell command: judged by its output and exit code",)
    return TestCommand(text, ("/bin/sh", "-c", text), env=env, reads=tuple(dict.fromkeys(reads)), notes=notes)


def _own(head: str) -> str | None:
    """An interpreter that was named by its path."""
    return head if "/" in head else None


def narrowed(args: tuple[str, ...], tests: tuple[str, ...], paths: tuple[str, ...]) -> tuple[str, ...] | None:
    """The words for pytest with the tests in place of the paths they name; None when the two have nothing in common."""
    places = {word: word.split("::")[0].rstrip("/").removeprefix("./") for word in args if not word.startswith("-")}
    named = {place for place in places.values() if any(path == place or path.startswith(f"{place}/") for path in paths)}
    if named:
        tests = tuple(path for path in tests if any(path == place or path.startswith(f"{place}/") for place in named))
    kept = (word for word in args if places.get(word) not in named)
    return (*kept, *tests) if tests else None


def _words(text: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """The words of a command without the assignments before it, and those."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"the test command {text!r} cannot be read: {error}") from None
    env: dict[str, str] = {}
    while words and _ASSIGNMENT.match(words[0]):
        name, _, env_value = words.pop(0).partition("=")
        env[name] = env_value
    if not words:
        raise UsageError("the test command is empty", hint="for example --test-cmd 'pytest -q'")
    return tuple(words), env


def _needs_shell(text: str) -> bool:
    """Whether operators or expansions stand outside of quotes."""
    tokens = shlex.shlex(text, posix=False, punctuation_chars=True)
    tokens.whitespace_split = True
    operators = any(set(token) <= set("();<>|&") for token in tokens)
    return operators or bool(_EXPANSION.search(_QUOTED.sub("", text)))


def _without_runner(words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The command behind `uv run` and its like, and behind `coverage run -m`."""
    if words[0] in _RUNNERS and words[1:2] == ("run",):
        words = tuple(_behind_options(words[2:])) or words
    if words[0] == "coverage" and "-m" in words:
        words = words[words.index("-m") + 1 :] or words
    return words[0], words[1:]


def _behind_options(words: tuple[str, ...]) -> tuple[str, ...]:
    for i, word in enumerate(words):
        if Path(word).name in {"pytest", "py.test"} or _PYTHON.fullmatch(Path(word).name):
            return words[i:]
        if word == "--":
            return words[i + 1 :]
    return words


def _sibling(pytest: str) -> str | None:
    """The interpreter beside a pytest that was named by its path."""
    python = Path(pytest).parent / "python"
    return str(python) if "/" in pytest and python.exists() else None


def _pytest(
    root: Path, environment: Mapping[str, str], python: str | None, args: tuple[str, ...], env: Mapping[str, str],
    *, shown: str,
) -> TestCommand:  # fmt: skip
    notes: tuple[str, ...] = ()
    if python is None:
        found = interpreters.find(root, environment)
        python, notes = found.path, (f"pytest runs in {found.path}, found in {found.found}",)
    else:
        python = _named(root, python)
    kept, dropped = _without(args)
    if dropped:
        notes += (f"without {' '.join(dropped)}: each test is judged by itself",)
    return TestCommand(shown, (python, "-m", "pytest", *kept), python, kept, env, notes)


def _named(root: Path, python: str) -> str:
    """An interpreter that the user named; it must exist and have pytest."""
    path = shutil.which(python) or shutil.which(str(root / python))
    if path is None:
        raise MissingError(f"the test command names {python}, which does not exist or cannot be run")
    real = interpreters.resolved(path, "pytest")
    if real is None:
        raise MissingError(f"{python} has no pytest", hint=f"{python} -m pip install pytest")
    return real


def _without(args: tuple[str, ...]) -> tuple[tuple[str, ...], list[str]]:
    """The words for pytest without those that would hide results of single tests or write reports."""
    kept: list[str] = []
    dropped: list[str] = []
    skip = False
    for word in args:
        if skip and not word.startswith("-"):
            dropped.append(word)
            skip = False
            continue
        skip = False
        name, _, value = word.partition("=")
        if word in _ALONE or name in _WITH_VALUE or re.fullmatch(r"-n\w+", word):
            dropped.append(word)
            skip = name in _WITH_VALUE and not value
        else:
            kept.append(word)
    return tuple(kept), dropped


def _other(
    root: Path, environment: Mapping[str, str], words: tuple[str, ...], env: Mapping[str, str], text: str
) -> TestCommand:
    """Any other command; a bare `python` means the project's."""
    head, rest = words[0], words[1:]
    if _PYTHON.fullmatch(head):
        found = interpreters.find(root, environment, module="sys")
        return TestCommand(text, (found.path, *rest), env=env, notes=(f"{head} is {found.path}, from {found.found}",))
    path = shutil.which(head, path=environment.get("PATH")) or shutil.which(str(root / head))
    if path is None:
        raise MissingError(
            f"the test command {head!r} does not exist", hint="check its spelling, install it, or give --test-cmd"
        )
    real = toolchains.behind(path)
    env = {**toolchains.terms(real), **env}
    if real != path:
        paths = f"{Path(real).parent}:{environment.get('PATH', '')}"
        return TestCommand(text, (real, *rest), env={"PATH": paths, **env}, notes=(f"{head} is {real}",))
    return TestCommand(text, (path, *rest), env=env)
