"""A call that never ends is ended, even where the first bell rings unheard: in a callback of the garbage collector."""

import subprocess
import sys

import pytest

DEAF = """
import gc, signal, sys, time
from dspy_ci.trials.inside import comparing, screening
sys.modules["dspy_ci_screening"] = screening  # its name in the copy
from dspy_ci.trials.inside import witnessing

until = time.monotonic() + 0.5
gc.callbacks.append(lambda *_: time.sleep(0.1) if time.monotonic() < until else None)

def endless():
    found = []
    while True:
        found = [found[-50:], [], []]

signal.signal(signal.SIGALRM, {module}.ring)
print({call})
"""
CALLS = {
    "comparing": 'comparing.result("endless()", {"endless": endless}, 0.2)',
    "witnessing": "witnessing.answer(endless, ((), {}), 0.2)",
}


@pytest.mark.parametrize("module", CALLS)
def test_the_bell_rings_until_it_is_heard(module):
    script = DEAF.replace("{module}", module).replace("{call}", CALLS[module])
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout.strip() == "['!', 'Endless']"
    assert "Exception ignored" in done.stderr  # the first bell was lost
