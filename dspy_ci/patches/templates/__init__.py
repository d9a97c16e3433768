"""Families of small mistakes, one per file: how the same code would look had its author not slipped.

A family has a `NAME`, a `PRIOR` (how often a bug is of this family, against 1.0 for the most frequent), and
`mutations(node, place)`, which yields other ways to write one node of a suspect function.
"""
