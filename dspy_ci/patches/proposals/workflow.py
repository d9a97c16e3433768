"""Commands and actions that CI no longer knows; a workflow runs elsewhere, so nothing here can prove its cure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.patches.proposal import Proposal
from dspy_ci.suspects.evidence import Evidence

NAME = "workflow-commands"

_TOLD = re.compile(
    r"`?(?:set-output|save-state|set-env|add-path)`? command is (?:deprecated|disabled)"
    r"|deprecated version of `?actions/|Node(?:\.js)? ?1\d actions are deprecated|uses: actions/\S+@v\d"
)
_COMMANDS = (
    (
        re.compile(r"echo\s+([\"']?)::set-output name=([\w-]+)::(.*?)\1\s*$", re.MULTILINE),
        r"echo \1\2=\3\1 >> $GITHUB_OUTPUT",
    ),
    (
        re.compile(r"echo\s+([\"']?)::save-state name=([\w-]+)::(.*?)\1\s*$", re.MULTILINE),
        r"echo \1\2=\3\1 >> $GITHUB_STATE",
    ),
    (
        re.compile(r"echo\s+([\"']?)::set-env name=([\w-]+)::(.*?)\1\s*$", re.MULTILINE),
        r"echo \1\2=\3\1 >> $GITHUB_ENV",
    ),
    (re.compile(r"echo\s+([\"']?)::add-path::(.*?)\1\s*$", re.MULTILINE), r"echo \1\2\1 >> $GITHUB_PATH"),
)
_NEWEST: Mapping[str, int] = {
    "checkout": 4, "setup-python": 5, "setup-node": 4, "cache": 4, "upload-artifact": 4, "download-artifact": 4,
    "setup-go": 5, "setup-java": 4, "github-script": 7,
}  # fmt: skip
_USES = re.compile(r"(?P<head>uses:\s*[\"']?actions/(?P<name>[\w-]+)@v)(?P<major>\d+)(?:\.[\d.]+)?")


def proposals(failure: Failure, evidence: Evidence) -> Iterator[Proposal]:
    """The workflow files with the words that are understood now."""
    if not _TOLD.search(failure.message):
        return
    edits = []
    for path in evidence.snapshot.paths:
        text = (
            evidence.snapshot.text(path) if path.startswith(".github/") and path.endswith((".yml", ".yaml")) else None
        )
        new = _rewritten(text) if text else text
        if text and new and new != text:
            edits.append(Edit(path, 0, len(text), new))
    if edits:
        said = "The workflow uses commands or actions that are deprecated; it runs elsewhere, so this is not proved."
        yield Proposal(NAME, said, None, Patch(evidence.snapshot, tuple(edits), "proposal", "").diff)


def _rewritten(text: str) -> str:
    for pattern, new in _COMMANDS:
        text = pattern.sub(new, text)
    return _USES.sub(_newer, text)


def _newer(found: re.Match[str]) -> str:
    newest = _NEWEST.get(found["name"], 0)
    return f"{found['head']}{newest}" if int(found["major"]) < newest else found[0]
