r"""How probable a match is at a standing and a support: learnt from clips joined, cut and worn.

Method
------
What a probability of a match is worth outside the studio depends on what it was learnt from. Clips of a corpus are of
one length, by few cameras and all as clear; real footage is of any length and often hard to read. So examples are made
of the clips at hand, each with a model that never saw its speaker:

* *joined and cut* to :data:`SECONDS`, by one speaker;
* *worn*: lips :math:`y` become :math:`(y + \alpha y') / \sqrt{1 + \alpha^2}` with the lips :math:`y'` of somebody else,
  which move just as lips do and have nothing to do with the sound. With the :math:`\alpha` of :data:`WEAR` all, two
  thirds and two fifths of their variance are left;
* with *their own sound*, and with *foreign ones*: other sentences of the speaker, another speaker, a sound that ends
  too early;
* with the phones that a *transcript* gives, and with *recognised* ones.

A logistic regression tells own sounds from foreign ones by standing and support
(:class:`~visalign.sync.match.MatchEvidence`); neither of its weights may be negative.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from visalign.parameters import EvidenceParams
from visalign.sound.speech import HOP
from visalign.sync.foreign_sounds import ForeignSounds
from visalign.sync.match import LEAST_SPEECH, MatchEvidence, Stretch, match_evidence, stretches_of
from visalign.sync.streams import Stream, expected_lips, weighed
from visalign.sync.wide_search import SearchRange
from visalign.training.prepared_clips import PreparedClip

__all__ = ["SECONDS", "WEAR", "MatchExample", "fit_match", "foreign_of", "match_examples"]

Floats: TypeAlias = npt.NDArray[np.float64]

SECONDS = (1.6, 3.0, 6.0, 12.0)
"""Lengths of the examples."""

WEAR = (0.0, 0.7, 1.2)
"""Parts of somebody else's lips in the examples, over their own."""

REACH = 0.6  # seconds of search to either side
_N_EXAMPLES = 6  # of each length, for every speaker
_MIN_SPOKEN = 0.5  # share of an example that is cut out
_PRIOR = 1e-3  # on squared weights of features of unit variance
_PLAIN = EvidenceParams()


@dataclass(frozen=True, slots=True)
class MatchExample:
    """Lips beside a sound, and whether they belong together.

    Parameters
    ----------
    evidence : MatchEvidence
    is_own : bool
    speaker : str
    seconds, wear : float
        Length, and part of somebody else's lips.
    recognised : bool
        Whether the phones were recognised.
    weight : float
    """

    evidence: MatchEvidence
    is_own: bool
    speaker: str
    seconds: float
    wear: float
    recognised: bool
    weight: float


def foreign_of(clips: Sequence[PreparedClip]) -> ForeignSounds:
    """Speech of these clips to measure others against: one of each speaker, then the second of each …"""
    by_speaker = dict[str, list[PreparedClip]]()
    for clip in clips:
        by_speaker.setdefault(clip.speaker, []).append(clip)
    in_turn = (clip for turn in itertools.zip_longest(*by_speaker.values()) for clip in turn if clip is not None)
    return ForeignSounds.of((clip.context, clip.recognised or clip.context) for clip in in_turn)


def match_examples(
    streams: Sequence[Stream],
    clips: Sequence[PreparedClip],
    others: Sequence[PreparedClip],
    foreign: ForeignSounds,
    speaker: str,
    weight: float,
    seed: int,
) -> Iterator[MatchExample]:
    """Examples of one speaker.

    Parameters
    ----------
    streams : sequence of Stream
        Fitted without `clips`.
    clips, others : sequence of PreparedClip
        Of the speaker, and of other people.
    foreign : ForeignSounds
        Without any of the speaker.
    speaker : str
    weight : float
        What each example counts.
    seed : int
    """
    for recognised in (False, True) if any(clip.recognised is not None for clip in clips) else (False,):
        rng = np.random.default_rng([seed, recognised])
        yardstick = expected_lips(weighed(streams, _PLAIN), foreign.context(recognised=recognised))
        mine, theirs = ([_whole(streams, clip, recognised=recognised) for clip in kind] for kind in (clips, others))
        for seconds in SECONDS:
            for _ in range(_N_EXAMPLES):
                wear = float(rng.choice(WEAR))
                for is_own, part in _pairs(mine, theirs, seconds, wear, rng):
                    evidence = match_evidence([part], yardstick, REACH)
                    if evidence.speech_seconds >= LEAST_SPEECH:
                        yield MatchExample(evidence, is_own, speaker, seconds, wear, recognised, weight)


def _whole(streams: Sequence[Stream], clip: PreparedClip, *, recognised: bool) -> Stretch:
    """A clip as one stretch, its sound as long as its picture."""
    context = clip.recognised if recognised and clip.recognised is not None else clip.context
    first, *rest = stretches_of(weighed(streams, _PLAIN), clip.lips, context, SearchRange(0.0, 0.0), None)
    return _joined([first, *rest])


