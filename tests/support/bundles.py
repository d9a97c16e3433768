"""Bundles as the solver would write them, for a pull request whose one file is `app.py`."""

from dataclasses import replace

from fakegithub import HEAD

from dspy_ci.failures.failure import Failure
from dspy_ci.reports.bundle import Bundle, Finding, Proof, Proposal, Sandbox
from dspy_ci.reports.facts import Target
from dspy_ci.verdicts.verdict import CheckDelta, TestDelta

TARGET = Target("o/r", HEAD, 7, 42)
TEST = "tests/test_app.py::test_total"
DIFF = """\
diff --git a/app.py b/app.py
--- a/app.py
+++ b/app.py
@@ -1,4 +1,4 @@
 def total(items):
     found = 0
-    return sum(items) - 1
+    return sum(items)
\x20
"""


def failure(**more):
    known = {
        "tool": "pytest", "kind": "test", "message": "assert 5 == 6", "file": "app.py", "line": 3, "test_id": TEST,
        "exception": "AssertionError",
    }  # fmt: skip
    return Failure(**{**known, **more})


def finding(**more):
    known = {"root": True, "excerpt": "E   assert 5 == 6", "cause": "change", "why": "fails every time"}
    about = {name: more.pop(name) for name in tuple(more) if name in Failure.__dataclass_fields__}
    return Finding(failure(**about), **{**known, **more})


def proposal(diff=DIFF, **more):
    proof = Proof(
        "verified", "red before and green after", 1.0, TestDelta(fixed=(TEST,), kept=4), None,
        CheckDelta("ruff", fixed=("E501",)), "pytest -q", HEAD, "d" * 64, "A",
    )  # fmt: skip
    known = {
        "id": "0123456789ab",
        "origin": "template:constant",
        "rationale": "`total` takes one away.",
        "proof": proof,
    }
    return Proposal(diff=diff, **{**known, **more})


def bundle(*findings, patches=(), **more):
    known = {
        "status": "fixed" if patches else "unfixed",
        "summary": "Mended: 1 failing test passed with the patch." if patches else "Not mended: none helped.",
        "command": "pytest -q", "tried": 12, "seconds": 3.0, "sandbox": Sandbox("A", "namespaces", "none", "own"),
    }  # fmt: skip
    return Bundle(TARGET, findings=findings, proposals=tuple(patches), **{**known, **more})


def mended(**more):
    return bundle(finding(), patches=(proposal(),), **more)


def elsewhere(number, **more):
    """A finding of its own, in the lines that the diff shows unless said otherwise."""
    return finding(**{"message": f"broken {'x' * number}", "test_id": f"tests/test_app.py::test_{number}", **more})


def moved(target, **more):
    return replace(target, **more)
