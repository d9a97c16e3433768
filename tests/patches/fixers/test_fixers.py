"""Each fixer: first what it must leave alone, then the cure that must be its first word or among its words."""
# ruff: noqa: E501 -- before and after on one line each, to be read as a table

from __future__ import annotations

import pytest

from dspy_ci.codebase.difference import Difference
from dspy_ci.codebase.snapshot import Snapshot, parse
from dspy_ci.failures.failure import Failure, Frame
from dspy_ci.patches.fixers.syntax import mended
from dspy_ci.patches.fixers.table import FIXERS
from dspy_ci.ports.trees import MemoryTrees, Move
from dspy_ci.suspects.evidence import Evidence

BY_NAME = {fixer.NAME: fixer for fixer in FIXERS}


def cures(name, message, code, *, line=1, path="app.py", others=()):
    """The changed files after each of a fixer's patches."""
    files = {path: code, **dict(others)}
    kind = "syntax" if name == "syntax" else "test"
    failure = Failure(
        "pytest", kind, message, exception=message.split(":", maxsplit=1)[0], frames=(Frame(path, line, "f"),)
    )
    patches = BY_NAME[name].fixes(failure, Evidence(Snapshot.of(files), (failure,)))
    return ["\n".join(source.text for source in patch.sources.values() if source) for patch in patches]


@pytest.mark.parametrize("name", list(BY_NAME))
@pytest.mark.parametrize(
    "message",
    ["AssertionError: assert 1 == 2", "ValueError: could not convert string to float: 'x'", "KeyError: 'name'", ""],
)
def test_leaves_failures_alone_that_are_not_its_business(name, message):
    assert cures(name, message, "import os\n\ndef f(x):\n    return os.path.join(x, name.size())\n", line=4) == []


@pytest.mark.parametrize(
    ("name", "message", "code"),
    [
        ("undefined-name", "NameError: name 'qqqq' is not defined", "def f():\n    return qqqq\n"),
        ("missing-attribute", "AttributeError: 'Foo' object has no attribute 'bar'", "def f(x):\n    return x.bar\n"),
        ("missing-module", "ModuleNotFoundError: No module named 'zzyzx'", "x = 1\nimport zzyzx\n"),
        ("wrong-call", "TypeError: f() takes 1 positional argument but 9 were given", "def f(a):\n    return g(a)\n"),
        ("missing-await", "TypeError: 'coroutine' object is not iterable", "def f():\n    return list(g())\n"),
        ("parentheses", "TypeError: 'int' object is not callable", "def f(a):\n    return a + 1\n"),
        ("mixed-types", 'TypeError: can only concatenate list (not "int") to list', "def f(a):\n    return a + 1\n"),
        ("encoding", "UnicodeDecodeError: 'ascii' codec can't decode", "def f(p):\n    return open(p, 'rb')\n"),
        ("syntax", "SyntaxError: invalid syntax", "def f():\n    return 1\n"),
        ("unbound-local", "UnboundLocalError: cannot access free variable 'x'", "x = 1\nx += 1\n"),
        ("missing-super", "AttributeError: 'B' object has no attribute 'x'", "class B(A):\n    pass\n"),
        ("missing-key", "KeyError: 'zzz'", "def f(a):\n    return a['name']\n"),
    ],
)
def test_says_nothing_when_it_knows_nothing(name, message, code):
    assert cures(name, message, code, line=2) == []


