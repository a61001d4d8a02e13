"""Whether a mouth that is shown does what its phones ask for: an audit of an animation before it goes into a rig.

Looked at is what is written, whatever made it: shapes on frames, shapes in seconds, or weights of visemes.

=====================  ===============================================================================================
closures               each P, B and M (in any language) closes the lips at some moment, by how much late or early
lips on teeth          the same of F and V
jaw                    how fast the mouth opens and closes, in full openings a second, at most `JAW_LIMIT`
flicker                a mouth that opens and closes again, or the reverse, within `FLICKER_SECONDS`
silence                an open mouth in a pause that is longer than the mouth needs to come to rest
=====================  ===============================================================================================

Conventions
-----------
Seconds. An opening of 0 is closed lips, 1 the widest of the rig's shapes; :data:`OPENINGS` has that of each kind.

References
----------
.. [1] T. Flash and N. Hogan, The coordination of arm movements: an experimentally confirmed mathematical model,
   J. Neurosci. 5(7), 1985: a smooth movement is at its fastest 1.875 times as fast as its mean.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from visalign.animation.mouth_cues import MIN_SHAPE_SECONDS, REST_AFTER_SECONDS, merge_pauses
from visalign.language.articulation import closes_lips
from visalign.language.phones import convert, is_silence
from visalign.timeline import Interval, Tier

__all__ = [
    "FLICKER_SECONDS",
    "JAW_LIMIT",
    "OPENINGS",
    "Finding",
    "MouthAudit",
    "ShownMouth",
    "audit_mouth",
    "shown_shapes",
    "shown_weights",
]

OPENINGS = {
    "closed": 0.0,
    "rest": 0.0,
    "bitten": 0.1,
    "neutral": 0.25,
    "rounded": 0.35,
    "open": 0.6,
    "wide": 1.0,
}
"""How far a kind of shape (:data:`visalign.animation.mouth_rules.KINDS`) is open: as Rhubarb's drawings are."""

JAW_LIMIT = 20.0
"""Full openings a second: a jaw that opens fully in 0.1 s, as in fast speech, moves at 18.75 at most."""

FLICKER_SECONDS = MIN_SHAPE_SECONDS
FLICKER_SWING = 0.2  # of the opening; smaller changes are not seen as a movement
SILENCE_EDGE_SECONDS = 0.15  # the mouth comes to rest after the last sound, and leaves it before the next
OPEN_ABOVE = 0.3
CLOSED_WEIGHT, BITTEN_WEIGHT = 0.85, 0.75  # floors of weight curves (0.90, 0.80) less what two decimals lose

_BITING = frozenset("fvɱ")
_SLACK = 1e-6

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ShownMouth:
    """A mouth from moment to moment.

    Parameters
    ----------
    times : ndarray of float64, shape (n,)
        When what is shown begins to be seen, seconds of the sound.
    step : float
        Seconds from one to the next.
    closed, bitten : ndarray of bool, shape (n,)
        Whether the lips are closed, and on the teeth.
    opening : ndarray of float64, shape (n,)
        0 to 1.
    is_stepped : bool
        Drawings that stand until the next one, in place of a curve.
    """

    times: Floats
    step: float
    closed: Bools
    bitten: Bools
    opening: Floats
    is_stepped: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be: when, what (``closure``, ``lips on teeth``, ``jaw``, ``flicker``,
    ``silence``), and the same in words."""

    start: float
    kind: str
    told: str


@dataclass(frozen=True, slots=True)
class MouthAudit:
    """What an audit found.

    Parameters
    ----------
    closures_asked, closures_met : int
        P, B and M, and those at which the lips are closed.
    closures_begin_seconds : float or None
        How much later the lips close than the phone begins, median; negative: earlier. None without a closure.
    bites_asked, bites_met : int
        F and V, and those at which the lips are on the teeth.
    fastest_jaw : float
        Full openings a second.
    jaw_too_fast, flickers : int
        How often.
    open_in_silence_seconds : float
        In pauses that are long enough to rest in.
    findings : tuple of Finding
        All that is not as it should be, by time.
    """

    closures_asked: int
    closures_met: int
    closures_begin_seconds: float | None
    bites_asked: int
    bites_met: int
    fastest_jaw: float
    jaw_too_fast: int
    flickers: int
    open_in_silence_seconds: float
    findings: tuple[Finding, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For JSON; seconds to the millisecond."""
        facts = asdict(self) | {"findings": [asdict(x) | {"start": round(x.start, 3)} for x in self.findings]}
        return {key: round(x, 3) if isinstance(x, float) else x for key, x in facts.items()}


