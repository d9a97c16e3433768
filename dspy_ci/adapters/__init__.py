"""One vendor or one piece of the operating system per file."""