@pytest.mark.parametrize(
    ("message", "before", "after"),
    [
        ("name 'Path' is not defined", "def f(p):\n    return Path(p)\n", "from pathlib import Path\n\n\ndef f(p):\n    return Path(p)\n"),
        ("name 'json' is not defined", "import os\ndef f(p):\n    return json.loads(p)\n", "import json\nimport os\ndef f(p):\n    return json.loads(p)\n"),
        ("name 'datetime' is not defined", "def f():\n    return datetime.now()\n", "from datetime import datetime\n\n\ndef f():\n    return datetime.now()\n"),
        ("name 'datetime' is not defined", "def f():\n    return datetime.datetime.now()\n", "import datetime\n\n\ndef f():\n    return datetime.datetime.now()\n"),
        ("name 'np' is not defined", "def f():\n    return np.zeros(1)\n", "import numpy as np\n\n\ndef f():\n    return np.zeros(1)\n"),
        ("name 'helper' is not defined", "def f():\n    return helper()\n", "from lib import helper\n\n\ndef f():\n    return helper()\n"),
        ("name 'totl' is not defined", "def f(total):\n    return totl\n", "def f(total):\n    return total\n"),
        (
            "name 'size' is not defined",
            "class A:\n    def __init__(self):\n        self.size = 1\n    def f(self):\n        return size\n",
            "class A:\n    def __init__(self):\n        self.size = 1\n    def f(self):\n        return self.size\n",
        ),
    ],
)  # fmt: skip
def test_undefined_name(message, before, after):
    line = before.count("\n")
    assert (
        cures(
            "undefined-name",
            f"NameError: {message}",
            before,
            line=line,
            others={"lib.py": "def helper():\n    return 1\n"},
        )[0]
        == after
    )


def test_an_import_goes_behind_docstring_and_future():
    code = '"""Doc."""\nfrom __future__ import annotations\n\ndef f():\n    return os.sep\n'
    fixed = cures("undefined-name", "NameError: name 'os' is not defined", code, line=5)[0]
    assert fixed == '"""Doc."""\nfrom __future__ import annotations\n\nimport os\n\n\ndef f():\n    return os.sep\n'


@pytest.mark.parametrize(
    ("message", "before", "after"),
    [
        ("'dict' object has no attribute 'iteritems'", "def f(x):\n    return x.iteritems()\n", "def f(x):\n    return x.items()\n"),
        ("'list' object has no attribute 'push'", "def f(x):\n    x.push(1)\n", "def f(x):\n    x.append(1)\n"),
        ("'str' object has no attribute 'uper'", "def f(x):\n    return x.uper()\n", "def f(x):\n    return x.upper()\n"),
        ("module 'numpy' has no attribute 'float'", "import numpy\nx = numpy.float(1)\n", "import numpy\nx = float(1)\n"),
        ("module 'time' has no attribute 'clock'", "import time\nx = time.clock()\n", "import time\nx = time.perf_counter()\n"),
        ("module 'fractions' has no attribute 'gcd'", "import fractions\nx = fractions.gcd(1, 2)\n", "import math\nimport fractions\nx = math.gcd(1, 2)\n"),
        ("'A' object has no attribute 'nme'", "class A:\n    def f(self):\n        self.name = 1; return self.nme\n", "class A:\n    def f(self):\n        self.name = 1; return self.name\n"),
        ("'X' object has no attribute 'foo'. Did you mean: 'fob'?", "def f(x):\n    return x.foo\n", "def f(x):\n    return x.fob\n"),
    ],
)  # fmt: skip
def test_missing_attribute(message, before, after):
    assert cures("missing-attribute", f"AttributeError: {message}", before, line=before.count("\n"))[0] == after


def test_a_method_is_renamed_when_only_the_tests_call_it():
    code = "class Cart:\n    def totl(self):\n        return 1\n"
    assert cures("missing-attribute", "AttributeError: 'Cart' object has no attribute 'total'", code, path="cart.py", line=99) == [
        code.replace("totl", "total")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("message", "before", "after"),
    [
        ("No module named 'ConfigParser'", "import ConfigParser\n", "import configparser as ConfigParser\n"),
        ("No module named 'Queue'", "from Queue import Empty, Full\n", "from queue import Empty, Full\n"),
        ("No module named 'jsn'", "import jsn\n", "import json as jsn\n"),
        ("No module named 'helpers'", "from helpers import one\n", "from pkg.helpers import one\n"),
        ("cannot import name 'Mapping' from 'collections'", "from collections import Mapping, deque\n", "from collections import deque\nfrom collections.abc import Mapping\n"),
        ("cannot import name 'onee' from 'pkg.helpers'", "from pkg.helpers import onee\nx = onee()\n", "from pkg.helpers import one\nx = one()\n"),
        ("cannot import name 'one' from 'pkg.other'", "from pkg.other import one\n", "from pkg.helpers import one\n"),
    ],
)  # fmt: skip
def test_missing_module(message, before, after):
    others = {"pkg/__init__.py": "", "pkg/helpers.py": "def one():\n    return 1\n", "pkg/other.py": "x = 1\n"}
    assert after in cures("missing-module", f"ImportError: {message}", before, others=others)


