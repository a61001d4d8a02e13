"""Words from the lips alone, given what may be said.

Method
------
The lip model's Gaussians (:class:`~visalign.lips.viseme_decoder.VisemeDecoder`) say how well the lips of a moment fit
each phone. Phones that a viseme map puts together are told apart by nothing: a viseme's likelihood is the mean of its
phones', weighted by how common they are. The words of a grammar become chains of visemes through the lexicon, and the
most probable sentence is read off (:mod:`visalign.lip_reading.network`). Without a map each phone is a unit of its
own.

How long a unit lasts is what the model's training counted, spread over two states with the same lips, so that very
short visits are rarer than a single state would have them. Pauses are free at both ends and rare between words.

Conventions
-----------
Decoding runs on a grid finer than the frames, since words as short as "in" have phones shorter than a frame of 40 ms;
the evidence of a moment is scaled down accordingly, so that a second of picture counts the same on any grid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.errors import AlignmentError, FaceNotFound
from visalign.language.lexicon import Lexicon, arpabet_phones, embedded_lexicon
from visalign.language.phones import ARPABET, SILENCE
from visalign.lip_reading.grammar import WordGraph
from visalign.lip_reading.network import Chain, Network, Step
from visalign.lips.lip_features import LipFeatures
from visalign.lips.viseme_decoder import STEP, VisemeDecoder
from visalign.numerics import logsumexp
from visalign.sync.speech_context import attributes_of
from visalign.timeline import Interval, Tier
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["LipReading", "read_words"]

Floats: TypeAlias = npt.NDArray[np.float64]

# Chosen on speakers left out of the training (docs/decisions/0080-lip-reading.md); none is at a sharp optimum.
FINE_STEP = 0.02  # seconds
EVIDENCE = 2.0  # against the model's own scale, which is meant for posteriors of single moments
SUBSTATES = 2  # of a phone, so that none is shorter than 40 ms
PAUSE_AT_ENDS, PAUSE_BETWEEN = 0.5, 0.01  # probabilities


@dataclass(frozen=True, slots=True)
class LipReading:
    """What was read off the lips.

    Parameters
    ----------
    words : Tier
        Pauses are "".
    units : Tier
        The visemes (phones, where no map was used) of these words as the lips show them.
    grammar : str
    viseme_map : str
        Id of the map; "" without one.
    score : float
        Log-probability of the way through the grammar, a second of picture.
    """

    words: Tier
    units: Tier
    grammar: str
    viseme_map: str
    score: float

    @property
    def sentence(self) -> str:
        """The words, without pauses."""
        return " ".join(label for label in self.words.labels if label)


def read_words(
    lips: LipFeatures,
    grammar: WordGraph,
    decoder: VisemeDecoder,
    *,
    viseme_map: VisemeMap | None = None,
    lexicon: Lexicon | None = None,
) -> LipReading:
    """The sentence of a grammar that the lips show most probably.

    Parameters
    ----------
    lips : LipFeatures
    grammar : WordGraph
        What may be said.
    decoder : VisemeDecoder
        What phones look like, from a lip model.
    viseme_map : VisemeMap, optional
        Phones that are shown alike; without it, each phone is told apart as well as the lips tell it.
    lexicon : Lexicon, optional
        Pronunciations; English by default.

    Raises
    ------
    OutOfVocabulary
        If the lexicon lacks words of the grammar.
    FaceNotFound
        If no frame has a face.
    AlignmentError
        If no sentence of the grammar is short enough for the clip.
    """
    if not lips.has_face.any():
        raise FaceNotFound(lips.source or "these lip features", 0.0)
    units = _Units.of(decoder, viseme_map)
    network = Network(list(_chains(grammar, units, lexicon or embedded_lexicon())), grammar, units.log_stay)
    times, emissions = units.emissions(lips)
    way, score = network.best_way(emissions)
    if not way:
        raise AlignmentError(
            f"{lips.source or 'the clip'}: no sentence of {grammar.name} fits into {lips.times.duration:.2f} s. Give a "
            "longer clip or a grammar with shorter sentences."
        )
    edges = np.append(times - FINE_STEP / 2, times[-1] + FINE_STEP / 2).tolist()
    map_id = "" if viseme_map is None else viseme_map.id
    seconds = FINE_STEP * len(times)
    return LipReading(_words(way, edges), _shown(way, edges, units.names), grammar.name, map_id, score / seconds)


@dataclass(frozen=True, slots=True, eq=False)
class _Units:
    """What a state can be: visemes, or phones.

    `members` has a row a phone of the model, a column a unit: the log share of the phone in the unit.
    """

    decoder: VisemeDecoder
    names: tuple[str, ...]
    of_phone: dict[str, int]
    members: Floats
    log_stay: Floats

    @classmethod
    def of(cls, decoder: VisemeDecoder, viseme_map: VisemeMap | None) -> _Units:
        named = {x: x if viseme_map is None else viseme_map.lookup(x, "arpabet") for x in decoder.phones}
        names = tuple(dict.fromkeys(named.values()))
        others = {} if viseme_map is None else {x: viseme_map.lookup(x, "arpabet") for x in ARPABET}
        of_phone = {phone: names.index(unit) for phone, unit in (others | named).items() if unit in names}
        column = np.array([of_phone[phone] for phone in decoder.phones])
        common = _common(decoder.transitions)
        total = np.bincount(column, common, len(names))
        members = np.full((len(decoder.phones), len(names)), -np.inf)
        members[np.arange(len(column)), column] = np.log(common / total[column])
        own = np.array([[a == b for b in decoder.phones] for a in decoder.phones])  # a phone may have several states
        stay = np.bincount(column, common * (decoder.transitions * own).sum(axis=1), len(names)) / total
        # a mean duration of STEP / (1 - stay) seconds, on the finer grid
        fine = np.clip(1 - SUBSTATES * (1 - stay) * FINE_STEP / STEP, 0.01, 0.999)
        return cls(decoder, names, of_phone, members, np.log(fine))

    def emissions(self, lips: LipFeatures) -> tuple[Floats, Floats]:
        """Moments and the log-likelihood of each unit at each, 0 where there is no face."""
        centres = lips.times.centres
        n = max(1, round((centres[-1] - centres[0]) / FINE_STEP) + 1)
        times = centres[0] + FINE_STEP * np.arange(n)
        rows = self.decoder.rows(lips, times)
        squares = ((rows[:, None, :] - self.decoder.means[None, :, :]) ** 2).sum(axis=2)
        weight = EVIDENCE * self.decoder.evidence_scale * FINE_STEP / STEP
        likely = weight * logsumexp(-0.5 * squares[:, :, None] + self.members[None], axis=1)
        shown = np.clip(np.searchsorted(lips.times.times, times, side="right") - 1, 0, len(centres) - 1)
        return times, np.where(lips.has_face[shown][:, None], likely, 0.0)


def _common(transitions: Floats) -> Floats:
    """How common each state is: the stationary distribution of the bigrams, by powers of the matrix."""
    share = np.full(len(transitions), 1 / len(transitions))
    for _ in range(200):
        share = share @ transitions
    return np.asarray(share / share.sum())


def _chains(grammar: WordGraph, units: _Units, lexicon: Lexicon) -> Iterator[Chain]:
    said = dict(zip(grammar.words, lexicon.pronounce(grammar.words), strict=True))
    for arc in grammar.arcs:
        if arc.word is not None:
            ways = {tuple(_unit(phone, units) for phone in arpabet_phones(x)) for x in said[arc.word]}
            for way in sorted(ways - {()}):
                yield Chain(arc.start, arc.end, arc.word, _in_substates(way), arc.log_weight)
    silence = units.of_phone[SILENCE]
    nodes = {arc.start for arc in grammar.arcs if arc.word is not None} | {grammar.final}
    for node in sorted(nodes):
        at_end = node in {0, grammar.final}
        yield Chain(node, node, None, (silence,), float(np.log(PAUSE_AT_ENDS if at_end else PAUSE_BETWEEN)))


def _in_substates(way: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(unit for unit in way for _ in range(SUBSTATES))


def _unit(phone: str, units: _Units) -> int:
    """The unit of a phone; of the phone most like it, by how it is articulated, where the model never met it."""
    if phone in units.of_phone:
        return units.of_phone[phone]
    wanted = attributes_of(phone)
    known = sorted(set(units.of_phone) - {SILENCE})
    return units.of_phone[max(known, key=lambda x: len(wanted & attributes_of(x)) / len(wanted | attributes_of(x)))]


def _words(way: list[Step], edges: list[float]) -> Tier:
    rows = list[Interval]()
    for k, step in enumerate(way):
        if step.position == 0:
            last = next((x.first for x in way[k + 1 :] if x.position == 0), len(edges) - 1)
            rows.append(Interval(edges[step.first], edges[last], step.chain.word or ""))
    return Tier.from_intervals("words", rows)


def _shown(way: list[Step], edges: list[float], names: tuple[str, ...]) -> Tier:
    """The units, the states of one put together; two units with the same name stay apart."""
    rows = list[Interval]()
    for step in way:
        start, end, label = edges[step.first], edges[step.last], names[step.chain.units[step.position]]
        if step.chain.word is not None and step.position % SUBSTATES:
            start = rows.pop().start
        rows.append(Interval(start, end, label))
    return Tier.from_intervals("units", rows)
