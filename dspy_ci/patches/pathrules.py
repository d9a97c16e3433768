"""What a path tells about a change: paths that nobody may write, and files that decide what counts as green."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import NamedTuple

_TEST_FOLDERS = frozenset({"tests", "test", "__tests__", "spec", "specs", "testdata"})
_TEST_NAMES = re.compile(
    r"test_.*\.pyi?|.*_tests?\.(?:pyi?|go|rs|rb|exs?|dart|c|cc|cpp)|tests?\.py|conftest\.py|.*\.(?:test|spec)\.\w+"
    r"|.*_spec\.rb|.*Tests?\.(?:java|kt|cs|php|swift)"
)
_TEST_CONFIG = frozenset({
    "conftest.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", "noxfile.py", ".coveragerc",
    "jest.config.js", "vitest.config.ts",
})  # fmt: skip
_CHECKER_CONFIG = frozenset({
    "mypy.ini", ".mypy.ini", "pyrightconfig.json", "ty.toml", "pyrefly.toml", "ruff.toml", ".ruff.toml", ".flake8",
    ".pylintrc", "pylintrc", ".pre-commit-config.yaml", "tsconfig.json", ".eslintrc.json", ".eslintrc.js",
    "eslint.config.js", "eslint.config.mjs", ".editorconfig", "py.typed",
})  # fmt: skip
_PACKAGING = frozenset({
    "pyproject.toml", "setup.py", "setup.cfg", "uv.lock", "poetry.lock", "pdm.lock", "pipfile", "pipfile.lock",
    "pylock.toml", "package.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "cargo.lock", "go.sum",
})  # fmt: skip
_BUILD = frozenset({"dockerfile", "makefile", "gnumakefile", "justfile", "cmakelists.txt", "meson.build"})
_CI_FOLDERS = (".github/", ".gitlab/", ".circleci/", ".buildkite/", ".azure-pipelines/", ".woodpecker/")
_CI_NAMES = frozenset({
    ".gitlab-ci.yml", ".travis.yml", "appveyor.yml", "jenkinsfile", "azure-pipelines.yml", ".drone.yml",
})  # fmt: skip
_GIT_NAMES = frozenset({".gitattributes", ".gitmodules", ".gitignore", ".gitconfig", ".mailmap"})
_IGNORABLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_LONGEST = 255


class Rule(NamedTuple):
    """A word for the refusal, what is wrong in words, and how it is seen."""

    name: str
    says: str
    matches: Callable[[str], bool]


def _is_bad(path: str) -> bool:
    too_long = len(path.encode("utf-8", "surrogateescape")) > _LONGEST
    return not path or too_long or any(ord(char) < 32 or char in "\\\x7f" for char in path)  # control characters


def _is_git(path: str) -> bool:
    """The folder `.git` in any spelling that some file system takes for it."""
    parts = (
        _IGNORABLE.sub("", unicodedata.normalize("NFKC", part)).casefold().rstrip(". ") for part in path.split("/")
    )
    return any(part == ".git" or re.fullmatch(r"git~\d+", part) for part in parts)


def _name(path: str) -> str:
    return PurePosixPath(path).name


def is_test(path: str) -> bool:
    """Whether a file belongs to the tests, by the customs of the common languages."""
    folders = PurePosixPath(path).parts[:-1]
    return bool(_TEST_FOLDERS & set(folders)) or bool(_TEST_NAMES.fullmatch(_name(path)))


def _is_site_hook(path: str) -> bool:
    """Files that an interpreter or pytest read by themselves; the metadata of a package can name a plugin."""
    metadata = any(part.endswith((".dist-info", ".egg-info")) for part in path.split("/"))
    return metadata or path.endswith(".pth") or _name(path) in {"sitecustomize.py", "usercustomize.py"}


def _is_compiled(path: str) -> bool:
    return "__pycache__" in path.split("/") or path.endswith(
        (".pyc", ".pyo", ".so", ".pyd", ".dll", ".dylib", ".o", ".a")
    )


def _is_absolute(path: str) -> bool:
    return path.startswith("/") or bool(re.match(r"[A-Za-z]:", path))


def _is_ci(path: str) -> bool:
    return path.startswith(_CI_FOLDERS) or path.lower() in _CI_NAMES


def _is_packaging(path: str) -> bool:
    name = _name(path).lower()
    return name in _PACKAGING or bool(re.fullmatch(r"requirements.*\.(?:txt|in)|constraints.*\.txt", name))


FORBIDDEN = (
    Rule("bad-path", "the path is empty, too long, or holds control characters or backslashes", _is_bad),
    Rule(
        "absolute-path", "the path is absolute", lambda path: path.startswith("/") or bool(re.match(r"[A-Za-z]:", path))
    ),
    Rule("parent-path", "the path leaves the repository", lambda path: not {"..", "."}.isdisjoint(path.split("/"))),
    Rule("git-folder", "the path lies in git's own folder", _is_git),
    Rule("site-hook", "the file runs in every interpreter", _is_site_hook),
    Rule("bytecode", "the file is compiled code, which nobody can read", _is_compiled),
)
"""Nobody may permit these."""

GUARDED = (
    Rule("test-config", "the file configures the tests", lambda path: _name(path).lower() in _TEST_CONFIG),
    Rule("test-edited", "the file belongs to the tests", is_test),
    Rule("ci-edited", "the file decides what CI runs", _is_ci),
    Rule("checker-config", "the file configures a checker", lambda path: _name(path).lower() in _CHECKER_CONFIG),
    Rule("packaging", "the file decides what is installed and how tools run", _is_packaging),
    Rule("git-config", "the file changes what git does", lambda path: _name(path).lower() in _GIT_NAMES),
    Rule("build-file", "the file decides how the project is built", lambda path: _name(path).lower() in _BUILD),
)
"""Only a user who asked for exactly that may permit these."""