def test_a_circular_import_moves_to_where_it_is_used():
    code = "from b import helper\n\n\ndef f():\n    return helper()\n"
    message = "cannot import name 'helper' from partially initialized module 'b' (most likely due to a circular import)"
    cured = "\n\ndef f():\n    from b import helper\n    return helper()\n"
    assert cured in cures(
        "missing-module", message, code, others={"b.py": "from app import f\n\n\ndef helper():\n    return 1\n"}
    )


@pytest.mark.parametrize(
    ("message", "line", "before", "after"),
    [
        ("g() got an unexpected keyword argument 'colour'", 4, "def g(color=1):\n    pass\ndef f():\n    g(colour=2)\n", "def g(color=1):\n    pass\ndef f():\n    g(color=2)\n"),
        ("A.m() takes 0 positional arguments but 1 was given", 9, "class A:\n    def m():\n        return 1\n", "class A:\n    def m(self):\n        return 1\n"),
        ("A.m() takes 1 positional argument but 2 were given", 9, "class A:\n    def m(x):\n        return x\n", "class A:\n    def m(self, x):\n        return x\n"),
        ("g() missing 1 required positional argument: 'b'", 4, "def g(a, b):\n    pass\ndef f(b):\n    g(1)\n", "def g(a, b):\n    pass\ndef f(b):\n    g(1, b=b)\n"),
    ],
)  # fmt: skip
def test_wrong_call(message, line, before, after):
    assert cures("wrong-call", f"TypeError: {message}", before, line=line)[0] == after


def test_missing_await():
    code = "async def g():\n    return {}\n\n\nasync def f():\n    return g().items()\n"
    found = cures("missing-await", "AttributeError: 'coroutine' object has no attribute 'items'", code, line=6)
    assert found[0] == code.replace("g().items()", "(await g()).items()")


@pytest.mark.parametrize(
    ("message", "before", "after"),
    [
        ("'int' object is not callable", "def f(x):\n    return x.size()\n", "def f(x):\n    return x.size\n"),
        ("'dict' object is not callable", "def f(x):\n    return x(1)\n", "def f(x):\n    return x[1]\n"),
        ("'method' object is not iterable", "def f(x):\n    return list(x.items)\n", "def f(x):\n    return list(x.items())\n"),
    ],
)  # fmt: skip
def test_parentheses(message, before, after):
    assert after in cures("parentheses", f"TypeError: {message}", before, line=2)


@pytest.mark.parametrize(
    ("message", "before", "after"),
    [
        ('can only concatenate str (not "int") to str', "return 'a' + n", "return 'a' + str(n)"),
        ("unsupported operand type(s) for +: 'int' and 'str'", "return n + m", "return n + int(m)"),
        ("'<' not supported between instances of 'str' and 'int'", "return n < 3", "return int(n) < 3"),
        ("sequence item 0: expected str instance, int found", "return ','.join(n)", "return ','.join(map(str, n))"),
        ("list indices must be integers or slices, not float", "return n[m / 2]", "return n[int(m / 2)]"),
    ],
)
def test_mixed_types(message, before, after):
    head = "def f(n, m):\n    "
    assert f"{head}{after}\n" in cures("mixed-types", f"TypeError: {message}", f"{head}{before}\n", line=2)


