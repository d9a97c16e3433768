"""A pytest plugin that records how tests call some functions, and asks many versions of them the same again.

The tests run once, on the code as it is. Then each version runs in a child of its own: the code of the live functions
is exchanged, the recorded calls and variations of them are made, one line says what each of them gave.
It runs in the sandbox, in the project's interpreter: standard library and pytest, Python 3.8 and later.
"""

import copy
import hashlib
import inspect
import itertools
import json
import os
import random
import re
import select
import signal
import sys
import time

import dspy_ci_screening as screening
import pytest

PER_TEST = 6
"""So many calls of one function are recorded in one test."""
SHOWN = 40
DEEP = 4
WIDE = 30


class Endless(BaseException):
    """A call took too long."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    """Instead of reporting on the tests, listen to them, then ask."""
    with open(os.path.splitext(os.path.abspath(__file__))[0] + ".json", encoding="utf-8") as source:
        job = json.load(source)
    known = {item.nodeid: item for item in session.items}
    screen = screening.Screen(job, [])
    recorder = Recorder(job, screen.live)
    recorder.listen([known[name] for name in job["tests"] if name in known])
    Questions(job, screen, recorder.calls).ask()
    return True


class Recorder:
    """Notes the arguments of calls, as they were when the call began."""

    def __init__(self, job, live):
        self.most, self.until = job["most"], time.time() + job["deadline"] / 3
        self.calls, self.seen, self.here = [], set(), {}
        self.functions = {}
        for path, (functions, _) in live.items():
            for function, _ in functions:
                line = function.__code__.co_firstlineno
                if any(first <= line <= last for first, last in job["lines"].get(path, ())):
                    self.functions[function.__code__] = function

    def listen(self, items):
        from _pytest.runner import runtestprotocol

        for item, following in zip(items, items[1:] + [None]):
            if len(self.calls) >= self.most or time.time() > self.until or not self.functions:
                return
            self.here.clear()
            sys.setprofile(self.note)
            try:
                runtestprotocol(item, log=False, nextitem=following)
            finally:
                sys.setprofile(None)

    def note(self, frame, event, _):
        function = self.functions.get(frame.f_code) if event == "call" else None
        if function is None or self.here.get(function, 0) >= PER_TEST or len(self.calls) >= self.most:
            return
        sys.setprofile(None)
        try:
            found = arguments(frame)
            if found is not None:
                self.keep(function, copy.deepcopy(found))
        except Exception:  # noqa: S110 - what cannot be copied cannot be asked again
            pass
        finally:
            sys.setprofile(self.note)

    def keep(self, function, found):
        key = (function, shape(found))
        if key not in self.seen:
            self.seen.add(key)
            self.here[function] = self.here.get(function, 0) + 1
            self.calls.append((function, found))


def arguments(frame):
    """Positional and named arguments of a call that just begins; None for a generator that goes on."""
    names, more, words, values = inspect.getargvalues(frame)
    code = frame.f_code
    count = code.co_argcount
    only = code.co_varnames[count : count + code.co_kwonlyargcount]
    known = {*names, *only, more, words, *code.co_freevars}
    if not all(name in known for name in values) or not all(name in values for name in (*names, *only)):
        return None
    plain = [values[name] for name in names[:count]] + list(values.get(more, ()) if more else ())
    named = {name: values[name] for name in only}
    named.update(values.get(words, {}) if words else {})
    return plain, named


class Questions:
    """The recorded calls and their variations, and the versions that answer them."""

    def __init__(self, job, screen, calls):
        self.job, self.screen = job, screen
        self.asked = list(varied(calls, job["most"] * 2, random.Random(job["seed"])))  # noqa: S311 - nothing secret

    def ask(self):
        end = time.time() + self.job["deadline"]
        said = [[title(function, found), plain] for function, found, plain in self.asked]
        self.tell("asked", json.dumps(said))
        for number, version in enumerate(self.job["versions"]):
            if time.time() > end:
                return
            for path, lines, _ in version:
                self.screen.shortened(path, lines)
            self.tell(number, self.child(version))

    def tell(self, head, text):
        line = "\n{} {} {}\n".format(self.job["token"], head, text).encode("ascii", "replace")
        while line:
            line = line[os.write(self.screen.out, line) :]

    def child(self, version):
        """What one version answers, in a process of its own; an empty list when it died or took too long."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(reader)
                data = json.dumps(self.answers(version)).encode("ascii", "replace")
                while data:
                    data = data[os.write(writer, data) :]
            finally:
                os._exit(0)
        os.close(writer)
        chunks, end = [], time.time() + self.job["limit"]
        while select.select([reader], [], [], max(0.0, end - time.time()))[0]:
            chunk = os.read(reader, 1 << 16)
            if not chunk:
                break
            chunks.append(chunk)
        os.close(reader)
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
        os.waitpid(pid, 0)
        said = b"".join(chunks).decode("ascii", "replace")
        return said if said.endswith("]") else "[]"

    def answers(self, version):
        sink = os.open(os.devnull, os.O_RDWR)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        if not self.screen.exchange(version):
            return []
        signal.signal(signal.SIGALRM, ring)
        return [answer(function, found, self.job["each"]) for function, found, _ in self.asked]