def shown_shapes(cues: Tier, kinds: Mapping[str, str], step: float, *, lead: float = 0.0) -> ShownMouth:
    """The mouth of a tier of shapes, looked at every `step` seconds; it comes `lead` seconds before the sound."""
    n = max(1, round((cues.end - cues.start) / step))
    times = np.asarray(cues.start + step * np.arange(n), dtype=np.float64)
    shown = [kinds.get(cues.label_at(float(x) + step / 2) or "", "rest") for x in times]
    return ShownMouth(
        times + lead,
        step,
        np.asarray([x == "closed" for x in shown]),
        np.asarray([x == "bitten" for x in shown]),
        np.asarray([OPENINGS[x] for x in shown]),
        is_stepped=True,
    )


def shown_weights(times: Floats, values: Floats, kinds: Sequence[str], step: float) -> ShownMouth:
    """The mouth of weight curves, shape (n_times, n_visemes), at `times` of the sound; `kinds` are the visemes'."""
    closed, bitten = (values[:, [x == kind for x in kinds]].sum(axis=1) for kind in ("closed", "bitten"))
    opening = values @ np.asarray([OPENINGS[x] for x in kinds])
    return ShownMouth(times, step, closed >= CLOSED_WEIGHT, bitten >= BITTEN_WEIGHT, opening, is_stepped=False)


def audit_mouth(
    mouth: ShownMouth,
    phones: Tier,
    *,
    alphabet: str = "arpabet",
    rest_after: float = REST_AFTER_SECONDS,
    kinds: Collection[str] = tuple(OPENINGS),
) -> MouthAudit:
    """What is to be said of a mouth that says `phones`.

    Parameters
    ----------
    mouth : ShownMouth
        From :func:`shown_shapes` or :func:`shown_weights`.
    phones : Tier
        What is said when.
    alphabet : {"arpabet", "ipa", "xsampa"}
        Of the phones.
    rest_after : float
        Seconds of silence after which the mouth has to rest.
    kinds : collection of str
        Kinds of shapes that the rig has: nobody asks for lips on teeth where there is no such drawing.

    Examples
    --------
    >>> phones = Tier("phones", (0.0, 0.5, 0.62, 0.8, 0.9, 1.4), ("SIL", "M", "AA", "P", "SIL"))
    >>> shown = Tier("mouth", (0.0, 0.5, 0.62, 0.9, 1.4), ("X", "A", "D", "X"))
    >>> kinds = {"X": "rest", "A": "closed", "D": "wide"}
    >>> found = audit_mouth(shown_shapes(shown, kinds, 0.01), phones)
    >>> found.closures_met, found.closures_asked, [x.told for x in found.findings]
    (1, 2, ['the lips do not close for P'])
    """
    spoken = [x for x in phones if not is_silence(x.label)]
    biting = [x for x in spoken if "bitten" in kinds and _bites(x.label, alphabet)]
    closing = [x for x in spoken if "closed" in kinds and closes_lips(x.label, alphabet)]
    closures = [_start_near(mouth.closed, mouth, x) for x in closing]
    bites = [_start_near(mouth.bitten, mouth, x) for x in biting]
    missed = [
        Finding(x.start, kind, f"{what} {x.label}")
        for kind, what, asked, found in (
            ("closure", "the lips do not close for", closing, closures),
            ("lips on teeth", "the lip does not touch the teeth for", biting, bites),
        )
        for x, start in zip(asked, found, strict=True)
        if start is None
    ]
    begins = [start - x.start for x, start in zip(closing, closures, strict=True) if start is not None]
    moves = _moves(mouth)
    too_fast = [Finding(t, "jaw", f"the jaw moves at {x:.0f} openings a second") for t, x in moves if x > JAW_LIMIT]
    flickers = [Finding(t, "flicker", f"a mouth is shown for {x:.2f} s only") for t, x in _flickers(mouth)]
    silent = list(_open_in_silence(mouth, phones, rest_after))
    return MouthAudit(
        closures_asked=len(closing),
        closures_met=len(begins),
        closures_begin_seconds=float(np.median(begins)) if begins else None,
        bites_asked=len(biting),
        bites_met=sum(x is not None for x in bites),
        fastest_jaw=max((x for _, x in moves), default=0.0),
        jaw_too_fast=len(too_fast),
        flickers=len(flickers),
        open_in_silence_seconds=float(sum(x.duration for x in silent)),
        findings=tuple(
            sorted(
                [
                    *missed,
                    *too_fast,
                    *flickers,
                    *(
                        Finding(x.start, "silence", f"the mouth is open for {x.duration:.2f} s of a pause")
                        for x in silent
                    ),
                ],
                key=lambda x: (x.start, x.kind),
            )
        ),
    )


