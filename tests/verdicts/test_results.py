"""How each test ended, read from what runners print."""

from __future__ import annotations

from pathlib import Path

import pytest

from dspy_ci.verdicts.results.table import results

OUTPUTS = sorted((Path(__file__).parents[1] / "golden" / "results").glob("*.txt"))
"""What must be read, a line of `=`, and the output."""


@pytest.mark.parametrize("path", OUTPUTS, ids=lambda path: path.stem)
def test_what_a_runner_prints_is_read(path):
    expected, _, output = path.read_text(encoding="utf-8").partition("=====\n")
    rows = [line.partition(" ") for line in expected.splitlines()]
    assert results(output) == {name: status for status, _, name in rows}


def test_colours_do_not_matter():
    assert results("\x1b[32mtest tests::zero ... \x1b[0mok\n") == {"tests::zero": "passed"}


def test_a_test_that_is_told_of_twice_keeps_the_worse_end():
    assert results("PASSED a.py::t\nFAILED a.py::t - no\nPASSED a.py::t\n") == {"a.py::t": "failed"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.js\n  1:5  error  Use 'const' instead  prefer-const\n\n✖ 1 problem (1 error, 0 warnings)\n",
        "a.js format ━━━━━━━━━━\n\n  × Formatter would have printed the following content:\n",
        "ok\n",
        "all fine ... ok then\n",
        "1..\n",
        "--- FAIL\n",
        "ok 1 - no header\n",
        "make: *** [test] Error 1\n",
    ],
)
def test_other_text_names_no_test(text):
    assert results(text) == {}
