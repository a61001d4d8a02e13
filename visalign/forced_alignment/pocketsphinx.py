"""Forced alignment with PocketSphinx and its American English model, both in one wheel: no download, no other program.

Method
------
Two passes of Viterbi search [1]_. The first finds the words in a network of the transcript with optional silence
between them and all pronunciations of each word; the second places the states of the phones within each word.

Then each boundary moves to the change of the spectrum nearby, see :mod:`visalign.forced_alignment.refinement`.

Long audio is cut at pauses of the first pass: the second keeps every state of every frame, so that its memory grows
with the square of the length.

Conventions
-----------
PocketSphinx counts frames and gives the start of the window whose spectrum changed. Seconds here are those of the
window's middle. The first boundary is 0 and the last the end of the audio.

The same input gives the same output, whatever was aligned before: PocketSphinx's noise estimate carries over from one
utterance to the next, so each pass begins with a fresh front end.

References
----------
.. [1] D. Huggins-Daines et al., PocketSphinx: a free, real-time continuous speech recognition system for hand-held
   devices, ICASSP 2006.
"""

from __future__ import annotations

import importlib.metadata
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from pocketsphinx import Decoder

from visalign.errors import AlignmentError, InputError, quoted
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.digital_silence import without_digital_silence
from visalign.forced_alignment.refinement import refine_boundaries
from visalign.language.lexicon import Lexicon, Pronunciation, arpabet_phones
from visalign.language.phones import SILENCE
from visalign.media.clips import resampled
from visalign.signals import Audio
from visalign.timeline import Interval, Tier

__all__ = [
    "HALF_WINDOW",
    "MODEL_RATE_HZ",
    "PocketSphinxAligner",
    "Settings",
    "boundary_times",
    "confidence",
    "engine_version",
    "is_filler",
    "merge_silence",
    "pcm_for_model",
]

MODEL_RATE_HZ = 16000
"""Samples a second that the model was trained on."""

HALF_WINDOW = 0.0128125
"""Seconds from the start of PocketSphinx's analysis window (25.625 ms) to its middle, where the spectrum belongs."""

DITHER_LSB = 3.0
"""Standard deviation of the noise added to 16-bit samples. Exact zeros, common in edited sound, make PocketSphinx's
log energies overflow and its alignment fail; 3 (−80 dB) cures it and is inaudible."""

DITHER_SEED = 0

BLOCK = 1 << 20
"""Samples that are converted at a time."""

MIN_PEAK = 1e-3
"""Audio whose largest sample stays below this (−60 dB) holds no speech to align."""

MAX_CHUNK = 25.0
"""Seconds of audio that one second pass may take; longer audio is cut at pauses. At 25 s it holds about 40 MB."""

MIN_CHUNK_PAUSE = 0.1
"""Seconds; a pause at least this long is where long audio is cut."""

CONFIDENCE_OFFSET, CONFIDENCE_SLOPE = 1.62, 0.0515
"""Logistic from PocketSphinx's acoustic score a frame to the probability that the phone is what is said. Fitted on
1,323 phones of 51 GRID clips, aligned with their own sentence and with another's (docs/decisions/0003)."""

MIN_MEAN_CONFIDENCE = 0.58
"""Below it, as a mean over the spoken time, the transcript is suspected to belong to other audio. Of 110 GRID clips
1 % lie below with their own sentence and 79 % with another's, which has the same plan and often shares words."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One way to run PocketSphinx.

    Parameters
    ----------
    rate : int
        Frames a second. The model was trained at 100; 200 places boundaries more finely.
    beam : float or None
        Pruning of the search, 0..1; smaller keeps more. None: PocketSphinx's own.
    """

    rate: int
    beam: float | None = None

    def __str__(self) -> str:
        return f"{self.rate} frames/s" + (f", beams {self.beam:g}" if self.beam else "")


LADDER = (Settings(200), Settings(100), Settings(100, 1e-100))
"""Tried in this order. A few ordinary clips fail at 200 frames a second, and the next rungs place them. Of 110 GRID
clips none needed them with its own sentence, 19 with another's."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A phone between two frames; `word` is its index in the transcript, None for silence."""

    word: int | None
    phone: str
    start: int
    end: int
    score: int