def test_encoding_is_told():
    code = "def f(p):\n    with open(p) as file:\n        return file.read()\n"
    message = "UnicodeDecodeError: 'ascii' codec can't decode byte 0xc3"
    assert cures("encoding", message, code, line=3) == [code.replace("open(p)", 'open(p, encoding="utf-8")')]


def test_a_naive_datetime_gets_its_zone():
    code = "from datetime import datetime\n\ndef f(t):\n    return datetime.utcnow() - t\n"
    message = "TypeError: can't subtract offset-naive and offset-aware datetimes"
    assert cures("naive-datetime", message, code, line=4) == [
        code.replace("utcnow()", "now(timezone.utc)").replace("import datetime", "import datetime, timezone")
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(a)\n    return a\n", "def f(a):\n    return a\n"),
        ("if x = 1:\n    pass\n", "if x == 1:\n    pass\n"),
        ("x = (1 + 2\ny = 3\n", "x = (1 + 2)\ny = 3\n"),
        ("x = [1, 2)\n", "x = [1, 2]\n"),
        ("print 'hello'\n", "print('hello')\n"),
        ("try:\n    x = 1\nexcept ValueError, e:\n    pass\n", "try:\n    x = 1\nexcept ValueError as e:\n    pass\n"),
        ("def f():\nreturn 1\n", "def f():\n    return 1\n"),
        ("def f():\n    x = 1\n      y = 2\n    return x\n", "def f():\n    x = 1\n    y = 2\n    return x\n"),
        ("x = {'a': 1 'b': 2}\n", "x = {'a': 1, 'b': 2}\n"),
        ("x = 'abc\ny = 1\n", "x = 'abc'\ny = 1\n"),
        ("if a:\n    pass\nelse if b:\n    pass\n", "if a:\n    pass\nelif b:\n    pass\n"),
        ("if a && b:\n    pass\n", "if a and b:\n    pass\n"),
        ("<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> branch\n", "x = 2\n"),
        ("def f():\n\tif 1:\n        return 2\n", "def f():\n    if 1:\n        return 2\n"),
        ("for x in y\n    print(x)\nif x\n    pass\n", "for x in y:\n    print(x)\nif x:\n    pass\n"),
        ("```python\nx = 1\n```\n", "\nx = 1\n\n"),
    ],
)
def test_syntax(before, after):
    assert after in cures("syntax", "SyntaxError: invalid syntax", before)


@pytest.mark.parametrize("text", ["", "x = 1\n", "(" * 300, "\0", "def f(:\n" * 50])
def test_only_texts_that_parse_come_out(text):
    assert all(parse(change.text) is not None for change in mended(text))


CLASSES = """\
class A:
    def __init__(self, size):
        self.size = size

    @abstractmethod
    def area(self): ...


class B(A):
    def __init__(self, name, size):
        self.name = name

    def aera(self):
        return {"width": 1, "size": self.size}["widht"]
"""


def test_the_parent_is_made_too():
    fixed = CLASSES.replace("        self.name = name", "        super().__init__(size)\n        self.name = name")
    assert cures("missing-super", "AttributeError: 'B' object has no attribute 'size'", CLASSES, line=14) == [fixed]


def test_a_misspelt_key():
    assert cures("missing-key", "KeyError: 'widht'", CLASSES, line=14)[0] == CLASSES.replace("widht", "width")


def test_a_misspelt_method_of_an_abstract_class():
    message = "TypeError: Can't instantiate abstract class B without an implementation for abstract method 'area'"
    assert cures("missing-key", message, CLASSES) == [CLASSES.replace("aera", "area")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1\ndef f():\n    x += 1\n", "x = 1\ndef f():\n    global x\n    x += 1\n"),
        (
            "def g():\n    x = 1\n    def f():\n        x += 1\n",
            "def g():\n    x = 1\n    def f():\n        nonlocal x\n        x += 1\n",
        ),
        ("def f():\n    if 1:\n        x += 1\n", "def f():\n    x = 0\n    if 1:\n        x += 1\n"),
    ],
)
def test_a_name_is_meant_from_outside_or_has_no_start(before, after):
    message = "UnboundLocalError: cannot access local variable 'x' where it is not associated with a value"
    assert cures("unbound-local", message, before, line=before.count("\n"))[0] == after


