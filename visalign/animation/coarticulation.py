"""The mouth track: which mouth to show when, as an animator would draw it.

Expected visemes (:mod:`visalign.visemes.expected`) keep the times of the phones, because sync is measured against
them. A face does not move like that: closures begin before they sound, rounded lips come early and stay late, the
tongue moves unseen. Here named steps turn the one into the other, each a function from targets to targets;
:data:`MOUTH_STEPS` is their order, :data:`MOUTH_RULES` what they know of each kind of mouth, and :class:`MouthParams`
their times.

Conventions
-----------
* Times are seconds. Before and after each step the targets cover the same stretch without gaps.
* A target keeps its phone and word. One that stands for several sounds names them all, in their order, with blanks
  between; ``SIL`` is left out where there is a sound.
* ``viseme`` is the mouth to show. ``acceptable`` and ``is_visible`` are still what scoring needs to know.

References
----------
.. [1] P. Edwards, C. Landreth, E. Fiume and K. Singh, JALI: an animator-centric viseme model for expressive lip
   synchronization, ACM Trans. Graphics 35(4), 2016: the habits of section 4.2.
.. [2] D. S. Wolf, Rhubarb Lip Sync 1.14: closures, pauses and minimum durations of its animation rules.
.. [3] A. Löfqvist and V. L. Gracco, Lip and jaw kinematics in bilabial stop consonant production, J. Speech Lang.
   Hear. Res. 40(4), 1997, 877–893: the lips move towards each other well before the closure is heard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from visalign.errors import ConfigError, UnknownSymbol
from visalign.language.ipa import VOWEL_LETTERS, without_marks
from visalign.language.phones import convert, is_silence
from visalign.visemes.expected import REST_AFTER_S, VisemeTarget
from visalign.visemes.viseme_map import VisemeMap

__all__ = [
    "CLOSURE_LAGS",
    "CLOSURE_LEADS",
    "MOUTH_RULES",
    "MOUTH_STEPS",
    "MouthParams",
    "MouthRule",
    "mouth_track",
    "split_sequences",
    "time_closures",
]


@dataclass(frozen=True, slots=True)
class MouthRule:
    """What the steps know of a kind of mouth.

    Parameters
    ----------
    importance : int
        Where there is no time for two mouths, the more important one is shown.
    is_closure : bool
        Must be seen whenever it is heard: it is never dropped, and nothing spreads over it.
    borrows : bool
        Takes the lips of its neighbours.
    lends : bool
        A neighbour without lips of its own may take these.
    yields : float
        Part of the sound that a lip-heavy neighbour may take, 0 to 1.
    """

    importance: int
    is_closure: bool = False
    borrows: bool = False
    lends: bool = False
    yields: float = 0.0


MOUTH_RULES = {
    "bilabial": MouthRule(4, is_closure=True),
    "labiodental": MouthRule(4, is_closure=True),
    "rounded": MouthRule(3, lends=True),
    "sibilant": MouthRule(2, yields=0.25),
    "open": MouthRule(2, lends=True, yields=0.25),
    "spread": MouthRule(2, lends=True, yields=0.25),
    "dental": MouthRule(1, yields=0.25),
    "other": MouthRule(1, lends=True, yields=0.25),
    "tongue-only": MouthRule(0, borrows=True, yields=1.0),
    "silence": MouthRule(0, yields=1.0),
}
"""By articulator of the map's visemes (JALI's rules 1 to 7; importance after Rhubarb)."""


# Where the lips are closed beside the phone, seconds: medians of 368 closures of the GRID corpus, lip landmarks against
# the phones of the default aligner (docs/coarticulation.md), rounded. It hears little of a closure, and less of a
# voiced one, whose murmur goes to the sound before. JALI has 137-240 ms after a pause, Rhubarb 40-120 ms anywhere.
CLOSURE_LEADS = {
    "p": {"silence": 0.08, "consonant": 0.05, "vowel": 0.0},
    "b": {"silence": 0.10, "consonant": 0.08, "vowel": 0.01},
}
"""How early a plosive closes: by its letter in IPA, and by what stands before it."""

CLOSURE_LAGS = {"p": 0.025, "b": 0.01, "m": 0.04, "f": 0.03, "v": 0.06}
"""How much longer than it is heard a closure is seen, by its letter in IPA."""

# What a closure may take of its neighbour: the tongue works as well behind closed lips.
_TAKEN, _TAKEN_OF_TONGUE = 0.5, 0.8

# Sounds that make the lips come early and stay late, by their IPA letters: UW OW OY W SH ZH JH CH [1]_, and their like
# in other languages.
_LIP_HEAVY_LETTERS = frozenset("uwʃʒoyʉøɥʷ")
_LIP_HEAVY_PHONES = frozenset({"ɔɪ"})
_NOT_LIP_HEAVY = frozenset({"aʊ"})  # AW rounds at its end only
_BREATHS = frozenset({"h", "ɦ"})

_EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class MouthParams:
    """Times of the steps, seconds.

    Parameters
    ----------
    spread : float
        How far a lip-heavy sound reaches into its neighbours, before and after.
    borrow_below : float
        A tongue-only sound shorter than this shows the lips of its neighbours, a longer one its own mouth.
    hold_pause : float
        A pause shorter than this keeps the mouth before it.
    rest_pause : float
        A pause longer than this comes to rest; one between the two shows a relaxed mouth.
    minimum : float
        Shortest time that a mouth is shown.
    minimum_closure : float
        The same for closed lips, and lips on teeth: two frames at 24 a second.

    Raises
    ------
    ConfigError
        If a time is negative or not finite, or a short pause is longer than a long one.
    """

    spread: float = 0.15
    borrow_below: float = 0.20
    hold_pause: float = 0.12
    rest_pause: float = REST_AFTER_S
    minimum: float = 0.07
    minimum_closure: float = 0.08

    def __post_init__(self) -> None:
        for name in ("spread", "borrow_below", "hold_pause", "rest_pause", "minimum", "minimum_closure"):
            if not 0.0 <= getattr(self, name) < float("inf"):
                raise ConfigError(f"mouth.{name}", getattr(self, name), "seconds, 0 or more")
        if self.hold_pause > self.rest_pause:
            raise ConfigError("mouth.hold_pause", self.hold_pause, f"at most rest_pause, {self.rest_pause} s")


def mouth_track(
    targets: Sequence[VisemeTarget],
    viseme_map: VisemeMap,
    params: MouthParams | None = None,
    *,
    alphabet: str = "arpabet",
) -> list[VisemeTarget]:
    """The mouths to show, for an animation.

    Parameters
    ----------
    targets : sequence of VisemeTarget
        As :func:`~visalign.visemes.expected.expected_visemes` gives them.
    viseme_map : VisemeMap
        The map that they were made with.
    params : MouthParams, optional
        Times of the steps.
    alphabet : {"arpabet", "ipa", "xsampa"}
        Of the targets' phones.

    Returns
    -------
    list of VisemeTarget
        Over the same stretch; neighbours differ. :func:`~visalign.visemes.expected.viseme_tier` makes a tier of them.

    Examples
    --------
    >>> from visalign.timeline import Tier
    >>> from visalign.visemes.expected import expected_visemes
    >>> phones = Tier("phones", (0.0, 0.5, 0.6, 0.75, 0.85, 1.0, 1.5), ("SIL", "HH", "IY", "N", "UW", "SIL"))
    >>> words = Tier("words", (0.0, 0.5, 0.75, 1.0, 1.5), ("", "he", "knew", ""))
    >>> jeffers = VisemeMap.load("jeffers_1971")
    >>> for x in mouth_track(expected_visemes(phones, words, jeffers), jeffers):
    ...     print(f"{x.interval.start:.2f} {x.viseme} {x.phone}")
    0.00 S SIL
    0.50 I HH IY
    0.71 B N UW
    1.15 S SIL
    """
    chosen = params or MouthParams()
    found = list(targets)
    for step in MOUTH_STEPS:
        found = step(found, _Rules(viseme_map, chosen, alphabet))
    return found


def split_sequences(
    targets: Sequence[VisemeTarget], viseme_map: VisemeMap, alphabet: str = "arpabet"
) -> list[VisemeTarget]:
    """A phone that shows two visemes in turn (a diphthong, an affricate) becomes two targets, unless it is split."""
    found: list[VisemeTarget] = []
    for target in targets:
        is_one = " " not in target.phone  # mouths that are held together are no sequence
        sequence = viseme_map.sequence_of(target.phone, alphabet) if is_one else None
        if sequence is None or not target.acceptable.issuperset(sequence.visemes):
            found.append(target)
            continue
        middle = target.interval.start + sequence.split * target.interval.duration
        for viseme, piece in zip(sequence.visemes, ((None, middle), (middle, None)), strict=True):
            found.append(replace(_show(_timed(target, *piece), viseme), acceptable=frozenset({viseme})))
    return found


def time_closures(
    targets: Sequence[VisemeTarget], viseme_map: VisemeMap, alphabet: str = "arpabet"
) -> list[VisemeTarget]:
    """Closures where the lips make them: from before their burst until after their sound.

    By `CLOSURE_LEADS` and `CLOSURE_LAGS`, at most half of a neighbour, and nothing of another closure.
    """
    rules = _Rules(viseme_map, MouthParams(), alphabet)
    found = list(targets)
    for i, target in enumerate(targets):
        letter = rules.closure_letter(target)
        if letter is None:
            continue
        for side, wanted in ((-1, _lead(found, i, letter, rules)), (+1, CLOSURE_LAGS[letter])):
            if 0 <= i + side < len(found) and not rules.of(found[i + side]).is_closure:
                neighbour = found[i + side]
                part = _TAKEN_OF_TONGUE if rules.own(neighbour).borrows else _TAKEN
                _move_boundary(found, i, side, min(wanted, part * neighbour.interval.duration))
    return found


def _lead(found: Sequence[VisemeTarget], i: int, letter: str, rules: _Rules) -> float:
    return CLOSURE_LEADS[letter][rules.kind(found[i - 1])] if letter in CLOSURE_LEADS and i else 0.0


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the steps ask about a target."""

    viseme_map: VisemeMap
    params: MouthParams
    alphabet: str

    def articulator(self, target: VisemeTarget) -> str:
        return self.viseme_map.classes[target.viseme].articulator

    def of(self, target: VisemeTarget) -> MouthRule:
        return MOUTH_RULES["silence" if is_silence(target.phone) else self.articulator(target)]

    def own(self, target: VisemeTarget) -> MouthRule:
        """The rule of the sound itself, whatever mouth it has borrowed; of its last phone where it has several."""
        viseme = self.viseme_map.lookup(target.phone.split()[-1], self.alphabet)
        return MOUTH_RULES[self.viseme_map.classes[viseme].articulator]

    def ipa(self, target: VisemeTarget) -> list[str]:
        if is_silence(target.phone):
            return []
        return [convert(phone, self.alphabet, "ipa") for phone in target.phone.split()]

    def is_lip_heavy(self, target: VisemeTarget) -> bool:
        return any(
            x in _LIP_HEAVY_PHONES or (x not in _NOT_LIP_HEAVY and not _LIP_HEAVY_LETTERS.isdisjoint(x))
            for x in self.ipa(target)
        )

    def is_breath(self, target: VisemeTarget) -> bool:
        return _BREATHS.issuperset(self.ipa(target)) and not is_silence(target.phone)

    def closure_letter(self, target: VisemeTarget) -> str | None:
        """The letter of `CLOSURE_LAGS` that a closure begins with; None for other sounds and other mouths."""
        letters = [x[0] for x in self.ipa(target)] if self.of(target).is_closure else []
        return next((x for x in letters if x in CLOSURE_LAGS), None)

    def kind(self, target: VisemeTarget) -> str:
        if is_silence(target.phone):
            return "silence"
        return "vowel" if without_marks(self.ipa(target)[-1])[-1] in VOWEL_LETTERS else "consonant"

    def minimum(self, target: VisemeTarget) -> float:
        return self.params.minimum_closure if self.of(target).is_closure else self.params.minimum


