"""Which faults are made in which clip, and what visalign and a baseline say of their words.

The plan of the benchmark of word faults: each clip as it is, then once with each kind and size of fault, at a word that
changes from clip to clip. What comes of it are two tables, what is true and what was judged
(:mod:`visalign.evaluation.fault_scores`), so that any other program can be scored by the same truth.

*The baseline* knows nothing of words: how loud the sound is against how far the mouth is open, in the word and 0.3 s
about it, by their correlation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.evaluation.word_faults import CLEAN, KINDS, SHIFTS, FaultyClip, SpokenClip, WordState, make_fault
from visalign.forced_alignment import Alignment
from visalign.language.articulation import closes_lips
from visalign.language.phone_lists import aligned_alphabet
from visalign.lips.lip_features import LipFeatures
from visalign.numerics import gaussian_filter1d
from visalign.reports.clip_report import ClipReport
from visalign.signals import Audio
from visalign.sound.speech import HOP, log_mel
from visalign.sync.verdict import STRAYS

__all__ = ["Row", "correlated_rows", "heard_in", "judged_rows", "planned_faults", "truth_rows", "words_that_close"]

Floats: TypeAlias = npt.NDArray[np.float64]
Row: TypeAlias = tuple[object, ...]

_ABOUT = 0.3  # seconds about a word in which the baseline looks
_LEAST_FRAMES = 4
_SMOOTHED = 4.0  # hops


def planned_faults(
    clip: SpokenClip, number: int, own: Sequence[SpokenClip], others: Sequence[SpokenClip]
) -> Iterator[tuple[str, FaultyClip]]:
    """A clip as it is, and with each fault that can be made in it.

    Parameters
    ----------
    clip : SpokenClip
    number : int
        Of the clip among all: which word is at fault goes by it.
    own, others : sequence of SpokenClip
        Where replacements are taken from: clips of the same speaker, and of others.

    Yields
    ------
    (str, FaultyClip)
        A name, unlike any other of the clip, and the clip.
    """
    states = tuple(WordState(word.label, word.start, word.end, CLEAN) for word in clip.said)
    yield clip.name, FaultyClip("", 0.0, clip.audio, states)
    tasks = [("shifted", size, own) for size in SHIFTS]
    tasks += [(kind, 0.0, others) for kind in KINDS if kind not in ("shifted", "replaced")]
    tasks += [("replaced", 0.0, own), ("replaced", 0.0, others)]
    for turn, (kind, size, givers) in enumerate(tasks):
        n = len(clip.said)
        # The first word from a place that differs from clip to clip at which the fault can be made.
        made = (make_fault(clip, kind, (number + turn + k) % n, size_seconds=size, donors=givers) for k in range(n))
        if (faulty := next((one for one in made if one is not None), None)) is not None:
            yield f"{clip.name} {turn} {kind} {size:+.2f}", faulty


def heard_in(clip: SpokenClip, faulty: FaultyClip) -> Alignment | None:
    """What is heard in a faulty clip where its text does not tell; None where the text is to be aligned anew."""
    return None if faulty.phones is None else Alignment(clip.words, faulty.phones, "word faults")


def words_that_close(clips: Iterable[SpokenClip]) -> frozenset[str]:
    """Words with a closure of the lips (P, B, M) wherever it is heard."""
    found = set()
    for clip in clips:
        alphabet = aligned_alphabet(clip.phones.labels)
        closures = [x.centre for x in clip.phones if closes_lips(x.label, alphabet)]
        found |= {word.label for word in clip.said if any(word.start <= at < word.end for at in closures)}
    return frozenset(found)


def truth_rows(name: str, speaker: str, faulty: FaultyClip, closing: frozenset[str]) -> Iterator[Row]:
    """What is true of each word, in the columns of :data:`~visalign.evaluation.fault_scores.TRUTH`."""
    for word in faulty.words:
        times = (word.start, word.end, word.state, word.lead_seconds)
        yield name, speaker, faulty.kind, faulty.size_seconds, word.label, *times, word.label in closing


def judged_rows(name: str, report: ClipReport) -> Iterator[Row]:
    """What a report says of each word, in the columns of :data:`~visalign.evaluation.fault_scores.JUDGED`.

    The score is that of both: in step with its clip, within the limits. The lead is its own, against the median of the
    words that go with the clip.
    """
    going = [word.own_lead_seconds for word in report.judged_words if word.in_step >= STRAYS]
    lead = float(np.median(going)) if going else report.sync.lead_seconds or 0.0
    for word in report.judged_words:
        is_flagged = word.verdict not in ("in-sync", "uncertain")
        yield name, word.start, word.end, word.score * word.in_step, is_flagged, word.own_lead_seconds - lead


def correlated_rows(name: str, lips: LipFeatures, faulty: FaultyClip) -> Iterator[Row]:
    """What the baseline says; it flags a word at which one falls where the other rises."""
    times = np.asarray(lips.times.centres)
    opened = np.nan_to_num(lips.column("inner_aperture"))
    loud = _loudness(faulty.audio)
    heard = np.interp(times, np.arange(len(loud)) * HOP, loud)
    for word in faulty.words:
        near = (times > word.start - _ABOUT) & (times < word.end + _ABOUT)
        if near.sum() < _LEAST_FRAMES or heard[near].std() == 0 or opened[near].std() == 0:
            continue
        agreement = float(np.corrcoef(heard[near], opened[near])[0, 1])
        yield name, word.start, word.end, 0.5 + 0.5 * agreement, agreement < 0, np.nan


def _loudness(audio: Audio) -> Floats:
    return np.asarray(gaussian_filter1d(log_mel(audio).mean(axis=1).astype(np.float64), _SMOOTHED))
