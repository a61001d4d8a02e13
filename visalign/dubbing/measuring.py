r"""Sync of every line of a dub: when its sound begins and ends against the lips, and what the lips show meanwhile.

Method
------
*Lead, start and end.* Along a line the lead is a straight line over time (:mod:`visalign.dubbing.line_course`); its
values at the first and at the last word are how early the line begins and ends.

*Match.* Whether the words are those of the lips is asked of the line alone, beside foreign sounds
(:mod:`visalign.sync.match`).

*Lips and voice.* Where the mouth moves and where it is still, :mod:`visalign.sync.mouth_movement` says, on the clock of
the file: what a viewer sees when something is heard. The *dead air* of a line is sought up to the middle between it and
its neighbours. *Isochrony* is the share of the time from the first to the last movement or sound in which both are
active or neither is.

*Closures* are P, B and M; one is met where the lips are closed within :data:`TOLERANCE` of it. An *open vowel* is at
fault where the lips are closed in the middle of it.

Conventions
-----------
Times are seconds on the clip's clock. ``lead_seconds > 0`` means that the audio leads: a sound is heard before the lips
make it, a line begins or ends before they do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from visalign.dubbing.gate import dubbing_gate
from visalign.dubbing.line_course import LineCourse, line_course
from visalign.dubbing.lines import MOST_SHARED, SURE, DubbedLine
from visalign.dubbing.programme import Dubbing
from visalign.forced_alignment.alignment import OTHER_WORDS, CueTimes
from visalign.language.articulation import closes_lips, opens_mouth
from visalign.language.phone_lists import aligned_alphabet
from visalign.sync.judging import Heard, Instruments, Judged, Seen
from visalign.sync.match import match_of
from visalign.sync.mouth_movement import MouthMovement
from visalign.sync.segments import phrases
from visalign.sync.verdict import MIN_SPEECH, placed
from visalign.timeline import Interval
from visalign.visemes.expected import VisemeTarget

__all__ = ["TOLERANCE", "measure_dubbing", "measure_lines"]

TOLERANCE = 0.06
"""Seconds to either side of a P, B or M in which the lips may close: what EBU R37 allows late sound."""

_CLOSED = 0.5  # probability
_LEAST_SEEN = 0.5  # share of a line's time with a face to be seen
_STRICTLY_WITHIN = 0.05  # probability of lying beyond a limit with which a line is in sync by the strict rule
_MOSTLY = 0.5  # share of a line over which something else is heard
_NEAR = 0.3  # seconds about a line whose lips tell whether its words are theirs


def measure_dubbing(heard: Heard, seen: Seen, judged: Judged, instruments: Instruments) -> Dubbing:
    """Measure every line of a programme and put the rules of the gate to them.

    Parameters
    ----------
    heard, seen, judged, instruments : Heard, Seen, Judged, Instruments
        The stages of its check, and what it was judged with.
    """
    rules = instruments.settings.gate
    lines = measure_lines(heard, seen, judged, instruments)
    gate = dubbing_gate(lines, judged.sync, rules) if rules.is_on else None
    return Dubbing(lines, rules, gate)


def measure_lines(heard: Heard, seen: Seen, judged: Judged, instruments: Instruments) -> tuple[DubbedLine, ...]:
    """Measure every line of a programme.

    Parameters
    ----------
    heard, seen, judged, instruments : Heard, Seen, Judged, Instruments
        The stages of its check, and what it was judged with.
    """
    programme = _Programme.of(heard, seen, judged, instruments)
    cues = heard.alignment.cues or tuple(_as_cue(phrase) for phrase in phrases(heard.alignment.words))
    is_timed = bool(heard.alignment.cues)
    places = [(cue.found_start, cue.found_end) for cue in cues]
    reaches = _reaches(places, seen.lips.times.duration)
    found = [
        programme.line(number, cue, reach, _shared(number - 1, places), is_timed=is_timed)
        for number, (cue, reach) in enumerate(zip(cues, reaches, strict=True), 1)
    ]
    return tuple(found)


def _as_cue(phrase: Interval) -> CueTimes:
    return CueTimes(phrase.start, phrase.end, phrase.label, "", phrase.start, phrase.end)


def _reaches(places: Sequence[tuple[float | None, float | None]], duration: float) -> Iterator[tuple[float, float]]:
    """How far each line goes to either side: up to the middle between it and its neighbours."""
    known = sorted((start, end) for start, end in places if start is not None and end is not None)
    for start, end in places:
        if start is None or end is None:
            yield 0.0, 0.0
            continue
        before = max((other for _, other in known if other <= start), default=None)
        after = min((other for other, _ in known if other >= end), default=None)
        first = 0.0 if before is None else (before + start) / 2
        last = max(duration, end) if after is None else (end + after) / 2
        yield first, last


def _shared(row: int, places: Sequence[tuple[float | None, float | None]]) -> float:
    """Share of a line's time in which another one is heard too."""
    start, end = places[row]
    if start is None or end is None or end <= start:
        return 0.0
    overlaps = [
        min(end, last) - max(start, first)
        for other, (first, last) in enumerate(places)
        if other != row and first is not None and last is not None
    ]
    return max([0.0, *overlaps]) / (end - start)


