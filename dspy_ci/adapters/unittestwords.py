"""What `python -m unittest` runs, said in pytest's words: pytest runs the same tests and tells them apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_ALONE = frozenset({"-v", "--verbose", "-q", "--quiet", "-b", "--buffer", "-f", "--failfast", "-c", "--catch"})
_VALUES = {"-s": "start", "--start-directory": "start", "-p": "pattern", "--pattern": "pattern",
           "-t": "top", "--top-level-directory": "top"}  # fmt: skip


def for_pytest(root: Path, words: tuple[str, ...]) -> tuple[str, ...] | None:
    """The words for pytest; None when something stands there that has no counterpart."""
    found: dict[str, str] = {}
    plain: list[str] = []
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if name in _VALUES:
            found[_VALUES[name]] = value if equals else next(rest, "")
        elif word.startswith("-") and word not in _ALONE:
            return None
        elif not word.startswith("-"):
            plain.append(word)
    if plain[:1] == ["discover"] or not plain:
        found |= dict(zip(("start", "pattern", "top"), plain[1:], strict=False))
        targets = [found["start"]] if found.get("start") else []
    else:
        targets = list(_targets(root, plain))
        if len(targets) < len(plain):
            return None
    if not all((root / target.split("::")[0]).exists() for target in targets):
        return None
    return (
        "-o",
        f"python_files={found.get('pattern', 'test*.py')}",
        "-o",
        f"pythonpath={found.get('top', '.')}",
        *targets,
    )


def _targets(root: Path, names: list[str]) -> Iterator[str]:
    """Files and dotted names as pytest's ids."""
    for name in names:
        if name.endswith(".py") or "/" in name:
            yield name
            continue
        parts = name.split(".")
        for count in range(len(parts), 0, -1):
            path = "/".join(parts[:count])
            if (root / f"{path}.py").is_file():
                yield "::".join([f"{path}.py", *parts[count:]])
                break
            if count == len(parts) and (root / path / "__init__.py").is_file():
                yield path
                break
