from tides import extremes, is_high


def test_high():
    assert is_high(3, 2)


def test_low():
    assert not is_high(1, 2)


def test_mean_is_not_high():
    assert not is_high(2, 2)


def test_extremes():
    assert extremes([3, 1, 2]) == (1, 3)
