from ledger import balance


def test_nothing_changes_nothing():
    assert balance([], 5) == 5


def test_amounts_are_added():
    assert balance(["rent;700", "food;300"]) == 1000


def test_opening_counts():
    assert balance(["gift;-20"], 50) == 30
