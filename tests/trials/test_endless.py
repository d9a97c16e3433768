"""Endless calls are ended, though the project asks the garbage collector to call it back, as Hypothesis does."""

import gc
import signal
import sys
import time

import pytest

from dspy_ci.trials.inside import comparing

GROWING = """
def walked():
    found = []
    while True:
        found.append([0])
"""


@pytest.fixture
def busy_collector():
    """A callback that is running when the bell rings for the first time."""

    def slow(phase, _info):
        if phase == "stop" and sys._getframe(1).f_code.co_name == "walked":
            gc.callbacks.remove(slow)
            time.sleep(0.3)

    gc.callbacks.append(slow)
    yield
    if slow in gc.callbacks:
        gc.callbacks.remove(slow)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("busy_collector")
def test_an_endless_call_is_ended_though_its_first_bell_was_lost(monkeypatch):
    monkeypatch.setattr(comparing, "AGAIN", 0.1)
    space = {}
    exec(GROWING, space)
    before = signal.signal(signal.SIGALRM, comparing.ring)
    try:
        assert comparing.result("walked()", space, 0.1) == ["!", "Endless"]
    finally:
        signal.signal(signal.SIGALRM, before)
