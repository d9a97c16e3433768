"""A webhook server under load: a small forge on loopback, deliveries from several threads, and kills in between."""

import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "a secret of the load test"
ME = "our-app[bot]"
SHA = "a" * 40


class Hub(ThreadingHTTPServer):
    """As much of a forge as answering a comment takes; it remembers every answer."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, api=None):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api, self.problems, self.seen = api, [], set()
        self.comments, self.reactions, self.requests = {}, Counter(), 0
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """A bot that was killed has hung up; nothing to say about that."""

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def check(self, method, target, body=None):
        """Hold a request against GitHub's description of its API, once for each kind of request."""
        path, _, query = target.partition("?")
        kind = method, re.sub(r"\d+", "0", path), tuple(sorted(body or ()))
        if self.api and path != "/graphql" and kind not in self.seen:
            self.seen.add(kind)
            self.problems += self.api.problems(method, path, query, body)

    def answered(self):
        """Comment id -> how many answers of ours name it."""
        with self.lock:
            bodies = [body for said in self.comments.values() for body in said]
        return Counter(
            int(found[1]) for body in bodies if (found := re.match(r"<!-- dspy-ci:answer:1 comment=(\d+)", body))
        )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.check("GET", self.path)
        path, _, query = self.path.partition("?")
        if match := re.search(r"/collaborators/([^/]+)/permission$", path):
            self._say(
                {
                    "permission": "write" if match[1] != "eve" else "read",
                    "role_name": "write" if match[1] != "eve" else "read",
                }
            )
        elif match := re.search(r"/pulls/(\d+)$", path):
            self._say(_pull(int(match[1])))
        elif re.search(r"/pulls/\d+/(?:files|comments)$", path):
            self._say([])
        elif match := re.search(r"/issues/(\d+)/comments$", path):
            self._say(self._page(int(match[1]), int(re.search(r"[?&]page=(\d+)", f"?{query}")[1])))
        else:
            self._say({"message": "Not Found"}, 404)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.check("POST", self.path, body)
        if self.path == "/graphql":
            threads = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}
            self._say({"data": {"viewer": {"login": ME}, "repository": {"pullRequest": {"reviewThreads": threads}}}})
        elif match := re.search(r"/issues/comments/(\d+)/reactions$", self.path):
            with self.server.lock:
                self.server.reactions[int(match[1]), body["content"]] += 1
            self._say({"id": 1, "user": {"login": ME, "type": "Bot"}}, 201)
        elif match := re.search(r"/issues/(\d+)/comments$", self.path):
            with self.server.lock:
                said = self.server.comments.setdefault(int(match[1]), [])
                said.append(body["body"])
            self._say(_comment(int(match[1]), len(said), body["body"]), 201)
        else:
            self._say({"message": "Not Found"}, 404)

    def _page(self, number, page):
        with self.server.lock:
            said = list(self.server.comments.get(number, ()))
        first = (page - 1) * 100
        self.more = len(said) > first + 100
        return [_comment(number, place + 1, body) for place, body in enumerate(said)][first : first + 100]

    def _say(self, value, status=200):
        data = json.dumps(value).encode()
        with self.server.lock:
            self.server.requests += 1
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if getattr(self, "more", False):
            self.send_header("Link", '<http://127.0.0.1/next>; rel="next"')
            self.more = False
        self.end_headers()
        self.wfile.write(data)


def _comment(number, place, body):
    user = {"login": ME, "type": "Bot"}
    return {"id": number * 100_000 + place, "user": user, "body": body, "created_at": "2026-01-02T03:04:05Z"}


def _pull(number):
    side = {"sha": SHA, "ref": "topic", "repo": {"full_name": "o/r"}}
    return {
        "number": number,
        "title": "t",
        "user": {"login": "ann", "type": "User"},
        "head": side,
        "base": side,
        "state": "open",
    }


@dataclass
class Load:
    """What was sent, and how it went."""

    commands: int = 0
    repeated: int = 0
    kills: int = 0
    seconds: float = 0.0
    acknowledged: list = field(default_factory=list)
    statuses: Counter = field(default_factory=Counter)
    unanswered: set = field(default_factory=set)
    doubled: dict = field(default_factory=dict)

    @property
    def p99(self):
        return statistics.quantiles(self.acknowledged, n=100)[98]

    @property
    def p50(self):
        return statistics.median(self.acknowledged)


