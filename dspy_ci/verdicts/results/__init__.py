"""How each test ended, read from the output of a runner that has no channel of ours: one file per kind of output."""
