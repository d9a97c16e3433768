"""From lines to failures: one format per tool."""
