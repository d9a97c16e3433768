"""GEPA: scores rise, and whatever DSPy or GEPA would pass over in silence ends the training with a sentence."""

import json
import sys
from contextlib import suppress
from itertools import count

import pytest
from modelserver import TROUBLES, ModelServer, Say
from scholar import PHRASES, scholar

from dspy_ci.adapters.jsonhttp import Server
from dspy_ci.adapters.openai_http import OpenAI
from dspy_ci.errors import ModelError
from dspy_ci.learn.evolution import Budget, TrainingError, calls_of, evolved, graded, key, preflight
from dspy_ci.learn.grade import Grade
from dspy_ci.learn.pupil import Example, Pupil
from dspy_ci.learn.reflection import Reflection, proposal, unfit_proposal
from dspy_ci.learn.watch import Watched
from dspy_ci.ports.lm import Ask, Message, Scripted
from dspy_ci.programs import orchestrate
from dspy_ci.programs.stored import read
from dspy_ci.programs.table import program

pytest.importorskip("dspy", reason="the power of models is not installed")

BUDGET = Budget(60)
MAGIC = "Name the moon."


def grading(text):
    return Grade(1.0 if "moon" in text else 0.0, "the moon is named" if "moon" in text else "nobody names the moon")


def example(number, grade=grading, gold="the moon"):
    return Example(f"e{number}", {"snapshot": f"night {number}", "ask": "what shines?"}, {}, grade, gold)


def learner(*, grade=grading, gold="the moon", name="code"):
    own = [example(number, grade, gold) for number in range(9)]
    parts = {"train": tuple(own[:4]), "validation": tuple(own[4:7]), "heldout": tuple(own[7:])}
    return Pupil(name, program(name), parts, threads=2)


def told(ask):
    return "\n".join(message.text for message in ask.messages)


def clever(ask):
    if "You improve the instructions" in told(ask):
        return f"<instructions>\nAnswer the question. {MAGIC}\n</instructions>"
    return "the moon" if MAGIC in told(ask) else "the sun"


def unhelpful(answer):
    """A model that answers questions as well as it can, and reflects badly."""

    def script(ask):
        return answer if "You improve the instructions" in told(ask) else "the sun"

    return script


def train(script, tmp_path, pupil=None, reflection=None):
    lm = Scripted(script)
    return evolved(pupil or learner(), lm, Scripted(reflection) if reflection else lm, BUDGET, tmp_path), lm


def test_the_score_rises_and_training_ends_when_it_is_perfect(tmp_path):
    found, lm = train(clever, tmp_path)
    assert (found.base, found.new, found.better) == (0.0, 1.0, True)
    assert MAGIC in found.instructions
    assert found.metric_calls < BUDGET.metric_calls
    assert len(lm.asked) < 40
    assert graded(learner(), learner().parts["heldout"], None, lm, 100) == [0.0, 0.0]
    assert graded(learner(), learner().parts["heldout"], found.instructions, lm, 100) == [1.0, 1.0]


def test_nothing_better_is_said_to_be_nothing_better(tmp_path):
    found, _ = train(unhelpful("<instructions>\nAnswer all questions in full, please.\n</instructions>"), tmp_path)
    assert not found.better
    assert found.new == found.base == 0.0


@pytest.mark.parametrize(
    "answer", ["", "<instructions>\nAnswer. ```\nlike th", "Use {placeholder} for all of it.", "ok", "x " * 4000]
)
def test_a_reflection_that_cannot_be_used_ends_it_before_it_begins(answer, tmp_path):
    with pytest.raises(TrainingError, match="no use in training"):
        train(unhelpful(answer), tmp_path)


USABLE = "<instructions>\nAnswer all questions in full.\n</instructions>"
HALF = Say(f"<instructions>\nAnswer in full, and above all {MAGIC[:-1]}", ended="length")
"""It would earn full marks, if half a sentence were taken over."""


def is_reflection(question):
    return "You improve the instructions" in question.text


def breaking(trouble, *, when, after):
    """A server that answers well so many times, and then not any more: of reflections, or of the other questions."""
    left = count(after, -1)

    def script(question):
        if is_reflection(question) is (when == "reflection") and next(left) <= 0:
            return trouble
        return Say(USABLE) if is_reflection(question) else Say("the moon" if MAGIC[:-1] in question.text else "the sun")

    return script


