"""What several tests of the room need."""

import json

import npmpack
import pytest


@pytest.fixture(scope="session")
def examples(tmp_path_factory):
    """The examples that GitHub gives of its webhooks."""
    folder = tmp_path_factory.getbasetemp().parent / "dspy-ci-npm"
    path = npmpack.fetched("@octokit/webhooks-examples@7", folder, "api.github.com/index.json")
    return [(one["name"], example) for one in json.loads(path.read_text()) for example in one["examples"]]
