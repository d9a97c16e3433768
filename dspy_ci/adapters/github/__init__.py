"""GitHub as a forge."""
