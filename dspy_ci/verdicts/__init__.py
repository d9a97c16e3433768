"""What was proved about a patch."""
