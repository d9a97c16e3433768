import sqlite3

import pytest

from dspy_ci.adapters.coveragedata import executed_by


@pytest.fixture
def recorded(tmp_path):
    """A project with a coverage file as pytest-cov writes it with --cov-context=test."""
    with sqlite3.connect(tmp_path / ".coverage") as file:
        file.executescript(
            "CREATE TABLE file (id integer, path text); CREATE TABLE context (id integer, context text);"
            "CREATE TABLE line_bits (file_id integer, context_id integer, numbits blob);"
        )
        file.executemany("INSERT INTO file VALUES (?, ?)", [(1, str(tmp_path / "a.py")), (2, "b.py")])
        rows = [(1, "tests/test_a.py::test_x|run"), (2, ""), (3, "tests/test_b.py::test_y|setup")]
        file.executemany("INSERT INTO context VALUES (?, ?)", rows)
        file.executemany("INSERT INTO line_bits VALUES (?, ?, ?)", [(1, 1, b""), (1, 2, b""), (2, 3, b"")])
    file.close()
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "expected"),
    [(["a.py"], {"tests/test_a.py"}), (["b.py", "a.py"], {"tests/test_a.py", "tests/test_b.py"}), (["c.py"], set())],
)
def test_tests_are_known_by_the_files_that_they_executed(recorded, changed, expected):
    assert executed_by(recorded, changed) == expected


def test_without_a_recording_or_with_a_strange_one_nothing_is_known(tmp_path):
    assert executed_by(tmp_path, ["a.py"]) == set()
    (tmp_path / ".coverage").write_bytes(b"!coverage.py: old")
    assert executed_by(tmp_path, ["a.py"]) == set()
