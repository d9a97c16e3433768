from __future__ import annotations

from dspy_ci.logs.envelopes import pages_of
from dspy_ci.logs.extract import extract
from dspy_ci.logs.keeping import MOST, Keeper
from dspy_ci.logs.tokens import tokens


def kept(log):
    keeper = Keeper()
    for _ in keeper.watch(pages_of(log)):
        pass
    return keeper


def reduced(log, budget, **options):
    keeper = kept(log)
    return extract(keeper.lines(), total=keeper.total, budget=budget, **options)


NOISE = "".join(f"Downloading package-{i}.whl (12 kB)\n" for i in range(3000))


def test_the_budget_is_kept():
    found = reduced(NOISE + "error: it broke\n" + NOISE, 200)
    assert found.tokens <= 200
    assert tokens(found.text) == found.tokens


def test_the_error_in_the_middle_is_found():
    found = reduced(NOISE + "fatal error: libpq-fe.h: No such file\n" + NOISE, 300)
    assert "libpq-fe.h" in found.text
    assert "[lines 29" in found.text


def test_what_was_left_out_is_counted():
    found = reduced(NOISE, 100)
    assert found.shown + found.left_out == found.total == 3000


def test_a_short_log_is_shown_whole():
    found = reduced("one\ntwo\nthree\n", 500)
    assert found.text == "[lines 1-3]\none\ntwo\nthree"


def test_steps_that_did_not_fail_are_left_out():
    log = (
        "##[group]Run health\nshell: bash\n##[endgroup]\nERROR: ignored\n"
        "##[group]Run pytest\nshell: bash\n##[endgroup]\nerror: the cause\n"
    )
    found = reduced(log, 500, failing={(None, "Run pytest")})
    assert "the cause" in found.text
    assert "ignored" not in found.text


def test_lines_that_say_the_same_again_and_again_do_not_fill_the_budget():
    log = "".join(f"ERROR: retry {i} of the same thing failed\n" for i in range(500)) + "TypeError: the other thing\n"
    assert "the other thing" in reduced(log + NOISE, 250).text


def test_what_is_kept_is_bounded():
    log = "".join(f"error {chr(97 + i % 26) * (i % 50)} {i}\n" for i in range(3 * MOST))
    assert len(kept(log).lines()) <= MOST + 300


def test_secrets_are_cleaned_before_anything_is_shown():
    found = reduced("error: s3cret\n", 100, clean=lambda text: text.replace("s3cret", "***"))
    assert "s3cret" not in found.text
