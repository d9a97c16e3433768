"""Dotted names in syntax trees."""

from __future__ import annotations

import ast


def dotted(node: ast.expr) -> str:
    """`a.b.c` for names and attributes of names, else the empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return ""
