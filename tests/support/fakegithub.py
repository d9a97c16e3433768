"""GitHub on the loopback: it remembers what was posted, refuses what GitHub refuses, and has its bad days.

with FakeGitHub(api) as hub:
    hub.state                       # fill it
    hub.trouble("POST", r"/reviews$", "cut", times=1)
    GitHub("o/r", hub.token, api=hub.url, pace=QUICK)
    hub.problems                    # what GitHub's own description of its API says against our requests
"""

import base64
import hashlib
import json
import re
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from dspy_ci.adapters.github.client import Pace
from dspy_ci.ports.hunklines import right_lines

QUICK = Pace(timeout=5, patience=5, between_writes=0, first=0.01)
HEAD, BASE = "1" * 40, "2" * 40
PATCH = (
    "@@ -1,4 +1,4 @@\n def total(items):\n     found = 0\n-    return sum(items)\n+    return sum(items) - 1\n \n"
    "@@ -20,2 +20,3 @@\n x = 1\n+y = 2\n z = 3"
)
ALL = frozenset({"actions", "checks", "contents", "issues", "pull_requests"})


@dataclass
class Asked:
    method: str
    path: str
    query: str
    body: dict | None
    headers: dict


@dataclass
class Trouble:
    method: str
    pattern: str
    kind: str
    times: int
    after: int = 0


@dataclass
class State:
    """What GitHub holds; plain dictionaries as its API tells them."""

    pull: dict | None = None
    files: list = field(default_factory=list)
    comments: list = field(default_factory=list)
    review_comments: list = field(default_factory=list)
    reviews: list = field(default_factory=list)
    resolved: set = field(default_factory=set)
    checks: list = field(default_factory=list)
    runs: dict = field(default_factory=dict)
    jobs: list = field(default_factory=list)
    logs: dict = field(default_factory=dict)
    artifacts: dict = field(default_factory=dict)
    permissions: dict = field(default_factory=dict)
    branches: dict = field(default_factory=dict)
    blobs: dict = field(default_factory=dict)
    trees: dict = field(default_factory=dict)
    commits: dict = field(default_factory=dict)
    reactions: list = field(default_factory=list)
    rerun: list = field(default_factory=list)
    others: dict = field(default_factory=dict)
    """Closed pull requests by number."""
    pull_commits: dict = field(default_factory=dict)
    texts: dict = field(default_factory=dict)
    """(path, commit) -> bytes, before `blobs` is looked at."""


class FakeGitHub:
    """The server, its storage on another port, and what both saw."""

    token = "ghs_0123456789abcdefghijklmnopqrstuvwxyz"

    def __init__(self, api=None, *, me="github-actions[bot]", scopes=ALL, viewer=True):
        self.state, self.me, self.scopes, self.viewer = State(), me, set(scopes), viewer
        self.asked, self.stored, self.problems, self.troubles = [], [], [], []
        self.poison = None
        """A comment whose body matches is refused with 422."""
        self.swallow = None
        """A comment whose body matches is accepted and dropped."""
        self._api, self._last, self._lock = api, 1000, threading.Lock()

    def trouble(self, method, pattern, kind, *, times=1, after=0):
        self.troubles.append(Trouble(method, pattern, kind, times, after))

    def counted(self, method, pattern=""):
        return [one for one in self.asked if one.method == method and re.search(pattern, one.path)]

    @property
    def writes(self):
        return [one for one in self.asked if one.method != "GET" and one.path != "/graphql"]

    def __enter__(self):
        self._servers = [_server(_Api, self), _server(_Storage, self)]
        self.url, self.storage = (f"http://127.0.0.1:{one.server_address[1]}" for one in self._servers)
        return self

    def __exit__(self, *_):
        for one in self._servers:
            one.shutdown()
            one.server_close()

    def id(self):
        self._last += 1
        return self._last

    def comment(self, body, *, login=None, kind="Bot", **more):
        """A comment as the API tells it."""
        number = self.id()
        return {
            "id": number, "body": body, "user": {"login": login or self.me, "type": kind},
            "html_url": f"https://github.com/o/r/pull/7#c{number}", "created_at": "2026-01-01T00:00:00Z",
            "author_association": "NONE", **more,
        }  # fmt: skip

    def check(self, method, path, query, body):
        if self._api and path != "/graphql":
            self.problems += [f"{method} {path}: {one}" for one in self._api.problems(method, path, query, body)]


