"""What a function takes and what a call gives."""

from __future__ import annotations

import ast
from dataclasses import dataclass

KEEPING = frozenset({"contextmanager", "asynccontextmanager", "lru_cache", "cache", "override", "deprecated", "final",
                     "staticmethod", "classmethod", "abstractmethod", "wraps"})  # fmt: skip
"""Decorators after which a function is called as it is written."""


@dataclass(frozen=True, slots=True)
class Call:
    """The arguments of one call."""

    positional: int = 0
    keywords: tuple[str, ...] = ()
    open: bool = False
    """Whether `*` or `**` adds more that we cannot see."""


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of a function, without the receiver of a method."""

    names: tuple[str, ...] = ()
    """Those that can be given by position."""
    only: int = 0
    """How many of them can not be given by name."""
    required: int = 0
    """How many of them have no default."""
    keywords: tuple[str, ...] = ()
    """Those that must be given by name."""
    needed: tuple[str, ...] = ()
    """Those of `keywords` without a default."""
    rest: bool = False
    """`*args`."""
    others: bool = False
    """`**kwargs`."""

    def objection(self, call: Call) -> str | None:
        """Why the call cannot be made, in words; None when it can, or when nobody can tell."""
        if call.positional > len(self.names) and not self.rest:
            return f"takes {len(self.names)} positional arguments, not {call.positional}"
        by_name = {*self.names[self.only :], *self.keywords}
        for word in call.keywords:
            if word not in by_name and not self.others:
                return f"has no parameter {word!r}"
            if word in self.names[self.only : call.positional]:
                return f"gets {word!r} twice"
        return None if call.open else self._missing(call)

    def _missing(self, call: Call) -> str | None:
        required = [*self.names[call.positional : self.required], *self.needed]
        missing = [name for name in required if name not in call.keywords]
        return f"needs {', '.join(map(repr, missing))}" if missing else None

    def without_receiver(self) -> Signature:
        """The signature as it is seen through an instance."""
        return Signature(self.names[1:], max(0, self.only - 1), max(0, self.required - 1), self.keywords, self.needed,
                         self.rest, self.others)  # fmt: skip


def signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Signature | None:
    """What the function takes; None when a decorator may have changed that."""
    if not all(_name(decorator) in KEEPING for decorator in node.decorator_list):
        return None
    spec = node.args
    positional = [argument.arg for argument in (*spec.posonlyargs, *spec.args)]
    needed = [arg.arg for arg, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if default is None]
    return Signature(
        tuple(positional),
        len(spec.posonlyargs),
        len(positional) - len(spec.defaults),
        tuple(argument.arg for argument in spec.kwonlyargs),
        tuple(needed),
        spec.vararg is not None,
        spec.kwarg is not None,
    )


def call(node: ast.Call) -> Call:
    """The arguments of the call."""
    plain = [argument for argument in node.args if not isinstance(argument, ast.Starred)]
    words = tuple(keyword.arg for keyword in node.keywords if keyword.arg)
    return Call(len(plain), words, len(plain) < len(node.args) or len(words) < len(node.keywords))


def record(node: ast.ClassDef) -> Signature | None:
    """What the constructor of a plain dataclass takes; None when that is not written in the class alone."""
    if node.bases or node.keywords or [_name(decorator) for decorator in node.decorator_list] != ["dataclass"]:
        return None
    if any(word.arg in {"kw_only", "init"} for part in node.decorator_list for word in getattr(part, "keywords", ())):
        return None
    names, required = [], 0
    for field in node.body:
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if not _plain(field):
            return None
        names.append(field.target.id)
        required += not _has_default(field)
    return Signature(tuple(names), required=required)


def _plain(field: ast.AnnAssign) -> bool:
    written = ast.dump(field.annotation)
    if any(word in written for word in ("ClassVar", "InitVar", "KW_ONLY")):
        return False
    value = field.value
    return not isinstance(value, ast.Call) or not any(word.arg in {"init", "kw_only", None} for word in value.keywords)


def _has_default(field: ast.AnnAssign) -> bool:
    value = field.value
    if isinstance(value, ast.Call) and _name(value) == "field":
        return any(word.arg in {"default", "default_factory"} for word in value.keywords)
    return value is not None


def _name(node: ast.AST) -> str:
    """The last part of the name of a decorator or of what is called."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
