"""What is heard, as the lip model sees it: phones, articulatory attributes and sound, on a grid of 10 ms.

The phones are those of American English, on which lips were learnt. A phone of another language is made of them: its
row is the mean of theirs, weighed by how alike they are to the eye (:func:`visalign.language.articulation.weights`;
docs/decisions/0163-any-language.md).

Conventions
-----------
Row k lies at ``k * HOP`` seconds of the sound (:data:`~visalign.sound.speech.HOP`). The first columns are the phones
(:data:`PHONES`), then the attributes (:data:`ATTRIBUTES`), then the mel bands.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.files.scratch import blocks_of, scratch_array
from visalign.language.articulation import weights
from visalign.language.phones import ARPABET, articulatory_classes, convert, fold_arpabet, is_silence
from visalign.numerics import gaussian_filter1d, maximum_filter1d
from visalign.signals import Audio
from visalign.sound.speech import HOP, N_BANDS, log_mel
from visalign.timeline import Tier

__all__ = [
    "ATTRIBUTES",
    "N_CHANNELS",
    "OFFSETS",
    "PHONES",
    "SpeechContext",
    "attributes_of",
    "foreign_phones",
    "row_of",
    "rows_at",
]

Floats: TypeAlias = npt.NDArray[np.float64]
Rows: TypeAlias = npt.NDArray[np.float32]

OFFSETS = tuple(round(0.04 * k, 2) for k in range(-5, 6))
"""Where the context is looked at around each moment, seconds (docs/decisions/0005-lip-model.md)."""

# How much each row is smoothed.
_PHONE_SMOOTHING = 0.02  # seconds
_SOUND_SMOOTHING = 0.01  # seconds
# The sound is measured against its level within this of speech, so that minutes of silence do not move it.
_LEVEL_MARGIN = 1.5  # seconds
# Rows that are worked on at once: five and a half minutes.
_BLOCK = 1 << 15

_SIBILANTS = frozenset(["S", "Z", "SH", "ZH", "CH", "JH"])


def attributes_of(phone: str) -> frozenset[str]:
    """What the lip model knows of an ARPABET phone apart from its name.

    Examples
    --------
    >>> sorted(attributes_of("B"))
    ['bilabial', 'consonant', 'labial', 'plosive', 'voiced']
    """
    kind = ARPABET[fold_arpabet(phone)]
    names = {*articulatory_classes(phone)[:-1], kind.manner}
    names |= {part for part in (kind.height, kind.backness) if part}
    flags = {"voiced": kind.is_voiced, "rounded": kind.is_rounded, "sibilant": kind.symbol in _SIBILANTS}
    return frozenset(names | {name for name, holds in flags.items() if holds})


PHONES = tuple(ARPABET)
ATTRIBUTES = tuple(sorted(frozenset[str]().union(*map(attributes_of, PHONES))))
_ROWS = np.array(
    [[p == q for q in PHONES] + [a in attributes_of(p) for a in ATTRIBUTES] for p in PHONES], np.float32
)  # what each phone contributes to a context, shape (n_phones, n_phones + n_attributes)


N_CHANNELS = _ROWS.shape[1] + N_BANDS
"""Columns of a context."""


@dataclass(frozen=True, slots=True, eq=False)
class SpeechContext:
    """What is heard, on a grid of :data:`~visalign.sound.speech.HOP` seconds from the clip's origin.

    Parameters
    ----------
    rows : ndarray of float32, shape (n_rows, n_channels)
        Phones, attributes and sound, smoothed; the offsets are applied when a stream looks at them.
    """

    rows: Rows

    @classmethod
    def of(cls, audio: Audio, phones: Tier, alphabet: str = "arpabet") -> SpeechContext:
        """Describe `audio`, in which `phones` were found.

        Parameters
        ----------
        audio : Audio
        phones : Tier
        alphabet : {"arpabet", "ipa", "xsampa"}
            What they are written in: ARPABET of American English, or IPA of any language.

        Raises
        ------
        UnknownSymbol
            If the alphabet has no such phone.
        """
        spectrum = log_mel(audio)
        spoken, table = _phones_at(phones, len(spectrum), alphabet)
        speech = _near(table[spoken, PHONES.index("SIL")] == 0.0, round(_LEVEL_MARGIN / HOP))
        level = spectrum[speech] if speech.any() else spectrum
        mean, spread = level.mean(axis=0), level.std() + 1e-6
        del level
        rows = scratch_array((len(spectrum), N_CHANNELS), np.float32)
        for part in blocks_of(len(rows), _BLOCK, rows, spectrum):
            near, own = _with_margin(part, len(rows))
            rows[part, : _ROWS.shape[1]] = _smooth(table[spoken[near]], _PHONE_SMOOTHING)[own]
            rows[part, _ROWS.shape[1] :] = _smooth((spectrum[near] - mean) / spread, _SOUND_SMOOTHING)[own]
        return cls(rows)

    @classmethod
    def of_rows(cls, phones: npt.NDArray[np.uint8], bands: Rows) -> SpeechContext:
        """Put a context together from the number of each row's phone, and bands as :attr:`bands` gives them."""
        rows = np.empty((len(phones), N_CHANNELS), np.float32)
        rows[:, : _ROWS.shape[1]] = _smooth(_ROWS[phones], _PHONE_SMOOTHING)
        rows[:, _ROWS.shape[1] :] = bands
        return cls(rows)

    @property
    def phones(self) -> npt.NDArray[np.uint8]:
        """Number of the phone that each row is most of, shape (n_rows,)."""
        result = np.empty(len(self.rows), np.uint8)
        for part in blocks_of(len(self.rows), _BLOCK, self.rows):
            result[part] = self.rows[part, : len(PHONES)].argmax(axis=1)
        return result

    @property
    def bands(self) -> Rows:
        """Mel bands over the level of the clip's speech, shape (n_rows, N_BANDS)."""
        return self.rows[:, _ROWS.shape[1] :]

    @property
    def voiced(self) -> Rows:
        """How far each row is in speech, 0..1, shape (n_rows,)."""
        result = np.empty(len(self.rows), np.float32)
        for part in blocks_of(len(self.rows), _BLOCK, self.rows):
            result[part] = 1.0 - self.rows[part, PHONES.index("SIL")]
        return result

    def stacked(self, times: Floats) -> Rows:
        """The rows around each of `times` (seconds), shape (n_times, n_channels * n_offsets), for training."""
        return np.hstack([rows_at(self.rows, times + offset) for offset in OFFSETS])


