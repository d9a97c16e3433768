"""Text for the log of a job: what its runner would obey, and what it must not."""

import json

import pytest

from dspy_ci.commands.terminal import show, show_json
from dspy_ci.reports.styled import Styled
from dspy_ci.reports.workflow import inert
from tests.actions.runner.job import COMMAND, OLDER

ORDERS = [
    "::error::x", "  ::add-mask::x", "\t::warning file=a::x", "a\n::error::x", "a\r::error::x", "##[error]x",
    "a ##[add-mask]x", "a\n  ##[stop-commands]x", "###[error]x", "##[##[error]x",
]  # fmt: skip
PLAIN = ["tests/test_a.py::test_b", "a: b", "# [x]", "## Heading", "C::operator", "a ::error:: b"]


def obeyed(text):
    """The lines that the runner takes for commands, as it reads them."""
    return [line for line in text.splitlines() if COMMAND.match(line.strip()) or OLDER.search(line)]


@pytest.mark.parametrize("text", ORDERS)
def test_no_line_of_inert_text_is_a_command(text):
    assert obeyed(text)
    assert obeyed(inert(text)) == []
    assert inert(text).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_command_stays_to_the_letter(text):
    assert inert(text) == text


@pytest.mark.parametrize("text", ORDERS)
def test_reports_give_no_orders_where_a_runner_reads_them(text, capfd, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    show([Styled(text)], err=True)
    show([Styled(text)])
    show_json({"message": text})
    out, err = capfd.readouterr()
    assert obeyed(out + err) == []
    assert json.loads(out.splitlines()[-1]) == {"message": text}


def test_elsewhere_a_report_is_what_it_is(capfd):
    show([Styled("##[error]x")])
    show_json({"message": "##[error]x"})
    assert capfd.readouterr().out == '##[error]x\n{"message": "##[error]x"}\n'


def test_an_error_of_ours_that_quotes_foreign_text_gives_no_orders(dspy_ci, tmp_path):
    done = dspy_ci("explain", "##[error]x\n::error::y", cwd=tmp_path, GITHUB_ACTIONS="true")
    assert done.returncode == 2
    assert obeyed(done.stderr) == []
    assert "error]x" in done.stderr
