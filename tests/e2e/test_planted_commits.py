"""Thirty planted commits: each harmful one is caught before it leaves the machine, each harmless one passes."""

import pytest

pytestmark = pytest.mark.slow

STOCK = '''"""What lies on the shelves."""

from dataclasses import dataclass
from enum import Enum

LIMIT = (1, 99)


class Size(Enum):
    SMALL = 1
    LARGE = 2


@dataclass(frozen=True)
class Item:
    name: str
    price: int
    size: Size = Size.SMALL


class Shelf:
    def __init__(self, items=()):
        self.items = list(items)

    def worth(self, factor=1):
        return sum(item.price for item in self.items) * factor

    def find(self, name):
        for item in self.items:
            if item.name == name:
                return item
        raise KeyError(name)
'''
PRICES = '''"""Sums of money."""

from bazaar.stock import LIMIT


def rounded(value, step=5):
    return value // step * step


def taxed(value, rate):
    if value < LIMIT[0]:
        raise ValueError("too cheap")
    return rounded(value + value * rate // 100)
'''
TILL = '''"""Where people pay."""

from bazaar import prices, stock


def pay(shelf: stock.Shelf, names):
    return sum(prices.taxed(shelf.find(name).price, 20) for name in names)


def label(item, width=3):
    return f"{item.name[:width]} {item.size.name}"
'''
REPORT = '''"""What the owner reads."""

from pathlib import Path

from bazaar.prices import rounded
from bazaar.stock import LIMIT, Shelf
from bazaar.till import label, pay

HEAD = Path(__file__).parents[1] / "data/head.txt"


def page(shelf: Shelf, names):
    lines = [label(shelf.find(name), width=4) for name in names]
    return [HEAD.read_text().strip(), *lines, rounded(pay(shelf, names)), LIMIT[1]]


def total(shelf):
    return shelf.worth(factor=2)
'''
FILES = {
    ".gitignore": "__pycache__/\n",
    "pyproject.toml": (
        '[project]\nname = "bazaar"\nversion = "1"\ndependencies = ["attrs"]\n\n'
        '[tool.pytest.ini_options]\npythonpath = ["."]\ntestpaths = ["tests"]\n'
    ),
    "README.md": "The [head](data/head.txt) of each page.\n",
    "bazaar/__init__.py": "",
    "bazaar/stock.py": STOCK,
    "bazaar/prices.py": PRICES,
    "bazaar/till.py": TILL,
    "bazaar/report.py": REPORT,
    "data/head.txt": "Bazaar\n",
    "tests/conftest.py": (
        "import pytest\n\nfrom bazaar.stock import Item, Shelf, Size\n\n\n@pytest.fixture\ndef shelf():\n"
        "    return Shelf([Item('lamp', 40), Item('carpet', 110, Size.LARGE)])\n"
    ),
    "tests/test_report.py": (
        "from bazaar import report\n\n\ndef test_page(shelf):\n"
        "    assert report.page(shelf, ['lamp', 'carpet']) == ['Bazaar', 'lamp SMALL', 'carp LARGE', 175, 99]\n\n\n"
        "def test_total(shelf):\n    assert report.total(shelf) == 300\n"
    ),
    "tests/test_stock.py": (
        "import pytest\n\nfrom bazaar.till import pay\n\n\ndef test_missing(shelf):\n"
        "    with pytest.raises(KeyError):\n        pay(shelf, ['vase'])\n"
    ),
}


def stock(*pairs):
    return {"bazaar/stock.py": swapped(STOCK, *pairs)}


def prices(*pairs):
    return {"bazaar/prices.py": swapped(PRICES, *pairs)}


def swapped(text, *pairs):
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


