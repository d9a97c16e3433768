"""What a hostile candidate tries; runs inside a sandbox, standard library only, and prints what it achieved."""

import contextlib
import ctypes
import json
import os
import socket
import subprocess
import sys

PLAN = json.loads(sys.argv[1])
"""Paths and ports of bait that the preflight has laid out."""


def read_secret():
    """A file of the user's."""
    with open(PLAN["secret"], encoding="utf-8") as source:
        return PLAN["token"] in source.read()


def list_home():
    """All of the user's home; an interpreter that lives there may be seen."""
    return set(os.listdir(PLAN["home"])) >= set(PLAN["entries"])


def write_outside():
    """A file beside the copy."""
    with open(PLAN["outside"], "a", encoding="utf-8") as sink:
        sink.write("owned")
    return True


def write_original():
    """The user's own tree, by its path; in an overlay this succeeds and changes nothing, so the host looks again."""
    with open(os.path.join(PLAN["original"], "bait.txt"), "a", encoding="utf-8") as sink:
        sink.write("owned")
    return False


def unlink_outside():
    """A file of the user's."""
    os.unlink(PLAN["victim"])
    return True


def own_environment():
    """A token in our own environment."""
    return PLAN["token"] in repr(dict(os.environ))


def other_environments():
    """A token in the environment of any process."""
    for name in os.listdir("/proc"):
        if name.isdigit() and name != str(os.getpid()):
            with contextlib.suppress(OSError), open(f"/proc/{name}/environ", "rb") as source:
                if PLAN["token"].encode() in source.read():
                    return True
    return False


def parent_memory():
    """The memory of the process that started us."""
    parent = os.getppid()
    with open(f"/proc/{parent}/maps", encoding="ascii") as maps, open(f"/proc/{parent}/mem", "rb") as source:
        source.seek(int(maps.readline().split("-")[0], 16))
        return bool(source.read(16))


def tcp():
    """A server on the host's loopback."""
    with socket.create_connection(("127.0.0.1", PLAN["port"]), timeout=1):
        return True


def udp():
    """A datagram to anywhere."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        return probe.sendto(b"x", ("127.0.0.1", PLAN["port"])) == 1 and PLAN["port"] in _listening()


def _listening():
    """Ports that listen in this network namespace."""
    with open("/proc/net/tcp", encoding="ascii") as source:
        return {int(line.split()[1].split(":")[1], 16) for line in list(source)[1:]}


def unix_socket():
    """A socket by its path, as docker's."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect(PLAN["socket"])
        return True


def abstract_socket():
    """A socket without a path."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect("\0" + PLAN["abstract"])
        return True


def signal_host():
    """A process of the user's."""
    os.kill(PLAN["pid"], 0)
    with open(f"/proc/{PLAN['pid']}/cmdline", "rb") as source:
        return PLAN["mark"].encode() in source.read()


def new_namespace():
    """More power through a user namespace."""
    return ctypes.CDLL(None, use_errno=True).unshare(0x10000000) == 0


def become_root():
    """Root by sudo."""
    return subprocess.run(["sudo", "-n", "true"], capture_output=True, timeout=5, check=False).returncode == 0


def mount_something():
    """A mount."""
    return ctypes.CDLL(None, use_errno=True).mount(b"x", b"/", b"tmpfs", 0, None) == 0


ATTACKS = (
    read_secret, list_home, write_outside, write_original, unlink_outside, own_environment, other_environments,
    parent_memory, tcp, udp, unix_socket, abstract_socket, signal_host, new_namespace, become_root, mount_something,
)  # fmt: skip


def succeeded(attack):
    """Whether it worked; any refusal is a no."""
    try:
        return bool(attack())
    except (OSError, ValueError, subprocess.SubprocessError):
        return False


sys.stdout.write(json.dumps({attack.__name__: succeeded(attack) for attack in ATTACKS}) + "\n")
