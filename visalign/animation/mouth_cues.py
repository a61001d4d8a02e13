"""From timed phones to the mouth shapes that an animator draws: one shape at a time, held long enough to be seen.

The steps are those of Rhubarb Lip Sync [1]_, re-expressed over :class:`visalign.timeline.Tier` and driven by the data
of :mod:`visalign.animation.mouth_rules`, so that they serve any viseme map:

1. each phone allows a set of shapes, in one or two parts (diphthongs; closure and release of plosives);
2. of each set, the shape nearest to the relaxed form of the one before is taken; a vowel's shape reaches back over
   what allows it (anticipation); what is free takes the shape that follows;
3. short pauses keep a relaxed mouth, longer ones rest;
4. on a grid of 10 ms each shape gets its least duration, see :mod:`visalign.animation.cue_layout`;
5. where the mouth would stand still over many syllables, a few of them open it a little;
6. in-between shapes soften the largest changes;
7. shapes that the rig lacks are replaced.

What differs from Rhubarb: closures (``P B M``) and lip-to-teeth shapes (``F V``) begin where the phone begins and are
never left out, because the phones come from forced alignment and their times can be trusted. Rhubarb's early closure
is the option `early_closures`. Step 4 is a shortest path instead of local rules.

Conventions
-----------
Seconds. The cues span the phone tier.

References
----------
.. [1] D. S. Wolf, Rhubarb Lip Sync 1.14, https://github.com/DanielSWolf/rhubarb-lip-sync (MIT).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from visalign.animation.cue_layout import ANCHORS, lay_out_tier
from visalign.animation.mouth_rules import FREE, MouthRules
from visalign.language.phones import is_silence, is_vowel
from visalign.timeline import Interval, Tier

__all__ = ["CueTiming", "merge_pauses", "mouth_cues", "widened_tweens"]

GRID_HZ = Fraction(100)  # Rhubarb's grid, and what its files can say

# From Rhubarb 1.14; its comments say that shorter shapes flicker.
MIN_SHAPE_SECONDS = 0.07
KEEP_MOUTH_BELOW_SECONDS = 0.12
ANTICIPATION_SECONDS = 0.20
TWEEN_SECONDS = (0.04, 0.08)
STATIC_SECONDS, STATIC_SYLLABLES, STATIC_CHANGES = 0.75, 3, 3
EARLY_CLOSURE_SECONDS = (0.04, 0.12)

REST_AFTER_SECONDS = 1 / 3  # animators' wish (papagayo-ng issue 49); Rhubarb has 0.35


@dataclass(frozen=True, slots=True)
class CueTiming:
    """How phones become shapes.

    Parameters
    ----------
    rest_after : float
        Seconds; a pause longer than this shows the shape of rest.
    tweens : bool
        Put in-between shapes.
    early_closures : bool
        Close the lips 40 to 120 ms before a plosive, as Rhubarb and many animators do.
    shapes : frozenset of str or None
        Shapes that the rig has; None for all.
    """

    rest_after: float = REST_AFTER_SECONDS
    tweens: bool = True
    early_closures: bool = False
    shapes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class _Choice:
    """A stretch of time and the shapes that it allows; `held` if its shape must be seen."""

    start: float
    end: float
    shapes: tuple[str, ...]
    phone: str
    is_vowel: bool = False
    shape: str = ""


def mouth_cues(phones: Tier, rules: MouthRules, timing: CueTiming | None = None, *, alphabet: str = "arpabet") -> Tier:
    """The mouth shapes that go with timed phones.

    Parameters
    ----------
    phones : Tier
        From forced alignment, or any labels in `alphabet`.
    rules : MouthRules
        Of the rig.
    timing : CueTiming, optional
        How to do it.
    alphabet : {"arpabet", "ipa", "xsampa"}
        Of the phones.

    Returns
    -------
    Tier
        ``"mouth"``: shapes on a grid of 10 ms, neighbours differing, over the span of `phones`.

    Raises
    ------
    UnknownSymbol
        If a phone is not one of the alphabet, or nothing of the rig's shapes can stand for one that is needed.

    Examples
    --------
    >>> from visalign.animation.mouth_rules import load_mouth_rules
    >>> phones = Tier("phones", (0.0, 0.5, 0.62, 0.8, 0.9, 1.4), ("SIL", "M", "AA", "P", "SIL"))
    >>> for cue in mouth_cues(phones, load_mouth_rules()):
    ...     print(f"{cue.start:.2f} {cue.end:.2f} {cue.label}")
    0.00 0.50 X
    0.50 0.62 A
    0.62 0.74 D
    0.74 0.80 C
    0.80 0.90 A
    0.90 1.40 X
    """
    timing = timing or CueTiming()
    choices = list(_choices(phones, rules, timing, alphabet))
    if timing.early_closures:
        choices = _close_early(choices, rules)
    shaped = _choose(choices, rules)
    cues = _as_tier(shaped, phones)
    cues = lay_out_tier(cues, rules.kinds, GRID_HZ, hold=round(MIN_SHAPE_SECONDS * GRID_HZ))
    cues = _unfreeze(cues, shaped, rules)
    if timing.tweens:
        cues = widened_tweens(cues, rules)
    if timing.shapes is not None:
        available = timing.shapes
        cues = cues.relabel(lambda shape: rules.reduce(shape, available)).merge_equal()
    return cues


def _choices(phones: Tier, rules: MouthRules, timing: CueTiming, alphabet: str) -> Iterator[_Choice]:
    """Steps 1 and 3: what each stretch allows. Pauses are merged first."""
    tier = phones.relabel(lambda x: "" if is_silence(x) else x)
    for i, phone in enumerate(merged := merge_pauses(tier)):
        if phone.label:
            for part in rules.parts(phone.label, phone.duration, alphabet):
                start, end = (phone.start + x * phone.duration for x in (part.start, part.end))
                yield _Choice(start, end, part.shapes, phone.label, is_vowel(phone.label, alphabet))
        elif phone.duration > timing.rest_after or i in (0, len(merged) - 1):
            # Before the first sound and after the last the mouth rests, however short the silence.
            yield _Choice(phone.start, phone.end, (rules.rest,), "")
        elif phone.duration < KEEP_MOUTH_BELOW_SECONDS:
            yield _Choice(phone.start, phone.end, FREE, "")
        else:
            yield _Choice(phone.start, phone.end, _pause_shapes(rules), "")


def merge_pauses(tier: Tier) -> list[Interval]:
    """The intervals of a tier; neighbours with the empty label are one."""
    merged: list[Interval] = []
    for x in tier:
        if merged and not x.label and not merged[-1].label:
            merged[-1] = Interval(merged[-1].start, x.end, "")
        else:
            merged.append(x)
    return merged


def _pause_shapes(rules: MouthRules) -> tuple[str, ...]:
    """What a short pause may show: neither rest, nor a mouth that looks like a sound of its own."""
    return tuple(shape for shape, kind in rules.kinds.items() if kind in ("neutral", "open"))


def _close_early(choices: Sequence[_Choice], rules: MouthRules) -> list[_Choice]:
    moved = list(choices)
    low, high = EARLY_CLOSURE_SECONDS
    for i in range(1, len(moved)):
        before, choice = moved[i - 1], moved[i]
        if len(choice.shapes) == 1 and rules.kinds[choice.shapes[0]] == "closed":
            duration = before.end - before.start
            start = choice.start - min(max(0.5 * duration, low), high, 0.8 * duration)
            moved[i - 1], moved[i] = replace(before, end=start), replace(choice, start=start)
    return moved


def _choose(choices: Sequence[_Choice], rules: MouthRules) -> list[_Choice]:
    """Step 2: one shape a stretch."""
    chosen: list[_Choice] = []
    last = rules.rest
    for choice in choices:
        if not choice.shapes:
            chosen.append(choice)
            continue
        shape = rules.nearest(rules.relaxed.get(last, last), choice.shapes)
        chosen.append(replace(choice, shape=shape))
        if choice.is_vowel and len(choice.shapes) == 1:
            _anticipate(chosen)
        last = shape
    return _fill_free(chosen, rules)


def _anticipate(chosen: list[_Choice]) -> None:
    """Carry the shape of the last choice, a vowel, back over what allows it."""
    vowel = chosen[-1]
    for i in range(len(chosen) - 2, -1, -1):
        choice = chosen[i]
        within = vowel.start - choice.start <= ANTICIPATION_SECONDS
        if not within or choice.is_vowel or not choice.phone or (choice.shapes and vowel.shape not in choice.shapes):
            return
        chosen[i] = replace(choice, shape=vowel.shape)


def _fill_free(chosen: list[_Choice], rules: MouthRules) -> list[_Choice]:
    """What is free takes the shape that follows; before a pause or a closure, and in a pause, the one before.

    A closure is not anticipated: the release of a K would close the lips 10 to 30 ms before the M that follows.
    """
    filled = list(chosen)
    for i in range(len(filled) - 1, -1, -1):
        if filled[i].shape:
            continue
        after = filled[i + 1] if i + 1 < len(filled) else None
        before = next((x for x in filled[i::-1] if x.shape), None)
        is_anticipated = after is not None and after.phone and rules.kinds[after.shape] not in ANCHORS
        if after is not None and is_anticipated and filled[i].phone:
            shape = after.shape
        else:
            shape = rules.rest if before is None else before.shape
        filled[i] = replace(filled[i], shape=shape)
    return filled


def _as_tier(chosen: Sequence[_Choice], phones: Tier) -> Tier:
    edges = (phones.start, *(x.start for x in chosen[1:]), phones.end)
    return Tier("mouth", edges, tuple(x.shape for x in chosen)).merge_equal()


def _unfreeze(cues: Tier, chosen: Sequence[_Choice], rules: MouthRules) -> Tier:
    """Step 5: in a long stretch of one neutral shape some vowels open the mouth."""
    opened = next((shape for shape, kind in rules.kinds.items() if kind == "open"), None)
    rows: list[Interval] = []
    for cue in cues:
        vowels = [x for x in chosen if x.is_vowel and x.shape == cue.label and _inside(x, cue)]
        is_static = rules.kinds.get(cue.label) == "neutral" and cue.duration >= STATIC_SECONDS
        if opened is None or not is_static or len(vowels) < STATIC_SYLLABLES:
            rows.append(cue)
            continue
        n = min(STATIC_CHANGES, len(vowels) // 2)
        picked = [vowels[(2 * k + 1) * len(vowels) // (2 * n)] for k in range(n)]
        rows += _interrupted(cue, picked, opened)
    return Tier.from_intervals(cues.name, rows, start=cues.start, end=cues.end)


def _inside(choice: _Choice, cue: Interval) -> bool:
    return cue.start < choice.start and choice.end < cue.end and choice.end - choice.start >= MIN_SHAPE_SECONDS


def _interrupted(cue: Interval, vowels: Sequence[_Choice], shape: str) -> list[Interval]:
    rows, start = list[Interval](), cue.start
    for vowel in vowels:
        low, high = (round(x * float(GRID_HZ)) / float(GRID_HZ) for x in (vowel.start, vowel.end))
        if start < low < high < cue.end:
            rows += [Interval(start, low, cue.label), Interval(low, high, shape)]
            start = high
    return [*rows, Interval(start, cue.end, cue.label)]


def widened_tweens(cues: Tier, rules: MouthRules) -> Tier:
    """Step 6: `cues` with the in-between shapes of the rules; a closed or bitten mouth gives up none of its time."""
    edges, labels = [cues.start], list[str]()
    rows = list(cues)
    for i, cue in enumerate(rows):
        labels.append(cue.label)
        after = rows[i + 1] if i + 1 < len(rows) else None
        tween = rules.tweens.get((cue.label, after.label)) if after is not None else None
        span = None if after is None or tween is None else _tween_span(cue, after, tween.place, rules)
        if span is not None and tween is not None and span[0] > edges[-1]:
            edges += [span[0], span[1]]
            labels.append(tween.shape)
        else:
            edges.append(cue.end)
    return Tier(cues.name, tuple(edges), tuple(labels)).merge_equal()


def _tween_span(first: Interval, second: Interval, place: str, rules: MouthRules) -> tuple[float, float] | None:
    shares = {"early": (1 / 3, 0.0), "late": (0.0, 1 / 3), "centred": (0.25, 0.25)}[place]
    before, after = shares[0] * first.duration, shares[1] * second.duration
    if rules.kinds.get(second.label) in ANCHORS:
        after = 0.0
    if rules.kinds.get(first.label) in ANCHORS:
        before = 0.0
    low, high = TWEEN_SECONDS
    total = before + after
    if total < low:
        return None
    scale = min(1.0, high / total)
    step = float(GRID_HZ)
    return round((first.end - scale * before) * step) / step, round((first.end + scale * after) * step) / step
