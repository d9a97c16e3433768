"""Records as JSON lines."""


def encode(record):
    """One line of JSON with sorted keys."""
    return json.dumps(record, sort_keys=True)


def decode(line):
    """The record of a line."""
    return json.loads(line)
