"""The picture in the README is, to the letter, what the publisher posts for the bundle that it was drawn from."""

import sys
from pathlib import Path

from dspy_ci.deliveries.publishing import publish
from dspy_ci.failures.failure import Failure
from dspy_ci.ports.drafts import Drafts, State
from dspy_ci.ports.forge import ChangedFile, PullRequest, User
from dspy_ci.reports.bundle import Bundle, Finding, Proof, Proposal, Sandbox
from dspy_ci.reports.facts import Target
from dspy_ci.verdicts.verdict import CheckDelta
from dspy_ci.verdicts.verdict import TestDelta as Delta

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "docs"))

import pull_request  # noqa: E402 - the scripts of the docs are no package

HEAD, BASE = "559606e0bab1" + "0" * 28, "b" * 40
TARGET = Target("o/r", HEAD, 7)
TESTS = "tests/test_reading_list.py::"
LAST = """\
_______________________ test_the_last_page_may_be_short ________________________

shelf = <reading_list.shelf.Shelf object at 0x7f598e5293d0>

    def test_the_last_page_may_be_short(shelf):
>       assert shelf.page(2) == ["Ulysses"]
               ^^^^^^^^^^^^^

tests/test_reading_list.py:38: 
""" + "and so on\n" * 13  # fmt: skip  # noqa: W291 - as pytest prints it
SPLIT = """\
_______________________ test_a_list_is_split_into_pages ________________________

    def test_a_list_is_split_into_pages():
>       assert pages([1, 2, 3, 4, 5], 2) == [[1, 2], [3, 4], [5]]
E       assert [[1, 2], [3, 4]] == [[1, 2], [3, 4], [5]]
E         
E         Right contains one more item: [5]
E         Use -v to get more diff

and so on
"""  # noqa: W291 - the same
DIFF = '''\
diff --git a/src/reading_list/pages.py b/src/reading_list/pages.py
--- a/src/reading_list/pages.py
+++ b/src/reading_list/pages.py
@@ -5,7 +5,7 @@
     """Split items into pages of at most `size`; the last one may be shorter."""
     if size < 1:
         raise ValueError("a page holds at least one item")
-    return [items[start : start + size] for start in range(0, len(items) - 1, size)]
+    return [items[start : start + size] for start in range(0, len(items), size)]
 
 
 def page_count(total, size):
'''  # noqa: W293 - as git writes it
WHY = "it fails 4 of 4 times with the change and 0 of 5 times without it"


def finding(name, message, exception, file, line, excerpt):
    failure = Failure("pytest", "test", message, file=file, line=line, test_id=TESTS + name, exception=exception)
    return Finding(failure, root=True, cause="change", why=WHY.removeprefix("it "), excerpt=excerpt)


def bundle():
    """What the solver wrote about the project of the demo, as far as it is shown."""
    fixed = (TESTS + "test_a_list_is_split_into_pages", TESTS + "test_the_last_page_may_be_short")
    proof = Proof(
        "verified", "", 1.0, Delta(fixed=fixed, kept=10), CheckDelta("syntax"), None, "python -m pytest", HEAD,
        "d" * 8, "A",
    )  # fmt: skip
    patch = Proposal(
        "6941f283104c", "template", "`pages` uses `len(items)` instead of `len(items) - 1`.", DIFF, proof, safe=True
    )
    files = "nothing of the user's can be read or written but the repository, read-only below an overlay"
    return Bundle(
        TARGET, "fixed", "Mended: 2 failing tests passed with the patch, 10 passed before and after, none is lost.",
        (
            finding("test_the_last_page_may_be_short", "list index out of range", "IndexError",
                    "src/reading_list/shelf.py", 25, LAST),
            finding("test_a_list_is_split_into_pages", "assert [[1, 2], [3, 4]] == [[1, 2], [3, 4], [5]]", None,
                    "tests/test_reading_list.py", 16, SPLIT),
        ),
        (patch,), sandbox=Sandbox("A", "namespaces", "none but its own loopback", files), tried=12, seconds=9.0,
    )  # fmt: skip


def test_the_picture_is_what_would_be_posted_now():
    patch = "\n".join(DIFF.splitlines()[3:]).replace("-    return", "~").replace("+    return", "-    return")
    patch = patch.replace("~", "+    return")  # the change of the pull request is what the patch takes back
    pull = PullRequest(7, "", User("ada"), HEAD, "topic", "o/r", BASE, "main", "o/r")
    state = State(pulls={7: pull}, files={7: (ChangedFile("src/reading_list/pages.py", "modified", patch),)})
    forge = Drafts(state)
    publish(bundle(), TARGET, forge)
    (review,) = [one.values for one in forge.posted if one.verb == "create_review"]
    (comment,) = [one.values["body"] for one in forge.posted if one.verb == "create_comment"]
    drawn = pull_request.pictured([*review["remarks"]], comment)
    assert texts(drawn) == texts((ROOT / "docs" / "pull-request.svg").read_text())


def texts(picture):
    return [line for line in picture.splitlines() if line.startswith("<text")]
