"""Draws docs/pull-request.svg: what a dry run of the action would say in a pull request. `nox -s picture` calls it."""

import json
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

TARGET = Path(__file__).with_name("pull-request.svg")
WIDTH = 880
LOG_LINES = 9
"""Lines of an excerpt that are drawn; the comment itself has them all."""
STYLE = """\
text { font: 13px -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
.mono { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre }
.head { font-size: 16px; font-weight: 600 } .bold { font-weight: 600 } .faint { fill: #59636e }
.card { fill: #ffffff; stroke: #d1d9e0 } .bar { fill: #f6f8fa; stroke: #d1d9e0 } .code { fill: #f6f8fa }
.plus { fill: #dafbe1 } .minus { fill: #ffebe9 } .page { fill: #ffffff }"""


class Row(NamedTuple):
    """One line of the picture."""

    text: str
    kind: str = "plain"
    """`plain`, `head`, `faint`, `code`, `plus`, `minus`, `gap`."""


def main() -> None:
    """Run the action on the project of the demo and draw what it would post."""
    with tempfile.TemporaryDirectory() as room:
        posted = rehearsal(Path(room))
    remarks = [remark for one in posted for remark in one["values"].get("remarks", ())]
    (comment,) = [one["values"]["body"] for one in posted if one["verb"] == "create_comment"]
    TARGET.write_text(pictured(remarks, comment), encoding="utf-8")


def pictured(remarks: list, comment: str) -> str:
    """The picture of what is posted at lines and in the conversation."""
    cards = [(f"on {remark['path']}, line {remark['line']}", list(rows(remark["body"]))) for remark in remarks]
    return drawn([*cards, ("in the conversation", list(rows(comment)))])


def rehearsal(room: Path) -> list:
    """What would be posted, with nothing in it of this machine."""
    project, out = room / "project", room / "dspy-ci"
    run = [sys.executable, "-m", "dspy_ci"]
    subprocess.run([*run, "demo", "--into", project], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    tests = subprocess.run([sys.executable, "-m", "pytest", "-q"], cwd=project, capture_output=True, check=False)
    (room / "log").write_bytes(tests.stdout)
    words = ["action", "--dry-run", "--log", room / "log", "--out", out, "--budget", "60s"]
    subprocess.run([*run, *words], cwd=project, stdout=subprocess.DEVNULL, check=True)
    text = (out / "drafts.json").read_text(encoding="utf-8").replace(str(room), "~")
    return json.loads(re.sub(r"[~/][\w./+~-]*/bin/python[\d.]*", "python", text))


def rows(body: str) -> Iterator[Row]:
    """Our own markdown, line by line; what is folded stays folded."""
    body = re.sub(r"<!--.*?-->\n?", "", body, flags=re.DOTALL)
    body = re.sub(
        r"<details><summary>(.*?)</summary>.*?</details>",
        "\N{BLACK RIGHT-POINTING TRIANGLE} \\1",
        body,
        flags=re.DOTALL,
    )
    fence, language, held = "", "", []
    for line in body.strip().splitlines():
        if fence and line == fence:
            yield from block(language, held)
            fence = ""
        elif fence:
            held.append(line)
        elif opened := re.match(r"(`{3,})(\w*)$", line):
            fence, language, held = opened[1], opened[2], []
        else:
            yield from said(line)


def block(language: str, lines: list[str]) -> Iterator[Row]:
    """A code block, in the colours of a diff where it is one."""
    if language == "suggestion":
        yield Row("Suggested change", "faint")
        yield from (Row(f"+ {line}", "plus") for line in lines)
    elif language == "diff":
        colour = {"+": "plus", "-": "minus"}
        yield from (Row(line, "code" if line[:3] in {"+++", "---"} else colour.get(line[:1], "code")) for line in lines)
    else:
        yield from (Row(line, "code") for line in lines[:LOG_LINES])
        if len(lines) > LOG_LINES:
            yield Row(f"({len(lines) - LOG_LINES} more lines in the comment)", "code")
    yield Row("", "gap")


def said(line: str) -> Iterator[Row]:
    """A line of prose, wrapped."""
    plain = re.sub(r"\\([^\w\s])", r"\1", re.sub(r"</?sub>|\*\*", "", line))
    kind = "bold" if re.fullmatch(r"\*\*[^*]+\*\*", line) else "plain"
    if heading := re.match(r"#+ (.*)", plain):
        yield from (Row(part, "head") for part in textwrap.wrap(heading[1], 92))
    elif not plain.strip():
        yield Row("", "gap")
    else:
        kind = "faint" if "<sub>" in line or plain.startswith("\N{BLACK RIGHT-POINTING TRIANGLE}") else kind
        bullet = plain.replace("- ", "\N{BULLET} ", 1) if plain.startswith("- ") else plain
        yield from (Row(part, kind) for part in textwrap.wrap(bullet.replace("`", ""), 118, subsequent_indent="  "))


def drawn(cards: list[tuple[str, list[Row]]]) -> str:
    """The cards below each other."""
    parts, top = [], 16
    for place, lines in cards:
        inner, height = list(card(lines, top + 40)), sum(map(tall, lines)) + 56
        parts += [
            f'<rect class="card" x="16" y="{top}" width="{WIDTH - 32}" height="{height}" rx="6"/>',
            f'<rect class="bar" x="16" y="{top}" width="{WIDTH - 32}" height="32" rx="6"/>',
            f'<text class="bold" x="32" y="{top + 21}">dspy-ci</text>',
            f'<text class="faint" x="92" y="{top + 21}">{escape(place)}</text>',
            *inner,
        ]
        top += height + 16
    size = f'width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}"'
    title = "<title>A verified patch in a pull request: suggestion, verdict, root cause, proof</title>"
    page = f'<rect class="page" width="{WIDTH}" height="{top}"/>'
    inside = "\n".join([title, f"<style>{STYLE}</style>", page, *parts])
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n{inside}\n</svg>\n'


def tall(row: Row) -> int:
    """Pixels that a row takes."""
    return {"gap": 8, "head": 26}.get(row.kind, 18)


def card(lines: list[Row], top: int) -> Iterator[str]:
    """The rows of one card."""
    for row in lines:
        height, mono = tall(row), row.kind in {"code", "plus", "minus"}
        if mono:
            yield f'<rect class="{row.kind}" x="32" y="{top}" width="{WIDTH - 64}" height="{height}"/>'
        if row.kind != "gap":
            kind, x, y = ("mono", 40, top + 13) if mono else (row.kind, 32, top + height - 5)
            yield f'<text class="{kind}" x="{x}" y="{y}" xml:space="preserve">{escape(row.text)}</text>'
        top += height


if __name__ == "__main__":
    main()
