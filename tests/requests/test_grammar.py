import pytest
from hypothesis import given
from hypothesis import strategies as st

from dspy_ci.requests.grammar import Unclear, command
from dspy_ci.requests.request import Command

READ = {
    "/dspy": ("help",),
    "/dspy   ": ("help",),
    "/dspy fix": ("fix",),
    "/dspy\tfix": ("fix",),
    "/dspy fix\r\nthanks": ("fix",),
    "/dspy FIX": ("fix",),
    "/dspy fix tests/test_A.py::test_B[x-1]": ("fix", "tests/test_A.py::test_B[x-1]"),
    '/dspy edit "Rename Foo to Bar, don\'t touch C:\\tmp"': ("edit", "Rename Foo to Bar, don't touch C:\\tmp"),
    "/dspy edit 'say \"hi\"' now": ("edit", 'say "hi"', "now"),
    r'/dspy edit "say \"hi\" \\ \d+"': ("edit", r'say "hi" \ \d+'),
    "/dspy edit “from a phone”": ("edit", "from a phone"),
    r"/dspy fix ^test_\w+$": ("fix", r"^test_\w+$"),
    "/dspy ignore it's": ("ignore", "it's"),
    '/dspy edit ""': ("edit", ""),
    "/dspy $(id) `id` ;id |id": ("$(id)", "`id`", ";id", "|id"),
    "/dspy fix\n/dspy apply": ("fix",),
}


@pytest.mark.parametrize("body", READ, ids=range(len(READ)))
def test_the_first_line_is_read_with_its_case_and_its_quotes(body):
    verb, *arguments = READ[body]
    assert command(body) == Command(verb, tuple(arguments))


SILENT = [
    "", "fix",
    "please /dspy fix", " /dspy fix", "\t/dspy fix", "\n/dspy fix", "    /dspy fix", "> /dspy fix", ">/dspy fix",
    "```\n/dspy fix\n```", "`/dspy fix`", "~~~\n/dspy fix", "<!-- /dspy fix -->", "<!--\n/dspy fix\n-->", "/dspyfix",
    "/dspy-fix", "/dspy/fix", "/dspy.fix", "/dspy: fix", "/DSPY fix", "//dspy fix", "\\/dspy fix", "\uff0fdspy fix",
    "/d\u0455py fix", "\ufeff/dspy fix", "\u200b/dspy fix", "\u202e/dspy fix",
    "- /dspy fix", "* /dspy fix", "1. /dspy fix",
    "| /dspy fix |", "<details>\n/dspy fix\n</details>", "@dspy-ci /dspy fix", "x\r/dspy fix", "x\u2028/dspy fix",
    "x\x0b/dspy fix", "x\x85/dspy fix", "[/dspy fix](x)", "**/dspy fix**",
]  # fmt: skip


@pytest.mark.parametrize("body", SILENT, ids=range(len(SILENT)))
def test_what_stands_anywhere_else_is_no_command(body):
    assert command(body) is None


UNCLEAR = [
    "/dspy fix \u202eabc",
    "/dspy fix a\u200bb", "/dspy\u00a0fix", "/dspy fix\x00", "/dspy fix\x1b[2J", "/dspy fix \u2066x",
    "/dspy fix\u2028/dspy apply", "/dspy fix\r/dspy apply", '/dspy edit "open', "/dspy edit 'open", "/dspy edit “open",
    '/dspy edit "a"b', "/dspy fix " + "x" * 4000, "/dspy fix" + " x" * 21, "/dspy fix \U000e0041", "/dspy fix \ud800",
]  # fmt: skip


@pytest.mark.parametrize("body", UNCLEAR, ids=range(len(UNCLEAR)))
def test_what_nobody_can_see_or_close_is_refused_in_a_sentence(body):
    with pytest.raises(Unclear) as caught:
        command(body)
    assert "\n" not in str(caught.value)
    assert str(caught.value).isascii()


@given(st.text())
def test_no_text_is_a_command_unless_it_begins_like_one(text):
    for body in (text, "/dspy " + text, "/dspy" + text):
        try:
            found = command(body)
        except Unclear:
            found = Command("unclear")
        assert found is None or body.startswith("/dspy")
