"""From phones to a mouth over time."""