def changed_by(was, now, failure, *, name, test=None):
    """The first patch of a fixer, told what the change did; None when it has nothing to say."""
    difference = Difference(MemoryTrees(*({path: text.encode() for path, text in side.items()} for side in (was, now))))
    evidence = Evidence(Snapshot.of(now), (failure,), difference=difference, lines=test or {})
    patch = next(iter(BY_NAME[name].fixes(failure, evidence)), None)
    return patch and {path: source.text for path, source in patch.sources.items() if source}


def failed(message, path, line):
    exception = message.partition(":")[0]
    return Failure("pytest", "test", message, exception=exception, frames=(Frame(path, line, "f"),))


@pytest.mark.parametrize(
    ("name", "message", "was", "now", "after"),
    [
        (
            "undefined-name", "NameError: name 'old' is not defined",
            "def f(old):\n    x = old\n    return old\n", "def f(new):\n    x = new\n    return old\n",
            "def f(new):\n    x = new\n    return new\n",
        ),
        (
            "missing-attribute", "AttributeError: 'A' object has no attribute 'first'",
            "class A:\n    def first(self): ...\n\n\nx = A().first()\n",
            "class A:\n    def second(self): ...\n\n\nx = A().first()\n",
            "class A:\n    def second(self): ...\n\n\nx = A().second()\n",
        ),
        (
            "wrong-call", "TypeError: g() got an unexpected keyword argument 'size'",
            "def g(size): ...\n\n\ng(size=1)\n", "def g(total): ...\n\n\ng(size=1)\n",
            "def g(total): ...\n\n\ng(total=1)\n",
        ),
        (
            "missing-key", "KeyError: 'kind'",
            "d = {'kind': 1}\n\n\nx = d['kind']\n", "d = {'sort': 1}\n\n\nx = d['kind']\n",
            "d = {'sort': 1}\n\n\nx = d['sort']\n",
        ),
    ],
)  # fmt: skip
def test_a_use_follows_what_the_change_renamed(name, message, was, now, after):
    line = next(
        number for number, text in enumerate(reversed(now.splitlines())) if any(w in text for w in message.split("'"))
    )
    found = changed_by({"a.py": was}, {"a.py": now}, failed(message, "a.py", now.count("\n") - line), name=name)
    assert found == {"a.py": after}


def test_an_import_follows_a_module_that_moved():
    was = {"pkg/__init__.py": "", "pkg/a.py": "x = 1\n", "b.py": "from pkg.a import x\n"}
    now = {"pkg/__init__.py": "", "pkg/c.py": "x = 1\n", "b.py": "from pkg.a import x\n"}
    difference = Difference(MemoryTrees(*({path: text.encode() for path, text in side.items()} for side in (was, now))))
    moved = replace_moves(difference)
    failure = failed("ModuleNotFoundError: No module named 'pkg.a'", "b.py", 1)
    patch = next(BY_NAME["missing-module"].fixes(failure, Evidence(Snapshot.of(now), (failure,), difference=moved)))
    assert "".join(source.text for source in patch.sources.values() if source) == "from pkg.c import x\n"


