"""Draws docs/demo.svg: runs `dspy-ci demo` and keeps what a terminal would show. `nox -s picture` calls it."""

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

TARGET = Path(__file__).with_name("demo.svg")
LINES = 44


def main() -> None:
    """Run the demo and draw it."""
    with tempfile.TemporaryDirectory() as room:
        shown = run(Path(room, "reading-list"))
    console = Console(record=True, width=108, file=io.StringIO())
    console.print("[bold]$ dspy-ci demo[/bold]")
    console.print(Text.from_ansi("\n".join(shown.splitlines()[:LINES])))
    drawn = re.sub(r"terminal-\d+", "terminal", console.export_svg(title="dspy-ci demo", unique_id="terminal"))
    TARGET.write_text(re.sub(r"[ \t]+$", "", drawn, flags=re.MULTILINE), encoding="utf-8")


def run(folder: Path) -> str:
    """What the demo prints, with colour, and with the folder under a name that says nothing about this machine."""
    done = subprocess.run(
        [sys.executable, "-m", "dspy_ci", "demo", "--into", folder],
        env={**os.environ, "FORCE_COLOR": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True,
    )  # fmt: skip
    return done.stdout.replace(str(folder), "~/reading-list").replace(sys.executable, "python")


if __name__ == "__main__":
    main()
