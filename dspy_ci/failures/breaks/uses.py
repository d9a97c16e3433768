"""Uses of own modules' names through the module, and calls that the change made impossible."""

from __future__ import annotations

from collections.abc import Iterator

from dspy_ci.codebase.difference import Difference
from dspy_ci.codebase.interfaces import Import, Interface, Use
from dspy_ci.failures.breaks.cures import became, cure, successor
from dspy_ci.failures.failure import Failure, Hint


def found(difference: Difference) -> Iterator[Failure]:
    """Attributes of modules that are gone, and calls that fitted the old parameters and do not fit the new ones."""
    for path in difference.users if difference.takes_away else ():
        here = difference.interface("after", path)
        if here is None:
            continue
        imports = {item.bound: item for item in here.imports if item.bound in here.steady}
        for use in here.uses:
            for file, name in _meant(difference, path, here, imports, use):
                yield from _gone(difference, path, use, file, name)
                yield from _misfit(difference, path, use, file, name)


def _meant(
    difference: Difference, path: str, here: Interface, imports: dict[str, Import], use: Use
) -> Iterator[tuple[str, str]]:
    """The module file, as it was, and the name in it that a use means; nothing when that is not certain."""
    if use.root not in imports:
        if use.root in here.steady and not use.attributes:
            yield path, use.root
        return
    item = imports[use.root]
    if item.name is not None and not use.attributes:
        files = difference.packages_before.files(item.module, path, item.level)
        yield from ((file, item.name) for file in files[:1] if len(files) == 1)
    for module, rest in _modules(item, use):
        files = difference.packages_before.files(module, path, item.level)
        if len(files) == 1 and rest:
            yield files[0], rest[0]
            return


def _modules(item: Import, use: Use) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Dotted names that the use may run through, the longest first, and the attributes behind each."""
    if item.name is not None:
        yield f"{item.module}.{item.name}".strip("."), use.attributes
    elif item.bound != item.module.split(".")[0]:
        yield item.module, use.attributes
    else:
        parts = (item.bound, *use.attributes)
        for cut in range(len(parts) - 1, 0, -1):
            yield ".".join(parts[:cut]), parts[cut:]


def _gone(difference: Difference, path: str, use: Use, file: str, name: str) -> Iterator[Failure]:
    if not use.attributes or name not in difference.removed.get(file, ()):
        return
    new = difference.interface("after", file)
    if new is None or new.open or name in new.symbols:
        return
    what = successor(difference, file, name)
    said = f"uses {name!r} of {file}, where it is no more{became(what, file)}"
    hint = cure(what, name)
    yield Failure("dspy-ci", "import", said, path, use.line, symbol=name, code="removed-name", fixable_hint=hint)


def _misfit(difference: Difference, path: str, use: Use, file: str, name: str) -> Iterator[Failure]:
    if use.call is None or (use.attributes and use.attributes[-1] != name) or (file, name) not in difference.resigned:
        return
    was, now = difference.resigned[file, name]
    objection = now.objection(use.call)
    if objection and was.objection(use.call) is None:
        yield Failure(
            "dspy-ci", "type", f"calls {name}() of {file} as before, which now {objection}", path, use.line,
            symbol=name, code="changed-signature", fixable_hint=Hint("command", f"git grep -n '{name}('"),
        )  # fmt: skip
