"""Small repositories with a history whose every commit is known to be a cure, or to be none."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

WHO = ("-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false")
DAY = 86_400


class Story(NamedTuple):
    """One commit, and what mining must say of it: a kind, or nothing."""

    subject: str
    files: dict
    kind: str | None = None
    body: str = ""


def told(root, stories):
    """Commit the stories, one a day; kind by commit id of those that are cures."""
    root.mkdir(parents=True, exist_ok=True)
    _git(root, "init", "-q", "-b", "main")
    known = {}
    for number, story in enumerate(stories):
        for name, text in story.files.items():
            path = root / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        _git(root, "add", "-A")
        when = f"{1_700_000_000 + number * DAY} +0000"
        message = f"{story.subject}\n\n{story.body}".strip()
        _git(root, "commit", "-q", "--allow-empty", "-m", message, GIT_AUTHOR_DATE=when, GIT_COMMITTER_DATE=when)
        if story.kind:
            known[_git(root, "rev-parse", "HEAD").strip()] = story.kind
    return known


def _git(root, *args, **env):
    done = subprocess.run(
        ["git", *WHO, *args], cwd=root, capture_output=True, text=True, check=True, env={**os.environ, **env}
    )
    return done.stdout


def mined(root, *options, seconds=300):
    """Run `train mine` as a person would."""
    argv = [sys.executable, "-m", "dspy_ci", "train", "mine", "-q", "--format", "json", *options]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(argv, cwd=root, capture_output=True, text=True, timeout=seconds, check=False, env=env)


PYPROJECT = '[tool.pytest.ini_options]\npythonpath = ["."]\n\n[tool.ruff.lint]\nselect = ["F"]\n'

MONEY = '''\
def total(prices):
    """The sum of all prices."""
    result = 0
    for price in prices:
        result += price
    return result


def discount(price, percent):
    """The price less some percent."""
    return price - price * percent / 100


def cheapest(prices):
    """The lowest price, None when there is none."""
    if not prices:
        return None
    return min(prices)


def affordable(prices, limit):
    """The prices up to the limit."""
    return [price for price in prices if price <= limit]
'''
TEST_MONEY = """\
from money import affordable, cheapest, discount, total


def test_total():
    assert total([1, 2, 3]) == 6


def test_discount():
    assert discount(200, 10) == 180


def test_cheapest():
    assert cheapest([3, 1, 2]) == 1
"""
LUCK = """\
import random


def test_luck():
    random.seed()
    assert random.random() < 0.5
"""


def money():
    """A history with every kind of cure, and with commits that look like one."""
    limit = "\n\ndef test_affordable_includes_the_limit():\n    assert affordable([1, 2, 3], 2) == [1, 2]\n"
    nothing = "\n\ndef test_nothing_is_cheapest_of_nothing():\n    assert cheapest([]) is None\n"
    broken = MONEY.replace("price <= limit", "price < limit")
    lost = MONEY.replace("    if not prices:\n        return None\n", "")
    minus = MONEY.replace("price - price *", "price + price *")
    rate = '\n\ndef with_tax(price, rate):\n    """The price and its tax."""\n    return price + price * rate / 100\n'
    taxed = TEST_MONEY + limit + nothing
    taxed = taxed.replace("discount, total", "discount, total, with_tax")
    taxed += "\n\ndef test_with_tax():\n    assert with_tax(100, 19) == 119\n"
    tidy = (MONEY + rate).replace(
        "    result = 0\n    for price in prices:\n        result += price\n    return result", "    return sum(prices)"
    )
    return [
        Story("Start", {"pyproject.toml": PYPROJECT, "money.py": MONEY, "test_money.py": TEST_MONEY}),
        Story("Read me", {"README.md": "Money.\n"}),
        Story("Only what is cheaper", {"money.py": broken}),
        Story("The limit itself is affordable", {"money.py": MONEY, "test_money.py": TEST_MONEY + limit}, "tests"),
        Story("Shorter", {"money.py": lost}),
        Story("Fix the price of nothing", {"money.py": MONEY, "test_money.py": TEST_MONEY + limit + nothing}, "tests"),
        Story("Plus looks nicer", {"money.py": minus}),
        Story(
            'Revert "Plus looks nicer"', {"money.py": MONEY}, "revert", "This reverts commit " + "0123456789" * 4 + "."
        ),
        Story("Luck", {"test_luck.py": LUCK}),
        Story(
            "Fix luck",
            {
                "money.py": MONEY + "\n\nLUCK = 7\n",
                "test_luck.py": LUCK.replace("random.seed()\n", "random.seed(None)\n"),
            },
        ),
        Story("No luck", {"money.py": MONEY, "test_luck.py": None}),
        Story("Print things", {"money.py": "import os\n\n\n" + MONEY}),
        Story("Remove an import", {"money.py": MONEY}, "lint"),
        Story("Taxes", {"money.py": MONEY + rate, "test_money.py": taxed}, "feature"),
        Story("Use sum", {"money.py": tidy}),
        Story(
            "More tests", {"test_more.py": "from money import total\n\n\ndef test_none():\n    assert total([]) == 0\n"}
        ),
    ]
