from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dspy_ci.causes.ddmin import ddmin
from dspy_ci.causes.narrowing import SpentError, narrowed


class Oracle:
    """Red when every guilty part is there; unresolved when a part is there without one that it needs."""

    def __init__(self, guilty, needs=None, limit=10_000):
        self.guilty, self.needs, self.limit = frozenset(guilty), needs or {}, limit
        self.asked = []

    def __call__(self, selections):
        self.asked += selections
        if len(self.asked) > self.limit:
            raise SpentError
        return [self.reply(one) for one in selections]

    def reply(self, parts):
        if any(set(self.needs.get(part, ())) - parts for part in parts):
            return "unresolved"
        return "red" if self.guilty <= parts else "green"


def even(count):
    return dict.fromkeys(range(count), 1.0)


@given(st.data())
def test_whatever_is_guilty_is_found_exactly(data):
    count = data.draw(st.integers(1, 40))
    guilty = data.draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=5))
    weights = {part: data.draw(st.floats(0.01, 1)) for part in range(count)}
    oracle = Oracle(guilty)
    found = narrowed(weights, {}, oracle, width=data.draw(st.integers(1, 4)))
    assert found.minimal
    assert found.parts == guilty == set(ddmin(range(count), lambda some: guilty <= set(some)))


@given(st.data())
def test_what_a_guilty_part_cannot_be_built_without_belongs_to_the_answer(data):
    count = data.draw(st.integers(2, 30))
    needs = {part: data.draw(st.sets(st.integers(0, part - 1), max_size=2)) for part in range(1, count)}
    oracle = Oracle(data.draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=3)), needs)
    found = narrowed(even(count), needs, oracle)
    assert oracle.reply(found.parts) == "red"
    assert all(oracle.reply(found.parts - {part}) != "red" for part in found.parts)


@given(st.data())
def test_needs_that_nobody_told_still_give_a_red_answer_of_which_nothing_can_be_left_out(data):
    count = data.draw(st.integers(2, 16))
    needs = {part: data.draw(st.sets(st.integers(0, count - 1), max_size=1)) for part in range(count)}
    oracle = Oracle(data.draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=2)), needs)
    found = narrowed(even(count), {}, oracle)
    assert oracle.reply(found.parts) == "red"


@given(st.integers(2, 64), st.data())
def test_one_guilty_part_costs_a_binary_search_and_one_question_more(count, data):
    oracle = Oracle({data.draw(st.integers(0, count - 1))})
    narrowed(even(count), {}, oracle)
    assert len(oracle.asked) <= ceil(log2(count)) + 2


def test_a_strong_suspicion_that_is_right_costs_one_question():
    oracle = Oracle({3})
    assert narrowed({**even(40), 3: 100.0}, {}, oracle).parts == {3}
    assert len(oracle.asked) == 1


def test_a_wrong_guess_of_a_need_is_taken_back():
    assert narrowed(even(9), {4: (2, 3)}, Oracle({4})).parts == {4}


@pytest.mark.parametrize("limit", [0, 1, 3, 6])
def test_when_the_budget_ends_the_answer_is_the_smallest_red_selection_so_far(limit):
    oracle = Oracle({2, 30}, limit=limit)
    found = narrowed(even(40), {}, oracle)
    assert not found.minimal
    assert oracle.reply(found.parts) == "red"


def test_no_question_is_asked_twice():
    oracle = Oracle({1, 17, 33}, {33: {1, 2, 3}, 17: {33}})
    narrowed(even(40), {33: {1, 2, 3}}, oracle)
    assert len(set(oracle.asked)) == len(oracle.asked)
