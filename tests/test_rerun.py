"""Any command, judged by running it again: on a sandbox in memory whose command is a predicate on the files."""

from __future__ import annotations

import pytest

from dspy_ci.errors import ModelError
from dspy_ci.ports.author import ScriptedAuthor
from dspy_ci.ports.repo import MemoryRepo
from dspy_ci.ports.sandbox import Command, MemorySandbox, Outcome
from dspy_ci.ports.trees import MemoryTrees
from dspy_ci.ports.trial import CommandTrial
from dspy_ci.reports.fix import FixReport
from dspy_ci.rerun import Order, mend_command
from dspy_ci.rounds import Asking


def mended(files, says, *, before=None, asking=None, read=None):
    """The report on a command; `says` gives its output for the files, empty for green."""

    def run(command, laid):
        if command.argv[0] != "checker":
            return Outcome(127, "not found", 0.0)
        output = says(laid)
        return Outcome(1 if output else 0, output, 0.0)

    data = {path: text.encode() for path, text in files.items()}
    sandbox = MemorySandbox(data, commands=run)
    past = MemoryTrees({path: text.encode() for path, text in before.items()}, data) if before else None
    order = Order("checker", CommandTrial(Command(("checker",), 10), read), 30, asking=asking)
    *_, report = mend_command(order, MemoryRepo(data), sandbox, past)
    assert isinstance(report, FixReport)
    return report


SHOUTED = "def shout(text):\n    return text.lower()\n"
RAISED = 'Traceback (most recent call last):\n  File "a.py", line 2, in shout\nRuntimeError: too quiet\n'
BLOCK = "a.py\n<<<<<<< SEARCH\n    return text.lower()\n=======\n    return text.upper()\n>>>>>>> REPLACE"
RIGHT = f"It was quiet.\n\n{BLOCK}"
WRONG = RIGHT.replace("upper", "title")


def quiet(files):
    return "" if b"upper" in files["a.py"] else RAISED


def test_a_model_is_asked_last_and_an_exit_code_alone_does_not_prove_what_it_wrote():
    author = ScriptedAuthor([WRONG, RIGHT])
    report = mended({"a.py": SHOUTED}, quiet, asking=Asking(author))
    (offer,) = report.offers
    assert (report.status, report.best, report.model) == ("unfixed", None, "scripted")
    assert "text.upper()" in offer.patch.diff
    assert "does not prove what a model wrote" in offer.verdict.reason
    assert "RuntimeError: too quiet" in author.briefs[0].context
    assert "=== a.py ===" in author.briefs[0].code


def test_tests_that_a_command_names_prove_what_a_model_wrote():
    def read(output):
        return {"test_shout": "failed" if output else "passed"}

    author = ScriptedAuthor([WRONG, RIGHT])
    report = mended({"a.py": SHOUTED}, quiet, asking=Asking(author), read=read)
    assert (report.status, report.best.patch.origin, report.best.patch.safe) == ("fixed", "model", False)
    assert "weaker evidence" in report.best.verdict.reason


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"a.py": "def f(x):\n    return nope\n"}, "a.py:2:12: F821 undefined name 'nope'\n"),
        ({"a.py": SHOUTED}, "something is wrong\n"),
        ({"tests/test_a.py": SHOUTED}, RAISED.replace("a.py", "tests/test_a.py")),
    ],
    ids=["a checker", "no place", "only tests"],
)
def test_a_model_is_not_asked_where_its_answer_could_be_no_cure(files, says):
    author = ScriptedAuthor([RIGHT])
    assert mended(files, lambda _: says, asking=Asking(author)).best is None
    assert author.briefs == []


def test_trouble_with_the_model_is_a_note():
    author = ScriptedAuthor([ModelError("auth", "the key is wrong")])
    report = mended({"a.py": SHOUTED}, quiet, asking=Asking(author))
    assert report.status == "unfixed"
    assert any("the key is wrong" in note for note in report.notes)


def test_a_green_command_is_left_alone():
    report = mended({"a.py": "x = 1\n"}, lambda files: "")
    assert (report.status, report.offers) == ("green", ())


def test_a_command_that_no_edit_pleases_stays_red():
    report = mended({"a.py": "x = 1\n"}, lambda files: "a.py:1:1: F999 something is wrong\n")
    assert (report.status, report.best) == ("unfixed", None)


def undefined(files):
    bad = b"import json" not in files["a.py"]
    return "a.py:2:12: F821 undefined name 'json'\n" if bad else ""


def test_a_fixer_mends_what_a_linter_says():
    report = mended({"a.py": "def f(x):\n    return json.loads(x)\n"}, undefined)
    assert report.best.patch.sources["a.py"].text.startswith("import json\n")
    assert "weaker evidence" in report.best.verdict.reason


def test_a_guess_that_pleases_the_linter_is_no_cure():
    says = lambda files: "a.py:2:12: F821 undefined name 'nope'\n" if b"nope" in files["a.py"] else ""  # noqa: E731 - short
    assert mended({"a.py": "def f(x):\n    return nope\n"}, says).best is None


def test_several_complaints_are_mended_one_upon_the_other():
    code = "def f(x):\n    return json.loads(x), math.pi\n"

    def says(files):
        missing = [name for name in ("json", "math") if f"import {name}".encode() not in files["a.py"]]
        return "".join(f"a.py:2:{ord(name[0])}: F821 undefined name {name!r}\n" for name in missing)

    text = mended({"a.py": code}, says).best.patch.sources["a.py"].text
    assert "import json\n" in text
    assert "import math\n" in text


def test_the_guilty_part_of_the_change_is_taken_back_at_last():
    was = {"a.txt": "one\n", "b.txt": "one\n"}
    now = {"a.txt": "two\n", "b.txt": "two\n"}
    report = mended(now, lambda files: "boom\n" if files["b.txt"] == b"two\n" else "", before=was)
    assert report.best.patch.origin == "revert"
    assert not report.best.patch.safe
    assert report.best.patch.files == {"b.txt": b"one\n"}


@pytest.mark.parametrize("path", ["tests/test_a.py", "conftest.py", ".github/workflows/ci.yml", "pyproject.toml"])
def test_tests_and_configuration_are_never_taken_back(path):
    report = mended({path: "x = 2\n"}, lambda files: "boom\n" if b"2" in files[path] else "", before={path: "x = 1\n"})
    assert report.best is None
