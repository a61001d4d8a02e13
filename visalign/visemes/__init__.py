"""Viseme maps as data, and what the lips should show."""
