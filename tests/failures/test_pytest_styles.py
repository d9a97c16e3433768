"""Pytest as it is installed here, in all its styles, against the ids of its own summary."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dspy_ci.failures.diagnosis import diagnose
from dspy_ci.logs.envelopes import pages_of

TESTS = """
import pytest

class TestOuter:
    class TestInner:
        @pytest.mark.parametrize("x", ["a b", "c::d", "[e]", "f - g"])
        def test_param(self, x):
            assert x == "zzz"

def test_printing():
    print("FAILED test_a.py::test_fake - boom")
    print("_____ test_other _____")
    raise ValueError("line1\\n\\nline3")

def test_chain():
    try:
        {}["missing"]
    except KeyError as error:
        raise RuntimeError("lookup failed") from error

@pytest.fixture
def broken():
    raise OSError(2, "nope")

def test_uses_broken(broken):
    pass

def test_missing_fixture(nonexistent):
    pass
"""
IDS = {
    *(f"test_a.py::TestOuter::TestInner::test_param[{x}]" for x in ("a b", "c::d", "[e]", "f - g")),
    *(f"test_a.py::{name}" for name in ("test_printing", "test_chain", "test_uses_broken", "test_missing_fixture")),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("style", "flags"),
    [
        ("auto", ()),
        ("long", ("-q",)),
        ("short", ("-vv", "--color=yes")),
        ("line", ("-q",)),
        ("native", ()),
        ("no", ("-rA",)),
        ("auto", ("-rA",)),
    ],
)
def test_every_failing_test_is_found_once(tmp_path, style, flags):
    (tmp_path / "test_a.py").write_text(TESTS)
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", f"--tb={style}", *flags]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, check=False)
    diagnosis = diagnose(pages_of(done.stdout))
    assert sorted(failure.test_id for failure in diagnosis.open) == sorted(IDS)
    assert not diagnosis.notes
