"""A place where code that nobody trusts may run on a throw-away copy of the repository."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, TracebackType
from typing import Literal, Protocol

Files = Mapping[str, "bytes | None"]
"""Repository-relative path to the bytes that a candidate puts there; None removes the file."""

Status = Literal["passed", "failed", "error", "skipped", "xfailed", "xpassed"]
"""How one test ended: `error` is a failure outside the test's own call (set-up, tear-down, collection)."""

NOTHING: Files = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Guarantees:
    """What a tier promises, in words that are printed in every report."""

    tier: Literal["A", "B", "C", "D", "E"]
    name: str
    files: str
    network: str
    secrets: str
    processes: str

    @property
    def isolates(self) -> bool:
        """Whether hostile code may run here."""
        return self.tier != "E"


@dataclass(frozen=True, slots=True)
class Command:
    """A process to run in the copy."""

    argv: tuple[str, ...]
    timeout: float
    """Seconds; then the whole process tree is killed."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to the sandbox's own clean environment."""
    cwd: str = "."
    """Relative to the root of the copy."""
    reads: tuple[str, ...] = ()
    """Folders outside of the copy that it must see, such as what it has downloaded before; absolute."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A process that is over."""

    code: int | None
    """Exit code, negative for a signal; None when it was killed for time."""
    output: str
    """Standard output and error as they came, capped: head and tail are kept."""
    seconds: float


@dataclass(frozen=True, slots=True)
class TestRun:
    """A pytest run whose results come back per test id, over a channel of our own."""

    __test__ = False  # not a test class, whatever its name

    python: str
    """The project's interpreter."""
    timeout: float
    """Seconds for the whole run."""
    args: tuple[str, ...] = ()
    """The user's own words for pytest, files and options."""
    ids: tuple[str, ...] = ()
    """Only these tests; empty means all that `args` select."""
    per_test: float | None = None
    """Seconds for one test; a test that runs longer has failed."""
    stop_at_first: bool = False
    trace: bool = False
    """Also record the executed lines per test."""
    cold: bool = False
    """Start a fresh interpreter, even where a warm one is at hand."""
    seed: int = 1
    """What plugins that seed chance begin with; another one shows other luck."""
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TestResult:
    """How one test ended."""

    __test__ = False

    status: Status
    seconds: float = 0.0
    message: str = ""
    """The text of the failure as pytest shows it, capped; empty when it passed."""
    assertions: int | None = None
    """How many assert statements of the test passed before it ended, where that is known."""


@dataclass(frozen=True, slots=True)
class TestReport:
    """What a test run told us."""

    __test__ = False

    results: Mapping[str, TestResult]
    """By test id, in the order in which they ran; a file that cannot be collected is an `error` under its path."""
    code: int | None
    """pytest's exit code; None when it was killed for time."""
    output: str
    seconds: float
    modules: Mapping[str, str] = field(default_factory=dict)
    """The canary: dotted name of every imported module that the project holds, and the file it came from."""
    foreign: tuple[str, ...] = ()
    """Modules of the project that were imported from elsewhere: the copy was not what was tested."""
    tampered: tuple[str, ...] = ()
    """What in pytest itself the code under test changed while it ran; compare with the same list on the base."""
    lines: Mapping[str, Mapping[str, frozenset[int]]] = field(default_factory=dict)
    """With `trace`: test id to repository-relative file to executed lines."""
    problem: str | None = None
    """Why the run says nothing (usage error, no tests, crash, forged channel), None when it can be trusted."""
    warm: bool = False

    def ids(self, *statuses: Status) -> frozenset[str]:
        """The ids that ended so."""
        return frozenset(name for name, result in self.results.items() if result.status in statuses)

    @property
    def passed(self) -> frozenset[str]:
        """The ids that passed."""
        return self.ids("passed")

    @property
    def red(self) -> frozenset[str]:
        """The ids that failed or could not run."""
        return self.ids("failed", "error")

    def mended(self, targets: Iterable[str]) -> frozenset[str]:
        """Those of the targets that passed.

        A target may be a file that could not be collected: it has passed when tests of it ran and none of them is red.
        """
        return frozenset(target for target in targets if self._mended(target))

    def _mended(self, target: str) -> bool:
        if target in self.results:
            return target in self.passed
        below = {name for name in self.results if name.startswith(f"{target}::")}
        return not self.passed.isdisjoint(below) and self.red.isdisjoint(below)


class Copy(Protocol):
    """A throw-away copy. Every run sees the pristine copy plus its own `files`; the next sees nothing of what it did.

    A copy serves one caller at a time. Runs raise SandboxError when the sandbox itself breaks; whatever the code in it
    does is an Outcome or a TestReport.
    """

    root: str
    """Where the copy lies, as the code in it sees it."""

    def run(self, command: Command, files: Files = NOTHING) -> Outcome:
        """Run a command with the files laid over the copy."""
        ...

    def test(self, run: TestRun, files: Files = NOTHING) -> TestReport:
        """Run pytest with the files laid over the copy."""
        ...

    def stale(self) -> tuple[str, ...]:
        """Files of the original that were edited, added or removed since the copy was opened: a verdict may be old."""
        ...

    def __enter__(self) -> Copy: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Sandbox(Protocol):
    """Opens copies of one repository; the original is never written and never locked."""

    @property
    def guarantees(self) -> Guarantees:
        """What the copies promise."""
        ...

    def open(self) -> Copy:
        """A fresh copy with dirty, untracked and ignored files; a context manager; leaving it removes every trace."""
        ...


@dataclass(frozen=True, slots=True)
class MemorySandbox:
    """The twin: each test is a predicate on the files, and nothing runs but those."""

    files: Mapping[str, bytes]
    tests: Mapping[str, Callable[[Mapping[str, bytes]], bool]] = field(default_factory=dict)
    commands: Callable[[Command, Mapping[str, bytes]], Outcome] | None = None
    guarantees: Guarantees = Guarantees("A", "memory", "protected", "none", "none", "none")

    def open(self) -> MemoryCopy:
        """See Sandbox."""
        return MemoryCopy(self)


@dataclass(frozen=True, slots=True)
class MemoryCopy:
    """A copy in memory."""

    sandbox: MemorySandbox
    root: str = "/memory"

    def run(self, command: Command, files: Files = NOTHING) -> Outcome:
        """See Copy."""
        if self.sandbox.commands is None:
            return Outcome(127, f"{command.argv[0]}: not found\n", 0.0)
        return self.sandbox.commands(command, self._laid(files))

    def test(self, run: TestRun, files: Files = NOTHING) -> TestReport:
        """See Copy."""
        laid = self._laid(files)
        results: dict[str, TestResult] = {}
        for name in self._chosen(run):
            results[name] = TestResult("passed" if self.sandbox.tests[name](laid) else "failed")
            if run.stop_at_first and results[name].status == "failed":
                break
        modules = {path.removesuffix(".py").replace("/", "."): path for path in laid if path.endswith(".py")}
        red = any(result.status == "failed" for result in results.values())
        problem = None if results else "no test was run"
        return TestReport(results, int(red), "", 0.0, modules, problem=problem, warm=not run.cold)

    def stale(self) -> tuple[str, ...]:
        """See Copy."""
        return ()

    def _laid(self, files: Files) -> dict[str, bytes]:
        laid = {**self.sandbox.files, **files}
        return {path: data for path, data in laid.items() if data is not None}

    def _chosen(self, run: TestRun) -> list[str]:
        return [name for name in self.sandbox.tests if not run.ids or name in run.ids]

    def __enter__(self) -> MemoryCopy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held."""
