"""What learning without a model brings on projects with habits, and how fast cases are mined. Run with `nox -s bench`.

Every bug is mined from the history; four-fold, and never the same function in training and examination.
"""

import json
import random
import re

import habits
import histories
import pytest

from dspy_ci.adapters.casefiles import CaseFiles
from dspy_ci.commands.mining import field, remembered
from dspy_ci.learn.case import Case
from dspy_ci.learn.counting import counted, lesson, place, priors_of
from dspy_ci.learn.gain import gained
from dspy_ci.learn.scene import scene
from dspy_ci.suspects.priors import SHIPPED

BUGS = 49
FOLDS = 4
PROMISED = -0.3
"""Of the candidates until the cure, on each project."""


def lessons(root):
    """What each mined case teaches, with the function that it is about."""
    known = remembered(CaseFiles(root / ".dspy_data")).values()
    with field(root) as found, found.sandbox.open() as copy:
        for case in (one for one in known if isinstance(one, Case)):
            with scene(case, found.bench, copy) as red:
                if red and (taught := lesson(red)):
                    yield re.sub(r"_\d+$", "", case.functions[0].partition("::")[2]), taught


def folded(known):
    """Candidates until the cure, as shipped and with what the other folds teach."""
    names = sorted({name for name, _ in known})
    random.Random(3).shuffle(names)
    for fold in range(FOLDS):
        held = set(names[fold::FOLDS])
        learnt = priors_of(counted([one for name, one in known if name not in held]))
        yield from ((place(one, SHIPPED), place(one, learnt)) for name, one in known if name in held)


@pytest.mark.parametrize("project", ["ledger", "texts"])
def test_the_cure_comes_sooner_with_what_was_learnt(project, tmp_path):
    root = tmp_path / project
    known = histories.told(root, habits.story_of(project, BUGS))
    done = histories.mined(root, "--cases", "0", "--budget", "1h", seconds=3600)
    said = json.loads(done.stdout)
    print(f"\n{project}: {said['cases']} of {len(known)} cures found, {said['cases_per_minute']} a minute")
    assert said["cases"] == len(known)
    gain = gained(*zip(*folded(list(lessons(root))), strict=True))
    interval = f"{gain.low:+.0%} to {gain.high:+.0%}"
    print(f"{project}: {gain.before:.2f} candidates, learnt {gain.after:.2f}: {gain.change:+.0%} ({interval})")
    assert gain.change <= PROMISED
