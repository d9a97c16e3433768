"""Opens a pull request with promoted files, on a branch of ours; the files are data and nothing else is believed."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

BRANCH = "dspy-ci/training"
TARGET = ".dspy-ci"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*){0,3}\.json")
SIZE = 2_000_000
"""Bytes of one file."""
TITLE = "Use what dspy-ci learnt from this repository"
BODY = """\
Trained at night on this repository's own history. Each file below did better than the one it replaces on history
that it was not trained on; the figures stand in the summary of the run: {run}

{files}

These files are instructions and weights as JSON. They are read from the base branch only, so nothing changes before
this is merged.
"""


class NoProposalError(Exception):
    """There is nothing to propose, or it may not be; the message says why."""


def main() -> int:
    """Commit, push, open or find the pull request."""
    try:
        files = taken(Path(sys.argv[1]))
        url = proposed(files)
    except NoProposalError as error:
        text = f"{error}".replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        sys.stdout.write(f"::error title=dspy-ci::{text}\n")
        return 1
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as output:
        output.write(f"pull-request-url={url}\n")
    sys.stdout.write(f"{url or 'nothing changed against the branch that is there'}\n")
    return 0


def taken(folder: Path) -> dict:
    """Path below the target folder to text. Raises NoProposalError for anything but small JSON records of ours."""
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and not path.is_symlink():
            continue
        if path.is_symlink() or not NAME.fullmatch(name) or path.stat().st_size > SIZE:
            raise NoProposalError(f"{name!a} is no file that a training promotes")
        try:
            text = path.read_text(encoding="utf-8")
            record = json.loads(text)
        except ValueError:
            raise NoProposalError(f"{name} is no JSON") from None
        if not isinstance(record, dict) or not str(record.get("schema", "")).startswith("dspy-ci/"):
            raise NoProposalError(f"{name} is no record of dspy-ci")
        files[name] = text
    if not files:
        raise NoProposalError("nothing was promoted")
    return files


def proposed(files: dict) -> str:
    """The URL of the pull request with these files; empty when the tree has them already."""
    for name, text in files.items():
        path = Path(TARGET, name)
        if any(part.is_symlink() for part in (path, *path.parents)):
            raise NoProposalError(f"{path} is a link")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git("checkout", "-q", "-B", BRANCH)
    git("add", "--force", "--", *(f"{TARGET}/{name}" for name in files))
    if not git("diff", "--cached", "--name-only"):
        return ""
    who = ("-c", "user.name=dspy-ci", "-c", "user.email=dspy-ci@users.noreply.github.com")
    git(*who, "commit", "-q", "--no-verify", "-m", TITLE)
    repository = os.environ["GITHUB_REPOSITORY"]
    push(f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{repository}.git")
    owner, base = repository.split("/")[0], os.environ["GITHUB_REF_NAME"]
    wanted = urllib.parse.urlencode({"state": "open", "head": f"{owner}:{BRANCH}", "base": base})
    standing = asked("GET", f"/repos/{repository}/pulls?{wanted}")
    if standing:
        return standing[0]["html_url"]
    run = f"{os.environ['GITHUB_SERVER_URL']}/{repository}/actions/runs/{os.environ['GITHUB_RUN_ID']}"
    body = BODY.format(run=run, files="\n".join(f"- `{TARGET}/{name}`" for name in files))
    made = asked(
        "POST",
        f"/repos/{repository}/pulls",
        {"title": TITLE, "head": BRANCH, "base": base, "body": body, "draft": False},
    )
    return made["html_url"]


def push(url: str) -> None:
    """Push the branch with the token in the environment of this one process; it stands in no file and no argument."""
    basic = base64.b64encode(f"x-access-token:{os.environ['GITHUB_TOKEN']}".encode()).decode()
    header = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{url}.extraheader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
        "GIT_TERMINAL_PROMPT": "0",
    }
    git("push", "-q", "--force", url, f"HEAD:refs/heads/{BRANCH}", env={**os.environ, **header})


def git(*words: str, env: dict | None = None) -> str:
    """What git prints; no hook and no filter of the repository runs. Raises NoProposalError."""
    argv = ["git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300, env=env)
    if done.returncode:
        raise NoProposalError(f"git {words[0]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout.strip()


def asked(method: str, path: str, record: dict | None = None) -> list | dict:
    """The answer of GitHub. Raises NoProposalError with what it said."""
    request = urllib.request.Request(  # noqa: S310 - the address is GitHub's own word
        f"{os.environ['GITHUB_API_URL']}{path}",
        method=method,
        data=json.dumps(record).encode() if record else None,
        headers={
            "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "dspy-ci",
            **({"Content-Type": "application/json"} if record else {}),
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - the same
            return json.load(answer)
    except urllib.error.HTTPError as error:
        said = error.read(2000).decode("utf-8", "replace")
        hint = "; allow Actions to open pull requests in the settings of the repository" if error.code == 403 else ""
        raise NoProposalError(
            f"GitHub answered {error.code} to {method} {path.partition('?')[0]}{hint}: {said}"
        ) from None
    except (OSError, ValueError) as error:
        raise NoProposalError(f"GitHub did not answer {method} {path.partition('?')[0]}: {error}") from None


if __name__ == "__main__":
    sys.exit(main())
