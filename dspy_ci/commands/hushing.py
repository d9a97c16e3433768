"""Remembering what is not to be mentioned again: where the publisher looks before it posts."""

from __future__ import annotations

from collections.abc import Iterable

from dspy_ci.deliveries.standing import author, standing
from dspy_ci.failures.failure import Failure
from dspy_ci.ports.forge import Talks
from dspy_ci.reports.bundle import Finding, short
from dspy_ci.reports.marks import summary_mark


def hush(forge: Talks, me: str | None, number: int, failures: Iterable[Failure]) -> None:
    """Note in our summary comment, which is known by our name, that these are not to be posted at lines any more."""
    keys = [short("finding", Finding(failure).key) for failure in failures]
    old = standing(author(me or ""), forge.comments(number), (), ())
    mark = summary_mark(old.memory.dismissing(*keys))
    if old.summaries:
        first = old.summaries[0]
        _, _, rest = first.body.partition("\n")
        forge.update_comment(first.id, f"{mark}\n{rest}")
    else:
        forge.create_comment(
            number, f"{mark}\nSome failures of this pull request are not mentioned, as somebody asked.\n"
        )
