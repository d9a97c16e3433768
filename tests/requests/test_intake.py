"""Forged, replayed and broken deliveries change nothing."""

import hashlib
import hmac
import json

import pytest

from dspy_ci.ports.store import MemoryStore
from dspy_ci.requests.intake import Intake
from dspy_ci.requests.queue import Queue
from dspy_ci.requests.signature import signature, signed

SECRET = b"it is a secret to everybody"
EVENT = {
    "action": "created",
    "issue": {"number": 7, "pull_request": {}},
    "comment": {
        "id": 100, "body": "/dspy fix\nplease", "user": {"login": "ann", "type": "User"}, "author_association": "NONE",
    },
    "repository": {"full_name": "o/r"},
    "sender": {"login": "ann", "type": "User"},
}  # fmt: skip


@pytest.fixture
def intake():
    return Intake(SECRET, Queue(MemoryStore(), capacity=5))


def body(**comment):
    return json.dumps(EVENT | {"comment": EVENT["comment"] | comment}).encode()


def headers(data, delivery="a1b2", event="issue_comment", **others):
    sign = "sha256=" + hmac.new(SECRET, data, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": sign, "x-github-event": event, "x-github-delivery": delivery, **others}


def test_the_example_of_the_documentation_is_signed():
    text, sign = b"Hello, World!", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert signature(b"It's a Secret to Everybody", text) == sign
    assert signed(b"It's a Secret to Everybody", text, sign)


def test_a_command_is_queued_with_its_first_line_only(intake):
    data = body()
    assert intake.receive(headers(data), data)[:2] == (202, "queued")
    assert intake.queue.take(0).said.body == "/dspy fix"


GOOD = signature(SECRET, body())
FORGED = [
    None, "", "sha256=", GOOD[:-1], GOOD + "0", GOOD.upper(), GOOD.removeprefix("sha256="), "sha1=" + GOOD[7:],
    " " + GOOD,
    signature(b"another secret", body()), signature(b"", body()), signature(SECRET, b""),
    signature(SECRET, body() + b" "),
    "sha256=" + "0" * 64, "sha256=ä", "sha256=\udcff", GOOD + ", " + GOOD,
]  # fmt: skip


@pytest.mark.parametrize("sign", FORGED, ids=range(len(FORGED)))
def test_a_wrong_signature_is_401_and_nothing_else(intake, sign):
    data = body()
    given = headers(data) | {"x-hub-signature-256": sign}
    if sign is None:
        del given["x-hub-signature-256"]
    assert intake.receive(given, data)[:2] == (401, "unsigned")
    assert len(intake.queue) == 0


def test_without_a_secret_nobody_is_let_in():
    data = body()
    open_door = Intake(b"", Queue(MemoryStore()))
    given = headers(data) | {"x-hub-signature-256": signature(b"", data)}
    assert open_door.receive(given, data).status == 401


def test_a_signature_of_the_old_kind_is_not_enough(intake):
    data = body()
    given = headers(data)
    del given["x-hub-signature-256"]
    given["x-hub-signature"] = "sha1=" + hmac.new(SECRET, data, hashlib.sha1).hexdigest()
    assert intake.receive(given, data).status == 401


def test_a_repeated_delivery_is_known(intake):
    data = body()
    assert [intake.receive(headers(data), data).word for _ in range(3)] == ["queued", "known", "known"]


def test_a_delivery_that_is_replayed_under_another_name_is_known(intake):
    data = body()
    intake.receive(headers(data), data)
    assert intake.receive(headers(data, delivery="ffff"), data).word == "known"
    intake.queue.done(intake.queue.take(0), "ok")
    assert intake.receive(headers(data, delivery="eeee"), data).word == "known"


def test_a_full_queue_is_503_with_the_time_to_wait(intake):
    for comment in range(1, 6):
        data = body(id=comment)
        assert intake.receive(headers(data), data).status == 202
    data = body(id=6)
    answer = intake.receive(headers(data), data)
    assert (answer.status, answer.word) == (503, "full")
    assert answer.retry_after


DEEP = 200_000
BOMBS = [
    b"", b"{", b"null", b"[]", b"1", b'"text"', b"\xff\xfe", b"{}" * 2, b"[" * DEEP, b"[" * DEEP + b"]" * DEEP,
    b'{"a":' * DEEP + b"1" + b"}" * DEEP, b"1" * 10_000, b"NaN", b'{"action": 1e999}', b"\x00", b"\xef\xbb\xbf{}",
    b'{"action":"created","issue":' + b"[" * DEEP + b"]" * DEEP + b"}",
    json.dumps({"action": "created", "issue": {"number": "1" * 5000}}).encode(),
    b'{"action":"created","issue":{"pull_request":{},"number":' + b"9" * 5000 + b"}}",
    b'{"action":"created","comment":{"body":"/dspy fix"}}',
]  # fmt: skip


@pytest.mark.parametrize("data", BOMBS, ids=range(len(BOMBS)))
def test_bombs_that_are_signed_are_refused_without_a_trace(intake, data):
    assert intake.receive(headers(data), data).word in {"broken", "ignored"}
    assert len(intake.queue) == 0


@pytest.mark.parametrize("delivery", ["", "a b", "../x", "a\n", "é", "x" * 101, "a;drop"])
def test_a_delivery_without_a_proper_id_is_broken(intake, delivery):
    data = body()
    assert intake.receive(headers(data, delivery=delivery), data).status == 400


@pytest.mark.parametrize("event", ["", "ISSUE_COMMENT", "issue-comment", "a" * 61, "issue_comment\n"])
def test_an_event_without_a_proper_name_is_broken(intake, event):
    data = body()
    assert intake.receive(headers(data, event=event), data).status == 400


@pytest.mark.parametrize("comment", [
    {"body": "> /dspy fix"}, {"body": "thanks"}, {"body": "```\n/dspy fix"}, {"user": {"login": "eve", "type": "User"}},
    {"user": {"login": "ann", "type": "Bot"}}, {"created_at": "1", "updated_at": "2"},
])  # fmt: skip
def test_what_is_no_command_never_reaches_the_queue(intake, comment):
    data = body(**comment)
    answer = intake.receive(headers(data), data)
    assert (answer.status, answer.word) == (200, "ignored")
    assert len(intake.queue) == 0


def test_a_ping_is_answered(intake):
    data = b'{"zen": "Keep it logically awesome."}'
    assert intake.receive(headers(data, event="ping"), data).status == 200


def test_only_the_repositories_that_were_named_count():
    intake = Intake(SECRET, Queue(MemoryStore()), repos=frozenset({"o/other"}))
    data = body()
    assert intake.receive(headers(data), data).word == "ignored"


def test_a_line_that_is_too_long_stays_too_long(intake):
    data = body(body="/dspy fix " + "x" * 60_000)
    assert intake.receive(headers(data), data).word == "queued"
    assert 4000 < len(intake.queue.take(0).said.body) <= 5000


def test_every_delivery_is_counted(intake):
    data = body()
    for _ in range(2):
        intake.receive(headers(data), data)
    intake.receive({}, data)
    text = intake.metrics.text({"queue_depth": 1})
    assert 'dspy_ci_bot_deliveries_total{result="known"} 1' in text
    assert 'dspy_ci_bot_deliveries_total{result="unsigned"} 1' in text
    assert "dspy_ci_bot_queue_depth 1" in text


@pytest.mark.slow
def test_every_example_of_github_is_acknowledged_and_none_is_taken_for_a_command(intake, examples):
    for name, example in examples:
        data = json.dumps(example).encode()
        answer = intake.receive(headers(data, event=name), data)
        assert (answer.status, answer.word) == (200, "ignored"), (name, answer)
    assert len(intake.queue) == 0
