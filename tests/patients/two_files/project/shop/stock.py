"""What lies on the shelf."""


def available(stock, reserved):
    """How many can still be sold, never less than nothing."""
    return min(0, stock - reserved)
