"""From a source on the command line to what is known about it; shared by `explain` and `context`."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from dspy_ci.adapters.logfiles import Part, parts
from dspy_ci.errors import UsageError
from dspy_ci.failures.confidence import WARNING
from dspy_ci.failures.diagnosis import Diagnosis, judged
from dspy_ci.failures.documents.table import failures_in_document
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.reading import findings
from dspy_ci.logs.envelopes import pages_of
from dspy_ci.logs.extract import Extract, extract
from dspy_ci.logs.keeping import Keeper
from dspy_ci.logs.page import Page
from dspy_ci.logs.redaction import Redactor, secret_values
from dspy_ci.reports.brief import line

_ROOTS = 20
"""Root causes whose lines weigh more than all others."""
_SNIFF = 1 << 16
_LARGEST_DOCUMENT = 64 << 20
_TEXT = bytes(range(32, 256)) + b"\t\n\r\x1b\x07\x08\x0c"


class Reading(NamedTuple):
    """What one source says."""

    source: str
    diagnosis: Diagnosis
    keeper: Keeper
    redactor: Redactor
    seconds: float

    def context(self, budget: int) -> Extract:
        """The part of the log that is worth reading, without secrets."""
        return extract(
            self.keeper.lines(),
            total=self.keeper.total,
            budget=budget,
            failing=self.diagnosis.failing,
            clean=self.redactor.redact,
        )


def read(source: str, opened: Iterable[Part] | None = None) -> Reading:
    """Read one source to its end; raises UsageError with a sentence when it is no log.

    `opened` are its streams, where they are open already.
    """
    started, keeper = time.perf_counter(), Keeper()
    redactor = Redactor(secret_values(os.environ))
    found = list(_findings(source, parts(source) if opened is None else opened, keeper))
    redactor.learn(keeper.masked)
    diagnosis = judged(found, checkouts=(str(Path.cwd()),), clean=redactor.redact)
    if not keeper.lines():
        # A report for machines is no text to read: its failures are, one per line.
        deque(keeper.watch([Page(tuple(line(failure) for failure in diagnosis.open), 1)]), maxlen=0)
    for rank, failure in enumerate(diagnosis.causes()[:_ROOTS]):
        if failure.log_span:
            keeper.raise_to(failure.log_span, 110 - rank)
    return Reading(source, diagnosis, keeper, redactor, time.perf_counter() - started)


def _findings(source: str, opened: Iterable[Part], keeper: Keeper) -> Iterator[Finding]:
    empty = True
    for part in opened:
        for finding in _of_part(part, keeper):
            if isinstance(finding, Failure) and finding.log_span:
                keeper.want(finding.log_span, 60 if finding.confidence > WARNING else 30)
            yield finding
        empty = empty and not keeper.total and not keeper.documents
    if empty:
        raise UsageError(f"{_called(source)} is empty", hint="give the log of a job, of a test run or of a linter")


def _of_part(part: Part, keeper: Keeper) -> Iterator[Finding]:
    """The findings in one stream: a report for machines as a whole, anything else as a log."""
    head, rest = _head(part.chunks)
    _refuse_binary(part.name, head)
    chunks = chain([head], rest)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[", b"<")):
        document = b"".join(_limited(chunks))
        known = failures_in_document(document.decode("utf-8", "replace"))
        if known is not None:
            keeper.documents += 1
            yield from known
            return
        chunks = chain([document], chunks)
    yield from findings(keeper.watch(_numbered(chunks, part, keeper.total)))


def _numbered(chunks: Iterator[bytes], part: Part, before: int) -> Iterator[Page]:
    """The pages of one stream, numbered on from those before it."""
    for page in pages_of(chunks, job=part.job, step=part.step):
        yield Page(page.texts, page.first + before, page.step, page.job, page.stream) if before else page


def _head(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= _SNIFF:
            break
    return head, chunks


def _limited(chunks: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        yield chunk
        if size > _LARGEST_DOCUMENT:
            return


def _refuse_binary(name: str, head: bytes) -> None:
    sample = head[:8192]
    strange = len(sample.translate(None, _TEXT))
    if strange > len(sample) * 0.3 and not sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UsageError(f"{_called(name)} is no text", hint="give a log; of a run on GitHub the zip is understood too")


def _called(source: str) -> str:
    return "standard input" if source == "-" else source
