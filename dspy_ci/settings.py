"""What the user wants: `[tool.dspy-ci]`, then the environment, then the command line, later ones winning."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from dspy_ci.errors import UsageError

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Settings:
    """One frozen answer to every question of the pipeline. Each field is a key of `[tool.dspy-ci]` in kebab case."""

    test_cmd: str | None = None
    """The command whose tests are red; found from the project when None."""
    type_cmd: str | None = None
    """The type checker; found from the project's configuration when None, off when empty."""
    lint_cmd: str | None = None
    """The linter; found from the project's configuration when None, off when empty."""
    budget: float = 60.0
    """Seconds for the search, from the first test run on."""
    max_patches: int = 3
    """How many verified patches are shown at the most."""
    sandbox: str = "auto"
    """`auto`, or the letter of a tier."""
    workers: int = 0
    """Copies that are searched side by side; 0 is one per core."""
    test_timeout: float = 600.0
    """Seconds for one run of the whole suite."""
    required: bool = False
    """Whether a hook that cannot do its work stops the commit."""
    hook_exclude: tuple[str, ...] = (
        "*/fixtures/*", "*/testdata/*", "*/test_data/*", "*/golden/*", "*/snapshots/*", "*/__snapshots__/*",
        "*/vendor/*", "*/_vendor/*", "*/third_party/*", "*/node_modules/*", "*/site-packages/*", "*{{*",
    )  # fmt: skip
    """Patterns of paths that hooks do not judge: broken on purpose, or foreign."""
    seed: int = 0
    """The search is deterministic for a seed, as far as the budget lets it."""


def load(root: Path, environment: Mapping[str, str], *, config: Any = None, **options: Any) -> Settings:
    """The settings of a repository; options that are None were not given. Raises UsageError with the key at fault.

    `config` is the path of the file that counts instead of the repository's own: the base's, for an untrusted change.
    """
    given = {**_from_file(config or root / "pyproject.toml"), **_from_environment(environment)}
    known = {name: _typed(name, value) for name, value in given.items()}
    chosen = {name: value for name, value in options.items() if value is not None}
    return replace(Settings(), **{**known, **chosen})


def seconds(text: str) -> float:
    """A duration such as `90`, `60s`, `1.5m` or `1h`, in seconds. Raises UsageError."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smh]?)\s*", text)
    if not match or float(match[1]) <= 0:
        raise UsageError(f"{text!r} is no duration", hint="write it as 90, 60s, 2m or 1h")
    return float(match[1]) * _UNITS[match[2]]


def _from_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    if "dspy-ci" not in text:  # parsing costs more than looking
        return {}
    table = _parsed(text, path).get("tool", {}).get("dspy-ci", {})
    if not isinstance(table, dict):
        raise UsageError(f"[tool.dspy-ci] in {path.name} is no table")
    return {_field(key): value for key, value in table.items()}


def _parsed(text: str, path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - only where there is something to parse
    else:
        import tomli as tomllib  # noqa: PLC0415 - the same
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path.name} is no valid TOML: {error}") from None


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    names = {f"DSPY_CI_{field.name.upper()}": field.name for field in fields(Settings)}
    return {names[key]: value for key, value in environment.items() if key in names}


def _field(key: str) -> str:
    names = {field.name.replace("_", "-"): field.name for field in fields(Settings)}
    if key in names:
        return names[key]
    close = difflib.get_close_matches(key, names, 1)
    raise UsageError(
        f"[tool.dspy-ci] has no setting {key!r}",
        hint=f"did you mean {close[0]!r}?" if close else f"the settings are {', '.join(sorted(names))}",
    )


def _typed(name: str, value: Any) -> Any:
    """The value as the field wants it."""
    default = getattr(Settings(), name)
    if isinstance(default, bool):
        return _flag(name, value)
    if isinstance(default, tuple):
        return _patterns(name, value)
    try:
        if isinstance(default, float):
            return seconds(str(value))
        if isinstance(default, int):
            return int(value)
    except ValueError:
        raise UsageError(f"{name.replace('_', '-')} is {value!r}, not a whole number") from None
    if not isinstance(value, str):
        raise UsageError(f"{name.replace('_', '-')} is {value!r}, not text")
    return value


def _flag(name: str, value: Any) -> bool:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}
    if str(value).lower() not in words:
        raise UsageError(f"{name.replace('_', '-')} is {value!r}, neither true nor false")
    return words[str(value).lower()]


def _patterns(name: str, value: Any) -> tuple[str, ...]:
    """A list, or text with a comma between the patterns."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise UsageError(f"{name.replace('_', '-')} is {value!r}, not a list of patterns")
    return tuple(part.strip() for part in parts if part.strip())