def ring(*_):
    """End a call that takes too long."""
    raise Endless


def answer(function, found, seconds):
    """The type and the text of what a call gives and of what it did to its arguments, or of what it raises."""
    plain, named = found
    random.seed(0)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, seconds)  # what rings in a callback of gc is lost
        try:
            value = function(*plain, **named)
            if inspect.iscoroutine(value):
                value.close()
                return ["?", "?"]
            if inspect.isgenerator(value):
                value = list(itertools.islice(value, 100))
            text = shape(value)
            return [type(value).__name__, text[:SHOWN] + digest(text + shape(found))]
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except BaseException as error:  # whatever the code under test raises is an answer
        return ["!", type(error).__name__]


def digest(text):
    """A mark that differs where texts differ."""
    return " #" + hashlib.md5(text.encode("utf-8", "replace")).hexdigest()[:8]  # noqa: S324 - nothing secret


def title(function, found):
    """The call in words."""
    plain, named = found
    parts = [shape(value)[:40] for value in plain] + ["{}={}".format(*pair) for pair in sorted(named.items())]
    return "{}({})".format(function.__qualname__, ", ".join(parts))[:160]


def shape(value, depth=DEEP):
    """A value in words that depend on nothing but the value: no addresses, no order of sets."""
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        return repr(value)[:2000]
    if depth == 0:
        return type(value).__name__
    if isinstance(value, dict):
        pairs = ("{}: {}".format(shape(k, depth - 1), shape(v, depth - 1)) for k, v in list(value.items())[:WIDE])
        return "{}{{{}}}".format("" if type(value) is dict else type(value).__name__, ", ".join(pairs))
    if isinstance(value, (list, tuple)):
        ends = "[]" if isinstance(value, list) else "()"
        inner = ", ".join(shape(part, depth - 1) for part in value[:WIDE])
        return ("" if type(value) in (list, tuple) else type(value).__name__) + ends[0] + inner + ends[1]
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(shape(part, depth - 1) for part in value)[:WIDE]) + "}"
    state = getattr(value, "__dict__", None)
    if isinstance(state, dict) and state and not isinstance(value, type):
        return "{}({})".format(type(value).__name__, shape(state, depth - 1))
    return re.sub(r"0x[0-9a-f]+", "0x", repr(value))[:400]


def varied(calls, most, chance):
    """Each call as it was, then variations of all of them in turn; true for what the tests really asked."""
    for function, found in calls:
        yield function, copy.deepcopy(found), True
    seen = {(function, shape(found)) for function, found in calls}
    for number in range(most if calls else 0):
        function, found = calls[number % len(calls)]
        try:
            other = copy.deepcopy(found)
            mixed = number % 2 and mix(other, function, calls, chance)
            if (mixed or vary(other, bound(function), chance)) and (function, shape(other)) not in seen:
                seen.add((function, shape(other)))
                yield function, other, False
        except Exception:  # noqa: S112 - a value that does not like to be changed stays as it is
            continue


def mix(found, function, calls, chance):
    """Take one argument from another call of the same function; whether there was one of its kind."""
    others = [plain for known, (plain, _) in calls if known is function and len(plain) == len(found[0])]
    plain = chance.choice(others) if others and found[0] else None
    at = chance.randrange(len(found[0])) if plain else 0
    if plain is None or type(plain[at]) is not type(found[0][at]):
        return False
    found[0][at] = copy.deepcopy(plain[at])
    return True


def bound(function):
    """How many leading arguments are the object itself."""
    names = function.__code__.co_varnames[:1]
    return 1 if names and names[0] in ("self", "cls") else 0


def vary(found, first, chance):
    """Change one value somewhere in the arguments; whether there was one to change."""
    plain, named = found
    places = [place for at in range(first, len(plain)) for place in spots(plain, at, DEEP)]
    places += [place for key in sorted(named) for place in spots(named, key, DEEP)]
    if not places:
        return False
    owner, key = chance.choice(places)
    owner[key] = other(owner[key], chance)
    return True


def spots(owner, key, depth):
    """The places in a value, and the value itself, that may hold something else."""
    value = owner[key]
    if isinstance(value, (bool, int, float, str, list, tuple)):
        yield owner, key
    if depth and isinstance(value, list):
        for at in range(min(len(value), WIDE)):
            for place in spots(value, at, depth - 1):
                yield place
    elif depth and isinstance(value, dict):
        for name in list(value)[:WIDE]:
            for place in spots(value, name, depth - 1):
                yield place


def other(value, chance):
    """A near value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return chance.choice((value + 1, value - 1, value + 2, value * 2, -value, 0, 1))
    if isinstance(value, float):
        return chance.choice((value + 1.0, value - 0.5, -value, value * 2, 0.0))
    at = chance.randrange(len(value)) if len(value) else 0
    choices = [value[:at] + value[at + 1 :], value[:at] + value[at : at + 1] + value[at:], value[::-1], value[:0]]
    if isinstance(value, str):
        choices += [value.swapcase(), value + " ", value * 2]
    return chance.choice(choices)
