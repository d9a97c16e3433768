"""Roman numerals."""


def roman(number):
    """The number in Roman numerals."""
    raise NotImplementedError
