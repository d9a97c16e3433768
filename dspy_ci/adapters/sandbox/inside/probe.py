"""Runs pytest in the project's interpreter and reports every test over a pipe; standard library and pytest only.

Works on Python 3.8 and later, is loaded by path, and never imports the package that it came from.
"""

import ast
import functools
import json
import os
import signal
import sys
import threading

CAP = 6000
"""Characters of a failure's text that are kept."""
OFTEN = 16
"""Tests between two looks at them."""
WATCHED = (
    "_pytest.runner",
    "_pytest.python",
    "_pytest.outcomes",
    "_pytest.skipping",
    "_pytest.unittest",
    "_pytest.reports",
    "_pytest.main",
    "pluggy._hooks",
    "pluggy._caller",
    "pluggy._callers",
    "pluggy._execution",
    "pluggy._manager",
)
"""Whoever changes these while tests run can make any test pass."""


class Channel:
    """Writes records to a descriptor that no child process inherits; each carries the nonce of the run."""

    def __init__(self, fd, nonce):
        os.set_inheritable(fd, False)
        self.fd, self.nonce, self.count, self.pid = fd, nonce, 0, os.getpid()

    def send(self, kind, **fields):
        if os.getpid() != self.pid:
            return
        self.count += 1
        fields.update(kind=kind, nonce=self.nonce, number=self.count)
        data = json.dumps(fields).encode("utf-8", "replace") + b"\n"
        while data:
            data = data[os.write(self.fd, data) :]


def main(job, fd, wait=None):
    """Run the job's tests and return pytest's exit code.

    `wait` is called before anything is collected; it returns a job and its descriptor, once in every process it forks.
    """
    import pytest

    probe = Probe(job, None if wait else Channel(fd, job["nonce"]), pytest, wait)
    code = int(pytest.main(_words(job), plugins=[probe]))
    if probe.channel is None:
        return code
    job = probe.job
    if code == 4 and job["ids"] and probe.narrow and not (probe.started or probe.broken):
        probe.narrow = False
        code = int(pytest.main(_words(job), plugins=[probe]))
    probe.finish(code)
    return code


def _words(job):
    fixed = ["-o", "cache_dir=" + os.path.join(job["scratch"], "cache"), "--color=no"]
    return list(job["args"]) + fixed


