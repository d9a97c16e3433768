"""Eighteen ways in which a language model spoils a diff; each takes a diff, a file and a source of chance."""

from __future__ import annotations

import re

HUNK = re.compile(r"^@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@", re.MULTILINE)


def clean(diff, text, chance):
    return diff, text


def counts(diff, text, chance):
    return HUNK.sub(lambda m: f"@@ -{m[1]},{chance.randint(1, 30)} +{m[3]},{chance.randint(1, 30)} @@", diff), text


def starts(diff, text, chance):
    return HUNK.sub(
        lambda m: f"@@ -{chance.randint(1, 400)}{m[2] or ''} +{chance.randint(1, 400)}{m[4] or ''} @@", diff
    ), text


def starts_and_counts(diff, text, chance):
    return counts(*starts(diff, text, chance), chance)


def bare(diff, text, chance):
    return HUNK.sub("@@ ... @@", diff), text


def no_prefix(diff, text, chance):
    return re.sub(r"^(---|\+\+\+) [ab]/", r"\1 ", diff, flags=re.MULTILINE), text


def no_git_header(diff, text, chance):
    return re.sub(r"^(?:diff --git|index|old mode|new mode) .*\n", "", diff, flags=re.MULTILINE), text


def fenced(diff, text, chance):
    return f"This mends it:\n\n```diff\n{diff}```\n\nThe change is small.\n", text


def blanks_stripped(diff, text, chance):
    return re.sub(r"^ $", "", diff, flags=re.MULTILINE), text


def ends_stripped(diff, text, chance):
    return "\n".join(line.rstrip() for line in diff.split("\n")), text


def crlf_diff(diff, text, chance):
    return diff.replace("\n", "\r\n"), text


def crlf_file(diff, text, chance):
    return diff, text.replace("\n", "\r\n")


def no_end(diff, text, chance):
    return diff.rstrip("\n"), text


def drifted(diff, text, chance):
    return diff, "".join(f"# line {i}\n" for i in range(30)) + text


def lost_context(diff, text, chance):
    return re.sub(r"^(@@.*\n)(?: .*\n){2}", r"\1", diff, flags=re.MULTILINE), text


def altered_context(diff, text, chance):
    lines = diff.split("\n")
    places = [i for i, line in enumerate(lines) if line.startswith(" ") and len(line.strip()) > 8]
    if places:
        i = chance.choice(places)
        lines[i] = lines[i][:-1] + "_" if chance.random() < 0.5 else f"{lines[i]}  # here"
    return "\n".join(lines), text


def indent_lost(diff, text, chance):
    out = []
    for block in re.split(r"(?m)(?=^@@)", diff):
        rows = block.split("\n")
        body = [row for row in rows[1:] if row[:1] in {" ", "-", "+"} and row[1:].strip()]
        if block.startswith("@@") and body and all(row[1:].startswith("    ") for row in body):
            rows[1:] = [row[:1] + row[5:] if row[1:].strip() else row for row in rows[1:]]
        out.append("\n".join(rows))
    return "".join(out), text


def together(diff, text, chance):
    diff, text = starts_and_counts(diff, text, chance)
    diff, text = blanks_stripped(diff, text, chance)
    diff, text = no_git_header(diff, text, chance)
    return fenced(diff, text, chance)


def hunks(diff):
    head, *found = re.split(r"(?m)^(?=@@)", diff)
    return head, found


def out_of_order(diff, text, chance):
    head, found = hunks(diff)
    return head + "".join(reversed(found)), text


def space_lost(diff, text, chance):
    """Context lines without the space before them."""
    return re.sub(r"^ (?=.*\S)", "", diff, flags=re.MULTILINE), text


def escaped(diff, text, chance):
    return diff.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"), text


def absolute(diff, text, chance):
    return re.sub(r"^(---|\+\+\+) [ab]/", r"\1 /home/runner/work/project/project/", diff, flags=re.MULTILINE), text


def indented(diff, text, chance):
    """The whole diff as an indented block of Markdown."""
    return "Like so:\n\n" + "".join(f"    {line}\n" for line in diff.splitlines()), text


def no_context(diff, text, chance):
    """Only what is removed and added, where that is one block in the place of another."""
    head, found = hunks(diff)
    return head + "".join(bare_block(one) if one_block(one) else one for one in found), text


def bare_block(hunk):
    return re.sub(r"^ .*\n", "", hunk, flags=re.MULTILINE)


def one_block(hunk):
    signs = "".join(line[:1] for line in hunk.splitlines()[1:])
    return re.fullmatch(r" *-+\+* *", signs) is not None


def twice(diff, text, chance):
    """The same diff told two times."""
    return f"First:\n```diff\n{diff}```\nAgain, in full:\n```diff\n{diff}```\n", text


def blanks_lost(diff, text, chance):
    """Blank context lines lost altogether."""
    return re.sub(r"^ \n", "", diff, flags=re.MULTILINE), text


CORRUPTIONS = (
    clean, counts, starts, starts_and_counts, bare, no_prefix, no_git_header, fenced, blanks_stripped, ends_stripped,
    crlf_diff, crlf_file, no_end, drifted, lost_context, altered_context, indent_lost, together, out_of_order,
    space_lost, escaped, absolute, indented, no_context, twice, blanks_lost,
)  # fmt: skip
