"""Pronunciations for words that no lexicon holds: guessed from their spelling, and marked as guesses.

:mod:`~visalign.language.g2p.joint_ngram` is the built-in model of American English;
:mod:`~visalign.language.g2p.espeak` asks eSpeak NG, in any language that it speaks;
:mod:`~visalign.language.g2p.training` learns a model from any dictionary.
"""