@dataclass(frozen=True, slots=True, eq=False)
class _Programme:
    """What all lines are measured by."""

    heard: Heard
    seen: Seen
    judged: Judged
    instruments: Instruments
    movement: MouthMovement
    alphabet: str

    @classmethod
    def of(cls, heard: Heard, seen: Seen, judged: Judged, instruments: Instruments) -> _Programme:
        movement = MouthMovement.of(seen.lips, heard.alignment.phones, heard.speech, 0.0)
        alphabet = aligned_alphabet(target.phone for target in judged.targets)
        return cls(heard, seen, judged, instruments, movement, alphabet)

    def line(
        self, number: int, cue: CueTimes, reach: tuple[float, float], shared: float, *, is_timed: bool
    ) -> DubbedLine:
        cue_start, cue_end = (cue.start, cue.end) if is_timed else (None, None)
        text = " ".join(cue.text.split())
        unheard = DubbedLine(number, text, cue.speaker, cue_start, cue_end, None, None, "not-heard")
        if cue.found_start is None or cue.found_end is None:
            return unheard
        part = Interval(cue.found_start, cue.found_end, text)
        if self._is_something_else(part):
            return unheard
        frames = self.movement.frames(part)
        has_face = self.seen.lips.has_face[frames]
        seen = float(has_face.mean()) if len(has_face) else 0.0
        comparison = self.judged.comparison
        bias = self.instruments.own_bias
        course = line_course(
            part,
            comparison.evidence,
            comparison.lead_at(part),
            comparison.calibration,
            own_bias=0.0 if bias is None else bias.lead_seconds,
        )
        bare = DubbedLine(
            number, text, cue.speaker, cue_start, cue_end, part.start, part.end, "not-seen", seen=seen, shared=shared
        )
        if seen < _LEAST_SEEN:
            return bare
        if self.seen.away[frames].mean() >= _LEAST_SEEN:
            return replace(bare, verdict="off-screen", **self._movements(part, reach))
        if course is None:
            return bare
        return self._judged(bare, part, course, reach)

    def _is_something_else(self, part: Interval) -> bool:
        """Whether other words are heard over most of a line, so that its own only stand where they do least harm."""
        notes = [x for x in self.heard.alignment.notes if x.label == OTHER_WORDS]
        shared = sum(max(min(x.end, part.end) - max(x.start, part.start), 0.0) for x in notes)
        return shared > _MOSTLY * part.duration

    def _judged(self, bare: DubbedLine, part: Interval, course: LineCourse, reach: tuple[float, float]) -> DubbedLine:
        settings = self.instruments.settings
        limits, gate = settings.verdict.limits, settings.gate
        first, last = gate.max_start_seconds, gate.max_end_seconds
        match = self._match(part)
        measured = replace(
            bare,
            lead_seconds=course.middle.seconds,
            lead_interval=course.middle.interval,
            start_lead_seconds=course.start.seconds,
            end_lead_seconds=course.end.seconds,
            beyond=course.middle.beyond(*limits),
            start_beyond=course.start.beyond(*(limits if first is None else (first, first))),
            end_beyond=course.end.beyond(*(limits if last is None else (last, last))),
            match=match,
            **self._movements(part, reach),
            **self._lips_by_phone(part),
        )
        return replace(measured, verdict=self._verdict(measured, part))

    def _match(self, part: Interval) -> float:
        lips = self.seen.lips.crop(part.start - _NEAR, part.end + _NEAR)
        settings, model = self.instruments.settings, self.instruments.model
        evidence = match_of(
            model,
            lips,
            self.heard.context,
            self.seen.search,
            settings.evidence,
            recognised=self.heard.is_recognised,
        )
        return evidence.probability(self.judged.comparison.calibration)

    def _verdict(self, line: DubbedLine, part: Interval) -> str:
        """What the line's own evidence says, by the limits of the profile."""
        thresholds, verdict = self.instruments.settings.thresholds, self.instruments.settings.verdict
        assert line.match is not None
        assert line.beyond is not None
        assert line.lead_seconds is not None
        if line.match < thresholds.min_match:
            can_be_told = part.duration >= MIN_SPEECH and line.shared < MOST_SHARED
            return "mismatched" if can_be_told else "uncertain"
        where = placed(line.lead_seconds, verdict.limits)
        if where == "in-sync":
            return "uncertain" if verdict.strict and line.beyond > _STRICTLY_WITHIN else where
        return where if line.beyond >= SURE else "uncertain"

    def _movements(self, part: Interval, reach: tuple[float, float]) -> dict[str, Any]:
        """When the lips move about a line, beside its sound."""
        movement, around = self.movement, self.movement.frames(Interval(*reach, ""))
        moving, voiced = movement.moving[around], movement.voiced[around]
        times = movement.heard[around]
        moves = np.flatnonzero(moving)
        lips_start = lips_end = None
        first, last = part.start, part.end
        if len(moves):
            lips_start = float(times[moves[0]] - movement.step / 2)
            lips_end = float(times[moves[-1]] + movement.step / 2)
            first, last = min(first, lips_start), max(last, lips_end)
        during = (times >= first) & (times < last)
        spoken = (times >= part.start) & (times < part.end)
        return {
            "lips_start": lips_start,
            "lips_end": lips_end,
            "overlap": float(moving[spoken].mean()) if spoken.any() else None,
            "isochrony": float((moving == voiced)[during].mean()) if during.any() else None,
            "overrun_seconds": movement.overrun(part),
            "dead_air_seconds": movement.dead_air(Interval(*reach, "")),
        }

    def _lips_by_phone(self, part: Interval) -> dict[str, Any]:
        """Closures and open vowels of a line, and what the lips do meanwhile."""
        counts = {"n_closures": 0, "n_closures_met": 0, "n_open": 0, "n_open_closed": 0}
        for target in self.judged.comparison.targets_in(part):
            closes = closes_lips(target.phone, self.alphabet)
            if not closes and not opens_mouth(target.phone, self.alphabet):
                continue
            closed = self._closed_in(target, closes=closes)
            if closed is None:
                continue
            counts["n_closures" if closes else "n_open"] += 1
            counts["n_closures_met" if closes else "n_open_closed"] += closed
        return counts

    def _closed_in(self, target: VisemeTarget, *, closes: bool) -> bool | None:
        """Whether the lips close about a closure, or are closed in the middle of a vowel; None where nobody sees."""
        decoded, phone = self.seen.visemes, target.interval
        margin = TOLERANCE if closes else -phone.duration / 4  # the middle half of a vowel
        first, last = np.searchsorted(decoded.times, [phone.start - margin, phone.end + margin])
        rows = decoded.closed[first : max(last, first + 1)]
        if not len(rows) or np.isnan(rows).all():
            return None
        shut = rows >= _CLOSED
        return bool(shut.any() if closes else shut.all())
