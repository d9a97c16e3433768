"""The webhook server as a process: it is killed, and nothing is lost or said twice."""

import importlib.util
import json
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
def test_kills_and_repetitions_change_nothing(bot_load, tmp_path, described):
    load = bot_load.run(tmp_path, deliveries=300, kills=2, patience=240, api=described)
    assert load.problems == []
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


@pytest.fixture
def hub(bot_load, described):
    found = bot_load.Hub(described)
    yield found
    assert found.problems == []
    found.shutdown()
    found.server_close()


@pytest.fixture
def respond(bot_load, dspy_ci, hub, tmp_path):
    """Run `respond` on an event; the environment is that of a job."""

    def run(*args, event=None, **env):
        _, body = bot_load.delivery(7, 3)
        (tmp_path / "event.json").write_bytes(body if event is None else event)
        job = {
            "GITHUB_API_URL": hub.url, "GITHUB_TOKEN": "a-token", "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_EVENT_NAME": "issue_comment", "GITHUB_OUTPUT": str(tmp_path / "output"),
        }  # fmt: skip
        return dspy_ci("respond", *args, cwd=tmp_path, **{**job, **env})

    return run


@pytest.mark.slow
def test_respond_answers_an_event_once_and_tells_the_runner(respond, hub, tmp_path):
    first = respond()
    assert first.returncode == 0, first.stderr
    assert hub.answered() == {7: 1}
    assert hub.reactions == {(7, "eyes"): 1, (7, "rocket"): 1}
    assert "\ndone\n" in (tmp_path / "output").read_text()
    again = respond()
    assert (again.returncode, hub.answered()) == (0, {7: 1})
    assert "known" in again.stderr


@pytest.mark.slow
def test_a_dry_run_shows_and_posts_nothing(respond, hub):
    done = respond("--dry-run")
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["verb"] for line in done.stdout.splitlines()] == ["react", "create_comment", "react"]
    assert not hub.comments
    assert not hub.reactions


@pytest.mark.slow
@pytest.mark.parametrize(("event", "env", "code", "said"), [
    (b"{", {}, 2, "no JSON"),
    (b"[" * 100_000, {}, 2, "no JSON"),
    (b'{"action": "created"}', {}, 2, "no event that we know"),
    (b'{"action": "edited"}', {}, 0, "ignored"),
    (None, {"GITHUB_EVENT_NAME": "push"}, 0, "ignored"),
    (None, {"GITHUB_EVENT_PATH": "absent.json"}, 2, "cannot read"),
    (None, {"GITHUB_TOKEN": "", "GH_TOKEN": ""}, 4, "GITHUB_TOKEN"),
    (None, {"GITHUB_API_URL": "http://example.com"}, 2, "a token is not sent"),
])  # fmt: skip
def test_what_cannot_be_answered_is_a_sentence(respond, hub, event, env, code, said):
    done = respond(event=event, **env)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
    assert not hub.comments