def _split(targets: list[VisemeTarget], rules: _Rules) -> list[VisemeTarget]:
    return split_sequences(targets, rules.viseme_map, rules.alphabet)


def _take_breath(targets: list[VisemeTarget], rules: _Rules) -> list[VisemeTarget]:
    """HH has the mouth of the vowel that follows, or of what comes before it where none does."""
    found = list(targets)
    for i in reversed(range(len(found))):
        around = [*found[i + 1 : i + 2], *found[max(0, i - 1) : i]]
        if rules.is_breath(found[i]):
            lips = next((x.viseme for x in around if not is_silence(x.phone)), found[i].viseme)
            found[i] = _show(found[i], lips)
    return found


def _spread_lips(targets: list[VisemeTarget], rules: _Rules) -> list[VisemeTarget]:
    """Lip-heavy sounds start early and end late, as far as their neighbours yield."""
    found, i = list(targets), 0
    while i < len(found):
        if rules.is_lip_heavy(found[i]) and not rules.of(found[i]).is_closure:
            i = _reach(found, i, -1, rules)
            i = _reach(found, i, +1, rules)
        i += 1
    return found


def _reach(found: list[VisemeTarget], i: int, side: int, rules: _Rules) -> int:
    """Let target `i` take time from the targets on one side, in place; gives its new index."""
    budget = rules.params.spread
    while 0 <= i + side < len(found):
        neighbour = found[i + side]
        if rules.is_lip_heavy(neighbour):
            break
        taken = min(budget, rules.own(neighbour).yields * neighbour.interval.duration)
        if taken < neighbour.interval.duration - _EPSILON:
            if taken > _EPSILON:
                _move_boundary(found, i, side, taken)
            break
        found[i] = _absorb(found[i], neighbour)
        del found[i + side]
        i, budget = min(i, i + side), budget - taken
    return i


