"""A pytest plugin that tries many versions of a function on tests that are collected once.

Each version runs in a child of its own: the code of the live function is exchanged, the tests run, one line says which
passed. It runs in the sandbox, in the project's interpreter: standard library and pytest, Python 3.8 and later.
What it says is a hint and no proof: the code under test could write such lines too.
"""

import ast
import gc
import json
import os
import select
import signal
import time
import types

import pytest
from _pytest.runner import runtestprotocol

READ = 1 << 16
ENDLESS = "endless"
ENOUGH = 5
"""After so many failing tests in a row, a version is given up."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    """Instead of running the tests once, run them for every version."""
    with open(os.path.splitext(os.path.abspath(__file__))[0] + ".json", encoding="utf-8") as source:
        job = json.load(source)
    known = {item.nodeid: item for item in session.items}
    Screen(job, [known.get(name) for name in job["tests"]]).run()
    return True


class Screen:
    """The versions, the tests, and the functions that the versions replace."""

    def __init__(self, job, items):
        self.job, self.items = job, items
        self.out = os.dup(1)  # pytest was told not to capture it
        self.live = live_functions(job["texts"])
        self.short = {}

    def run(self):
        """One line per version, until the time is over."""
        end = time.time() + self.job["deadline"]
        gc.collect()
        gc.disable()
        gc.freeze()
        for number, entry in enumerate(self.job["entries"]):
            if time.time() > end:
                return
            for path, lines, _ in entry["version"]:
                self.shortened(path, lines)
            said = self.child(entry)
            os.write(self.out, "{} {} {}\n".format(self.job["token"], number, said).encode("ascii", "replace"))

    def child(self, entry):
        """Try one version in a process of its own; what it said, or `- -` when it was ended."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(reader)
                os.write(writer, self.attempt(entry).encode("ascii", "replace"))
            finally:
                os._exit(0)
        os.close(writer)
        ready, _, _ = select.select([reader], [], [], entry["limit"])
        said = os.read(reader, READ).decode("ascii", "replace") if ready else ""
        os.close(reader)
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
        os.waitpid(pid, 0)
        return said or "- -"

    def attempt(self, entry):
        """Which tests pass with the version, as digits, and how the targets fail."""
        sink = os.open(os.devnull, os.O_RDWR)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        targets, guards = ([self.items[at] for at in entry[kind]] for kind in ("targets", "guards"))
        if None in targets or not self.exchange(entry["version"]):
            return "? ?"
        watch = Watch(self.job["per_test"])
        digits, errors = "", []
        for item, following in neighbours(targets, guards):
            good, error = watch.outcome(item, following)
            digits += "01"[good]
            errors += [error] if error else []
            if error == ENDLESS or (len(digits) >= ENOUGH and "1" not in digits):
                break
        digits = digits.ljust(len(targets), "0")
        if "1" in digits or not targets:
            digits += self.guarded(guards, watch, allowed=digits.count("1"))
        return "{} {}".format(digits or "-", ",".join(errors) or "-")

    def guarded(self, guards, watch, allowed):
        """The digits of the guards, until as many are lost as targets were won: no gain is left then."""
        digits = ""
        for item, following in neighbours(guards):
            if item is None:
                digits += "."
                continue
            digits += "01"[watch.outcome(item, following)[0]]
            if digits.endswith("0") and digits.count("0") >= allowed:
                break
        return digits

    def exchange(self, version):
        """Give the live functions the version's code; whether all that it changes are there."""
        return all(self.exchange_in(path, lines, edits) for path, lines, edits in version)

    def shortened(self, path, lines):
        """The file's text, but for what is not needed."""
        key = (path, str(lines))
        if key not in self.short:
            text = self.job["texts"][path]
            try:
                self.short[key] = alone(text, ast.parse(text), lines)
                compile(self.short[key], path, "exec", dont_inherit=True)
            except (SyntaxError, ValueError):
                self.short[key] = text
        return self.short[key]

    def exchange_in(self, path, lines, edits):
        """The same for one file."""
        text = self.shortened(path, lines)
        for start, stop, new in sorted(edits, reverse=True):
            text = text[:start] + new + text[stop:]
        functions, filename = self.live.get(path, ((), path))
        codes = code_tree(compile(text, filename, "exec", dont_inherit=True)) if functions else {}
        missing = [True] * len(lines)
        for function, place in functions:
            line = function.__code__.co_firstlineno
            around = [at for at, (first, last) in enumerate(lines) if first <= line <= last]
            code = codes.get(place)
            if not around:
                continue
            if code is None or code.co_freevars != function.__code__.co_freevars:
                return False
            function.__code__ = code
            missing[around[0]] = False
        return not any(missing)


