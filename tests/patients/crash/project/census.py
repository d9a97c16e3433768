"""Counting words."""


def census(words):
    """How often each word occurs."""
    counts = {}
    for word in words:
        counts[word] = counts[word] + 1
    return counts
