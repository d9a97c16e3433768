"""What a recorded coverage run knows: which test files executed which files."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

_QUERY = """
SELECT DISTINCT file.path, context.context FROM line_bits
JOIN file ON file.id = line_bits.file_id JOIN context ON context.id = line_bits.context_id
WHERE context.context LIKE '%::%'
"""


def executed_by(root: Path, changed: Collection[str]) -> frozenset[str]:
    """The test files that executed one of the changed files, by `.coverage` with contexts; none without it."""
    path = root / ".coverage"
    if not path.is_file():
        return frozenset()
    wanted = {str((root / name).resolve()) for name in changed} | set(changed)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as file:
            rows = file.execute(_QUERY).fetchall()
    except sqlite3.Error:
        return frozenset()
    return frozenset(context.split("::")[0] for name, context in rows if name in wanted)
