"""Models behind real HTTP: what is sent, what is read, and the sentence for everything that goes wrong."""

import time

import pytest
from modelserver import TROUBLES, Break, ModelServer, Say, refusal, unused_port

from dspy_ci.adapters.jsonhttp import Server
from dspy_ci.adapters.lm_cached import Cached
from dspy_ci.adapters.lm_metered import Metered, Price
from dspy_ci.adapters.lm_patient import Patient
from dspy_ci.adapters.ollama_http import Ollama
from dspy_ci.adapters.openai_http import OpenAI
from dspy_ci.adapters.runmemory import RunMemory
from dspy_ci.errors import ModelError
from dspy_ci.ports.lm import Ask, Message, Schema, Usage

QUESTION = Ask((Message("system", "Be brief."), Message("user", "2 + 2?")), max_tokens=200)
SHAPED = Ask(QUESTION.messages, schema=Schema("answer", {"type": "object"}))


def openai(server, **options):
    return OpenAI(Server(server.v1, 1.0, {"Authorization": "Bearer sk-test"}), "scripted", **options)


def ollama(server, **options):
    return Ollama(Server(server.url, 1.0, {}), "scripted", **options)


DIALECTS = pytest.mark.parametrize("dialect", [openai, ollama])


@DIALECTS
def test_an_answer_comes_with_its_usage(dialect):
    with ModelServer([Say("4", 31, 7)]) as server:
        answer = dialect(server).ask(QUESTION)
    assert (answer.text, answer.usage) == ("4", Usage(1, 1, 31, 7))


@DIALECTS
@pytest.mark.parametrize("name", TROUBLES)
def test_every_trouble_is_one_request_and_a_sentence(dialect, name):
    trouble, kind = TROUBLES[name]
    if dialect is ollama and name == "billing":
        kind = "rate"  # this dialect has no word for it
    with ModelServer([trouble]) as server:
        started = time.monotonic()
        with pytest.raises(ModelError) as caught:
            dialect(server).ask(QUESTION)
        assert (caught.value.kind, server.count) == (kind, 1)
    assert time.monotonic() - started < 2.5
    assert "\n" not in str(caught.value)
    assert "sk-test" not in f"{caught.value} {caught.value.hint}"


@DIALECTS
def test_a_server_that_is_not_there_gets_a_sentence_at_once(dialect):
    class Gone:
        url = f"http://127.0.0.1:{unused_port()}"
        v1 = f"{url}/v1"

    with pytest.raises(ModelError, match="cannot be reached") as caught:
        dialect(Gone).ask(QUESTION)
    assert caught.value.kind == "unreachable"


@pytest.mark.parametrize(
    ("name", "requests"), [("429", 3), ("500", 3), ("503", 3), ("cut", 2), ("401", 1), ("empty", 1)]
)
def test_only_what_may_pass_is_asked_again_and_not_for_ever(name, requests):
    with ModelServer([TROUBLES[name][0]]) as server:
        with pytest.raises(ModelError):
            Patient(openai(server), sleep=lambda _: None).ask(QUESTION)
        assert server.count == requests


def test_a_server_that_recovers_is_forgiven():
    waits = []
    with ModelServer([refusal(429, "slow down", **{"Retry-After": "3"}), TROUBLES["500"][0], Say("4")]) as server:
        assert Patient(openai(server), sleep=waits.append).ask(QUESTION).text == "4"
    assert waits == [3.0, 0.0]


def test_a_server_that_wants_a_long_rest_is_left_alone():
    with ModelServer([refusal(429, "tomorrow", **{"Retry-After": "86400"})]) as server:
        with pytest.raises(ModelError):
            Patient(openai(server), sleep=pytest.fail).ask(QUESTION)
        assert server.count == 1


