"""The sound before anybody aligns it: level, quality, voices, enhancement, matching."""
