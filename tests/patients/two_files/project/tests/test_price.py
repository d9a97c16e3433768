from shop.price import gross


def test_gross():
    assert gross(200, 10) == 220


def test_no_tax():
    assert gross(50, 0) == 50