def replace_moves(difference):
    """Trees in memory know no renames; git does."""

    class Renaming(MemoryTrees):
        def moves(self):
            return (Move("pkg/a.py", "pkg/c.py"),)

    return Difference(Renaming(difference.trees.before, difference.trees.after))


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("x = old\n", "x = old\ny = new\n"),  # nothing was taken away
        ("x = old\n", "x = new + old\n"),  # it is still used
        ("x = old(1)\n", "x = [new, 2]\n"),  # another line altogether
    ],
)
def test_what_is_still_there_was_not_renamed(was, now):
    failure = failed("NameError: name 'old' is not defined", "a.py", 1)
    assert changed_by({"a.py": was}, {"a.py": now}, failure, name="undefined-name") is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(x):\n    list = [x]\n    return list(list)\n", "def f(x):\n    list_ = [x]\n    return list(list_)\n"),
        ("def f(x):\n    sum = 0\n    return sum(x)\n", "def f(x):\n    sum_ = 0\n    return sum(x)\n"),
        ("def f(list):\n    return list(1)\n", None),  # callers may name a parameter
        ("def f(x):\n    return x.list(1)\n", None),
        ("def f(x):\n    global list\n    list = x\n    return list(1)\n", None),
    ],
)
def test_a_hidden_builtin(before, after):
    found = cures("shadowed-builtin", "TypeError: 'list' object is not callable", before, line=before.count("\n"))
    assert found == ([after] if after else [])


@pytest.mark.parametrize(
    ("message", "code", "after"),
    [
        ("assert ['b', 'a'] == ['a', 'b']", "def f(x):\n    return list(set(x))\n", "def f(x):\n    return sorted(set(x))\n"),
        ("assert ['b', 'a'] == ['a', 'c']", "def f(x):\n    return list(set(x))\n", None),
        ("assert ['b', 'a'] == ['a', 'b']", "def f(x):\n    return list(x)\n", None),
        ("assert 'ba' == 'ab'", "def f(x):\n    x = {1}\n    return ''.join(x)\n", "def f(x):\n    x = {1}\n    return ''.join(sorted(x))\n"),
    ],
)  # fmt: skip
def test_the_order_of_a_set(message, code, after):
    failure = Failure("pytest", "test", message, exception="AssertionError", test_id="t.py::t")
    lines = {"t.py::t": {"a.py": frozenset(range(1, 9))}}
    patches = BY_NAME["unordered"].fixes(failure, Evidence(Snapshot.of({"a.py": code}), (failure,), lines))
    first = next(iter(patches), None)
    assert (first and first.sources["a.py"].text) == after


@pytest.mark.parametrize(
    ("code", "after"),
    [
        ("def f(x):\n    return x.split('\\\\')\n", "def f(x):\n    return x.split('/')\n"),
        ("def f(x):\n    return 'data\\\\one.txt'\n", "def f(x):\n    return 'data/one.txt'\n"),
        ("def f(x):\n    return re.sub('\\\\d+', '', x)\n", None),
        ("def f(x):\n    return x + '\\n'\n", None),
    ],
)
def test_separators_of_another_system(code, after):
    found = cures("separators", "AssertionError: assert 'a' == 'b'", code, line=2)
    assert found == ([after] if after else [])


@pytest.mark.parametrize(
    ("code", "after"),
    [
        ("x = 1  # type: ignore\n", "x = 1\n"),
        ("x = 1  # type: ignore[misc]  # why\n", "x = 1  # why\n"),
        ("x = '# type: ignore'\n", None),
        ("x = 1  # noqa: E501\n", None),
    ],
)
def test_an_unused_ignore(code, after):
    failure = Failure("mypy", "type", 'Unused "type: ignore" comment', "a.py", 1, code="unused-ignore")
    patches = BY_NAME["unused-ignore"].fixes(failure, Evidence(Snapshot.of({"a.py": code}), (failure,)))
    assert [patch.sources["a.py"].text for patch in patches] == ([after] if after else [])


