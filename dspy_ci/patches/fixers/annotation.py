"""An annotation that the code contradicts: a None that is not declared, a result of another type."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from dspy_ci.codebase.functions import Definition
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, said, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence

NAME = "annotation"

_DEFAULT = (
    r'Incompatible default for (?:argument|parameter) "(?P<name>\w+)" \(default has type "None"'
    r'|Expression of type "None" cannot be assigned to parameter of type'
    r"|PEP 484 prohibits implicit `Optional`"
)
_ASSIGNED = (
    r'Incompatible types in assignment \(expression has type "(?P<got>[^"]+)", (?:variable|base class) ?.*has type'
    r'|Type "(?P<pyright>[^"]+)" is not assignable to declared type'
)
_RETURNED = (
    r'Incompatible return value type \(got "(?P<got>[^"]+)", expected'
    r'|Type "(?P<pyright>[^"]+)" is not assignable to return type'
)
_FELL = r"^Missing return statement|Function with declared return type .* must return value"
_BARE = r"Function is missing a return type annotation|Function is missing a type annotation$"


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """The annotation as the code uses it; whether the tests and the checker agree is for the judge to say."""
    if failure.kind not in {"type", "lint"}:
        return
    for site in sites(failure, evidence):
        if found := said(failure, _DEFAULT):
            yield from _optional_parameter(found.groupdict().get("name"), site)
        elif found := said(failure, _ASSIGNED):
            yield from _assigned(found["got"] or found["pyright"], site)
        elif found := said(failure, _RETURNED):
            yield from _returned(found["got"] or found["pyright"], site)
        elif said(failure, _FELL):
            yield from _returned("None", site)
        elif said(failure, _BARE):
            yield from _nothing(site)
        return


def _optional_parameter(name: str | None, site: Site) -> Iterator[Patch]:
    """`x: int | None = None`, for the parameters with the default None on that line."""
    for function in (node for node in ast.walk(site.tree) if isinstance(node, Definition)):
        spec = function.args
        plain = [*spec.posonlyargs, *spec.args]
        pairs = [*zip(plain[len(plain) - len(spec.defaults) :], spec.defaults, strict=True)]
        pairs += [(part, value) for part, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if value]
        spans = [
            site.replace(part.annotation, _with_none(site.code(part.annotation), site))
            for part, value in pairs
            if part.annotation and (part.arg == name if name else part.lineno == site.line) and _is_none(value)
            and function.lineno <= site.line <= (function.body[0].lineno)
        ]  # fmt: skip
        if spans:
            yield site.patch(spans, NAME, "The default is None, so None has to be declared.", 0.97)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _with_none(code: str, site: Site) -> str:
    return f"Optional[{code}]" if "Optional" in site.scope.globals else f"{code} | None"


def _assigned(got: str, site: Site) -> Iterator[Patch]:
    for node in ast.walk(site.tree):
        if isinstance(node, ast.AnnAssign) and node.lineno <= site.line <= (node.end_lineno or 0):
            yield from _changed(node.annotation, got, site, "the value that it gets")


def _returned(got: str, site: Site) -> Iterator[Patch]:
    around = [
        n for n in ast.walk(site.tree) if isinstance(n, Definition) and n.lineno <= site.line <= (n.end_lineno or 0)
    ]
    function = max(around, key=lambda node: node.lineno, default=None)
    if function and function.returns:
        yield from _changed(function.returns, got, site, "what it returns")


def _changed(annotation: ast.expr, got: str, site: Site, what: str) -> Iterator[Patch]:
    old, new = site.code(annotation), _written(got, site)
    if new == "None":
        yield site.patch([site.replace(annotation, _with_none(old, site))], NAME, f"None is {what}, too.", 0.9)
    elif new and new != old:
        yield site.patch([site.replace(annotation, new)], NAME, f"`{new}` is {what}, not `{old}`.", 0.85)
        if "|" not in new and new not in old.split(" | "):
            both = f"{old} | {new}"
            yield site.patch([site.replace(annotation, both)], NAME, f"`{new}` is {what}, too.", 0.8)


def _written(shown: str, site: Site) -> str | None:
    """A type as the checker prints it, when every name of it is known here."""
    text = re.sub(r"\bbuiltins\.|Literal\[[^\]]*\]\?", "", shown)
    names = re.findall(r"[A-Za-z_][\w.]*", text)
    known = all(name == "None" or hasattr(builtins, name) or name in site.scope.globals for name in names)
    return text if text and known and re.fullmatch(r"[\w\[\], |.]+", text) else None


def _nothing(site: Site) -> Iterator[Patch]:
    """`-> None` for a function that returns nothing and whose parameters are annotated."""
    for node in ast.walk(site.tree):
        if not isinstance(node, Definition) or node.lineno != site.line or node.returns:
            continue
        gives = [
            n
            for n in ast.walk(node)
            if isinstance(n, ast.Yield | ast.YieldFrom) or (isinstance(n, ast.Return) and n.value)
        ]
        head = site.spans.text[site.spans.offset(node.lineno, node.col_offset) : site.spans.of(node.body[0])[0]]
        match = re.search(r"\)(\s*):[^()]*$", head)
        if not gives and match:
            at = site.spans.offset(node.lineno, node.col_offset) + match.start(1)
            yield site.patch([Span(at, at, " -> None")], NAME, f"`{node.name}` returns nothing.", 0.95)
