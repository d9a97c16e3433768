from smooth import windows


def test_windows_hidden():
    assert windows([5, 6, 7, 8, 9], 3) == [[5, 6, 7], [6, 7, 8], [7, 8, 9]]
    assert windows([5], 2) == []
