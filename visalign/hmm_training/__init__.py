"""Hidden Markov models learnt from sufficient statistics, whatever their features: of sound, or of lips."""
