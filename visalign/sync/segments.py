"""Sync of every part of a clip: words, phones, phrases and windows, each with all its measures.

Conventions
-----------
Times are those of the sound, seconds on the clip's clock; the lips of a part are looked for the clip's lead later.
``lead_seconds > 0`` means that the audio leads.

Method
------
*A closure is seen* where the probability that the lips are closed (:mod:`visalign.lips.closures`) reaches one half at
some moment of the phone, one moment (40 ms) more to either side. When the mouth moves and when it is still,
:mod:`visalign.sync.mouth_movement` says.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from visalign.language.articulation import closes_lips
from visalign.language.phone_lists import aligned_alphabet
from visalign.language.phones import is_silence
from visalign.lips.lip_features import LipFeatures
from visalign.lips.viseme_decoder import STEP
from visalign.sync.mouth_movement import MouthMovement
from visalign.sync.scoring import ClipComparison, PartJudgement
from visalign.timeline import Interval, Tier

__all__ = [
    "SEGMENT_KINDS",
    "PartDetails",
    "judge_segments",
    "phrases",
    "windows",
]


PHRASE_PAUSE = 0.25
"""Seconds of silence that end a phrase."""

WINDOW = 1.0
"""Seconds of a fixed window."""

_CLOSED = 0.5  # probability


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
    movement = MouthMovement.of(lips, phones, speech, lead)
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
    movement: MouthMovement,
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
