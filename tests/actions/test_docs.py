"""The page and the README say what the files say."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "docs"))

import pull_request  # noqa: E402 - the scripts of the docs are no package
import snippets  # noqa: E402 - the same


@pytest.mark.parametrize("page", snippets.PAGES, ids=lambda page: page.name)
def test_whatever_repeats_a_file_is_as_the_file_has_it(page):
    text = page.read_text()
    assert snippets.current(text) == text, "run `python docs/snippets.py`"


@pytest.mark.parametrize("page", snippets.PAGES, ids=lambda page: page.name)
def test_every_yaml_and_every_table_of_inputs_is_taken_from_a_file(page):
    text = page.read_text()
    assert text.count("```yaml") == len(snippets.FROM.findall(text)) >= 1
    assert (page.name == "README.md") == (not snippets.TABLE.findall(text))


@pytest.mark.parametrize("page", snippets.PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_points_to_is_there(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_pages_say_that_no_hosted_runner_was_used():
    for page in snippets.PAGES:
        assert re.search(r"ever run on a hosted runner", " ".join(page.read_text().split())), page.name


def test_the_picture_shows_a_verdict_a_cause_a_patch_and_its_proof():
    drawn = (ROOT / "docs" / "pull-request.svg").read_text()
    for word in ("Mended", "Suggested change", "root cause", "Verified patch", "Proof", "sandbox tier"):
        assert word in drawn, word
    assert not re.search(r"/(?:root|home|tmp)/", drawn)


def test_markdown_becomes_rows_and_foreign_text_stays_text():
    rows = list(
        pull_request.rows(
            "<!-- mark -->\n### A `b`\n\n```diff\n-x\n+<y>\n```\n<details><summary>More</summary>\nhidden\n</details>"
        )
    )
    assert [(row.text, row.kind) for row in rows if row.kind != "gap"] == [
        ("A `b`", "head"), ("-x", "minus"), ("+<y>", "plus"), ("\N{BLACK RIGHT-POINTING TRIANGLE} More", "faint"),
    ]  # fmt: skip
    assert "&lt;y&gt;" in pull_request.drawn([("here", rows)])
