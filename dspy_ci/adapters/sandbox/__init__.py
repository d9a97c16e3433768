"""Throw-away copies in which code that nobody trusts may run: tiers, probed, named, failing closed."""
