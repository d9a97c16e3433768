"""Moving averages."""


def windows(values, size):
    """All runs of `size` neighbours, in order."""
    return [values[start : start + size] for start in range(len(values) - size)]


def averages(values, size):
    """The mean of every window."""
    return [sum(window) / size for window in windows(values, size)]
