"""The user goes on working while a patch is judged, in real copies: what has to do with the proof makes it void."""

from __future__ import annotations

import sys

import pytest

from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.adapters.sandbox.preflight import tried
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.ports.sandbox import TestRun
from dspy_ci.verdicts.baseline import measure
from dspy_ci.verdicts.judge import judge
from dspy_ci.verdicts.verdict import State

pytestmark = pytest.mark.slow

FILES = {
    "calc.py": "import sums\n\n\ndef add(a, b):\n    return sums.both(a, b) - 1\n",
    "sums.py": "def both(a, b):\n    return a + b\n",
    "README.md": "# Calc\n",
    "test_calc.py": "from calc import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n",
}


class Disturbed:
    """A copy whose original somebody edits while its second run is going on."""

    def __init__(self, copy, edit):
        self.copy, self.edit, self.runs = copy, edit, 0
        self.root, self.run, self.stale = copy.root, copy.run, copy.stale

    def test(self, run, files=None):
        self.runs += 1
        if self.runs == 2:
            self.edit()
        return self.copy.test(run, files or {})


@pytest.mark.parametrize("tier", ["A", "B"])
@pytest.mark.parametrize(
    ("path", "state"),
    [("calc.py", State.UNVERIFIED), ("sums.py", State.UNVERIFIED), ("README.md", State.VERIFIED)],
    ids=["patched", "imported", "neither"],
)
def test_an_edit_during_a_run_makes_the_proof_void_where_it_matters(tier, path, state, tmp_path):
    if not tried(tier).works:
        pytest.skip(f"tier {tier} does not hold here")
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    fixed = FILES["calc.py"].replace(" - 1", "")
    code = Snapshot.of(FILES)
    patch = Patch(code, (Edit("calc.py", 0, len(FILES["calc.py"]), fixed),), "model", "Because.")

    def edit():
        (tmp_path / path).write_text(FILES[path] + "\n# a word more\n")

    with LocalSandbox(str(tmp_path), tier).open() as copy:
        baseline = measure(copy, TestRun(sys.executable, 60))
        verdict = judge(patch, baseline, Disturbed(copy, edit))
    assert verdict.state is state, verdict
    assert path in verdict.reason
    assert (tmp_path / path).read_text().endswith("# a word more\n")
