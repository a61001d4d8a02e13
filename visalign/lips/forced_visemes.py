r"""Times of a given sequence of visemes, from the lips alone: forced decoding.

Method
------
What must be shown is known, and when is sought. Each viseme becomes a chain of three states, its beginning, middle and
end, left to right. Their emissions are those of the decoder's states (:mod:`visalign.lips.viseme_decoder`): the
Gaussians of the phones that the viseme stands for, weighted by how common they are. A state is stayed in with the
probability that gives the viseme the mean duration of the training. Pauses may be shown before, after and between
words; they are left out where the lips do not show them. Viterbi's algorithm finds

.. math:: \delta_t(s) = w\, b_t(s) + \max\{\delta_{t-1}(s) + a_s,\; \delta_{t-1}(s - 1) + \bar a_{s-1},\;
   \delta_{t-1}(s') + \bar a_{s'}\}

with s' the last state before a pause that is left out. A first pass adapts the means to the speaker, as in free
decoding; since the sequence is known, each moment then counts for its own state alone.

Conventions
-----------
The grid is finer (:data:`FINE_STEP`) than that of free decoding, since boundaries are what is asked for; evidence is
scaled down accordingly. The result spans the whole clip. Where there is no face, only durations decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.errors import AlignmentError, ConfigError, FaceNotFound
from visalign.language.articulation import weights
from visalign.language.lexicon import Lexicon, Pronunciation, arpabet_phones
from visalign.language.phones import ARPABET, SILENCE
from visalign.language.transcript import read_aloud
from visalign.lips.lip_features import LipFeatures
from visalign.lips.phone_chains import PARTS, common_share, log_stay, members_of
from visalign.lips.viseme_decoder import STEP, VisemeDecoder
from visalign.numerics import logsumexp
from visalign.timeline import Interval, Tier
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["FINE_STEP", "ForcedVisemes", "Shown", "force_given", "force_visemes", "said_visemes", "shown_visemes"]

Floats: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = npt.NDArray[np.int64]

FINE_STEP = 0.01
"""Seconds from one moment to the next."""

# Chosen with the decoder's own settings on speakers left out of the training (docs/benchmarks.md, "Forced visemes").
EVIDENCE = 1.5  # against the decoder's own scale
PAUSE = 0.5  # probability that an optional pause is shown

LEAST_ALIKE = 0.5
"""A phone of another language may be any of English that it is at least half as much like as the one most alike."""

_MAX_CELLS = 200_000_000  # of the trellis: a byte each


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing that the lips show.

    Parameters
    ----------
    label : str
        The viseme.
    phones : tuple of str
        ARPABET phones that it may be; those that the model never met are left out, unless none is left.
    word : int or None
        Number of its word.
    optional : bool
        Whether it may be missing, as a pause may.
    """

    label: str
    phones: tuple[str, ...]
    word: int | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ForcedVisemes:
    """When each of the given visemes is shown.

    Parameters
    ----------
    tier : Tier
        The visemes, pauses that are left out not among them.
    words : Tier or None
        The words, "" in pauses; None where they are not known.
    score : float
        Log-likelihood of the way through the sequence, a second of picture.
    warnings : tuple of str
        What a user has to know of how a text was read.
    """

    tier: Tier
    words: Tier | None
    score: float
    warnings: tuple[str, ...] = ()


def shown_visemes(labels: Sequence[str], viseme_map: VisemeMap) -> list[Shown]:
    """A sequence of visemes, with pauses allowed at both ends.

    Parameters
    ----------
    labels : sequence of str
        Visemes of `viseme_map`.
    viseme_map : VisemeMap

    Raises
    ------
    ConfigError
        If a label is not one of them, or there is none.
    """
    if unknown := [label for label in labels if label not in viseme_map.visemes]:
        raise ConfigError("viseme", unknown[0], f"one of {' '.join(viseme_map.visemes)} (map {viseme_map.id})")
    if not labels:
        raise ConfigError("visemes", "", "at least one viseme")
    pause = Shown(viseme_map.silence, (SILENCE,), None, optional=True)
    required = [Shown(label, _phones_of(label, viseme_map)) for label in labels]
    first, last = (x.label == viseme_map.silence for x in (required[0], required[-1]))
    return [*([] if first else [pause]), *required, *([] if last else [pause])]


def _phones_of(label: str, viseme_map: VisemeMap) -> tuple[str, ...]:
    return tuple(x for x in ARPABET if viseme_map.lookup(x, "arpabet") == label)


def said_visemes(words: Sequence[str], lexicon: Lexicon, viseme_map: VisemeMap) -> list[Shown]:
    """The visemes of words, by their first pronunciations, with pauses allowed between and around them.

    Parameters
    ----------
    words : sequence of str
    lexicon : Lexicon
    viseme_map : VisemeMap

    Raises
    ------
    OutOfVocabulary
        If the lexicon lacks words.
    ConfigError
        If there are no words.
    """
    if not words:
        raise ConfigError("transcript", "", "at least one word that is spoken")
    pause = Shown(viseme_map.silence, (SILENCE,), None, optional=True)
    found = [pause]
    for number, ways in enumerate(lexicon.pronounce(words)):
        found += _said(ways[0], number, viseme_map, is_english=not lexicon.spoken)
        found.append(pause)
    return found


