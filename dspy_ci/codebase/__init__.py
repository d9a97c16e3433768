"""The code as immutable text, with its symbols."""
