"""One file per tool, listed in table.py."""
