"""The alignment that a training begins with: even, from nothing, or that of another model.

Conventions
-----------
Times of alignments become frames as the Montreal Forced Aligner counts them: frame ``i`` begins at ``i`` times the
frame shift, later by what :attr:`visalign.forced_alignment.kaldi_features.FeatureOptions.offset` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import numpy.typing as npt

from visalign.acoustic_training.paths import Path, evenly
from visalign.acoustic_training.tied_states import SILENCE, TiedStates
from visalign.acoustic_training.utterance import NotAligned, Utterance
from visalign.errors import UnknownSymbol, VisalignError
from visalign.forced_alignment.acoustic_model import AcousticModel
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.decoding_graph import Variant
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.forced_alignment.kaldi_features import FeatureOptions
from visalign.language.lexicon import Pronunciation
from visalign.language.phones import is_silence

__all__ = ["aligned_path", "aligned_paths", "even_path"]

LEAST_PAUSE = 3
"""Frames; shorter pauses are given to the phone before."""

NOISE = "spn"

STAND_INS = (("ə",), ("AH",))
"""Phones by which a sound that is no word is first found: one vowel that is near all others."""

Integers = npt.NDArray[np.int64]

Segment = tuple[str, int, float, float]
"""A phone, its word (−1: a pause), its start and its end in seconds."""


def even_path(utterance: Utterance, n_frames: int, tied: TiedStates) -> Path | NotAligned:
    """A pause, the first pronunciation of each word, and a pause, all of one length."""
    phones, words = [tied.number[SILENCE]], [-1]
    for index, ways in enumerate(utterance.pronunciations):
        phones += [tied.number[phone] for phone in ways[0]]
        words += [index] * len(ways[0])
    phones, words = [*phones, tied.number[SILENCE]], [*words, -1]
    if n_frames < 3 * len(phones):
        return _too_short(utterance, n_frames)
    ends = np.round(np.linspace(0, n_frames, len(phones) + 1)).astype(np.int64)
    return evenly(np.array(phones), np.array(words), np.diff(ends), tied)


def _too_short(utterance: Utterance, n_frames: int) -> NotAligned:
    n_phones = sum(len(ways[0]) for ways in utterance.pronunciations)
    reason = f"its {n_frames} frames are too few for {n_phones} phones; check that its words are those that are said"
    return NotAligned(utterance.name, utterance.speaker, "first alignment", reason)


def aligned_paths(
    model: AcousticModel, options: FeatureOptions, tied: TiedStates, group: Sequence[tuple[Utterance, int]]
) -> list[Path | NotAligned]:
    """The alignments of several utterances, each given with its number of frames."""
    return [aligned_path(utterance, n_frames, model, options, tied) for utterance, n_frames in group]


def aligned_path(
    utterance: Utterance, n_frames: int, model: AcousticModel, options: FeatureOptions, tied: TiedStates
) -> Path | NotAligned:
    """The alignment by another model, whose phones may be spelt or made otherwise."""
    try:
        audio = utterance.read()
        ways = [_variants(model, *row) for row in zip(utterance.words, utterance.pronunciations, strict=True)]
        variants = [[variant for _, variant in row] for row in ways]
        if not all(variants):
            word = utterance.words[[bool(row) for row in variants].index(False)]
            return _refused(utterance, f"no pronunciation of {word!r} is in phones of {model.name}")
        found = GmmHmmAligner(model).align_variants(audio, list(utterance.words), variants)
    except VisalignError as error:
        return _refused(utterance, str(error))
    segments = _segments(found, ways, model)
    if isinstance(segments, str):
        return _refused(utterance, segments)
    lengths = _frames(segments, n_frames, options)
    if lengths is None:
        return _too_short(utterance, n_frames)
    kept = [(segment, n) for segment, n in zip(segments, lengths, strict=True) if n]
    phones = np.array([tied.number[phone] for (phone, *_), _ in kept])
    words = np.array([word for (_, word, *_), _ in kept])
    return evenly(phones, words, np.array([n for _, n in kept]), tied)


def _refused(utterance: Utterance, reason: str) -> NotAligned:
    return NotAligned(utterance.name, utterance.speaker, "first alignment", reason)


def _variants(
    model: AcousticModel, word: str, ways: Sequence[tuple[str, ...]]
) -> list[tuple[tuple[str, ...], Variant]]:
    """Each pronunciation that the model can say, with how it says it."""
    found = []
    for way in ways:
        said_as = STAND_INS if way == (NOISE,) else (way,)
        heard = [variant for phones in said_as for variant in _known(model, word, phones)]
        found += [(way, variant) for variant in heard[:1]]
    return found


def _known(model: AcousticModel, word: str, phones: tuple[str, ...]) -> list[Variant]:
    with suppress(UnknownSymbol):
        return model.variants(word, [Pronunciation(phones)])
    return []


def _segments(
    found: Alignment, ways: Sequence[Sequence[tuple[tuple[str, ...], Variant]]], model: AcousticModel
) -> list[Segment] | str:
    segments: list[Segment] = []
    spans = [word for word in found.words if word.label]
    if len(spans) != len(ways):
        return f"{len(ways)} words came back as {len(spans)}; report it"
    phones = [x for x in found.phones if not is_silence(x.label)]
    at, end = 0, 0.0
    for index, (span, row) in enumerate(zip(spans, ways, strict=True)):
        own = []
        while at < len(phones) and phones[at].start < span.end - 1e-6:
            own.append(phones[at])
            at += 1
        labels = tuple(x.label for x in own)
        way = next((w for w, v in row if tuple(map(model.label, v.phones)) == labels), None)
        if way is None or len(way) != len(own):
            return f"the phones of its word {index + 1} came back as others ({' '.join(labels)}); report it"
        if own[0].start > end:
            segments.append((SILENCE, -1, end, own[0].start))
        segments += [(phone, index, x.start, x.end) for phone, x in zip(way, own, strict=True)]
        end = own[-1].end
    if found.phones.end > end:
        segments.append((SILENCE, -1, end, found.phones.end))
    return segments


def _frames(segments: Sequence[Segment], n_frames: int, options: FeatureOptions) -> list[int] | None:
    """Frames of each segment, a phone having at least one, a pause three or none; None: they do not fit."""
    ends = [round((end - options.offset) / options.frame_shift) for _, _, _, end in segments]
    ends[-1] = n_frames
    lengths = list[int]()
    at = 0
    for (_, word, _, _), end in zip(segments, ends, strict=True):
        length = max(end - at, 1 if word >= 0 else 0)
        if word < 0 and length < LEAST_PAUSE:
            if lengths:  # to the phone before
                lengths[-1] += length
                at += length
            length = 0
        lengths.append(length)
        at += length
    # What the least lengths took too much is taken from the longest at the end.
    while at > n_frames:
        longest = max(range(len(lengths)), key=lambda i: lengths[i])
        if lengths[longest] <= LEAST_PAUSE:
            return None
        lengths[longest] -= 1
        at -= 1
    lengths[-1 if lengths[-1] else -2] += n_frames - at
    return lengths
