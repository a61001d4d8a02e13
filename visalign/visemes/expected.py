"""The visemes that the lips should show for given phones.

Conventions
-----------
* Times stay those of the phones: no lead and no lag is added here. The lip model learns the natural ones.
* A target keeps its phone and its word, and equal neighbours are never merged, so that a score can be traced back.
* What can't be seen is said: a target has the set of visemes that count as right, and whether the lips give any
  evidence. `LIP_RULES` decides that, and `STEPS` are applied in their order.

References
----------
.. [1] P. Edwards, C. Landreth, E. Fiume and K. Singh, JALI: an animator-centric viseme model for expressive lip
   synchronization, ACM Trans. Graphics 35(4), 2016: tongue-only sounds take the lips of their neighbours.
.. [2] D. S. Wolf, Rhubarb Lip Sync 1.14, animation rules: how long a pause keeps the mouth of its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from visalign.language.phones import SILENCE, is_silence, normalise, shapes_lips
from visalign.timeline import Interval, Tier
from visalign.visemes.viseme_map import VisemeMap

__all__ = [
    "LIP_RULES",
    "REST_AFTER_S",
    "STEPS",
    "LipRule",
    "VisemeTarget",
    "expected_visemes",
    "viseme_tier",
    "words_without_place",
]

# Up to here a pause shows the mouth of its neighbours or something between them; after it, the mouth rests [2]_.
REST_AFTER_S = 0.35

# An h has no shape of its own in any language: that a map leaves it out is no lack.
_SHAPELESS = frozenset(["HH", "h", "ɦ"])


@dataclass(frozen=True, slots=True)
class VisemeTarget:
    """What the lips should show during one phone.

    Parameters
    ----------
    interval : Interval
        The phone's time; its label is `viseme`, its score the phone's.
    viseme : str
        The map's viseme.
    acceptable : frozenset of str
        Every viseme that counts as right, `viseme` among them.
    phone, word : str
        Where it comes from; the word is empty in silence.
    is_visible : bool
        False where the lips give no evidence: tongue-only sounds and short pauses.
    """

    interval: Interval
    viseme: str
    acceptable: frozenset[str]
    phone: str
    word: str
    is_visible: bool = True


@dataclass(frozen=True, slots=True)
class LipRule:
    """Whether the lips give evidence of a phone.

    Parameters
    ----------
    name : str
        Whom it is about.
    applies : callable
        Takes the phone, its alphabet and its duration in seconds.
    is_visible : bool
        What then holds.
    """

    name: str
    applies: Callable[[str, str, float], bool]
    is_visible: bool


# The first rule that applies decides.
LIP_RULES = (
    LipRule("long pause: the mouth rests", lambda phone, _, s: is_silence(phone) and s > REST_AFTER_S, True),
    LipRule("short pause: the mouth is on its way", lambda phone, _, s: is_silence(phone), False),
    LipRule("vowel, labial or rounded", lambda phone, alphabet, _: shapes_lips(phone, alphabet), True),
    LipRule("tongue or glottis only", lambda *_: True, False),
)


def expected_visemes(
    phones: Tier, words: Tier, viseme_map: VisemeMap, *, alphabet: str = "arpabet"
) -> list[VisemeTarget]:
    """The visemes that the lips should show, one target a phone, over the whole phone tier.

    Parameters
    ----------
    phones, words : Tier
        As forced alignment gives them. A phone belongs to the word at its centre.
    viseme_map : VisemeMap
        Any map, in any alphabet.
    alphabet : {"arpabet", "ipa", "xsampa"}
        Of the phone tier.

    Examples
    --------
    >>> phones = Tier("phones", (0.0, 0.5, 0.6, 0.7, 0.8), ("SIL", "B", "IH", "N"))
    >>> words = Tier("words", (0.0, 0.5, 0.8), ("", "bin"))
    >>> for x in expected_visemes(phones, words, VisemeMap.load("jeffers_1971")):
    ...     print(x.word, x.phone, x.viseme, sorted(x.acceptable), x.is_visible)
     SIL S ['S'] True
    bin B C ['C'] True
    bin IH I ['I'] True
    bin N J ['I', 'J'] False

    Raises
    ------
    UnknownSymbol
        If a phone is none of the alphabet, or one that the map's source leaves out, and the map has no fallback.
    """
    targets = [_target(interval, words, viseme_map, alphabet) for interval in phones]
    for step in STEPS:
        targets = step(targets, viseme_map, alphabet)
    return targets


def _target(phone: Interval, words: Tier, viseme_map: VisemeMap, alphabet: str) -> VisemeTarget:
    viseme = viseme_map.lookup(phone.label, alphabet)
    rule = next(rule for rule in LIP_RULES if rule.applies(phone.label, alphabet, phone.duration))
    silent = is_silence(phone.label)
    return VisemeTarget(
        interval=replace(phone, label=viseme),
        viseme=viseme,
        acceptable=frozenset({viseme}),
        phone=SILENCE if silent else normalise(phone.label, alphabet),
        word="" if silent else words.label_at(phone.centre) or "",
        is_visible=rule.is_visible,
    )


def _accept_sequences(targets: list[VisemeTarget], viseme_map: VisemeMap, alphabet: str) -> list[VisemeTarget]:
    """A phone that shows two visemes in turn accepts both."""
    turns = {phone: viseme_map.sequence_of(phone, alphabet) for phone in {x.phone for x in targets}}
    pairs = {phone: frozenset(turn.visemes) for phone, turn in turns.items() if turn is not None}
    return [replace(x, acceptable=x.acceptable | pairs.get(x.phone, frozenset())) for x in targets]


def _borrow_lips(targets: list[VisemeTarget], _map: VisemeMap, _alphabet: str) -> list[VisemeTarget]:
    """A target without evidence accepts what stands between it and the nearest visible one, on both sides [1]_."""
    return [
        x
        if x.is_visible
        else replace(x, acceptable=x.acceptable.union(*_reach(targets[:i][::-1]), *_reach(targets[i + 1 :])))
        for i, x in enumerate(targets)
    ]


def _reach(neighbours: Sequence[VisemeTarget]) -> Iterator[frozenset[str]]:
    for target in neighbours:
        yield target.acceptable
        if target.is_visible:
            return


STEPS: tuple[Callable[[list[VisemeTarget], VisemeMap, str], list[VisemeTarget]], ...] = (
    _accept_sequences,
    _borrow_lips,
)


def words_without_place(words: Tier, phones: Tier, viseme_map: VisemeMap, alphabet: str) -> tuple[str, ...]:
    """A warning that names the words with phones that a map does not place but shows by its fallback; else empty."""
    strange = {label for label in set(phones.labels) - _SHAPELESS if viseme_map.falls_back(label, alphabet)}
    named: dict[str, list[str]] = {}
    for phone in phones:
        if phone.label in strange:
            named.setdefault(words.label_at(phone.centre) or "(no word)", []).append(phone.label)
    if not named:
        return ()
    listed = ", ".join(f"{word} ({' '.join(dict.fromkeys(odd))})" for word, odd in list(named.items())[:10])
    more = f" and {len(named) - 10} more" if len(named) > 10 else ""
    return (
        f'the viseme map {viseme_map.id} has no place for phones of {len(named)} word(s), shown as "'
        f'{viseme_map.fallback}": {listed}{more}',
    )


def viseme_tier(targets: Iterable[VisemeTarget], name: str = "expected visemes") -> Tier:
    """The targets as a tier, an interval a target (so also an interval a phone).

    Raises
    ------
    TimelineError
        If there are no targets, or they overlap.
    """
    return Tier.from_intervals(name, [target.interval for target in targets])
