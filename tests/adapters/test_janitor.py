from __future__ import annotations

import os
from pathlib import Path

from dspy_ci.adapters.sandbox.janitor import hold, new_folder


def aged(folder):
    os.utime(folder, (1, 1))
    return folder


def test_a_folder_whose_keeper_died_is_removed_by_the_next_one(tmp_path):
    dead = aged(new_folder(str(tmp_path)))
    new_folder(str(tmp_path))
    assert not Path(dead).exists()


def test_a_folder_that_is_held_or_young_or_strange_is_left_alone(tmp_path):
    held, young = new_folder(str(tmp_path)), new_folder(str(tmp_path))
    lock = hold(held)
    aged(held)
    (tmp_path / "something-else").mkdir()
    aged(tmp_path / "something-else")
    new_folder(str(tmp_path))
    assert Path(held).exists()
    assert Path(young).exists()
    assert (tmp_path / "something-else").exists()
    os.close(lock)


def test_a_link_in_the_place_of_a_folder_is_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "file").write_text("x")
    link = tmp_path / "dspy-ci-copy-evil"
    link.symlink_to(victim)
    os.utime(link, (1, 1), follow_symlinks=False)
    new_folder(str(tmp_path))
    assert (victim / "file").exists()
