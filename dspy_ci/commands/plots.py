"""A comparison as a picture: in text anywhere, as PNG where matplotlib is installed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_WIDTH = 40


def bars(before: float, after: float) -> Iterator[str]:
    """Two bars of text."""
    top = max(before, after, 1e-9)
    for name, value in (("before", before), ("after", after)):
        yield f"{name:<6} {'█' * max(1, round(_WIDTH * value / top)):<{_WIDTH}} {value:.2f}"


def save_png(record: Mapping[str, Any], path: Path) -> Path | None:
    """The same as a picture, with the interval; None without matplotlib."""
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an extra, and slow to load
    except ImportError:
        return None
    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - the same

    gain = record["heldout"]
    figure, axes = plt.subplots(figsize=(5, 3.2), layout="constrained")
    axes.bar(["before", "after"], [gain["before"], gain["after"]], color=["#9aa0a6", "#1a7f37"])
    ends = [gain["before"] * (1 + gain[end]) if record["less_is_better"] else gain["before"] + gain[end]
            for end in ("low", "high")]  # fmt: skip
    low, high = gain["after"] - ends[0], ends[1] - gain["after"]
    axes.errorbar(["after"], [gain["after"]], yerr=[[max(0.0, low)], [max(0.0, high)]], color="black", capsize=6)
    axes.set_ylabel(record["measure"], fontsize=8)
    axes.set_title(f"{record['module']}, {gain['cases']} held-out cases", fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    plt.close(figure)
    return path