class PocketSphinxAligner:
    """Aligns with PocketSphinx's American English model, see :mod:`visalign.forced_alignment.pocketsphinx`.

    Parameters
    ----------
    ladder : sequence of Settings
        Ways to run it; the next is tried where one fails, and a warning says so.
    """

    name = "pocketsphinx"

    def __init__(self, ladder: Sequence[Settings] = LADDER) -> None:
        self.ladder = tuple(ladder)

    def align(self, audio: Audio, words: Sequence[str], lexicon: Lexicon) -> Alignment:
        """See :meth:`visalign.forced_alignment.aligner.Aligner.align`.

        Raises
        ------
        OutOfVocabulary
            If words have no pronunciation.
        UnknownSymbol
            If a pronunciation holds a phone that English has not.
        InputError
            If there is no word.
        AlignmentError
            If the audio is silent or too short for the words, or no way to run PocketSphinx aligns it.
        """
        if not words:
            raise InputError("no words to align: the transcript is empty. Give what is said in the clip.")
        tokens = [_Token.of(word, variants) for word, variants in zip(words, lexicon.pronounce(words), strict=True)]
        return without_digital_silence(audio, lambda sound: self._aligned(sound, words, tokens))

    def _aligned(self, audio: Audio, words: Sequence[str], tokens: Sequence[_Token]) -> Alignment:
        pcm = pcm_for_model(audio)
        _check_room(audio, tokens)
        placed, settings, warnings = self._climb(pcm, tokens)
        times = boundary_times([phone.start for phone in placed], settings.rate, audio.duration)
        times = refine_boundaries(pcm, MODEL_RATE_HZ, times)
        return _alignment(words, placed, times, settings, warnings)

    def _climb(self, pcm: npt.NDArray[np.int16], tokens: Sequence[_Token]) -> tuple[list[_Placed], Settings, list[str]]:
        warnings: list[str] = []
        for settings in self.ladder:
            try:
                return _place(pcm, tokens, settings), settings, warnings
            except (RuntimeError, _Lost) as error:
                warnings.append(
                    f"alignment at {settings} failed ({error}); the next setting was used. "
                    "This is rare where the transcript says what is heard"
                )
        raise AlignmentError(
            f"the {len(tokens)} words could not be aligned with these {len(pcm) / MODEL_RATE_HZ:.1f} s of audio. "
            "The transcript probably does not say what is heard: check that it belongs to this clip and has all its "
            "words, or leave the transcript out to have the phones recognised."
        )


class _Lost(Exception):
    """PocketSphinx returned, without an error, something other than the words in their order."""


@dataclass(frozen=True, slots=True)
class _Token:
    """A set of pronunciations, under a name that says nothing else.

    PocketSphinx gets no dictionary but these, so that loading it takes 7 ms instead of 120, a user's pronunciation
    replaces an embedded one, and no spelling can clash with the names PocketSphinx reserves.
    """

    name: str
    variants: tuple[str, ...]

    @classmethod
    def of(cls, word: str, pronunciations: Sequence[Pronunciation]) -> _Token:
        variants = tuple(dict.fromkeys(" ".join(arpabet_phones(p)) for p in pronunciations))
        if not all(variants):
            where = next(p.where for p in pronunciations if not any(arpabet_phones(p)))
            raise AlignmentError(
                f"a pronunciation of {quoted(word)}{where} holds only silence; correct it in the lexicon"
            )
        return cls("|".join(variants).replace(" ", "."), variants)

    @property
    def n_phones(self) -> int:
        """Phones of the shortest pronunciation."""
        return min(len(variant.split()) for variant in self.variants)


def pcm_for_model(audio: Audio) -> npt.NDArray[np.int16]:
    """Sound as PocketSphinx wants it: 16 kHz, 16 bits, without exact zeros.

    Parameters
    ----------
    audio : Audio
        Any rate.

    Returns
    -------
    ndarray of int16, shape (n_samples at 16 kHz,)

    Raises
    ------
    AlignmentError
        If the audio is empty or silent.
    """
    samples = audio.samples
    peak = float(max(np.max(samples, initial=0.0), -np.min(samples, initial=0.0)))
    if not peak >= MIN_PEAK:  # also where a sample is not a number
        level = f"{20 * math.log10(peak):.0f} dB" if peak > 0 else "nothing but zeros"
        raise AlignmentError(
            f"the audio ({audio.duration:.2f} s) is silent: its loudest sample has {level}. Check that the right track "
            "is read, or raise its level."
        )
    samples = resampled(samples, audio.rate_hz, MODEL_RATE_HZ)
    rng = np.random.default_rng(DITHER_SEED)
    pcm = np.empty(len(samples), dtype=np.int16)
    for start in range(0, len(samples), BLOCK):  # whole, an hour would need a gigabyte for a moment
        block = samples[start : start + BLOCK] * 32767.0 + rng.normal(
            0.0, DITHER_LSB, len(samples[start : start + BLOCK])
        )
        pcm[start : start + BLOCK] = np.clip(np.round(block), -32768, 32767)
    return pcm