@pytest.mark.parametrize(
    ("trouble", "when", "after", "says"),
    [
        (TROUBLES["500"][0], "reflection", 1, "the reflection model gave no answer"),
        (TROUBLES["garbage"][0], "reflection", 1, "the reflection model gave no answer"),
        (Say(""), "reflection", 1, "the reflection model gave no answer"),
        (HALF, "reflection", 1, "the reflection model gave no answer"),
        (Say("Of course!"), "reflection", 1, "it is no instruction"),
        (TROUBLES["401"][0], "task", 4, "refused the key"),
        (TROUBLES["truncated"][0], "task", 4, "the model failed"),
        (Say(""), "task", 4, "the model failed"),
    ],
    ids=["reflection 500", "reflection garbage", "reflection empty", "reflection cut", "reflection prose", "task 401",
         "task cut", "task empty"],
)  # fmt: skip
def test_what_gepa_passes_over_in_silence_ends_it_with_a_sentence(trouble, when, after, says, tmp_path):
    """The model breaks in the middle, after the questions that are asked before anything is spent."""
    with ModelServer(breaking(trouble, when=when, after=after)) as server:
        lm = OpenAI(Server(server.v1, 5.0, {}), "scripted")
        with pytest.raises(TrainingError, match=f"the training was ended: .*{says}"):
            evolved(learner(), lm, lm, Budget(300), tmp_path)
        assert server.count < 60


def test_answers_that_have_not_the_form_asked_for_are_reflected_upon(tmp_path):
    """DSPy would score them and show none of them to who writes better instructions."""

    def grading(text):
        action = orchestrate.parse(text)
        is_one = isinstance(action, orchestrate.Action)
        return Grade(1.0, "fine") if is_one else Grade(0.0, f"No action: {action.sentence}.")

    def script(ask):
        if "You improve the instructions" in told(ask):
            assert "No action" in told(ask) or "Try." in told(ask)
            return f"<instructions>\nChoose a tool. {MAGIC}\n</instructions>"
        return "tool: index" if MAGIC in told(ask) else "I would look around a little."

    own = [Example(f"e{n}", {"query": f"find {n}", "state": ""}, {}, grading, "tool: index") for n in range(6)]
    pupil = Pupil("orchestrator", program("orchestrate"), {"train": own[:3], "validation": own[3:], "heldout": ()})
    found, _ = train(script, tmp_path, pupil)
    assert (found.base, found.new, found.reflections > 0) == (0.0, 1.0, True)


def test_a_task_model_that_is_refused_is_asked_no_more(tmp_path):
    asked = []

    def script(ask):
        asked.append(ask)
        return "the sun" if len(asked) < 3 else ModelError("auth", "the key is wrong")

    with pytest.raises(TrainingError, match="the key is wrong"):
        train(script, tmp_path, reflection=lambda _: "<instructions>\nAnswer in full, please.\n</instructions>")
    assert len(asked) <= 4


def test_a_task_model_that_is_refused_at_once_is_asked_once(tmp_path):
    lm = Scripted(lambda _: ModelError("auth", "the key is wrong"))
    with pytest.raises(ModelError, match="the key is wrong"):
        evolved(learner(), lm, lm, BUDGET, tmp_path)
    assert len(lm.asked) == 1


def test_a_metric_that_raises_is_no_zero(tmp_path):
    def broken(text):
        if text == "the sun":
            raise ZeroDivisionError("in the metric")
        return Grade(1.0, "fine")

    with pytest.raises((TrainingError, ZeroDivisionError), match="metric"):
        train(clever, tmp_path, learner(grade=broken))


def test_a_metric_that_does_not_know_a_right_answer_is_found_before_anything_is_spent(tmp_path):
    lm = Scripted(clever)
    with pytest.raises(TrainingError, match="for a right answer"):
        evolved(learner(gold="the sun"), lm, lm, BUDGET, tmp_path)
    assert lm.asked == []


def test_a_grade_without_a_reason_is_none():
    with pytest.raises(ValueError, match="no grade"):
        Grade(0.5, " ")


def test_a_stopped_training_goes_on_and_another_one_never_takes_its_place(tmp_path):
    first, _ = train(clever, tmp_path)
    again, _ = train(clever, tmp_path)
    assert again.instructions == first.instructions
    assert len(list(tmp_path.iterdir())) == 1
    other = learner(name="context")
    assert key(other, "m") != key(learner(), "m") != key(learner(), "n")


def test_no_examples_no_training(tmp_path):
    empty = Pupil("code", program("code"), {"train": (), "validation": (), "heldout": ()})
    with pytest.raises(TrainingError, match="no examples"):
        train(clever, tmp_path, empty)


def test_a_model_that_fails_half_of_the_time_ends_it():
    lm = Watched(Scripted(lambda ask: ModelError("server", "down") if ask.seed else "fine"))
    for number in range(30):
        with suppress(ModelError):
            lm.ask(Ask((Message("user", "x"),), seed=1 if number % 5 else None))
    assert "the model failed" in lm.trouble
    assert len(lm.lm.asked) < 15


