import tracemalloc

from dspy_ci.adapters.sandbox.capped import Capped

LIMIT = 1 << 17


def test_head_and_tail_are_kept_however_small_the_pieces_are():
    whole = bytes(range(256)) * 64
    for size in (1, 7, 5000):
        capped = Capped(4000)
        for start in range(0, len(whole), size):
            capped.add(whole[start : start + size])
        head, _, rest = capped.data.partition(b"\n[... ")
        note, _, tail = rest.partition(b" bytes dropped ...]\n")
        assert (head, tail) == (whole[:2000], whole[len(whole) - len(tail) :])
        assert len(tail) >= 2000
        assert len(head) + int(note) + len(tail) == len(whole)


def test_endless_output_byte_by_byte_takes_no_more_memory_than_its_limit():
    capped = Capped(LIMIT)
    tracemalloc.start()
    for _ in range(3 * LIMIT):
        capped.add(b"x")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2 * LIMIT
