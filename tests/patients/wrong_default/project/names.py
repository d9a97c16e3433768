"""Names for people and machines."""


def initials(name, separator=""):
    """The first letters of each part, in capitals."""
    return separator.join(part[0].upper() for part in name.split())


def slug(title, separator="_"):
    """A title as a path of a web page: words in lower case joined by dashes."""
    return separator.join(title.lower().split())
