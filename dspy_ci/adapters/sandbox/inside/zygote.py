"""A warm pytest that forks one child per run; standard library and pytest only, Python 3.8 and later.

The project itself is never imported here, so every child imports it anew from the copy.
"""

import array
import gc
import importlib
import importlib.util
import json
import os
import signal
import socket
import struct
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
DUMMY = """
def test_good():
    assert 1 + 1 == 2


def test_bad():
    assert 1 + 1 == 3
"""
"""One of each, so that what shows a failure is loaded too."""
POOLS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Plugins load numpy, which starts threads as it is loaded; a process with threads cannot be forked safely."""


def load(name):
    """One of the modules beside this one, by path, once."""
    if "dspy_ci_" + name in sys.modules:
        return sys.modules["dspy_ci_" + name]
    spec = importlib.util.spec_from_file_location("dspy_ci_" + name, os.path.join(HERE, name + ".py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def warm_up(folder):
    """Run pytest once on nothing, so that all that it needs is loaded."""
    import pytest

    path = os.path.join(folder, "test_nothing_at_all.py")
    config = os.path.join(folder, "pytest.ini")
    for name, text in ((path, DUMMY), (config, "[pytest]\n")):
        with open(name, "w") as sink:
            sink.write(text)
    code = pytest.main(["-c", config, "--rootdir", folder, "-p", "no:cacheprovider", "--maxfail=1", path])
    sys.modules.pop("test_nothing_at_all", None)
    sys.path[:] = [place for place in sys.path if place != folder]
    sys.path_importer_cache.clear()
    skip_marking()
    return int(code)


def skip_marking():
    """Every plugin is loaded by now: pytest need not read the files of all distributions again to mark them."""
    from _pytest.config import Config

    name = "_mark_plugins_for_rewrite"
    if hasattr(Config, name):
        setattr(Config, name, lambda self, hook, *rest: None)


def obstacle(names, code):
    """Why this process may not serve: a sentence, or nothing."""
    if code != 1:
        return "pytest fails on a plain test (exit code {})".format(code)
    stale = sorted(name for name in names if name in sys.modules)
    if stale:
        return "pytest itself imports the project's " + ", ".join(stale)
    if threading.active_count() > 1 or len(os.listdir("/proc/self/task")) > 1:
        return "a plugin of pytest started threads"
    return None


def serve(peer, probe):
    """Fork a child per request until the keeper closes the line."""
    pytests = Pytests(probe)
    while True:
        request, fds = receive(peer)
        if request is None:
            return
        waiting = pytests.find(request)
        if waiting and relay(peer, waiting, request, fds):
            continue
        if waiting:
            pytests.lost()
        load("compiled").remember(request)
        pid = os.fork()
        if pid == 0:
            run_child(peer, probe, request, fds)
        parent(peer, pid, fds, pytests.pids)


class Pytests:
    """The pytest that waits for jobs of one kind, where there can be one."""

    def __init__(self, probe):
        self.probe, self.waiting, self.hopeless = probe, None, []

    @property
    def pids(self):
        return [self.waiting.pid] if self.waiting else []

    def find(self, job):
        """One that fits the job; None where the job must start its own."""
        module = load("waiting")
        kind = module.key(job)
        if not job["shared"] or kind in self.hopeless:
            return None
        if self.waiting and self.waiting.key != kind:
            self.lost()
        if self.waiting is None:
            found = module.Waiting(self.probe, job, sys.modules[__name__])
            if found.problem:
                self.hopeless.append(kind)
                found.close()
                return None
            self.waiting = found
        return self.waiting

    def lost(self):
        """Do without it from now on."""
        self.waiting.close()
        self.waiting = None


def relay(peer, waiting, job, fds):
    """Hand a job on and its answers back; False when nobody is there any more."""
    try:
        send(waiting.peer, job, fds)
        first, _ = receive(waiting.peer)
    except OSError:
        return False
    if first is None:
        return False
    for fd in fds:
        os.close(fd)
    send(peer, dict(first, servers=[waiting.pid]))
    last, _ = receive(waiting.peer)
    send(peer, last or {"status": 9})
    return True


def parent(peer, pid, fds, servers=()):
    """The forking side: say who runs, wait for the end, say how it ended."""
    for fd in fds:
        os.close(fd)
    send(peer, {"pid": pid, "servers": list(servers)})
    _, status = os.waitpid(pid, 0)
    send(peer, {"status": status})


def redirect(fd):
    """Write where the keeper reads."""
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    os.close(fd)


def run_child(peer, probe, job, fds):
    """Become a process like the one that `python -m pytest` starts, run the job, and leave."""
    code = 3
    try:
        os.setsid()
        peer.close()
        redirect(fds[0])
        os.environ.clear()
        os.environ.update(job["env"])
        gc.enable()
        importlib.invalidate_caches()
        probe.enter(job)
        code = probe.main(job, fds[1])
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # a child must never return into the server's loop
        import traceback

        traceback.print_exc()
    os._exit(code)


def receive(peer):
    """A request and its descriptors; None at the end."""
    data, ancillary, _, _ = peer.recvmsg(4, socket.CMSG_LEN(8))
    if len(data) < 4:
        return None, []
    fds = array.array("i")
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(value[: len(value) - len(value) % fds.itemsize])
    size = struct.unpack("!I", data)[0]
    body = bytearray()
    while len(body) < size:
        part = peer.recv(size - len(body))
        if not part:
            return None, []
        body += part
    return json.loads(bytes(body).decode("utf-8")), list(fds)


def send(peer, message, fds=()):
    """One message, with descriptors where there are some."""
    data = json.dumps(message).encode("utf-8")
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    peer.sendmsg([struct.pack("!I", len(data))], rights)
    peer.sendall(data)


def main():
    """Warm up, say whether we can serve, serve."""
    peer = socket.socket(fileno=int(sys.argv[1]))
    folder, names = sys.argv[2], [name for name in sys.argv[3].split(",") if name]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update((name, "1") for name in POOLS)  # the children have the project's own environment again
    try:
        probe = load("probe")
        problem = obstacle(names, warm_up(folder))
    except Exception as error:  # whatever a project's plugins do at start: the cold way says it better
        problem = "pytest cannot be preloaded: {}: {}".format(type(error).__name__, error)
    send(peer, {"problem": problem})
    if problem:
        return
    hide()
    load("compiled").install()
    os.chdir("/")
    gc.collect()
    gc.disable()
    gc.freeze()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    serve(peer, probe)


def hide():
    """Nobody may read or change this process through /proc, not even its own children."""
    import ctypes

    try:
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
    except (OSError, AttributeError):
        pass


if __name__ == "__main__":
    main()
