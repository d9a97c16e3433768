from __future__ import annotations

import pytest

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.patches.policy import Permit, marks, refusals

CODE = '''\
import os


class Point:
    def __init__(self, x):
        self.x = x


def area(w, h):
    """The area."""
    return w + h
'''
BASE = {
    "geometry.py": CODE,
    "tests/test_geometry.py": "from geometry import area\n\n\ndef test_area():\n    assert area(7, 6) == 42\n",
    "README.md": "# Geometry\n",
}


def changed(path, text, base=BASE):
    code = Snapshot.of(base)
    return Patch(code, (Edit(path, 0, len(code.text(path) or ""), text),), "model", "Because.")


def rules(patch, permit=Permit()):  # noqa: B008 - frozen
    return {refusal.rule for refusal in refusals(patch, permit)}


def body(text, head=""):
    return changed("geometry.py", head + CODE.replace("return w + h", text))


def test_a_plain_mend_is_not_refused():
    assert rules(body("return w * h")) == set()
    assert marks(body("return w * h")) == ()


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("../outside.py", "parent-path"),
        ("a/../../b.py", "parent-path"),
        ("/etc/passwd", "absolute-path"),
        ("C:/x.py", "absolute-path"),
        ("a\\b.py", "bad-path"),
        ("a\0b.py", "bad-path"),
        ("a\nb.py", "bad-path"),
        ("", "bad-path"),
        ("x" * 300, "bad-path"),
        (".git/hooks/pre-commit", "git-folder"),
        (".GIT/config", "git-folder"),
        ("sub/.git/config", "git-folder"),
        (".g\u200cit/config", "git-folder"),
        ("\uff0egit/config", "git-folder"),
        ("git~1/config", "git-folder"),
        (".git./config", "git-folder"),
        ("sitecustomize.py", "site-hook"),
        ("src/usercustomize.py", "site-hook"),
        ("evil.pth", "site-hook"),
        ("__pycache__/geometry.cpython-311.pyc", "bytecode"),
        ("geometry.so", "bytecode"),
    ],
)
def test_paths_that_nobody_may_write(path, rule):
    patch = changed(path, "x\n")
    assert rule in rules(patch)
    assert rule in rules(patch, Permit(paths=frozenset({path})))


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("tests/test_geometry.py", "test-edited"),
        ("tests/data/golden.txt", "test-edited"),
        ("pkg/thing_test.go", "test-edited"),
        ("web/cart.spec.ts", "test-edited"),
        ("conftest.py", "test-config"),
        ("pkg/conftest.py", "test-config"),
        ("pytest.ini", "test-config"),
        ("tox.ini", "test-config"),
        (".github/workflows/ci.yml", "ci-edited"),
        (".gitlab-ci.yml", "ci-edited"),
        ("mypy.ini", "checker-config"),
        (".pre-commit-config.yaml", "checker-config"),
        ("pyproject.toml", "packaging"),
        ("setup.py", "packaging"),
        ("requirements-dev.txt", "packaging"),
        ("uv.lock", "packaging"),
        (".gitattributes", "git-config"),
        ("Dockerfile", "build-file"),
    ],
)
def test_guarded_files_need_a_permit(path, rule):
    patch = changed(path, "x\n")
    assert rules(patch) == {rule}
    assert rules(patch, Permit(paths=frozenset({path}))) == set()


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("return w * h  # noqa", "noqa-added"),
        ("return w * h  # pylint: disable=all", "noqa-added"),
        ("return w * h  # type: ignore[misc]", "type-ignore-added"),
        ("return w * h  # pragma: no cover", "coverage-ignored"),
        ("pass", "body-emptied"),
        ("return None", "body-emptied"),
        ("os._exit(0)", "leaves-process"),
        ("import pytest; pytest.skip('x')", "skip-added"),
        ("from _pytest import runner", "reaches-runner"),
        ("import sys; sys.modules['x'] = 1", "rewrites-runtime"),
        ("import builtins; builtins.len = max", "rewrites-runtime"),
        ("import builtins; setattr(builtins, 'len', max)", "rewrites-runtime"),
        ("return 42 if os.environ.get('PYTEST_CURRENT_TEST') else 1", "detects-tests"),
        ("import sys; return 42 if 'pytest' in sys.modules else 1", "detects-tests"),
        ("import sys; return sys._getframe(1)", "peeks-at-runtime"),
        ("from os import _exit; _exit(0)", "leaves-process"),
    ],
)
def test_contents_that_no_mend_needs(text, rule):
    assert rule in rules(body(text))


