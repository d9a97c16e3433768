"""Records out of JSON that somebody else may have written: every key, every type, every size is checked."""

from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from dspy_ci.errors import UsageError

Value = TypeVar("Value")

LONGEST_TEXT = 1 << 17
"""Characters of one text."""
MOST_ITEMS = 10_000
"""Items of one list."""


class Unfit(UsageError):  # noqa: N818 - a word for the record, not for the program
    """A record is not what it says it is; the message says where."""


def read(kind: type[Value], text: str | bytes, *, schema: str, most_bytes: int) -> Value:
    """The record of a JSON object whose `schema` is this one. Raises Unfit with the place that is wrong."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if len(data) > most_bytes:
        raise Unfit(f"the {schema} is {len(data)} bytes, more than {most_bytes}")
    try:
        told = json.loads(data.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Unfit(f"the {schema} is no JSON: {str(error)[:200]}") from None
    if not isinstance(told, dict) or told.pop("schema", None) != schema:
        raise Unfit(f"it is no {schema}")
    made: Value = checked(kind, told, "")
    return made


def checked(kind: Any, value: Any, where: str) -> Any:
    """The value as the type wants it. Raises Unfit."""
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        return _union(get_args(kind), value, where)
    if origin is Literal:
        if value not in get_args(kind) or not isinstance(value, str):
            raise Unfit(f"{where} is none of {', '.join(map(str, get_args(kind)))}")
        return value
    if origin is tuple:
        return _sequence(get_args(kind), value, where)
    if is_dataclass(kind):
        return _record(kind, value, where)
    return _plain(kind, value, where)


def _union(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    (kind,) = (kind for kind in kinds if kind is not type(None))
    return checked(kind, value, where)


def _sequence(kinds: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list) or len(value) > MOST_ITEMS:
        raise Unfit(f"{where} is no list, or too long a one")
    if kinds[-1] is ...:
        return tuple(checked(kinds[0], item, f"{where}[{place}]") for place, item in enumerate(value))
    if len(value) != len(kinds):
        raise Unfit(f"{where} has {len(value)} items, not {len(kinds)}")
    return tuple(
        checked(kind, item, f"{where}[{place}]") for place, (kind, item) in enumerate(zip(kinds, value, strict=True))
    )


def _record(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise Unfit(f"{where or 'it'} is no object")
    known = _fields(kind)
    if extra := sorted(map(str, value.keys() - known.keys())):
        raise Unfit(f"{where or 'it'} has a key nobody knows: {extra[0][:60]!r}")
    if missing := sorted(name for name, (_, needed) in known.items() if needed and name not in value):
        raise Unfit(f"{where or 'it'} lacks {missing[0]!r}")
    given = {name: checked(known[name][0], item, f"{where}.{name}".lstrip(".")) for name, item in value.items()}
    return kind(**given)


@cache
def _fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    """Name -> type and whether it must be given."""
    hints = get_type_hints(kind)
    return {
        field.name: (hints[field.name], field.default is MISSING and field.default_factory is MISSING)
        for field in fields(kind)
    }


def _plain(kind: Any, value: Any, where: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        raise Unfit(f"{where} is no {getattr(kind, '__name__', kind)}")
    if kind is str and len(value) > LONGEST_TEXT:
        raise Unfit(f"{where} is longer than {LONGEST_TEXT} characters")
    if kind is str and any("\ud800" <= sign <= "\udfff" for sign in value):
        raise Unfit(f"{where} is no valid text")
    if kind is float and not math.isfinite(value):
        raise Unfit(f"{where} is no number")
    if kind is int and abs(value) >= 1 << 63:
        raise Unfit(f"{where} is too large a number")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
