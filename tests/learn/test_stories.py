"""What generated histories are made of: mistakes that end, found without harm to the process that looks for them."""

import subprocess
import sys
from pathlib import Path

import habits
import pytest

RIGHT = """\
def walked(items):
    found = []
    index = 0
    while index < len(items):
        found.append([index])
        index += 1
    return found
"""

LOOKING = f"""
import gc, resource, sys, time
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
sys.path.insert(0, {str(Path(habits.__file__).parent)!r})
import habits

def slow(phase, info):
    if phase == "stop" and sys._getframe(1).f_code.co_name == "walked":
        gc.callbacks.clear()
        time.sleep(0.5)

gc.callbacks.append(slow)
wrong = {RIGHT!r}.replace("+=", "-=")
print(habits.is_wrong("walked", {RIGHT!r}, wrong, [([1, 2, 3],)]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)
"""


def test_an_endless_mistake_that_fills_a_list_is_given_up_though_the_collector_calls_back():
    argv = [sys.executable, "-c", LOOKING]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=True)
    verdict, megabytes = done.stdout.split()
    assert verdict == "False"
    assert int(megabytes) < 400


@pytest.mark.parametrize("project", ["ledger", "texts"])
def test_the_story_is_the_same_however_busy_the_machine_is(project):
    assert habits.story_of(project, 60) == habits.story_of(project, 60)


def test_a_mistake_that_ends_is_seen():
    assert habits.is_wrong("walked", RIGHT, RIGHT.replace("[index]", "[-index]"), [([1, 2, 3],)])
    assert not habits.is_wrong("walked", RIGHT, RIGHT.replace("index = 0", "index = 0 * 1"), [([1, 2, 3],)])