def _borrow_lips(targets: list[VisemeTarget], rules: _Rules) -> list[VisemeTarget]:
    """Short tongue-only sounds show the lips of their word: of what follows, or at its end of what came before."""
    return [
        _show(x, next((y.viseme for y in _lenders(targets, i, rules)), x.viseme))
        if rules.of(x).borrows and x.interval.duration < rules.params.borrow_below
        else x
        for i, x in enumerate(targets)
    ]


def _lenders(targets: Sequence[VisemeTarget], i: int, rules: _Rules) -> Iterable[VisemeTarget]:
    around = (*targets[i + 1 : i + 1 + _WORD_REACH], *targets[max(0, i - _WORD_REACH) : i][::-1])
    return (y for y in around if rules.of(y).lends and y.word == targets[i].word)


_WORD_REACH = 8  # targets: further away, the lips of a long word are no neighbours


def _shape_pauses(targets: list[VisemeTarget], rules: _Rules) -> list[VisemeTarget]:
    """Short pauses keep the mouth before them, middle ones relax it, long ones let it rest [2]_.

    Between two equal mouths a middle pause keeps them too: lips don't part from "keep" to "moving".
    """
    found = list(targets)
    for i, pause in enumerate(found):
        if not is_silence(pause.phone) or pause.interval.duration > rules.params.rest_pause:
            continue
        before = found[i - 1].viseme if i else rules.viseme_map.silence
        after = found[i + 1].viseme if i + 1 < len(found) else rules.viseme_map.silence
        holds = pause.interval.duration < rules.params.hold_pause or before == after
        found[i] = _show(pause, before if holds else _relaxed(rules.viseme_map, after))
    return found


