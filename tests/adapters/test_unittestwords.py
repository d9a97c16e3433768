"""What unittest is told, in pytest's words; first what has no counterpart."""

import pytest

from dspy_ci.adapters.unittestwords import for_pytest

PLAIN = ("-o", "python_files=test*.py", "-o", "pythonpath=.")


@pytest.fixture
def root(tmp_path, write):
    write(tmp_path, {"tests/__init__.py": "", "tests/test_a.py": "", "test_b.py": "", "lib/x.txt": ""})
    return tmp_path


@pytest.mark.parametrize(
    "words", ["-k name", "--locals", "nowhere", "tests.nothing", "discover -s nowhere", "nowhere.py"]
)
def test_nothing_to_say(root, words):
    assert for_pytest(root, tuple(words.split())) is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", PLAIN),
        ("-v -b", PLAIN),
        ("discover", PLAIN),
        ("discover -s tests", (*PLAIN, "tests")),
        ("discover tests", (*PLAIN, "tests")),
        ("discover -s tests -p check_*.py", ("-o", "python_files=check_*.py", "-o", "pythonpath=.", "tests")),
        ("test_b", (*PLAIN, "test_b.py")),
        ("tests", (*PLAIN, "tests")),
        ("tests/test_a.py", (*PLAIN, "tests/test_a.py")),
        ("tests.test_a.ATest.test_x test_b", (*PLAIN, "tests/test_a.py::ATest::test_x", "test_b.py")),
    ],
)
def test_words(root, words, told):
    assert for_pytest(root, tuple(words.split())) == told