def _said(pronunciation: Pronunciation, number: int, viseme_map: VisemeMap, *, is_english: bool) -> Iterator[Shown]:
    """What a word shows; a phone of another language looks like the phones of English that are made most like it."""
    if is_english:
        for phone in arpabet_phones(pronunciation):
            yield Shown(viseme_map.lookup(phone, "arpabet"), (phone,), number)
        return
    for phone in pronunciation.phones:
        alike = weights(phone, sense="eye")
        least = LEAST_ALIKE * max(alike.values())
        yield Shown(viseme_map.lookup(phone, "ipa"), tuple(x for x, share in alike.items() if share >= least), number)


def force_visemes(
    lips: LipFeatures, shown: Sequence[Shown], decoder: VisemeDecoder, *, words: Sequence[str] | None = None
) -> ForcedVisemes:
    """When the lips show each viseme of a given sequence.

    Parameters
    ----------
    lips : LipFeatures
    shown : sequence of Shown
        What they show, in order (:func:`shown_visemes`, :func:`said_visemes`); no two optional ones in a row.
    decoder : VisemeDecoder
        What phones look like, from a lip model.
    words : sequence of str, optional
        The words that `shown` numbers.

    Raises
    ------
    FaceNotFound
        If no frame has a face.
    AlignmentError
        If the clip is too short for so many visemes, or so long that it has to be cut first.
    """
    source = lips.source or "these lip features"
    if not lips.has_face.any():
        raise FaceNotFound(source, 0.0)
    times, seen = _grid(lips)
    n_least = PARTS * sum(not x.optional for x in shown)
    if n_least > len(times):
        raise AlignmentError(
            f"{source}: {len(shown)} visemes take at least {n_least * FINE_STEP:.2f} s, the picture lasts "
            f"{len(times) * FINE_STEP:.2f} s. Give the visemes of this clip alone."
        )
    if len(times) * PARTS * len(shown) > _MAX_CELLS:
        raise AlignmentError(f"{source}: too long to place {len(shown)} visemes at once. Cut it into scenes first.")
    chain = _Chain.of(shown, decoder)
    rows = decoder.rows(lips, times)
    states, _ = chain.best_way(rows, seen, decoder)
    adapted = chain.adapted(decoder, rows[seen], states[seen])
    states, score = chain.best_way(rows, seen, adapted)
    edges = _edges(lips, times)
    items = states // PARTS
    firsts = np.flatnonzero(np.diff(items, prepend=-1))
    spans = [
        (int(items[a]), float(edges[a]), float(edges[b]))
        for a, b in zip(firsts, np.append(firsts[1:], len(items)), strict=True)
    ]
    tier = Tier.from_intervals("forced visemes", [Interval(a, b, shown[k].label) for k, a, b in spans])
    spoken = None if words is None else _words(spans, shown, words)
    return ForcedVisemes(tier, spoken, score / (FINE_STEP * len(times)))


def force_given(
    lips: LipFeatures,
    decoder: VisemeDecoder,
    viseme_map: VisemeMap,
    visemes: Sequence[str] | None,
    transcript: str | None,
    lexicon: Callable[[], Lexicon],
) -> ForcedVisemes | None:
    """:func:`force_visemes` of visemes or of the words of a text; None where neither is given.

    Parameters
    ----------
    lips : LipFeatures
    decoder : VisemeDecoder
    viseme_map : VisemeMap
    visemes : sequence of str or None
        Visemes of the map, in order.
    transcript : str or None
        Running text, whose words are looked up.
    lexicon : callable
        Gives the pronunciations where they are needed.

    Raises
    ------
    ConfigError
        If both are given, or nothing that could be shown.
    """
    if visemes is not None and transcript is not None:
        raise ConfigError("visemes", "both", "visemes or a transcript, not both")
    if visemes is not None:
        return force_visemes(lips, shown_visemes(visemes, viseme_map), decoder)
    if transcript is None:
        return None
    known = lexicon()
    text = read_aloud(transcript, known)
    forced = force_visemes(lips, said_visemes(text.words, known, viseme_map), decoder, words=text.words)
    return replace(forced, warnings=text.warnings())


def _words(spans: Sequence[tuple[int, float, float]], shown: Sequence[Shown], words: Sequence[str]) -> Tier:
    rows: list[tuple[int | None, float, float]] = []
    for k, start, end in spans:
        word = shown[k].word
        if rows and word is not None and rows[-1][0] == word:
            start = rows.pop()[1]
        rows.append((word, start, end))
    return Tier.from_intervals("words", [Interval(a, b, "" if k is None else words[k]) for k, a, b in rows])


