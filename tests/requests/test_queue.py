import threading

import pytest

from dspy_ci.adapters.sqlitestore import SqliteStore
from dspy_ci.ports.forge import User
from dspy_ci.ports.store import MemoryStore
from dspy_ci.requests.queue import Queue
from dspy_ci.requests.said import Said


def command(comment, number=1, repo="o/r"):
    return Said(repo, number, comment, User("ann"), "MEMBER", "/dspy fix")


def take(queue):
    found = queue.take(0)
    return found and found.said.comment


def test_commands_come_out_in_the_order_in_which_they_came():
    queue = Queue(MemoryStore())
    for comment, number in [(1, 1), (2, 2), (3, 3)]:
        assert queue.offer(command(comment, number)) == "queued"
    assert [take(queue) for _ in range(4)] == [1, 2, 3, None]


def test_on_one_pull_request_one_after_the_other():
    queue = Queue(MemoryStore())
    for comment, number, repo in [(1, 1, "o/r"), (2, 1, "o/r"), (3, 2, "o/r"), (4, 1, "o/x"), (5, 2, "o/r")]:
        queue.offer(command(comment, number, repo))
    first, second, third = (queue.take(0) for _ in range(3))
    assert [one.said.comment for one in (first, second, third)] == [1, 3, 4]
    assert queue.take(0) is None
    queue.done(second, "ok")
    assert take(queue) == 5
    queue.done(first, "ok")
    assert take(queue) == 2


def test_a_command_is_accepted_once_even_when_it_is_done():
    queue = Queue(MemoryStore())
    assert queue.offer(command(1)) == "queued"
    assert queue.offer(command(1)) == "known"
    queue.done(queue.take(0), "ok")
    assert queue.offer(command(1)) == "known"
    assert queue.offer(command(1, repo="o/x")) == "queued"


def test_a_full_queue_takes_nothing_and_says_so():
    queue = Queue(MemoryStore(), capacity=2)
    assert [queue.offer(command(n)) for n in range(4)] == ["queued", "queued", "full", "full"]
    queue.done(queue.take(0), "ok")
    assert queue.offer(command(2)) == "queued"


def test_what_is_not_done_is_there_again_after_a_crash_in_the_same_order():
    store = MemoryStore()
    queue = Queue(store)
    for comment in range(6):
        queue.offer(command(comment, number=comment % 2))
    done, _begun = queue.take(0), queue.take(0)
    queue.done(done, "ok")
    again = Queue(store)
    assert len(again) == 5
    assert again.offer(command(0)) == "known"
    first = again.take(0)
    assert (first.said.comment, first.tries) == (1, 2)
    assert take(again) == 2


def test_an_entry_that_nobody_can_read_stops_nothing():
    store = MemoryStore()
    for number, value in enumerate([None, 5, {"repo": "o/r"}, {"author": []}]):
        store.append("bot.requests", value, id=str(number))
    queue = Queue(store)
    queue.offer(command(1))
    assert [take(queue), take(queue)] == [1, None]


def test_the_cursor_moves_over_what_is_done_and_no_mark_stays():
    store = MemoryStore()
    queue = Queue(store)
    for comment in range(50):
        queue.offer(command(comment, number=comment))
    waiting = [queue.take(0) for _ in range(50)]
    for one in waiting[::-1]:
        assert len(Queue(store)) == one.offset + 1
        queue.done(one, "ok")
    assert len(Queue(store)) == 0
    assert list(store.values) == ["bot.requests:cursor"]


def test_what_goes_back_waits_and_holds_up_its_pull_request_only():
    now = [0.0]
    queue = Queue(MemoryStore(), clock=lambda: now[0])
    for comment, number in [(1, 1), (2, 1), (3, 2)]:
        queue.offer(command(comment, number))
    queue.back(queue.take(0), 10)
    assert take(queue) == 3
    assert take(queue) is None
    now[0] = 10
    again = queue.take(0)
    assert (again.said.comment, again.tries) == (1, 2)
    queue.done(again, "ok")
    assert take(queue) == 2


def test_a_closed_queue_hands_out_nothing_and_keeps_all():
    store = MemoryStore()
    queue = Queue(store)
    queue.offer(command(1))
    queue.close()
    assert queue.take(5) is None
    assert queue.offer(command(2)) == "full"
    assert len(Queue(store)) == 1


def test_a_worker_that_waits_is_woken():
    queue = Queue(MemoryStore())
    got = []
    worker = threading.Thread(target=lambda: got.append(take_long(queue)))
    worker.start()
    queue.offer(command(1))
    worker.join(10)
    assert got == [1]


def take_long(queue):
    return queue.take(10).said.comment


def test_a_store_that_fails_leaves_the_place_free():
    class Failing(MemoryStore):
        def append(self, *args, **options):
            raise OSError("disk full")

    queue = Queue(Failing(), capacity=1)
    for _ in range(3):
        with pytest.raises(OSError, match="disk full"):
            queue.offer(command(1))


def test_many_threads_handle_each_command_once_and_in_order(tmp_path):
    store = SqliteStore(tmp_path / "s")
    queue = Queue(store)
    seen, lock = [], threading.Lock()

    def work():
        while one := queue.take(0.2):
            with lock:
                seen.append((one.said.number, one.said.comment))
            queue.done(one, "ok")

    for comment in range(60):
        queue.offer(command(comment, number=comment % 7))
    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    store.close()
    assert sorted(comment for _, comment in seen) == list(range(60))
    for number in range(7):
        mine = [comment for at, comment in seen if at == number]
        assert mine == sorted(mine)
