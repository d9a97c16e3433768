"""What a patch adds to a Python file that a mend has no business to add."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from dspy_ci.patches.names import dotted

Fact = tuple[str, str]
"""A rule's word, and what was seen."""

_LEAVES = frozenset({"os._exit", "os.abort", "os.kill", "os.killpg", "signal.raise_signal", "signal.alarm"})
_PEEKS = frozenset({
    "sys._getframe", "inspect.stack", "inspect.currentframe", "sys.settrace", "sys.setprofile", "gc.get_objects",
    "gc.get_referrers", "sys.monitoring", "sys.meta_path", "sys.path_hooks", "ctypes.pythonapi", "faulthandler.disable",
})  # fmt: skip
_RUNNERS = frozenset({"pytest", "_pytest", "pluggy"})
_EQUALS_ALL = frozenset({"unittest.mock.ANY", "mock.ANY"})
_SKIPS = re.compile(
    r"(?:pytest\.)?mark\.(?:skip|skipif|xfail)|pytest\.(?:skip|xfail|importorskip)"
    r"|unittest\.(?:skip\w*|SkipTest|expectedFailure)|self\.skipTest"
)
_TELLTALE = re.compile(r"PYTEST_CURRENT_TEST|PYTEST_VERSION|PYTEST_XDIST")
_COMPARISONS = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__bool__"})
_NOQA = re.compile(
    r"#\s*(?:flake8:\s*|ruff:\s*)?noqa\b|#\s*pylint:\s*disable|eslint-disable|#\s*nosec\b", re.IGNORECASE
)
_TYPE_IGNORE = re.compile(
    r"#\s*type:\s*ignore|#\s*(?:pyright|ty|pyrefly|mypy):\s*(?:ignore|basic)|@ts-(?:ignore|expect-error|nocheck)"
)
_NO_COVER = re.compile(r"#\s*pragma:\s*no\s*(?:cover|branch)")
_COMMENTS = (("noqa-added", _NOQA), ("type-ignore-added", _TYPE_IGNORE), ("coverage-ignored", _NO_COVER))


def comment_facts(text: str) -> Counter[Fact]:
    """Comments that silence a tool, in any language."""
    return Counter((name, match.group()) for name, pattern in _COMMENTS for match in pattern.finditer(text))


def facts(tree: ast.Module) -> Counter[Fact]:
    """What the screens see in a module, with how often."""
    return Counter(fact for node in ast.walk(tree) for fact in _of(node))


def _of(node: ast.AST) -> Iterator[Fact]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from _imports(node)
    elif isinstance(node, ast.Attribute):
        yield from _attributes(dotted(node), node)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _TELLTALE.search(node.value):
        yield "detects-tests", node.value
    elif isinstance(node, ast.Compare):
        yield from _module_tests(node)
    elif isinstance(node, ast.Subscript) and dotted(node.value) == "sys.modules" and not isinstance(node.ctx, ast.Load):
        yield "rewrites-runtime", "sys.modules"
    elif isinstance(node, ast.Call) and dotted(node.func) in {"setattr", "delattr"}:
        yield from _patched(node)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from _functions(node)
    elif isinstance(node, ast.Assign):
        yield from _assigned(node)


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[Fact]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    for name in names:
        if name.partition(".")[0] in _RUNNERS:
            yield "reaches-runner", f"import {name}"
    if isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield from _attributes(f"{node.module}.{alias.name}", None)


def _attributes(name: str, node: ast.Attribute | None) -> Iterator[Fact]:
    if name in _LEAVES:
        yield "leaves-process", name
    elif name in _PEEKS:
        yield "peeks-at-runtime", name
    elif name in _EQUALS_ALL:
        yield "equal-to-all", name
    elif _SKIPS.fullmatch(name):
        yield "skip-added", name
    elif node and name.startswith(("builtins.", "__builtins__.")) and not isinstance(node.ctx, ast.Load):
        yield "rewrites-runtime", name


def _module_tests(node: ast.Compare) -> Iterator[Fact]:
    words = [part.value for part in (node.left, *node.comparators) if isinstance(part, ast.Constant)]
    if any(dotted(part) == "sys.modules" for part in node.comparators) and {"pytest", "_pytest", "unittest"} & set(
        words
    ):
        yield "detects-tests", "sys.modules"


def _patched(node: ast.Call) -> Iterator[Fact]:
    target = dotted(node.args[0]) if node.args else ""
    if target in {"builtins", "__builtins__", "sys", "os"}:
        yield "rewrites-runtime", f"setattr({target}, ...)"


def _functions(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Fact]:
    if node.name.startswith("pytest_"):
        yield "test-hook", node.name
    if node.name in _COMPARISONS and _looks_at_nothing(node):
        yield "equal-to-all", node.name


def _assigned(node: ast.Assign) -> Iterator[Fact]:
    """A comparison may be a lambda too."""
    for target in node.targets:
        name = dotted(target).rpartition(".")[2]
        if name in _COMPARISONS and isinstance(node.value, ast.Lambda) and _looks_at_nothing(node.value):
            yield "equal-to-all", name


def _looks_at_nothing(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> bool:
    """Whether a comparison answers without a look at any of its parameters; one that raises gives no answer."""
    parts = list(ast.walk(node))
    given = {argument.arg for argument in (*node.args.posonlyargs, *node.args.args)}
    answers = isinstance(node, ast.Lambda) or any(isinstance(part, ast.Return) and part.value for part in parts)
    return answers and not any(
        isinstance(part, ast.Name) and (part.id in given or part.id in {"super", "NotImplemented"}) for part in parts
    )


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def functions(tree: ast.Module) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function by qualified name; the last of several with one name."""
    return dict(_named(tree, ""))


def _named(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + child.name, child
        name = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else ""
        yield from _named(child, f"{prefix}{name}." if name else prefix)


def emptied(before: ast.Module, after: ast.Module) -> Iterator[str]:
    """Functions that did something before and do nothing after."""
    old = functions(before)
    for name, node in functions(after).items():
        if name in old and _does_nothing(node) and not _does_nothing(old[name]):
            yield name


def _does_nothing(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return all(_is_idle(statement) for statement in node.body)


def _is_idle(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Return):
        return statement.value is None or (isinstance(statement.value, ast.Constant) and statement.value.value is None)
    return isinstance(statement, ast.Pass) or _is_docstring(statement)