class Probe:
    """The plugin: what ran, how it ended, which lines it touched, and from where the project was imported."""

    def __init__(self, job, channel, pytest, wait=None):
        self.channel, self.pytest, self.wait = channel, pytest, wait
        self.started = self.broken = False
        self.raised, self.called, self.seen = {}, set(), 0
        self.state = {}
        self.watched = None
        self.tampered = set()
        self._take(job)

    def _take(self, job):
        self.job = job
        self.wanted = set(job["ids"])
        self.narrow = len(self.wanted) <= 60
        self.clock = Clock(job["per_test"], self.pytest)
        self.tracer = tracer(job["root"]) if job["trace"] else None

    def pytest_load_initial_conftests(self, early_config, args):
        """Bend the project's own options where they would hide results."""
        has = early_config.pluginmanager.hasplugin
        known = early_config.known_args_namespace
        if has("xdist"):
            args += ["-n0"]
        if has("_cov") or has("pytest_cov"):
            args += ["--no-cov"]
            known.cov_source, known.no_cov = None, True
        if hasattr(known, "no_header"):
            args += ["--no-header"]
        if has("randomly"):
            args += ["--randomly-dont-reorganize", "--randomly-seed=%d" % self.job["seed"]]
        args += ["--maxfail=1" if self.job["stop"] else "--maxfail=0", "--continue-on-collection-errors"]
        if self.wanted:
            given = set(map(str, known.file_or_dir or ()))
            args[:] = [word for word in args if word not in given] + self._places(early_config)

    def _places(self, config):
        root = str(getattr(config, "rootpath", None) or config.rootdir)
        if self.narrow:
            names = [name.partition("[")[0] for name in self.job["ids"]]
        else:
            names = [name.partition("::")[0] for name in self.job["ids"]]
        return [os.path.join(root, name) for name in dict.fromkeys(names)]

    def pytest_sessionstart(self):
        self.tampered = set()
        if self.tracer:
            hush(self.tracer)
        self._trace()

    def _trace(self):
        if self.tracer:
            self.tracer.start()

    def pytest_collection(self, session):
        """Wait for a job where that is wanted: everything before this point is the same for all candidates."""
        self.watched = _functions()
        if self.wait is None:
            return
        wait, self.wait = self.wait, None
        job, fd = wait(session.config)
        self._take(job)
        self.channel = Channel(fd, job["nonce"])
        session.config.args[:] = self._places(session.config)
        session.config.option.maxfail = 1 if job["stop"] else 0
        if hasattr(session.config.option, "randomly_seed"):
            session.config.option.randomly_seed = job["seed"]
        if self.tracer:
            hush(self.tracer)
            self.watched = _functions()
        self._trace()

    def pytest_collection_modifyitems(self, session, config, items):
        if not self.wanted:
            return
        gone = [item for item in items if not self._is_wanted(item.nodeid)]
        if gone:
            items[:] = [item for item in items if self._is_wanted(item.nodeid)]
            config.hook.pytest_deselected(items=gone)

    def _is_wanted(self, name):
        """A wanted file is wanted with all of its tests."""
        return name in self.wanted or name.partition("::")[0] in self.wanted

    def pytest_collectreport(self, report):
        if report.failed:
            self.broken = True
            text = _text(report)
            self.channel.send("result", id=report.nodeid, status="error", seconds=0.0, message=text[-CAP:])

    def pytest_runtest_logstart(self, nodeid):
        self.started = True
        self.state = {"id": nodeid, "status": None, "seconds": 0.0, "message": "", "assertions": None}
        self.channel.send("start", id=nodeid)
        if self.tracer:
            self.tracer.take()

    def pytest_runtest_logreport(self, report):
        state = self.state
        if state.get("id") != report.nodeid:
            state = self.state = {"id": report.nodeid, "status": None, "seconds": 0.0, "message": ""}
        state["seconds"] += report.duration
        status = _status(report)
        if status and state["status"] in (None, "passed"):
            state["status"] = status
            state["message"] = "" if status == "passed" else _text(report)[:CAP]

    def pytest_runtest_logfinish(self, nodeid):
        state, self.state = self.state, {}
        raised = self.raised.pop(nodeid, None)
        called = nodeid in self.called
        if state.get("status") == "passed" and (raised or not called):
            state.update(status="failed", message=raised["message"] if raised else "the test was never called")
            self.tampered.add("a test that raised, or never ran, was reported as passed")
        if raised and state.get("status") in ("failed", "error"):
            state["assertions"] = raised["assertions"]
        self.seen += 1
        if self.seen % OFTEN == 1:
            self._look()
        if self.tracer:
            state["lines"] = self.tracer.take()
        self.channel.send(
            "result",
            **dict(
                {"status": "error", "message": "the test ended without a report"},
                **{key: value for key, value in state.items() if value is not None or key == "assertions"},
            ),
        )

    def pytest_sessionfinish(self):
        self._look()

    def _look(self):
        """Note what was changed in pytest since before anything was collected."""
        if self.watched is not None:
            self.tampered.update(_differences(self.watched))

    def _watch(self, item, outcome):
        self.called.add(item.nodeid)
        error = outcome.excinfo
        skip = (self.pytest.skip.Exception, self.pytest.xfail.Exception)
        if error is None or isinstance(error[1], skip) or type(error[1]).__name__ == "SkipTest":
            return
        self.raised[item.nodeid] = {
            "message": "{}: {}".format(error[0].__name__, error[1])[:CAP],
            "assertions": _asserted(item, error[2]),
        }

    def pytest_unconfigure(self):
        self.clock.stop()

    def finish(self, code):
        """Say what was imported from where, and that the run came to its end."""
        modules, foreign = imported(self.job["names"], self.job["root"], self.job["outside"])
        self.channel.send("end", code=code, modules=modules, foreign=foreign, tampered=sorted(self.tampered))


