import pytest

from dspy_ci.adapters.rufflint import RuffLint
from dspy_ci.codebase.difference import Difference
from dspy_ci.failures.breaks.judge import breaks
from dspy_ci.ports.trees import MemoryTrees

SHOP = {
    "pyproject.toml": "[project]\ndependencies = ['PyYAML>=6', 'scikit-learn']\n",
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


def judged(changes, before=SHOP, excluded=(), **options):
    after = {path: text for path, text in {**before, **changes}.items() if text is not None}
    trees = MemoryTrees(*({path: text.encode() for path, text in side.items()} for side in (before, after)), **options)
    return {
        f"{failure.file}:{failure.line}:{failure.code}" for failure in breaks(Difference(trees, excluded), RuffLint())
    }


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
    "a name that a patch of a test names": (
        {
            **price("total", "whole"),
            "tests/test_x.py": "x = 'shop.price.total'\n",
            **dict.fromkeys(("shop/till.py", "shop/desk.py", "tests/test_till.py")),
        },
        {"tests/test_x.py:1:removed-name"},
    ),
    "a foreign package that nobody declares": (
        {"shop/new.py": "import json\nimport numpy.linalg\n"},
        {"shop/new.py:2:undeclared-import"},
    ),
    "a second test file of one name": (
        {"tests/more/test_till.py": "def test_x():\n    assert True\n"},
        {"tests/more/test_till.py:1:same-test-name"},
    ),
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
    "foreign packages that are declared": {"shop/new.py": "import yaml\nfrom sklearn import svm\nimport os.path\n"},
    "a foreign package that may be missing": {
        "shop/new.py": "try:\n    import numpy\nexcept ImportError:\n    numpy = None\n"
    },
    "a foreign package together with its declaration": {
        "pyproject.toml": "[project]\ndependencies = ['odd-name']\n",
        "shop/new.py": "import numpy\n",
    },
    "a test file of one name in a package": {
        "tests/more/test_till.py": "def test_x():\n    assert True\n",
        "tests/more/__init__.py": "",
    },
    "a module with the name of a foreign one": {"examples/numpy/run.py": "from numpy import array\n"},
    "a module of the standard library that a neighbour is called like": {
        "shop/types.py": "",
        "shop/new.py": "from types import TracebackType\nfrom logging import handlers\n",
    },
    "a module beside the script that only a changed path finds": {
        "shop/odd.py": "",
        "shop/new.py": "from odd import thing\n",
    },
    "an unused function removed": price("LIMIT", "LIMIT = 3\nOTHER"),
    "a local name like a module's": {"shop/new.py": "def f(price):\n    return price.nothing\n"},
    "markers in prose": {"help.md": "<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n"},
    "markers in a text of Python": {"shop/new.py": 'x = """\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n"""\n'},
    "a compiled module": {"shop/_fast.pyx": "", "shop/new.py": "from shop._fast import speed\n"},
    "a generated module": {"shop/new.py": "from shop._version import version\nfrom . import _version\n"},
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
    for text in ("from shop.extra import more\n", "from . import extra\n", "import shop.extra\n"):
        changes = {"shop/new.py": text}
        assert judged(changes, untracked=("shop/extra.py",)) == {"shop/new.py:1:forgotten-file"}
        assert judged(changes, ignored=("shop/extra.py",)) == set()


CART = """class Cart:
    def __init__(self):
        self.items = []

    def total(self, tax):
        return sum(self.items) * tax

    def show(self):
        return self.total(1)
"""
STORE = {
    "store/__init__.py": "",
    "store/cart.py": CART,
    "store/web.py": "from store.cart import Cart\n\n\ndef page():\n    cart = Cart()\n    return cart.total(2)\n",
    "store/api.py": (
        "from store.cart import Cart\n\n\ndef call(cart: Cart):\n    return cart.total(tax=2), cart.items\n"
    ),
    "tests/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef cart():\n    return 1\n",
    "tests/test_cart.py": "def test_cart(cart):\n    assert cart\n",
    "data/prices.json": "{}",
    "store/load.py": "PATH = 'data/prices.json'\n",
    "ci.yml": "run: python scripts/build.py\n",
    "scripts/build.py": "print(1)\n",
    "guide.md": "See [the prices](data/prices.json).\n",
    "setup.cfg": "[options.entry_points]\nconsole_scripts =\n    store = store.web:page\n",
}
MEMBERS = {
    "a method renamed": (
        {"store/cart.py": CART.replace("total", "whole")},
        {"store/web.py:6:removed-name", "store/api.py:5:removed-name"},
    ),
    "a method renamed, its own class left behind": (
        {"store/cart.py": CART.replace("def total", "def whole")},
        {"store/web.py:6:removed-name", "store/api.py:5:removed-name", "store/cart.py:9:removed-name"},
    ),
    "an attribute renamed": ({"store/cart.py": CART.replace("items", "goods")}, {"store/api.py:5:removed-name"}),
    "a parameter of a method added": (
        {"store/cart.py": CART.replace("tax):", "tax, discount):").replace("total(1)", "total(1, 2)")},
        {"store/web.py:6:changed-signature", "store/api.py:5:changed-signature"},
    ),
    "a fixture removed": (
        {"tests/conftest.py": "import pytest\n"},
        {"tests/test_cart.py:1:removed-fixture"},
    ),
    "a data file removed": ({"data/prices.json": None}, {"store/load.py:1:removed-file", "guide.md:1:removed-file"}),
    "a script removed": ({"scripts/build.py": None}, {"ci.yml:1:removed-file"}),
    "an entry point renamed": (
        {"store/web.py": STORE["store/web.py"].replace("page", "site")},
        {"setup.cfg:3:removed-name"},
    ),
}


@pytest.mark.parametrize(("changes", "expected"), MEMBERS.values(), ids=MEMBERS)
def test_members_fixtures_and_files_are_followed_where_they_are_certain(changes, expected):
    assert judged(changes, STORE) == expected


QUIET = {
    "a method that anything could have": {
        "store/cart.py": CART.replace("total", "whole"),
        "store/web.py": "def page(cart):\n    return cart.total(2)\n",
        "store/api.py": "",
        "setup.cfg": "",
    },
    "a name that holds other things too": {
        "store/cart.py": CART.replace("total", "whole"),
        "store/web.py": (
            "from store.cart import Cart\n\n\ndef page(x):\n    c = Cart()\n    c = x\n    return c.total(2)\n"
        ),
        "store/api.py": "",
    },
    "a class with a base that we cannot see": {
        "store/base.py": "from store.web import *\n\n\nclass Base:\n    pass\n",
        "store/cart.py": "from store.base import Base\n\n\n"
        + CART.replace("class Cart:", "class Cart(Base):").replace("total", "whole"),
    },
    "a method with a default more": {"store/cart.py": CART.replace("tax):", "tax, discount=0):")},
    "a fixture that the test file has itself": {
        "tests/conftest.py": "import pytest\n",
        "tests/test_cart.py": (
            "import pytest\n\n\n@pytest.fixture\ndef cart():\n    return 1\n\n\ndef test_cart(cart):\n    assert cart\n"
        ),
    },
    "a fixture that became a parameter": {
        "tests/conftest.py": "import pytest\n",
        "tests/test_cart.py": (
            "import pytest\n\n\n@pytest.mark.parametrize('cart', [1])\ndef test_cart(cart):\n    assert cart\n"
        ),
    },
}


@pytest.mark.parametrize("changes", QUIET.values(), ids=QUIET)
def test_in_doubt_members_and_fixtures_pass(changes):
    assert judged(changes, STORE) == set()


def test_a_file_that_left_git_but_not_the_disk_is_still_there():
    assert judged({"data/prices.json": None}, STORE, ignored=("data/prices.json",)) == set()


def test_code_that_nests_deeply_is_judged_like_any_other():
    """Generated code: long sums, long chains of elif."""
    total = "def odd(x):\n    return x" + " + x" * 900 + "\n\n\nLONG = 1" + " + 1" * 900 + "\n"
    branches = "def pick(x):\n    if x == 0:\n        return 0\n"
    branches += "".join(f"    elif x == {n}:\n        return {n}\n" for n in range(1, 80))
    before = {**SHOP, "shop/odd.py": total + branches + "from shop.price import total\n"}
    found = judged({**price("total", "whole"), "shop/odd.py": before["shop/odd.py"] + "x = 1\n"}, before)
    assert "shop/odd.py" in {place.partition(":")[0] for place in found}


def test_what_is_excluded_is_neither_judged_nor_blamed():
    gone = {**price("total", "whole"), "shop/bad.py": "def (:\n"}
    assert judged(gone, excluded=("shop/*",)) == set()
    assert judged(gone, excluded=("shop/till.py", "shop/b*")) == {"shop/desk.py:5:removed-name"}
    assert judged({"tests/conftest.py": "import pytest\n"}, STORE, excluded=("tests/test_cart.py",)) == set()
