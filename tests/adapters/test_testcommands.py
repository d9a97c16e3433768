import os
import sys

import pytest

from dspy_ci.adapters import interpreters, testcommands
from dspy_ci.errors import MissingError, UsageError

PYTEST = f"{sys.executable} -m pytest"


def find(root, text):
    return testcommands.find(root, {"PATH": os.environ["PATH"]}, text)


def venv_like(folder, *, works=True):
    """A folder that looks like a virtual environment with this interpreter, or with none that starts."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n' if works else "#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    return python


@pytest.mark.parametrize(
    ("text", "args"),
    [
        (f"{PYTEST} -q", ("-q",)),
        (f"{PYTEST} -k 'a or (b)' tests", ("-k", "a or (b)", "tests")),
        (f"A=1 {PYTEST} tests", ("tests",)),
        (f"uv run --frozen {PYTEST} tests", ("tests",)),
        (f"{PYTEST} -x -n 4 --cov pkg --cov-report=xml --maxfail=1 -q", ("-q",)),
    ],
)
def test_pytest_is_recognised_in_its_disguises(tmp_path, text, args):
    command = find(tmp_path, text)
    assert command.python == sys.executable
    assert command.args == args


def test_words_that_hide_single_results_are_dropped_and_said(tmp_path):
    command = find(tmp_path, f"{PYTEST} -x -q")
    assert any("without -x" in note for note in command.notes)


def test_assignments_before_the_command_are_its_environment(tmp_path):
    assert find(tmp_path, f"A=1 B='x y' {PYTEST}").env == {"A": "1", "B": "x y"}


@pytest.mark.parametrize("text", ["make test | cat", "cd a && pytest", "pytest $ARGS", "pytest; true"])
def test_shell_syntax_goes_through_a_shell(tmp_path, text):
    command = find(tmp_path, text)
    assert command.argv == ("/bin/sh", "-c", text)
    assert command.python is None


def test_a_shell_is_shown_the_folders_of_the_programs_it_calls(tmp_path):
    for name in ("checker", "unused"):
        folder = tmp_path / name / "bin"
        folder.mkdir(parents=True)
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    path = os.pathsep.join([str(tmp_path / "checker" / "bin"), str(tmp_path / "unused" / "bin"), os.environ["PATH"]])
    command = testcommands.find(tmp_path, {"PATH": path}, 'A=1 true && test -z "$(checker -l unused)"')
    assert str(tmp_path / "checker" / "bin") in command.reads
    assert str(tmp_path / "unused" / "bin") not in command.reads


def test_any_other_command_is_kept_as_it_is(tmp_path):
    command = find(tmp_path, "git status --short")
    assert command.argv[1:] == ("status", "--short")
    assert command.python is None


@pytest.mark.parametrize("text", ["no-such-program-anywhere x", "/no/such/python -m pytest"])
def test_a_program_that_does_not_exist_gets_a_sentence(tmp_path, text):
    with pytest.raises(MissingError, match="does not exist"):
        find(tmp_path, text)


@pytest.mark.parametrize("text", ["", "   ", "A=1", "'open"])
def test_what_is_no_command_gets_a_sentence(tmp_path, text):
    with pytest.raises(UsageError):
        find(tmp_path, text)


def test_the_active_environment_comes_before_the_one_in_the_project(tmp_path):
    venv_like(tmp_path / ".venv")
    active = venv_like(tmp_path / "active")
    found = interpreters.find(tmp_path, {"VIRTUAL_ENV": str(active.parent.parent), "PATH": ""})
    assert found.found == "VIRTUAL_ENV"


def test_an_environment_without_pytest_is_passed_over(tmp_path):
    venv_like(tmp_path / ".venv", works=False)
    venv_like(tmp_path / ".tox" / "py312")
    assert interpreters.find(tmp_path, {"PATH": ""}).found == "a tox or nox environment"


def test_where_nothing_has_the_module_every_place_is_named(tmp_path):
    venv_like(tmp_path / ".venv", works=False)
    with pytest.raises(MissingError, match=r"no_such_module; looked at .*\.venv") as caught:
        interpreters.find(tmp_path, {"PATH": ""}, module="no_such_module")
    assert "pip install" in caught.value.hint
