"""What a person reads of a mending run."""

from __future__ import annotations

from dspy_ci.patches.proposal import Proposal
from dspy_ci.reports.fix import FixReport
from dspy_ci.reports.fix_text import fix_text
from dspy_ci.suspects.suspect import Suspect

SUSPECTS = tuple(Suspect("a.py", line, line, 1 / line, "f", ("it was run", "it was changed")) for line in range(1, 31))


def text(report, **options):
    return "\n".join(line.text for line in fix_text(report, **options))


def test_the_ranking_is_told_when_it_is_asked_for():
    report = FixReport("unfixed", "Not mended.", "pytest", suspects=SUSPECTS)
    assert "Where the cause was looked for" not in text(report)
    told = text(report, ranking=True)
    assert "  1  1.00  a.py:1 in f\n             it was run\n             it was changed" in told
    assert "and 10 more" in told


def test_a_proposal_is_not_called_a_patch():
    proposal = Proposal("x", "Install it.", "pip install x", "--- a/r.txt\n+++ b/r.txt\n+x\n")
    told = text(FixReport("unfixed", "Not mended.", "pytest", proposals=(proposal,)))
    assert "Proposed, not proved\n  Install it.\n    pip install x\n" in told
    assert "Patch" not in told
