"""One verb per file: chooses adapters, runs the pipeline, prints a report."""
