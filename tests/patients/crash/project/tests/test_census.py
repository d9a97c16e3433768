from census import census


def test_nothing_counts_nothing():
    assert census([]) == {}


def test_words_are_counted():
    assert census(["a", "b", "a"]) == {"a": 2, "b": 1}


def test_one_word():
    assert census(["x"]) == {"x": 1}
