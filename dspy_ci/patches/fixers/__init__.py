"""One cause per file."""
