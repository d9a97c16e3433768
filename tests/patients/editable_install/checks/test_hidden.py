from tides import is_high


def test_hidden():
    assert is_high(10, 0)
    assert not is_high(-1, 0)
    assert not is_high(0, 0)
