"""Two projects whose authors have habits: each keeps making the same few mistakes, and mends them one by one."""

import random
import re
import sys

from histories import PYPROJECT, Story

LEDGER = """
def balance(moves):
    left = 0
    for move in moves:
        left += move
    return left
# [([5, -2, 4],), ([],), ([-1, -1],)]
def overdrawn(moves, limit):
    left = 0
    for day, move in enumerate(moves):
        left += move
        if left < -limit:
            return day
    return None
# [([5, -9, 1], 3), ([5, -8, 1], 3), ([1], 0)]
def last_days(moves, count):
    start = len(moves) - count
    if start <= 0:
        return list(moves)
    return moves[start:]
# [([1, 2, 3, 4], 2), ([1, 2], 2), ([1, 2], 3), ([1, 2, 3], 1)]
def running(moves):
    seen = []
    left = 0
    for move in moves:
        left = left + move
        seen.append(left)
    return seen
# [([1, 2, 3],), ([4, -4],), ([],)]
def within(price, low, high):
    return low <= price and price <= high
# [(1, 1, 3), (3, 1, 3), (2, 1, 3), (0, 1, 3), (4, 1, 3)]
def fee(amount):
    if amount <= 100:
        return 1
    if amount < 1000:
        return 5
    return amount // 100
# [(100,), (101,), (1000,), (999,), (5000,)]
def instalments(total, count):
    part = total // count
    rest = total - part * count
    parts = []
    for number in range(count):
        parts.append(part + 1 if number < rest else part)
    return parts
# [(10, 3), (9, 3), (11, 3), (1, 2)]
def weeks(days):
    found = []
    for start in range(0, len(days), 7):
        found.append(sum(days[start:start + 7]))
    return found
# [(list(range(14)),), (list(range(9)),), ([],)]
def interest(amount, percent, years):
    for _ in range(years):
        amount = amount + amount * percent / 100
    return round(amount, 2)
# [(100, 10, 2), (50, 2, 0), (80, 5, 1)]
def largest_drop(prices):
    drop = 0
    for index in range(1, len(prices)):
        change = prices[index - 1] - prices[index]
        if change > drop:
            drop = change
    return drop
# [([5, 3, 4, 1],), ([1, 2],), ([9, 0],)]
def streak(moves):
    best = run = 0
    for move in moves:
        run = run + 1 if move > 0 else 0
        if run >= best:
            best = run
    return best
# [([1, 2, -1, 3],), ([0, 1, 1, 1],), ([],)]
def change(amount, coins):
    used = 0
    for coin in coins:
        while amount >= coin:
            amount -= coin
            used += 1
    return used
# [(30, [20, 10]), (41, [20, 10, 1]), (20, [20, 5])]
def bracket(income, steps):
    number = 0
    while number < len(steps) and income > steps[number]:
        number += 1
    return number
# [(10, [5, 10, 20]), (4, [5]), (30, [5, 10]), (11, [5, 10, 20])]
def average(moves):
    if len(moves) == 0:
        return 0
    total = 0
    for move in moves:
        total += move
    return total / len(moves)
# [([2, 4],), ([],), ([-3, 3, 6],)]
def middle(prices):
    ordered = sorted(prices)
    half = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2
# [([3, 1, 2],), ([4, 1, 3, 2],), ([7],)]
def refunds(moves):
    total = 0
    for move in moves:
        if move < 0:
            total -= move
    return total
# [([1, -2, -3],), ([0, 4],), ([-1],)]
def late(due, paid, grace):
    days = paid - due
    if days <= grace:
        return 0
    return days - grace
# [(1, 5, 2), (1, 3, 2), (4, 4, 0), (1, 4, 2)]
def batches(items, size):
    found = []
    index = 0
    while index < len(items):
        found.append(items[index:index + size])
        index += size
    return found
# [([1, 2, 3, 4, 5], 2), ([1, 2], 2), ([], 3)]
def countdown(amount, step):
    seen = []
    while amount > 0:
        seen.append(amount)
        amount -= step
    return seen
# [(5, 2), (4, 2), (0, 1)]
def top(prices, count):
    ordered = sorted(prices, reverse=True)
    if count >= len(ordered):
        return ordered
    return ordered[:count]
# [([1, 5, 3], 2), ([1, 2], 2), ([2, 9], 1)]
def gaps(days):
    found = []
    for index in range(len(days) - 1):
        found.append(days[index + 1] - days[index])
    return found
# [([1, 4, 6],), ([3],), ([2, 2],)]
def sure(amount, low):
    if amount > low:
        return amount - low
    return low - amount
# [(5, 3), (3, 5), (4, 4), (9, 1)]
def rate(hours, pay, normal):
    if hours <= normal:
        return hours * pay
    more = hours - normal
    return normal * pay + more * pay * 2
# [(10, 2, 8), (8, 2, 8), (3, 5, 8)]
def levels(points):
    found = 1
    need = 10
    while points >= need:
        points -= need
        need += 5
        found += 1
    return found
# [(9,), (10,), (26,), (60,)]
def nearest(price, steps):
    best = steps[0]
    for step in steps[1:]:
        if abs(step - price) < abs(best - price):
            best = step
    return best
# [(7, [5, 10]), (8, [5, 10]), (1, [3, 2, 9]), (10, [12, 8])]
def both(one, two):
    found = []
    for index in range(min(len(one), len(two))):
        found.append(one[index] + two[index])
    return found
# [([1, 2], [3, 4, 5]), ([], [1]), ([7], [1])]
def spare(stock, wanted):
    left = {}
    for name in stock:
        rest = stock[name] - wanted.get(name, 0)
        if rest > 0:
            left[name] = rest
    return left
# [({"a": 3, "b": 1}, {"a": 1, "b": 1}), ({"a": 1}, {}), ({}, {"a": 1})]
def years_until(amount, goal, gain):
    years = 0
    while amount < goal:
        amount += gain
        years += 1
    return years
# [(0, 10, 5), (0, 11, 5), (9, 9, 1)]
"""

