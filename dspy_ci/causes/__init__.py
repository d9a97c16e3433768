"""Causes: who or what is to blame for a failure, found by experiment."""
