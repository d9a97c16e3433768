"""The conductor: from a red repository to a verified patch, one event per step."""
