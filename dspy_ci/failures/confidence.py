"""How far a failure can be trusted, by the channel that it came through."""

from __future__ import annotations

REPORT = 0.98
"""A structured report: JUnit, SARIF, JSON."""
BLOCK = 0.95
"""A block of text with id or rule, place and message."""
LINE = 0.9
"""One line with place and message in the tool's own dialect."""
SUMMARY = 0.8
"""One line of a summary, cut or without a place."""
GENERIC = 0.6
"""Looks like a diagnostic; the tool is a guess."""
WINDOW = 0.3
"""A line that speaks of errors, nothing more."""
WARNING = 0.25
"""A warning: no failure unless the trailer of its tool counts it as one."""
WRAPPER = 0.2
"""Only says that something inside failed: kept when nothing inside was found."""
