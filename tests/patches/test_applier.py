from __future__ import annotations

import pytest

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.applier import Unapplied, applied
from dspy_ci.patches.patch import Patch

CODE = """\
import math


def area(w, h):
    \"\"\"The area.\"\"\"
    total = w + h
    return total


class Circle:
    def __init__(self, r):
        self.r = r

    def area(self):
        total = self.r
        return total
"""
MENDED = CODE.replace("w + h", "w * h")
DIFF = """\
diff --git a/geo.py b/geo.py
index 123..456 100644
--- a/geo.py
+++ b/geo.py
@@ -3,6 +3,6 @@ import math
\x20
 def area(w, h):
     \"\"\"The area.\"\"\"
-    total = w + h
+    total = w * h
     return total
\x20
"""
BLOCK = """\
geo.py
<<<<<<< SEARCH
    total = w + h
=======
    total = w * h
>>>>>>> REPLACE
"""


def result(text, base=CODE, path="geo.py"):
    files = {path: base} if base is not None else {}
    patch = applied(text, Snapshot.of(files))
    if isinstance(patch, Unapplied):
        return patch.word
    data = patch.files[next(iter(patch.files))]
    return data if isinstance(base, bytes) else data.decode() if data is not None else None


@pytest.mark.parametrize(
    "text",
    [
        DIFF,
        DIFF.replace("@@ -3,6 +3,6 @@ import math", "@@ -9,2 +1,44 @@"),
        DIFF.replace("@@ -3,6 +3,6 @@ import math", "@@ ... @@"),
        DIFF.replace("@@ -3,6 +3,6 @@ import math", "@@"),
        DIFF.replace("a/geo.py", "geo.py").replace("b/geo.py", "geo.py"),
        DIFF.split("\n", 2)[2],
        f"Here is the fix:\n\n```diff\n{DIFF}```\nIt multiplies.\n",
        DIFF.replace("\n \n", "\n\n"),
        "\n".join(line.rstrip() for line in DIFF.split("\n")),
        DIFF.replace("\n", "\r\n"),
        DIFF.rstrip("\n"),
        DIFF.replace(' def area(w, h):\n     """The area."""\n', ""),
        DIFF.replace("The area.", "The area!"),
        "\n".join(line[:1] + line[1:].removeprefix("    ") for line in DIFF.split("\n") if "def " not in line),
        DIFF.replace(" def area(w, h):\n", "def area(w, h):\n"),
        BLOCK,
        f"I change `geo.py`:\n\n```python\n{BLOCK.partition(chr(10))[2]}```\n",
        BLOCK.replace("    total", "total"),
        'In geo.py:\n\n```python\ndef area(w, h):\n    """The area."""\n    total = w * h\n    return total\n```\n',
    ],
    ids=[
        "clean", "wrong-numbers", "dots", "bare", "no-prefix", "no-git-header", "fence-and-prose", "blank-stripped",
        "all-stripped", "crlf-diff", "no-end", "lost-context", "altered-context", "lost-indent", "lost-blank",
        "search-replace", "fenced-block", "block-without-indent", "whole-function",
    ],
)  # fmt: skip
def test_one_change_written_down_in_many_ways_is_one_patch(text):
    if "whole-function" in text or text.startswith("In geo.py"):
        text = text.replace("In geo.py", "Replace")
        base = CODE.replace("class Circle:\n", "class Circle:\n    kind = 'round'\n\n").replace(
            "    def area", "    def size"
        )
        assert result(text, base) == base.replace("w + h", "w * h")
    else:
        assert result(text) == MENDED


def test_the_patch_is_the_canonical_diff_whatever_was_written():
    one, two = (applied(text, Snapshot.of({"geo.py": CODE})) for text in (DIFF, BLOCK))
    assert isinstance(one, Patch)
    assert one.diff == two.diff
    assert one.id == two.id


def test_an_ambiguous_change_is_refused_with_the_places_where_it_would_fit():
    text = BLOCK.replace("    total = w + h", "return total").replace("    total = w * h", "return 0")
    refused = applied(text, Snapshot.of({"geo.py": CODE}))
    assert (refused.word, refused.candidates) == ("ambiguous", (7, 16))
    assert "7, 16" in refused.sentence


def test_the_number_in_the_header_decides_between_equal_places():
    twice = "def f():\n    return 1\n\n\ndef g():\n    return 1\n"
    text = "--- a/geo.py\n+++ b/geo.py\n@@ -6 +6 @@\n-    return 1\n+    return 2\n"
    assert result(text, twice) == "def f():\n    return 1\n\n\ndef g():\n    return 2\n"
    assert result(text.replace("-6 +6", "-4 +4"), twice) == "ambiguous"


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (CODE.replace("\n", "\r\n").encode(), MENDED.replace("\n", "\r\n").encode()),
        (b"\xef\xbb\xbf" + CODE.encode(), b"\xef\xbb\xbf" + MENDED.encode()),
        (CODE.rstrip().encode(), MENDED.rstrip().encode()),
        (
            f"# coding: latin-1\n# \xe9\n{CODE}".encode("latin-1"),
            f"# coding: latin-1\n# \xe9\n{MENDED}".encode("latin-1"),
        ),
    ],
    ids=["crlf", "bom", "no-final-newline", "latin-1"],
)
def test_the_bytes_of_the_file_are_kept(base, expected):
    assert result(DIFF, base) == expected


