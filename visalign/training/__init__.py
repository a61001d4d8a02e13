"""What is learnt from corpora: lip models, visemes, maps, calibration."""