def _relaxed(viseme_map: VisemeMap, after: str) -> str:
    """The mouth of schwa; rest where the next mouth is that one, or the map has none."""
    try:
        relaxed = viseme_map.lookup("ə", "ipa")
    except UnknownSymbol:
        return viseme_map.silence
    return viseme_map.silence if relaxed == after else relaxed


def _merge_equal(targets: list[VisemeTarget], _: _Rules) -> list[VisemeTarget]:
    """Neighbours that show the same mouth become one."""
    found: list[VisemeTarget] = []
    for target in targets:
        if found and found[-1].viseme == target.viseme:
            found[-1] = _absorb(found[-1], target)
        else:
            found.append(target)
    return found


def _keep_minimum(targets: list[VisemeTarget], rules: _Rules) -> list[VisemeTarget]:
    """Mouths that are shown too briefly take time from less important neighbours, or give way.

    From the most important down: each takes what it needs from before it, then from after it; a neighbour of its own
    rank keeps its minimum, a lesser one may vanish. What is still too short is dropped, closures apart.
    """
    found = list(targets)
    for rank in sorted({rules.of(x).importance for x in found}, reverse=True):
        i = 0
        while i < len(found):
            if rules.of(found[i]).importance == rank:
                for side in (-1, +1):
                    i = _grow(found, i, side, rules)
                i = _drop_if_short(found, i, rules)
            i += 1
    return found


