"""Words from the lips alone, given what may be said.

Method
------
The lip model's Gaussians (:class:`~visalign.lips.viseme_decoder.VisemeDecoder`) say how well the lips of a moment fit
each phone. The words of a grammar become chains of phones through the lexicon, each of three states
(:mod:`visalign.lips.phone_chains`), and the most probable sentence is read off (:mod:`visalign.lip_reading.network`).

Phones that a viseme map puts together are told apart by nothing: with a map the words become chains of visemes, whose
likelihood is the mean of that of their phones, weighted by how common they are.

How long a phone lasts is what the model's training counted. Pauses are free at both ends and rare between words.

Conventions
-----------
Decoding runs on a grid finer than the frames, since words as short as "in" have phones shorter than a frame of 40 ms;
the evidence of a moment is scaled down accordingly, so that a second of picture counts the same on any grid.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.errors import AlignmentError, FaceNotFound
from visalign.language.lexicon import Lexicon, arpabet_phones, embedded_lexicon
from visalign.language.phones import SILENCE
from visalign.lip_reading.best_sentences import Sentence, best_sentences, word_confidences
from visalign.lip_reading.grammar import WordGraph
from visalign.lip_reading.network import Chain, Network, Step, spans
from visalign.lips.lip_features import LipFeatures
from visalign.lips.phone_chains import PARTS, common_share, log_stay, members_of
from visalign.lips.viseme_decoder import STEP, VisemeDecoder
from visalign.numerics import logsumexp
from visalign.sync.speech_context import attributes_of
from visalign.timeline import Interval, Tier
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["LipReading", "read_words"]

Floats: TypeAlias = npt.NDArray[np.float64]

# Chosen on speakers left out of the training (docs/decisions/0080-lip-reading.md, 0183-what-strangers-share.md); none
# is at a sharp optimum.
FINE_STEP = 0.02  # seconds
EVIDENCE = 2.0  # against the model's own scale, which is meant for posteriors of single moments
PAUSE_AT_ENDS, PAUSE_BETWEEN = 0.5, 0.01  # probabilities


@dataclass(frozen=True, slots=True)
class LipReading:
    """What was read off the lips.

    Parameters
    ----------
    words : Tier
        Pauses are ""; the score of a word is how sure it is, 0..1.
    units : Tier
        The visemes (phones, where no map was used) of these words as the lips show them.
    grammar : str
    viseme_map : str
        Id of the map; "" without one.
    score : float
        Log-probability of the way through the grammar, a second of picture.
    alternatives : tuple of (str, float)
        The best sentences, this one first, with their scores; empty if none were asked for.
    """

    words: Tier
    units: Tier
    grammar: str
    viseme_map: str
    score: float
    alternatives: tuple[tuple[str, float], ...] = ()

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
    n_best: int = 0,
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
    n_best : int
        How many of the best sentences to find beside the words.

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
    units = _Units(decoder, viseme_map)
    network = Network(list(_chains(grammar, units, lexicon or embedded_lexicon())), grammar, np.array(units.log_stay))
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
    words = _words(way, edges, word_confidences(network, emissions, way))
    said = tuple(label for label in words.labels if label)
    # words that sound alike have the same score: the sentence that was chosen stands first
    others = [x for x in best_sentences(network, emissions, n_best) if x.words != said] if n_best else []
    best = [Sentence(said, score), *others][:n_best]
    alternatives = tuple((" ".join(x.words), x.score / seconds) for x in best)
    shown = _shown(way, edges, units.names)
    return LipReading(words, shown, grammar.name, map_id, score / seconds, alternatives)


class _Units:
    """What a state of the network can be: a part of a viseme, or of a phone; made as it is asked for."""

    def __init__(self, decoder: VisemeDecoder, viseme_map: VisemeMap | None) -> None:
        self.names = list[str]()  # of each unit: its viseme, or its phone
        self.log_stay = list[float]()
        self._shares = list[Floats]()  # of each unit, the log share of each state of the decoder in it
        self._decoder, self._map = decoder, viseme_map
        self._common = common_share(decoder.transitions)
        self._first = dict[str, int]()  # unit of each name

    def chain(self, phones: Iterable[str]) -> tuple[int, ...]:
        """The units of what is said in one go."""
        return tuple(self._unit(self._known(phone)) + part for phone in phones for part in range(PARTS))

    def emissions(self, lips: LipFeatures) -> tuple[Floats, Floats]:
        """Moments and the log-likelihood of each unit at each, 0 where there is no face."""
        centres = lips.times.centres
        n = max(1, round((centres[-1] - centres[0]) / FINE_STEP) + 1)
        times = centres[0] + FINE_STEP * np.arange(n)
        rows, means = self._decoder.rows(lips, times), self._decoder.means
        states = rows @ means.T - 0.5 * (means**2).sum(axis=1)  # without the rows' own length, which all share
        own = [np.flatnonzero(np.isfinite(row)) for row in self._shares]
        likely = [logsumexp(states[:, x] + row[x], axis=1) for x, row in zip(own, self._shares, strict=True)]
        weight = EVIDENCE * self._decoder.evidence_scale * FINE_STEP / STEP
        shown = np.clip(np.searchsorted(lips.times.times, times, side="right") - 1, 0, len(centres) - 1)
        return times, np.where(lips.has_face[shown][:, None], weight * np.column_stack(likely), 0.0)

    def _unit(self, phone: str) -> int:
        """The first part of a phone, or of its viseme; the others follow it."""
        name = phone if self._map is None else self._map.lookup(phone, "arpabet")
        if name not in self._first:
            self._first[name] = len(self.names)
            met = dict.fromkeys(self._decoder.phones)
            alike = [phone] if self._map is None else [x for x in met if self._map.lookup(x, "arpabet") == name]
            self._shares.extend(members_of(alike, self._decoder, self._common))
            self.names.extend([name] * PARTS)
            self.log_stay.extend([log_stay(alike, self._decoder, self._common, FINE_STEP)] * PARTS)
        return self._first[name]

    def _known(self, phone: str) -> str:
        """The phone; the one most like it, by how it is articulated, where the model never met it."""
        if phone in self._decoder.phones:
            return phone
        wanted = attributes_of(phone)
        met = sorted(set(self._decoder.phones) - {SILENCE})
        return max(met, key=lambda x: len(wanted & attributes_of(x)) / len(wanted | attributes_of(x)))


def _chains(grammar: WordGraph, units: _Units, lexicon: Lexicon) -> Iterator[Chain]:
    said = dict(zip(grammar.words, lexicon.pronounce(grammar.words), strict=True))
    for arc in grammar.arcs:
        if arc.word is not None:
            ways = {units.chain(arpabet_phones(x)) for x in said[arc.word]}
            for way in sorted(ways - {()}):
                yield Chain(arc.start, arc.end, arc.word, way, arc.log_weight)
    silence = units.chain([SILENCE])
    nodes = {arc.start for arc in grammar.arcs if arc.word is not None} | {grammar.final}
    for node in sorted(nodes):
        at_end = node in {0, grammar.final}
        yield Chain(node, node, None, silence, float(np.log(PAUSE_AT_ENDS if at_end else PAUSE_BETWEEN)))


def _words(way: list[Step], edges: list[float], confidences: Sequence[float]) -> Tier:
    sure = iter(confidences)
    rows = [
        Interval(edges[first], edges[last], chain.word or "", None if chain.word is None else next(sure))
        for chain, first, last in spans(way)
    ]
    return Tier.from_intervals("words", rows)


def _shown(way: list[Step], edges: list[float], names: Sequence[str]) -> Tier:
    """The units, the states of one put together; two units with the same name stay apart."""
    rows = list[Interval]()
    for step in way:
        start, end, label = edges[step.first], edges[step.last], names[step.chain.units[step.position]]
        if step.position % PARTS:
            start = rows.pop().start
        rows.append(Interval(start, end, label))
    return Tier.from_intervals("units", rows)
