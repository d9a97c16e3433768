import pytest

from dspy_ci import settings
from dspy_ci.errors import UsageError


def write(tmp_path, body):
    (tmp_path / "pyproject.toml").write_text(f"[tool.dspy-ci]\n{body}\n")
    return tmp_path


def test_without_a_file_the_defaults_stand(tmp_path):
    assert settings.load(tmp_path, {}) == settings.Settings()


def test_the_file_is_read_in_kebab_case(tmp_path):
    loaded = settings.load(write(tmp_path, 'test-cmd = "pytest -q"\nbudget = "2m"\nmax-patches = 5'), {})
    assert (loaded.test_cmd, loaded.budget, loaded.max_patches) == ("pytest -q", 120.0, 5)


def test_the_environment_wins_over_the_file_and_options_over_both(tmp_path):
    root = write(tmp_path, 'budget = "10s"\nsandbox = "E"')
    loaded = settings.load(root, {"DSPY_CI_BUDGET": "20", "DSPY_CI_SANDBOX": "B"}, budget=30.0, sandbox=None)
    assert (loaded.budget, loaded.sandbox) == (30.0, "B")


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ('bugdet = "1m"', "did you mean 'budget'"),
        ('zzz = "1m"', "the settings are"),
        ('budget = "soon"', "no duration"),
        ("max-patches = 'many'", "not a whole number"),
        ("test-cmd = 3", "not text"),
        ("x = [", "no valid TOML"),
    ],
)
def test_a_wrong_setting_gets_a_sentence(tmp_path, body, word):
    with pytest.raises(UsageError) as caught:
        settings.load(write(tmp_path, body), {})
    assert word in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(("text", "value"), [("90", 90), ("60s", 60), ("1.5m", 90), ("1h", 3600), (" 5 s ", 5)])
def test_durations(text, value):
    assert settings.seconds(text) == value


@pytest.mark.parametrize("text", ["", "0", "-1s", "s", "1d", "1m30s"])
def test_what_is_no_duration(text):
    with pytest.raises(UsageError):
        settings.seconds(text)
