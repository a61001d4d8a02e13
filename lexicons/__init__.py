"""Pronunciation dictionaries, one a file, each with its source and licence."""
