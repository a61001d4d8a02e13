"""Recognising words without a transcript, by PocketSphinx's language model of American English.

Method
------
The recording is cut at pauses (:mod:`visalign.forced_alignment.pieces`). In each piece PocketSphinx finds the likeliest
words of its dictionary under its trigram model; these words are then aligned as if they were the transcript, so that
their times are as fine as those of any other.

The model knows broadcast English, and clear speech near a microphone. Names, accents, noise and music cost it words;
one that is wrong often sounds, and looks, like the right one.

Conventions
-----------
As in :mod:`visalign.forced_alignment.aligner`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pocketsphinx import Decoder, get_model_path

from visalign.config import DEFAULT_ALIGNER
from visalign.errors import AlignmentError, BackendUnavailable
from visalign.forced_alignment.aligner import Aligner, load_aligner
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.pieces import (
    AlignedPiece,
    Span,
    cut_at_pauses,
    join_pieces,
    on_the_clock,
    part_of,
    silent_alignment,
)
from visalign.forced_alignment.pocketsphinx import engine_version, is_filler, pcm_for_model
from visalign.language.lexicon import embedded_lexicon
from visalign.signals import Audio
from visalign.sound.voice_activity import find_speech

__all__ = ["recognise_words"]

_VARIANT = re.compile(r"\(\d+\)$")


def recognise_words(audio: Audio) -> Alignment:
    """The words that are heard, without a transcript, and their phones.

    Parameters
    ----------
    audio : Audio
        Mono sound on the clip's clock.

    Returns
    -------
    Alignment

    Raises
    ------
    AlignmentError
        If no word is recognised.
    BackendUnavailable
        If PocketSphinx's language model is missing.
    """
    decoder, aligner = _decoder(), load_aligner(DEFAULT_ALIGNER)
    spans = cut_at_pauses(find_speech(audio), audio.rate_hz, Span(0, len(audio.samples)))
    pieces = [_piece(decoder, aligner, audio, span) for span in spans]
    if not any(piece.alignment.text for piece in pieces):
        raise AlignmentError(
            f"no word could be recognised in these {audio.duration:.2f} s of audio. Give the transcript, or have the "
            "phones recognised."
        )
    return replace(
        join_pieces(pieces),
        engine=f"pocketsphinx {engine_version()}, words recognised; {aligner.name}",
        warnings=("no transcript: the words were recognised, and some are wrong; read them before relying on one",),
    )


def _decoder() -> Decoder:
    model = Path(get_model_path("en-us/en-us.lm.bin"))
    if not model.is_file():
        raise BackendUnavailable("PocketSphinx's language model", f"It belongs at {model}: reinstall pocketsphinx.")
    return Decoder(loglevel="FATAL")


def _piece(decoder: Decoder, aligner: Aligner, audio: Audio, span: Span) -> AlignedPiece:
    start, end = span.start / audio.rate_hz, span.end / audio.rate_hz
    part, found = part_of(audio, span), silent_alignment(start, end, aligner.name)
    try:
        words = list(_heard(decoder, part))
        if words:
            found = on_the_clock(aligner.align(part, words, embedded_lexicon()), start, end)
    except AlignmentError:  # silence, or words that PocketSphinx squeezed into less time than they take
        words = []
    return AlignedPiece(start, end, 0, len(words), found)


def _heard(decoder: Decoder, audio: Audio) -> Iterator[str]:
    """The words of a piece, in the dictionary's spelling."""
    decoder.reinit_feat()  # forget the noise estimate of what was heard before
    try:
        decoder.start_utt()
        decoder.process_raw(pcm_for_model(audio).tobytes(), full_utt=True)
        decoder.end_utt()
    except RuntimeError as error:
        raise AlignmentError(f"PocketSphinx failed on {audio.duration:.2f} s of audio ({error})") from error
    for segment in decoder.seg() or ():
        if not is_filler(segment.word):
            yield _VARIANT.sub("", segment.word)
