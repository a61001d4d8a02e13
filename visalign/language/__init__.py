"""What is said, without sound: phones, pronunciations, transcripts, annotations."""
