"""A pytest that has read its configuration, waits before it collects, and forks one child per job.

Most of what a short run costs is the same for all candidates: options, plugins, configuration. Here it is paid once.
Nothing of the project may have been imported by then, else the children would test stale code: the server then goes on
without it.
"""

import gc
import importlib
import os
import pathlib
import socket
import sys
import threading


class Waiting:
    """The server's side of a pytest that waits."""

    def __init__(self, probe, job, zygote):
        self.key = key(job)
        self.peer, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            self.peer.close()
            become(theirs, probe, job, zygote)
        theirs.close()
        answer, _ = zygote.receive(self.peer)
        self.problem = (answer or {"problem": "pytest ended before it collected"})["problem"]

    def close(self):
        """End it; it ends when the line is closed."""
        self.peer.close()
        os.waitpid(self.pid, 0)


def key(job):
    """What must be the same for two jobs to share a configuration."""
    return job["args"], job["env"], job["root"]


def become(peer, probe, job, zygote):
    """Be the pytest that waits; never returns."""
    code = 3
    try:
        gc.enable()
        os.environ.clear()
        os.environ.update(job["env"])
        probe.enter(job)

        def wait(config):
            remember_rewrites(config, job)
            return forked(peer, config, set(job["names"]), zygote)

        code = probe.main(job, None, wait)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # neither the server nor a child may return into the server's loop
        import traceback

        traceback.print_exc()
    os._exit(code)


def forked(peer, config, names, zygote):
    """In the waiting process: fork until the line is closed. In each child: its job and where its records go."""
    problem = obstacle(names)
    zygote.send(peer, {"problem": problem})
    if problem:
        os._exit(0)
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture:
        capture.stop_global_capturing()
    gc.collect()
    gc.disable()
    gc.freeze()
    os.chdir("/")  # a copy that is mounted anew for every run must not be held
    while True:
        job, fds = zygote.receive(peer)
        if job is None:
            os._exit(0)
        zygote.load("compiled").remember(job)
        pid = os.fork()
        if pid == 0:
            os.setsid()
            peer.close()
            zygote.redirect(fds[0])
            os.chdir(job["root"])
            gc.enable()
            importlib.invalidate_caches()
            if capture:
                capture.start_global_capturing()
                capture.suspend_global_capture()
            return job, fds[1]
        zygote.parent(peer, pid, fds)


def remember_rewrites(config, job):
    """Let pytest rewrite the asserts of a test file once for all children, as long as its bytes are the same."""
    from _pytest.assertion import rewrite

    original = getattr(rewrite, "_rewrite_test", None)
    if original is None:
        return
    known = {}

    def remembered(path, config):
        with open(path, "rb") as source:
            data = source.read()
        if known.get(str(path), (None,))[0] != data:
            known[str(path)] = data, original(path, config)
        return known[str(path)][1]

    for name in sorted({name.partition("::")[0] for name in job["ids"]}):
        try:
            remembered(pathlib.Path(job["root"], name), config)
        except (OSError, SyntaxError, ValueError, TypeError):  # noqa: PERF203 - a file that cannot be read waits for its child
            pass
    rewrite._rewrite_test = remembered  # noqa: SLF001 - pytest has no public way to share what it rewrote


def obstacle(names):
    """Why this process may not be forked: a sentence, or nothing."""
    stale = sorted(name for name in sys.modules if name.partition(".")[0] in names)
    if stale:
        return "the configuration of pytest imports " + ", ".join(stale[:3])
    if threading.active_count() > 1 or len(os.listdir("/proc/self/task")) > 1:
        return "a plugin of pytest started threads"
    return None
