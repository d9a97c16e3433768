"""A red build goes in, a verified patch comes out."""

__version__ = "0.1.0"