def _add_wrappers():
    """The hook wrappers, in the old form that every pytest since 3.8's understands."""
    try:
        import pytest
    except ImportError:
        return

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        self._trace()
        self.clock.begin()
        yield
        self.clock.stop()

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_call(self, item):
        self._trace()
        self.clock.inside = True
        try:
            outcome = yield
        finally:
            self.clock.inside = False
        self._watch(item, outcome)

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def bounded(self, item):
        self._trace()
        self.clock.inside = True
        try:
            yield
        finally:
            self.clock.inside = False

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item, call):
        if self.tracer:
            self.tracer.paused += 1
        yield
        if self.tracer:
            self.tracer.paused -= 1

    Probe.pytest_runtest_makereport = pytest_runtest_makereport
    Probe.pytest_runtest_protocol = pytest_runtest_protocol
    Probe.pytest_runtest_call = pytest_runtest_call
    Probe.pytest_runtest_setup = Probe.pytest_runtest_teardown = bounded
    pytest.hookimpl(tryfirst=True)(Probe.pytest_collection)
    pytest.hookimpl(trylast=True)(Probe.pytest_collection_modifyitems)
    pytest.hookimpl(tryfirst=True)(Probe.pytest_load_initial_conftests)


def _status(report):
    if hasattr(report, "wasxfail"):
        if report.skipped:
            return "xfailed"
        if report.passed and report.when == "call":
            return "xpassed"
    if report.failed:
        return "failed" if report.when == "call" else "error"
    if report.skipped:
        return "skipped"
    return "passed" if report.when == "call" else None


def _text(report):
    try:
        return report.longreprtext
    except Exception as error:  # a project's own exception may refuse to be shown
        return "(the failure cannot be shown: {})".format(type(error).__name__)


@functools.lru_cache(maxsize=None)
def _asserts(path):
    try:
        with open(path, "rb") as source:
            tree = ast.parse(source.read())
    except (OSError, SyntaxError, ValueError):
        return ()
    found = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    found += [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.startswith("assert")
    ]
    return tuple(sorted(found))


def _asserted(item, trace):
    """How many assert statements of the test's own function stand before the line at which it raised."""
    code = getattr(
        getattr(getattr(item, "function", None), "__func__", getattr(item, "function", None)), "__code__", None
    )
    line = None
    while trace is not None:
        if trace.tb_frame.f_code is code:
            line = trace.tb_lineno
        trace = trace.tb_next
    if line is None:
        return None
    return sum(code.co_firstlineno <= number < line for number in _asserts(code.co_filename))


def _functions():
    """The functions that decide whether a test passed, by name."""
    found = {}
    for name in WATCHED:
        module = sys.modules.get(name)
        if module is None:
            continue
        for key, value in list(vars(module).items()):
            if callable(value):
                found[name, key] = value
            if isinstance(value, type) and value.__module__ == name:
                for inner, member in list(vars(value).items()):
                    if callable(member) or isinstance(member, (staticmethod, classmethod, property)):
                        found[name, key, inner] = member
    return found


def _differences(before):
    now = _functions()
    return [".".join(key) for key in before if now.get(key) is not before[key]]


def imported(names, root, outside):
    """The project's modules that were imported from the copy, and those that came from elsewhere."""
    modules, foreign = {}, []
    names = set(names)
    inside = os.path.realpath(root) + os.sep
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in names:
            continue
        path = getattr(module, "__file__", None)
        if not isinstance(path, str):
            continue
        real = os.path.realpath(path)
        if real.startswith(inside) and not any(real.startswith(inside + part + os.sep) for part in outside):
            modules[name] = real[len(inside) :].replace(os.sep, "/")
        elif path.endswith((".py", ".pyc")):
            foreign.append("{} from {}".format(name, path))
    return modules, sorted(foreign)


class Clock:
    """Ends a test that runs longer than it may; ends the process when the test cannot be ended."""

    def __init__(self, limit, pytest):
        self.limit, self.pytest = limit, pytest
        self.running = self.inside = False

    def begin(self):
        if not self.limit or threading.current_thread() is not threading.main_thread():
            return
        import faulthandler

        self.running = True
        signal.signal(signal.SIGALRM, self._ring)
        signal.setitimer(signal.ITIMER_REAL, self.limit, 0.5)
        faulthandler.dump_traceback_later(self.limit * 2 + 2, exit=True, file=sys.__stderr__)

    def _ring(self, number, frame):
        __tracebackhide__ = True  # the failure belongs to the line that was running
        if not self.inside:  # pytest's own code is no place for an exception; the bell rings again
            return
        raise self.pytest.fail.Exception("the test ran longer than {:g} s".format(self.limit))

    def stop(self):
        if not self.running:
            return
        import faulthandler

        self.running = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()


