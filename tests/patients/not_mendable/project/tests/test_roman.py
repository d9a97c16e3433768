from roman import roman


def test_one():
    assert roman(1) == "I"


def test_four():
    assert roman(4) == "IV"


def test_year():
    assert roman(1994) == "MCMXCIV"
