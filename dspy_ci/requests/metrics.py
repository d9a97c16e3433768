"""What the bot has done since it started, as Prometheus reads it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_HELP = {
    "deliveries_total": "Deliveries by what became of them.",
    "requests_total": "Commands by how they ended.",
    "retries_total": "Commands that were put back because the forge could not be reached.",
}


@dataclass(slots=True)
class Metrics:
    """Counters by name and word, and how long answers took."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    acknowledged: list[int] = field(default_factory=lambda: [0] * (len(_BUCKETS) + 1))
    seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str, word: str) -> None:
        """One more."""
        with self.lock:
            self.counts[name, word] += 1

    def took(self, seconds: float) -> None:
        """A delivery was answered in so many seconds."""
        with self.lock:
            self.acknowledged[next((i for i, top in enumerate(_BUCKETS) if seconds <= top), len(_BUCKETS))] += 1
            self.seconds += seconds

    def text(self, gauges: Mapping[str, float]) -> str:
        """All of it, with a few values that are known now, in the text format of Prometheus."""
        with self.lock:
            lines = []
            for name, about in _HELP.items():
                lines += [f"# HELP dspy_ci_bot_{name} {about}", f"# TYPE dspy_ci_bot_{name} counter"]
                label = "outcome" if name == "requests_total" else "result"
                found = sorted((word, number) for (one, word), number in self.counts.items() if one == name)
                lines += [f'dspy_ci_bot_{name}{{{label}="{word}"}} {number}' for word, number in found]
            lines += self._histogram()
        for name, value in gauges.items():
            lines += [f"# TYPE dspy_ci_bot_{name} gauge", f"dspy_ci_bot_{name} {value:g}"]
        return "\n".join(lines) + "\n"

    def _histogram(self) -> list[str]:
        name = "dspy_ci_bot_acknowledgement_seconds"
        lines, total = [f"# HELP {name} How long a delivery waited for its answer.", f"# TYPE {name} histogram"], 0
        for top, number in zip([*map(str, _BUCKETS), "+Inf"], self.acknowledged, strict=True):
            total += number
            lines.append(f'{name}_bucket{{le="{top}"}} {total}')
        return [*lines, f"{name}_sum {self.seconds:.6f}", f"{name}_count {total}"]
