"""Histories are told and mined once for all tests of this room: each case costs seconds."""

import json

import habits
import histories
import pytest


@pytest.fixture(scope="session")
def money(tmp_path_factory):
    """The history with every kind of cure, mined: its folder, the cures that are known, what the run said."""
    root = tmp_path_factory.mktemp("money") / "project"
    known = histories.told(root, histories.money())
    done = histories.mined(root, "--cases", "7")
    assert done.returncode == 0, done.stderr
    return root, known, json.loads(done.stdout)


@pytest.fixture(scope="session")
def texts(tmp_path_factory):
    """A project whose author has habits, mined: its folder."""
    root = tmp_path_factory.mktemp("texts") / "project"
    histories.told(root, habits.story_of("texts", 10))
    done = histories.mined(root, "--cases", "0")
    assert done.returncode == 0, done.stderr
    return root
