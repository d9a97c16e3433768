"""A line of people."""


class Line:
    """First come, first served."""

    def __init__(self):
        self._waiting = []

    def join(self, person):
        """Stand at the end."""
        self._waiting.append(person)

    def serve(self):
        """Take the first one out of the line."""
        return self._waiting.pop()

    def __len__(self):
        return len(self._waiting)