def test_what_an_openai_server_is_sent():
    with ModelServer([Say("{}")]) as server:
        openai(server).ask(Ask(SHAPED.messages, 99, 0.5, seed=7, stop=("END",), schema=SHAPED.schema))
        sent = server.asked[0]
    assert (sent.path, sent.headers["authorization"]) == ("/v1/chat/completions", "Bearer sk-test")
    assert sent.body == {
        "model": "scripted",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2 + 2?"}],
        "max_tokens": 99,
        "temperature": 0.5,
        "seed": 7,
        "stop": ["END"],
        "stream": False,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": {"type": "object"}},
        },
    }


def test_what_ollama_is_sent():
    with ModelServer([Say("{}")]) as server:
        ollama(server, format="json_schema").ask(Ask(SHAPED.messages, 99, 0.5, seed=7, schema=SHAPED.schema))
        sent = server.asked[0]
    assert sent.path == "/api/chat"
    assert (sent.body["think"], sent.body["stream"], sent.body["format"]) == (False, False, {"type": "object"})
    assert sent.body["options"] == {"num_ctx": 2048, "num_predict": 99, "temperature": 0.5, "seed": 7}


def test_ollama_gets_room_for_a_long_question():
    question = Ask((Message("user", "log line\n" * 4000),), max_tokens=1000)
    with ModelServer([Say("ok", 10_000)]) as server:
        ollama(server).ask(question)
        assert server.asked[0].body["options"]["num_ctx"] >= 18_000 + 1000


def test_a_question_that_ollama_cut_off_is_no_question():
    with ModelServer([Say("ok", 2048)]) as server, pytest.raises(ModelError, match="cut the question off"):
        ollama(server).ask(QUESTION)


def test_ollama_without_think_is_asked_without_it_from_then_on():
    refused = Break(400, {"error": {"message": '"scripted" does not support thinking'}})
    with ModelServer(lambda question: refused if "think" in question.body else Say("4")) as server:
        model = ollama(server)
        assert [model.ask(QUESTION).text for _ in range(2)] == ["4", "4"]
        assert server.count == 3