TEXTS = """
def title(text):
    words = text.strip().split(" ")
    return " ".join(word.capitalize() for word in words)
# [("ab cd",), (" x ",), ("one",)]
def shout(text):
    return text.strip().upper() + "!"
# [("hi",), (" a ",), ("No",)]
def is_question(text):
    return text.rstrip().endswith("?")
# [("why? ",), ("? no",), ("x",)]
def is_comment(line):
    line = line.lstrip()
    return line.startswith("#") and not line.startswith("#!")
# [("# a",), ("#!sh",), ("  #",), ("a #",)]
def extension(name):
    if "." not in name or name.startswith("."):
        return ""
    return name.rsplit(".", 1)[1].lower()
# [("a.TXT",), (".rc",), ("x",), ("a.b.c",)]
def stem(name):
    return name.rsplit(".", 1)[0] if "." in name else name
# [("a.b.c",), ("x",), ("q.py",)]
def vowels(text):
    found = 0
    for letter in text.lower():
        if letter in "aeiou":
            found += 1
    return found
# [("Apple",), ("xyz",), ("IO",)]
def initials(name):
    return "".join(word[0].upper() for word in name.split() if word)
# [("ada lovelace",), ("x",), ("",)]
def key_value(line):
    key, _, value = line.partition("=")
    return key.strip(), value.strip()
# [("a = b",), ("x=1=2",), ("k",)]
def last_part(path):
    return path.rstrip("/").rpartition("/")[2]
# [("a/b/",), ("a/b/c",), ("x",)]
def first_part(path):
    return path.lstrip("/").partition("/")[0]
# [("/a/b",), ("a/b/c",), ("x",)]
def is_blank(line):
    return not line.strip()
# [(" ",), ("a",), ("",)]
def blank_or_comment(line):
    return not line.strip() or line.lstrip().startswith("#")
# [(" ",), (" # x",), ("x #",), ("#",)]
def code_lines(text):
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
# [("a\\\\n# b\\\\n\\\\nc",), ("",), ("#",)]
def same(one, two):
    return one.strip().lower() == two.strip().lower()
# [(" A", "a "), ("a", "b"), ("X", "x")]
def plural(word):
    if word.endswith("y") and not word.endswith("ey"):
        return word[:-1] + "ies"
    return word + "s"
# [("city",), ("key",), ("cat",)]
def unquoted(text):
    if text.startswith("'") and text.endswith("'"):
        return text[1:-1]
    return text
# [("'a'",), ("'b",), ("c'",), ("d",)]
def has_all(text, words):
    return all(word in text.lower() for word in words)
# [("A b c", ["a", "b"]), ("a", ["a", "z"]), ("", [])]
def has_any(text, words):
    return any(word in text.lower() for word in words)
# [("A b c", ["z", "b"]), ("a", ["y", "z"]), ("", [])]
def longest(words):
    return max(words, key=len) if words else ""
# [(["a", "bcd", "ef"],), ([],), (["x"],)]
def sorted_words(text):
    return sorted(text.lower().split())
# [("b A c",), ("",), ("Z y",)]
def camel(name):
    first, *rest = name.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)
# [("a_bc_d",), ("X_y",), ("one",)]
def is_option(word):
    return word.startswith("-") and word.strip("-") != ""
# [("-a",), ("--",), ("a-",), ("--x",)]
def is_dunder(name):
    return name.startswith("__") and name.endswith("__")
# [("__a__",), ("__a",), ("a__",), ("a",)]
def swapped(pair):
    left, _, right = pair.partition(":")
    return right.strip() + ":" + left.strip()
# [("a: b",), ("x:y:z",), ("k",)]
def without_end(text, end):
    return text[:-len(end)] if end and text.endswith(end) else text
# [("a.py", ".py"), (".py a", ".py"), ("x", "")]
def counted(text, word):
    return text.lower().split().count(word.lower())
# [("A b a", "a"), ("x", "y"), ("B b", "B")]
def is_name(word):
    return word.isidentifier() and not word.startswith("_")
# [("ab",), ("_x",), ("1a",)]
"""