def test_only_the_changed_lines_of_a_file_with_mixed_ends_change():
    base = CODE.replace("import math\n", "import math\r\n").encode()
    assert result(DIFF, base) == MENDED.replace("import math\n", "import math\r\n").encode()


@pytest.mark.parametrize("end", ["", "\n"])
def test_lines_can_be_added_at_the_end(end):
    text = "--- a/geo.py\n+++ b/geo.py\n@@ -1,2 +1,3 @@\n one = 1\n two = 2\n+three = 3\n"
    assert result(text, f"one = 1\ntwo = 2{end}") == f"one = 1\ntwo = 2\nthree = 3{end}"


def test_the_last_line_can_be_replaced_and_removed():
    text = "--- a/geo.py\n+++ b/geo.py\n@@ -1,2 +1,2 @@\n one = 1\n-two = 2\n+three = 3\n"
    assert result(text, "one = 1\ntwo = 2") == "one = 1\nthree = 3"
    assert result(text.replace("+three = 3\n", ""), "one = 1\ntwo = 2\n") == "one = 1\n"


def test_a_new_file_is_whole_whatever_its_counts_say():
    text = "--- /dev/null\n+++ b/new.py\n@@ -0,0 +1,1 @@\n+one = 1\n+two = 2\n+three = 3\n"
    assert result(text, None) == "one = 1\ntwo = 2\nthree = 3\n"


def test_a_file_can_be_removed():
    head = "diff --git a/geo.py b/geo.py\ndeleted file mode 100644\n--- a/geo.py\n+++ /dev/null\n"
    text = f"{head}@@ -1 +0,0 @@\n-import math\n"
    assert result(text) is None


def test_several_files_and_hunks_are_one_patch():
    more = "--- a/other.py\n+++ b/other.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n"
    body = (
        "     def area(self):\n-        total = self.r\n+        total = math.pi * self.r**2\n         return total\n"
    )
    second = f"@@ -13,4 +13,4 @@\n{body}"
    patch = applied(DIFF + second + more, Snapshot.of({"geo.py": CODE, "other.py": "x = 1\n"}))
    assert sorted(patch.files) == ["geo.py", "other.py"]
    assert b"math.pi" in patch.files["geo.py"]
    assert b"w * h" in patch.files["geo.py"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty"),
        ("I would not change anything.\n", "empty"),
        ("x" * (2 << 20), "too-long"),
        (DIFF.replace("total = w + h", "total = q + h"), "no-place"),
        (DIFF.replace("geo.py", "gone.py"), "no-file"),
        (DIFF.replace("+    total = w * h", "+    total = w * ("), "syntax"),
        (DIFF.replace("+    total = w * h", "+    total = w + h"), "no-change"),
        ("@@ -1 +1 @@\n-import math\n+import os\n", "no-file"),
        ("diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n", "unsupported"),
        (
            "diff --git a/l b/l\nnew file mode 160000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+Subproject\n",
            "unsupported",
        ),
        ("diff --git a/geo.py b/geo.py\nold mode 100644\nnew mode 100755\n", "unsupported"),
        ("diff --git a/geo.py b/geo.py\nGIT binary patch\nliteral 4\nabcd\n", "unsupported"),
        ("diff --git a/geo.py b/x.py\nrename from geo.py\nrename to x.py\n", "unsupported"),
        ("--- a/geo.py\n+++ b/geo.py\n@@ @@\n+x = 1\n", "no-place"),
        ("geo.py\n<<<<<<< SEARCH\n=======\nx = 1\n>>>>>>> REPLACE\n", "no-place"),
    ],
)
def test_what_cannot_be_applied_says_why(text, word):
    refused = applied(text, Snapshot.of({"geo.py": CODE}))
    assert isinstance(refused, Unapplied)
    assert refused.word == word
    assert refused.sentence


def test_ten_thousand_hunks_are_read_in_reasonable_time():
    code = "".join(f"x{i} = {i}\n" for i in range(2000))
    text = "--- a/geo.py\n+++ b/geo.py\n" + "".join(f"@@ @@\n-x{i} = {i}\n+x{i} = 0\n" for i in range(1, 2000))
    patch = applied(text, Snapshot.of({"geo.py": code}))
    assert patch.files["geo.py"].count(b"= 0\n") == 2000


MODULE = """\
# Licence: none.
import math

RATE = 2


def area(w, h):
    return (w + h) * RATE


if __name__ == "__main__":
    print(area(1, 2))
"""


def test_a_whole_file_replaces_the_file_with_what_stands_outside_of_functions():
    text = f"In geo.py:\n```python\n{MODULE.replace('RATE = 2', 'RATE = 3')}```\n"
    patch = applied(text, Snapshot.of({"geo.py": MODULE}))
    assert isinstance(patch, Patch)
    assert patch.sources["geo.py"].text == MODULE.replace("RATE = 2", "RATE = 3")


@pytest.mark.parametrize(
    "left_out",
    ["# Licence: none.\n", "import math\n", "RATE = 2\n", 'if __name__ == "__main__":\n    print(area(1, 2))\n'],
)
def test_what_leaves_a_part_of_the_file_out_is_no_whole_file(left_out):
    body = MODULE.replace("w + h", "w * h").replace(left_out, "")
    patch = applied(f"geo.py\n```python\n{body}```\n", Snapshot.of({"geo.py": MODULE}))
    assert isinstance(patch, Patch)
    assert patch.sources["geo.py"].text == MODULE.replace("w + h", "w * h")
