"""The real pre-commit with our hooks, on real repositories."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
pytest.importorskip("pre_commit")

OURS = Path(__file__).parents[2]
SHOP = {
    "shop/__init__.py": "",
    "shop/price.py": "def total(x):\n    return [x, x]\n",
    "shop/till.py": "from shop.price import total\n\nprint(total(1))\n",
}
RENAMED = {"shop/price.py": "def whole(x):\n    return [x, x]\n"}
HEAVY = ("dspy", "torch", "pyspark", "confluent_kafka", "numpy", "litellm")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """One pre-commit home for all tests here: the environment is installed once."""
    return tmp_path_factory.mktemp("pre-commit-home")


@pytest.fixture
def pre_commit(home):
    """Run pre-commit in a repository."""

    def run(root, *args, **env):
        argv = [sys.executable, "-m", "pre_commit", *map(str, args)]
        env = {**os.environ, "PRE_COMMIT_HOME": str(home), **env}
        return subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False, timeout=500, env=env)

    return run


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """This project as a repository of hooks with one commit."""
    root = tmp_path_factory.mktemp("published") / "dspy-ci"
    listed = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"], cwd=OURS, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if name.startswith(("dspy_ci/", ".pre-commit-hooks", "pyproject", "README", "LICENSE", "CHANGELOG")):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(OURS / name, root / name)
    for args in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@localhost", *args], cwd=root, check=True)
    return root


@pytest.fixture
def configured(repository, published, write, git):
    """A repository whose pre-commit uses our three hooks."""
    rev = git(published, "rev-parse", "HEAD").strip()
    ids = "".join(f"  - id: dspy-ci-{name}\n" for name in ("fix", "check", "verify"))
    root = repository(SHOP)
    write(root, {".pre-commit-config.yaml": f"repos:\n- repo: {published}\n  rev: {rev}\n  hooks:\n{ids}"})
    git(root, "add", "-A")
    git(root, "commit", "-qm", "configured")
    return root


def test_the_manifest_and_our_own_configuration_are_valid(pre_commit):
    assert pre_commit(OURS, "validate-manifest", ".pre-commit-hooks.yaml").returncode == 0
    assert pre_commit(OURS, "validate-config", ".pre-commit-config.yaml").returncode == 0


def test_all_files_of_a_sound_repository_pass(configured, pre_commit):
    done = pre_commit(configured, "run", "--all-files")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Passed") == 2


def test_try_repo_names_what_a_commit_would_break(repository, published, pre_commit, write, git):
    root = repository(SHOP)
    write(root, RENAMED)
    git(root, "add", "-A")
    done = pre_commit(root, "try-repo", published, "dspy-ci-check", "--verbose")
    assert done.returncode == 1
    assert "shop/till.py:1: imports 'total' from shop/price.py" in done.stdout


def test_it_mends_says_so_and_passes_when_the_cure_is_staged(configured, pre_commit, write, git):
    write(configured, RENAMED)
    git(configured, "add", "-A")
    done = pre_commit(configured, "run")
    assert done.returncode == 1
    assert "mended shop/till.py" in done.stdout
    assert "files were modified by this hook" in done.stdout
    git(configured, "add", "-A")
    assert pre_commit(configured, "run").returncode == 0


def test_a_partially_staged_file_is_judged_as_staged_and_its_edits_survive(configured, pre_commit, write, git):
    write(configured, RENAMED)
    git(configured, "add", "-A")
    write(configured, {"shop/price.py": SHOP["shop/price.py"] + "\n# mine\n"})
    done = pre_commit(configured, "run", "dspy-ci-check")
    assert done.returncode == 1
    assert "shop/till.py:1" in done.stdout
    assert (configured / "shop/price.py").read_text() == SHOP["shop/price.py"] + "\n# mine\n"


def test_deleted_renamed_and_oddly_named_files_and_a_submodule(configured, pre_commit, repository, write, git):
    inner = repository({"i.py": "x = (\n"}, name="inner")
    git(configured, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "sub")
    git(configured, "mv", "shop/price.py", "shop/cost.py")
    write(configured, {"shop/tïll er.py": "from shop.cost import total\n", "shop/link.txt": "x\n"})
    (configured / "shop/link.py").symlink_to("nowhere.py")
    git(configured, "add", "-A")
    git(configured, "rm", "-qf", "shop/till.py")
    done = pre_commit(configured, "run")
    assert done.returncode == 0, done.stdout


def test_skip_is_respected(configured, pre_commit, write, git):
    write(configured, RENAMED)
    git(configured, "add", "-A")
    assert pre_commit(configured, "run", SKIP="dspy-ci-check,dspy-ci-fix").returncode == 0
    assert pre_commit(configured, "run", DSPY_CI_SKIP="1").returncode == 0


def test_before_a_push_the_tests_run_in_the_interpreter_of_the_project(configured, pre_commit, write, git):
    tests = {"test_till.py": "from shop.price import total\n\n\ndef test_total():\n    assert total(1) == [1, 1]\n"}
    write(configured, tests)
    git(configured, "add", "-A")
    git(configured, "commit", "-qm", "tests")
    write(configured, {"shop/price.py": "def total(x):\n    return [x]\n"})
    git(configured, "commit", "-qam", "break")
    ends = ("--from-ref", "HEAD~1", "--to-ref", "HEAD", "--hook-stage", "pre-push")
    done = pre_commit(configured, "run", "dspy-ci-verify", *ends, DSPY_CI_BUDGET="8s")
    assert done.returncode == 1
    assert "1 of the 1 tests that this push can reach turned red" in done.stdout


def test_the_environment_of_the_hooks_is_small_and_without_heavy_powers(configured, pre_commit, home):
    assert pre_commit(configured, "install-hooks").returncode == 0
    (environment,) = home.glob("repo*/py_env-*")
    size = sum(path.lstat().st_size for path in environment.rglob("*") if path.is_file() and not path.is_symlink())
    installed = {path.name for path in environment.glob("lib/python*/site-packages/*")}
    assert size <= 150_000_000
    assert installed.isdisjoint(HEAVY)
