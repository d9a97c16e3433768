"""Two test files of one name in folders that are no packages: pytest takes one for the other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.patches.proposal import Proposal
from dspy_ci.suspects.evidence import Evidence

NAME = "same-names"


def proposals(failure: Failure, evidence: Evidence) -> Iterator[Proposal]:
    """An `__init__.py` in each folder that holds a file of that name."""
    if not re.search(r"import file mismatch|imported module '[\w.]+' has this __file__", failure.message):
        return
    name = (failure.file or failure.test_id or "").rpartition("/")[2].partition("::")[0]
    folders = sorted(path.rpartition("/")[0] for path in evidence.snapshot.python_paths if path.endswith(f"/{name}"))
    inits = [f"{folder}/__init__.py" for folder in folders if folder]
    edits = tuple(
        Edit(path, 0, 0, "# tells files of one name apart\n") for path in inits if path not in evidence.snapshot
    )
    if len(folders) > 1 and edits:
        text = f"{name} stands in {', '.join(folders)}; as packages the folders keep them apart."
        yield Proposal(NAME, text, None, Patch(evidence.snapshot, edits, "proposal", "").diff)