HARMFUL = {
    "check": {
        "a function renamed, two users left behind": prices(("rounded", "rounded_down")),
        "a class renamed, its users left behind": stock(("class Shelf", "class Rack")),
        "a constant renamed, three users left behind": stock(("LIMIT", "LIMITS")),
        "a module deleted that others import": {"bazaar/prices.py": None},
        "a module moved without its users": {"bazaar/stock.py": None, "bazaar/goods.py": STOCK},
        "a package emptied": {path: None for path in FILES if path.startswith("bazaar/")},
        "a parameter added, a caller left behind": prices(("value, rate", "value, rate, country")),
        "a parameter renamed that callers name": {"bazaar/till.py": swapped(TILL, ("width", "length"))},
        "a constructor that asks for more": stock(("name: str\n", "name: str\n    maker: str\n")),
        "a file that does not parse": {"bazaar/till.py": swapped(TILL, ("names):", "names:"))},
        "a name that nobody defined": prices(("value // step", "valeu // step")),
        "a merge that was not finished": {
            "bazaar/prices.py": f"<<<<<<< HEAD\n{PRICES}=======\n{PRICES}>>>>>>> side\n",
        },
        "a method renamed, an annotated receiver left behind": stock(("def find", "def lookup")),
        "a fixture renamed": {"tests/conftest.py": swapped(FILES["tests/conftest.py"], ("def shelf", "def rack"))},
        "a data file removed that the code reads": {"data/head.txt": None},
        "an import of a package that nobody declares": prices(("from bazaar", "import orjson\nfrom bazaar")),
    },
    "verify": {
        "a test broken two imports away": prices(("value // step * step", "value // step * step + step")),
        "another exception than before": stock(("KeyError(name)", "LookupError(name)")),
        "a default changed": {
            "bazaar/stock.py": swapped(STOCK, ("size: Size = Size.SMALL", "size: Size = Size.LARGE"))
        },
        "a member of an enumeration renamed": stock(("SMALL = 1", "TINY = 1"), ("Size.SMALL", "Size.TINY")),
        "a ring of imports": stock(("LIMIT = (1", "from bazaar import report\n\nLIMIT = (report.HEAD and 1")),
        "a method renamed, an unknown receiver left behind": stock(("def worth", "def value")),
    },
}
HARMLESS = {
    "a function renamed with all its users": {
        **prices(("rounded", "floored")),
        "bazaar/report.py": swapped(REPORT, ("rounded", "floored")),
    },
    "a helper taken out of a function": prices(
        ("return rounded(value + value * rate // 100)", "return rounded(_more(value, rate))"),
        ("def taxed", "def _more(value, rate):\n    return value + value * rate // 100\n\n\ndef taxed"),
    ),
    "a parameter with a default added": prices(("value, rate", "value, rate, country='us'")),
    "a constant moved and imported back": {
        **stock(("LIMIT = (1, 99)", "from bazaar.limits import LIMIT")),
        "bazaar/limits.py": "LIMIT = (1, 99)\n",
    },
    "a module that became a package": {"bazaar/stock.py": None, "bazaar/stock/__init__.py": STOCK},
    "annotations added": prices(("value, step=5)", "value: int, step: int = 5) -> int")),
    "a local variable renamed": prices(("value // step * step", "(whole := value // step) * step")),
    "a new module with its test": {
        "bazaar/door.py": "from bazaar.till import pay\n\n\ndef enter():\n    return pay\n",
        "tests/test_door.py": "from bazaar.door import enter\n\n\ndef test_enter():\n    assert enter()\n",
    },
    "a public name that nobody used removed": prices(("def taxed", "SPARE = 1\n\n\ndef taxed")),
    "an attribute that was private renamed": stock(("self.items", "self._items")),
    "documentation": {"README.md": "A bazaar. The [head](data/head.txt).\n"},
    "a data file moved with its users": {
        "data/head.txt": None,
        "data/top.txt": "Bazaar\n",
        "bazaar/report.py": swapped(REPORT, ("data/head.txt", "data/top.txt")),
        "README.md": "The [top](data/top.txt) of each page.\n",
    },
}  # fmt: skip


@pytest.fixture
def bazaar(repository, git):
    """The repository, and how to stage changes in it."""
    root = repository(FILES)

    def stage(changes):
        for path, text in changes.items():
            if text is None:
                (root / path).unlink()
            else:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
        git(root, "add", "-A")
        return root

    return stage


@pytest.fixture
def caught(dspy_ci, git):
    """Which hook catches what is staged, and what the hooks said."""

    def run(root):
        done = dspy_ci("hook", "check", cwd=root)
        if done.returncode:
            return "check", done.stdout + done.stderr
        git(root, "commit", "-qnm", "planted")
        pushed = dspy_ci("hook", "verify", cwd=root, DSPY_CI_BUDGET="2s")
        said = done.stdout + done.stderr + pushed.stdout + pushed.stderr
        return ("verify" if pushed.returncode else None), said

    return run


def test_there_are_thirty_at_least():
    assert sum(map(len, HARMFUL.values())) + len(HARMLESS) >= 30


@pytest.mark.parametrize(
    ("hook", "changes"),
    [pytest.param(hook, changes, id=name) for hook, table in HARMFUL.items() for name, changes in table.items()],
)
def test_a_harmful_commit_is_caught(bazaar, caught, hook, changes):
    by, said = caught(bazaar(changes))
    assert by == hook, said
    assert len(said.splitlines()) <= 20


@pytest.mark.parametrize("changes", HARMLESS.values(), ids=HARMLESS)
def test_a_harmless_commit_passes_in_silence(bazaar, caught, changes):
    assert caught(bazaar(changes)) == (None, "")
