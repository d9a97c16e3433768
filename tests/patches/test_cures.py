import pytest

from dspy_ci.adapters.rufflint import RuffLint
from dspy_ci.patches.cures import cured
from dspy_ci.ports.trees import MemoryTrees

SHOP = {
    "shop/__init__.py": "",
    "shop/price.py": "LIMIT = [1, 2]\n\n\ndef total(price, count):\n    return price * count\n",
    "shop/till.py": (
        "from shop.price import (\n    LIMIT,  # most\n    total,\n)\n\n\ndef pay(x):\n    return total(x, LIMIT)\n"
    ),
    "shop/desk.py": "from . import price\n\n\ndef ask(x):\n    return price.total(x, 1)\n",
    "shop/far.py": "import shop.price\n\n\ndef ask(x):\n    return shop.price.total(x, 1)\n",
}


def mended(changes, before=SHOP):
    after = {path: text for path, text in {**before, **changes}.items() if text is not None}
    trees = MemoryTrees(*({path: text.encode() for path, text in side.items()} for side in (before, after)))
    return {path: data.decode() for path, (data, _) in cured(trees, (), RuffLint()).items()}


def test_users_of_a_renamed_function_follow():
    assert mended({"shop/price.py": SHOP["shop/price.py"].replace("total", "whole")}) == {
        path: SHOP[path].replace("total", "whole") for path in ("shop/till.py", "shop/desk.py", "shop/far.py")
    }


def test_a_name_that_means_more_in_the_file_is_bound_as_before():
    before = {**SHOP, "shop/till.py": "from shop.price import total\n\n\ndef f(total):\n    return total\n"}
    found = mended({"shop/price.py": SHOP["shop/price.py"].replace("total", "whole")}, before)
    assert found["shop/till.py"].startswith("from shop.price import whole as total\n")


def test_users_of_a_renamed_module_follow():
    changes = {"shop/price.py": None, "shop/prices.py": SHOP["shop/price.py"]}
    assert mended(changes) == {}, "without git's word that it was renamed, nobody knows"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("def pay(x)\n    return x\n", "def pay(x):\n    return x\n"),
        ("def pay(quantity):\n    return quantiy\n", "def pay(quantity):\n    return quantity\n"),
        ("def pay(x):\n    return total(x)\n", "from shop.price import total\n\n\ndef pay(x):\n    return total(x)\n"),
    ],
    ids=["a colon", "a misspelling", "an import"],
)
def test_one_proved_cure_is_applied(wrong, right):
    assert mended({"shop/new.py": wrong}) == {"shop/new.py": right}


@pytest.mark.parametrize(
    "wrong",
    [
        "def pay(item, items):\n    return itemz\n",
        "def pay(x):\n    return zzzzzz\n",
        "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> side\n",
    ],
    ids=["two candidates", "no candidate", "a conflict"],
)
def test_in_doubt_nothing_is_touched(wrong):
    assert mended({"shop/new.py": wrong}) == {}


def test_a_changed_signature_is_for_people_to_mend():
    assert mended({"shop/price.py": SHOP["shop/price.py"].replace("count)", "count, tax)")}) == {}


def test_line_ends_and_encoding_are_kept():
    before = {**SHOP, "shop/till.py": "from shop.price import total\r\n\r\nx = total  # caf\xe9\r\n"}
    found = mended({"shop/price.py": SHOP["shop/price.py"].replace("total", "whole")}, before)
    assert found["shop/till.py"] == "from shop.price import whole\r\n\r\nx = whole  # caf\xe9\r\n"


CART = """class Cart:
    def __init__(self):
        self.items = []

    def total(self):
        return sum(self.items)
"""
STORE = {
    "store/cart.py": CART,
    "store/web.py": "from store.cart import Cart\n\n\ndef page(cart: Cart, other):\n    return cart.total(\n    )\n",
}


def test_users_of_a_renamed_method_follow():
    found = mended({"store/cart.py": CART.replace("total", "whole")}, STORE)
    assert found == {"store/web.py": STORE["store/web.py"].replace("total", "whole")}


def test_all_uses_of_a_file_follow_at_once():
    web = STORE["store/web.py"] + "\n\ndef again(cart: Cart):\n    return cart.total()\n"
    found = mended({"store/cart.py": CART.replace("total", "whole")}, {**STORE, "store/web.py": web})
    assert found == {"store/web.py": web.replace("total", "whole")}
    desk = SHOP["shop/desk.py"] + "\n\ndef again(x):\n    return price.total(x, 2)\n"
    found = mended({"shop/price.py": SHOP["shop/price.py"].replace("total", "whole")}, {**SHOP, "shop/desk.py": desk})
    assert found["shop/desk.py"] == desk.replace("total", "whole")


def test_two_of_a_name_on_one_line_are_left_to_people():
    before = {**STORE, "store/web.py": STORE["store/web.py"].replace("total(\n    )", "total(), other.total()")}
    assert mended({"store/cart.py": CART.replace("total", "whole")}, before) == {}
