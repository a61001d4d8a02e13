"""Phoneme-to-viseme maps, one TOML file each, with citation and coverage."""
