"""Whatever a model server does, every program ends in one sentence and in what is known without a model."""

import pytest
from modelserver import TROUBLES, ModelServer, Say, unused_port

from dspy_ci.adapters.jsonhttp import Server
from dspy_ci.adapters.lm_metered import Metered
from dspy_ci.adapters.lm_patient import Patient
from dspy_ci.adapters.ollama_http import Ollama
from dspy_ci.adapters.openai_http import OpenAI
from dspy_ci.programs.program import said
from dspy_ci.programs.table import PROGRAMS

pytest.importorskip("dspy", reason="programs are written for DSPy")

FIELDS = {
    "task": "make it green",
    "context": "FAILED tests/test_a.py::test_b - assert 1 == 2",
    "logs_preview": "FAILED tests/test_a.py::test_b - assert 1 == 2",
    "snapshot": "=== a.py ===\ndef b():\n    return 1\n",
    "code": "=== a.py ===\ndef b():\n    return 1\n",
    "ask": "what does b do?",
    "query": "why is it red",
    "state": "topic=backend",
}
REQUESTS = {"429": 3, "500": 3, "503": 3, "cut": 2}
"""How often a server is asked that does so; once where it is not here."""


def model(server, dialect):
    bare = Ollama if dialect == "ollama" else OpenAI
    url = server.url if dialect == "ollama" else server.v1
    return Patient(Metered(bare(Server(url, 0.3, {}), "scripted"), max_tokens=1_000_000), sleep=lambda _: None)


@pytest.mark.parametrize("dialect", ["openai", "ollama"])
@pytest.mark.parametrize("name", TROUBLES)
def test_every_program_ends_in_a_sentence_and_its_offline_answer(name, dialect):
    trouble, kind = TROUBLES[name]
    kind = "rate" if (name, dialect) == ("billing", "ollama") else kind  # the dialect has no word for it
    expected = 3 if kind == "rate" else REQUESTS.get(name, 1)
    for program in PROGRAMS.values() if name not in {"slow", "dripping"} else [PROGRAMS["plan"]]:
        with ModelServer([trouble]) as server:
            answered = said(program, FIELDS, model(server, dialect))
            assert (answered.trouble.kind, server.count) == (kind, expected), program.name
        assert answered.text == program.offline(FIELDS)
        assert str(answered.trouble).strip()
        assert "\n" not in str(answered.trouble)


@pytest.mark.parametrize("dialect", ["openai", "ollama"])
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=lambda program: program.name)
def test_a_server_that_is_not_there_is_trouble_too(program, dialect):
    class Gone:
        url = f"http://127.0.0.1:{unused_port()}"
        v1 = f"{url}/v1"

    answered = said(program, FIELDS, model(Gone, dialect))
    assert (answered.trouble.kind, answered.text) == ("unreachable", program.offline(FIELDS))


@pytest.mark.parametrize("name", ["context", "plan", "orchestrate"])
def test_prose_in_the_place_of_what_was_asked_for_is_trouble_and_is_not_asked_again(name):
    with ModelServer([Say("I am only a small model and I would rather talk.")]) as server:
        answered = said(PROGRAMS[name], FIELDS, model(server, "openai"))
        assert (answered.trouble.kind, server.count) == ("useless", 1)
    assert answered.text == PROGRAMS[name].offline(FIELDS)


@pytest.mark.parametrize("dialect", ["openai", "ollama"])
def test_a_good_answer_is_one_request_for_each_program(dialect):
    answers = {
        "context": "Summary: b is wrong.\n- a.py:2 returns 1",
        "plan": "1. Look\n$ pytest -q",
        "code": "It returns 1.",
        "edit": "a.py\n<<<<<<< SEARCH\n    return 1\n=======\n    return 2\n>>>>>>> REPLACE",
        "orchestrate": "tool: context",
    }
    for name, text in answers.items():
        with ModelServer([Say(f"[[ ## {PROGRAMS[name].output} ## ]]\n{text}\n[[ ## completed ## ]]")]) as server:
            assert said(PROGRAMS[name], FIELDS, model(server, dialect)) == (text, None)
            assert server.count == 1
            assert f"[[ ## {PROGRAMS[name].output} ## ]]" in server.asked[0].text
