"""What a change breaks in the code around it: one file per kind, each a function from the change to failures."""
