"""Putting it right: sound moved, stretched, or attached anew."""
