"""Evaluates the same calls with several versions of the code, each version in a child of its own.

Runs in the sandbox, in the project's interpreter: standard library only, Python 3.8 and later.
Usage: comparing.py JOB.json
"""

import importlib
import itertools
import json
import os
import select
import signal
import sys
import types

LONGEST = 400


class Endless(BaseException):
    """A call took too long."""


def main():
    """One line per version: a token, its number, and what each call gave."""
    with open(sys.argv[1], encoding="utf-8") as source:
        job = json.load(source)
    sys.path[:0] = [os.path.abspath(place) for place in job["roots"]]
    out = os.dup(1)
    for number, version in enumerate(job["versions"]):
        said = child(job, version)
        os.write(out, "{} {} {}\n".format(job["token"], number, said).encode("ascii"))


def child(job, version):
    """What the calls gave, as JSON; an empty list when the child died or took too long."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reader)
            sink = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(sink, number)
            data = json.dumps(evaluated(job, version)).encode("ascii")
            while data:
                data = data[os.write(writer, data) :]
        finally:
            os._exit(0)
    os.close(writer)
    chunks = []
    while select.select([reader], [], [], job["limit"])[0]:
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


def evaluated(job, version):
    """Load the version, evaluate the calls."""
    for name, path, text in version:
        module = types.ModuleType(name)
        module.__file__ = os.path.abspath(path)
        module.__package__ = name if path.endswith("__init__.py") else name.rpartition(".")[0]
        sys.modules[name] = module
        exec(compile(text, module.__file__, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - what this is for
    space = importlib.import_module(job["module"]).__dict__
    signal.signal(signal.SIGALRM, ring)
    return [result(call, space, job["each"]) for call in job["calls"]]


def ring(*_):
    """End a call that takes too long."""
    raise Endless


def result(call, space, seconds):
    """The type and the text of what a call gives, or of what it raises."""
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, seconds)  # what rings in a callback of gc is lost
        try:
            value = eval(call, dict(space))  # noqa: S307 - what this is for
            if hasattr(value, "__next__"):
                value = list(itertools.islice(value, 100))
            return [type(value).__name__, repr(value)[:LONGEST]]
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except BaseException as error:  # whatever the code under test raises is an answer
        return ["!", type(error).__name__]


if __name__ == "__main__":
    main()
