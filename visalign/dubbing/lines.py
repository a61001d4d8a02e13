"""One line of a dub as a value: what was measured about it, and what is said of it.

A line is a cue of the transcript where it has cues, else a phrase: words between pauses. How it is measured:
:mod:`visalign.dubbing.measuring`.

Conventions
-----------
Times are seconds on the clip's clock. ``lead_seconds > 0`` means that the audio leads: a sound is heard before the lips
make it, a line begins or ends before they do.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LINE_VERDICTS", "MOST_SHARED", "SURE", "DubbedLine"]

LINE_VERDICTS = (
    *("in-sync", "audio-early", "audio-late", "mismatched"),
    *("uncertain", "not-seen", "off-screen", "not-heard"),
)
"""What may be said of a line: the first four are judged, the last four say why it is not."""

SURE = 0.8
"""Probability from which on a line is said to lie beyond a limit; of 112 lines in sync none had more than 0.03
(docs/decisions/0175)."""


MOST_SHARED = 0.3
"""Share of a line's time with another line from which on its words are not held against the lips."""


@dataclass(frozen=True, slots=True)
class DubbedLine:
    """One line with all its measures; None is what can't be told.

    Parameters
    ----------
    number : int
        From 1.
    text, speaker : str
    cue_start, cue_end : float or None
        Seconds, as its cue says; None of a phrase.
    start, end : float or None
        Where it is heard, from its first word to its last; None where its words were not found.
    lips_start, lips_end : float or None
        Where the lips begin to move about it, and where they rest again.
    seen : float
        Share of its time with a face to be seen, 0..1.
    shared : float
        Share of its time, 0..1, in which another line is heard too, and lips may be saying that one.
    lead_seconds, start_lead_seconds, end_lead_seconds : float or None
        How early it is in its middle, where it begins, and where it ends.
    lead_interval : (float, float) or None
        Bounds of the 95 % interval of `lead_seconds`.
    beyond, start_beyond, end_beyond : float or None
        Probability that each of the three lies beyond its limits, 0..1.
    match : float or None
        Probability that its words are those of the lips, 0..1.
    overlap : float or None
        Share of its sound in which the lips move, 0..1.
    isochrony : float or None
        Share of the time of sound or movement in which both are active or neither is, 0..1.
    overrun_seconds, dead_air_seconds : float or None
        How long there is speech while the mouth is still, and how long the mouth moves while nobody speaks.
    n_closures, n_closures_met : int
        P, B and M whose lips are seen, and those of them for which they close.
    n_open, n_open_closed : int
        Open vowels whose lips are seen, and those of them during which the lips are closed.
    verdict : str
        One of :data:`LINE_VERDICTS`.
    """

    number: int
    text: str
    speaker: str
    cue_start: float | None
    cue_end: float | None
    start: float | None
    end: float | None
    verdict: str
    lips_start: float | None = None
    lips_end: float | None = None
    seen: float = 0.0
    shared: float = 0.0
    lead_seconds: float | None = None
    lead_interval: tuple[float, float] | None = None
    start_lead_seconds: float | None = None
    end_lead_seconds: float | None = None
    beyond: float | None = None
    start_beyond: float | None = None
    end_beyond: float | None = None
    match: float | None = None
    overlap: float | None = None
    isochrony: float | None = None
    overrun_seconds: float | None = None
    dead_air_seconds: float | None = None
    n_closures: int = 0
    n_closures_met: int = 0
    n_open: int = 0
    n_open_closed: int = 0

    @property
    def is_judged(self) -> bool:
        """Whether its lips were seen and its words heard."""
        return self.verdict in LINE_VERDICTS[:4]