@pytest.mark.parametrize(
    "body",
    [
        "def __eq__(self, o):\n        return True",
        "def __eq__(self, o):\n        return not False",
        "def __eq__(self, o):\n        x = len('x') == 1\n        return x",
        "__eq__ = lambda self, o: True",
        "__ne__ = lambda *_: False",
    ],
)
def test_a_comparison_that_looks_at_nothing_is_refused(body):
    assert "equal-to-all" in rules(changed("geometry.py", f"{CODE}\n\nclass A:\n    {body}\n"))


@pytest.mark.parametrize("head", ["from unittest.mock import ANY\n", "from unittest import mock\nANY = mock.ANY\n",
                                  "import unittest.mock\nANY = unittest.mock.ANY\n"])  # fmt: skip
def test_the_thing_that_equals_everything_is_refused(head):
    assert "equal-to-all" in rules(body("return ANY", head))


@pytest.mark.parametrize(
    "body",
    [
        "def __eq__(self, o):\n        return self.x == o.x",
        "def __eq__(self, o):\n        return NotImplemented",
        "def __lt__(self, o):\n        raise TypeError('no order')",
        "def __bool__(self):\n        return bool(self.x)",
        "def __eq__(self, o):\n        return super().__eq__(o)",
    ],
)
def test_a_comparison_that_compares_is_not_refused(body):
    assert rules(changed("geometry.py", f"{CODE}\n\nclass A:\n    {body}\n")) == set()


def test_a_pytest_hook_is_refused():
    text = CODE + "\n\ndef pytest_sessionfinish(session):\n    session.exitstatus = 0\n"
    assert "test-hook" in rules(changed("geometry.py", text))


def test_what_stood_there_before_is_not_held_against_the_patch():
    old = "import os\nimport pytest\n\n\ndef f():\n    os._exit(1)  # noqa\n"
    assert rules(changed("old.py", old.replace("1", "2"), {"old.py": old})) == set()


def test_names_that_differ_in_case_alone_are_refused():
    assert rules(changed("Readme.md", "x\n")) == {"case-collision"}


def test_huge_patches_are_refused():
    assert rules(changed("geometry.py", "x = 1\n" * 500)) == {"too-large"}
    assert "binary" in rules(changed("data.bin", "a\0b"))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("return 42", "constant-return"),
        ("return 42 if w == 7 else w + h", "input-literal"),
        ("if (w, h) == (7, 6):\n        return 42\n    return w + h", "input-literal"),
        ("return {(7, 6): 42}.get((w, h), w + h)", "input-literal"),
        ("match w, h:\n        case 7, 6:\n            return 42\n    return w + h", "input-literal"),
        ("try:\n        return w * h\n    except Exception:\n        return 42", "swallows-errors"),
    ],
)
def test_patches_that_are_bent_to_the_tests_are_marked(text, rule):
    assert rule in {mark.rule for mark in marks(body(text))}


def test_a_comparison_with_a_plain_value_or_one_that_no_test_uses_is_no_special_case():
    assert marks(body("return 0 if w == 0 else w * h")) == ()
    assert marks(body("return 0 if w == 1234 else w * h")) == ()
    assert marks(body("return {42: w, 7: h}")) == ()  # it is built, nothing is looked up in it


def test_every_sentence_is_safe_to_print():
    for path in ("a\x1b[2J.py", "\u202e.py", "", "../x\n"):
        for refusal in refusals(changed(path, "x\n")):
            assert refusal.sentence.isprintable()
