"""The options of every verb that may ask a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from dspy_ci.commands.advising import Adviser

_F = TypeVar("_F", bound=Callable[..., Any])

_WHICH = (
    click.option("--model", metavar="NAME", help="The language model: ollama/NAME, openai/NAME, or a name DSPy knows."),
    click.option("--ollama", is_flag=True, default=None, help="The model is one of Ollama."),
    click.option("--offline", is_flag=True, default=None, help="Ask no model, whatever is set."),
    click.option("--force-json", "json", flag_value="object", help="Ask for plain JSON where JSON is wanted."),
    click.option("--structured", "json", flag_value="schema", help="Ask for JSON by its schema where JSON is wanted."),
    click.option("--model-timeout", metavar="TIME", callback=lambda _, __, text: _seconds(text),
                 help="How long one answer may take.  [default: 120s]"),
    click.option("--max-cost", type=click.FloatRange(min=0), metavar="USD", help="What models may cost in this run."),
    click.option("--price", metavar="IN/OUT", help="Dollars for a million tokens of questions and of answers."),
)  # fmt: skip
_HOW_MUCH = (
    click.option("--max-tokens", type=click.IntRange(min=0), help="What models may read and write in this run."),
    click.option("--samples", type=click.IntRange(1, 50), help="Answers asked for in each round.  [default: 2]"),
    click.option(
        "--rounds", type=click.IntRange(1, 20), help="How often the model hears what was wrong.  [default: 3]"
    ),
    click.option("--prompt-tokens", type=click.IntRange(min=500), help="How long a question may be.  [default: 6000]"),
    click.option("--answer-tokens", type=click.IntRange(min=64), help="How long an answer may be.  [default: 2048]"),
)


def which_model(command: _F) -> _F:
    """Adds the options that choose a model and limit its cost."""
    return _with(command, _WHICH)


def model_options(command: _F) -> _F:
    """The same, and those for many answers."""
    return _with(command, (*_WHICH, *_HOW_MUCH))


def names_model(options: Mapping[str, Any]) -> bool:
    """Whether options, environment or settings name a model; settings that cannot be read name none."""
    import os  # noqa: PLC0415 - help needs none of it

    from dspy_ci import settings  # noqa: PLC0415 - the same
    from dspy_ci.errors import UsageError  # noqa: PLC0415 - the same
    from dspy_ci.models import choice, named  # noqa: PLC0415 - the same

    try:
        chosen = settings.load(root_of(Path.cwd()), os.environ, **options)
    except UsageError:
        if any(value is not None for value in options.values()):
            raise
        return False  # a log is read wherever it lies; it may be about these very settings
    return named(chosen, os.environ) or not isinstance(choice(chosen, os.environ), str)


def adviser_of(options: Mapping[str, Any]) -> Adviser | None:
    """The model that is set, ready to be asked; None when none is."""
    if not names_model(options):
        return None
    from dspy_ci.commands.advising import adviser  # noqa: PLC0415 - loads what only models need

    return adviser(options)


def root_of(folder: Path) -> Path:
    """The repository around a folder, or the folder itself: logs are also read outside of repositories."""
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), folder)


def _with(command: _F, options: tuple[Callable[[_F], _F], ...]) -> _F:
    for option in reversed(options):
        command = option(command)
    return command


def _seconds(text: str | None) -> float | None:
    from dspy_ci.settings import seconds  # noqa: PLC0415 - help needs none of it

    return seconds(text) if text else None