class Watch:
    """Runs one test after the other and ends what takes too long."""

    def __init__(self, limit):
        self.limit = limit
        signal.signal(signal.SIGPROF, self.ring)
        signal.signal(signal.SIGALRM, self.ring)

    def ring(self, *_):
        pytest.fail("the test ran longer than it may")

    def outcome(self, item, following):
        """Whether a test passes, and the name of its error."""
        signal.setitimer(signal.ITIMER_PROF, self.limit, 0.2)
        signal.setitimer(signal.ITIMER_REAL, 4 * self.limit + 1, 0.2)
        try:
            return outcome(item, following)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)


def neighbours(first, second=()):
    """Each item with the one that follows, which decides what is torn down between them."""
    here = [item for item in first if item is not None]
    after = [*here, *(item for item in second if item is not None)][1:] + [None]
    following = iter(after)
    return [(item, next(following, None) if item is not None else None) for item in first]


class Told:
    """What went wrong, in pytest's short words: nobody reads the long ones, and they cost more than the test."""

    def __init__(self, excinfo):
        self.reprcrash = self
        self.message = excinfo.exconly(tryshort=True)


def outcome(item, following):
    """Whether a test passes, and the name of its error."""
    item.repr_failure = lambda excinfo, *_, **__: Told(excinfo)
    reports = runtestprotocol(item, log=False, nextitem=following)
    if all(report.passed and not hasattr(report, "wasxfail") for report in reports):
        return True, ""
    crash = next((getattr(report.longrepr, "reprcrash", None) for report in reports if report.failed), None)
    message = str(getattr(crash, "message", ""))
    if "ran longer than" in message:
        return False, ENDLESS
    head = message.partition(":")[0]
    return False, head if head.replace(".", "").isalnum() else "AssertionError"


def live_functions(texts):
    """By path, the functions of a file that exist now, each with its place in the file's code, and the file's name."""
    places, names = {}, {}
    for path, text in texts.items():
        try:
            tree = code_tree(compile(text, path, "exec", dont_inherit=True))
        except (SyntaxError, ValueError):
            continue
        names[os.path.realpath(path)] = path
        places[path] = {(code.co_name, code.co_firstlineno): place for place, code in tree.items() if place}
    found, real = {}, {}
    for thing in gc.get_objects():
        if type(thing) is not types.FunctionType:
            continue
        code = thing.__code__
        name = code.co_filename
        if name not in real:
            real[name] = names.get(os.path.realpath(name))
        path = real[name]
        place = places[path].get((code.co_name, code.co_firstlineno)) if path else None
        if place:
            found.setdefault(path, ([], name))[0].append((thing, place))
    return found


def alone(text, tree, lines):
    """The text with all but some functions blanked out, so that it compiles sooner; every offset stays what it was."""
    kept = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    wanted = list(functions_in(tree, ()))
    chosen = [(node, around) for node, around in wanted if any(first <= node.lineno <= last for first, last in lines)]
    if len({id(node) for node, _ in chosen}) < len(lines):
        return text
    homes = {(node.name, around) for node, around in chosen}
    chosen = [(node, around) for node, around in wanted if (node.name, around) in homes]
    rows = text.split("\n")
    blank = [" " * len(row) for row in rows]
    for node in kept + [node for node, _ in chosen]:
        first = min([node.lineno] + [part.lineno for part in getattr(node, "decorator_list", ())])
        blank[first - 1 : node.end_lineno] = rows[first - 1 : node.end_lineno]
    for around in {around for _, around in chosen}:
        for node in around:
            head = "{}class {}:".format(" " * node.col_offset, node.name)
            blank[node.lineno - 1] = head.ljust(len(rows[node.lineno - 1]))
            if len(blank[node.lineno - 1]) != len(rows[node.lineno - 1]):
                return text
    return "\n".join(blank)


def functions_in(node, around):
    """The outermost functions that stand in nothing but classes, each with these."""
    for child in node.body:
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield child, around
        elif isinstance(child, ast.ClassDef):
            for found in functions_in(child, around + (child,)):
                yield found


def code_tree(code, place=()):
    """All code objects below one, by their names and their number among namesakes."""
    found = {place: code}
    counts = {}
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            counts[inner.co_name] = counts.get(inner.co_name, -1) + 1
            found.update(code_tree(inner, place + ((inner.co_name, counts[inner.co_name]),)))
    return found
