"""A model server that follows a script, over real HTTP on the loopback: the dialects of OpenAI and of Ollama.

    with ModelServer(script) as server:
        server.url      # http://127.0.0.1:PORT, without a path
        server.asked    # every question so far: path, headers, body

The script is a function of the question, or a list of answers in order whose last one is repeated. An answer is a text,
a `Say` with usage or an end, or a `Break`: a status, raw bytes, silence, a reset.
"""

import json
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Question:
    """What a client sent."""

    path: str
    headers: dict
    body: dict

    @property
    def system(self):
        return "\n".join(turn["content"] for turn in self.body["messages"] if turn["role"] == "system")

    @property
    def user(self):
        return self.body["messages"][-1]["content"]

    @property
    def text(self):
        return "\n".join(turn["content"] for turn in self.body.get("messages", []))


@dataclass(frozen=True)
class Say:
    """A good answer; `ended` is `stop` or `length`; None leaves the usage out."""

    text: str | None
    prompt: int | None = 100
    completion: int | None = 20
    ended: str = "stop"


@dataclass(frozen=True)
class Break:
    """Anything but a good answer."""

    status: int = 200
    body: bytes | dict | str = b""
    headers: dict = field(default_factory=dict)
    wait: float = 0.0
    """Seconds of silence before it."""
    drip: float = 0.0
    """Seconds between single bytes of the body."""
    reset: bool = False
    """Close the connection in the middle of the answer."""


def refusal(status, text, code=None, **headers):
    """An error in OpenAI's shape."""
    return Break(status, {"error": {"message": text, "type": "error", "code": code}}, headers)


TROUBLES = {
    "slow": (Break(200, b"{}", wait=3.0), "timeout"),
    "dripping": (Break(200, b"{" + b" " * 400 + b"}", drip=0.02), "timeout"),
    "cut": (Break(200, b'{"choices": [', reset=True), "cut"),
    "garbage": (Break(200, b"<html>Welcome</html>", {"Content-Type": "text/html"}), "garbage"),
    "wrong-format": (Break(200, {"result": 42}), "empty"),
    "no-choices": (Break(200, {"choices": []}), "empty"),
    "list": (Break(200, b"[1, 2]"), "garbage"),
    "bytes": (Break(200, b"\x00\xff\xfe" * 40), "garbage"),
    "redirect": (Break(302, b"", {"Location": "http://127.0.0.1:9/elsewhere"}), "redirect"),
    "401": (refusal(401, "Incorrect API key provided"), "auth"),
    "403": (refusal(403, "no access"), "auth"),
    "404": (refusal(404, "The model does not exist", "model_not_found"), "missing"),
    "429": (refusal(429, "Rate limit reached", "rate_limit_exceeded", **{"Retry-After": "0"}), "rate"),
    "billing": (refusal(429, "You exceeded your current quota", "insufficient_quota"), "billing"),
    "too-long": (refusal(400, "maximum context length is 4096 tokens", "context_length_exceeded"), "too-long"),
    "400": (refusal(400, "I do not like it"), "refused"),
    "500": (refusal(500, "out of order", **{"Retry-After": "0"}), "server"),
    "503": (Break(503, b"<h1>busy</h1>", {"Retry-After": "0"}), "server"),
    "empty": (Say(""), "empty"),
    "null": (Say(None), "empty"),
    "thoughts only": (Say("<think>what was the question"), "empty"),
    "truncated": (Say("def add(a, b):\n    ret", ended="length"), "truncated"),
}
"""By name: what the server does, and the kind of ModelError that it ends in."""


class ModelServer:
    """See the module."""

    def __init__(self, script, models=("scripted",)):
        self.script, self.models = script, models
        self.asked = []
        self._lock = threading.Lock()

    def __enter__(self):
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"owner": self}))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def v1(self):
        return f"{self.url}/v1"

    @property
    def count(self):
        return len(self.asked)

    def answer(self, question):
        with self._lock:
            number = len(self.asked)
            self.asked.append(question)
            if callable(self.script):
                return self.script(question)
            return self.script[min(number, len(self.script) - 1)]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path == "/v1/models":
            self._send(200, {"object": "list", "data": [{"id": name} for name in self.owner.models]})
        elif self.path == "/api/tags":
            self._send(200, {"models": [{"name": name} for name in self.owner.models]})
        else:
            self._send(404, {"error": {"message": f"no route {self.path}"}})

    def do_POST(self):
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        question = Question(self.path, {name.lower(): value for name, value in self.headers.items()}, json.loads(data))
        if self.path not in {"/v1/chat/completions", "/api/chat"}:
            self._send(404, {"error": {"message": f"no route {self.path}"}})
            return
        said = self.owner.answer(question)
        if isinstance(said, Break):
            self._break(said)
        else:
            self._send(200, self._said(said if isinstance(said, Say) else Say(said), question))

    def _said(self, say, question):
        if self.path == "/api/chat":
            found = {
                "model": question.body["model"],
                "message": {"role": "assistant", "content": say.text},
                "done": True,
                "done_reason": say.ended,
            }
            counts = {"prompt_eval_count": say.prompt, "eval_count": say.completion}
            return {**found, **{name: value for name, value in counts.items() if value is not None}}
        choice = {"index": 0, "message": {"role": "assistant", "content": say.text}, "finish_reason": say.ended}
        found = {"id": "x", "object": "chat.completion", "model": question.body["model"], "choices": [choice]}
        if say.prompt is not None:
            total = say.prompt + say.completion
            found["usage"] = {"prompt_tokens": say.prompt, "completion_tokens": say.completion, "total_tokens": total}
        return found

    def _break(self, how):
        time.sleep(how.wait)
        body = how.body
        if isinstance(body, dict):
            if self.path == "/api/chat" and "error" in body:
                body = {"error": body["error"]["message"]}
            body = json.dumps(body)
        data = body.encode() if isinstance(body, str) else body
        try:
            self._head(how.status, len(data) + 1000 * how.reset, how.headers)
            if how.drip:
                for byte in data:
                    self.wfile.write(bytes([byte]))
                    time.sleep(how.drip)
            else:
                self.wfile.write(data)
            self.wfile.flush()
        except OSError:
            return
        if how.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True

    def _send(self, status, body):
        data = json.dumps(body).encode()
        try:
            self._head(status, len(data), {})
            self.wfile.write(data)
        except OSError:
            pass

    def _head(self, status, length, headers):
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()


def unused_port():
    """A port at which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