def _grid(lips: LipFeatures) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Moments :data:`FINE_STEP` apart over all of the clip, and whether the frame shown there has a face."""
    start, end = float(lips.times.times[0]), max(lips.times.duration, float(lips.times.centres[-1]))
    n = max(1, round((end - start) / FINE_STEP))
    times: Floats = np.asarray(start + FINE_STEP * (np.arange(n) + 0.5), np.float64)
    shown = np.clip(np.searchsorted(lips.times.times, times, side="right") - 1, 0, len(lips) - 1)
    return times, lips.has_face[shown]


def _edges(lips: LipFeatures, times: Floats) -> Floats:
    edges = np.append(times - FINE_STEP / 2, times[-1] + FINE_STEP / 2)
    edges[-1] = max(edges[-2] + 1e-3, lips.times.duration)
    return edges


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    """The states of a sequence, three an item.

    Each kind of state is a row of `members`: the log share of every state of the decoder in it. `kind` names the row of
    each state of the chain; `skips` holds states that may be entered from before an optional item.
    """

    members: Floats
    kind: Numbers
    log_stay: Floats
    skips: npt.NDArray[np.bool_]
    pause: npt.NDArray[np.bool_]
    last_skippable: bool

    @classmethod
    def of(cls, shown: Sequence[Shown], decoder: VisemeDecoder) -> _Chain:
        share = common_share(decoder.transitions)
        kinds = {phones: k for k, phones in enumerate(dict.fromkeys(x.phones for x in shown))}
        members = np.vstack([members_of(phones, decoder, share) for phones in kinds])
        stays = [log_stay(phones, decoder, share, FINE_STEP) for phones in kinds]
        item = np.array([kinds[x.phones] for x in shown])
        kind = (PARTS * item[:, None] + np.arange(PARTS)).ravel()
        optional = np.array([x.optional for x in shown])
        before = np.concatenate([[False], optional[:-1]])
        first = np.arange(len(kind)) % PARTS == 0
        return cls(
            members,
            kind,
            np.repeat(np.array(stays)[item], PARTS),
            first & np.repeat(before, PARTS),
            first & np.repeat(optional, PARTS),
            bool(optional[-1]),
        )

    def emissions(self, rows: Floats, seen: npt.NDArray[np.bool_], decoder: VisemeDecoder) -> Floats:
        """Log-likelihood of each kind of state at each moment, 0 without a face; shape (n_times, n_kinds)."""
        squares = (rows**2).sum(axis=1)[:, None] - 2 * rows @ decoder.means.T + (decoder.means**2).sum(axis=1)
        weight = EVIDENCE * decoder.evidence_scale * FINE_STEP / STEP
        found = []
        for row in self.members:
            own = np.isfinite(row)
            found.append(logsumexp(-0.5 * squares[:, own] + row[own], axis=1))
        return np.where(seen[:, None], weight * np.column_stack(found), 0.0)

    def best_way(self, rows: Floats, seen: npt.NDArray[np.bool_], decoder: VisemeDecoder) -> tuple[Numbers, float]:
        """State of the chain at each moment, and the log-likelihood of the way."""
        emissions = self.emissions(rows, seen, decoder)
        n, leave = len(self.kind), np.log(-np.expm1(self.log_stay))
        enter = np.where(self.pause, np.log(PAUSE), 0.0)
        over = np.log(1 - PAUSE)
        came = np.zeros((len(rows), n), np.uint8)  # from the state itself, the one before, or over a pause
        score = np.full(n, -np.inf)
        score[0] = enter[0]
        if self.pause[0] and n > PARTS:
            score[PARTS] = over
        score += emissions[0, self.kind]
        for t in range(1, len(rows)):
            out = score + leave
            ways = np.full((3, n), -np.inf)
            ways[0] = score + self.log_stay
            ways[1, 1:] = out[:-1] + enter[1:]
            ways[2, PARTS + 1 :] = np.where(self.skips[PARTS + 1 :], out[: -PARTS - 1] + over, -np.inf)
            came[t] = ways.argmax(axis=0)
            score = ways.max(axis=0) + emissions[t, self.kind]
        ends = [n - 1] + ([n - 1 - PARTS] if self.last_skippable and n > PARTS else [])
        state = max(ends, key=lambda k: score[k])
        best, total = np.empty(len(rows), np.int64), float(score[state])
        for t in range(len(rows) - 1, -1, -1):
            best[t] = state
            state -= (0, 1, PARTS + 1)[came[t, state]]
        return best, total

    def adapted(self, decoder: VisemeDecoder, rows: Floats, states: Numbers) -> VisemeDecoder:
        """The decoder with its means drawn towards the clip, each as far as its states were passed."""
        if decoder.adaptation_frames <= 0 or not len(rows):
            return decoder
        squares = ((rows[:, None] - decoder.means) ** 2).sum(axis=2)
        share = -0.5 * squares + self.members[self.kind[states]]
        share = np.exp(share - logsumexp(share, axis=1, keepdims=True))
        weight = share.sum(axis=0)[:, None] * FINE_STEP / STEP
        total = share.T @ rows * FINE_STEP / STEP
        frames = decoder.adaptation_frames
        return replace(decoder, means=(frames * decoder.means + total) / (frames + weight))
