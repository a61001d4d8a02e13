"""Every line of a dub: what is measured about it, and whether the programme may be released."""
