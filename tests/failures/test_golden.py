"""Every format against real output: `tests/golden/<format>/<sample>.log` and what must be found in it beside it.

`GOLDEN=write pytest tests/failures/test_golden.py` writes the records anew; read the diff before you believe it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dspy_ci.failures.diagnosis import diagnose
from dspy_ci.failures.formats.table import FORMATS
from dspy_ci.logs.envelopes import pages_of

GOLDEN = Path(__file__).parent.parent / "golden"
SAMPLES = sorted(GOLDEN.rglob("*.log"))
FIELDS = ("tool", "kind", "file", "line", "code", "test_id", "exception", "symbol", "message")


def name_of(form):
    """The format's own name is the name of its file."""
    return next(iter(form.starts.values())).__module__.rpartition(".")[2]


@pytest.mark.parametrize("form", FORMATS, ids=name_of)
def test_each_format_has_a_sample(form):
    assert list((GOLDEN / name_of(form)).glob("*.log")), f"add tests/golden/{name_of(form)}/<sample>.log"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.parent.name}-{sample.stem}")
def test_the_failures_in_a_sample_are_found(sample):
    diagnosis = diagnose(pages_of(sample.read_bytes()))
    found = {
        "failures": [
            {name: value for name in FIELDS if (value := getattr(failure, name)) is not None}
            for failure in diagnosis.open
        ],
        "root": diagnosis.root(diagnosis.roots[0]).message if diagnosis.roots else None,
    }
    record = sample.with_suffix(".json")
    if os.environ.get("GOLDEN") == "write":
        record.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found == json.loads(record.read_text(encoding="utf-8"))
