"""Where sound and lips meet: evidence, offset, course, scores, verdict."""
