import pytest

from dspy_ci.codebase.reach import reached
from dspy_ci.codebase.snapshot import Snapshot

FILES = {
    "src/shop/__init__.py": "from .till import pay\n",
    "src/shop/price.py": "",
    "src/shop/till.py": "from shop import price\n",
    "src/shop/lonely.py": "",
    "src/shop/stock/__init__.py": "",
    "src/shop/stock/shelf.py": "from ..price import total\n",
    "tests/conftest.py": "import helpers\n",
    "tests/helpers.py": "",
    "tests/unit/test_till.py": "import shop.till\n",
    "tests/unit/test_lazy.py": "def test():\n    from shop.stock import shelf\n",
    "tests/unit/test_patch.py": "from unittest import mock\nmock.patch('shop.lonely.size')\n",
    "tests/unit/conftest.py": "",
    "test_free.py": "import json\n",
}
EVERY = ("tests/unit/test_lazy.py", "tests/unit/test_patch.py", "tests/unit/test_till.py")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (["src/shop/till.py"], EVERY),  # the package's own __init__ runs it, and all import the package
        (["src/shop/price.py"], EVERY),
        (["src/shop/stock/shelf.py"], ("tests/unit/test_lazy.py",)),
        (["src/shop/lonely.py"], ("tests/unit/test_patch.py",)),
        (["tests/helpers.py"], EVERY),
        (["tests/unit/conftest.py"], EVERY),
        (["test_free.py"], ("test_free.py",)),
        (["README.md", "docs/conf.toml", "LICENSE"], ()),
        (["README.md", "test_free.py"], ("test_free.py",)),
        ([], ()),
    ],
)
def test_tests_are_reached_through_imports_of_imports(changed, expected):
    assert reached(Snapshot.of(FILES), changed) == expected


@pytest.mark.parametrize(
    "path", ["pyproject.toml", "src/shop/data.json", "tests/data/expected.txt", "requirements.txt"]
)
def test_a_file_that_anything_may_read_reaches_everything(path):
    assert reached(Snapshot.of(FILES), [path]) is None


def test_rings_of_imports_end():
    files = {"a.py": "import b\n", "b.py": "import a\n", "test_a.py": "import a\n"}
    assert reached(Snapshot.of(files), ["b.py"]) == ("test_a.py",)