def _grow(found: list[VisemeTarget], i: int, side: int, rules: _Rules) -> int:
    """Let target `i` come up to its minimum at the cost of its neighbours on one side; gives its new index."""
    while 0 <= i + side < len(found):
        needed = rules.minimum(found[i]) - found[i].interval.duration
        neighbour = found[i + side]
        if needed <= _EPSILON:
            break
        spare = neighbour.interval.duration
        if rules.of(neighbour).importance >= rules.of(found[i]).importance:
            spare -= rules.minimum(neighbour)
        if spare <= _EPSILON:
            break
        if needed < neighbour.interval.duration - _EPSILON:
            _move_boundary(found, i, side, min(needed, spare))
            break
        found[i] = _absorb(found[i], neighbour)
        del found[i + side]
        i = min(i, i + side)
    return i


def _drop_if_short(found: list[VisemeTarget], i: int, rules: _Rules) -> int:
    """Give the time of a target that is still too short to its longer neighbour; gives the index to go on from."""
    target = found[i]
    too_short = target.interval.duration < rules.minimum(target) - _EPSILON
    if not too_short or rules.of(target).is_closure or len(found) == 1:
        return i
    sides = [side for side in (-1, 1) if 0 <= i + side < len(found)]
    side = max(sides, key=lambda s: found[i + s].interval.duration)
    found[i + side] = _absorb(found[i + side], target)
    del found[i]
    return i - 1


def _show(target: VisemeTarget, viseme: str) -> VisemeTarget:
    return replace(target, viseme=viseme, interval=replace(target.interval, label=viseme))


def _timed(target: VisemeTarget, start: float | None, end: float | None) -> VisemeTarget:
    old = target.interval
    new = replace(old, start=old.start if start is None else start, end=old.end if end is None else end)
    return replace(target, interval=new)


def _move_boundary(found: list[VisemeTarget], i: int, side: int, taken: float) -> None:
    """Give `taken` seconds of the neighbour on one side to target `i`."""
    if side < 0:
        at = found[i].interval.start - taken
        found[i - 1], found[i] = _timed(found[i - 1], None, at), _timed(found[i], at, None)
    else:
        at = found[i].interval.end + taken
        found[i], found[i + 1] = _timed(found[i], None, at), _timed(found[i + 1], at, None)


def _absorb(keeper: VisemeTarget, lost: VisemeTarget) -> VisemeTarget:
    """One target over the time of two neighbours, with the mouth of the first argument and the names of both."""
    first, second = sorted((keeper, lost), key=lambda x: x.interval.start)
    spoken = [x for x in (first, second) if not is_silence(x.phone)]
    return replace(
        _timed(keeper, first.interval.start, second.interval.end),
        phone=" ".join(x.phone for x in spoken) or keeper.phone,
        word=" ".join(key for key, _ in groupby(x.word for x in spoken)),
        acceptable=keeper.acceptable | lost.acceptable if keeper.viseme == lost.viseme else keeper.acceptable,
        is_visible=keeper.is_visible or (lost.is_visible and keeper.viseme == lost.viseme),
    )


def _close(targets: list[VisemeTarget], rules: _Rules) -> list[VisemeTarget]:
    return time_closures(targets, rules.viseme_map, rules.alphabet)


MOUTH_STEPS: tuple[Callable[[list[VisemeTarget], _Rules], list[VisemeTarget]], ...] = (
    _split,
    _take_breath,
    _borrow_lips,
    _shape_pauses,
    _spread_lips,
    _close,
    _merge_equal,
    _keep_minimum,
    _merge_equal,
)
"""The steps of :func:`mouth_track`, in their order."""
