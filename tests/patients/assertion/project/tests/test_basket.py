from basket import subtotal, total


def test_subtotal_multiplies():
    assert subtotal([(2, 5), (1, 3)]) == 13


def test_total_adds_shipping():
    assert total([(2, 5), (1, 3)], 4) == 17


def test_total_of_nothing_is_shipping():
    assert total([], 4) == 4
