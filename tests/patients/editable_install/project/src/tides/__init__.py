"""High and low water."""


def is_high(level, mean):
    """Whether the water stands above its mean."""
    return level < mean


def extremes(levels):
    """Lowest and highest level."""
    return min(levels), max(levels)
