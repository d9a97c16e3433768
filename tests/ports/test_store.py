"""One contract for every store."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from dspy_ci.adapters.sqlitestore import SqliteStore, default_path
from dspy_ci.errors import MissingError
from dspy_ci.ports.store import Appended, Entry, MemoryStore


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryStore()
        return
    opened = SqliteStore(tmp_path / "state" / "state.sqlite")
    yield opened
    opened.close()


VALUES = [None, True, 0, -1.5, "", "ü\0\u2028😀", [], {}, {"a": [1, {"b": None}]}, "\ud800", 10**30]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_what_is_put_is_got(store, value):
    store.put("key", value)
    assert store.get("key", "nothing") == value
    assert store.append("stream", value, id="1") == Appended(0, fresh=True)
    assert store.read("stream") == (Entry(0, "1", value),)


def test_a_key_is_replaced_and_forgotten(store):
    store.put("deploy:last:a/b", 1)
    store.put("deploy:last:a/b", 2)
    assert store.get("deploy:last:a/b") == 2
    assert store.delete("deploy:last:a/b")
    assert not store.delete("deploy:last:a/b")
    assert store.get("deploy:last:a/b", "nothing") == "nothing"


def test_a_stream_counts_from_zero_without_gaps(store):
    assert [store.append("a", n, id=str(n)).offset for n in range(5)] == [0, 1, 2, 3, 4]
    assert store.append("b", 0, id="0").offset == 0
    assert [entry.value for entry in store.read("a", 2, 2)] == [2, 3]
    assert store.read("a", 5) == store.read("c") == store.read("a", 0, 0) == ()
    assert len(store.read("a", -3, 100)) == 5


def test_an_id_that_is_known_writes_nothing(store):
    store.append("a", "first", id="x")
    assert store.append("a", "second", id="x") == Appended(0, fresh=False)
    assert store.append("b", "other stream", id="x").fresh
    assert store.read("a") == (Entry(0, "x", "first"),)


def test_keys_and_streams_do_not_meet(store):
    store.put("same", 1)
    store.append("same", 2, id="same")
    assert store.get("same") == 1


def test_values_are_copied(store):
    value = {"list": [1]}
    store.put("key", value)
    value["list"].append(2)
    store.get("key")["list"].append(3)
    assert store.get("key") == {"list": [1]}


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, object(), b"bytes"], ids=["nan", "set", "object", "bytes"])
def test_what_json_cannot_say_is_refused_and_nothing_is_written(store, value):
    with pytest.raises(ValueError, match="JSON"):
        store.put("key", value)
    with pytest.raises(ValueError, match="JSON"):
        store.append("stream", value, id="1")
    assert store.get("key", "nothing") == "nothing"
    assert store.read("stream") == ()


def test_a_name_that_is_no_text_is_refused(store):
    with pytest.raises(ValueError, match="surrogates"):
        store.append("stream", 1, id="\ud800")
    with pytest.raises(ValueError, match="surrogates"):
        store.put("\ud800", 1)


def test_many_threads_append_each_id_once(store):
    def run():
        for number in range(40):
            store.append("stream", number, id=str(number))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = store.read("stream")
    assert [entry.offset for entry in entries] == list(range(40))
    assert {entry.id for entry in entries} == {str(number) for number in range(40)}


def test_a_healthy_store_says_nothing(store):
    assert store.health() is None


APPENDER = """
import sys
from pathlib import Path
from dspy_ci.adapters.sqlitestore import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    store.append("stream", number, id=str(number))
    print(number, flush=True)
"""


def appender(path, first, last):
    return subprocess.Popen(
        [sys.executable, "-c", APPENDER, path, str(first), str(last)], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.slow
def test_several_processes_write_side_by_side_and_agree_on_ids(tmp_path):
    path = tmp_path / "state.sqlite"
    writers = [appender(path, first, first + 60) for first in (0, 30, 60)]
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    entries = SqliteStore(path).read("stream", 0, 1000)
    assert sorted(entry.value for entry in entries) == list(range(120))
    assert [entry.offset for entry in entries] == list(range(120))


@pytest.mark.slow
def test_what_was_acknowledged_survives_a_kill(tmp_path):
    path = tmp_path / "state.sqlite"
    with appender(path, 0, 100_000) as writer:
        said = [writer.stdout.readline() for _ in range(50)]
        os.kill(writer.pid, signal.SIGKILL)
        said += writer.stdout.readlines()
    heard = [int(line) for line in said if line.endswith("\n")]
    kept = [entry.value for entry in SqliteStore(path).read("stream", 0, 100_000)]
    assert kept[: len(heard)] == heard
    assert len(kept) <= len(heard) + 1


def test_namespaces_share_a_file_and_nothing_else(tmp_path):
    one, two = SqliteStore(tmp_path / "s", "one"), SqliteStore(tmp_path / "s", "two")
    one.put("key", 1)
    one.append("stream", 1, id="1")
    assert two.get("key") is None
    assert two.append("stream", 2, id="1") == Appended(0, fresh=True)
    one.close()
    two.close()


def test_a_file_that_is_no_store_is_a_sentence(tmp_path):
    (tmp_path / "s").write_text("this is no database, but it is long enough to look like one\n" * 100)
    with pytest.raises(MissingError, match="cannot be used"):
        SqliteStore(tmp_path / "s")
    (tmp_path / "file").write_text("")
    with pytest.raises(MissingError, match="cannot make"):
        SqliteStore(tmp_path / "file" / "below" / "s")


def test_a_store_that_is_held_is_unhealthy_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("dspy_ci.adapters.sqlitestore._PATIENCE", 0.05)
    one, two = SqliteStore(tmp_path / "s"), SqliteStore(tmp_path / "s")
    one._file.execute("BEGIN IMMEDIATE")
    assert "locked" in two.health()
    with pytest.raises(MissingError, match="locked"):
        two.put("key", 1)
    one._file.execute("ROLLBACK")
    two.put("key", 1)
    assert one.get("key") == 1
    one.close()
    two.close()


def test_only_the_owner_reads_the_file(tmp_path):
    SqliteStore(tmp_path / "state" / "s").close()
    assert (tmp_path / "state" / "s").stat().st_mode & 0o077 == 0
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0


def test_the_state_lies_outside_of_repositories():
    assert str(default_path({"XDG_STATE_HOME": "/some/state"})) == "/some/state/dspy-ci/state.sqlite"
    assert default_path({"XDG_STATE_HOME": "relative"}).parts[-5:-2] == default_path({}).parts[-5:-2]
    assert json.dumps(str(default_path({}))).endswith('.local/state/dspy-ci/state.sqlite"')
