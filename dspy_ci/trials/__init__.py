"""What became of candidates: one at a time in a run of their own, or many in one run to sort out the hopeless."""
