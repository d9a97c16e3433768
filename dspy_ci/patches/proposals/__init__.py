"""Cures that nobody can prove here, one cause per file: changes of tests, of dependencies, of CI files.

A proposer has a `NAME` and `proposals(failure, evidence)`; in doubt it yields nothing.
"""