def _server(handler, hub):
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (handler,), {"hub": hub}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server


def merge(hub, number, *, title, body="", landed, head=HEAD, commits=()):
    """A pull request that was merged."""
    fill(hub)
    hub.state.others[number] = {
        **hub.state.pull, "number": number, "title": title, "body": body, "state": "closed",
        "merged_at": "2026-01-02T00:00:00Z", "merge_commit_sha": landed,
    }  # fmt: skip
    hub.state.others[number]["head"] = {**hub.state.pull["head"], "sha": head}
    hub.state.pull_commits[number] = list(commits)


def fill(hub):
    """A pull request with one changed file."""
    repo = {"full_name": "o/r"}
    hub.state.pull = {
        "number": 7, "title": "A change", "user": {"login": "eve", "type": "User"}, "state": "open", "draft": False,
        "head": {"sha": HEAD, "ref": "topic", "repo": repo}, "base": {"sha": BASE, "ref": "main", "repo": repo},
        "html_url": "https://github.com/o/r/pull/7", "body": "",
    }  # fmt: skip
    hub.state.files = [{"filename": "app.py", "status": "modified", "patch": PATCH}]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # header and body in one segment: the second one would wait for an acknowledgement
    disable_nagle_algorithm = True
    hub: FakeGitHub

    def log_message(self, *_):
        pass

    def send(self, status, body=b"", headers=None, *, promise=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data) if promise is None else promise))
        self.end_headers()
        self.wfile.write(data)

    def cut(self):
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True


