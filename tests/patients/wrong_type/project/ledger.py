"""Balances from text."""


def balance(rows, opening=0):
    """The opening balance plus the amounts in the second column."""
    result = opening
    for row in rows:
        name, amount = row.split(";")
        result += amount
    return result
