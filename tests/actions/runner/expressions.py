"""The expression language of GitHub workflows: `${{ }}` in text, and the bare expression of an `if:`.

What it does not know is an error, so that no test passes on a misunderstood expression.
"""

import hashlib
import json
import math
import re
from pathlib import Path

TOKEN = re.compile(
    r"\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<string>'(?:[^']|'')*')|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<sign>==|!=|<=|>=|&&|\|\||[()\[\].,!<>*]))"
)
WORDS = {"true": True, "false": False, "null": None}
PLACES = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


class WrongExpressionError(Exception):
    """An expression that the runner would refuse, or that this one does not know."""


def filled(text, world):
    """Text with its expressions replaced by what they mean; a text that is one expression keeps its type as text."""
    if not isinstance(text, str):
        return shown(text)
    return PLACES.sub(lambda found: shown(value(found[1], world)), text)


def holds(condition, world):
    """Whether an `if:` holds; without a word about the status, `success()` is meant."""
    text = shown(condition) if not isinstance(condition, str) else condition
    bare = PLACES.fullmatch(text.strip())
    if not bare and PLACES.search(text):  # text around an expression is always true: a trap that people fall into
        raise WrongExpressionError(f"the condition {text!r} is more than one expression")
    text = bare[1] if bare else text
    result = truth(value(text, world))
    if not re.search(r"\b(success|failure|always|cancelled)\s*\(", text):
        return result and world["__status__"] == "success"
    return result


def value(text, world):
    """What an expression means in a world: a dictionary of contexts."""
    tokens = list(_tokens(text))
    parser = _Parser(tokens, world)
    result = parser.either()
    if parser.at != len(tokens):
        raise WrongExpressionError(f"{text!r}: {tokens[parser.at][1]!r} was not expected")
    return result


def shown(thing):
    """A value as text, the way the runner writes it."""
    if thing is None:
        return ""
    if isinstance(thing, bool):
        return "true" if thing else "false"
    if isinstance(thing, float) and thing.is_integer():
        return str(int(thing))
    return json.dumps(thing) if isinstance(thing, dict | list) else str(thing)


def truth(thing):
    """False are false, 0, the empty text and null; everything else is true."""
    return thing not in (False, 0, "", None) or isinstance(thing, dict | list)


def _tokens(text):
    at, text = 0, text.strip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            raise WrongExpressionError(f"{text!r}: cannot be read from {text[at:]!r}")
        at = found.end()
        yield found.lastgroup, found[found.lastgroup]


def _number(thing):
    if isinstance(thing, str):
        try:
            return float(thing) if thing.strip() else 0.0
        except ValueError:
            return math.nan
    return float(thing) if isinstance(thing, bool | int | float) else 0.0 if thing is None else math.nan


def _same(left, right):
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if type(left) is type(right):
        return left == right
    return _number(left) == _number(right)


class _Parser:
    """Recursive descent; `either` is the lowest precedence."""

    def __init__(self, tokens, world):
        self.tokens, self.world, self.at = tokens, world, 0

    def sign(self, *wanted):
        if self.at < len(self.tokens) and self.tokens[self.at] in [("sign", word) for word in wanted]:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def must(self, wanted):
        if not self.sign(wanted):
            raise WrongExpressionError(f"{wanted!r} was expected in {self.tokens}")

    def either(self):
        left = self.both()
        while self.sign("||"):
            right = self.both()
            left = left if truth(left) else right
        return left

    def both(self):
        left = self.compared()
        while self.sign("&&"):
            right = self.compared()
            left = right if truth(left) else left
        return left

    def compared(self):
        left = self.negated()
        while sign := self.sign("==", "!=", "<=", ">=", "<", ">"):
            right = self.negated()
            if sign in ("==", "!="):
                left = _same(left, right) == (sign == "==")
            else:
                a, b = _number(left), _number(right)
                left = {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[sign]
        return left

    def negated(self):
        return not truth(self.negated()) if self.sign("!") else self.reached()

    def reached(self):
        thing = self.atom()
        while sign := self.sign(".", "["):
            if sign == "[":
                key = self.either()
                self.must("]")
            else:
                kind, key = self.tokens[self.at] if self.at < len(self.tokens) else (None, None)
                if kind != "name":
                    raise WrongExpressionError(f"no name behind a dot: {key!r}")
                self.at += 1
            thing = self.inside(thing, key)
        return thing

    @staticmethod
    def inside(thing, key):
        """One step into a context; what is not there is null, names are the same in any case."""
        if isinstance(thing, list):
            return thing[int(key)] if int(key) < len(thing) else None
        if not isinstance(thing, dict):
            return None
        return next((held for name, held in thing.items() if name.lower() == str(key).lower()), None)

    def atom(self):
        if self.at >= len(self.tokens):
            raise WrongExpressionError("an expression ends too early")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return float(text)
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind == "sign" and text == "(":
            inner = self.either()
            self.must(")")
            return inner
        if kind != "name":
            raise WrongExpressionError(f"{text!r} was not expected")
        return self.named(text)

    def named(self, name):
        if self.sign("("):
            given = []
            while not self.sign(")"):
                given.append(self.either())
                self.sign(",")
            return self.called(name.lower(), given)
        if name.lower() in WORDS:
            return WORDS[name.lower()]
        if name.startswith("__") or name not in self.world:
            raise WrongExpressionError(f"there is no context {name!r} here")
        return self.world[name]

    def called(self, name, given):
        status = self.world.get("__status__", "success")
        functions = {
            "success": lambda: status == "success",
            "failure": lambda: status == "failure",
            "cancelled": lambda: status == "cancelled",
            "always": lambda: True,
            "contains": lambda where, what: (
                any(_same(one, what) for one in where)
                if isinstance(where, list)
                else shown(what).lower() in shown(where).lower()
            ),
            "startswith": lambda text, start: shown(text).lower().startswith(shown(start).lower()),
            "endswith": lambda text, end: shown(text).lower().endswith(shown(end).lower()),
            "format": lambda text, *parts: re.sub(r"\{(\d+)\}", lambda found: shown(parts[int(found[1])]), text),
            "join": lambda parts, between=",": shown(between).join(map(shown, parts)),
            "tojson": lambda thing: json.dumps(thing, indent=2),
            "fromjson": json.loads,
            "hashfiles": self.hashed,
        }
        if name not in functions:
            raise WrongExpressionError(f"there is no function {name!r}")
        return functions[name](*given)

    def hashed(self, *patterns):
        root = Path(self.world["github"]["workspace"])
        found = sorted({path for pattern in patterns for path in root.glob(pattern) if path.is_file()})
        if not found:
            return ""
        return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in found)).hexdigest()
