"""Every input reaches something that reads it, and everything that a verb reads can be given."""

import re
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from dspy_ci.settings import Settings

ROOT = Path(__file__).parents[2]
ACTIONS = sorted([ROOT / "action.yml", *ROOT.glob("actions/*/action.yml")])
SCRIPTS = ROOT / "actions" / "steps"
SETTINGS = {f"DSPY_CI_{field.name.upper()}" for field in fields(Settings)}
STEERING = {"if", "uses", "working-directory", "with"}
"""Keys of a step that the runner itself reads."""
VERBS = {"action.yml": "action", "respond": "respond", "fix": "fix", "explain": "explain"}
LEFT_OUT = {
    "action": {"logs", "out", "facts", "bundle", "folder", "only_triage"},  # how the roles work together is ours to say
    "respond": {"event", "event_name", "dry_run", "allow_unsandboxed", "per_commit", "per_day"},
    "fix": {
        "base",
        "explain_ranking",
        "apply_",
        "form",
        "quiet",
        "workers",
        "seed",
        "sandbox",
        "type_cmd",
        "lint_cmd",
        "origin",
        "allow_unsandboxed",
    },
    "explain": {"form"},
}
"""Options that an action does not offer: a job is no terminal; what weakens the sandbox is no input."""

MODEL = {
    "model", "ollama", "offline", "json", "max_tokens", "max_cost", "price", "model_timeout", "prompt_tokens",
    "answer_tokens", "samples", "rounds",
}  # fmt: skip
"""How a model is asked is said in the project's file or the environment; which one, by an input where one is asked."""


def named(path):
    return path.parent.name if path.parent != ROOT else path.name


def steps(path):
    return yaml.safe_load(path.read_text())["runs"]["steps"]


def uses(path, name):
    """Where an input is used: the variables that carry it, and the keys of steps that the runner reads."""
    word = re.compile(rf"inputs\.{re.escape(name)}(?![\w-])")
    variables, keys = set(), set()
    for step in steps(path):
        for key, held in step.items():
            if key == "env":
                variables |= {variable for variable, text in held.items() if word.search(str(text))}
            elif key in STEERING and word.search(str(held)):
                keys.add(key)
    return variables, keys


def read_somewhere(variable, path):
    """Whether a script of the steps reads the variable, or a setting or the package does by that name."""
    if variable in SETTINGS:
        return True
    text = "".join(str(step.get("run", "")) for step in steps(path))
    scripts = "".join((SCRIPTS / name).read_text() for name in re.findall(r"steps/([\w.]+)", text))
    if re.search(rf"\$\{{?!?{variable}\b", text + scripts):
        return True
    package = (file.read_text() for file in (ROOT / "dspy_ci").rglob("*.py"))
    return any(f'"{variable}"' in source for source in (scripts, *package))


@pytest.mark.parametrize("path", ACTIONS, ids=named)
def test_every_input_is_read_by_something(path):
    for name in yaml.safe_load(path.read_text())["inputs"]:
        variables, keys = uses(path, name)
        assert variables or keys, f"nothing uses {name}"
        assert [one for one in variables if not read_somewhere(one, path)] == [], name


@pytest.mark.parametrize("path", ACTIONS, ids=named)
def test_nothing_names_an_input_that_is_not_declared(path):
    text = path.read_text()
    declared = set(yaml.safe_load(text)["inputs"])
    assert set(re.findall(r"inputs\.([\w-]+)", text)) <= declared


@pytest.mark.parametrize("path", [path for path in ACTIONS if named(path) in VERBS], ids=named)
def test_every_option_of_the_verb_is_an_input_or_left_out_on_purpose(path):
    verb = VERBS[named(path)]
    command = import_module(f"dspy_ci.commands.{verb}").command
    commands = [command, *getattr(command, "commands", {}).values()]
    options = {option.name for one in commands for option in one.params}
    inputs = {name.replace("-", "_") for name in yaml.safe_load(path.read_text())["inputs"]}
    offered = inputs | LEFT_OUT[verb] | ({"logs"} if "log" in inputs else set())
    assert options - offered - MODEL == set(), verb
