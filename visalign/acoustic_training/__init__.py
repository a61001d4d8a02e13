"""Acoustic models learnt from sound and transcripts: what is trained on, stage by stage, and what comes out."""
