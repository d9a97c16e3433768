import pytest

from dspy_ci.adapters.sandbox import choice
from dspy_ci.adapters.sandbox.demand import demanded, in_ci
from dspy_ci.adapters.sandbox.preflight import Trial
from dspy_ci.errors import IsolationError

NOTHING_HOLDS = (
    Trial("A", works=False, problem="Operation not permitted"),
    Trial("B", works=False, leaks=("read_secret",)),
    Trial("E", works=True),
)
ALL_HOLD = tuple(Trial(tier, works=True) for tier in ("A", "B", "E"))


@pytest.mark.parametrize("environment", [{"CI": "true"}, {"CI": "1"}, {"GITHUB_ACTIONS": "true"}, {"TF_BUILD": "True"}])
def test_ci_is_known_by_its_variables(environment):
    assert in_ci(environment)


@pytest.mark.parametrize("environment", [{}, {"CI": ""}, {"CI": "false"}, {"CI": "0"}])
def test_a_laptop_is_no_ci(environment):
    assert not in_ci(environment)


@pytest.mark.parametrize("origin", ["model", "log", "pull request"])
def test_what_is_foreign_is_isolated_in_ci_unless_that_is_waived(origin):
    assert demanded({"CI": "true"}, origin)
    assert not demanded({"CI": "true"}, origin, allowed=True)
    assert not demanded({}, origin)


def test_a_patch_in_a_file_is_isolated_everywhere_and_own_code_nowhere():
    assert demanded({}, "file")
    assert not demanded({"CI": "true"}, "own")


def test_the_refusal_names_every_tier_and_a_command_that_would_raise_it(monkeypatch, tmp_path):
    monkeypatch.setattr(choice, "trials", lambda: NOTHING_HOLDS)
    with pytest.raises(IsolationError) as caught:
        choice.chosen(str(tmp_path), isolated=True)
    assert caught.value.exit_code == 4
    assert "A: Operation not permitted; B: leaks read_secret" in str(caught.value)
    assert "landlock" in caught.value.hint
    assert "--allow-unsandboxed" in caught.value.hint
    assert choice.chosen(str(tmp_path)).tier == "E"


def test_asking_for_no_isolation_is_refused_where_isolation_is_demanded(monkeypatch, tmp_path):
    monkeypatch.setattr(choice, "trials", lambda: ALL_HOLD)
    with pytest.raises(IsolationError, match="tier E isolates nothing"):
        choice.chosen(str(tmp_path), "E", isolated=True)
    assert choice.chosen(str(tmp_path), "auto", isolated=True).tier == "A"
    assert choice.chosen(str(tmp_path), "b", isolated=True).tier == "B"
