"""A server on loopback that plays the part of GitHub that workflows speak to, and holds tokens to their permissions."""

import base64
import json
import re
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

ME = {"login": "github-actions[bot]", "type": "Bot"}


@dataclass
class Forge:
    """A repository with at most one pull request, and what was said on it."""

    root: str
    """A clone that has every commit."""
    pull: dict | None = None
    logs: dict = field(default_factory=dict)
    """Id of a failed job to its log."""
    tokens: dict = field(default_factory=dict)
    comments: list = field(default_factory=list)
    reviews: list = field(default_factory=list)
    remarks: list = field(default_factory=list)
    checks: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    """Every request: token, method, path."""
    refused: list = field(default_factory=list)
    people: dict = field(default_factory=dict)
    """Login to permission."""
    reactions: list = field(default_factory=list)
    url: str = ""
    api: object = None
    """GitHub's own description of its API, where it could be had: every request is held against it."""
    problems: list = field(default_factory=list)

    def git(self, *words):
        return subprocess.run(["git", *words], cwd=self.root, capture_output=True, text=True, check=True).stdout

    def files(self):
        base, head = self.pull["base"]["sha"], self.pull["head"]["sha"]
        found = []
        for line in self.git("diff", "--name-status", f"{base}...{head}").splitlines():
            sign, path = line.split("\t", 1)
            patch = self.git("diff", f"{base}...{head}", "--", path)
            status = {"M": "modified", "A": "added", "D": "removed"}[sign[0]]
            found.append({"filename": path, "status": status, "patch": patch[patch.index("@@") :].rstrip("\n")})
        return found

    def said(self, body, **more):
        number = 100 + len(self.comments) + len(self.remarks)
        return {"id": number, "body": body, "user": ME, "html_url": f"{self.url}/said/{number}", **more}

    def comment(self, body, **_):
        self.comments.append(self.said(body))
        return 201, self.comments[-1]

    def edit(self, number, body):
        (one,) = [one for one in self.comments if one["id"] == int(number)]
        one["body"] = body
        return 200, one

    def review(self, commit_id, body, event, comments=()):
        assert event == "COMMENT"
        number = 500 + len(self.reviews)
        made = {
            "id": number,
            "body": body,
            "user": ME,
            "commit_id": commit_id,
            "html_url": f"{self.url}/review/{number}",
        }
        shown = {file["filename"] for file in self.files()}
        if any(one["path"] not in shown for one in comments):
            return 422, {"message": "Validation Failed", "errors": ["Path could not be resolved"]}
        self.reviews.append(made)
        for one in comments:
            place = {name: one.get(name) for name in ("path", "line", "start_line", "side")}
            self.remarks.append(self.said(one["body"], pull_request_review_id=number, commit_id=commit_id, **place))
        return 200, made

    def check(self, **record):
        self.checks.append({"id": 900 + len(self.checks), "html_url": f"{self.url}/check", **record})
        return 201, self.checks[-1]

    def graph(self, query, **_):
        if "viewer" in query:
            return 200, {"data": {"viewer": {"login": ME["login"]}}}
        page = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}
        return 200, {"data": {"repository": {"pullRequest": {"reviewThreads": page}}}}

    def content(self, path, ref):
        blob = subprocess.run(["git", "show", f"{ref}:{path}"], cwd=self.root, capture_output=True, check=False)
        if blob.returncode:
            return 404, {"message": "Not Found"}
        return 200, {"content": base64.b64encode(blob.stdout).decode(), "encoding": "base64"}

    def react(self, number, content):
        self.reactions.append((int(number), content))
        return 201, {"id": len(self.reactions), "content": content, "user": ME}

    def person(self, login, **_):
        right = self.people.get(login, "read")
        return 200, {"permission": right, "role_name": right, "user": {"login": login}}

    def jobs(self):
        failed = [{"id": n, "name": f"job {n}", "status": "completed", "conclusion": "failure"} for n in self.logs]
        return 200, {"total_count": len(failed), "jobs": failed}

    def routes(self):
        """Method, pattern of the path, permission, what answers."""
        one, many = r"/repos/acme/shelf", lambda rows: (200, rows)
        return [
            ("GET", rf"{one}/actions/runs/(\d+)/jobs", "actions: read", lambda *_, **__: self.jobs()),
            ("GET", rf"{one}/actions/jobs/(\d+)/logs", "actions: read", lambda n, **_: (302, f"{self.url}/behind/{n}")),
            ("GET", rf"{one}/pulls", "pull-requests: read", lambda **_: many([self.pull] if self.pull else [])),
            ("GET", rf"{one}/pulls/\d+", "pull-requests: read", lambda **_: many(self.pull)),
            ("GET", rf"{one}/pulls/\d+/files", "pull-requests: read", lambda **_: many(self.files())),
            ("GET", rf"{one}/issues/\d+/comments", "pull-requests: read", lambda **_: many(self.comments)),
            ("GET", rf"{one}/pulls/\d+/comments", "pull-requests: read", lambda **_: many(self.remarks)),
            ("GET", rf"{one}/pulls/\d+/reviews/(\d+)/comments", "pull-requests: read",
             lambda n, **_: many([r for r in self.remarks if r["pull_request_review_id"] == int(n)])),
            ("GET", rf"{one}/contents/(.+)", "contents: read", lambda path, ref, **_: self.content(unquote(path), ref)),
            ("POST", rf"{one}/issues/\d+/comments", "pull-requests: write", self.comment),
            ("PATCH", rf"{one}/issues/comments/(\d+)", "pull-requests: write", self.edit),
            ("POST", rf"{one}/pulls/\d+/reviews", "pull-requests: write", self.review),
            ("POST", rf"{one}/check-runs", "checks: write", self.check),
            ("POST", rf"{one}/issues/comments/(\d+)/reactions", "issues: write", self.react),
            ("GET", rf"{one}/collaborators/([^/]+)/permission", None, self.person),
            ("POST", r"/graphql", None, self.graph),
        ]  # fmt: skip

    def answer(self, method, target, token, body):
        """Status and record for a request."""
        parts = urlsplit(target)
        self.asked.append((token, method, parts.path))
        if self.api and parts.path != "/graphql":
            found = self.api.problems(method, parts.path, parts.query, body)
            self.problems += [f"{method} {target}: {one}" for one in found]
        given = {name: held[0] for name, held in parse_qs(parts.query).items()}
        for verb, pattern, needs, how in self.routes():
            found = re.fullmatch(pattern, parts.path)
            if verb != method or not found:
                continue
            if token not in self.tokens:
                return 401, {"message": "Bad credentials"}
            if needs and not self.may(token, needs):
                self.refused.append((method, parts.path))
                return 403, {"message": "Resource not accessible by integration"}
            return how(*found.groups(), **given, **(body or {}))
        return 404, {"message": "Not Found"}

    def may(self, token, needs):
        scope, right = needs.split(": ")
        return self.tokens[token].get(scope) in ({"write"} if right == "write" else {"read", "write"})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Silence."""

    def handle_any(self):
        forge = self.server.forge
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/behind/"):
            assert "Authorization" not in self.headers, "the token went where the log lies"
            return self.reply(200, forge.logs[int(self.path.rsplit("/", 1)[1])], "text/plain")
        token = (self.headers.get("Authorization") or "").split(" ")[-1]
        status, record = forge.answer(self.command, self.path, token, json.loads(body) if body else None)
        if status == 302:
            self.send_response(302)
            self.send_header("Location", record)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        return self.reply(status, json.dumps(record).encode(), "application/json")

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815 - names of http.server

    def reply(self, status, data, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def serving(forge):
    """The forge, behind its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads, server.forge = True, forge
        forge.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield forge
        finally:
            server.shutdown()
            thread.join()
        assert forge.problems == []
