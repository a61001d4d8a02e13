"""The desk: a page on which people look at clips, correct what was found, and decide."""