def delivery(comment, number):
    """Headers and body of one command."""
    event = {
        "action": "created",
        "issue": {"number": number, "pull_request": {}},
        "comment": {
            "id": comment, "body": "/dspy help", "user": {"login": "ann" if comment % 20 else "eve", "type": "User"},
            "author_association": "MEMBER", "created_at": "x", "updated_at": "x",
        },
        "repository": {"full_name": "o/r"},
    }  # fmt: skip
    event["sender"] = event["comment"]["user"]
    body = json.dumps(event).encode()
    sign = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    named = {"X-GitHub-Event": "issue_comment", "X-GitHub-Delivery": f"guid-{comment}", "X-Hub-Signature-256": sign}
    return {**named, "Content-Type": "application/json"}, body


class Bot:
    """The server process."""

    def __init__(self, hub, state, workers=2):
        words = [
            "--port",
            "0",
            "--state",
            str(state),
            "--pause",
            "0",
            "--capacity",
            "100000",
            "--workers",
            str(workers),
        ]
        self.argv = [sys.executable, "-m", "dspy_ci", "serve-bot", *words]
        self.env = {
            **os.environ,
            "GITHUB_API_URL": hub.url,
            "GITHUB_TOKEN": "a-token",
            "DSPY_CI_WEBHOOK_SECRET": SECRET,
        }
        self.port, self.process, self.log = None, None, state.with_suffix(".log")

    def start(self):
        """Begin, on the same port as before."""
        argv = [*self.argv[:5], str(self.port or 0), *self.argv[6:]]
        with self.log.open("w") as sink:
            self.process = subprocess.Popen(argv, env=self.env, stderr=sink)
        deadline = time.monotonic() + 60
        while "listening on" not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        self.port = int(re.search(r":(\d+)/", self.log.read_text())[1])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """In order; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


def deliver(bot, comment, number, load):
    """Send one delivery until it is acknowledged, as a person who presses `redeliver` would."""
    headers, body = delivery(comment, number)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", bot.port, timeout=20)
        try:
            connection.request("POST", "/webhook", body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
            continue
        finally:
            connection.close()
        load.statuses[answer.status] += 1
        if answer.status in {200, 202}:
            load.acknowledged.append(time.monotonic() - begun)
            return
        time.sleep(0.2)
    raise AssertionError("never acknowledged")


def run(folder, deliveries, kills, patience, workers=2, api=None):
    """Deliver, kill, restart, and wait until everything was answered."""
    hub, load = Hub(api), Load(kills=kills)
    bot = Bot(hub, folder / "state.sqlite", workers)
    bot.start()
    load.repeated = deliveries // 10
    load.commands = deliveries - load.repeated
    comments = [*range(1, load.commands + 1)]
    plan = [*comments, *comments[:: max(1, load.commands // load.repeated)][: load.repeated]]
    begun = time.monotonic()
    part = -(-len(plan) // (kills + 1))
    with ThreadPoolExecutor(8) as senders:
        for place in range(0, len(plan), part):
            sent = [senders.submit(deliver, bot, one, one % 150 + 1, load) for one in plan[place : place + part]]
            if place + part < len(plan):
                time.sleep(0.3)
                sent[len(sent) // 2].result()
                bot.kill()
                bot.start()
            for one in sent:
                one.result()
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and len(hub.answered()) < load.commands - _silent(comments):
        time.sleep(0.2)
    time.sleep(0.5)
    load.seconds = time.monotonic() - begun
    load.health, load.metrics = bot.get("/health"), bot.get("/metrics")
    load.code = bot.stop()
    answers = hub.answered()
    wanted = {one for one in comments if one % 20}
    load.unanswered = wanted - set(answers)
    load.doubled = {one: count for one, count in answers.items() if count > 1}
    load.requests, load.problems = hub.requests, hub.problems
    hub.shutdown()
    hub.server_close()
    return load


def _silent(comments):
    """Refusals of one person on one pull request are said once; the others have a sign only."""
    refused = [one for one in comments if one % 20 == 0]
    return len(refused) - len({one % 150 for one in refused})
