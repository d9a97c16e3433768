"""The hook that mends, on real repositories."""

import subprocess
import sys

import pytest

SHOP = {
    "shop/__init__.py": "",
    "shop/price.py": "def total(x):\n    return [x, x]\n",
    "shop/till.py": "from shop.price import total\n\nprint(total(1))\n",
}
RENAMED = {"shop/price.py": "def whole(x):\n    return [x, x]\n"}


@pytest.fixture
def renamed(repository, write, git):
    """A repository in which a rename is staged that left a use behind."""
    root = repository(SHOP)
    write(root, RENAMED)
    git(root, "add", "-A")
    return root


def test_it_mends_the_files_and_leaves_the_index_alone(renamed, dspy_ci, git):
    staged = git(renamed, "ls-files", "-s")
    done = dspy_ci("hook", "fix", cwd=renamed)
    assert (done.returncode, done.stdout.startswith("mended shop/till.py: ")) == (1, True)
    assert (renamed / "shop/till.py").read_text() == SHOP["shop/till.py"].replace("total", "whole")
    assert git(renamed, "ls-files", "-s") == staged


def test_a_second_run_has_nothing_to_do_and_touches_nothing(renamed, dspy_ci):
    dspy_ci("hook", "fix", cwd=renamed)
    times = {path: path.stat().st_mtime_ns for path in (renamed / "shop").iterdir() if path.is_file()}
    done = dspy_ci("hook", "fix", cwd=renamed)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert {path: path.stat().st_mtime_ns for path in (renamed / "shop").iterdir() if path.is_file()} == times


def test_edits_that_are_not_staged_are_kept(renamed, dspy_ci, write):
    write(renamed, {"shop/till.py": "# mine\n" + SHOP["shop/till.py"]})
    assert dspy_ci("hook", "fix", cwd=renamed).returncode == 1
    assert (renamed / "shop/till.py").read_text() == "# mine\n" + SHOP["shop/till.py"].replace("total", "whole")


def test_a_module_that_git_saw_move_takes_its_users_along(repository, git, dspy_ci):
    users = {
        "shop/a.py": "import shop.price\n\nprint(shop.price.total(1))\n",
        "shop/b.py": "from . import price\n\nprint(price.total(1))\n",
        "shop/c.py": "from .price import total\n\nprint(total(1))\n",
        "shop/d.py": "import shop.price as p\n\nprint(p.total(1))\n",
    }
    root = repository({**SHOP, **users})
    git(root, "mv", "shop/price.py", "shop/cost.py")
    assert dspy_ci("hook", "check", cwd=root).returncode == 1
    assert dspy_ci("hook", "fix", cwd=root).returncode == 1
    for path, text in users.items():
        assert (root / path).read_text() == text.replace("price", "cost")
    git(root, "add", "-A")
    assert dspy_ci("hook", "check", cwd=root).returncode == 0


def test_two_at_once_never_lose_an_edit(renamed):
    argv = [sys.executable, "-m", "dspy_ci", "hook", "fix"]
    both = [subprocess.Popen(argv, cwd=renamed, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    said = [one.communicate(timeout=60) for one in both]
    assert sorted(one.returncode for one in both) == [0, 1], said
    assert (renamed / "shop/till.py").read_text() == SHOP["shop/till.py"].replace("total", "whole")