def _bites(label: str, alphabet: str) -> bool:
    return not _BITING.isdisjoint(convert(label, alphabet, "ipa"))


def _start_near(is_shown: Bools, mouth: ShownMouth, phone: Interval) -> float | None:
    """When the stretch begins that shows it at a phone, or within a step of it; None where nothing does."""
    near = is_shown & (mouth.times < phone.end + mouth.step) & (mouth.times + 2 * mouth.step > phone.start)
    if not near.any():
        return None
    first = int(np.flatnonzero(near)[0])
    while first and is_shown[first - 1]:
        first -= 1
    return float(mouth.times[first])


def _runs(mouth: ShownMouth) -> list[tuple[float, float, float]]:
    """Start, end and opening of each stretch that stands still."""
    edges = [0, *(np.flatnonzero(np.diff(mouth.opening)) + 1).tolist(), len(mouth.opening)]
    start = float(mouth.times[0])
    return [(start + a * mouth.step, start + b * mouth.step, float(mouth.opening[a])) for a, b in pairwise(edges)]


def _moves(mouth: ShownMouth) -> list[tuple[float, float]]:
    """When the mouth moves, and how fast: of drawings from the middle of one to that of the next."""
    if mouth.is_stepped:
        runs = _runs(mouth)
        return [(b[0], abs(b[2] - a[2]) / (0.5 * (b[1] - a[0]))) for a, b in pairwise(runs)]
    speeds = np.abs(np.diff(mouth.opening)) / mouth.step
    return list(zip(mouth.times[:-1].tolist(), speeds.tolist(), strict=True))


def _turns(mouth: ShownMouth) -> list[tuple[float, float, float]]:
    """Start, end and opening of what is wider or narrower than what is before and after; of a curve its extremes."""
    if mouth.is_stepped:
        return _runs(mouth)
    rise = np.diff(mouth.opening)
    moving = np.flatnonzero(np.abs(rise) > _SLACK)
    if not len(moving):
        return _runs(mouth)
    cuts = np.flatnonzero(np.diff(np.sign(rise[moving]))) + 1
    movements = [(int(x[0]), int(x[-1]) + 1) for x in np.split(moving, cuts)]
    # An extreme lasts from the middle of the movement to it until the middle of the one away from it.
    start, end = float(mouth.times[0]), float(mouth.times[-1])
    edges = [start, *(start + mouth.step * 0.5 * (a + b) for a, b in movements), end]
    values = [float(mouth.opening[0]), *(float(mouth.opening[b]) for _, b in movements)]
    return [(a, b, x) for (a, b), x in zip(pairwise(edges), values, strict=True)]


def _flickers(mouth: ShownMouth) -> Iterable[tuple[float, float]]:
    """When a mouth is wider or narrower than both its neighbours and too short to be seen, and for how long."""
    turns = _turns(mouth)
    for before, (start, end, opening), after in zip(turns, turns[1:], turns[2:], strict=False):
        swings = opening - before[2], opening - after[2]
        is_turn = min(map(abs, swings)) >= FLICKER_SWING and (swings[0] > 0) == (swings[1] > 0)
        # A closure may be short; how short is what the holds are for.
        if is_turn and end - start < FLICKER_SECONDS - _SLACK and opening > OPENINGS["bitten"]:
            yield start, end - start


def _open_in_silence(mouth: ShownMouth, phones: Tier, rest_after: float) -> Iterable[Interval]:
    pauses = [x for x in merge_pauses(phones.relabel(lambda x: "" if is_silence(x) else x)) if not x.label]
    for pause in pauses:
        start = pause.start + (SILENCE_EDGE_SECONDS if pause.start > phones.start else 0.0)
        end = pause.end - (SILENCE_EDGE_SECONDS if pause.end < phones.end else 0.0)
        within = (mouth.times >= start) & (mouth.times + mouth.step <= end + _SLACK) & (mouth.opening > OPEN_ABOVE)
        if pause.duration > rest_after and within.any():
            first = float(mouth.times[np.flatnonzero(within)[0]])
            yield Interval(first, first + mouth.step * float(within.sum()), "")
