"""Tokens of a GitHub App, from a server on loopback that checks who asks."""

import json
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dspy_ci.adapters.github.apps import AppTokens, read_key
from dspy_ci.errors import Forbidden, MissingError, Unreachable

pytest.importorskip("github", reason="the extra `github` is not installed")
jwt = pytest.importorskip("jwt", reason="comes with PyGithub")
rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa", reason="comes with PyGithub")
serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization", reason="comes with PyGithub")


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def pem(key):
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form).decode()


@pytest.fixture
def server(key):
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            self.answer({"id": 5} if self.path == "/repos/o/r/installation" else None)

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            ends = datetime.now(timezone.utc) + timedelta(seconds=running.lasting)
            given = {"token": f"token-{len(running.asked)}", "expires_at": ends.strftime("%Y-%m-%dT%H:%M:%SZ")}
            self.answer(given if self.path == "/app/installations/5/access_tokens" else None, 201)

        def answer(self, value, status=200):
            running.asked.append(self.path)
            token = self.headers["Authorization"].removeprefix("Bearer ")
            claims = jwt.decode(token, key.public_key(), algorithms=["RS256"])
            status = running.status or (status if value and claims["iss"] == "12" else 404)
            data = json.dumps(value or {"message": "no"}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.asked, running.lasting, running.status = [], 3600, None
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


def tokens(server, pem, app=12):
    return AppTokens(app, pem, f"http://127.0.0.1:{server.server_address[1]}")


def test_a_token_is_made_once_and_used_again(server, pem):
    known = tokens(server, pem)
    assert known.token("o/r", 5) == known.token("o/r", 5) == "token-0"
    assert server.asked == ["/app/installations/5/access_tokens"]


def test_an_event_without_installation_is_looked_up(server, pem):
    assert tokens(server, pem).token("o/r", None)
    assert server.asked[0] == "/repos/o/r/installation"


def test_a_token_that_is_about_to_end_is_made_anew(server, pem):
    server.lasting = 60
    known = tokens(server, pem)
    assert known.token("o/r", 5) != known.token("o/r", 5)


def test_an_app_that_is_not_installed_is_a_sentence(server, pem):
    with pytest.raises(Forbidden, match="no token"):
        tokens(server, pem).token("o/other", None)


def test_a_server_that_is_away_is_tried_later(server, pem):
    server.status = 502
    with pytest.raises(Unreachable):
        tokens(server, pem).token("o/r", 5)


def test_the_key_is_never_shown(server, pem):
    assert "PRIVATE" not in repr(tokens(server, pem))


def test_a_key_that_is_none_is_a_sentence(tmp_path, pem):
    (tmp_path / "key.pem").write_text(pem)
    assert read_key(tmp_path / "key.pem") == pem
    (tmp_path / "other").write_text("hello")
    for name in ("other", "absent"):
        with pytest.raises(MissingError):
            read_key(tmp_path / name)
