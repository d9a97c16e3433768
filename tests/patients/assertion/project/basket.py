"""Prices of a basket."""


def subtotal(lines):
    """Sum of quantity times price."""
    return sum(quantity * price for quantity, price in lines)


def total(lines, shipping):
    """What the customer pays: the goods and their shipping."""
    goods = subtotal(lines)
    return goods - shipping
