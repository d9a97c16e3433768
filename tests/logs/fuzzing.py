"""Logs that no tool ever printed: real ones cut, joined, shuffled, bent, with a secret planted."""

from __future__ import annotations

import io
import json
import random
import string
from collections.abc import Iterator
from pathlib import Path

from dspy_ci.adapters.logfiles import Part
from dspy_ci.commands.explain import explanation_of
from dspy_ci.commands.reading import read
from dspy_ci.errors import UsageError
from dspy_ci.reports.explanation import as_lines, as_record

GOLDEN = Path(__file__).parent.parent / "golden"
SAMPLES = [path.read_bytes() for path in sorted(GOLDEN.rglob("*.log"))]
_LETTERS = string.ascii_letters + string.digits


def planted(rng: random.Random) -> str:
    """A secret of some kind, made up."""

    def some(length: int) -> str:
        return "".join(rng.choice(_LETTERS) for _ in range(length - 1)) + rng.choice(string.digits)

    return rng.choice(
        [
            f"ghp_{some(36)}",
            f"github_pat_{some(22)}_{some(59)}",
            f"glpat-{some(20)}",
            f"AKIA{some(16).upper()}",
            f"sk-{some(48)}",
            f"sk-ant-api03-{some(80)}",
            f"xoxb-{some(12)}-{some(24)}",
            f"AIza{some(35)}",
            f"npm_{some(36)}",
            f"pypi-AgEI{some(60)}",
            f"hf_{some(34)}",
            f"eyJ{some(20)}.eyJ{some(30)}.{some(43)}",
        ]
    )


def bent(rng: random.Random, samples: list[bytes] = SAMPLES) -> bytes:
    """One log made of parts of real ones."""
    log = rng.choice(samples)
    for _ in range(rng.randint(1, 4)):
        log = rng.choice([_cut, _joined, _shuffled, _flipped, _doubled, _wrapped])(rng, log, samples)
    return log[:200_000]


def with_secret(rng: random.Random, log: bytes, secret: str) -> bytes:
    """The log with a secret somewhere in one of its lines."""
    lines = log.split(b"\n")
    index = rng.randrange(len(lines))
    words = rng.choice(
        ["{}", "token={}", "Authorization: Bearer {}", "E   AssertionError: {}", "error: {}", "url https://u:{}@host/x"]
    )
    lines[index] = lines[index] + b" " + words.format(secret).encode()
    return b"\n".join(lines)


def output(log: bytes) -> str:
    """Everything that `explain` would print about a log, in both forms; empty when it refuses to read."""
    try:
        reading = read("log", [Part("log", None, None, _chunks(log))])
    except UsageError:
        return ""
    explanation = explanation_of(reading, 1500)
    return json.dumps(as_record(explanation)) + "\n".join(line.text for line in as_lines(explanation))


def _chunks(log: bytes, size: int = 4096) -> Iterator[bytes]:
    stream = io.BytesIO(log)
    while chunk := stream.read(size):
        yield chunk


def _cut(rng, log, _):
    start = rng.randrange(len(log) + 1)
    return log[start : start + rng.randrange(len(log) + 1)]


def _joined(rng, log, samples):
    return log + rng.choice(samples)


def _shuffled(rng, log, _):
    lines = log.split(b"\n")
    at = rng.randrange(len(lines))
    part = lines[at : at + rng.randint(2, 60)]
    rng.shuffle(part)
    return b"\n".join(lines[:at] + part + lines[at + len(part) :])


def _flipped(rng, log, _):
    bent = bytearray(log)
    for _ in range(rng.randint(1, 40)):
        if bent:
            bent[rng.randrange(len(bent))] = rng.choice([rng.randrange(256), 0, 10, 13, 27, 0x1E, 255])
    return bytes(bent)


def _doubled(rng, log, _):
    lines = log.split(b"\n")
    at = rng.randrange(len(lines))
    return b"\n".join(lines[:at] + lines[at : at + 30] * rng.randint(2, 6) + lines[at:])


def _wrapped(rng, log, _):
    head = rng.choice(
        [b"2026-11-20T18:35:51.6396184Z ", b"      ", b"job\tUNKNOWN STEP\t2026-11-20T18:35:51.6396184Z ", b"#12 0.5 "]
    )
    return b"\n".join(head + line for line in log.split(b"\n"))
