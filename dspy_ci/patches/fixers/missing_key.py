"""A key that is misspelt: a dictionary's, or an abstract method's name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.codebase.functions import Definition
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, defined_as, said, similar, site_at, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.suspects.evidence import Evidence

NAME = "missing-key"


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """The key as it is spelt elsewhere in the file; the method as the abstract class spells it."""
    if found := said(failure, r"^(?:KeyError: )?'(\w+)'$"):
        for site in sites(failure, evidence):
            yield from _respelt(found[1], site)
    if found := said(failure, r"abstract class (\w+) with(?:out an implementation for)? abstract methods? '?(\w+)"):
        yield from _implemented(found[1], found[2], evidence)


def _respelt(key: str, site: Site) -> Iterator[Patch]:
    texts = [n for n in ast.walk(site.tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    known = [str(node.value) for node in texts if str(node.value).isidentifier()]
    others = list(dict.fromkeys([*site.evidence.renamed.get(key, ()), *similar(key, known)]))
    for node in texts:
        if node.value == key and node.lineno <= site.line <= (node.end_lineno or node.lineno):
            for rank, other in enumerate(others):
                text = site.code(node).replace(key, other)
                yield site.patch(
                    [site.replace(node, text)], NAME, f"There is no `{key}`; there is `{other}`.", 0.9 - 0.1 * rank
                )


def _implemented(name: str, method: str, evidence: Evidence) -> Iterator[Patch]:
    for path in evidence.paths:
        site = site_at(evidence, path, 1)
        for node in ast.walk(site.tree) if site else ():
            if isinstance(node, ast.ClassDef) and node.name == name and site:
                own = {part.name: part for part in node.body if isinstance(part, Definition)}
                for other in similar(method, own, most=1):
                    why = f"`{name}` must have a method `{method}`; it has `{other}`."
                    yield site.patch([defined_as(own[other], method, site)], NAME, why, 0.95)
