"""Faults of single words, made in clips that have none: what a dub, an edit or an encoder does to a line.

Each fault is made in a sound whose words and phones are known, and what was done is kept word by word, so that whoever
finds faults can be scored (:mod:`visalign.evaluation.fault_scores`). The picture is never touched.

=============  =====================================================================================================
kind           what is done
=============  =====================================================================================================
shifted        a word is heard earlier or later; the sound about it is stretched to meet it
dropped        a word is gone; the room goes on
doubled        a word is said again, over what follows it
swapped        a word changes places with the next one
replaced       a word about as long, of the same speaker or of another, is said in its place, as long and as loud
opened         a closure of the lips (P, B, M) is not heard: the vowel beside it goes on in its place
stretched      the line is a tenth longer or shorter from its start on
early, late    the line's last word ends earlier or later than the lips
=============  =====================================================================================================

Conventions
-----------
Seconds on the clip's clock. A size follows the sign of every lead: above 0 the sound is early. A word is *at fault*, or
*touched* where its sound was stretched or cut by more than 20 ms on behalf of another; only the others are clean.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.language.articulation import closes_lips
from visalign.language.phone_lists import aligned_alphabet
from visalign.language.phones import is_silence
from visalign.signals import Audio, Channels
from visalign.sound.time_stretch import WarpCurve, stretched
from visalign.timeline import Interval, Tier

__all__ = ["CLEAN", "FAULT", "KINDS", "SHIFTS", "TOUCHED", "FaultyClip", "SpokenClip", "WordState", "make_fault"]

Floats: TypeAlias = npt.NDArray[np.float64]
Samples: TypeAlias = npt.NDArray[np.float32]

CLEAN, TOUCHED, FAULT = "clean", "touched", "fault"
"""What may be true of a word."""

SHIFTS = (-0.2, -0.12, -0.08, -0.04, 0.04, 0.08, 0.12, 0.2)
"""Sizes of shifts, seconds by which a word is made early."""

_STRETCH = 0.1  # of a line's length
_ENDS = 0.2  # seconds by which a line's end is off
_REACH = 0.3  # seconds about a word that give way to it, and twice the shift where that is more
_TOUCHED = 0.02  # seconds
_LEAST_ROOM = 0.04  # seconds that are left between what moves and what stays
_FADE = 0.008  # seconds
_LIKE = (0.75, 1.33)  # how long a replacement may be, in lengths of the word


@dataclass(frozen=True, slots=True, eq=False)
class SpokenClip:
    """A clip's sound with what is said in it.

    Parameters
    ----------
    name, speaker : str
    audio : Audio
    words : Tier
        Without a label where nothing is said.
    phones : Tier
    """

    name: str
    speaker: str
    audio: Audio
    words: Tier
    phones: Tier

    @property
    def said(self) -> list[Interval]:
        """The words alone."""
        return [word for word in self.words if word.label]


@dataclass(frozen=True, slots=True)
class WordState:
    """A word of the faulty sound and what is true of it.

    Parameters
    ----------
    label : str
    start, end : float
        Where it is heard, or, of a dropped word, was heard.
    state : str
        :data:`CLEAN`, :data:`TOUCHED` or :data:`FAULT`.
    lead_seconds : float
        By how much it is early against the clip as it was; NaN where it is another word, or none.
    """

    label: str
    start: float
    end: float
    state: str
    lead_seconds: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class FaultyClip:
    """What came of a fault.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    size_seconds : float
        Of a shift or of a line's end; 0 of others.
    audio : Audio
    words : tuple of WordState
        In order, dropped ones too.
    phones : Tier or None
        What is heard now, where its text does not tell: of closures that are not heard.
    source : str
        The clip that a replacement is from; empty otherwise.
    """

    kind: str
    size_seconds: float
    audio: Audio
    words: tuple[WordState, ...]
    phones: Tier | None = None
    source: str = ""

    @property
    def transcript(self) -> str:
        """What the faulty sound says."""
        return " ".join(word.label for word in self.words if word.label)


def make_fault(
    clip: SpokenClip, kind: str, index: int, *, size_seconds: float = 0.0, donors: Sequence[SpokenClip] = ()
) -> FaultyClip | None:
    """Make one fault.

    Parameters
    ----------
    clip : SpokenClip
    kind : str
        One of :data:`KINDS`.
    index : int
        The word of :attr:`SpokenClip.said`; of a fault of the line it says nothing.
    size_seconds : float
        Of a shift: seconds by which the word is made early.
    donors : sequence of SpokenClip
        Where replacements are taken from: the word nearest in length.

    Returns
    -------
    FaultyClip or None
        None where the clip has no room, no closure or no replacement for it.

    Raises
    ------
    KeyError
        If there is no such kind.
    """
    made = KINDS[kind](_Task(clip, index, size_seconds, donors))
    if made is None:
        return None
    return replace(made, kind=kind, size_seconds=size_seconds or made.size_seconds)


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    clip: SpokenClip
    index: int
    size: float
    donors: Sequence[SpokenClip]

    @property
    def word(self) -> Interval:
        return self.clip.said[self.index]


_Maker: TypeAlias = Callable[[_Task], FaultyClip | None]


# ---- faults of time ----


def _shifted(task: _Task) -> FaultyClip | None:
    word, lead, audio = task.word, task.size, task.clip.audio
    reach = max(_REACH, 2 * abs(lead))
    first = max(0.0, min(word.start, word.start - lead) - reach)
    last = min(audio.duration, max(word.end, word.end - lead) + reach)
    room = min(word.start - lead - first, last - word.end + lead)
    if not lead or room < _LEAST_ROOM:
        return None
    return _warped(
        task.clip, [(first, first), (word.start - lead, word.start), (word.end - lead, word.end), (last, last)]
    )


def _line_stretched(task: _Task) -> FaultyClip | None:
    said, audio = task.clip.said, task.clip.audio
    start, end = said[0].start, said[-1].end
    moved = end + _STRETCH * (end - start)
    if moved > audio.duration - _LEAST_ROOM:
        moved = end - _STRETCH * (end - start)
    return _warped(task.clip, [(start, start), (moved, end)], is_line=True)


def _line_ends(lead: float) -> _Maker:
    def made(task: _Task) -> FaultyClip | None:
        word, audio = task.clip.said[-1], task.clip.audio
        end = word.end - lead
        if end > audio.duration - _LEAST_ROOM or end < word.start + _LEAST_ROOM:
            return None
        faulty = _warped(task.clip, [(word.start, word.start), (end, word.end)])
        last = faulty.words[-1]
        states = (*faulty.words[:-1], replace(last, state=FAULT, lead_seconds=lead / 2))
        return replace(faulty, words=states, size_seconds=lead)

    return made


def _warped(clip: SpokenClip, knots: Sequence[tuple[float, float]], *, is_line: bool = False) -> FaultyClip:
    """The clip with moments of its sound moved: pairs of when something is heard now and when it was.

    Before the first of them nothing moves, and after the last one what follows is moved with it. Of a line no word
    gives way to another: each is at fault by how far it is moved.
    """
    heard, spoken = _with_straight_pieces(knots, clip.audio.duration)
    curve = WarpCurve(heard, spoken, 0.0)
    audio = replace(clip.audio, samples=_along(clip.audio.samples, curve, clip.audio.rate_hz, len(clip.audio.samples)))
    states = []
    for word in clip.said:
        start, centre, end = np.interp([word.start, word.centre, word.end], spoken, heard).tolist()
        lead = word.centre - centre
        largest = max(abs(word.start - start), abs(word.end - end))
        # At fault is what moves as a whole; what gives way to it moves at one of its ends more than at the other.
        whole = abs((end - start) - word.duration) < _TOUCHED and abs(lead) >= _TOUCHED
        state = FAULT if whole or (is_line and abs(lead) > 2 * _TOUCHED) else TOUCHED
        states.append(WordState(word.label, start, end, state if largest > _TOUCHED else CLEAN, lead))
    return FaultyClip("", 0.0, audio, tuple(states))


def _with_straight_pieces(knots: Sequence[tuple[float, float]], duration: float) -> tuple[Floats, Floats]:
    """Knots of a curve that is straight from each of `knots` to the next."""
    (first_heard, first_spoken), (last_heard, last_spoken) = knots[0], knots[-1]
    pairs = [(-0.1, first_spoken - first_heard - 0.1), *knots]
    rest = max(duration - last_heard, _LEAST_ROOM)
    pairs.append((last_heard + rest, last_spoken + rest))
    heard, spoken = (np.array(column) for column in zip(*pairs, strict=True))
    fine = np.unique(np.concatenate([np.linspace(a, b, 12) for a, b in itertools.pairwise(heard)]))
    return fine, np.interp(fine, heard, spoken)


# ---- faults of what is said ----


def _dropped(task: _Task) -> FaultyClip | None:
    clip, word = task.clip, task.word
    audio = _laid(clip.audio, _room(clip, word.duration), word.start)
    states = _states(clip, {task.index: replace(_clean(word), label="", state=FAULT, lead_seconds=np.nan)})
    return FaultyClip("", 0.0, audio, states)


def _doubled(task: _Task) -> FaultyClip | None:
    clip, word = task.clip, task.word
    end = word.end + word.duration
    if end > clip.audio.duration:
        return None
    audio = _laid(clip.audio, _samples(clip.audio, word), word.end)
    states = [_clean(one) for one in clip.said[: task.index + 1]]
    states.append(WordState(word.label, word.end, end, FAULT, np.nan))
    for one in clip.said[task.index + 1 :]:
        covered = max(0.0, min(one.end, end) - one.start) / one.duration
        if covered < 0.5:  # of a word that is covered by half nobody hears what it was
            states.append(replace(_clean(one), start=max(one.start, end), state=TOUCHED if covered else CLEAN))
    return FaultyClip("", 0.0, audio, tuple(states))


def _swapped(task: _Task) -> FaultyClip | None:
    clip, said = task.clip, task.clip.said
    if task.index + 1 >= len(said) or said[task.index].label == said[task.index + 1].label:
        return None
    one, other = said[task.index : task.index + 2]
    between = clip.audio.samples[_at(clip.audio, one.end) : _at(clip.audio, other.start)]
    turned = np.concatenate([_samples(clip.audio, other), between, _samples(clip.audio, one)])
    middle = one.start + other.duration
    changed = {
        task.index: WordState(other.label, one.start, middle, FAULT, np.nan),
        task.index + 1: WordState(one.label, other.end - one.duration, other.end, FAULT, np.nan),
    }
    return FaultyClip("", 0.0, _laid(clip.audio, turned, one.start), _states(clip, changed))


def _replaced(task: _Task) -> FaultyClip | None:
    clip, word = task.clip, task.word
    found = [
        (abs(np.log(other.duration / word.duration)), donor.name, other.start, donor, other)
        for donor in task.donors
        for other in donor.said
        if other.label.lower() != word.label.lower() and _LIKE[0] < other.duration / word.duration < _LIKE[1]
    ]
    if not found:
        return None
    *_, donor, other = min(found, key=lambda one: one[:3])
    taken, n = _samples(donor.audio, other), len(_samples(clip.audio, word))
    curve = WarpCurve(np.array([0.0, word.duration]), np.array([0.0, other.duration]), 0.0)
    fitted = _along(taken, curve, donor.audio.rate_hz, n)
    louder = _level(_samples(clip.audio, word)) / max(_level(fitted), 1e-6)
    audio = _laid(clip.audio, (np.clip(louder, 0.1, 10) * fitted).astype(np.float32), word.start)
    states = _states(clip, {task.index: WordState(other.label, word.start, word.end, FAULT, np.nan)})
    return FaultyClip("", 0.0, audio, states, source=donor.name)


def _opened(task: _Task) -> FaultyClip | None:
    clip, word, phones = task.clip, task.word, list(task.clip.phones)
    alphabet = aligned_alphabet(clip.phones.labels)
    inside = [k for k, x in enumerate(phones) if word.start - 1e-3 <= x.start and x.end <= word.end + 1e-3]
    closures = [k for k in inside if closes_lips(phones[k].label, alphabet)]
    if not closures:
        return None
    closure = closures[0]
    beside = [k for k in (closure + 1, closure - 1) if k in inside and not is_silence(phones[k].label)]
    if not beside or closes_lips(phones[beside[0]].label, alphabet):
        return None
    own, vowel = phones[closure], phones[beside[0]]
    # The vowel's middle half goes on through the closure.
    quarter = vowel.duration / 4
    taken = clip.audio.samples[_at(clip.audio, vowel.start + quarter) : _at(clip.audio, vowel.end - quarter)]
    curve = WarpCurve(np.array([0.0, own.duration]), np.array([0.0, len(taken) / clip.audio.rate_hz]), 0.0)
    n = _at(clip.audio, own.end) - _at(clip.audio, own.start)
    held = _along(taken, curve, clip.audio.rate_hz, n)
    labels = [vowel.label if k == closure else x.label for k, x in enumerate(phones)]
    heard = replace(clip.phones, labels=tuple(labels))
    states = _states(clip, {task.index: replace(_clean(word), state=FAULT, lead_seconds=np.nan)})
    return FaultyClip("", 0.0, _laid(clip.audio, held, own.start), states, phones=heard)


KINDS: MappingProxyType[str, _Maker] = MappingProxyType(
    {
        "shifted": _shifted,
        "dropped": _dropped,
        "doubled": _doubled,
        "swapped": _swapped,
        "replaced": _replaced,
        "opened": _opened,
        "stretched": _line_stretched,
        "early": _line_ends(_ENDS),
        "late": _line_ends(-_ENDS),
    }
)
"""What can be done, by name."""


def _clean(word: Interval) -> WordState:
    return WordState(word.label, word.start, word.end, CLEAN)


def _states(clip: SpokenClip, changed: dict[int, WordState]) -> tuple[WordState, ...]:
    return tuple(changed.get(k, _clean(word)) for k, word in enumerate(clip.said))


# ---- sound ----


def _at(audio: Audio, seconds: float) -> int:
    return int(np.clip(round(seconds * audio.rate_hz), 0, len(audio.samples)))


def _samples(audio: Audio, part: Interval) -> Samples:
    return audio.samples[_at(audio, part.start) : _at(audio, part.end)]


def _along(samples: Samples, curve: WarpCurve, rate_hz: int, n: int) -> Samples:
    """Mono sound along a curve, `n` samples of it."""
    return stretched(Channels(samples[:, None], rate_hz, "mono"), curve, n).samples[:, 0]


def _level(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def _laid(audio: Audio, piece: Samples, start: float) -> Audio:
    """The sound with a piece in place of what was there, faded in and out over what it replaces."""
    first = _at(audio, start)
    piece = piece[: len(audio.samples) - first]
    n_fade = min(round(_FADE * audio.rate_hz), len(piece) // 2)
    weight = np.ones(len(piece))
    rise = np.sin(0.5 * np.pi * (np.arange(n_fade) + 0.5) / max(n_fade, 1)) ** 2
    weight[:n_fade] = rise
    weight[len(piece) - n_fade :] = rise[::-1]
    samples, there = audio.samples.copy(), audio.samples[first : first + len(piece)]
    samples[first : first + len(piece)] = (weight * piece + (1 - weight) * there).astype(np.float32)
    return replace(audio, samples=samples)


def _room(clip: SpokenClip, seconds: float) -> Samples:
    """So much of the room in which nobody speaks: the quietest stretch between words, there and back."""
    audio = clip.audio
    length = max(round(0.05 * audio.rate_hz), 1)
    power = np.convolve(np.square(audio.samples, dtype=np.float64), np.ones(length) / length, mode="valid")
    start = int(power.argmin()) if len(power) else 0
    still = audio.samples[start : start + length]
    n = round(seconds * audio.rate_hz)
    there_and_back = np.concatenate([still, still[::-1]])
    return np.tile(there_and_back, n // max(len(there_and_back), 1) + 1)[:n]
