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

NO_FILE = "DSPY_CI_NO_FILE"
"""Set where the file belongs to somebody who must not decide what runs: the author of a pull request."""
_NUMBERS: Mapping[str, type[int | float]] = {"max_tokens": int, "max_cost": float}
"""Settings without a default that are numbers."""
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
    allow_unsandboxed: bool = False
    """Whether what nobody trusts may run where nothing isolates it; never read from the file: a patch could edit it."""
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
    model: str | None = None
    """The language model: `ollama/NAME`, `openai/NAME`, or any name that DSPY knows, such as `anthropic/NAME`."""
    ollama: bool = False
    """Whether the model is one of Ollama, whatever its name."""
    offline: bool = False
    """Whether no model is asked, whatever else is set."""
    json: str = "auto"
    """How a model is asked for JSON: `schema`, `object` (simpler, for servers without schemas), or `auto`."""
    max_tokens: int | None = None
    """Tokens that models may use in one run, questions and answers together."""
    max_cost: float | None = None
    """US dollars that models may cost in one run."""
    price: str | None = None
    """US dollars for a million tokens of questions and of answers, as `0.15/0.60`; looked up when not given."""
    model_timeout: float = 120.0
    """Seconds for one answer."""
    prompt_tokens: int = 6000
    """How long a question may be, about."""
    answer_tokens: int = 2048
    """How long an answer may be."""
    samples: int = 2
    """How many answers are asked for in each round."""
    rounds: int = 3
    """How often the model is told what was wrong with its answers, and asked again."""


def load(root: Path, environment: Mapping[str, str], *, config: Any = None, **options: Any) -> Settings:
    """The settings of a repository; options that are None were not given. Raises UsageError with the key at fault.

    `config` is the path of the file that counts instead of the repository's own: the base's, for an untrusted change.
    """
    file = {} if environment.get(NO_FILE) else _from_file(config or root / "pyproject.toml")
    given = {**file, **_from_environment(environment)}
    known = {name: _typed(name, value) for name, value in given.items()}
    chosen = {name: value for name, value in options.items() if value is not None}
    return replace(Settings(), **{**known, **chosen})


def as_environment(text: str) -> dict[str, str]:
    """The settings in the text of a `pyproject.toml`, for processes that must not read another one."""
    table = _table(text, "pyproject.toml")
    shown = {key: ",".join(value) if isinstance(value, list) else str(value) for key, value in table.items()}
    return {NO_FILE: "1", **{f"DSPY_CI_{key.upper()}": value for key, value in shown.items()}}


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
    return _table(text, path.name)


def _table(text: str, name: str) -> dict[str, Any]:
    """What stands under [tool.dspy-ci], by the names of the fields."""
    if "dspy-ci" not in text:  # parsing costs more than looking
        return {}
    table = _parsed(text, name).get("tool", {}).get("dspy-ci", {})
    if not isinstance(table, dict):
        raise UsageError(f"[tool.dspy-ci] in {name} is no table")
    found = {_field(key): value for key, value in table.items()}
    if "allow_unsandboxed" in found:
        raise UsageError(
            "allow-unsandboxed cannot be set in a file, which any patch could edit",
            hint="use --allow-unsandboxed, or DSPY_CI_ALLOW_UNSANDBOXED in the environment",
        )
    return found


def _parsed(text: str, name: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - only where there is something to parse
    else:
        import tomli as tomllib  # noqa: PLC0415 - the same
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name} is no valid TOML: {error}") from None


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
    if name in _NUMBERS:
        return _number(name, value, _NUMBERS[name])
    if isinstance(default, bool):
        return _flag(name, value)
    if isinstance(default, tuple):
        return _patterns(name, value)
    if isinstance(default, float):
        return seconds(str(value))
    if isinstance(default, int):
        return _number(name, value, int)
    if not isinstance(value, str):
        raise UsageError(f"{name.replace('_', '-')} is {value!r}, not text")
    return value


def _number(name: str, value: Any, kind: type[int | float]) -> int | float:
    try:
        number: int | float | None = kind(value)
    except (ValueError, TypeError, OverflowError):
        number = None
    if number is None or (name in _NUMBERS and not 0 <= number < float("inf")):
        what = "a whole number" if kind is int else "a number"
        raise UsageError(f"{name.replace('_', '-')} is {value!r}, not {what}") from None
    return number


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
