"""Real editable installs of every back end: the patched copy is what is tested. Fetches the back ends with pip."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.adapters.sandbox.preflight import tried
from dspy_ci.ports.sandbox import TestRun

TOOLS = ("pytest", "setuptools", "wheel", "editables", "hatchling", "meson-python", "meson", "ninja",
         "scikit-build-core", "cmake")  # fmt: skip
PROJECT = '[build-system]\nrequires = []\nbuild-backend = "{backend}"\n\n[project]\nname = "{name}"\nversion = "1"\n'
FLAT, SRC = '[tool.setuptools]\npackages = ["{name}"]\n', '[tool.setuptools.packages.find]\nwhere = ["src"]\n'
HATCH = '[tool.hatch.build.targets.wheel]\npackages = ["src/{name}"]\n'
MESON = """\
project('{name}', version: '1')
py = import('python').find_installation(pure: true)
py.install_sources('{name}/__init__.py', subdir: '{name}')
"""
CMAKE = "cmake_minimum_required(VERSION 3.15)\nproject({name} LANGUAGES NONE)\n"
KINDS = {
    "flat": ("setuptools.build_meta", "", FLAT, {}, ()),
    "srcs": ("setuptools.build_meta", "src/", SRC, {}, ()),
    "strict": ("setuptools.build_meta", "", FLAT, {}, ("--config-settings", "editable_mode=strict")),
    "hatch": ("hatchling.build", "src/", HATCH, {}, ()),
    "mesonic": ("mesonpy", "", "", {"meson.build": MESON}, ()),
    "scikit": ("scikit_build_core.build", "src/", "", {"CMakeLists.txt": CMAKE}, ()),
}
"""By name of the package: its back end, where it lies, what follows in pyproject, other files, words for pip."""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    if subprocess.run([python, "-m", "pip", "install", "-q", *TOOLS], check=False).returncode:
        pytest.skip("the back ends cannot be fetched")
    return python, {"PATH": f"{folder / 'bin'}:/usr/local/bin:/usr/bin:/bin"}


@pytest.fixture(scope="module", params=KINDS)
def installed(request, environment, tmp_path_factory):
    name, (python, env) = request.param, environment
    backend, place, more, others, words = KINDS[name]
    root = tmp_path_factory.mktemp(name)
    file = f"{place}{name}/__init__.py"
    files = {file: "def one():\n    return 2\n", "pyproject.toml": (PROJECT + more).format(backend=backend, name=name),
             "tests/test_one.py": f"from {name} import one\n\n\ndef test_one():\n    assert one() == 1\n",
             **{path: text.format(name=name) for path, text in others.items()}}  # fmt: skip
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    argv = [python, "-m", "pip", "install", "-q", "--no-build-isolation", "--no-deps", *words, "-e", str(root)]
    subprocess.run(argv, check=True, env=env)
    return python, root, name, file


@pytest.mark.parametrize("cold", [False, True], ids=["warm", "cold"])
@pytest.mark.parametrize("tier", ["A", "B", "E"])
def test_the_patched_copy_is_what_is_tested(installed, tier, cold):
    if not tried(tier).works:
        pytest.skip("does not hold here")
    python, root, name, file = installed
    with LocalSandbox(str(root), tier).open() as copy:
        run = TestRun(python, 60, args=("-q", "tests"), cold=cold)
        report = copy.test(run, {file: b"def one():\n    return 1\n"})
        assert report.passed == {"tests/test_one.py::test_one"}, report
        assert (report.modules[name], report.foreign) == (file, ())
        assert copy.test(run).red == {"tests/test_one.py::test_one"}
