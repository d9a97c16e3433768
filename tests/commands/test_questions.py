"""`codectx` and `shell`: questions about code, with a model behind real HTTP and without one."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from modelserver import ModelServer, Say, refusal

from dspy_ci import cli

CODE = {
    "shop/cart.py": (
        '"""What a customer wants to buy."""\n\n\ndef total(prices):\n    """The sum of the prices."""\n'
        '    return sum(prices)\n\n\ndef empty(cart):\n    """Take everything out."""\n    cart.clear()\n'
    ),
    "shop/tax.py": 'def tax(price, rate):\n    """What the state gets."""\n    return price * rate\n',
    "notes.txt": "total is wrong on Mondays\n",
}
LOG = """\
=================================== FAILURES ===================================
__________________________________ test_total __________________________________
    def test_total():
>       assert total([1, 2]) == 3
E       assert 2 == 3
tests/test_cart.py:4: AssertionError
=========================== short test summary info ============================
FAILED tests/test_cart.py::test_total - assert 2 == 3
"""


@pytest.fixture
def run(repository, monkeypatch, tmp_path):
    """Calls a verb in a repository that holds the code; the model is the server's, where one is given."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "MODEL_NAME", "USE_OLLAMA", "LOCAL_MODE", "DSPY_CI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = repository(CODE)
    (root / "red.log").write_text(LOG)
    monkeypatch.chdir(root)

    def call(*args, says="", server=None):
        env = {"OPENAI_BASE_URL": server.v1, "MODEL_NAME": "scripted"} if server else {}
        return CliRunner().invoke(cli.cli, list(args), input=says, env=env)

    return call


def turns(done):
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_without_a_model_a_folder_is_told_as_an_outline(run):
    assert run("codectx", "shop").stdout.splitlines() == [
        "- shop/cart.py: What a customer wants to buy.",
        "- shop/cart.py:4 total(prices): The sum of the prices.",
        "- shop/cart.py:9 empty(cart): Take everything out.",
        "- shop/tax.py",
        "- shop/tax.py:1 tax(price, rate): What the state gets.",
    ]


def test_without_a_model_a_question_finds_what_its_words_occur_in(run):
    assert run("codectx", "--ask", "tax rate?").stdout == (
        "- shop/tax.py\n- shop/tax.py:1 tax(price, rate): What the state gets.\n"
    )


def test_a_path_is_meant_from_where_one_stands(run, monkeypatch):
    monkeypatch.chdir("shop")
    assert json.loads(run("codectx", "tax.py", "--format", "json").stdout)["path"] == "shop/tax.py"


@pytest.mark.parametrize("place", ["nowhere", "notes.txt", "..", "/etc"])
def test_where_there_is_no_python_there_is_a_sentence(run, place):
    done = run("codectx", place)
    assert "there is no Python in" in str(done.exception)


def test_a_model_answers_about_the_code_that_the_question_names(run):
    with ModelServer([Say("It adds the prices.")]) as server:
        record = json.loads(run("codectx", "--ask", "what is the sum?", "--format", "json", server=server).stdout)
        (asked,) = server.asked
    assert (record["answer"], record["model"], record["model_note"]) == (
        "It adds the prices.", "openai/scripted", None
    )  # fmt: skip
    assert "def total" in asked.user
    assert "what is the sum?" in asked.user


def test_trouble_with_the_model_leaves_the_outline(run):
    with ModelServer([refusal(401, "bad key")]) as server:
        done = run("codectx", "shop/tax.py", server=server)
        assert server.count == 1
    assert "shop/tax.py:1 tax(price, rate)" in done.stdout
    assert "refused the key (401)" in done.stdout


def test_a_secret_in_the_code_is_not_sent(run):
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    Path("shop/tax.py").write_text(f"TOKEN = '{token}'\n")
    with ModelServer([Say("Taxes.")]) as server:
        run("codectx", "shop/tax.py", server=server)
        assert token not in server.asked[0].text


