"""Runs the steps of one job on this machine, as GitHub's runner does it: bash, the files of a step, composite actions.

Actions of others are played by `standins`; every other `uses:` must be this repository's own.
"""

import os
import re
import subprocess
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.actions.runner import standins
from tests.actions.runner.expressions import filled, holds, shown

ROOT = Path(__file__).parents[3]
OURS = re.compile(r"dspy-ci/dspy-ci(?P<inner>/[\w/-]+)?@[0-9a-f]{40}")
COMMAND = re.compile(r"::(?P<name>[a-z-]+)(?: (?P<words>[^:]*(?::(?!:)[^:]*)*))?::(?P<text>.*)")
OLDER = re.compile(r"##\[(?P<name>[a-z-]+)(?: (?P<words>[^\]]*))?\](?P<text>.*)")
"""The older form of a command, which the runner obeys anywhere in a line."""
MOST = 10
"""Errors, and warnings, of one step that are kept; the runner drops the others."""


@dataclass
class Job:
    """What a job saw, did and left behind."""

    folder: Path
    """Holds the workspace and everything that the runner would keep beside it."""
    github: dict
    environ: dict
    """What every process of the job gets: PATH, HOME, and whatever a test wants."""
    store: dict
    """Folders that outlive the job: `artifacts`, `caches`, `remote` (name of a repository to its folder)."""
    secrets: dict = field(default_factory=dict)
    needs: dict = field(default_factory=dict)
    matrix: dict = field(default_factory=dict)
    status: str = "success"
    annotations: list = field(default_factory=list)
    summary: str = ""
    log: str = ""
    masks: list = field(default_factory=list)
    added: dict = field(default_factory=dict)
    """Variables that steps left in GITHUB_ENV."""
    path: list = field(default_factory=list)
    last: dict = field(default_factory=dict)
    """The newest action that the job itself used, and its outputs."""
    outcomes: dict = field(default_factory=dict)
    """Name of a step, or what it uses or runs, to its conclusion; skipped ones too."""

    def __post_init__(self):
        for name in ("workspace", "temp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.github = {"workspace": str(self.workspace), **self.github}

    @property
    def workspace(self):
        return self.folder / "workspace"

    @property
    def temp(self):
        return self.folder / "temp"

    def run(self, steps, *, env=None, inputs=None, action=None):
        """Every step whose condition holds, in order; returns their outputs as the context `steps`."""
        done = {}
        for step in steps:
            scope = {"env": dict(env or {}), "inputs": inputs or {}, "steps": done, "action": action}
            conclusion, outputs = self.step(step, scope)
            if not action and "uses" in step and conclusion != "skipped":
                self.last = {"uses": step["uses"], "outputs": outputs}
            self.outcomes[step.get("name") or step.get("uses") or step.get("run")] = conclusion
            if step.get("id"):
                done[step["id"]] = {"outputs": outputs, "outcome": conclusion, "conclusion": conclusion}
        return done

    def step(self, step, scope):
        """The conclusion of one step, and its outputs."""
        world = self.world(scope)
        known = {"name", "id", "if", "uses", "with", "run", "shell", "env", "working-directory", "continue-on-error",
                 "timeout-minutes"}  # fmt: skip
        assert set(step) <= known, f"the runner knows no {set(step) - known}"
        if not holds(step.get("if", "success()"), world):
            return "skipped", {}
        scope = {**scope, "env": {**scope["env"], **{k: filled(v, world) for k, v in step.get("env", {}).items()}}}
        world = self.world(scope)
        good, outputs = self.used(step, scope, world) if "uses" in step else self.ran(step, scope, world)
        if not good and not step.get("continue-on-error"):
            self.status = "failure"
        return "success" if good else "failure", outputs

    def world(self, scope):
        """The contexts that an expression may name."""
        runner = {
            "os": "Linux",
            "arch": "X64",
            "temp": str(self.temp),
            "environment": self.environ["RUNNER_ENVIRONMENT"],
        }
        world = {
            "github": {**self.github, "action_ref": "0" * 40, "action_path": str(scope["action"] or "")},
            "runner": runner, "env": {**self.added, **scope["env"]}, "steps": scope["steps"], "needs": self.needs,
            "matrix": self.matrix, "job": {"status": self.status}, "__status__": self.status,
        }  # fmt: skip
        if scope["action"]:  # secrets do not reach into a composite action
            return {**world, "inputs": scope["inputs"]}
        return {**world, "secrets": self.secrets}

    def used(self, step, scope, world):
        """A step that uses an action."""
        given = {name: filled(held, world) for name, held in (step.get("with") or {}).items()}
        if step["uses"].split("@")[0] in standins.PLAYED:
            return standins.play(step["uses"], given, self)
        folder = self.place(step["uses"])
        action = yaml.safe_load((folder / "action.yml").read_text())
        assert set(given) <= set(action.get("inputs", {})), (
            f"{step['uses']} has no {set(given) - set(action['inputs'])}"
        )
        missing = [n for n, declared in action["inputs"].items() if declared.get("required") and n not in given]
        assert not missing, f"{step['uses']} needs {missing}"
        assert action["runs"]["using"] == "composite"
        outer = self.world({**scope, "action": folder, "inputs": {}})
        inputs = {
            n: given.get(n, filled(declared.get("default", ""), outer)) for n, declared in action["inputs"].items()
        }
        before, self.status = self.status, "success"
        done = self.run(action["runs"]["steps"], env=scope["env"], inputs=inputs, action=folder)
        good, self.status = self.status == "success", before
        last = self.world({"env": {}, "inputs": inputs, "steps": done, "action": folder})
        return good, {n: filled(declared["value"], last) for n, declared in action.get("outputs", {}).items()}

    def place(self, uses):
        """The folder of an action of ours."""
        if uses.startswith("./"):
            return (self.workspace / uses).resolve()
        ours = OURS.fullmatch(uses)
        assert ours, f"{uses} is neither ours nor played"
        return ROOT / (ours["inner"] or "").lstrip("/")

    def ran(self, step, scope, world):
        """A step that runs a script."""
        assert step.get("shell", "bash") == "bash"
        assert not scope["action"] or "shell" in step, "a composite step must name its shell"
        files = {name: self.temp / f"_{name}_{uuid.uuid4().hex}" for name in ("OUTPUT", "ENV", "PATH", "STEP_SUMMARY")}
        for path in files.values():
            path.touch()
        script = self.temp / f"_{uuid.uuid4().hex}.sh"
        script.write_text(filled(step["run"], world))
        folder = self.workspace / filled(step.get("working-directory", "."), world)
        env = self.environment(scope, {f"GITHUB_{name}": str(path) for name, path in files.items()})
        options = ["--noprofile", "--norc", "-e", "-o", "pipefail"] if "shell" in step else ["-e"]
        argv = ["bash", *options, str(script)]
        done = subprocess.run(
            argv, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=400, check=False
        )
        self.heard(done.stdout.decode("utf-8", "replace"))
        self.added.update(pairs(files["ENV"].read_text()))
        self.path[:0] = reversed(files["PATH"].read_text().split())
        self.summarised(files["STEP_SUMMARY"].read_text())
        return done.returncode == 0, dict(pairs(files["OUTPUT"].read_text()))

    def environment(self, scope, files):
        """What a process of a step gets."""
        github = {
            f"GITHUB_{name.upper()}": shown(held)
            for name, held in self.github.items()
            if name not in ("token", "event") and held is not None
        }
        runner = {"RUNNER_TEMP": str(self.temp), "RUNNER_OS": "Linux", "RUNNER_ARCH": "X64"}
        action = {"GITHUB_ACTION_PATH": str(scope["action"])} if scope["action"] else {}
        env = {**self.environ, "CI": "true", "GITHUB_ACTIONS": "true", **github, **runner, **files, **action}
        env |= {**self.added, **scope["env"]}
        return {**env, "PATH": os.pathsep.join([*self.path, env["PATH"]])}

    def summarised(self, text):
        """A summary above a megabyte is dropped, as the runner does."""
        if len(text.encode()) <= 1024 * 1024:
            self.summary += text

    def heard(self, output):
        """What a step printed: workflow commands are obeyed, the rest is kept, masked words are not shown."""
        stopped, counts = None, {"error": 0, "warning": 0, "notice": 0}
        for line in output.splitlines():
            command = COMMAND.match(line.strip()) or OLDER.search(line)
            if stopped:
                stopped = None if line.strip() == f"::{stopped}::" else stopped
            elif command and command["name"] == "stop-commands":
                stopped = command["text"]
                continue
            elif command and command["name"] == "add-mask":
                self.masks.append(command["text"])
                continue
            elif command and command["name"] in counts:
                counts[command["name"]] += 1
                if counts[command["name"]] <= MOST:
                    self.annotations.append(annotation(command))
            self.log += line + "\n"
        for mask in filter(None, self.masks):
            self.log = self.log.replace(mask, "***")


def annotation(command):
    """A workflow command as the annotation that people see."""
    words = dict(part.strip().partition("=")[::2] for part in (command["words"] or "").split(",") if part)
    plain = {"%0A": "\n", "%0D": "\r", "%3A": ":", "%2C": ",", "%25": "%"}

    def read(text):
        return re.sub("%(0A|0D|3A|2C|25)", lambda found: plain[found[0]], text)

    return {
        "level": command["name"],
        "text": read(command["text"]),
        **{name: read(held) for name, held in words.items()},
    }


def pairs(text):
    """`name=value` lines and `name<<END` blocks of a file that a step filled."""
    lines = iter(text.splitlines())
    for line in lines:
        if block := re.fullmatch(r"([^=<]+)<<(.+)", line):
            held = []
            for inner in lines:
                if inner == block[2]:
                    break
                held.append(inner)
            else:
                raise AssertionError(f"the block of {block[1]} has no end")
            yield block[1], "\n".join(held)
        elif line:
            name, sign, held = line.partition("=")
            assert sign, f"the runner refuses the line {line!r}"
            yield name, held
