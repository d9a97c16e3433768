from codec import decode


def test_decode_hidden():
    assert decode("[1, 2]") == [1, 2]
