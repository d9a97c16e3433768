"""`cargo test`: `test tests::it_works ... ok`, target by target."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dspy_ci.ports.sandbox import Status

_WORDS: dict[str, Status] = {"ok": "passed", "FAILED": "failed", "ignored": "skipped"}
_TEST = re.compile(r"test (?P<test>\S.*?)(?: - should panic)? \.\.\. (?P<word>ok|FAILED|ignored)(?:, .*)?")
_TARGET = re.compile(r" +Running (?:unittests )?(?P<target>\S+) \(.*\)")
_DOCS = re.compile(r" +Doc-tests (?P<target>\S+)")


def read(lines: Sequence[str]) -> Iterator[tuple[str, Status]]:
    """By the source of the target and the path of the test; line numbers of documentation tests are left out."""
    target = ""
    for line in lines:
        if match := _TARGET.fullmatch(line) or _DOCS.fullmatch(line):
            target = f"{match['target']}::"
        elif match := _TEST.fullmatch(line):
            yield target + re.sub(r" \(line \d+\)", "", match["test"]), _WORDS[match["word"]]
