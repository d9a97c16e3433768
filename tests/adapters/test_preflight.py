"""What the hostile program found out is believed until the next boot, and only what it found out."""

from __future__ import annotations

import json

import pytest

from dspy_ci.adapters.sandbox import preflight
from dspy_ci.adapters.sandbox.choice import chosen
from dspy_ci.adapters.sandbox.preflight import Trial, trials


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """The tiers that were tried, one after the other; B leaks."""
    tiers = []

    def tried(tier):
        tiers.append(tier)
        return Trial(tier, works=tier != "B", leaks=("read_secret",) if tier == "B" else ())

    monkeypatch.setattr(preflight, "tried", tried)
    monkeypatch.setattr(preflight, "cache_home", lambda: tmp_path / "cache")
    return tiers


def test_every_tier_is_tried_once_until_the_next_boot(asked, monkeypatch):
    first = trials()
    assert trials() == first
    assert asked == ["A", "B", "E"]
    monkeypatch.setattr(preflight, "_boot", lambda: {"boot": "another"})
    trials()
    assert asked == ["A", "B", "E"] * 2
    trials(fresh=True)
    assert len(asked) == 9


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"trials_of": null, "trials": []}', "{"])
def test_a_memory_that_cannot_be_read_is_no_proof(asked, text, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "sandbox.json").write_text(text)
    assert [trial.tier for trial in trials()] == ["A", "B", "E"]
    assert asked == ["A", "B", "E"]


def test_without_a_known_boot_nothing_is_remembered(asked, monkeypatch):
    monkeypatch.setattr(preflight, "_boot", lambda: {"boot": ""})
    trials()
    trials()
    assert len(asked) == 6


def test_what_leaks_is_not_chosen(asked, tmp_path, monkeypatch):
    monkeypatch.setattr("dspy_ci.adapters.sandbox.choice.trials", trials)
    assert chosen(str(tmp_path)).tier == "A"
    known = json.loads((tmp_path / "cache" / "sandbox.json").read_text())
    for row in known["trials"]:
        row["works"] = row["tier"] == "E"
    (tmp_path / "cache" / "sandbox.json").write_text(json.dumps(known))
    assert chosen(str(tmp_path)).tier == "E"
