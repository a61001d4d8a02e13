"""Words read from the lips alone."""
