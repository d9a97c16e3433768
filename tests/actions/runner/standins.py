"""Plays the few actions of others that ours use, with folders where GitHub has servers."""

import re
import shutil
import subprocess
from pathlib import Path

PLAYED = {
    "actions/checkout", "actions/setup-python", "actions/cache", "actions/upload-artifact", "actions/download-artifact",
}  # fmt: skip


def play(uses, given, job):
    """Whether the action went well, and its outputs."""
    name, _, sha = uses.partition("@")
    assert re.fullmatch("[0-9a-f]{40}", sha), f"{uses} is not pinned"
    return globals()[name.split("/")[1].replace("-", "_")](given, job)


def checkout(given, job):
    """Clone the repository of the job, at its commit or the wanted one."""
    known(given, {"repository", "ref", "path", "persist-credentials", "fetch-depth"})
    assert given.get("persist-credentials") == "false", "a checkout that leaves its token behind"
    folder = job.workspace / given.get("path", ".")
    source = job.store["remote"][given.get("repository") or job.github["repository"]]
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q")
    depth = ["--depth=1"] if given.get("fetch-depth", "1") == "1" else []
    ref = given.get("ref") or job.github["sha"]
    git(folder, "fetch", "-q", *depth, Path(source).as_uri(), "+refs/heads/*:refs/remotes/origin/*", ref)
    git(folder, "checkout", "-q", "--detach", "FETCH_HEAD" if not depth else ref)
    git(folder, "checkout", "-q", "--detach", ref)
    return True, {}


def setup_python(given, job):
    """The interpreter that a test wants is on the path already."""
    known(given, {"python-version"})
    return True, {}


def cache(given, job):
    """Bring back what an earlier run left under the key; what is there at the end is not kept by this one."""
    known(given, {"path", "key", "restore-keys"})
    kept = Path(job.store["caches"], re.sub(r"\W", "_", given["key"]))
    if kept.is_dir():
        shutil.copytree(kept, given["path"], dirs_exist_ok=True)
    return True, {"cache-hit": str(kept.is_dir()).lower()}


def upload_artifact(given, job):
    """Keep a file or a folder under a name that this run has not used; what is hidden stays behind."""
    known(given, {"name", "path", "if-no-files-found"})
    target, source = Path(job.store["artifacts"], given["name"]), Path(given["path"])
    hidden = any(part.startswith(".") for part in Path(given["path"]).parts)
    if hidden or not source.exists() or (source.is_dir() and not any(source.glob("[!.]*"))):
        return given.get("if-no-files-found", "warn") != "error", {}
    if target.exists():
        return False, {}
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*"))
    else:
        target.mkdir(parents=True)
        shutil.copy(source, target)
    return True, {}


def download_artifact(given, job):
    """Bring the files of a name into a folder."""
    known(given, {"name", "path"})
    source = Path(job.store["artifacts"], given["name"])
    if source.is_dir():
        shutil.copytree(source, given["path"], dirs_exist_ok=True)
    return source.is_dir(), {}


def known(given, names):
    """No input that this play would pass over in silence."""
    assert set(given) <= names, f"not played: {set(given) - names}"


def git(folder, *words):
    """Git, without anything of the person who runs the tests."""
    subprocess.run(["git", "-c", "protocol.file.allow=always", *words], cwd=folder, check=True, capture_output=True)
