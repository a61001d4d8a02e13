"""The video branch, from pixels to observed visemes: it sees neither the sound nor what is said in it."""
