"""How many spoiled diffs still become the right patch: this project's own history, and edits of other people's files.

Run with `nox -s bench`. DSPY_CI_BENCH_SDISTS may name a folder of unpacked source distributions; otherwise files of
the standard library stand in for them.
"""

from __future__ import annotations

import os
import random
import subprocess
import sysconfig
from collections import Counter
from pathlib import Path

from corruptions import CORRUPTIONS

from dspy_ci.codebase.snapshot import Snapshot, Source, parse
from dspy_ci.patches.applier import Unapplied, applied
from dspy_ci.patches.diff import unified

ROOT = Path(__file__).parents[2]
CASES = 60


def git(*args):
    return subprocess.run(["git", "-C", str(ROOT), *args], capture_output=True, check=True).stdout


def from_history():
    """One-file changes of Python files, as they were made."""
    log = git("log", "--no-merges", "--diff-filter=M", "--format=%x00%H", "--name-only", "--", "*.py").decode()
    for entry in log.split("\0")[1:]:
        commit, *paths = entry.split()
        for path in paths[:3]:
            before, after = (git("show", f"{at}:{path}").decode() for at in (f"{commit}~", commit))
            yield path, before, after


def from_files(chance):
    """Small edits of files that other people wrote: a name changed, a line added, a line removed."""
    folder = Path(os.environ.get("DSPY_CI_BENCH_SDISTS") or sysconfig.get_path("stdlib"))
    paths = sorted(folder.rglob("*.py") if os.environ.get("DSPY_CI_BENCH_SDISTS") else folder.glob("*.py"))
    for path in chance.sample(paths, min(len(paths), 150)):
        try:
            before = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        after = edited(before, chance)
        if len(before) > 500 and after != before and parse(after):
            yield path.name, before, after


def edited(text, chance):
    lines = text.split("\n")
    for _ in range(chance.randint(1, 3)):
        i = chance.randrange(len(lines))
        kind = chance.choice(("rename", "add", "remove"))
        if kind == "add":
            indent = lines[i][: len(lines[i]) - len(lines[i].lstrip())]
            lines.insert(i, f"{indent}note = {chance.randint(0, 99)}")
        elif kind == "remove" and lines[i].strip():
            del lines[i]
        else:
            lines[i] = lines[i].replace("e", "ee", 1)
    return "\n".join(lines)


def tally(cases, chance):
    counted = {corrupt.__name__: Counter() for corrupt in CORRUPTIONS}
    for path, before, after in cases:
        diff = unified(path, Source(before), Source(after))
        for corrupt in CORRUPTIONS:
            text, base = corrupt(diff, before, chance)
            _, expected = corrupt(diff, after, chance)
            patch = applied(text, Snapshot.of({path: base}))
            if isinstance(patch, Unapplied):
                counted[corrupt.__name__][patch.word] += 1
            else:
                right = patch.files[path] == expected.encode()
                counted[corrupt.__name__]["exact" if right else "wrong"] += 1
    return counted


def test_at_least_95_percent_are_exact_and_at_most_1_percent_wrong(capsys):
    chance = random.Random(7)
    for name, found in (("history", from_history()), ("files", from_files(chance))):
        cases = list(found)
        cases = chance.sample(cases, min(CASES, len(cases)))
        counted = tally(cases, chance)
        total = sum((counts for counts in counted.values()), Counter())
        number = sum(total.values())
        with capsys.disabled():
            shares = ", ".join(f"{100 * total[word] / number:.1f} % {word}" for word in ("exact", "wrong"))
            print(f"\n{name}: {len(cases)} changes, {number} texts, {shares}")
            for corruption, counts in counted.items():
                print(f"  {corruption:18} {dict(counts)}")
        assert total["exact"] >= 0.95 * number
        assert total["wrong"] <= 0.01 * number