class _Storage(_Handler):
    """Where GitHub redirects to: it must never see our token."""

    def do_GET(self):
        self.hub.stored.append(dict(self.headers))
        data = self.hub.state.logs.get(int(self.path.rsplit("/", 1)[1])) or b""
        trouble = _due(self.hub, "STORE", self.path)
        start = re.match(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if start and not (trouble and trouble.kind == "no ranges"):
            if int(start[1]) >= len(data):
                return self.send(416)
            return self.send(206, data[int(start[1]) :], {"Content-Type": "text/plain"})
        if trouble and trouble.kind == "half":
            self.send(200, data[: len(data) // 2], {"Content-Type": "text/plain"}, promise=len(data))
            return self.cut()
        return self.send(200, data, {"Content-Type": "text/plain"})


def _due(hub, method, path):
    with hub._lock:
        for one in hub.troubles:
            if one.method == method and re.search(one.pattern, path) and one.times > 0:
                if one.after > 0:
                    one.after -= 1
                    continue
                one.times -= 1
                return one
    return None


class _Api(_Handler):
    def do_GET(self):
        self.handle_one("GET")

    def do_POST(self):
        self.handle_one("POST")

    def do_PATCH(self):
        self.handle_one("PATCH")

    def do_DELETE(self):
        self.handle_one("DELETE")

    def handle_one(self, method):
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        hub = self.hub
        hub.asked.append(Asked(method, parts.path, parts.query, body, dict(self.headers)))
        hub.check(method, parts.path, parts.query, body)
        if self.headers.get("Authorization") not in {f"token {hub.token}", f"Bearer {hub.token}"}:
            return self.send(401, {"message": "Bad credentials"})
        trouble = _due(hub, method, parts.path)
        if trouble and self.bad_day(trouble.kind):
            return None
        with hub._lock:
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            status, told, headers = self.answer(method, parts.path, query, body)
        if trouble and trouble.kind == "done, then cut":
            return self.cut()
        if trouble and trouble.kind == "slow":
            time.sleep(0.3)
        return self.send(status, told, headers)

    def bad_day(self, kind):
        """Answer as on a bad day; False where the request is served first."""
        if kind.isdigit():
            self.send(int(kind), b"<html>bad gateway</html>")
        elif kind == "secondary":
            self.send(403, {"message": "You have exceeded a secondary rate limit."}, {"Retry-After": "0"})
        elif kind == "secondary, long":
            self.send(403, {"message": "You have exceeded a secondary rate limit."}, {"Retry-After": "3600"})
        elif kind == "primary":
            reset = str(int(time.time()))
            limits = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
            self.send(403, {"message": "API rate limit exceeded"}, limits)
        elif kind == "cut":
            self.cut()
        elif kind == "half":
            self.send(200, b'[{"id": 1', promise=500)
            self.cut()
        elif kind == "nonsense":
            self.send(200, {"surprise": True})
        elif kind == "no json":
            self.send(200, b"<html>hello</html>")
        else:
            return False
        return True

    def answer(self, method, path, query, body):
        for pattern, verb, needs, serve in _ROUTES:
            match = re.fullmatch(pattern, path)
            if match and verb == method:
                if needs and needs.split("=")[0] not in self.hub.scopes:
                    accepted = {"X-Accepted-GitHub-Permissions": needs}
                    return 403, {"message": "Resource not accessible by integration"}, accepted
                told = serve(self.hub, query, body, *[unquote(part) for part in match.groups()])
                return told if isinstance(told, tuple) else (200, told, {})
        return 404, {"message": "Not Found"}, {}


def _page(hub, query, items, path, within=None):
    """One page of a list, with the link to the next one."""
    size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
    shown = items[(page - 1) * size : page * size]
    more = {"Link": f'<{hub.url}{path}?page={page + 1}>; rel="next"'} if page * size < len(items) else {}
    return 200, {"total_count": len(items), within: shown} if within else shown, more


def _refused(message):
    return 422, {"message": "Unprocessable Entity", "errors": [message]}, {}


def _wrong(hub, remark):
    """Why GitHub would refuse a comment."""
    if hub.poison and re.search(hub.poison, remark["body"]):
        return "Pull request review thread line must be part of the diff"
    file = next((one for one in hub.state.files if one["filename"] == remark["path"]), None)
    if file is None:
        return "Pull request review thread path is invalid"
    if remark.get("subject_type") == "file":
        return None
    lines = right_lines(file.get("patch") or "")
    start = remark.get("start_line", remark["line"])
    if remark["line"] not in lines or start not in lines:
        return "Pull request review thread line must be part of the diff"
    if "start_line" in remark and (start >= remark["line"] or lines[start] != lines[remark["line"]]):
        return "Pull request review thread start line must precede the end line"
    return None


def _remark(hub, remark, commit, review=None):
    return hub.comment(
        remark["body"], path=remark["path"], line=remark.get("line") or 1, start_line=remark.get("start_line"),
        side="RIGHT", commit_id=commit, original_commit_id=commit, pull_request_review_id=review,
        subject_type=remark.get("subject_type", "line"),
    )  # fmt: skip


def _review(hub, _query, body, _number):
    if hub.state.pull["head"]["sha"] != body["commit_id"]:
        return _refused("commit_id is not part of the pull request")
    if body["event"] != "COMMENT":
        return 403, {"message": "no"}, {}
    for remark in body.get("comments", ()):
        if wrong := _wrong(hub, remark):
            return _refused(wrong)
    review = {**hub.comment(body["body"]), "commit_id": body["commit_id"]}
    hub.state.reviews.append(review)
    kept = [one for one in body.get("comments", ()) if not (hub.swallow and re.search(hub.swallow, one["body"]))]
    hub.state.review_comments += [_remark(hub, one, body["commit_id"], review["id"]) for one in kept]
    return review


def _of_review(hub, query, _body, number, review):
    path = f"/repos/o/r/pulls/{number}/reviews/{review}/comments"
    found = [one for one in hub.state.review_comments if one.get("pull_request_review_id") == int(review)]
    return _page(hub, query, found, path)


def _file_remark(hub, _query, body, _number):
    if wrong := _wrong(hub, body):
        return _refused(wrong)
    made = _remark(hub, body, body["commit_id"])
    hub.state.review_comments.append(made)
    return 201, made, {}


def _say(hub, _query, body, _number):
    if len(body["body"]) > 65_536:
        return _refused("body is too long (maximum is 65536 characters)")
    made = hub.comment(body["body"])
    hub.state.comments.append(made)
    return 201, made, {}


def _reply(hub, _query, body, _number, comment):
    made = hub.comment(body["body"], in_reply_to_id=int(comment), path="a.py", line=1)
    hub.state.review_comments.append(made)
    return 201, made, {}


def _edit(name):
    def serve(hub, _query, body, number):
        for one in getattr(hub.state, name):
            if one["id"] == int(number):
                one["body"] = body["body"]
                return one
        return 404, {"message": "Not Found"}, {}

    return serve


def _drop(name):
    def serve(hub, _query, _body, number):
        there = getattr(hub.state, name)
        for one in there:
            if one["id"] == int(number):
                there.remove(one)
                return 204, b"", {}
        return 404, {"message": "Not Found"}, {}

    return serve


def _react(hub, _query, body, number):
    hub.state.reactions.append((int(number), body["content"]))
    return 201, {"id": hub.id(), "content": body["content"], "user": {"login": hub.me, "type": "Bot"}}, {}


def _check_run(hub, _query, body):
    if len(body["output"]["summary"]) > 65_535 or len(body["output"].get("annotations", ())) > 50:
        return _refused("too much")
    made = {**body, "id": hub.id(), "html_url": "https://github.com/o/r/runs/1"}
    hub.state.checks.append(made)
    return 201, made, {}


def _more_check(hub, _query, body, number):
    for one in hub.state.checks:
        if one["id"] == int(number):
            one["output"]["annotations"] = [*one["output"]["annotations"], *body["output"]["annotations"]]
            return one
    return 404, {"message": "Not Found"}, {}


def _graphql(hub, _query, body):
    if "viewer" in body["query"]:
        if not hub.viewer:
            return 403, {"message": "Resource not accessible by integration"}, {}
        return {"data": {"viewer": {"login": hub.me}}}
    firsts = [one for one in hub.state.review_comments if not one.get("in_reply_to_id")]
    nodes = [
        {
            "id": f"T{one['id']}", "isResolved": one["id"] in hub.state.resolved, "isOutdated": one.get("line") is None,
            "comments": {"nodes": [{"fullDatabaseId": str(one["id"])}]},
        }
        for one in firsts
    ]  # fmt: skip
    start = int(body["variables"].get("after") or 0)
    more = start + 100 < len(nodes)
    threads = {"pageInfo": {"hasNextPage": more, "endCursor": str(start + 100)}, "nodes": nodes[start : start + 100]}
    return {"data": {"repository": {"pullRequest": {"reviewThreads": threads}}}}


def _permission(hub, _query, _body, login):
    known = hub.state.permissions.get(login)
    if known is None:
        return 404, {"message": "is not a user"}, {}
    coarse = {"maintain": "write", "triage": "read"}.get(known, known)
    return {"permission": coarse, "role_name": known, "user": None}


def _log(hub, _query, _body, number):
    if int(number) not in hub.state.logs:
        return 404, {"message": "Not Found"}, {}
    return 302, b"", {"Location": f"{hub.storage}/logs/{number}"}


def _artifacts(hub, query, _body, run):
    found = [
        {"id": number, "name": name, "expired": False}
        for number, (name, _) in hub.state.artifacts.items()
        if name == query.get("name", name)
    ]
    return _page(hub, query, found, f"/repos/o/r/actions/runs/{run}/artifacts", "artifacts")


def _zip(hub, _query, _body, number):
    hub.state.logs[int(number)] = hub.state.artifacts[int(number)][1]
    return 302, b"", {"Location": f"{hub.storage}/logs/{number}"}


def _rerun(hub, _query, _body, run):
    hub.state.rerun.append(int(run))
    return 201, {}, {}


def _ref(hub, _query, _body, name):
    sha = hub.state.branches.get(name)
    return {"ref": f"refs/heads/{name}", "object": {"sha": sha}} if sha else (404, {"message": "Not Found"}, {})


def _move(hub, _query, body, name):
    commit = hub.state.commits[body["sha"]]
    if hub.state.branches.get(name) not in [one["sha"] for one in commit["parents"]] and not body.get("force"):
        return _refused("Update is not a fast forward")
    hub.state.branches[name] = body["sha"]
    return {"ref": f"refs/heads/{name}", "object": {"sha": body["sha"]}}


def _new_ref(hub, _query, body):
    name = body["ref"].removeprefix("refs/heads/")
    if name in hub.state.branches:
        return _refused("Reference already exists")
    hub.state.branches[name] = body["sha"]
    return 201, {"ref": body["ref"], "object": {"sha": body["sha"]}}, {}


def _kept(name):
    def serve(hub, _query, body):
        sha = hashlib.sha1(json.dumps(body, sort_keys=True).encode()).hexdigest()
        there = getattr(hub.state, name)
        if name == "blobs":
            there[sha] = base64.b64decode(body["content"])
        elif name == "trees":
            there[sha] = [*there[body["base_tree"]], *body["tree"]]
        else:
            parents = [{"sha": one} for one in body["parents"]]
            there[sha] = {**body, "sha": sha, "tree": {"sha": body["tree"]}, "parents": parents}
        return 201, {"sha": sha}, {}

    return serve


def _new_pull(hub, _query, body):
    made = {**hub.state.pull, "number": hub.id(), "title": body["title"], "draft": body["draft"]}
    return 201, made, {}


def _content(hub, query, _body, path):
    data = hub.state.texts.get((path, query.get("ref")), hub.state.blobs.get(path))
    if data is None:
        return 404, {"message": "Not Found"}, {}
    return {"content": base64.encodebytes(data).decode(), "encoding": "base64"}


def _pulls(hub, query, _body):
    closed = [hub.state.others[number] for number in sorted(hub.state.others, reverse=True)]
    return _page(hub, query, closed if query.get("state") == "closed" else [hub.state.pull], f"{_R}/pulls")


def _pull_commits(hub, query, _body, number):
    found = [
        {"sha": sha, "commit": {"message": "x"}, "author": None, "parents": []}
        for sha in hub.state.pull_commits.get(int(number), ())
    ]
    return _page(hub, query, found, f"{_R}/pulls/{number}/commits")


def _tree(hub, _query, _body, sha):
    return {"sha": sha, "tree": hub.state.trees[sha], "truncated": False}


def _runs(hub, query, _body):
    wanted = query.get("head_sha")
    found = [one for one in hub.state.runs.values() if wanted in {None, one["head_sha"]}]
    return _page(hub, query, found, "/repos/o/r/actions/runs", "workflow_runs")


def _list(name, path, within=None):
    def serve(hub, query, _body, *parts):
        return _page(hub, query, getattr(hub.state, name), path.format(*parts), within)

    return serve


_R = "/repos/o/r"
_ROUTES = [
    ("/graphql", "POST", "", _graphql),
    ("/user", "GET", "", lambda hub, *_: (403, {"message": "Resource not accessible by integration"}, {})),
    (rf"{_R}/pulls/(\d+)", "GET", "", lambda hub, _q, _b, _n: hub.state.pull or (404, {"message": "Not Found"}, {})),
    (rf"{_R}/pulls", "GET", "", _pulls),
    (rf"{_R}/pulls/(\d+)/commits", "GET", "", _pull_commits),
    (rf"{_R}/pulls", "POST", "pull_requests=write", _new_pull),
    (rf"{_R}/pulls/(\d+)/files", "GET", "", _list("files", _R + "/pulls/{}/files")),
    (rf"{_R}/pulls/(\d+)/comments", "GET", "", _list("review_comments", _R + "/pulls/{}/comments")),
    (rf"{_R}/pulls/(\d+)/comments", "POST", "pull_requests=write", _file_remark),
    (rf"{_R}/pulls/(\d+)/comments/(\d+)/replies", "POST", "pull_requests=write", _reply),
    (rf"{_R}/pulls/comments/(\d+)", "PATCH", "pull_requests=write", _edit("review_comments")),
    (rf"{_R}/pulls/comments/(\d+)", "DELETE", "pull_requests=write", _drop("review_comments")),
    (rf"{_R}/pulls/comments/(\d+)/reactions", "POST", "pull_requests=write", _react),
    (rf"{_R}/pulls/(\d+)/reviews", "POST", "pull_requests=write", _review),
    (rf"{_R}/pulls/(\d+)/reviews/(\d+)/comments", "GET", "", _of_review),
    (rf"{_R}/issues/(\d+)/comments", "GET", "", _list("comments", _R + "/issues/{}/comments")),
    (rf"{_R}/issues/(\d+)/comments", "POST", "issues=write", _say),
    (rf"{_R}/issues/comments/(\d+)", "PATCH", "issues=write", _edit("comments")),
    (rf"{_R}/issues/comments/(\d+)", "DELETE", "issues=write", _drop("comments")),
    (rf"{_R}/issues/comments/(\d+)/reactions", "POST", "issues=write", _react),
    (rf"{_R}/check-runs", "POST", "checks=write", _check_run),
    (rf"{_R}/check-runs/(\d+)", "PATCH", "checks=write", _more_check),
    (rf"{_R}/collaborators/([^/]+)/permission", "GET", "", _permission),
    (rf"{_R}/commits/([^/]+)", "GET", "", lambda hub, _q, _b, sha: hub.state.commits[sha]),
    (rf"{_R}/contents/(.+)", "GET", "contents=read", _content),
    (rf"{_R}/git/ref/heads/(.+)", "GET", "contents=read", _ref),
    (rf"{_R}/git/refs/heads/(.+)", "PATCH", "contents=write", _move),
    (rf"{_R}/git/refs", "POST", "contents=write", _new_ref),
    (rf"{_R}/git/blobs", "POST", "contents=write", _kept("blobs")),
    (rf"{_R}/git/trees", "POST", "contents=write", _kept("trees")),
    (rf"{_R}/git/commits", "POST", "contents=write", _kept("commits")),
    (rf"{_R}/git/commits/([^/]+)", "GET", "contents=read", lambda hub, _q, _b, sha: hub.state.commits[sha]),
    (rf"{_R}/git/trees/([^/]+)", "GET", "contents=read", _tree),
    (rf"{_R}/actions/runs", "GET", "actions=read", _runs),
    (rf"{_R}/actions/runs/(\d+)", "GET", "actions=read", lambda hub, _q, _b, run: hub.state.runs[int(run)]),
    (rf"{_R}/actions/runs/(\d+)/jobs", "GET", "actions=read", _list("jobs", _R + "/actions/runs/{}/jobs", "jobs")),
    (rf"{_R}/actions/jobs/(\d+)/logs", "GET", "actions=read", _log),
    (rf"{_R}/actions/runs/(\d+)/artifacts", "GET", "actions=read", _artifacts),
    (rf"{_R}/actions/artifacts/(\d+)/zip", "GET", "actions=read", _zip),
    (rf"{_R}/actions/runs/(\d+)/rerun-failed-jobs", "POST", "actions=write", _rerun),
]
