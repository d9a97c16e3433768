"""Imports of own modules and names that the change takes away, misspells, or forgets to add."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from shlex import quote

from dspy_ci.codebase.difference import Difference
from dspy_ci.codebase.interfaces import Import, Interface
from dspy_ci.failures.breaks.cures import became, cure, successor
from dspy_ci.failures.failure import Failure, Hint
from dspy_ci.ports.trees import Side

_GENERATED = ("_version", "version", "_pb2", "_pb2_grpc", "__version__", "_build", "_generated")


def found(difference: Difference) -> Iterator[Failure]:
    """Imports that worked before the change and fail after it, and new ones that cannot work."""
    for path in difference.users:
        new = difference.interface("after", path)
        old = difference.interface("before", _former(difference, path))
        known = {(item.module, item.level, item.name) for item in old.imports} if old else set()
        for item in new.imports if new else ():
            fresh = (item.module, item.level, item.name) not in known
            if item.guarded or not (fresh or difference.touches(item)) or works(difference, "after", path, item):
                continue
            if works(difference, "before", path, item, strict=True):
                yield _lost(difference, path, item)
            elif fresh and (failure := _never(difference, path, item)):
                yield failure


def works(difference: Difference, side: Side, path: str, item: Import, *, strict: bool = False) -> bool:
    """Whether the import finds its module and name on a side; what is not ours works, unless strict."""
    packages = difference.packages if side == "after" else difference.packages_before
    if not item.level and not packages.owns(item.module):
        return not strict and (side == "before" or not difference.packages_before.owns(item.module))
    files = packages.files(item.module, path, item.level)
    if item.name is None or item.name == "*":
        return packages.exists(item.module, path, item.level)
    whole = f"{item.module}.{item.name}".strip(".")
    if packages.exists(whole, path, item.level):
        return True
    if not files:
        return packages.opaque(item.module, path, item.level)
    return any(_has(difference.interface(side, file), item.name) for file in files)


def _has(interface: Interface | None, name: str) -> bool:
    return interface is None or interface.open or name in interface.symbols or name in {"__path__", "__file__"}


def _former(difference: Difference, path: str) -> str:
    return next((move.before for move in difference.moves if move.after == path and move.before), path)


def _lost(difference: Difference, path: str, item: Import) -> Failure:
    """An import that the change broke."""
    files = difference.packages_before.files(item.module, path, item.level)
    if files and item.name and item.name in difference.removed.get(files[0], ()) and files[0] in difference.after:
        what = successor(difference, files[0], item.name)
        said = f"imports {item.name!r} from {files[0]}, where it is no more{became(what, files[0])}"
        return _failure(path, item, "removed-name", said, symbol=item.name, hint=cure(what, item.name))
    whole = difference.packages_before.files(f"{item.module}.{item.name}".strip("."), path, item.level)
    gone = next((file for file in (*files, *whole) if file not in difference.after), item.module.replace(".", "/"))
    went = next((move.after for move in difference.moves if move.before == gone and move.after != gone), None)
    name = f"{'.' * item.level}{item.module}" if files else f"{'.' * item.level}{item.module}.{item.name}"
    said = f"imports {name.strip('.')!r}, but {gone} {f'moved to {went}' if went else 'is gone'}"
    hint = "dspy-ci hook fix" if went else f"git grep -n -w {gone.rpartition('/')[2].removesuffix('.py')}"
    return _failure(path, item, "missing-module", said, symbol=gone, hint=Hint("command", hint))


def _failure(path: str, item: Import, code: str, said: str, *, symbol: str, hint: Hint) -> Failure:
    return Failure("dspy-ci", "import", said, path, item.line, symbol=symbol, code=code, fixable_hint=hint)


def _never(difference: Difference, path: str, item: Import) -> Failure | None:
    """A new import of something of ours that does not exist; None when it may exist where we cannot see it."""
    for place in _disk(path, item):
        lies = difference.trees.lies_about(place)
        if lies == "ignored":
            return None
        if lies == "untracked" and place not in difference.after:
            said = f"imports {place}, which is not part of the commit"
            hint = Hint("command", f"git add {quote(place)}")
            return _failure(path, item, "forgotten-file", said, symbol=place, hint=hint)
    if (item.name or "").endswith(_GENERATED) or item.module.endswith(_GENERATED):
        return None
    return _nameless(difference, path, item) or _absent(difference, path, item)


def _nameless(difference: Difference, path: str, item: Import) -> Failure | None:
    """A name that the module does not have."""
    files = difference.packages.files(item.module, path, item.level)
    if item.name is None or not files or not _trusted(files, path):
        return None
    said = f"imports {item.name!r}, which {files[0]} does not have"
    hint = Hint("command", f"git grep -n -w {item.name}")
    return _failure(path, item, "missing-name", said, symbol=item.name, hint=hint)


def _trusted(files: tuple[str, ...], path: str) -> bool:
    """Whether the files are what Python would import here: below the root, `src/`, or beside the importer."""
    roots = ("", "src/", "lib/")
    near = path.rpartition("/")[0]
    return any(
        file.count("/") <= 1 or file.startswith((*roots[1:], f"{near}/")) or _shares(file, path) for file in files
    )


def _shares(file: str, path: str) -> bool:
    return file.partition("/")[0] == path.partition("/")[0]


def _absent(difference: Difference, path: str, item: Import) -> Failure | None:
    """A module that a package of ours does not have."""
    parent, _, last = item.module.rpartition(".")
    packages = difference.packages
    if not (item.level or parent) or packages.files(item.module, path, item.level):
        return None
    if not packages.regular(parent, path, item.level):
        return None
    said = f"imports {'.' * item.level + item.module!r}, which does not exist"
    hint = Hint("command", f"git ls-files '*{last or item.name}*'")
    return _failure(path, item, "missing-module", said, symbol=item.module, hint=hint)


def _disk(path: str, item: Import) -> Iterator[str]:
    """Where the module's file would lie in the working tree."""
    tails = [item.module.replace(".", "/")]
    if item.name and item.name != "*":
        tails.append(f"{tails[0]}/{item.name}".strip("/"))
    if not item.level and item.module.split(".")[0] in sys.stdlib_module_names:
        return
    near = path.split("/")[: -(item.level or 1)]
    for root in [near] if item.level else [near, [], ["src"]]:
        for tail in filter(None, tails):
            place = "/".join([*root, tail])
            yield from (f"{place}.py", f"{place}/__init__.py")
