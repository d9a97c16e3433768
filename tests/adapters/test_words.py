import subprocess
import sys

import pytest

from dspy_ci.adapters.gittrees import GitTrees

FILES = {
    "a.py": "total = 1\n",
    "b.py": "from a import total\n",
    "c.py": "totals\n",
    "d.txt": "total\n",
    "e.py": "é_x = 1\n",
}


def mentions(root, cache, words=("total", "other")):
    with GitTrees(root, cache=cache) as trees:
        return trees.mentions(frozenset(words))


def test_the_index_answers_as_git_does_cold_and_warm(repository, tmp_path):
    root = repository(FILES)
    answers = [mentions(root, cache) for cache in (None, tmp_path / "cache", tmp_path / "cache")]
    assert answers == [("a.py", "b.py")] * 3
    assert mentions(root, tmp_path / "cache", ["é_x"]) == ("e.py",)


def test_what_is_staged_is_learnt_and_what_was_staged_does_not_linger(repository, tmp_path, write, git):
    root = repository(FILES)
    mentions(root, tmp_path)
    write(root, {"c.py": "total\n", "b.py": "nothing\n"})
    git(root, "add", "-A")
    assert mentions(root, tmp_path) == ("a.py", "c.py")
    git(root, "reset", "-q", "--hard")
    assert mentions(root, tmp_path) == ("a.py", "b.py")


@pytest.mark.parametrize("damage", [b"no database at all", b""])
def test_a_damaged_index_costs_an_answer_nothing(repository, tmp_path, damage):
    root = repository(FILES)
    mentions(root, tmp_path)
    (file,) = tmp_path.glob("words-*.sqlite")
    file.write_bytes(damage)
    assert mentions(root, tmp_path) == ("a.py", "b.py")
    assert mentions(root, tmp_path) == ("a.py", "b.py")


def test_a_folder_that_cannot_be_made_costs_nothing_either(repository, tmp_path):
    (tmp_path / "file").write_text("")
    assert mentions(repository(FILES), tmp_path / "file" / "cache") == ("a.py", "b.py")


def test_several_at_once_agree(repository, tmp_path):
    root = repository(FILES)
    code = (
        "import sys; from pathlib import Path; from dspy_ci.adapters.gittrees import GitTrees\n"
        "with GitTrees(Path(sys.argv[1]), cache=Path(sys.argv[2])) as trees: print(trees.mentions({'total'}))"
    )
    argv = [sys.executable, "-c", code, str(root), str(tmp_path / "cache")]
    running = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert {one.communicate(timeout=60)[0] for one in running} == {"('a.py', 'b.py')\n"}
