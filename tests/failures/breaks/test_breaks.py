import pytest

from dspy_ci.adapters.rufflint import RuffLint
from dspy_ci.codebase.difference import Difference
from dspy_ci.failures.breaks.judge import breaks
from dspy_ci.ports.trees import MemoryTrees

SHOP = {
    "shop/__init__.py": "",
    "shop/price.py": (
        "LIMIT = 10\n\n\ndef total(price, count):\n    return price * count\n\n\nclass Basket:\n"
        "    def __init__(self, owner, size=3):\n        self.owner = owner\n        self.size = size\n"
    ),
    "shop/till.py": "from shop.price import total\n\n\ndef pay(x):\n    return total(x, 2)\n",
    "shop/desk.py": (
        "from . import price\n\n\ndef ask(x):\n    return price.total(x, count=price.LIMIT), price.Basket(x)\n"
    ),
    "tests/test_till.py": "import shop.till\n\n\ndef test_pay():\n    assert shop.till.pay(2) == 4\n",
}


def judged(changes, before=SHOP, **options):
    after = {path: text for path, text in {**before, **changes}.items() if text is not None}
    trees = MemoryTrees(*({path: text.encode() for path, text in side.items()} for side in (before, after)), **options)
    return {f"{failure.file}:{failure.line}:{failure.code}" for failure in breaks(Difference(trees), RuffLint())}


def price(old, new):
    return {"shop/price.py": SHOP["shop/price.py"].replace(old, new)}


HARMFUL = {
    "a function renamed": (price("total", "whole"), {"shop/till.py:1:removed-name", "shop/desk.py:5:removed-name"}),
    "a constant removed": (price("LIMIT = 10\n", ""), {"shop/desk.py:5:removed-name"}),
    "a class renamed": (price("Basket", "Bag"), {"shop/desk.py:5:removed-name"}),
    "a module deleted": ({"shop/price.py": None}, {"shop/till.py:1:missing-module", "shop/desk.py:1:missing-module"}),
    "a package emptied": (
        {path: None for path in SHOP if path.startswith("shop")},
        {"tests/test_till.py:1:missing-module"},
    ),
    "a module moved": (
        {"shop/price.py": None, "shop/prices.py": SHOP["shop/price.py"]},
        {"shop/till.py:1:missing-module", "shop/desk.py:1:missing-module"},
    ),
    "a parameter renamed": (price("count", "number"), {"shop/desk.py:5:changed-signature"}),
    "a parameter added": (
        price("price, count", "price, count, tax"),
        {"shop/till.py:5:changed-signature", "shop/desk.py:5:changed-signature"},
    ),
    "a parameter removed": (
        {"shop/price.py": SHOP["shop/price.py"].replace("price, count", "price").replace("* count", "* 2")},
        {"shop/till.py:5:changed-signature", "shop/desk.py:5:changed-signature"},
    ),
    "a constructor that asks for more": (price("owner, size=3", "owner, size"), {"shop/desk.py:5:changed-signature"}),
    "a name that does not exist": ({"shop/new.py": "from shop.price import totl\n"}, {"shop/new.py:1:missing-name"}),
    "a module that does not exist": ({"shop/new.py": "from .prise import total\n"}, {"shop/new.py:1:missing-module"}),
    "a syntax error": ({"shop/till.py": "def pay(:\n"}, {"shop/till.py:1:invalid-syntax"}),
    "an undefined name": ({"shop/till.py": SHOP["shop/till.py"] + "y = z\n"}, {"shop/till.py:6:undefined-name"}),
    "conflict markers": (
        {"notes.cfg": "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n"},
        {"notes.cfg:2:conflict-marker"},
    ),
    "conflict markers in Python": (
        {"shop/till.py": "<<<<<<< HEAD\nb = 1\n=======\nc = 1\n>>>>>>> other\n"},
        {"shop/till.py:1:conflict-marker"},
    ),
}


@pytest.mark.parametrize(("changes", "expected"), HARMFUL.values(), ids=HARMFUL)
def test_what_breaks_others_is_named_where_it_breaks(changes, expected):
    assert judged(changes) == expected


HARMLESS = {
    "nothing": {},
    "a function renamed with its users": {
        **price("total", "whole"),
        "shop/till.py": SHOP["shop/till.py"].replace("total", "whole"),
        "shop/desk.py": SHOP["shop/desk.py"].replace("total", "whole"),
    },
    "an old name kept as an alias": price("LIMIT = 10", "MOST = 10\nLIMIT = MOST"),
    "a parameter with a default added": price("price, count", "price, count, tax=0"),
    "a star parameter added": price("price, count", "price, count, *rest, **more"),
    "a name served by __getattr__": price("LIMIT = 10", "def __getattr__(name):\n    return 10\n"),
    "a name that moved and is imported back": {
        **price("LIMIT = 10", "from shop.limits import LIMIT"),
        "shop/limits.py": "LIMIT = 10\n",
    },
    "a module that became a package": {"shop/price.py": None, "shop/price/__init__.py": SHOP["shop/price.py"]},
    "a name that is imported if it can be": {
        "shop/new.py": "try:\n    from shop.price import gone\nexcept ImportError:\n    gone = None\n"
    },
    "a foreign package": {"shop/new.py": "from numpy import array\nimport os.path\n"},
    "a module with the name of a foreign one": {"examples/numpy/run.py": "from numpy import array\n"},
    "an unused function removed": price("LIMIT", "LIMIT = 3\nOTHER"),
    "a local name like a module's": {"shop/new.py": "def f(price):\n    return price.nothing\n"},
    "markers in prose": {"help.md": "<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n"},
    "markers in a text of Python": {"shop/new.py": 'x = """\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n"""\n'},
    "a compiled module": {"shop/_fast.pyx": "", "shop/new.py": "from shop._fast import speed\n"},
    "a generated module": {"shop/new.py": "from shop._version import version\n"},
    "a star import": {"shop/new.py": "from shop.price import *\n\nx = total(1, 2)\n"},
    "a file that is no text": {"shop/new.py": "\0\0"},
}


@pytest.mark.parametrize("changes", HARMLESS.values(), ids=HARMLESS)
def test_what_harms_nobody_is_not_mentioned(changes):
    assert judged(changes) == set()


def test_what_was_wrong_before_is_not_the_fault_of_this_change():
    old = {**SHOP, "shop/till.py": "from shop.price import gone\nfrom shop.nowhere import x\ny = z\n"}
    assert judged({"shop/till.py": old["shop/till.py"] + "a = 1\n"}, old) == set()
    assert judged({"shop/bad.py": "def (:\n\n"}, {**SHOP, "shop/bad.py": "def (:\n"}) == set()


def test_a_file_that_was_not_added_is_named():
    changes = {"shop/new.py": "from shop.extra import more\n"}
    assert judged(changes, untracked=("shop/extra.py",)) == {"shop/new.py:1:forgotten-file"}
    assert judged(changes, ignored=("shop/extra.py",)) == set()
