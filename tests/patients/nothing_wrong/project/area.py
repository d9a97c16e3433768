"""Areas."""


def rectangle(width, height):
    """Width times height."""
    return width * height
