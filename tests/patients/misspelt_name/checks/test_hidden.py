from scale import describe


def test_describe_hidden():
    assert describe(68, unit="F") == "mild"
