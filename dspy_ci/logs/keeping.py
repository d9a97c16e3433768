"""What is kept of a log that streams by: lines that may matter, with a weight, never the whole log."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from dspy_ci.logs.page import Page
from dspy_ci.logs.redaction import masked_values

MOST = 40_000
"""Lines kept at most; the lightest half goes when they become more."""
TAIL = 300
"""How many lines of the end of each step are kept whatever they say."""
_RECENT = 6_000_000
"""Characters of the newest pages that are at hand when a failure is found in them."""
_BEFORE, _AFTER = 4, 6

_SIGNS = {
    "##[error]": 100, "traceback": 60, "error": 45, "fail": 45, "fatal": 50, "exception": 40, "panic": 50,
    "assert": 40, "denied": 50, "not found": 45, "no such": 45, "timed out": 50, "timeout": 35, "killed": 45,
    "refused": 45, "cannot": 40, "could not": 40, "unable to": 40, "undefined": 35, "unexpected": 35,
    "conflict": 40, "exit code": 40, "exited with": 40, "expected": 35, "received": 20, "mismatch": 40,
    "missing": 35, "invalid": 35, "unresolved": 40, "out of memory": 60, "no space left": 60, "rate limit": 50,
    "forbidden": 50, "unauthorized": 50, "not ok": 40, "segmentation": 60, "cancel": 30, "deprecat": 10,
    "\u2715": 45, "\u2717": 45, "\u2716": 45, "\u25cf": 40, "\u276f": 30, "\u00d7": 40,
}  # fmt: skip
"""Words in lower case that make a line worth keeping, and how much."""
_PLAIN_SIGNS = {
    sign: _SIGNS[sign] for sign in ("##[error]", "error", "fail", "fatal", "traceback", "panic", "denied", "killed")
}
_RICH = 16_000_000
"""Characters that are searched for all signs; beyond, and before the tails, the plainest must do."""
_NOISE = re.compile(
    r".*(?:PASSED|\bok\b|Downloading|Requirement already|0 errors?\b|0 failures?\b|0 failed|no errors|without errors"
    r"|if-no-files-found|error_prone|\berrors?=0|continue-on-error|npm warn deprecated)"
)
_RARE = 2
"""How often the first word of a line may come and still be rare."""
_LETTERS = re.compile(r"[^\W\d_]+")
_NUMBERS = re.compile(r"\d+|0x[0-9a-f]+")


_TELLING = re.compile(
    r"E\s|>\s|FAILED |ERROR |FAIL|\s*-->|\S+:\d+(?::|$)|.{0,200}?(?:[Ee]rror|ERROR|[Ee]xception|[Ee]xpected"
    r"|[Rr]eceived|assert|[Cc]annot|not found|denied|panicked|undefined|[Ff]ailed)"
)
_REACH = 40
"""Lines from either end of a failure that are looked at."""


class Kept(NamedTuple):
    """A line and how much it seems to matter."""

    number: int
    text: str
    step: str | None
    job: str | None
    weight: float


class Keeper:
    """Watches pages pass and keeps what may matter."""

    def __init__(self) -> None:
        self._kept: dict[int, Kept] = {}
        self._recent: deque[Page] = deque()
        self._size = self._read = 0
        self._alike: Counter[str] = Counter()
        self._heads: Counter[str] = Counter()
        self._first: dict[str, tuple[Page, int]] = {}
        self._tails: dict[tuple[str | None, str | None], deque[tuple[int, str]]] = {}
        self.masked: set[str] = set()
        """Values that the log asked to hide."""
        self.total = self.documents = 0
        """Lines seen, and whole reports read elsewhere."""

    def watch(self, pages: Iterable[Page]) -> Iterator[Page]:
        """The same pages, looked at as they pass."""
        for page in pages:
            self._look(page)
            yield page

    def want(self, span: tuple[int, int], weight: float) -> None:
        """Keep the lines of a span that has just passed; of a long one head and tail."""
        first, last = span
        for page in self._recent:
            end = page.first + len(page.texts) - 1
            for number in range(max(first, page.first), min(last, end) + 1):
                index, distance = number - page.first, min(number - first, last - number)
                if distance < _REACH:
                    self._keep(page, index, _in_span(page.texts[index], weight, distance))

    def raise_to(self, span: tuple[int, int], weight: float) -> None:
        """Let the kept lines of a span weigh more: the telling ones this much, the others less and less."""
        for number in range(span[0], span[1] + 1):
            known, distance = self._kept.get(number), min(number - span[0], span[1] - number)
            if known and known.text.strip():
                heavier = max(known.weight, _in_span(known.text, weight, distance))
                self._kept[number] = known._replace(weight=heavier)

    def lines(self) -> list[Kept]:
        """What was kept, in the order of the log."""
        self._keep_rare()
        for (job, step), tail in self._tails.items():
            signs = _signs_in("\n".join(text for _, text in tail), _SIGNS)
            for distance, (number, text) in enumerate(reversed(tail)):
                weight = max(18 - distance * 0.1, 1) + 0.5 * signs.get(len(tail) - 1 - distance, 0)
                known = self._kept.get(number)
                if known is None or known.weight < weight:
                    self._kept[number] = Kept(number, text, step, job, weight)
        return [self._kept[number] for number in sorted(self._kept)]

    def _look(self, page: Page) -> None:
        self.total += len(page.texts)
        whole = "\n".join(page.texts)
        if "::add-mask::" in whole:
            self.masked.update(masked_values(whole))
        self._remember(page, len(whole))
        if page.stream == "meta":
            self._keep(page, 0, 30)
            return
        self._tail(page)
        rich = self._read < _RICH
        for index, weight in _signs_in(whole, _SIGNS if rich else _PLAIN_SIGNS).items():
            self._sign(page, index, weight)
        if rich:
            self._note_heads(page)
        self._read += len(whole)

    def _remember(self, page: Page, size: int) -> None:
        self._recent.append(page)
        self._size += size
        while self._size > _RECENT and len(self._recent) > 1:
            gone = self._recent.popleft()
            self._size -= sum(map(len, gone.texts)) + len(gone.texts) - 1

    def _tail(self, page: Page) -> None:
        tail = self._tails.setdefault((page.job, page.step), deque(maxlen=TAIL))
        start = max(len(page.texts) - TAIL, 0)
        tail.extend(enumerate(page.texts[start:], page.first + start))

    def _note_heads(self, page: Page) -> None:
        """Count how lines begin: in a log that repeats itself, what is said once may matter."""
        for index, text in enumerate(page.texts):
            head = text.split(None, 1)[:1]
            if head:
                key = head[0] if head[0].isalpha() else _LETTERS.sub("a", _NUMBERS.sub("#", head[0]))
                self._heads[key] += 1
                if self._heads[key] == 1:
                    self._first[key] = (page, index)

    def _keep_rare(self) -> None:
        for key, (page, index) in self._first.items():
            if self._heads[key] <= _RARE:
                for near in range(index, min(index + 5, len(page.texts))):
                    self._keep(page, near, 26 - 3 * (near - index))

    def _sign(self, page: Page, index: int, weight: float) -> None:
        text = page.texts[index]
        key = _NUMBERS.sub("#", text[:120])
        self._alike[key] += 1
        alike = self._alike[key]
        if alike > 60:
            return
        if _NOISE.match(text[:400]):
            weight -= 40
        weight -= min(alike, 30)
        if weight <= 0:
            return
        for near in range(max(index - _BEFORE, 0), min(index + _AFTER + 1, len(page.texts))):
            distance = index - near if near < index else near - index
            self._keep(page, near, weight - (0 if not distance else 12 + 3 * distance))

    def _keep(self, page: Page, index: int, weight: float) -> None:
        if not page.texts[index].strip():
            weight -= 10
        number = page.first + index
        known = self._kept.get(number)
        if weight > 0 and (known is None or known.weight < weight):
            self._kept[number] = Kept(number, page.texts[index], page.step, page.job, weight)
            if len(self._kept) > MOST:
                self._prune()

    def _prune(self) -> None:
        heaviest = sorted(self._kept.values(), key=lambda kept: -kept.weight)[: MOST // 2]
        self._kept = {kept.number: kept for kept in heaviest}


def _in_span(text: str, weight: float, distance: int) -> float:
    """What a line of a failure weighs: telling lines in full, others by how far they lie from head and tail."""
    return weight if _TELLING.match(text) else weight - 25 - distance


def _signs_in(whole: str, signs: Mapping[str, int]) -> dict[int, float]:
    """Index of a line -> the weight of the heaviest word in it, and a little for each further one."""
    low, found = whole.lower(), dict[int, float]()
    for sign, weight in signs.items():
        index, counted, at = 0, 0, low.find(sign)
        while at >= 0:
            index += low.count("\n", counted, at)
            counted = at
            known = found.get(index, 0.0)
            found[index] = max(known, weight) + (3 if known else 0)
            end = low.find("\n", at)
            at = low.find(sign, end) if end >= 0 else -1
    return found