HABITS = {
    "ledger": [(" <= ", " < "), (" < ", " <= "), (" >= ", " > "), (" > ", " >= "), (" += ", " -= "), (" -= ", " += "),
               (" + ", " - "), (" - ", " + ")],
    "texts": [(".startswith(", ".endswith("), (".endswith(", ".startswith("), (".lower()", ".upper()"),
              (".upper()", ".lower()"), (".lstrip(", ".rstrip("), (".rstrip(", ".lstrip("), ("not ", ""),
              (" and ", " or "), (" or ", " and ")],
}  # fmt: skip
"""What the authors tend to write in the place of what they mean."""
SOURCES = {"ledger": LEDGER, "texts": TEXTS}


def functions(project):
    """Name, code and calls of each function."""
    found = []
    for part in re.split(r"(?m)^(?=def )", SOURCES[project])[1:]:
        code, _, calls = part.rpartition("\n# [")
        found.append((re.match(r"def (\w+)", code)[1], code.rstrip() + "\n", eval("[" + calls.replace("\\\\", "\\"))))
    return found


def tests_of(project, name, code, calls):
    """A test for each call, that expects what the right code answers."""
    room = {}
    exec(code, room)
    tests = [
        f"def test_{name}_{number}():\n    assert {name}(*{args!r}) == {room[name](*args)!r}\n"
        for number, args in enumerate(calls)
    ]
    return f"from {project}.{name} import {name}\n\n\n" + "\n\n".join(tests)


def slips(project, code):
    """The code with one of the author's mistakes, each way in which that can happen."""
    for right, wrong in HABITS[project]:
        for match in re.finditer(re.escape(right), code):
            if match.start() > code.index("\n"):
                yield code[: match.start()] + wrong + code[match.end() :]


STEPS = 20_000
"""Lines after which a call counts as endless; the longest of the right ones takes some fifty."""


class EndlessError(Exception):
    """A call took too many steps."""


def stepped(function, args):
    """What a function answers, or EndlessError.

    Steps are counted, not seconds: an alarm that rings while the garbage collector calls somebody back (Hypothesis asks
    it to) is lost there, and a loop that fills a list then takes all memory there is.
    """
    left = STEPS

    def step(_frame, _event, _argument):
        nonlocal left
        left -= 1
        if left < 0:
            raise EndlessError
        return step

    def enter(frame, _event, _argument):
        return step if frame.f_code.co_filename == function.__code__.co_filename else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        return function(*args)
    finally:
        sys.settrace(before)


def is_wrong(name, code, slip, calls):
    """Whether a call shows the mistake."""
    room, other = {}, {}
    exec(code, room)
    exec(slip, other)
    try:
        return any(stepped(other[name], args) != room[name](*args) for args in calls)
    except EndlessError:
        return False  # endless ones take too long to measure
    except Exception:  # noqa: BLE001 - a crash shows it as well
        return True


def story_of(project, bugs, seed=0):
    """All functions are written wrongly in the first commit; each later one mends one and brings its tests."""
    rng = random.Random(seed)
    pool = []
    for name, code, calls in functions(project):
        wrong = [slip for slip in slips(project, code) if is_wrong(name, code, slip, calls)]
        rng.shuffle(wrong)
        pool += [(number, name, code, slip, calls) for number, slip in enumerate(wrong)]
    pool.sort(key=lambda bug: bug[0])  # one of each function first, then second ones
    chosen = pool[:bugs]
    rng.shuffle(chosen)
    files = {
        "pyproject.toml": PYPROJECT,
        f"{project}/__init__.py": "",
        "tests/test_start.py": "def test_start():\n    assert True\n",
    }
    later = []
    for serial, (_, name, code, slip, calls) in enumerate(chosen):
        own = f"{name}_{serial}"
        renamed = {key: re.sub(rf"\b{name}\b", own, text) for key, text in (("right", code), ("wrong", slip))}
        files[f"{project}/{own}.py"] = renamed["wrong"]
        test = tests_of(project, own, renamed["right"], calls)
        later.append(
            Story(f"Mend {own}", {f"{project}/{own}.py": renamed["right"], f"tests/test_{own}.py": test}, "tests")
        )
    return [Story("Everything at once", files), *later]
