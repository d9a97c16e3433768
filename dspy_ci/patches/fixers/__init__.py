"""Causes that a failure's own words give away, one per file, each with the cure that they ask for.

A fixer has a `NAME` and `fixes(failure, evidence)`, which yields patches, the most likely first. It reads the failure
and the code and runs nothing; whether a patch helps is for the judge to say. In doubt it yields nothing.
"""
