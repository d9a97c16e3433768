from scale import describe


def test_celsius():
    assert describe(5, unit="C") == "cold"
    assert describe(20, unit="C") == "mild"


def test_fahrenheit():
    assert describe(41, unit="F") == "cold"


def test_warm_fahrenheit():
    assert describe(86, unit="F") == "warm"