def _phones_at(phones: Tier, n_rows: int, alphabet: str) -> tuple[npt.NDArray[np.int64], Rows]:
    """Number of the phone of each row, and what each phone contributes, shape (n_phones, n_columns)."""
    numbers = {label: number for number, label in enumerate(dict.fromkeys((*phones.labels, "SIL")))}
    known = np.array([numbers[label] for label in (*phones.labels, "SIL")])
    index = np.searchsorted(np.asarray(phones.boundaries), np.arange(n_rows) * HOP, side="right") - 1
    spoken = np.asarray(known[np.where((index >= 0) & (index < len(phones)), index, len(phones))])
    return spoken, np.stack([row_of(label, alphabet) for label in numbers])


@functools.cache
def row_of(phone: str, alphabet: str = "arpabet") -> Rows:
    """What a phone of any language contributes to a context, shape (n_phones + n_attributes,).

    An English phone, long or short, is itself; another one is as much of each English phone as looks like it.

    Parameters
    ----------
    phone : str
    alphabet : {"arpabet", "ipa", "xsampa"}

    Raises
    ------
    UnknownSymbol
        If the alphabet has no such phone.

    Examples
    --------
    >>> [name for name, share in zip(PHONES, row_of("ɸ", "ipa")) if share > 0.2]
    ['P', 'B', 'M']
    """
    if is_silence(phone):
        return np.asarray(_ROWS[PHONES.index("SIL")])
    if (english := _english_in(phone, alphabet)) is not None:
        return np.asarray(_ROWS[PHONES.index(english)])
    shares = weights(_without_length(phone, alphabet), sense="eye")
    return np.asarray(np.sum([share * _ROWS[PHONES.index(x)] for x, share in shares.items()], axis=0), np.float32)


def foreign_phones(labels: Iterable[str], alphabet: str) -> tuple[str, ...]:
    """Phones that American English does not have, each once, in their order.

    Raises
    ------
    UnknownSymbol
        If the alphabet has no such phone.

    Examples
    --------
    >>> foreign_phones(["ʃ", "y", "iː", "", "y"], "ipa"), foreign_phones(["SH", "UW1"], "arpabet")
    (('y',), ())
    """
    return tuple(x for x in dict.fromkeys(labels) if not is_silence(x) and _english_in(x, alphabet) is None)


def _english_in(phone: str, alphabet: str) -> str | None:
    """The English phone that this is, long or short; None where it is none."""
    return fold_arpabet(phone) if alphabet == "arpabet" else _ENGLISH.get(_without_length(phone, alphabet))


def _without_length(phone: str, alphabet: str) -> str:
    return convert(phone, alphabet, "ipa").rstrip("ːˑ")


_ENGLISH = {kind.ipa: name for name, kind in ARPABET.items()}


def _near(flags: npt.NDArray[np.bool_], n: int) -> npt.NDArray[np.bool_]:
    """Rows at most `n` from one that is set."""
    return np.asarray(maximum_filter1d(flags.astype(np.uint8), 2 * n + 1, mode="constant") > 0)


def _smooth(rows: Rows, sigma: float) -> Rows:
    return np.asarray(gaussian_filter1d(rows, sigma / HOP, axis=0, mode="nearest"), np.float32)


def _with_margin(part: slice, n_rows: int) -> tuple[slice, slice]:
    """Rows to smooth for the sake of those of `part`, and where these lie among them."""
    margin = math.ceil(4 * max(_PHONE_SMOOTHING, _SOUND_SMOOTHING) / HOP) + 1  # the filters end at four deviations
    near = slice(max(part.start - margin, 0), min(part.stop + margin, n_rows))
    return near, slice(part.start - near.start, part.stop - near.start)


def rows_at(rows: Rows, times: Floats) -> Rows:
    """Rows at `times` by linear interpolation; beyond either end the outermost row holds."""
    position = np.clip(times / HOP, 0, len(rows) - 1)
    below = np.minimum(position.astype(np.int64), max(len(rows) - 2, 0))
    above = np.minimum(below + 1, len(rows) - 1)
    part = (position - below)[:, None].astype(np.float32)
    return np.asarray(rows[below] * (1 - part) + rows[above] * part)
