from __future__ import annotations

import random
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

fuzz = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("fuzzing.py"))))
PATIENT = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@PATIENT
@given(st.binary(max_size=3000))
def test_any_bytes_are_read_without_a_crash(log):
    fuzz.output(log)


@PATIENT
@given(st.text(alphabet="=_-!E>FAIL ERROR:/.py0123456789'[]{}()\n\r\x1b\x1e\t#@|+~", max_size=2000))
def test_text_full_of_markers_is_read_without_a_crash(log):
    fuzz.output(log.encode())


@pytest.mark.parametrize("seed", range(120))
def test_bent_logs_are_read_and_keep_their_secret(seed):
    rng = random.Random(seed)
    secret = fuzz.planted(rng)
    assert secret not in fuzz.output(fuzz.with_secret(rng, fuzz.bent(rng), secret))
