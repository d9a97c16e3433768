"""Workers: one command must not end the service, and none is done twice or forgotten."""

import time

import pytest

from dspy_ci.commands.serving import Workers
from dspy_ci.errors import Forbidden, Refused, Throttled, Unreachable
from dspy_ci.ports.forge import User
from dspy_ci.ports.store import MemoryStore
from dspy_ci.requests.metrics import Metrics
from dspy_ci.requests.queue import Queue
from dspy_ci.requests.said import Said

SAID = Said("o/r", 7, 100, User("ann"), "MEMBER", "/dspy fix")


@pytest.fixture
def work():
    """Let a worker answer one command; what was counted, and how many are left."""

    def run(answer):
        queue, metrics = Queue(MemoryStore()), Metrics()
        queue.offer(SAID)
        crew = Workers(queue, answer, metrics, 1)
        crew.start()
        deadline = time.monotonic() + 10
        while not metrics.counts and time.monotonic() < deadline:
            time.sleep(0.01)
        assert crew.stop(10)
        return {word for _, word in metrics.counts}, len(queue)

    return run


def raising(error):
    def answer(said):
        raise error

    return answer


@pytest.mark.parametrize(("answer", "outcome", "left"), [
    (lambda _: "done", "done", 0),
    (raising(Forbidden("no", permission="x")), "failed", 0),
    (raising(Refused("no")), "refused", 0),
    (raising(ZeroDivisionError("why")), "crashed", 0),
    (raising(Unreachable("away")), "forge", 1),
    (raising(Throttled("later")), "forge", 1),
])  # fmt: skip
def test_however_a_command_ends_the_service_goes_on(work, answer, outcome, left):
    assert work(answer) == ({outcome}, left)


def test_a_command_that_ends_the_process_every_time_is_given_up():
    store = MemoryStore()
    Queue(store).offer(SAID)
    for _ in range(8):
        assert Queue(store).take(0)
    queue, metrics, answered = Queue(store), Metrics(), []
    crew = Workers(queue, lambda said: answered.append(said) or "done", metrics, 1)
    crew.start()
    deadline = time.monotonic() + 10
    while not metrics.counts and time.monotonic() < deadline:
        time.sleep(0.01)
    assert crew.stop(10)
    assert answered == []
    assert metrics.counts == {("requests_total", "abandoned"): 1}