def _check_room(audio: Audio, tokens: Sequence[_Token]) -> None:
    n_phones = sum(token.n_phones for token in tokens)
    least = 3 * n_phones / LADDER[0].rate + 2 * HALF_WINDOW
    if audio.duration < least:
        raise AlignmentError(
            f"the audio ({audio.duration:.2f} s) is too short for the transcript: {n_phones} phones need at least "
            f"{least:.2f} s. Check that the transcript belongs to this clip."
        )


def _place(pcm: npt.NDArray[np.int16], tokens: Sequence[_Token], settings: Settings) -> list[_Placed]:
    decoder = _decoder(tokens, settings)
    if len(pcm) <= MAX_CHUNK * MODEL_RATE_HZ:
        return _two_passes(decoder, pcm, tokens)
    placed: list[_Placed] = []
    for chunk in _chunks(_first_pass(decoder, pcm, tokens), len(tokens), settings.rate):
        samples = slice(*(int(frame * MODEL_RATE_HZ / settings.rate) for frame in (chunk.start, chunk.end)))
        part = _two_passes(decoder, pcm[samples], tokens[chunk.first : chunk.last])
        placed += (_moved(phone, chunk) for phone in part)
    return placed


def _moved(phone: _Placed, chunk: _Chunk) -> _Placed:
    """`phone`, counted within a chunk, counted within the whole audio."""
    word = None if phone.word is None else phone.word + chunk.first
    return replace(phone, word=word, start=phone.start + chunk.start, end=phone.end + chunk.start)


def _decoder(tokens: Sequence[_Token], settings: Settings) -> Decoder:
    beams = dict.fromkeys(("beam", "wbeam", "pbeam"), settings.beam) if settings.beam else {}
    # bestpath rescoring may leave a word one frame, in which its phones find no room (PocketSphinx issue 339).
    decoder = Decoder(lm=None, dict=None, bestpath=False, frate=settings.rate, loglevel="FATAL", **beams)
    for token in dict.fromkeys(tokens):
        for number, variant in enumerate(token.variants, start=1):
            decoder.add_word(token.name if number == 1 else f"{token.name}({number})", variant, update=False)
    return decoder


def _hear(decoder: Decoder, pcm: npt.NDArray[np.int16]) -> None:
    decoder.reinit_feat()  # forget the noise estimate of what was heard before
    decoder.start_utt()
    decoder.process_raw(pcm.tobytes(), full_utt=True)
    decoder.end_utt()


def _first_pass(decoder: Decoder, pcm: npt.NDArray[np.int16], tokens: Sequence[_Token]) -> list[_Stretch]:
    """Words and pauses, in frames."""
    decoder.set_align_text(" ".join(token.name for token in tokens))
    _hear(decoder, pcm)
    segments = [(segment.word, segment.start_frame, segment.end_frame + 1) for segment in decoder.seg() or ()]
    indices = _word_indices([name for name, _, _ in segments], tokens)
    return [_Stretch(word, start, end) for word, (_, start, end) in zip(indices, segments, strict=True)]


def _two_passes(decoder: Decoder, pcm: npt.NDArray[np.int16], tokens: Sequence[_Token]) -> list[_Placed]:
    _first_pass(decoder, pcm, tokens)
    decoder.set_alignment()
    _hear(decoder, pcm)
    # Read in one go: an entry is a view that dies when the iterator moves on.
    entries = [
        (entry.name, [(phone.name, phone.start, phone.start + phone.duration, phone.score) for phone in entry])
        for entry in decoder.get_alignment() or ()
    ]
    indices = _word_indices([name for name, _ in entries], tokens)
    return [
        _Placed(index, SILENCE if index is None else name, start, end, score)
        for index, (_, phones) in zip(indices, entries, strict=True)
        for name, start, end, score in phones
    ]


def _word_indices(names: Sequence[str], tokens: Sequence[_Token]) -> list[int | None]:
    """For each name that PocketSphinx returned, the index of its word; None for silence and noise."""
    count = 0
    indices: list[int | None] = []
    for name in names:
        is_word = count < len(tokens) and re.sub(r"\(\d+\)$", "", name) == tokens[count].name
        if not is_word and not is_filler(name):
            raise _Lost(f"{quoted(name)} came out of order")
        indices.append(count if is_word else None)
        count += is_word
    if count < len(tokens):
        raise _Lost(f"{count} of {len(tokens)} words came out")
    return indices


