from names import slug


def test_slug_hidden():
    assert slug("One  Two") == "one-two"
