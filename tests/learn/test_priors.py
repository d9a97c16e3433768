"""Learning without a model: counts, what is held out, and what `fix` makes of it."""

import json
import shutil
from dataclasses import replace

import pytest

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.failures.failure import Failure
from dspy_ci.learn.counting import Lesson, Option, counted, place, priors_of, priors_text
from dspy_ci.learn.gain import gained
from dspy_ci.learn.tracing import Step, Trail, pointed, weighed
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.suspects.priors import SHIPPED, Priors, read_priors, shape
from dspy_ci.suspects.rank import rank, weights


def lesson(name, cure, *others):
    return Lesson(name, tuple(Option(0.25, features, features == cure) for features in (*others, cure)))


SIGN, NAME = ("family:arithmetic", "change:arithmetic: x"), ("family:name", "change:name: y")


def test_what_was_the_cure_comes_sooner():
    lessons = [lesson(str(number), SIGN, NAME) for number in range(5)]
    learnt = priors_of(counted(lessons))
    assert [place(one, SHIPPED) for one in lessons] == [2] * 5
    assert [place(one, learnt) for one in lessons] == [1] * 5


def test_a_single_case_moves_little_and_nothing_moves_without_bounds():
    few, many = (counted([lesson(str(i), SIGN, NAME) for i in range(size)]) for size in (1, 400))
    assert 1 < few["family:arithmetic"].factor < many["family:arithmetic"].factor <= 20
    assert priors_of(many).weight((*SIGN, *NAME)) >= 0.05


def test_nothing_weighs_more_than_the_most():
    priors = Priors({"file:a": 2.0, "family:x": 3.0, "family:y": 0.1, "exact:x": 1.5})
    assert priors.most == 9.0
    assert priors.weight(("file:a", "family:x", "exact:x")) == 9.0
    assert (SHIPPED.most, Priors({"family:y": 0.1}).most, Priors({"file:a": 20.0, "exact:b": 20.0}).most) == (1, 1, 20)


def test_the_file_reads_back_as_what_was_counted():
    counts = counted([lesson("one", SIGN, NAME)])
    text = priors_text(counts, cases=1, dataset="d", suggestions={"accepted": 1, "dismissed": 0})
    assert read_priors(text) == priors_of(counts)
    assert json.loads(text)["factors"]["family:name"]["mended"] == 0.0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "no JSON"),
        ("[]", "not of the form"),
        ('{"schema": "dspy-ci/priors/2", "factors": {}}', "not of the form"),
        ('{"schema": "dspy-ci/priors/1", "factors": {}, "run": "rm"}', "which nobody knows"),
        ('{"schema": "dspy-ci/priors/1", "factors": []}', "no table"),
        ('{"schema": "dspy-ci/priors/1", "factors": {"family:x": 2}}', "is no factor"),
        ('{"schema": "dspy-ci/priors/1", "factors": {"family:x": {"factor": true}}}', "is no factor"),
        ('{"schema": "dspy-ci/priors/1", "factors": {"other:x": {"factor": 1}}}', "is no factor"),
        ('{"schema": "dspy-ci/priors/1", "factors": {"family:x": {"factor": 1e9}}}', "out of bounds"),
        ('{"schema": "dspy-ci/priors/1", "factors": {"family:x": {"factor": NaN}}}', "out of bounds"),
        (" " * 1_000_001, "too large"),
    ],
)
def test_anything_but_our_own_file_is_refused_with_a_sentence(text, says):
    with pytest.raises(ValueError, match=says):
        read_priors(text)


def test_habits_of_one_kind_read_the_same():
    assert shape("uses `total + 1` instead of `total`") == shape("uses `left + 1` instead of `left`")
    assert shape("compares with `<` instead of `<=`") != shape("compares with `<=` instead of `<`")


def test_a_gain_comes_with_what_chance_could_have_made_of_it():
    saved = gained([10, 20, 30, 40], [5, 10, 15, 20])
    assert (saved.change, saved.low, saved.high, saved.sure) == (-0.5, -0.5, -0.5, 1.0)
    unsure = gained([10, 10], [2, 18])
    assert unsure.change == 0.0
    assert unsure.low < 0 < unsure.high
    assert gained([0.2, 0.4], [0.9, 0.7], less=False).change == pytest.approx(0.5)
    assert gained([], []).cases == 0
    assert gained([30], [1]).sure == 0.5


@pytest.fixture
def cases(texts, tmp_path):
    """The mined cases alone, as if nothing had been learnt of them yet."""
    (tmp_path / "data").mkdir()
    shutil.copy(texts / ".dspy_data" / "cases.jsonl", tmp_path / "data")
    return tmp_path / "data"


