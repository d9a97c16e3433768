"""Work spread over copies of a repository, one job per copy at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from queue import SimpleQueue
from typing import TypeVar

from dspy_ci.ports.sandbox import Copy

Job = TypeVar("Job")
Result = TypeVar("Result")


def spread(
    jobs: Iterable[Job], copies: Sequence[Copy], work: Callable[[Job, Copy], Result],
    more: Callable[[], bool] = lambda: True,
) -> Iterator[Result]:  # fmt: skip
    """The results as they come; no new job is begun once `more` says no."""
    idle: SimpleQueue[Copy] = SimpleQueue()
    for copy in copies:
        idle.put(copy)

    def on_a_copy(job: Job) -> Result:
        copy = idle.get()
        try:
            return work(job, copy)
        finally:
            idle.put(copy)

    pool, waiting = ThreadPoolExecutor(len(copies)), iter(jobs)
    running: set[Future[Result]] = set()
    try:
        while True:
            room = len(copies) - len(running) if more() else 0
            running |= {pool.submit(on_a_copy, job) for job in islice(waiting, room)}
            if not running:
                return
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                yield future.result()
    finally:  # an interrupted run does not wait: what runs ends with its copy
        pool.shutdown(wait=False, cancel_futures=True)
