"""Runs the jobs of a workflow file, one after the other: needs, conditions, permissions, outputs, artifacts."""

import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.actions.runner.expressions import filled, holds
from tests.actions.runner.job import Job


@dataclass
class Ran:
    """What a run of a workflow left behind."""

    jobs: dict = field(default_factory=dict)
    """Name to the Job; jobs that were skipped are missing."""
    results: dict = field(default_factory=dict)
    outputs: dict = field(default_factory=dict)
    tokens: dict = field(default_factory=dict)
    """Each token that was handed out, to its permissions."""


def run(path, *, folder, github, environ, store, secrets=None, read_only=False, on_token=None, on_end=None):
    """Every job of the file in the order of its needs; matrix jobs run once, with the first row."""
    jobs = yaml.safe_load(Path(path).read_text())["jobs"]
    ran = Ran()
    environ = dict(environ)
    for name in _ordered(jobs):
        job, needed = jobs[name], _listed(jobs[name].get("needs"))
        needs = {n: {"result": ran.results[n], "outputs": ran.outputs.get(n, {})} for n in needed}
        world = {"github": github, "needs": needs, "__status__": _standing(jobs, ran, needed)}
        if not holds(job.get("if", "success()"), world):
            ran.results[name] = "skipped"
            continue
        granted = {scope: "read" if read_only else right for scope, right in job.get("permissions", {}).items()}
        token = f"ghs_{len(ran.tokens)}{name.replace('-', '')}{'x' * 30}"
        ran.tokens[token] = granted
        if on_token:
            on_token(token, granted)
        matrix = {key: rows[0] for key, rows in job.get("strategy", {}).get("matrix", {}).items()}
        here = Job(folder / name, {**github, "token": token, "job": name}, {**environ}, store,
                   secrets=secrets or {}, needs=needs, matrix=matrix)  # fmt: skip
        event = here.temp / "event.json"
        event.write_text(json.dumps(github["event"]))
        here.github["event_path"] = str(event)
        done = here.run(job["steps"], env=job.get("env"))
        ran.jobs[name], ran.results[name] = here, here.status
        if on_end:
            on_end(name, here)
        last = {**here.world({"env": {}, "inputs": {}, "steps": done, "action": None})}
        ran.outputs[name] = {key: filled(held, last) for key, held in job.get("outputs", {}).items()}
    return ran


def _listed(needs):
    return [needs] if isinstance(needs, str) else list(needs or ())


def _ordered(jobs):
    """Names so that every job comes behind what it needs."""
    done = []
    while len(done) < len(jobs):
        ready = [n for n, job in jobs.items() if n not in done and set(_listed(job.get("needs"))) <= set(done)]
        assert ready, "the jobs wait for each other"
        done += ready
    return done


def _ancestors(jobs, names):
    return set(itertools.chain(names, *(_ancestors(jobs, _listed(jobs[name].get("needs"))) for name in names)))


def _standing(jobs, ran, needed):
    """`failure` when any ancestor failed; `skipped` when a direct one did not run; else `success`."""
    if any(ran.results[name] == "failure" for name in _ancestors(jobs, needed)):
        return "failure"
    return "skipped" if any(ran.results[name] == "skipped" for name in needed) else "success"