@pytest.mark.parametrize(
    ("message", "line", "before", "after"),
    [
        ('Incompatible default for argument "x" (default has type "None", argument has type "int")', 1, "def f(x: int = None): ...\n", "def f(x: int | None = None): ...\n"),
        ('Incompatible return value type (got "float", expected "int")', 2, "def f(x: int) -> int:\n    return x / 2\n", "def f(x: int) -> float:\n    return x / 2\n"),
        ("Missing return statement", 1, "def f(x: int) -> int:\n    if x:\n        return 1\n", "def f(x: int) -> int | None:\n    if x:\n        return 1\n"),
        ("Function is missing a return type annotation", 1, "def f(x: int):\n    print(x)\n", "def f(x: int) -> None:\n    print(x)\n"),
        ("Function is missing a return type annotation", 1, "def f(x: int):\n    return x\n", None),
        ('Incompatible return value type (got "Secret", expected "int")', 2, "def f(x) -> int:\n    return x\n", None),
        ('Argument 1 to "f" has incompatible type "str"; expected "int"', 1, "f('a')\n", None),
    ],
)  # fmt: skip
def test_annotations(message, line, before, after):
    failure = Failure("mypy", "type", message, "a.py", line)
    patches = BY_NAME["annotation"].fixes(failure, Evidence(Snapshot.of({"a.py": before}), (failure,)))
    first = next(iter(patches), None)
    assert (first and first.sources["a.py"].text) == after


def test_a_package_without_init_offers_what_its_module_defines():
    message = "ImportError: cannot import name 'one' from 'pkg' (unknown location)"
    files = {"pkg/a.py": "def one(): ...\n", "pkg/b.py": "two = 2\n"}
    failure = failed(message, "t.py", 1)
    (patch,) = BY_NAME["missing-init"].fixes(failure, Evidence(Snapshot.of(files), (failure,)))
    assert {path: source.text for path, source in patch.sources.items()} == {
        "pkg/__init__.py": "from pkg.a import one\n"
    }
    twice = {**files, "pkg/b.py": "def one(): ...\n"}
    assert not list(BY_NAME["missing-init"].fixes(failure, Evidence(Snapshot.of(twice), (failure,))))


