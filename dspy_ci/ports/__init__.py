"""What we ask of the world, in plain values; beside each port its in-memory twin."""
