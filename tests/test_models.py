import pytest

from dspy_ci import settings
from dspy_ci.errors import UsageError
from dspy_ci.models import choice, price


def chosen(environment, *, needed=False, **options):
    return choice(settings.Settings(**options), environment, needed=needed)


def facts(found):
    return (found.dialect, found.model, found.url)


OPENAI = "https://api.openai.com/v1"
OLLAMA = "http://127.0.0.1:11434"


@pytest.mark.parametrize(
    ("environment", "options", "expected"),
    [
        ({"OPENAI_API_KEY": "k", "MODEL_NAME": "m"}, {}, ("openai", "m", OPENAI)),
        ({"OPENAI_API_KEY": "k"}, {"model": "gpt-x"}, ("openai", "gpt-x", OPENAI)),
        ({"OPENAI_API_KEY": "k"}, {"model": "openai/gpt-x"}, ("openai", "gpt-x", OPENAI)),
        ({"OPENAI_BASE_URL": "http://h:1/v1/"}, {}, ("openai", "gpt-4o-mini", "http://h:1/v1")),
        ({"OPENAI_BASE_URL": "http://h:1/v1"}, {"model": "Qwen/Qwen3"}, ("openai", "Qwen/Qwen3", "http://h:1/v1")),
        ({}, {"model": "anthropic/claude"}, ("dspy", "anthropic/claude", "")),
        ({}, {"model": "ollama/q:1b"}, ("ollama", "q:1b", OLLAMA)),
        ({}, {"model": "ollama_chat/q:1b"}, ("ollama", "q:1b", OLLAMA)),
        ({}, {"model": "q:1b", "ollama": True}, ("ollama", "q:1b", OLLAMA)),
        ({"USE_OLLAMA": "true", "OLLAMA_MODEL": "q"}, {}, ("ollama", "q", OLLAMA)),
        ({"USE_OLLAMA": "true", "MODEL_NAME": "q"}, {}, ("ollama", "q", OLLAMA)),
        ({"USE_OLLAMA": "1", "OLLAMA_MODEL": "q"}, {"model": "other"}, ("ollama", "other", OLLAMA)),
        ({"USE_OLLAMA": "1", "OPENAI_BASE_URL": "http://h:9/v1"}, {"model": "q"}, ("ollama", "q", "http://h:9")),
        ({"OLLAMA_HOST": "0.0.0.0"}, {"model": "ollama/q"}, ("ollama", "q", OLLAMA)),
        ({"OLLAMA_HOST": "box:77"}, {"model": "ollama/q"}, ("ollama", "q", "http://box:77")),
    ],
)
def test_which_model_is_meant(environment, options, expected):
    assert facts(chosen(environment, **options)) == expected


@pytest.mark.parametrize(
    ("environment", "options", "word"),
    [
        ({}, {}, "no model is set"),
        ({"OPENAI_API_KEY": "k"}, {}, "no model is set"),
        ({}, {"model": "gpt-x"}, "needs a key"),
        ({"OPENAI_API_KEY": "k", "MODEL_NAME": "m", "LOCAL_MODE": "true"}, {}, "offline"),
        ({"OPENAI_API_KEY": "k"}, {"model": "m", "offline": True}, "offline"),
        ({"USE_OLLAMA": "true"}, {}, "no model of Ollama"),
    ],
)
def test_without_a_model_there_is_a_reason(environment, options, word):
    assert word in chosen(environment, **options)


def test_a_key_alone_is_enough_for_a_verb_that_is_nothing_without_a_model():
    assert facts(chosen({"OPENAI_API_KEY": "k"}, needed=True)) == ("openai", "gpt-4o-mini", OPENAI)


@pytest.mark.parametrize("url", ["nonsense", "ftp://x/v1", "http://", "http://h:99999", "file:///etc/passwd"])
def test_what_is_no_address_gets_a_sentence(url):
    with pytest.raises(UsageError, match="no address"):
        chosen({"OPENAI_BASE_URL": url, "MODEL_NAME": "m"})


@pytest.mark.parametrize(
    ("environment", "options", "expected"),
    [
        ({}, {"model": "ollama/q"}, "json_object"),
        ({}, {"model": "ollama/q", "json": "schema"}, "json_schema"),
        ({"DSPY_FORCE_JSON_OBJECT": "false"}, {"model": "ollama/q"}, "json_schema"),
        ({"OPENAI_BASE_URL": "http://h/v1"}, {"model": "m"}, "json_schema"),
        ({"OPENAI_BASE_URL": "http://h/v1", "DSPY_FORCE_JSON_OBJECT": "true"}, {"model": "m"}, "json_object"),
        ({"OPENAI_BASE_URL": "http://h/v1"}, {"model": "m", "json": "object"}, "json_object"),
    ],
)
def test_how_json_is_asked_for(environment, options, expected):
    assert chosen(environment, **options).format == expected


def test_nothing_shows_the_key():
    found = chosen({"OPENAI_API_KEY": "sk-secret", "OPENAI_BASE_URL": "http://h/v1"})
    assert "sk-secret" not in f"{found!r} {found.shown}"


@pytest.mark.parametrize(("text", "value"), [("0.15/0.60", (0.15, 0.6)), ("2", (2.0, 2.0)), (None, None)])
def test_prices(text, value):
    assert price(text) == value


@pytest.mark.parametrize("text", ["", "-1", "a/b", "nan", "1/inf"])
def test_what_is_no_price(text):
    with pytest.raises(UsageError, match="no price"):
        price(text)


def test_numbers_of_models_are_read_from_the_environment(tmp_path):
    found = settings.load(tmp_path, {"DSPY_CI_MAX_COST": "0.5", "DSPY_CI_MAX_TOKENS": "9000", "DSPY_CI_OFFLINE": "yes"})
    assert (found.max_cost, found.max_tokens, found.offline) == (0.5, 9000, True)


@pytest.mark.parametrize(("name", "value"), [("MAX_COST", "much"), ("MAX_TOKENS", "-1"), ("MAX_COST", "nan")])
def test_wrong_numbers_get_a_sentence(tmp_path, name, value):
    with pytest.raises(UsageError, match="not a"):
        settings.load(tmp_path, {f"DSPY_CI_{name}": value})