def tracer(root):
    """The line recorder that this interpreter affords."""
    return MonitorTracer(root) if hasattr(sys, "monitoring") else SetTracer(root)


SHOWING = (
    ("_pytest.assertion.rewrite", ("_saferepr", "_call_reprcompare", "_format_explanation", "_format_assertmsg")),
    ("unittest.case", ("safe_repr", "_common_shorten_repr")),
)
"""Who shows values where a test fails: what their `__repr__` runs has nothing to do with the fault."""


def hush(tracer):
    """Record nothing while a failure is put into words."""
    for module, names in SHOWING:
        for name in names if module in sys.modules else ():
            shown = getattr(sys.modules[module], name, None)
            if shown is not None:
                setattr(sys.modules[module], name, hushed(tracer, shown))


def hushed(tracer, function):
    """The function, with the tracer paused while it runs."""

    def quiet(*args, **kwargs):
        tracer.paused += 1
        try:
            return function(*args, **kwargs)
        finally:
            tracer.paused -= 1

    return quiet


class SetTracer:
    """Lines by sys.settrace, for files of the copy alone.

    A test can end the tracing, with a call of sys.settrace or with a recursion so deep that the tracer finds no room:
    the interpreter then drops it without a word. So it is set anew for every part of every test.
    """

    def __init__(self, root):
        self.root = os.path.realpath(root) + os.sep
        self.seen = {}
        self.known = {}
        self.paused = 0

    def start(self):
        """Trace, whatever became of it since the last time."""
        sys.settrace(self._call)
        threading.settrace(self._call)

    def _call(self, frame, event, argument):
        if self.paused:
            return None
        name = frame.f_code.co_filename
        path = self.known.get(name)
        if path is None:
            path = self.known[name] = _relative(name, self.root)
        if not path:
            return None
        lines = self.seen.setdefault(path, set())
        lines.add(frame.f_lineno)
        add = lines.add

        def local(frame, event, argument):
            if event == "line":
                add(frame.f_lineno)
            return local

        return local

    def take(self):
        """The lines since the last time."""
        seen, self.seen = self.seen, {}
        return {path: sorted(lines) for path, lines in seen.items()}


class MonitorTracer:
    """Lines by sys.monitoring, each place reported once per test."""

    def __init__(self, root):
        self.root = os.path.realpath(root) + os.sep
        self.seen = {}
        self.known = {}
        self.paused = 0
        self.tool = None

    def start(self):
        """Watch; nobody but us can end that."""
        if self.tool is not None:
            return
        tools = sys.monitoring
        self.tool = next(number for number in (3, 4, 2, 1) if tools.get_tool(number) is None)
        tools.use_tool_id(self.tool, "dspy-ci")
        tools.register_callback(self.tool, tools.events.LINE, self._line)
        tools.set_events(self.tool, tools.events.LINE)

    def _line(self, code, line):
        if self.paused:
            return None
        path = self.known.get(code.co_filename)
        if path is None:
            path = self.known[code.co_filename] = _relative(code.co_filename, self.root)
        if path:
            self.seen.setdefault(path, set()).add(line)
        return sys.monitoring.DISABLE

    def take(self):
        """The lines since the last time."""
        seen, self.seen = self.seen, {}
        sys.monitoring.restart_events()
        return {path: sorted(lines) for path, lines in seen.items()}


def _relative(name, root):
    if not os.path.isabs(name):
        return ""
    real = os.path.realpath(name)
    return real[len(root) :].replace(os.sep, "/") if real.startswith(root) else ""


def read_job(fd):
    """The job, as JSON, from a descriptor that is closed behind it: nobody after us can read the nonce there."""
    with os.fdopen(fd, "rb") as source:
        return json.loads(source.read().decode("utf-8"))


def enter(job):
    """Stand where `python -m pytest` would stand in the copy."""
    os.chdir(job["root"])
    sys.path[0] = os.getcwd()
    sys.argv = ["pytest"] + list(job["args"])


_add_wrappers()

if __name__ == "__main__":
    job = read_job(int(sys.argv[1]))
    result_fd = int(sys.argv[2])
    enter(job)
    code = main(job, result_fd)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