def picky(question):
    """A server that knows neither schemas nor max_tokens nor seeds."""
    body = question.body
    if body.get("response_format", {}).get("type") == "json_schema":
        return refusal(400, "response_format.type must be one of text, json_object")
    if "max_tokens" in body:
        return refusal(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
    if "seed" in body:
        return refusal(400, "unknown field: seed")
    return Say("{}")


def test_what_a_server_does_not_know_is_left_out_and_remembered():
    with ModelServer(picky) as server:
        model = openai(server)
        first = model.ask(Ask(SHAPED.messages, 99, seed=1, schema=SHAPED.schema))
        assert (first.usage.requests, server.count) == (4, 4)
        model.ask(Ask(SHAPED.messages, 99, seed=1, schema=SHAPED.schema))
        assert server.count == 5
        assert server.asked[-1].body["max_completion_tokens"] == 99


def test_a_server_that_refuses_everything_is_not_asked_for_ever():
    with ModelServer([refusal(400, "response_format max_tokens temperature seed stop")]) as server:
        with pytest.raises(ModelError) as caught:
            openai(server).ask(Ask(SHAPED.messages, seed=1, stop=("x",), schema=SHAPED.schema))
        assert (caught.value.kind, server.count) == ("refused", 7)


@DIALECTS
def test_a_leading_block_of_thoughts_is_no_part_of_the_answer(dialect):
    with ModelServer([Say("<think>hm, 2 and 2\n</think>\n\n4")]) as server:
        assert dialect(server).ask(QUESTION).text == "4"


@DIALECTS
def test_the_check_finds_a_model_without_asking_it(dialect):
    with ModelServer([Say("4")]) as server:
        dialect(server).check()
        assert server.count == 0
    with ModelServer([Say("4")], models=("other",)) as server, pytest.raises(ModelError, match="has no model scripted"):
        dialect(server).check()


def ask_for_ever(model):
    for _ in range(1000):
        model.ask(QUESTION)


@DIALECTS
def test_no_question_is_sent_that_could_exceed_the_tokens(dialect):
    with ModelServer([Say("4", 100, 20)]) as server:
        model = Metered(dialect(server), max_tokens=3 * QUESTION.most)
        with pytest.raises(ModelError) as caught:
            ask_for_ever(model)
        sent = [question.body for question in server.asked]
    limits = [body.get("max_tokens") or body["options"]["num_predict"] for body in sent]
    spent = [120 * number for number in range(len(sent))]
    assert caught.value.kind == "budget"
    assert all(used + QUESTION.most + limit <= model.max_tokens for used, limit in zip(spent, limits, strict=True))
    assert model.used == Usage(len(sent), len(sent), 100 * len(sent), 20 * len(sent))
    assert model.max_tokens - 120 * len(sent) < QUESTION.most + 64


def test_the_last_answer_may_use_what_is_left_to_the_token():
    with ModelServer([Say("4", QUESTION.most, 64)]) as server:
        model = Metered(openai(server), max_tokens=QUESTION.most + 64)
        model.ask(QUESTION)
        assert server.asked[0].body["max_tokens"] == 64
        assert model.used.tokens == model.max_tokens
        with pytest.raises(ModelError):
            model.ask(QUESTION)
        assert server.count == 1


def test_one_token_less_than_needed_sends_nothing():
    with ModelServer([Say("4")]) as server:
        with pytest.raises(ModelError, match="could exceed the limit"):
            Metered(openai(server), max_tokens=QUESTION.most + 63).ask(QUESTION)
        assert server.count == 0


def test_no_question_is_sent_that_could_cost_more_than_is_left():
    price = Price(2.0, 10.0)
    with ModelServer([Say("4", 100, 20)]) as server:
        model = Metered(openai(server), max_cost=0.01, price=price)
        with pytest.raises(ModelError):
            ask_for_ever(model)
        used = 0.0
        for question in server.asked:
            assert used + price.of(QUESTION.most, question.body["max_tokens"]) <= 0.01 + 1e-12
            used += price.of(100, 20)
        assert model.used.cost == pytest.approx(used)


def test_a_limit_of_money_without_a_price_sends_nothing():
    with ModelServer([Say("4")]) as server:
        with pytest.raises(ModelError, match="nobody told what"):
            Metered(openai(server), max_cost=1.0).ask(QUESTION)
        assert server.count == 0


@pytest.mark.parametrize(("name", "counted"), [("401", 0), ("429", 0), ("truncated", 1), ("slow", 1), ("cut", 1)])
def test_an_answer_that_came_to_nothing_is_counted_where_the_server_worked_for_it(name, counted):
    with ModelServer([TROUBLES[name][0]]) as server:
        model = Metered(openai(server), max_tokens=100_000)
        with pytest.raises(ModelError):
            model.ask(QUESTION)
    assert model.used == Usage(0, 1, counted * QUESTION.most, counted * QUESTION.max_tokens)


def test_the_same_question_is_sent_once_to_each_server(tmp_path):
    memory = RunMemory(tmp_path)
    with ModelServer([Say("one")]) as first, ModelServer([Say("two")]) as second:
        for _ in range(2):
            assert Cached(openai(first), memory, first.url).ask(QUESTION).text == "one"
            assert Cached(openai(second), memory, second.url).ask(QUESTION).text == "two"
        assert (first.count, second.count) == (1, 1)
        assert Cached(openai(first), memory, first.url).ask(QUESTION).usage == Usage(1, cached=1)


def test_refusals_and_damaged_answers_are_not_kept(tmp_path):
    memory = RunMemory(tmp_path)
    with ModelServer([TROUBLES["500"][0], Say("4")]) as server:
        model = Cached(openai(server), memory, server.url)
        with pytest.raises(ModelError):
            model.ask(QUESTION)
        assert model.ask(QUESTION).text == "4"
        for path in tmp_path.iterdir():
            path.write_text("{")
        assert model.ask(QUESTION).text == "4"
        assert server.count == 3
