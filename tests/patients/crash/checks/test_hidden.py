from census import census


def test_census_hidden():
    assert census("mississippi") == {"m": 1, "i": 4, "s": 4, "p": 2}
