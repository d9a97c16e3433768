from queueing import Line


def test_line_hidden():
    line = Line()
    for number in range(5):
        line.join(number)
    assert [line.serve() for _ in range(5)] == [0, 1, 2, 3, 4]
