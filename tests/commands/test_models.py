"""Verbs with a model behind real HTTP, and what they are without one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from modelserver import ModelServer, Say, refusal, unused_port

from dspy_ci import cli
from dspy_ci.programs.stored import Stored, path_of
from dspy_ci.programs.table import PROGRAMS

LOG = """\
=================================== FAILURES ===================================
__________________________________ test_total __________________________________

    def test_total():
>       assert total([1, 2]) == 3
E       assert 2 == 3

tests/test_cart.py:4: AssertionError
=========================== short test summary info ============================
FAILED tests/test_cart.py::test_total - assert 2 == 3
========================= 1 failed, 1 passed in 0.02s ==========================
"""
PLAN = "1. Look at the sum\n$ pytest -q tests/test_cart.py\n2. Start afresh\n$ git reset --hard"
VARIABLES = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE", "MODEL_NAME", "USE_OLLAMA", "OLLAMA_MODEL",
             "OLLAMA_HOST", "LOCAL_MODE", "DSPY_CI_MODEL", "DSPY_FORCE_JSON_OBJECT", "CI", "GITHUB_ACTIONS")  # fmt: skip


@pytest.fixture(autouse=True)
def _no_model_of_the_person_who_runs_this(monkeypatch, tmp_path):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def run(*args, server=None, **env):
    if server:
        env = {"OPENAI_BASE_URL": server.v1, "MODEL_NAME": "scripted", "OPENAI_API_KEY": "sk-very-secret", **env}
    result = CliRunner().invoke(cli.cli, list(args), input=LOG, env=env)
    assert result.exception is None or isinstance(result.exception, SystemExit | Exception)
    return result


def test_the_plan_is_the_models_and_its_risky_commands_are_flagged():
    with ModelServer([Say(PLAN)]) as server:
        record = json.loads(run("explain", "--format", "json", server=server).stdout)
        text = run("explain", server=server).stdout
        assert server.count == 1  # the second answer came from the cache
    assert record["plan"] == [
        {"why": "Look at the sum", "command": "pytest -q tests/test_cart.py", "risk": None},
        {"why": "Start afresh", "command": "git reset --hard", "risk": "throws away work that is not committed"},
    ]
    assert (record["model"], record["model_note"]) == ("openai/scripted", None)
    assert (record["usage"]["prompt"], record["usage"]["requests"]) == (100, 1)
    assert "risky: it throws away work that is not committed" in text
    assert "model openai/scripted: 1 answer, 1 of them from the cache, 0 + 0 tokens" in text


def test_the_key_points_are_the_models():
    with ModelServer([Say("Summary: the sum is wrong.\n- tests/test_cart.py:4 gives 2")]) as server:
        record = json.loads(run("context", "--format", "json", server=server).stdout)
    assert record["key_points"] == {"summary": "the sum is wrong.", "points": ["tests/test_cart.py:4 gives 2"]}
    assert "assert 2 == 3" in record["text"]


def test_ollama_is_asked_through_its_own_api():
    with ModelServer([Say(PLAN)]) as server:
        record = json.loads(run("explain", "--format", "json", "--model", "ollama/q:1b", OLLAMA_HOST=server.url).stdout)
        assert [question.path for question in server.asked] == ["/api/chat"]
    assert record["model"] == "ollama/q:1b"


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [(refusal(401, "bad key"), "refused the key (401)"), (Say(""), "answered with nothing"), (Say("Hello!"), "not the form")],
)  # fmt: skip
def test_trouble_with_the_model_leaves_the_offline_plan_and_a_sentence(trouble, sentence):
    offline = json.loads(run("explain", "--format", "json").stdout)
    with ModelServer([trouble]) as server:
        result = run("explain", "--format", "json", server=server)
        assert server.count == 1
    record = json.loads(result.stdout)
    assert record["plan"] == offline["plan"]
    assert sentence in record["model_note"]
    assert "what was found without it stands" in record["model_note"]
    assert "sk-very-secret" not in result.output


def test_a_server_that_is_not_there_leaves_the_offline_result():
    env = {"OPENAI_BASE_URL": f"http://127.0.0.1:{unused_port()}/v1", "MODEL_NAME": "m"}
    assert "cannot be reached" in json.loads(run("context", "--format", "json", **env).stdout)["model_note"]


@pytest.mark.parametrize("options", [["--offline"], []])
def test_offline_nothing_is_asked(options):
    with ModelServer([Say(PLAN)]) as server:
        record = json.loads(
            run("explain", "--format", "json", *options, server=server, LOCAL_MODE="" if options else "true").stdout
        )
        assert server.count == 0
    assert "model" not in record


def test_a_limit_of_money_without_a_price_asks_nothing_and_says_so():
    with ModelServer([Say(PLAN)]) as server:
        record = json.loads(run("explain", "--format", "json", "--max-cost", "1", server=server).stdout)
        assert server.count == 0
        assert "nobody told what" in record["model_note"]
        record = json.loads(
            run("explain", "--format", "json", "--max-cost", "1", "--price", "2/4", server=server).stdout
        )
    assert record["usage"]["cost"] == pytest.approx((100 * 2 + 20 * 4) / 1e6)


def test_a_model_that_was_named_and_cannot_be_asked_is_spoken_of():
    result = run("explain", "--format", "json", "--model", "openai/gpt-x")
    assert "gpt-x needs a key" in json.loads(result.stdout)["model_note"]


def test_a_limit_holds_for_all_logs_together(tmp_path):
    for name in "abc":
        (tmp_path / name).write_text(LOG.replace("2 == 3", f"'{name}' == 3"))
    with ModelServer([Say(PLAN, 2000, 100)]) as server:
        text = run("explain", "a", "b", "c", server=server, DSPY_CI_MAX_TOKENS="6000").stdout
        assert server.count == 2
    assert text.count("could exceed the limit of 6000 tokens") == 1


def test_trained_instructions_are_used_and_broken_ones_are_not(tmp_path):
    program = PROGRAMS["plan"]
    told = Stored("plan", "Speak Latin, and plan.", program.signature_hash, "3.4.1", "keywords", {}, "abc")
    path = tmp_path / path_of("plan")
    path.parent.mkdir(parents=True)
    with ModelServer([Say(PLAN)]) as server:
        path.write_text(told.as_json())
        run("explain", server=server)
        path.write_text(told.as_json().replace("Latin", "{language}"))
        run("explain", server=server)
        assert ["Speak Latin" in question.system for question in server.asked] == [True, False]


def test_no_secret_of_the_log_is_sent():
    log = (
        LOG
        + "export API_TOKEN=ghp_abcdefghijklmnopqrstuvwxyz0123456789\nfatal: error with ghp_abcdefghijklmnopqrstuvwxyz0123456789\n"
    )
    with ModelServer([Say(PLAN)]) as server:
        env = {"OPENAI_BASE_URL": server.v1, "MODEL_NAME": "m"}
        CliRunner().invoke(cli.cli, ["explain"], input=log, env=env)
        assert "ghp_" not in server.asked[0].text


def test_doctor_looks_whether_the_model_would_answer_without_asking_it():
    def says(*models):
        with ModelServer([Say("4")], models=models) as server:
            record = json.loads(run("doctor", "--format", "json", server=server).stdout)
            assert server.count == 0
        return next(row for row in record["powers"] if row["subject"] == "language model")

    assert says("scripted")["says"] == "openai/scripted is ready"
    assert "has no model scripted" in says("other")["says"]


def loaded_by(args, cwd, **env):
    code = (
        "import sys, json\nfrom dspy_ci.__main__ import run\n"
        f"run({args!r})\nprint(json.dumps([name for name in sys.modules if '.' not in name]), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=LOG, capture_output=True, text=True, check=True, cwd=cwd,
        env={**os.environ, **env},
    )  # fmt: skip
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "args",
    [
        ["--help"],
        ["hook", "check"],
        ["hook", "fix"],
        ["hook", "verify"],
        ["triage"],
        ["score"],
        ["explain"],
        ["context"],
        ["codectx"],
        ["shell"],
        ["edit", "--help"],
        ["apply", "--list"],
        ["doctor"],
        ["fix", "--budget", "1s"],
        ["train", "mine", "--cases", "0"],
        ["train", "run"],
    ],
    ids=" ".join,
)
def test_no_verb_that_needs_no_model_loads_what_models_need(args, repository):
    root = repository({"a.py": "x = 1\n"})
    (root / "a.py").write_text("x = 2\n")
    assert loaded_by(args, root, OPENAI_API_KEY="k").isdisjoint({"dspy", "litellm", "openai"})


def test_help_of_no_verb_loads_what_models_need(tmp_path):
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom dspy_ci.cli import cli\nfrom dspy_ci.verbs import VERBS\n"
        "assert not [verb for verb in VERBS if CliRunner().invoke(cli, [verb, '--help']).exit_code]\n"
        "assert not {'dspy', 'litellm', 'openai', 'github', 'gepa'} & set(sys.modules), 'loaded'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_with_a_model_litellm_is_not_loaded_either(tmp_path):
    with ModelServer([Say(PLAN)]) as server:
        loaded = loaded_by(["explain"], tmp_path, OPENAI_BASE_URL=server.v1, MODEL_NAME="m")
        assert server.count == 1
    assert "dspy" in loaded
    assert loaded.isdisjoint({"litellm", "openai", "numpy"})


PROJECT = {
    "cart.py": 'def total(prices):\n    """The sum of the prices, rounded up to five."""\n    return sum(prices)\n',
    "test_cart.py": (
        "from cart import total\n\n\ndef test_round():\n    assert total([1, 2]) == 5\n    assert total([11, 3]) == 15\n\n\n"
        "def test_even():\n    assert total([10]) == 10\n"
    ),
}
RIGHT = "Rounded up.\n\ncart.py\n<<<<<<< SEARCH\n    return sum(prices)\n=======\n    return -(-sum(prices) // 5) * 5\n>>>>>>> REPLACE"
SPECIAL = RIGHT.replace("return -(-sum(prices) // 5) * 5", "return {3: 5, 14: 15}.get(sum(prices), sum(prices))")
TESTS = "cart.py\n<<<<<<< SEARCH\n    return sum(prices)\n=======\n    import os\n    os._exit(0)\n>>>>>>> REPLACE"


@pytest.mark.slow
def test_fix_asks_the_model_last_and_delivers_what_is_right(repository, dspy_ci, tmp_path):
    root = repository(PROJECT)
    with ModelServer([Say(SPECIAL), Say(TESTS), Say("No idea."), Say(RIGHT)]) as server:
        env = {"OPENAI_BASE_URL": server.v1, "MODEL_NAME": "scripted"}
        done = dspy_ci(
            "fix", "--budget", "5s", "--format", "json", "--test-cmd", f"{sys.executable} -m pytest -q", cwd=root, **env
        )
        assert server.count == 4
    record = json.loads(done.stdout)
    assert (done.returncode, record["status"], record["model"]) == (0, "fixed", "openai/scripted")
    (patch,) = [found for found in record["patches"] if found["verdict"]["state"] == "verified"]
    assert "+    return -(-sum(prices) // 5) * 5" in patch["diff"]
    assert (patch["origin"], patch["disposition"]) == ("model", "unsafe")
    assert (record["usage"]["calls"], record["usage"]["prompt"]) == (4, 400)
    (kept,) = Path(os.environ["XDG_CACHE_HOME"]).glob("dspy-ci/trajectories/*.jsonl")
    events = [json.loads(line) for line in kept.read_text().splitlines()]
    assert [event["offered"] for event in events] == [False, False, False, True]
    assert not (root / ".dspy-ci").exists()


@pytest.mark.slow
def test_fix_delivers_nothing_where_the_model_is_never_right(repository, dspy_ci):
    root = repository(PROJECT)
    with ModelServer(
        [Say(SPECIAL), Say(TESTS), Say("No idea."), Say(RIGHT.replace("// 5) * 5", "// 5) * 4"))]
    ) as server:
        words = ("fix", "--budget", "4s", "--format", "json", "--test-cmd", f"{sys.executable} -m pytest -q")
        done = dspy_ci(*words, cwd=root, OPENAI_BASE_URL=server.v1, MODEL_NAME="scripted")
        assert server.count >= 4
    record = json.loads(done.stdout)
    assert (done.returncode, record["status"]) == (1, "unfixed")
    assert not [found for found in record["patches"] if found["verdict"]["state"] == "verified"]
    assert (root / "cart.py").read_text() == PROJECT["cart.py"]


@pytest.mark.slow
def test_edit_applies_a_change_that_is_proved_and_keeps_to_the_named_files(repository, dspy_ci):
    root = repository(PROJECT)
    other = RIGHT + "\n\nother.py\n<<<<<<< SEARCH\n=======\nx = 1\n>>>>>>> REPLACE"
    words = [
        "edit",
        "round totals up to five",
        "--files",
        "cart.py",
        "--apply",
        "--test-cmd",
        f"{sys.executable} -m pytest -q",
    ]
    with ModelServer([Say(other), Say(SPECIAL), Say(RIGHT)]) as server:
        done = dspy_ci(*words, cwd=root, OPENAI_BASE_URL=server.v1, MODEL_NAME="m")
        assert server.count == 4
        assert "only cart.py may be changed, not other.py" in server.asked[2].user
    assert done.returncode == 0, done.stderr
    assert "// 5" in (root / "cart.py").read_text()
    assert "Done, with proof" in done.stdout


@pytest.mark.slow
def test_edit_where_all_is_green_says_that_nothing_is_proved(repository, dspy_ci):
    root = repository(
        {**PROJECT, "test_cart.py": "from cart import total\n\n\ndef test_even():\n    assert total([10]) == 10\n"}
    )
    words = [
        "edit",
        "round totals up to five in cart.py",
        "--format",
        "json",
        "--test-cmd",
        f"{sys.executable} -m pytest -q",
    ]
    breaks = RIGHT.replace("-(-sum(prices) // 5) * 5", "0")
    with ModelServer([Say(breaks), Say(RIGHT)]) as server:
        done = dspy_ci(*words, cwd=root, OPENAI_BASE_URL=server.v1, MODEL_NAME="m")
    record = json.loads(done.stdout)
    assert (done.returncode, record["status"]) == (0, "unproved")
    (patch,) = record["patches"]
    assert patch["verdict"]["state"] == "unverified"
    assert "// 5" in patch["diff"]
    gone = {"OPENAI_BASE_URL": f"http://127.0.0.1:{unused_port()}/v1", "MODEL_NAME": "m"}
    done = dspy_ci(*words, cwd=root, **gone)
    assert done.returncode == 4
    assert "cannot be reached" in json.loads(done.stdout)["notes"][0]
