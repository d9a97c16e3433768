"""Commits, branches and pull requests made on GitHub without a checkout."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from dspy_ci.adapters.github import records
from dspy_ci.adapters.github.client import Client, Record, path_of
from dspy_ci.errors import Refused
from dspy_ci.ports.forge import Commit, Person, PullRequest

_WRITE = "contents: write"
_FILE = "100644"
_FILES = frozenset({_FILE, "100755"})


class GitHubPushes:
    """See Pushes."""

    def __init__(self, client: Client, repository: str) -> None:
        """`repository` is `owner/name`."""
        self._client = client
        self._repo = path_of("repos", *repository.split("/"))

    def push(
        self, *, branch: str, parent: str, message: str, files: Mapping[str, bytes | None], author: Person | None = None
    ) -> Commit:
        """See Pushes."""
        git = f"{self._repo}/git"
        tree = self._client.one(f"{git}/commits/{parent}", lambda data: str(data["tree"]["sha"]), needs=_WRITE)
        modes = self._modes(tree, files)
        entries = [self._entry(path, data, modes.get(path, _FILE)) for path, data in files.items()]
        made = self._client.send(
            "POST", f"{git}/trees", {"base_tree": tree, "tree": entries}, _sha, needs=_WRITE, again=True
        )
        body: Record = {"message": message, "tree": made, "parents": [parent]}
        if author:
            body["author"] = {"name": author.name, "email": author.email}
        sha = self._client.send("POST", f"{git}/commits", body, _sha, needs=_WRITE, again=True)
        where = f"{git}/refs/heads{path_of(*branch.split('/'))}"
        # the new commit has `parent` as its only parent: GitHub refuses it when the branch has moved on
        self._client.ask("PATCH", where, needs=_WRITE, body={"sha": sha, "force": False})
        return Commit(sha, message, None, (parent,))

    def create_branch(self, name: str, sha: str) -> None:
        """See Pushes."""
        body = {"ref": f"refs/heads/{name}", "sha": sha}
        self._client.ask("POST", f"{self._repo}/git/refs", needs=_WRITE, body=body)

    def open_pull(self, *, title: str, body: str, head: str, base: str, draft: bool = False) -> PullRequest:
        """See Pushes."""
        said = {"title": title, "body": body, "head": head, "base": base, "draft": draft}
        return self._client.send("POST", f"{self._repo}/pulls", said, records.pull, needs="pull-requests: write")

    def _modes(self, tree: str, files: Mapping[str, bytes | None]) -> dict[str, str]:
        """The modes of the files that are there already. Raises Refused for symlinks and submodules."""
        listed = self._client.one(
            f"{self._repo}/git/trees/{tree}", lambda data: list(data["tree"]), needs=_WRITE, recursive="1"
        )
        modes = {str(entry.get("path")): str(entry.get("mode")) for entry in listed if isinstance(entry, dict)}
        for path in files:
            folders = ["/".join(path.split("/")[:depth]) for depth in range(1, path.count("/") + 1)]
            if modes.get(path, _FILE) not in _FILES or any(
                modes.get(folder, "040000") != "040000" for folder in folders
            ):
                raise Refused(f"{path!r} is no regular file in the branch")
        return modes

    def _entry(self, path: str, data: bytes | None, mode: str) -> Record:
        if data is None:
            return {"path": path, "mode": mode, "type": "blob", "sha": None}
        blob = {"content": base64.b64encode(data).decode(), "encoding": "base64"}
        sha = self._client.send("POST", f"{self._repo}/git/blobs", blob, _sha, needs=_WRITE, again=True)
        return {"path": path, "mode": mode, "type": "blob", "sha": sha}


def _sha(data: Record) -> str:
    return str(data["sha"])
