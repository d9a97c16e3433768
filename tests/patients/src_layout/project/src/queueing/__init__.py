"""Waiting lines."""

from queueing.line import Line

__all__ = ["Line"]