@pytest.mark.parametrize(
    ("line", "tool", "said"),
    [
        ("grep def t", "grep", "shop/cart.py:4: def total(prices):\nshop/tax.py:1: def tax(price, rate):"),
        ("extract shop/tax.py", "extract", "shop/tax.py\ndef tax(price, rate):"),
        ("search prices", "search", "shop/cart.py:4 total"),
        ("codectx shop/tax.py", "codectx", "- shop/tax.py:1 tax(price, rate)"),
        ("who clears the cart", "search", "shop/cart.py:9 empty"),
        ("why is the build red", "context", "there is no log to look at"),
        ("codectx nowhere", "codectx", "there is no Python in nowhere"),
        ("grep no such words", "grep", "nothing was found"),
    ],
)
def test_without_a_model_rules_choose_the_tool(run, line, tool, said):
    (turn,) = turns(run("shell", "--format", "json", says=f"{line}\n"))
    assert turn["action"]["tool"] == tool
    assert said in turn["said"]


def test_questions_about_a_log_are_answered_from_it(run):
    why, plan = turns(
        run("shell", "--log", "red.log", "--format", "json", says="why is it red\nwhat should I do next\n")
    )
    assert (why["action"]["tool"], plan["action"]["tool"]) == ("context", "plan")
    assert "test_total" in why["said"]
    assert "$ " in plan["said"]


def test_a_change_is_only_named(run):
    (turn,) = turns(run("shell", "--format", "json", says="rename total in shop/cart.py; rm -rf x\n"))
    assert turn["said"] == "dspy-ci edit 'rename total in shop/cart.py; rm -rf x' --files shop/cart.py"


def test_the_last_word_ends_it_and_empty_lines_are_nothing(run):
    assert [turn["query"] for turn in turns(run("shell", "--format", "json", says="\ngrep a\n \nexit\ngrep b\n"))] == [
        "grep a"
    ]


@pytest.mark.parametrize("line", ["extract /etc/passwd", "codectx ../other", "extract"])
def test_what_no_tool_may_do_gets_a_sentence(run, line):
    (turn,) = turns(run("shell", "--format", "json", says=f"{line}\n"))
    assert turn["action"] is None
    assert "leaves the project" in turn["said"] or "needs file" in turn["said"]


def test_a_model_chooses_the_tool_and_hears_topic_log_and_what_was_done(run):
    with ModelServer([Say("tool: grep\npattern: clear"), Say("tool: search\nquery: tax")]) as server:
        words = ("shell", "--topic", "backend", "--log", "red.log", "--format", "json")
        first, second = turns(run(*words, says="who empties carts?\nand who taxes?\n", server=server))
        states = [question.user for question in server.asked]
    assert (first["said"], second["action"]) == ("shop/cart.py:11: cart.clear()", {"tool": "search", "query": "tax"})
    assert len(states) == 2
    assert all("topic=backend workspace=. logs=red.log" in state for state in states)
    assert ["done=grep" in state for state in states] == [False, True]


@pytest.mark.parametrize(
    "said", ["tool: shell\ncommand: rm -rf /", "tool: extract\nfile: /etc/passwd", "Sure, I can help!"]
)
def test_a_model_that_chooses_no_safe_tool_is_replaced_by_the_rules(run, said):
    with ModelServer([Say(said)]) as server:
        (turn,) = turns(run("shell", "--format", "json", says="who clears the cart\n", server=server))
        assert server.count == 1
    assert turn["action"]["tool"] == "search"
    assert "not the form" in turn["model_note"]


def test_risky_commands_of_a_plan_are_flagged(run):
    with ModelServer([Say("1. Start afresh\n$ git reset --hard")]) as server:
        (turn,) = turns(run("shell", "--log", "red.log", "--format", "json", says="plan a cure\n", server=server))
    assert turn["said"] == "- Start afresh\n  $ git reset --hard\n    risky: it throws away work that is not committed"


def test_people_read_tool_answer_and_note(run):
    with ModelServer([refusal(500, "down")]) as server:
        text = run("shell", says="who clears the cart\n", server=server).stdout
    assert text.splitlines()[0] == "search 'who clears the cart'"
    assert "note: the model was of no help" in text