@pytest.mark.slow
def test_what_was_learnt_is_examined_and_promoted_only_if_it_is_better(texts, cases, dspy_ci):
    def train(step, *words):
        return dspy_ci("train", step, "--data", cases, *words, cwd=texts)

    assert train("promote").returncode == 2  # nothing was learnt yet
    learnt = train("run", "--format", "json")
    assert learnt.returncode == 0, learnt.stderr
    assert set(json.loads(learnt.stdout)["evidence"]) == {"factors", "strength", "cases", "before", "after"}
    assert train("promote").returncode == 2  # nobody has examined it
    report = json.loads(train("report", "--format", "json").stdout)
    assert report["heldout"]["cases"] == 2
    assert report["suspects"]["cases"] == 2
    assert report["suspects"]["before"] >= 1 <= report["suspects"]["after"]
    assert report["verified"][1] >= report["verified"][0]
    assert train("promote").returncode == (0 if report["better"] else 1)
    worse = {"cases": 5, "before": 2.0, "after": 3.0, "change": 0.5, "low": 0.1, "high": 0.9, "sure": 0.0}
    (cases / "reports" / "priors.json").write_text(json.dumps({**report, "better": False, "heldout": worse}))
    place = texts / ".dspy-ci" / "priors.json"
    place.unlink(missing_ok=True)
    refused = train("promote")
    assert refused.returncode == 1
    assert "Not promoted: nothing was gained" in refused.stdout
    assert not place.exists()


@pytest.mark.slow
def test_fix_picks_up_what_was_promoted_and_says_when_it_cannot(repository, write, dspy_ci):
    test = "from m import low\n\n\ndef test_low():\n    assert low(' A ') == 'a'\n"
    root = repository({"m.py": "def low(text):\n    return text.strip().upper()\n", "test_m.py": test})
    key = "exact:callee: calls `lower` instead of `upper`"
    factors = {key: {"factor": 20, "mended": 9, "expected": 0.1}, "family:callee": {"factor": 20}}
    write(root, {".dspy-ci/priors.json": json.dumps({"schema": "dspy-ci/priors/1", "factors": factors})})
    said = dspy_ci("fix", "--budget", "20s", cwd=root)
    assert "in the order that was learnt here" in said.stderr
    assert ".lower()" in said.stdout
    write(root, {".dspy-ci/priors.json": "{}"})
    said = dspy_ci("fix", "--budget", "20s", cwd=root)
    assert said.returncode == 0
    assert "what was learnt is not used: .dspy-ci/priors.json: the file is not of the form" in said.stderr


def steps(*clues, guilty):
    return tuple(Step(1.0, clue, number == guilty) for number, clue in enumerate(clues))


NAMES = {"lexical": 1.0, "spectrum": 0.5}
RUNS = {"spectrum": 1.0}


def test_a_kind_of_evidence_that_points_at_what_was_at_fault_weighs_more():
    trails = [Trail(str(number), steps(RUNS, NAMES, RUNS, guilty=1)) for number in range(6)]
    counts = pointed(trails)
    assert counts["evidence:lexical"].factor > 1 > counts["evidence:spectrum"].factor
    assert counts["evidence:lexical"].mended == 6.0
    learnt = weighed(trails, trails)
    assert learnt.after < learnt.before
    priors = priors_of(learnt.counts)
    assert weights(priors)["lexical"] > weights(SHIPPED)["lexical"] == 0.2
    assert weights(priors)["frames"] == weights(SHIPPED)["frames"]


def test_evidence_is_believed_no_more_than_the_validation_cases_advise_and_within_bounds():
    for_it = [Trail(str(number), steps(RUNS, NAMES, guilty=1)) for number in range(400)]
    against = [Trail("x", steps(RUNS, NAMES, guilty=0))]
    assert weighed(for_it, against).counts == {}
    assert weighed(for_it, against).after == weighed(for_it, against).before
    assert all(1 / 4 <= count.factor <= 4 for count in pointed(for_it).values())
    assert pointed([]) == {}


def test_factors_of_evidence_touch_no_candidate_and_keep_closer_bounds():
    priors = Priors({"evidence:frames": 4.0, "family:x": 2.0})
    assert (priors.most, priors.weight(("family:x",)), priors.trust("frames"), priors.trust("recent")) == (2, 2, 4, 1)
    with pytest.raises(ValueError, match="out of bounds"):
        read_priors('{"schema": "dspy-ci/priors/1", "factors": {"evidence:frames": {"factor": 5}}}')


def test_learnt_weights_change_the_order_of_suspects_and_shipped_ones_do_not():
    code = "def alpha(x):\n    return x + 1\n\n\ndef beta(x):\n    return x - 1\n"
    lines = {"t.py::test_beta": {"m.py": frozenset({2, 6})}, "t.py::test_other": {"m.py": frozenset({6})}}
    evidence = Evidence(
        Snapshot.of({"m.py": code}),
        (Failure("pytest", "test", "beta is wrong", test_id="t.py::test_beta"),),
        lines=lines,
        red=frozenset({"t.py::test_beta"}),
        green=frozenset({"t.py::test_other"}),
    )
    shipped = rank(evidence)
    assert shipped == rank(replace(evidence, priors=Priors({"family:x": 3.0})))
    assert shipped[0].start == 2
    learnt = rank(replace(evidence, priors=Priors({"evidence:lexical": 4.0, "evidence:spectrum": 0.25})))
    assert learnt[0].start == 6
