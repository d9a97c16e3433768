"""The webhook server as a process: it is killed, and nothing is lost or said twice."""

import importlib.util
import sys
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the extra `bot` is not installed")
pytest.importorskip("github", reason="the extra `bot` is not installed")

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def bot_load():
    spec = importlib.util.spec_from_file_location("bot_load", HERE.parent / "bench" / "bot_load.py")
    module = sys.modules["bot_load"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_kills_and_repetitions_change_nothing(bot_load, tmp_path):
    load = bot_load.run(tmp_path, deliveries=300, kills=2, patience=240)
    assert load.unanswered == set()
    assert load.doubled == {}
    assert load.code == 0
    assert load.health == (200, '{"ok":true,"error":null}')
    assert "dspy_ci_bot_queue_depth 0" in load.metrics[1]
    assert set(load.statuses) <= {200, 202}


@pytest.mark.slow
def test_a_bot_without_what_it_needs_says_so(dspy_ci, tmp_path):
    bare = {"DSPY_CI_WEBHOOK_SECRET": "", "GITHUB_TOKEN": "", "GH_TOKEN": ""}
    state = ("--state", tmp_path / "s", "--port", 0)
    done = dspy_ci("serve-bot", *state, cwd=tmp_path, **bare)
    assert (done.returncode, "DSPY_CI_WEBHOOK_SECRET" in done.stderr) == (4, True)
    done = dspy_ci("serve-bot", *state, cwd=tmp_path, **{**bare, "DSPY_CI_WEBHOOK_SECRET": "short"})
    assert done.returncode == 2
    done = dspy_ci("serve-bot", *state, cwd=tmp_path, **{**bare, "DSPY_CI_WEBHOOK_SECRET": "x" * 32})
    assert (done.returncode, "GITHUB_TOKEN" in done.stderr) == (4, True)


@pytest.mark.slow
def test_two_bots_do_not_share_a_state(bot_load, dspy_ci, tmp_path):
    hub = bot_load.Hub()
    bot = bot_load.Bot(hub, tmp_path / "state.sqlite")
    bot.start()
    try:
        done = dspy_ci("serve-bot", "--state", tmp_path / "state.sqlite", "--port", 0, cwd=tmp_path, **{
            name: bot.env[name] for name in ("DSPY_CI_WEBHOOK_SECRET", "GITHUB_TOKEN", "GITHUB_API_URL")
        })  # fmt: skip
        assert done.returncode == 4
        assert "already" in done.stderr
    finally:
        assert bot.stop() == 0
        hub.shutdown()
        hub.server_close()
    assert (tmp_path / "state.sqlite").exists()
