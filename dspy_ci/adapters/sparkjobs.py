"""Work on many things over Spark: the same function, on as many machines as there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from dspy_ci.errors import MissingError

Job = TypeVar("Job")
Result = TypeVar("Result")


def over_spark(work: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[Result]:
    """The result of each job, in order; each is a task of its own. Raises MissingError where Spark is not installed.

    The function and what goes in and out must be picklable, and paths must mean the same on every machine.
    """
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra, and slow to load
    except ImportError:
        raise MissingError("Spark is not installed", hint="pip install 'dspy-ci[spark]'") from None
    session = SparkSession.builder.appName("dspy-ci").getOrCreate()
    try:
        yield from session.sparkContext.parallelize(jobs, max(1, len(jobs))).map(work).collect()
    finally:
        session.stop()
