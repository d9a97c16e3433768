"""From bytes to lines: envelopes, steps, windows, redaction."""
