import pytest
from fakegithub import QUICK, FakeGitHub, fill

from dspy_ci.adapters.github.forge import GitHub


@pytest.fixture
def hub(api):
    """A pull request with one changed file; at the end every request must have been one that GitHub describes."""
    with FakeGitHub(api) as hub:
        fill(hub)
        yield hub
        assert hub.problems == []


@pytest.fixture
def forge(hub):
    return GitHub("o/r", hub.token, api=hub.url, pace=QUICK)
