"""Which tests go to one worker: those of a file that share what takes long to make; all others where there is room."""

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[2]


@cache
def shares(path):
    """Whether a fixture of the file, or of its folder, outlives a test."""
    files = (ROOT / path, (ROOT / path).parent / "conftest.py")
    return any('scope="' in file.read_text() for file in files if file.is_file())


class Spreading(LoadScopeScheduling):
    """The largest groups first, then single tests."""

    def _split_scope(self, nodeid):
        path = nodeid.partition("::")[0]
        return path if shares(path) else nodeid
