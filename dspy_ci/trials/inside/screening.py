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
    targets = [known[name] for name in job["targets"] if name in known]
    guards = [known[name] for name in job["guards"] if name in known]
    if len(targets) == len(job["targets"]):
        Screen(job, targets, guards).run()
    return True


class Screen:
    """The versions, the tests, and the functions that the versions replace."""

    def __init__(self, job, targets, guards):
        self.job, self.targets, self.guards = job, targets, guards
        self.out = os.dup(1)  # pytest was told not to capture it
        self.live = {path: live_functions(path, text) for path, text in job["files"].items()}
        self.short = {}

    def run(self):
        """One line per version, until the time is over."""
        end = time.time() + self.job["deadline"]
        gc.collect()
        gc.disable()
        for number, version in enumerate(self.job["versions"]):
            if time.time() > end:
                return
            for path, lines, _ in version:
                self.shortened(path, lines)
            said = self.child(version)
            os.write(self.out, "{} {} {}\n".format(self.job["token"], number, said).encode("ascii", "replace"))

    def child(self, version):
        """Try one version in a process of its own; what it said, or `- -` when it was ended."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(reader)
                os.write(writer, self.attempt(version).encode("ascii", "replace"))
            finally:
                os._exit(0)
        os.close(writer)
        ready, _, _ = select.select([reader], [], [], self.job["limit"])
        said = os.read(reader, READ).decode("ascii", "replace") if ready else ""
        os.close(reader)
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
        os.waitpid(pid, 0)
        return said or "- -"

    def attempt(self, version):
        """Which tests pass with the version, as digits, and how the targets fail."""
        sink = os.open(os.devnull, os.O_RDWR)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        if not self.exchange(version):
            return "? ?"
        digits, errors = "", []
        for item, following in zip(self.targets, [*self.targets[1:], *self.guards[:1], None]):
            good, error = outcome(item, following, self.job["each"])
            digits += "01"[good]
            errors += [error] if error else []
            if error == ENDLESS or (len(digits) >= ENOUGH and "1" not in digits):
                break
        digits = digits.ljust(len(self.targets), "0")
        if "1" in digits:
            for item, following in zip(self.guards, [*self.guards[1:], None]):
                digits += "01"[outcome(item, following, self.job["each"])[0]]
        return "{} {}".format(digits, ",".join(errors) or "-")

    def exchange(self, version):
        """Give the live functions the version's code; whether all that it changes are there."""
        return all(self.exchange_in(path, lines, edits) for path, lines, edits in version)

    def shortened(self, path, lines):
        """The file's text, but for what is not needed."""
        key = (path, str(lines))
        if key not in self.short:
            text = self.job["files"][path]
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
        functions, filename = self.live[path]
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


def ring(*_):
    """End a test that takes too long."""
    raise pytest.fail.Exception("the test ran longer than it may")


def outcome(item, following, seconds):
    """Whether a test passes, and the name of its error."""
    from _pytest.runner import runtestprotocol

    signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds, seconds)  # its own time: others may keep the machine busy
    try:
        reports = runtestprotocol(item, log=False, nextitem=following)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    if all(report.passed and not hasattr(report, "wasxfail") for report in reports):
        return True, ""
    crash = next((getattr(report.longrepr, "reprcrash", None) for report in reports if report.failed), None)
    message = str(getattr(crash, "message", ""))
    if "ran longer than" in message:
        return False, ENDLESS
    head = message.partition(":")[0]
    return False, head if head.replace(".", "").isalnum() else "AssertionError"


def live_functions(path, text):
    """The functions of a file that exist now, each with its place in the file's tree of code objects."""
    real = filename = os.path.realpath(path)
    try:
        tree = code_tree(compile(text, path, "exec", dont_inherit=True))
    except (SyntaxError, ValueError):
        return [], filename
    places = {(code.co_name, code.co_firstlineno): place for place, code in tree.items() if place}
    found = []
    for thing in gc.get_objects():
        code = thing.__code__ if type(thing) is types.FunctionType else None
        place = places.get((code.co_name, code.co_firstlineno)) if code else None
        if place and os.path.realpath(code.co_filename) == real:
            found.append((thing, place))
            filename = code.co_filename
    return found, filename


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
