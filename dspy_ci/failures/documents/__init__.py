"""Reports that tools write for machines: one file per shape, listed in table.py."""