@pytest.mark.parametrize(
    ("name", "message", "code", "line", "after"),
    [
        ("dataclass-default", "ValueError: mutable default <class 'list'> for field x is not allowed: use default_factory", "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: list = []\n", 2, "from dataclasses import dataclass, field\n@dataclass\nclass A:\n    x: list = field(default_factory=list)\n"),
        ("dataclass-default", "ValueError: mutable default <class 'list'> for field x is not allowed: use default_factory", "import dataclasses\n@dataclasses.dataclass\nclass A:\n    x: list = [1]\n", 2, "import dataclasses\n@dataclasses.dataclass\nclass A:\n    x: list = dataclasses.field(default_factory=lambda: [1])\n"),
        ("dataclass-default", "ValueError: mutable default <class 'list'> for field y is not allowed: use default_factory", "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: list = []\n", 2, None),
        ("dataclass-default", "TypeError: non-default argument 'b' follows default argument", "from dataclasses import dataclass\n@dataclass\nclass A:\n    a: int = 1\n    b: int\n", 2, "from dataclasses import dataclass\n@dataclass\nclass A:\n    b: int\n    a: int = 1\n"),
        ("looping", "RuntimeError: dictionary changed size during iteration", "def f(d):\n    for k in d:\n        del d[k]\n", 2, "def f(d):\n    for k in list(d):\n        del d[k]\n"),
        ("looping", "ValueError: too many values to unpack (expected 2)", "def f(d):\n    for k, v in d:\n        pass\n", 2, "def f(d):\n    for k, v in d.items():\n        pass\n"),
        ("looping", "ValueError: too many values to unpack (expected 2)", "def f(d):\n    a, b = d\n", 2, None),
        ("looping", "TypeError: 'int' object is not iterable", "def f(n):\n    return [i for i in n]\n", 2, "def f(n):\n    return [i for i in range(n)]\n"),
        ("looping", "TypeError: 'int' object is not iterable", "def f(n):\n    for i in range(n):\n        sum(i)\n", 3, None),
        ("lazy-value", "TypeError: 'dict_keys' object is not subscriptable", "def f(d):\n    return d.keys()[0]\n", 2, "def f(d):\n    return list(d.keys())[0]\n"),
        ("lazy-value", "TypeError: object of type 'map' has no len()", "def f(d):\n    x = map(int, d)\n    return len(x)\n", 3, "def f(d):\n    x = list(map(int, d))\n    return len(x)\n"),
        ("lazy-value", "TypeError: 'int' object is not subscriptable", "def f(d):\n    return d.keys()[0]\n", 2, None),
        ("lazy-value", "TypeError: object of type 'map' has no len()", "def f(d):\n    return sorted(map(int, d))\n", 2, None),
        ("lost-result", "TypeError: 'NoneType' object is not iterable", "def f(d):\n    return d.sort(key=len)\n", 2, "def f(d):\n    return sorted(d, key=len)\n"),
        ("lost-result", "AssertionError: assert None == [1]", "def f(d):\n    return d.append(1)\n", 2, "def f(d):\n    d.append(1)\n    return d\n"),
        ("lost-result", "AssertionError: assert None == [1]", "def f(d):\n    return d.pop(1)\n", 2, None),
        ("lost-result", "AssertionError: assert 2 == [1]", "def f(d):\n    return d.sort()\n", 2, None),
        ("unhashable", "TypeError: unhashable type: 'list'", "def f(d, k):\n    d[k] = 1\n", 2, "def f(d, k):\n    d[tuple(k)] = 1\n"),
        ("unhashable", "TypeError: unhashable type: 'slice'", "def f(d, k):\n    d[k] = 1\n", 2, None),
        ("forward-reference", "NameError: name 'A' is not defined", "class A:\n    def f(self, other: A):\n        pass\n", 2, "from __future__ import annotations\n\nclass A:\n    def f(self, other: A):\n        pass\n"),
        ("forward-reference", "NameError: name 'B' is not defined", "class A:\n    def f(self, other: B):\n        pass\n", 2, None),
        ("forward-reference", "NameError: name 'A' is not defined", "class B(A):\n    pass\nclass A:\n    pass\n", 1, None),
        ("bytes-text", "TypeError: Strings must be encoded before hashing", "def f(t):\n    return sha1(t)\n", 2, "def f(t):\n    return sha1(t.encode())\n"),
        ("bytes-text", 'TypeError: can only concatenate str (not "bytes") to str', "def f(t):\n    return 'a' + t\n", 2, "def f(t):\n    return 'a' + t.decode()\n"),
        ("bytes-text", 'TypeError: can only concatenate str (not "int") to str', "def f(t):\n    return 'a' + t\n", 2, None),
        ("missing-property", "AssertionError: assert <bound method A.size of <A object>> == 1", "class A:\n    def size(self):\n        return 1\n", 99, "class A:\n    @property\n    def size(self):\n        return 1\n"),
        ("missing-property", "AssertionError: assert size == 1\n +  where size = <a.A object at 0x7>.size", "class A:\n    def size(self):\n        return 1\n", 99, "class A:\n    @property\n    def size(self):\n        return 1\n"),
        ("missing-property", "AssertionError: assert <bound method A.size of <A object>> == 1", "class A:\n    def size(self, unit):\n        return 1\n", 99, None),
        ("missing-property", "AssertionError: assert 3 == 1\n +  where 3 = <a.A object at 0x7>.size", "class A:\n    def size(self):\n        return 1\n", 99, None),
    ],
)  # fmt: skip
def test_what_goes_wrong_on_any_day(name, message, code, line, after):
    first = next(iter(cures(name, message, code, line=line)), None)
    assert first == after


def test_a_file_beside_the_module():
    code = "def f():\n    return open('x.txt').read()\n"
    message = "FileNotFoundError: [Errno 2] No such file or directory: 'x.txt'"
    beside = "from pathlib import Path\n\n\ndef f():\n    return open(Path(__file__).parent / 'x.txt').read()\n"
    assert cures("data-path", message, code, line=2, path="pkg/a.py", others={"pkg/x.txt": ""}.items()) == [beside]
    assert cures("data-path", message, code, line=2, path="pkg/a.py", others={"x.txt": ""}.items()) == []
