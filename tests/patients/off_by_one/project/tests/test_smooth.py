from smooth import averages, windows


def test_windows():
    assert windows([1, 2, 3, 4], 2) == [[1, 2], [2, 3], [3, 4]]


def test_one_window():
    assert windows([1, 2, 3], 3) == [[1, 2, 3]]


def test_averages():
    assert averages([2, 4, 6], 2) == [3, 5]
