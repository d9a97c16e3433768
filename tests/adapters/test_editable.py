"""Whatever an editable install does, the candidate is what is imported; and where it cannot be, the report says so."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.adapters.sandbox.preflight import tried
from dspy_ci.ports.sandbox import TestRun

pytestmark = pytest.mark.slow

WRONG, RIGHT = "def one():\n    return 2\n", b"def one():\n    return 1\n"
TEST = "from {name} import one\n\n\ndef test_one():\n    assert one() == 1\n"
FINDER = """\
import sys
from importlib.util import spec_from_file_location


class Finder:
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        known = {known}
        if fullname in known:
            return spec_from_file_location(fullname, known[fullname])


sys.meta_path.{place}
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A virtual environment that borrows our pytest; its site folder, and its interpreter."""
    folder = tmp_path_factory.mktemp("env")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "zz_borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return site, str(folder / "bin" / "python")


@pytest.fixture
def install(environment):
    """Write the files of an editable install; they are removed again."""
    site, python = environment
    written = []

    def run(name, text):
        (site / name).write_text(text)
        written.append(site / name)
        return python

    yield run
    for path in written:
        path.unlink()


@pytest.fixture(params=["A", "E"])
def tier(request):
    if not tried(request.param).works:
        pytest.skip("does not hold here")
    return request.param


def finder(install, known, place):
    install("editable_finder.py", FINDER.format(known=known, place=place))
    return install("aa_editable.pth", "import editable_finder\n")


@pytest.fixture
def project(tmp_path, request):
    layout = request.param
    where = {"flat": "flat_pkg", "src": "src/src_pkg", "namespace": "src/spaced/inner"}[layout]
    name = {"flat": "flat_pkg", "src": "src_pkg", "namespace": "spaced.inner"}[layout]
    (tmp_path / where).mkdir(parents=True)
    (tmp_path / where / "__init__.py").write_text(WRONG)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_one.py").write_text(TEST.format(name=name))
    return tmp_path, name, f"{where}/__init__.py"


def path_file(install, root, name, file):
    return install("aa_editable.pth", f"{Path(root, file).parents[name.count('.') + 1]}\n")


def finder_behind(install, root, name, file):
    return finder(install, {name: str(root / file)}, "append(Finder)")


def finder_before(install, root, name, file):
    return finder(install, {name: str(root / file)}, "insert(0, Finder)")


@pytest.mark.parametrize("project", ["flat", "src", "namespace"], indirect=True)
@pytest.mark.parametrize("hook", [path_file, finder_behind, finder_before])
def test_the_candidate_is_imported_and_not_the_original(tier, project, hook, install):
    root, name, file = project
    if hook is not path_file and "." in name:
        pytest.skip("finders of editable installs map packages, not parts of namespaces")
    python = hook(install, root, name, file)
    with LocalSandbox(str(root), tier).open() as copy:
        report = copy.test(TestRun(python, 60), {file: RIGHT})
        assert report.problem is None, report.output
        assert report.passed == {"tests/test_one.py::test_one"}
        assert report.modules[name] == file
        assert report.foreign == ()
        assert copy.test(TestRun(python, 60)).red == {"tests/test_one.py::test_one"}


@pytest.mark.parametrize("project", ["flat"], indirect=True)
def test_a_module_from_elsewhere_is_seen(project, install, tmp_path_factory):
    """The tests themselves put another copy first: no finder of ours can know better, but the report can."""
    root, name, file = project
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / name).mkdir()
    (elsewhere / name / "__init__.py").write_bytes(RIGHT)
    place = str(elsewhere / name / "__init__.py")
    test = f"import importlib.util as u, sys\nspec = u.spec_from_file_location({name!r}, {place!r})\n"
    test += (
        f"m = sys.modules[{name!r}] = u.module_from_spec(spec)\nspec.loader.exec_module(m)\n{TEST.format(name=name)}"
    )
    python = install("unused.pth", "\n")
    with LocalSandbox(str(root), "E").open() as copy:
        report = copy.test(TestRun(python, 60), {"tests/test_one.py": test.encode()})
    assert report.passed
    assert report.foreign
    assert file not in report.modules.values()
