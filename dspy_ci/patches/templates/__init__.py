"""One mutation family per file."""
