"""Sync of every part of a clip: words, phones, phrases and windows, each with all its measures.

Conventions
-----------
Times are those of the sound, seconds on the clip's clock; the lips of a part are looked for the clip's lead later.
``lead_seconds > 0`` means that the audio leads.

Method
------
*A closure is seen* where the probability that the lips are closed (:mod:`visalign.lips.closures`) reaches one half at
some moment of the phone, one moment (40 ms) more to either side. *The mouth moves* where the standard deviation of
the inner aperture over 0.4 s exceeds 0.018 inter-ocular distances, and is *still* where it is below 0.0115: nine in
ten moments of speech of seven speakers of GRID lie above the first, nine in ten of silence below it, and 98 in a
hundred of speech above the second. Shorter stretches than 0.4 s (moving) and 0.5 s (still) do not count: a mouth
opens to draw breath, and rests in a long vowel.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.language.articulation import closes_lips
from visalign.language.phone_lists import aligned_alphabet
from visalign.language.phones import is_silence
from visalign.lips.lip_features import LipFeatures
from visalign.lips.viseme_decoder import STEP
from visalign.numerics import uniform_filter1d
from visalign.sync.estimate import spoken_frames
from visalign.sync.scoring import ClipComparison, PartJudgement
from visalign.timeline import Interval, Tier, runs

__all__ = [
    "SEGMENT_KINDS",
    "PartDetails",
    "judge_segments",
    "phrases",
    "windows",
]

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]

PHRASE_PAUSE = 0.25
"""Seconds of silence that end a phrase."""

WINDOW = 1.0
"""Seconds of a fixed window."""

_CLOSED = 0.5  # probability
# See the module's Method.
_MOVEMENT_WINDOW = 0.4  # seconds
_MOVING, _STILL = 0.018, 0.0115  # inter-ocular distances
_MIN_DEAD_AIR, _MIN_OVERRUN = 0.4, 0.5  # seconds
_SPEECH_MARGIN = 0.3  # seconds around speech in which a mouth may move


@dataclass(frozen=True, slots=True)
class PartDetails:
    """A part of a clip with all its measures.

    Parameters
    ----------
    kind : str
        One of :data:`SEGMENT_KINDS`.
    judged : PartJudgement
    dtw_cost : float
        Mean cost a moment along the warping path: 0 where the lips show what they should, at most 6.9; NaN without any.
    closures_expected, closures_seen : int
        Phones in it that the lips meet for (P, B, M …), and those of them for which they close.
    dead_air_seconds, overrun_seconds : float
        How long the mouth moves as in speech while nobody speaks, and how long there is speech while it is still.
    """

    kind: str
    judged: PartJudgement
    dtw_cost: float
    closures_expected: int
    closures_seen: int
    dead_air_seconds: float
    overrun_seconds: float


def judge_segments(
    words: Tier,
    phones: Tier,
    speech: Tier | None,
    lips: LipFeatures,
    comparison: ClipComparison,
    kinds: Sequence[str],
    *,
    judged: Sequence[PartJudgement] = (),
) -> tuple[PartDetails, ...]:
    """Judge the parts of a clip.

    Parameters
    ----------
    words, phones : Tier
        What is heard.
    speech : Tier or None
        Where a voice is heard (:func:`~visalign.sound.voice_activity.find_speech`); None: wherever there are phones.
    lips : LipFeatures
    comparison : ClipComparison
    kinds : sequence of str
        Some of :data:`SEGMENT_KINDS`.
    judged : sequence of PartJudgement
        Parts that were judged before.

    Returns
    -------
    tuple of PartDetails
        Kind by kind, in time within each; parts whose lips are not in the picture are left out.
    """
    if not kinds:
        return ()
    known = {(one.start, one.end, one.label): one for one in judged}
    lead = comparison.lead + comparison.evidence.course.at_shown(lips.times.centres, comparison.lead)
    movement = _Movement.of(lips, phones, speech, lead)
    closures = _closures(comparison)
    return tuple(
        _details(
            kind,
            known.get((part.start, part.end, part.label)) or comparison.judge(part),
            comparison,
            closures,
            movement,
        )
        for kind in kinds
        for part in SEGMENT_KINDS[kind](words, phones)
        if comparison.is_shown(part)
    )


def phrases(words: Tier) -> Iterator[Interval]:
    """Words between pauses of at least :data:`PHRASE_PAUSE` seconds, their labels joined by spaces."""
    group: list[Interval] = []
    for word in (word for word in words if word.label):
        if group and word.start - group[-1].end >= PHRASE_PAUSE:
            yield _joined(group)
            group = []
        group.append(word)
    if group:
        yield _joined(group)


def windows(words: Tier, length: float = WINDOW) -> Iterator[Interval]:
    """Stretches of `length` seconds, labelled by the words that touch them; the last may be shorter."""
    n = int(np.ceil((words.end - words.start) / length - 1e-9))
    for k in range(n):
        start, end = words.start + k * length, min(words.start + (k + 1) * length, words.end)
        inside = words.crop(start, end)
        yield Interval(start, end, " ".join(word.label for word in inside if word.label))


def _joined(group: Sequence[Interval]) -> Interval:
    return Interval(group[0].start, group[-1].end, " ".join(word.label for word in group))


SEGMENT_KINDS: Mapping[str, Callable[[Tier, Tier], Iterator[Interval]]] = MappingProxyType(
    {
        "word": lambda words, _: (word for word in words if word.label),
        "phone": lambda _, phones: (phone for phone in phones if not is_silence(phone.label)),
        "phrase": lambda words, _: phrases(words),
        "window": lambda words, _: windows(words),
    }
)
"""What a clip can be cut into: name -> parts, from words and phones."""


def _details(
    kind: str,
    judged: PartJudgement,
    comparison: ClipComparison,
    closures: Sequence[tuple[float, bool]],
    movement: _Movement,
) -> PartDetails:
    part = Interval(judged.start, judged.end, judged.label)
    inside = comparison.moments(part)
    first, last = (bisect_left(closures, time, key=lambda closure: closure[0]) for time in (part.start, part.end))
    own = [seen for _, seen in closures[first:last]]
    return PartDetails(
        kind=kind,
        judged=judged,
        dtw_cost=float(comparison.agreement.costs[inside].mean()) if len(inside) else np.nan,
        closures_expected=len(own),
        closures_seen=sum(own),
        dead_air_seconds=movement.dead_air(part),
        overrun_seconds=movement.overrun(part),
    )


def _closures(comparison: ClipComparison) -> list[tuple[float, bool]]:
    """Middle of each bilabial whose lips are seen, and whether they close."""
    found = list[tuple[float, bool]]()
    alphabet = aligned_alphabet(target.phone for target in comparison.targets)
    times, closed = comparison.decoded.times, comparison.decoded.closed
    for target in comparison.targets:
        if not target.word or not closes_lips(target.phone, alphabet):
            continue
        start, end = comparison.shown(target.interval)
        rows = closed[slice(*np.searchsorted(times, [start - STEP, end + STEP]))]
        if len(rows) and not np.isnan(rows).all():
            found.append(((target.interval.start + target.interval.end) / 2, bool(np.nanmax(rows) >= _CLOSED)))
    return found


class _Movement:
    """Where the mouth moves though nobody speaks, and where it is still though somebody does."""

    def __init__(self, heard: Floats, step: float, dead_air: Flags, overrun: Flags) -> None:
        self._heard = heard  # when the sound that goes with each frame is heard
        self._step = step
        self._dead_air, self._overrun = dead_air, overrun

    @classmethod
    def of(cls, lips: LipFeatures, phones: Tier, speech: Tier | None, lead: Floats) -> _Movement:
        centres, step = lips.times.centres, lips.times.duration / max(len(lips), 1)
        aperture, seen = lips.column("inner_aperture_centre"), lips.has_face
        spread = _spread(np.where(seen, aperture, 0.0), seen, max(round(_MOVEMENT_WINDOW / step), 1))
        near = spoken_frames(lips, phones, speech, _SPEECH_MARGIN, lead=lead)
        within = spoken_frames(lips, phones, speech, 0.0, lead=lead)
        dead_air = _long(seen & ~near & (spread > _MOVING), round(_MIN_DEAD_AIR / step))
        overrun = _long(seen & within & (spread < _STILL), round(_MIN_OVERRUN / step))
        return cls(centres - lead, step, dead_air, overrun)

    def dead_air(self, part: Interval) -> float:
        return self._seconds(self._dead_air, part)

    def overrun(self, part: Interval) -> float:
        return self._seconds(self._overrun, part)

    def _seconds(self, flags: Flags, part: Interval) -> float:
        return float(flags[slice(*np.searchsorted(self._heard, [part.start, part.end]))].sum() * self._step)


def _spread(values: Floats, seen: Flags, n: int) -> Floats:
    """Standard deviation over `n` frames around each, of those that were seen; 0 where none was."""
    share = np.maximum(uniform_filter1d(seen.astype(np.float64), n), 1e-9)
    mean = uniform_filter1d(values, n) / share
    square = uniform_filter1d(values**2, n) / share
    return np.asarray(np.sqrt(np.maximum(square - mean**2, 0.0)))


def _long(flags: Flags, n: int) -> Flags:
    """Only runs of at least `n` frames."""
    kept = np.zeros_like(flags)
    for first, last in runs(flags):
        kept[first:last] = last - first >= n
    return kept
