"""Runners other than pytest, for real: what each says, and a patch judged by it."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace

import pytest

from dspy_ci.adapters import testcommands
from dspy_ci.adapters.sandbox.choice import chosen
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.ports.sandbox import Command
from dspy_ci.ports.trial import CommandTrial, observe
from dspy_ci.verdicts.baseline import measure
from dspy_ci.verdicts.judge import judge
from dspy_ci.verdicts.runners import talkative, trial_of
from dspy_ci.verdicts.verdict import State

UNITTEST = {
    "calc.py": "def add(a, b):\n    return a - b\n",
    "test_calc.py": """\
import unittest

import calc


class Calc(unittest.TestCase):
    def test_add(self):
        self.assertEqual(calc.add(1, 2), 3)

    def test_zero(self):
        self.assertEqual(calc.add(0, 0), 0)
""",
}
GO = {
    "go.mod": "module example.com/calc\n\ngo 1.18\n",
    "calc.go": "package calc\n\nfunc Add(a, b int) int { return a - b }\n",
    "calc_test.go": """\
package calc

import "testing"

func TestAdd(t *testing.T) {
	if Add(1, 2) != 3 {
		t.Fatal("wrong")
	}
}

func TestZero(t *testing.T) {
	if Add(0, 0) != 0 {
		t.Fatal("wrong")
	}
}
""",
}
RUST = {
    "Cargo.toml": '[package]\nname = "calc"\nversion = "0.1.0"\nedition = "2021"\n',
    "src/lib.rs": """\
pub fn add(a: i32, b: i32) -> i32 {
    a - b
}

#[cfg(test)]
mod tests {
    #[test]
    fn adds() {
        assert_eq!(super::add(1, 2), 3);
    }

    #[test]
    fn zero() {
        assert_eq!(super::add(0, 0), 0);
    }
}
""",
}
NODE = {
    "package.json": '{"name": "calc", "version": "1.0.0", "scripts": {"test": "node --test"}}\n',
    "calc.js": "exports.add = (a, b) => a - b;\n",
    "calc.test.js": """\
const { test } = require("node:test");
const assert = require("node:assert");
const { add } = require("./calc.js");

test("adds", () => assert.strictEqual(add(1, 2), 3));
test("zero", () => assert.strictEqual(add(0, 0), 0));
""",
}
COMMANDS = {
    "unittest in a shell": (
        f"cd . && {sys.executable} -m unittest -v", UNITTEST, {"test_calc.Calc.test_add"}, {"test_calc.Calc.test_zero"},
    ),
    "go": (
        "CGO_ENABLED=0 go test -vet=off ./...", GO, {"example.com/calc.TestAdd", "example.com/calc"},
        {"example.com/calc.TestZero"},
    ),
    "cargo": ("cargo test", RUST, {"src/lib.rs::tests::adds"}, {"src/lib.rs::tests::zero"}),
    "npm": ("npm test", NODE, {"adds"}, {"zero"}),
    "pytest in a shell": (
        f"cd . && {sys.executable} -m pytest -q", UNITTEST, {"test_calc.py::Calc::test_add"},
        {"test_calc.py::Calc::test_zero"},
    ),
}  # fmt: skip


def written(tmp_path, files):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def command_trial(root, text, timeout=150):
    for program in {"go", "cargo", "npm"} & set(text.split()):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    return trial_of(testcommands.find(root, os.environ, text), timeout)


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_each_test_of_a_runner_is_told_apart(name, tmp_path):
    text, files, red, green = COMMANDS[name]
    root = written(tmp_path, files)
    trial = command_trial(root, text)
    with chosen(str(root)).open() as copy:
        report = observe(trial, copy)
    assert report.red == red | {trial.name}, report.output
    assert report.passed == green


@pytest.mark.slow
@pytest.mark.parametrize(("name", "path"), [("unittest in a shell", "calc.py"), ("npm", "calc.js")])
def test_a_patch_is_judged_by_what_the_runner_says_and_the_weakness_is_told(name, path, tmp_path):
    text, files, red, green = COMMANDS[name]
    root = written(tmp_path, files)
    trial = command_trial(root, text)
    code = Snapshot.of(files)
    start = files[path].index("a - b")

    def proposed(new):
        return Patch(code, (Edit(path, start, start + len("a - b"), new),), "template:x", "Because.")

    with chosen(str(root)).open() as copy:
        baseline = measure(copy, trial)
        right = judge(proposed("a + b"), baseline, copy)
        lossy = judge(proposed("3"), baseline, copy)
    assert baseline.targets == red | {trial.name}
    assert baseline.passing == green
    assert right.verified, right
    assert "weaker evidence: 2 tests read from the output" in right.reason
    assert right.evidence.canary
    assert lossy.state is State.REJECTED


@pytest.mark.slow
def test_plain_unittest_is_run_test_by_test(tmp_path):
    root = written(tmp_path, UNITTEST)
    with chosen(str(root)).open() as copy:
        report = observe(command_trial(root, f"{sys.executable} -m unittest"), copy)
    assert report.red == {"test_calc.py::Calc::test_add"}
    assert report.passed == {"test_calc.py::Calc::test_zero"}


def test_a_command_that_cannot_be_found_says_nothing_about_tests(tmp_path):
    with chosen(str(tmp_path), "E").open() as copy:
        report = CommandTrial(Command(("sh", "-c", "no-such-runner"), 20)).observe(copy)
    assert report.problem == "the command was not found"
    assert replace(report, problem=None).red


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("python -m unittest discover -s t", "python -m unittest discover -s t -v"),
        ("python -m unittest -v", "python -m unittest -v"),
        ("nose2 tests", "nose2 tests -v"),
        ("python manage.py test app", "python manage.py test app -v 2"),
        ("python manage.py check", "python manage.py check"),
        ("go test ./...", "go test -v ./..."),
        ("go test -json ./...", "go test -json ./..."),
        ("make test", "make test"),
    ],
)
def test_a_runner_is_asked_to_name_its_tests(words, expected):
    assert talkative(tuple(words.split())) == tuple(expected.split())
