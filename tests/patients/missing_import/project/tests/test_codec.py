from codec import decode, encode


def test_round_trip():
    assert decode(encode({"b": 1, "a": 2})) == {"a": 2, "b": 1}


def test_keys_are_sorted():
    assert encode({"b": 1, "a": 2}) == '{"a": 2, "b": 1}'
