"""Recognising phones without a transcript, by PocketSphinx's phone loop.

Any phone may follow any other, weighed by the bundled model of English phone sequences. Much less is known than with
a transcript, so phones are often mistaken; their times are good enough to find an offset by.

PocketSphinx keeps 20 MB for each minute that it hears at once, so a recording of more than `WHOLE_SECONDS` is cut at
pauses (:mod:`visalign.forced_alignment.pieces`), and each piece is heard by itself.

Conventions
-----------
As in :mod:`visalign.forced_alignment.pocketsphinx`: boundaries at the middle of the analysis window, ARPABET without
stress, ``SIL`` for silence and noise. The tier of words is one empty interval.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pocketsphinx import Decoder, get_model_path

from visalign.errors import AlignmentError, BackendUnavailable
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.digital_silence import without_digital_silence
from visalign.forced_alignment.pieces import (
    AlignedPiece,
    Span,
    cut_at_pauses,
    join_pieces,
    on_the_clock,
    part_of,
    silent_alignment,
)
from visalign.forced_alignment.pocketsphinx import (
    MODEL_RATE_HZ,
    boundary_times,
    confidence,
    engine_version,
    is_filler,
    merge_silence,
    pcm_for_model,
)
from visalign.forced_alignment.refinement import refine_boundaries
from visalign.language.phones import SILENCE
from visalign.signals import Audio
from visalign.sound.voice_activity import find_speech
from visalign.timeline import Interval, Tier

__all__ = ["recognise_phones"]

RATE = 100
"""Frames a second. At 200 fewer phones are right: 36 to 41 % of the spoken time against 45 % (docs/decisions/0003)."""

LANGUAGE_WEIGHT = 1.0
"""Weight of the model of phone sequences; PocketSphinx's 6.5 is for words, and gets 36 % of the time right, not 45."""

WHOLE_SECONDS = 300.0
"""Recordings up to this length are heard at once."""

PIECE_SECONDS = 60.0, 120.0
"""Least and greatest length of the pieces of longer ones."""

_LOG_BASE = math.log(1.0001)  # PocketSphinx counts log probabilities in units of this


def recognise_phones(audio: Audio) -> Alignment:
    """The phones that are heard, without a transcript.

    Parameters
    ----------
    audio : Audio
        Mono sound on the clip's clock.

    Returns
    -------
    Alignment
        With one empty interval for words.

    Raises
    ------
    AlignmentError
        If the audio is silent, or so short that no phone fits in.
    BackendUnavailable
        If PocketSphinx's model of phone sequences is missing.
    """
    if audio.duration <= WHOLE_SECONDS:
        return _heard(_decoder(), audio)
    whole, (shortest, longest) = Span(0, len(audio.samples)), PIECE_SECONDS
    spans = cut_at_pauses(find_speech(audio), audio.rate_hz, whole, shortest=shortest, longest=longest)
    decoder = _decoder()
    pieces = [_piece(decoder, audio, span) for span in spans]
    heard = [piece.alignment for piece in pieces if piece.alignment.warnings]
    if not heard:
        raise _nothing(audio)
    return replace(join_pieces(pieces), engine=heard[0].engine, warnings=heard[0].warnings)


def _piece(decoder: Decoder, audio: Audio, span: Span) -> AlignedPiece:
    start, end = span.start / audio.rate_hz, span.end / audio.rate_hz
    decoder.reinit_feat()  # forget the noise estimate of what was heard before
    try:
        found = on_the_clock(_heard(decoder, part_of(audio, span)), start, end)
    except AlignmentError:  # silence
        found = silent_alignment(start, end, "")
    return AlignedPiece(start, end, 0, 0, found)


def _heard(decoder: Decoder, audio: Audio) -> Alignment:
    return without_digital_silence(audio, lambda sound: _recognised(decoder, sound))


def _recognised(decoder: Decoder, audio: Audio) -> Alignment:
    pcm = pcm_for_model(audio)
    rows: list[tuple[str, int, float]] = []
    try:
        decoder.start_utt()
        decoder.process_raw(pcm.tobytes(), full_utt=True)
        decoder.end_utt()
        for segment in decoder.seg() or ():
            n_frames = segment.end_frame + 1 - segment.start_frame
            rows.append((segment.word, segment.start_frame, math.log(segment.ascore) / _LOG_BASE / n_frames))
    except RuntimeError as error:
        raise _nothing(audio) from error
    if not rows:
        raise _nothing(audio)
    return _alignment(audio, pcm, rows)


def _decoder() -> Decoder:
    path = Path(get_model_path("en-us/en-us-phone.lm.bin"))
    if not path.is_file():
        raise BackendUnavailable("PocketSphinx's phone model", f"It belongs at {path}: reinstall pocketsphinx.")
    return Decoder(lm=None, dict=None, allphone=str(path), frate=RATE, lw=LANGUAGE_WEIGHT, loglevel="FATAL")


def _nothing(audio: Audio) -> AlignmentError:
    return AlignmentError(
        f"no phones could be recognised in these {audio.duration:.2f} s of audio. Give a longer stretch of speech, or "
        "the transcript."
    )


def _alignment(audio: Audio, pcm: npt.NDArray[np.int16], rows: list[tuple[str, int, float]]) -> Alignment:
    times = boundary_times([start for _, start, _ in rows], RATE, audio.duration)
    times = refine_boundaries(pcm, MODEL_RATE_HZ, times)
    phones = [
        Interval(start, end, SILENCE) if is_filler(name) else Interval(start, end, name, confidence(score))
        for (name, _, score), start, end in zip(rows, times, times[1:], strict=False)
    ]
    return Alignment(
        Tier("words", (0.0, audio.duration), ("",)),
        merge_silence(Tier.from_intervals("phones", phones)),
        f"pocketsphinx {engine_version()}, phone loop, {RATE} frames/s",
        ("no transcript: phones were recognised, so single phones are often wrong; their times are still useful",),
    )
