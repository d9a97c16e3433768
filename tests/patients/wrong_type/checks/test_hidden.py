from ledger import balance


def test_balance_hidden():
    assert balance(["a;1", "b;2", "c;3"], 10) == 16
