"""The desk: look, correct by hand, decide, and let the machine go on from there."""
