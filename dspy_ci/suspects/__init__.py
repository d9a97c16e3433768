"""Where the cause of a failure probably is."""
