"""A real server on loopback, spoken to through real sockets."""

import http.client
import socket
import threading
import time

import pytest

pytest.importorskip("starlette", reason="the extra `bot` is not installed")
pytest.importorskip("uvicorn", reason="the extra `bot` is not installed")

import uvicorn

from dspy_ci.adapters import webserver
from dspy_ci.errors import MissingError
from dspy_ci.requests.intake import Answer


@pytest.fixture
def served():
    """Start a server for a receiving function; its port."""
    running = []

    def start(receive=lambda headers, body: Answer(202, "queued"), wrong=None, **options):
        seconds = []
        site = webserver.Site(receive, lambda: wrong, lambda: "# metrics\n", seconds.append, **options)
        where = webserver.listening("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(webserver.application(site), log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [where]})
        thread.start()
        running.append((server, thread, where))
        return where.getsockname()[1]

    yield start
    for server, thread, where in running:
        server.should_exit = True
        thread.join(10)
        where.close()


def ask(port, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def test_the_very_bytes_and_the_headers_arrive(served):
    got = []
    port = served(lambda headers, body: got.append((headers["x-github-event"], body)) or Answer(202, "queued"))
    data = b'\xef\xbb\xbf {"a":\r\n 1}\x00'
    assert ask(port, "POST", "/webhook", data, **{"X-GitHub-Event": "ping"})[0] == 202
    assert ask(port, "POST", "/", data, **{"X-GitHub-Event": "push"})[0] == 202
    assert got == [("ping", data), ("push", data)]


def test_back_pressure_says_when_to_come_again(served):
    status, _, headers = ask(served(lambda *_: Answer(503, "full", "", 30)), "POST", "/webhook", b"x")
    assert (status, headers["Retry-After"]) == (503, "30")


def test_a_store_that_fails_is_back_pressure_too(served):
    def fail(headers, body):
        raise MissingError("disk full")

    status, text, headers = ask(served(fail), "POST", "/webhook", b"x")
    assert (status, headers["Retry-After"]) == (503, "30")
    assert b"disk" not in text


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_that_is_too_large_is_cut_off(served, declared):
    got = []
    port = served(lambda *args: got.append(args) or Answer(202, "queued"), largest=1000)
    data = b"x" * 2000
    status, *_ = ask(port, "POST", "/webhook", data if declared else iter([data]))
    assert status == 413
    assert got == []


def test_a_body_that_does_not_come_is_not_waited_for(served, monkeypatch):
    monkeypatch.setattr(webserver, "_SLOW", 0.2)
    port = served()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as slow:
        slow.sendall(b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        begun = time.monotonic()
        assert b" 408 " in slow.recv(200)
        assert time.monotonic() - begun < 8
    assert ask(port, "POST", "/webhook", b"x")[0] == 202


def test_a_sender_that_hangs_up_harms_nobody(served):
    got = []
    port = served(lambda *args: got.append(args) or Answer(202, "queued"))
    with socket.create_connection(("127.0.0.1", port), timeout=10) as gone:
        gone.sendall(b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    assert ask(port, "POST", "/webhook", b"x")[0] == 202
    assert [body for _, body in got] == [b"x"]


def test_health_and_metrics(served):
    port = served()
    assert ask(port, "GET", "/health")[:2] == (200, b'{"ok":true,"error":null}')
    assert ask(port, "GET", "/metrics")[:2] == (200, b"# metrics\n")
    assert ask(served(wrong="the disk is full"), "GET", "/health")[0] == 503


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/webhook", 405), ("PUT", "/webhook", 405), ("POST", "/health", 405), ("GET", "/etc/passwd", 404),
    ("GET", "/../x", 404),
])  # fmt: skip
def test_nothing_else_is_served(served, method, path, status):
    assert ask(served(), method, path)[0] == status


def test_a_port_that_is_taken_is_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(MissingError, match="cannot listen"):
        webserver.listening("127.0.0.1", taken.getsockname()[1])
