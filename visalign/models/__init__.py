"""Trained models (JSON and NPZ), each with its provenance."""