def test_what_a_reflection_wrote_is_looked_at_hard():
    assert proposal("<think>hm</think>\nHere:\n<instructions>\nBe brief and right.\n</instructions>\nBye") == (
        "Be brief and right."
    )
    assert unfit_proposal("Be brief and right.") is None
    assert "middle" in unfit_proposal("<instructions>\nBe brief and")
    asked = Reflection(Scripted(["nope"] * 9))
    assert [asked.better("Old ones are kept.", []) for _ in range(5)] == ["Old ones are kept."] * 5
    assert (asked.hopeless is not None, len(asked.lm.asked)) == (True, 3)


def test_preflight_asks_each_model_once():
    lm = Scripted(clever)
    preflight(learner(), lm, lm, 100)
    assert len(lm.asked) == 2


def test_budgets_grow_with_their_level():
    assert calls_of("light", 10) < calls_of("medium", 10) < calls_of("heavy", 10)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "name"),
    [("context", "context"), ("task", "plan"), ("code", "code"), ("orchestrator", "orchestrate"), ("codegen", "edit")],
)
def test_every_module_learns_on_mined_cases_and_its_program_is_put_in_place_and_used(
    module, name, texts, dspy_ci, tmp_path, repository
):
    with ModelServer(scholar(texts)) as server:
        world = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": "x", "XDG_CACHE_HOME": str(tmp_path)}
        words = ("--module", module, "--model", "openai/scripted", "--format", "json")
        run = dspy_ci("train", "run", "--max-metric-calls", "40", *words, cwd=texts, timeout=900, **world)
        assert run.returncode == 0, run.stdout + run.stderr
        report = json.loads(dspy_ci("train", "report", *words, cwd=texts, timeout=900, **world).stdout)
    assert report["heldout"]["before"] < report["heldout"]["after"]
    assert report["better"]
    assert dspy_ci("train", "promote", "--module", module, cwd=texts).returncode == 0
    path = texts / ".dspy-ci" / "programs" / f"{name}.json"
    stored = read(path.read_text(), program(name))
    assert any(phrase in stored.instructions for phrase in PHRASES)
    assert stored.as_json() == path.read_text()
    root = repository({**CART, f".dspy-ci/programs/{name}.json": path.read_bytes()})
    for words in USERS[name]:
        asked = asked_by(words, root, dspy_ci)
        assert [plain(stored.instructions) in plain(question.system) for question in asked] == [True] * len(asked)
    assert (root / ".dspy-ci" / "programs" / f"{name}.json").read_bytes() == path.read_bytes()
    path.unlink()


CART = {
    "cart.py": 'def total(prices):\n    """The sum of the prices, rounded up to five."""\n    return sum(prices)\n',
    "test_cart.py": "from cart import total\n\n\ndef test_round():\n    assert total([1, 2]) == 5 == total([4, 1])\n",
}
RED = """\
=================================== FAILURES ===================================
__________________________________ test_round __________________________________

    def test_round():
>       assert total([1, 2]) == 5 == total([4, 1])
E       assert 3 == 5

test_cart.py:5: AssertionError
=========================== short test summary info ============================
FAILED test_cart.py::test_round - assert 3 == 5
============================== 1 failed in 0.02s ===============================
"""
TESTED = ("--test-cmd", f"{sys.executable} -m pytest -q", "--format", "json")
USERS = {
    "context": [("context", "-")],
    "code": [("codectx", "cart.py")],
    "orchestrate": [("shell",)],
    "plan": [("explain", "-"), ("explain", "-", "--format", "json")],
    "edit": [("fix", "--budget", "4s", *TESTED), ("edit", "round up to five", "--files", "cart.py", *TESTED)],
}
"""The verbs that ask a program."""


def asked_by(words, root, dspy_ci):
    """What a verb sends, each time; at least one question."""
    with ModelServer(["I do not know."]) as server:
        world = {"OPENAI_BASE_URL": server.v1, "MODEL_NAME": "scripted", "XDG_CACHE_HOME": f"{root}-{words[-1]}"}
        done = dspy_ci(*words, cwd=root, stdin="who rounds up?\n" if words == ("shell",) else RED, **world)
    assert server.asked, done.stdout + done.stderr
    return server.asked


def plain(text):
    """The words alone: prompts are indented."""
    return " ".join(text.split())


@pytest.mark.slow
def test_a_program_needs_a_model_and_says_so(texts, dspy_ci):
    said = dspy_ci("train", "run", "--module", "context", "--offline", cwd=texts)
    assert said.returncode == 4
    assert "priors, which needs none" in said.stderr
