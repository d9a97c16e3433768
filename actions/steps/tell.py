"""Tells a record of `explain` or `fix` where a job is read: outputs, annotations, the job summary, a patch file."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

ANNOTATIONS = 10
"""More than ten errors of one step are dropped by the runner without a word."""
SUMMARY = 900_000
"""Bytes; a summary above a megabyte is dropped as a whole."""


def main() -> None:
    """The record of a folder, told."""
    folder = Path(sys.argv[1])
    record = json.loads(folder.joinpath("record.json").read_text(encoding="utf-8"))
    patches = [patch for patch in record.get("patches", ()) if patch["verdict"]["state"] == "verified"]
    sys.stdout.write("".join(f"{line}\n" for line in annotations(record["failures"])))
    told = {
        "status": status(record),
        "failures": len(record["failures"]),
        "patches": len(patches),
        "record-path": folder / "record.json",
    }
    if patches:
        told["patch-path"] = folder / "best.patch"
        told["patch-path"].write_text(patches[0]["diff"], encoding="utf-8", newline="")
    keep("GITHUB_OUTPUT", "".join(f"{name}={value}\n" for name, value in told.items()))
    keep("GITHUB_STEP_SUMMARY", summary(record, patches))


def status(record: dict) -> str:
    """The word of the record; a log without one is as green as it has no failures."""
    return record.get("status") or ("unfixed" if record["failures"] else "green")


def annotations(failures: list) -> list[str]:
    """Workflow commands, one per failure that has a place, as many as the runner shows."""
    placed = [failure for failure in failures if failure["file"] and not failure["suppressed_by"]]
    return [
        f"::error file={escaped(failure['file'], property=True)},line={failure['line'] or 1},title=dspy-ci"
        f"::{escaped(failure['message'])}"
        for failure in placed[:ANNOTATIONS]
    ]


def escaped(text: str, *, property: bool = False) -> str:  # noqa: A002 - GitHub's own word for it
    """Text that cannot end the workflow command it stands in."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property else text


def summary(record: dict, patches: list) -> str:
    """Markdown in which everything foreign stands inside a fence that it cannot close."""
    parts = [
        "## dspy-ci\n",
        fenced(record.get("summary") or f"{len(record['failures'])} failures in {record['source']}"),
    ]
    if record.get("cause"):
        parts += ["Root cause:\n", fenced(record["cause"])]
    for number, patch in enumerate(patches, 1):
        score = f"score {patch['verdict']['score']}, {patch['disposition']}"
        parts += [f"Patch {number}, verified ({score}):\n", fenced(patch["diff"], "diff")]
    if patches:
        parts.append("`git apply best.patch` applies the first; it lies in the folder of the output `patch-path`.\n")
    if record.get("context"):
        parts += ["What the log says:\n", fenced(record["context"]["text"])]
    steps = [
        f"{step['why']}{': ' + step['command'] if step.get('command') else ''}" for step in record.get("plan") or ()
    ]
    if steps:
        parts += ["What to do:\n", fenced("\n".join(steps))]
    if record.get("sandbox"):
        parts.append(f"Sandbox tier {record['sandbox']['tier']}.\n")
    return "\n".join(parts).encode("utf-8", "replace")[:SUMMARY].decode("utf-8", "ignore")


def fenced(text: str, language: str = "text") -> str:
    """A code block; its fence is longer than any run of backticks inside, control characters are made visible."""
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "\N{REPLACEMENT CHARACTER}", text)
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def keep(variable: str, text: str) -> None:
    """Append to the file that the runner names, where there is one."""
    if os.environ.get(variable):
        with Path(os.environ[variable]).open("a", encoding="utf-8") as sink:
            sink.write(text)


if __name__ == "__main__":
    main()