def _joined(parts: Sequence[Stretch]) -> Stretch:
    """Stretches one after the other."""
    starts = np.cumsum([0, *(len(part.expected) for part in parts)])
    rows = [np.clip(part.rows, 0, len(part.expected) - 1) + start for part, start in zip(parts, starts, strict=False)]
    return Stretch(
        np.vstack([part.observed for part in parts]),
        np.concatenate([part.shares for part in parts]),
        np.concatenate(rows),
        np.vstack([part.expected for part in parts]),
        np.concatenate([part.voiced for part in parts]),
    )


def _drawn(whole: Sequence[Stretch], seconds: float, rng: np.random.Generator) -> Stretch:
    """Clips joined until they are long enough, in an order by chance."""
    order, parts, n_rows = rng.permutation(len(whole)), list[Stretch](), 0
    while n_rows < round(seconds / HOP):
        parts.append(whole[order[len(parts) % len(order)]])
        n_rows += len(parts[-1].expected)
    return _joined(parts)


def _cut(part: Stretch, seconds: float, rng: np.random.Generator) -> Stretch:
    """So many seconds of it, in half of which or more somebody speaks if that can be had."""
    n_rows = round(seconds / HOP)
    starts = np.arange(0, len(part.expected) - n_rows + 1, 12)
    spoken = np.concatenate([[0], np.cumsum(part.voiced)])
    good = starts[(spoken[starts + n_rows] - spoken[starts]) > _MIN_SPOKEN * n_rows]
    return _rows_of(part, int(rng.choice(good if len(good) else starts)), n_rows)


def _rows_of(part: Stretch, start: int, n_rows: int) -> Stretch:
    frames = (part.rows >= start) & (part.rows < start + n_rows)
    sound = slice(start, start + n_rows)
    return Stretch(
        part.observed[frames], part.shares[frames], part.rows[frames] - start, part.expected[sound], part.voiced[sound]
    )


def _pairs(
    mine: Sequence[Stretch], theirs: Sequence[Stretch], seconds: float, wear: float, rng: np.random.Generator
) -> Iterator[tuple[bool, Stretch]]:
    """Lips with their own sound and with foreign ones."""
    own = _cut(_drawn(mine, seconds, rng), seconds, rng)
    order = rng.permutation(len(theirs))
    apart = np.array_split(order, 3) if len(order) >= 3 else [order] * 3  # whose lips are seen is not heard
    strangers = ([theirs[k] for k in part] for part in apart)
    stranger, elsewhere, shorter = (_cut(_drawn(some, seconds, rng), seconds, rng) for some in strangers)
    worn = replace(own, observed=_worn(own.observed, stranger.observed, wear))
    yield True, worn
    if len(mine) > 1:
        sister = _cut(_drawn(mine, seconds, rng), seconds, rng)
        if not np.array_equal(sister.expected, own.expected):
            yield False, replace(worn, expected=sister.expected, voiced=sister.voiced)
    yield False, replace(worn, expected=elsewhere.expected, voiced=elsewhere.voiced)
    early = round(len(shorter.expected) * rng.uniform(0.4, 0.8))
    yield False, replace(worn, expected=shorter.expected[:early], voiced=shorter.voiced[:early])


def _worn(own: Floats, other: Floats, wear: float) -> Floats:
    n_frames = np.arange(len(own)) % max(len(other), 1)
    return np.asarray((own + wear * np.nan_to_num(other)[n_frames]) / np.sqrt(1 + wear**2)) if len(other) else own


def fit_match(examples: Sequence[MatchExample]) -> tuple[float, tuple[float, float]]:
    """Offset and weights of the probability of a match, by maximum likelihood with a weak prior on the weights.

    Both kinds count alike, however many there are.
    """
    y = np.array([1.0 if x.is_own else -1.0 for x in examples])
    if not len(y) or (y > 0).all():
        return 10.0, (0.0, 0.0)  # one clip a speaker: nothing to swap, so nothing can be told
    x = np.array([(one.evidence.standing, one.evidence.support) for one in examples])
    counts = np.array([one.weight for one in examples])
    counts /= 2 * np.where(y > 0, counts[y > 0].sum(), counts[y < 0].sum())
    spread = np.where(x.std(axis=0) > 1e-9, x.std(axis=0), 1.0)

    def cost(p: Floats) -> float:
        return float(counts @ np.logaddexp(0, -y * (p[0] + x / spread @ p[1:])) + _PRIOR * (p[1:] @ p[1:]))

    solution = minimize(cost, np.array([-1.0, 0.1, 0.1]), bounds=[(None, None), (0, None), (0, None)]).x
    standing, support = (float(weight) for weight in solution[1:] / spread)
    return float(solution[0]), (standing, support)
