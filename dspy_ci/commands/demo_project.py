"""The small project that `dspy-ci demo` breaks: a reading list with pages."""

from __future__ import annotations

_SETTINGS = """\
[project]
name = "reading-list"
version = "1.0"

[tool.pytest.ini_options]
pythonpath = ["src"]
testpaths = ["tests"]
"""

_PAGES = '''\
"""Long lists, a page at a time."""


def pages(items, size):
    """Split items into pages of at most `size`; the last one may be shorter."""
    if size < 1:
        raise ValueError("a page holds at least one item")
    return [items[start : start + size] for start in range(0, len(items), size)]


def page_count(total, size):
    """How many pages that many items fill."""
    return (total + size - 1) // size
'''

_SHELF = '''\
"""A shelf of books."""

from reading_list.pages import page_count, pages


class Shelf:
    """Books in the order in which they were added."""

    def __init__(self, books=()):
        self.books = list(books)

    def add(self, title, *, year):
        """Put a book at the end."""
        self.books.append({"title": title, "year": year})

    def newest(self):
        """The title of the newest book; None for an empty shelf."""
        newest = max(self.books, key=lambda book: book["year"], default=None)
        return newest and newest["title"]

    def page(self, number, size=3):
        """The titles on one page, counted from 1."""
        if not 1 <= number <= page_count(len(self.books), size):
            raise LookupError(f"there is no page {number}")
        return [book["title"] for book in pages(self.books, size)[number - 1]]
'''

_TESTS = """\
import pytest

from reading_list.pages import page_count, pages
from reading_list.shelf import Shelf


@pytest.fixture
def shelf():
    made = Shelf()
    for year, title in enumerate(["Emma", "Middlemarch", "Dracula", "Ulysses"], 1900):
        made.add(title, year=year)
    return made


def test_a_list_is_split_into_pages():
    assert pages([1, 2, 3, 4, 5], 2) == [[1, 2], [3, 4], [5]]


def test_nothing_fills_no_page():
    assert pages([], 3) == []


def test_a_page_holds_at_least_one_item():
    with pytest.raises(ValueError, match="at least one"):
        pages([1], 0)


@pytest.mark.parametrize(("total", "count"), [(0, 0), (1, 1), (3, 1), (4, 2), (6, 2)])
def test_pages_are_counted(total, count):
    assert page_count(total, 3) == count


def test_the_first_page(shelf):
    assert shelf.page(1) == ["Emma", "Middlemarch", "Dracula"]


def test_the_last_page_may_be_short(shelf):
    assert shelf.page(2) == ["Ulysses"]


def test_there_is_no_page_behind_the_last(shelf):
    with pytest.raises(LookupError):
        shelf.page(3)


def test_the_newest_book(shelf):
    assert shelf.newest() == "Ulysses"
"""

GOOD = {
    "pyproject.toml": _SETTINGS,
    ".gitignore": "__pycache__/\n.pytest_cache/\n",
    "src/reading_list/__init__.py": '"""Books to read."""\n',
    "src/reading_list/pages.py": _PAGES,
    "src/reading_list/shelf.py": _SHELF,
    "tests/test_reading_list.py": _TESTS,
}
"""The project while it was green, path to text."""

BROKEN = {
    "src/reading_list/pages.py": _PAGES.replace("range(0, len(items), size)", "range(0, len(items) - 1, size)"),
}
"""The commit that broke it: a book that is alone on the last page disappears."""