def is_filler(name: str) -> bool:
    """True for PocketSphinx's names of silence, noise and the edges of an utterance: ``<sil>``, ``[NOISE]``, ``+NSN+``.

    Examples
    --------
    >>> [is_filler(name) for name in ("<sil>", "[NOISE]", "(NULL)", "+SPN+", "SIL", "B.IH.N")]
    [True, True, True, True, True, False]
    """
    return name[:1] in "<[(+" or name == SILENCE


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A word (its index), or silence (None), from the first pass."""

    word: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Frames ``[start, end)``, which hold the words ``[first, last)``."""

    start: int
    end: int
    first: int
    last: int


def _chunks(stretches: Sequence[_Stretch], n_words: int, rate: int) -> Iterator[_Chunk]:
    """Cut where the first pass paused, as late as `MAX_CHUNK` allows; within speech only where nothing pauses."""
    longest, pause = int(MAX_CHUNK * rate), int(MIN_CHUNK_PAUSE * rate)
    start, first, n_before = 0, 0, 0
    cuts: list[tuple[bool, int, int]] = []  # is it a pause, frame, words before it
    for stretch in stretches:
        if stretch.end - start > longest and cuts:
            _, cut, n_words_there = max(cuts)
            yield _Chunk(start, cut, first, n_words_there)
            start, first = cut, n_words_there
            cuts = [later for later in cuts if later[1] > cut and later[2] > first]
        if stretch.word is not None:
            n_before = stretch.word + 1
        if n_before > first:
            is_pause = stretch.word is None and stretch.end - stretch.start >= pause
            cuts.append((is_pause, (stretch.start + stretch.end) // 2 if is_pause else stretch.end, n_before))
    yield _Chunk(start, stretches[-1].end, first, n_words)


def _alignment(
    words: Sequence[str],
    placed: Sequence[_Placed],
    times: Sequence[float],
    settings: Settings,
    warnings: Sequence[str],
) -> Alignment:
    phones = [
        Interval(start, end, phone.phone, _confidence(phone))
        for phone, start, end in zip(placed, times, times[1:], strict=False)
    ]
    spans: dict[int, list[Interval]] = {}
    for placed_phone, interval in zip(placed, phones, strict=True):
        if placed_phone.word is not None:
            spans.setdefault(placed_phone.word, []).append(interval)
    word_tier = Tier.from_intervals(
        "words",
        (Interval(span[0].start, span[-1].end, words[index]) for index, span in spans.items()),
        start=0.0,
        end=times[-1],
    )
    phone_tier = merge_silence(Tier.from_intervals("phones", phones))
    doubts = [*warnings, *_doubts(phone_tier)]
    return Alignment(word_tier, phone_tier, f"pocketsphinx {engine_version()}, {settings}", tuple(doubts))


def boundary_times(starts: Sequence[int], rate: int, duration: float) -> list[float]:
    """Seconds of the boundaries of phones that begin at frames `starts`, and the end.

    Parameters
    ----------
    starts : sequence of int, length n
        Frame in which each phone begins, increasing.
    rate : int
        Frames a second.
    duration : float
        Seconds of the audio.

    Returns
    -------
    list of float, length n + 1
        From 0 to `duration`.

    Examples
    --------
    >>> boundary_times([0, 73, 79], 200, 2.0)
    [0.0, 0.3778125, 0.4078125, 2.0]
    """
    return [0.0, *(start / rate + HALF_WINDOW for start in starts[1:]), duration]


def merge_silence(phones: Tier) -> Tier:
    """`phones` with neighbouring silences as one."""
    rows: list[Interval] = []
    for row in phones:
        if rows and row.label == rows[-1].label == SILENCE:
            row = replace(rows.pop(), end=row.end)
        rows.append(row)
    return Tier.from_intervals(phones.name, rows)


def _confidence(phone: _Placed) -> float | None:
    return None if phone.word is None else confidence(phone.score / (phone.end - phone.start))


def confidence(score_per_frame: float) -> float:
    """How likely a phone is what is said, 0..1, by PocketSphinx's acoustic score a frame."""
    return 1.0 / (1.0 + math.exp(min(700.0, -(CONFIDENCE_OFFSET + CONFIDENCE_SLOPE * score_per_frame))))


def _doubts(phones: Tier) -> Iterator[str]:
    spoken = [phone for phone in phones if phone.score is not None]
    mean = sum((phone.score or 0.0) * phone.duration for phone in spoken) / sum(phone.duration for phone in spoken)
    if mean < MIN_MEAN_CONFIDENCE:
        yield (
            f"the transcript may not belong to this audio: the mean confidence of its phones is {mean:.2f}, and "
            f"{MIN_MEAN_CONFIDENCE:.2f} or more is usual. Check that it says what is heard"
        )


def engine_version() -> str:
    """The version of PocketSphinx that is installed."""
    return importlib.metadata.version("pocketsphinx")
