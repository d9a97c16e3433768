from shop.stock import available


def test_some_are_left():
    assert available(10, 3) == 7


def test_never_negative():
    assert available(2, 5) == 0
