"""Whatever GitHub itself gives as an example of an event tells a job what it is about."""

import json

import pytest

from dspy_ci.adapters.actionsevent import event


@pytest.fixture
def told(tmp_path):
    """The event of a job that a payload started."""

    def read(name, payload):
        path = tmp_path / "event.json"
        path.write_text(json.dumps(payload))
        env = {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(path), "GITHUB_REPOSITORY": "o/r",
               "GITHUB_SHA": "1" * 40, "GITHUB_REF_NAME": "main", "GITHUB_RUN_ID": "12"}  # fmt: skip
        return event(env)

    return read


def test_every_example_of_github_is_understood(told, examples):
    assert len(examples) > 300
    for name, payload in examples:
        found = told(name, payload)
        assert len(found.head_sha) == 40, name


def test_a_pull_request_tells_head_and_base(told, examples):
    payloads = [payload for name, payload in examples if name == "pull_request"]
    assert payloads
    for payload in payloads:
        pull, found = payload["pull_request"], told("pull_request", payload)
        assert (found.pull, found.head_sha) == (pull["number"], pull["head"]["sha"])
        assert (found.base_sha, found.base_ref) == (pull["base"]["sha"], pull["base"]["ref"])
        assert found.head_repo == (pull["head"]["repo"] or {"full_name": ""})["full_name"]


def test_a_run_that_ended_tells_its_head_and_never_its_pull_request(told, examples):
    payloads = [payload for name, payload in examples if name == "workflow_run"]
    assert payloads
    for payload in payloads:
        run, found = payload["workflow_run"], told("workflow_run", payload)
        assert (found.run_id, found.head_sha, found.pull) == (run["id"], run["head_sha"], None)
        assert found.head_repo == run["head_repository"]["full_name"]
