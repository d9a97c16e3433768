"""What a mending run says at each stage, in one sentence."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dspy_ci.causes.culprit import Culprits
from dspy_ci.failures.failure import Failure
from dspy_ci.ports.lm import Usage
from dspy_ci.ports.sandbox import TestReport
from dspy_ci.reports.fix import FixReport, Offer
from dspy_ci.suspects.suspect import Suspect


def number(count: int, noun: str) -> str:
    """A count with its noun: `1 test`, `2 tests`, `3 patches`."""
    plural = f"{noun}es" if noun.endswith(("s", "ch")) else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"


def counted(base: TestReport) -> str:
    """How the tests ended."""
    parts = [f"{len(base.red)} failed"] if base.red else []
    parts += [f"{len(base.passed)} passed"]
    if others := len(base.results) - len(base.red) - len(base.passed):
        parts.append(f"{others} skipped or expected to fail")
    return f"{', '.join(parts)} in {base.seconds:.1f} s"


def green(base: TestReport, wanted: Collection[str]) -> str:
    """Why there is nothing to do."""
    if wanted and base.red:
        return f"The failures of the log cannot be reproduced here; {number(len(base.red), 'other test')} failed."
    if wanted:
        return "The failures of the log cannot be reproduced: the tests pass here."
    return f"Nothing is red: {number(len(base.passed), 'test')} passed. There is nothing to mend."


def unseen(count: int) -> tuple[str, ...]:
    """What is not known, if anything."""
    if not count:
        return ()
    are = "is" if count == 1 else "are"
    return (
        f"{number(count, 'test')} {are} too slow for this budget: neither mended nor guarded; --budget gives more.",
    )


def cause(roots: Sequence[Failure]) -> str | None:
    """The root cause, and how many others there are."""
    if not roots:
        return None
    first = roots[0]
    place = f" at {first.file}:{first.line}" if first.file and first.line else f" in {first.file}" if first.file else ""
    message = headline(first)
    more = f", and {number(len(roots) - 1, 'other cause')}" if len(roots) > 1 else ""
    return f"{message}{place}{more}"


def headline(failure: Failure) -> str:
    """The first line of what the tool said, with the exception's name where the message alone says too little."""
    message = failure.message.strip().split("\n", 1)[0]
    named = failure.exception and failure.exception != "AssertionError" and failure.exception not in message
    return f"{failure.exception}: {message}" if named else message


def suspected(suspects: Sequence[Suspect]) -> str:
    """The first suspect and why."""
    if not suspects:
        return "no line of the project is known to take part"
    first = suspects[0]
    symbol = f" in {first.symbol}" if first.symbol else ""
    return f"{first.file}:{first.start}{symbol}" + (f" ({'; '.join(first.why[:2])})" if first.why else "")


def blamed(found: Culprits | None) -> str:
    """What the change has to do with it."""
    if found is None or found.status in {"spent", "unreproduced", "flaky"}:
        return "it is not known which part of the change is to blame"
    if found.status == "base-red":
        return "the base is red too: this change is not to blame"
    places = ", ".join(f"{hunk.path}:{hunk.new_start + 1}" for hunk in found.hunks[:3])
    return f"{len(found.hunks)} of {number(found.count, 'hunk')} turn the base red: {places}"


def searched(tried: int, seconds: float, patches: int, reason: str) -> str:
    """How much was tried, and why the search ended."""
    rate = f", {tried / seconds:.0f} a second" if seconds > 0 else ""
    found = f"{number(patches, 'patch')} made the failing tests pass" if patches else "none helped"
    return f"{number(tried, 'candidate')} tried{rate}; {found}; {reason}"


def unstable(names: Collection[str]) -> str:
    """Why a red run yields no target."""
    return (
        f"Not mended: {number(len(names), 'test')} ended differently in two runs of the same code: flaky, not broken."
    )


def proved(offers: Sequence[Offer], refused: Sequence[str]) -> str:
    """How many patches the judge accepted."""
    judged = len(offers) + len(refused)
    if not judged:
        return "there was nothing to prove"
    return f"{sum(offer.verdict.verified for offer in offers)} of {number(judged, 'patch')} verified"


def outcome(story: FixReport) -> str:
    """The verdict on the whole run."""
    if story.best is not None:
        tests = story.best.verdict.tests
        mended = number(len(tests.fixed), "failing test")
        return f"Mended: {mended} passed with the patch, {tests.kept} passed before and after, none is lost."
    if story.offers:
        return f"Not mended: {story.offers[0].verdict.reason}."
    if any(note.startswith("refused ") for note in story.notes):
        return "Not mended: what made the failing tests pass was refused."
    return f"Not mended: none of {number(story.tried, 'candidate')} turned the failing tests green."


def used(usage: Usage) -> str:
    """What a model used."""
    parts = [number(usage.calls, "answer")] + ([f"{usage.cached} of them from the cache"] if usage.cached else [])
    parts.append(f"{usage.prompt} + {usage.completion} tokens")
    return ", ".join(parts + ([f"{usage.cost:.4f} dollars"] if usage.cost else []))


def answered(number: int, said: str) -> str:
    """What became of one answer of a model, on one line."""
    line = said.strip().split("\n", 1)[0]
    return f"answer {number + 1}: {line if len(line) <= 160 else f'{line[:157]}...'}"


def helpless(error: Exception) -> str:
    """Why a model that is set was of no help, and what stands nevertheless."""
    hint = getattr(error, "hint", None)
    return f"the model was of no help: {error}{f' ({hint})' if hint else ''}; what was found without it stands"


def tail(output: str, lines: int = 3) -> str:
    """The last words of a process."""
    return "\n".join(output.strip().splitlines()[-lines:])
