from area import rectangle


def test_rectangle():
    assert rectangle(2, 3) == 6
