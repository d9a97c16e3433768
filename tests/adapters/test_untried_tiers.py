"""Tiers C and D as far as they can be looked at without a Mac and without docker: what they would ask for."""

from __future__ import annotations

import shutil
import sys
from itertools import pairwise

import pytest

from dspy_ci.adapters.sandbox import container, seatbelt
from dspy_ci.adapters.sandbox.choice import chosen
from dspy_ci.adapters.sandbox.confine import Limits
from dspy_ci.errors import SandboxError


def test_a_profile_denies_first_and_the_home_before_what_is_named_in_it(tmp_path):
    rules = seatbelt.profile([f"{tmp_path}/venv"], [f"{tmp_path}/copy"], str(tmp_path)).splitlines()
    assert rules[1] == "(deny default)"
    assert rules[-1] == "(deny network*)"
    home, venv = (
        next(i for i, rule in enumerate(rules) if f'"{path}"' in rule) for path in (tmp_path, tmp_path / "venv")
    )
    assert home < venv, "a later rule wins"
    writing = [rule for rule in rules if "file-write*" in rule]
    assert writing == [f'(allow file-read* file-write* (subpath "{tmp_path}/copy"))']


def test_a_path_cannot_break_out_of_its_quotes(tmp_path):
    rules = seatbelt.profile((), [f'{tmp_path}/x") (allow network*) ("'], str(tmp_path))
    assert '\\") (allow network*) (\\"' in rules


def test_a_profile_sees_links_resolved(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert f'"{tmp_path}/real"' in seatbelt.profile((), [f"{tmp_path}/link"], "/nowhere")


def test_a_container_has_no_network_no_power_and_one_place_to_write():
    words = container.command(
        ("pytest", "-q"), engine="docker", image="python:3.12", copy=("/copies/1", "/home/me/project"),
        readable=("/opt/venv",), env={"HOME": "/tmp"}, limits=Limits(),
    )  # fmt: skip
    pairs = set(pairwise(words))
    assert {("--network", "none"), ("--cap-drop", "ALL"), ("--security-opt", "no-new-privileges")} <= pairs
    assert ("--memory", str(Limits().together)) in pairs
    assert {"--read-only", "--init", "--rm"} <= set(words)
    mounts = [second for first, second in pairs if first == "--mount"]
    assert sorted(mounts) == [
        "type=bind,source=/copies/1,target=/home/me/project",
        "type=bind,source=/opt/venv,target=/opt/venv,readonly",
    ]
    assert words[-3:] == ("python:3.12", "pytest", "-q")


@pytest.mark.parametrize("path", ["/a,readonly=false", "relative", ""])
def test_a_mount_that_says_more_than_a_path_is_refused(path):
    with pytest.raises(ValueError, match="cannot be mounted"):
        container.command(
            ("true",), engine="docker", image="x", copy=(path, "/x"), readable=(), env={}, limits=Limits()
        )


def test_a_missing_tool_is_a_missing_tier(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    assert container.obstacle() == "neither docker nor podman is installed"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "is missing" in seatbelt.obstacle()


@pytest.mark.parametrize("letter", ["C", "D", "c"])
def test_an_untried_tier_is_never_chosen(letter, tmp_path):
    with pytest.raises(SandboxError, match="is not used"):
        chosen(str(tmp_path), letter)
