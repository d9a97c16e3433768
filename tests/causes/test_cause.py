from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dspy_ci.causes.cause import Tally, cause
from dspy_ci.causes.chances import above, rate

COUNTS = st.integers(0, 60).flatmap(lambda runs: st.tuples(st.just(runs), st.integers(0, runs)))


def simulated(head, base, *, seed, outside=None, runs=40):
    """The label of a failure that happens with these probabilities, and what it cost."""
    dice, one, two = Random(seed), Tally(), Tally()
    for number in range(1, runs + 1):
        one, two = one.plus(same=dice.random() < head), two.plus(same=dice.random() < base)
        found = cause(one, two, outside=outside, last=number == runs)
        if found:
            return found, number
    raise AssertionError("the last run decides")


@given(COUNTS, COUNTS, st.booleans())
def test_a_failure_that_the_base_never_showed_is_never_called_flaky_nor_old(head, base, last):
    found = cause(Tally(*head), Tally(base[0]), last=last)
    assert found is None or found.label in {"change", "unreproduced"}


@given(COUNTS, COUNTS, st.sampled_from([None, "no network"]))
def test_the_last_run_always_decides(head, base, outside):
    assert cause(Tally(*head), Tally(*base), outside=outside, last=True)


@pytest.mark.parametrize(
    ("head", "base", "label", "most"), [(1, 0, "change", 6), (1, 1, "pre-existing", 16), (0.5, 0.5, "flaky", 40)]
)
def test_clear_cases_end_early(head, base, label, most):
    found, cost = simulated(head, base, seed=5)
    assert found.label == label
    assert cost <= most


def test_what_the_machine_lacks_on_both_sides_is_the_machines_fault():
    assert simulated(1, 1, seed=1, outside="no network")[0].label == "environment"
    assert simulated(1, 0, seed=1, outside="no network")[0].label == "change"


def test_a_flaky_test_that_the_change_made_worse_is_blamed_on_the_change():
    assert all(simulated(1, 0.1, seed=seed)[0].label == "change" for seed in range(50))


def test_the_probability_of_a_flaky_test_lies_in_its_interval_about_as_often_as_promised():
    rates = [simulated(0.4, 0.4, seed=seed)[0].rate for seed in range(200)]
    assert sum(one.low <= 0.4 <= one.high for one in rates) > 170


def test_one_failure_that_never_comes_back_is_not_explained_away():
    assert simulated(0, 0, seed=1)[0].label == "unreproduced"


@given(COUNTS)
def test_a_rate_lies_within_its_interval(counts):
    found = rate(counts[1], counts[0])
    assert 0 <= found.low <= found.estimate <= found.high <= 1


def test_the_chance_that_one_side_fails_more_often_is_that_of_the_hypergeometric_distribution():
    assert above(5, 5, 0, 5) == 1 / 252
    assert above(0, 5, 3, 5) == 1
    assert above(3, 4, 1, 4) == pytest.approx(17 / 70)
