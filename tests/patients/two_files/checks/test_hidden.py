from shop.price import gross
from shop.stock import available


def test_both_hidden():
    assert available(9, 9) == 0
    assert available(100, 1) == 99
    assert gross(1000, 20) == 1200
