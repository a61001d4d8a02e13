"""Learning a joint n-gram model of spelling and phones from a pronunciation dictionary.

Method
------
1. Expectation–maximisation cuts words and pronunciations into graphones: at first all pairs of one or two letters with
   none to two phones (not two with two) are equally likely; every way to cut a word counts by its probability [1]_.
2. The best cut of each word gives a sequence of graphones.
3. An n-gram model of these sequences with interpolated Kneser–Ney smoothing, one discount an order [2]_. N-grams of the
   higher orders that were seen once only are left out.

The methods and their references are those of :mod:`visalign.language.g2p.joint_ngram`.

Conventions
-----------
A word with several pronunciations is learnt from all of them. The result does not depend on the order of the words.

References
----------
.. [1] S. Jiampojamarn, G. Kondrak and T. Sherif, Applying many-to-many alignments and hidden Markov models to
   letter-to-phoneme conversion, NAACL-HLT 2007.
.. [2] R. Kneser and H. Ney, Improved backing-off for m-gram language modeling, ICASSP 1995.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from visalign.errors import InputError
from visalign.language.g2p.joint_ngram import END, START, Graphone, JointNgram
from visalign.language.lexicon import normalise_word

__all__ = ["train_joint_ngram"]

SHAPES = ((1, 0), (1, 1), (1, 2), (2, 1), (2, 0))
"""Letters and phones that a graphone may have."""

EM_WORDS = 15_000
"""Words that the cutting is learnt from, evenly spread over the dictionary."""

EM_ROUNDS = 8
RARE = 1e-7  # probability of a graphone that the sample never had, while the whole dictionary is cut

ORDER = 8
FULL_ORDER = 4
"""N-grams up to this order are all kept, longer ones from two occurrences on."""

Pair = tuple[str, tuple[str, ...]]


def train_joint_ngram(
    pairs: Iterable[tuple[str, Sequence[str]]], *, order: int = ORDER, provenance: Mapping[str, Any] | None = None
) -> JointNgram:
    """Learn a model from words and their phones.

    Parameters
    ----------
    pairs : iterable of (word, phones)
    order : int
        Graphones an n-gram, 2 or more.
    provenance : mapping, optional
        What is learnt from, under which terms; kept in the model.

    Raises
    ------
    InputError
        If there is not a single pair that can be cut into graphones.

    Examples
    --------
    >>> model = train_joint_ngram([("go", ["G", "OW"]), ("no", ["N", "OW"]), ("gone", ["G", "AO", "N"])], order=2)
    >>> model.spell("no")[0].phones
    ('N', 'OW')
    """
    known: list[Pair] = sorted({(normalise_word(word), tuple(phones)) for word, phones in pairs if word and phones})
    weights = _learn_graphones(known[:: max(1, len(known) // EM_WORDS)])
    cuts = [cut for cut in (_best_cut(pair, weights) for pair in known) if cut is not None]
    if not cuts:
        raise InputError(
            "no pronunciations to learn from: the dictionary is empty, or its phones don't go with its words"
        )
    names: list[Graphone] = [("", ()), ("", ()), *sorted({graphone for cut in cuts for graphone in cut})]
    numbers = {graphone: number for number, graphone in enumerate(names) if number > END}
    sequences = [(START, *(numbers[graphone] for graphone in cut), END) for cut in cuts]
    return JointNgram(tuple(names), *_kneser_ney(sequences, order, len(names)), provenance or {})


def _learn_graphones(pairs: Sequence[Pair]) -> dict[Graphone, float]:
    """Probabilities of graphones."""
    weights: Mapping[Graphone, float] | None = None
    for _ in range(EM_ROUNDS):
        counts: defaultdict[Graphone, float] = defaultdict(float)
        for pair in pairs:
            _count_cuts(pair, weights, counts)
        total = sum(counts.values())
        weights = {graphone: count / total for graphone, count in counts.items()}
    return dict(weights or {})


def _arcs(pair: Pair) -> list[tuple[int, int, int, int, Graphone]]:
    """From letter and phone, to letter and phone, by which graphone; in the order of the letters."""
    letters, phones = pair
    return [
        (i, j, i + a, j + b, (letters[i : i + a], phones[j : j + b]))
        for i in range(len(letters))
        for j in range(len(phones) + 1)
        for a, b in SHAPES
        if i + a <= len(letters) and j + b <= len(phones)
    ]


def _count_cuts(pair: Pair, weights: Mapping[Graphone, float] | None, counts: defaultdict[Graphone, float]) -> None:
    """Add how often each graphone is expected in this pair."""
    size = len(pair[1]) + 1
    arcs = _arcs(pair)
    worth = [1.0 if weights is None else weights.get(arc[4], 0.0) for arc in arcs]
    forward, backward = [0.0] * ((len(pair[0]) + 1) * size), [0.0] * ((len(pair[0]) + 1) * size)
    forward[0] = backward[-1] = 1.0
    for (i, j, k, m, _), p in zip(arcs, worth, strict=True):
        forward[k * size + m] += forward[i * size + j] * p
    for (i, j, k, m, _), p in zip(reversed(arcs), reversed(worth), strict=True):
        backward[i * size + j] += backward[k * size + m] * p
    if forward[-1] <= 0.0:
        return
    for (i, j, k, m, graphone), p in zip(arcs, worth, strict=True):
        share = forward[i * size + j] * p * backward[k * size + m]
        if share > 0.0:
            counts[graphone] += share / forward[-1]


def _best_cut(pair: Pair, weights: Mapping[Graphone, float]) -> tuple[Graphone, ...] | None:
    size = len(pair[1]) + 1
    best = [-math.inf] * ((len(pair[0]) + 1) * size)
    way: list[tuple[int, Graphone] | None] = [None] * len(best)
    best[0] = 0.0
    for i, j, k, m, graphone in _arcs(pair):
        worth = best[i * size + j] + math.log(weights.get(graphone, RARE) or RARE)
        if worth > best[k * size + m]:
            best[k * size + m], way[k * size + m] = worth, (i * size + j, graphone)
    if best[-1] == -math.inf:
        return None
    cut, step = [], way[-1]
    while step is not None:
        cut.append(step[1])
        step = way[step[0]]
    return tuple(reversed(cut))


Tables = tuple[tuple[dict[int, int], ...], tuple[npt.NDArray[np.float32], ...], tuple[npt.NDArray[np.float32], ...]]


def _kneser_ney(sequences: Sequence[tuple[int, ...]], order: int, n_graphones: int) -> Tables:
    counts = _counts(sequences, order)
    lower = [_continuations(counts[n + 1]) for n in range(order - 1)]
    # The start is never predicted, so n-grams that begin with it have no graphone before them: they count as seen.
    for n in range(order - 1):
        lower[n].update({gram: count for gram, count in counts[n].items() if gram[0] == START and n})
    effective = [*lower, counts[-1]]
    effective = [Counter({g: c for g, c in grams.items() if g[-1] != START}) for grams in effective]
    probabilities = _interpolated(effective, n_graphones)
    return _packed(counts, effective, probabilities, n_graphones)


def _counts(sequences: Sequence[tuple[int, ...]], order: int) -> list[Counter[tuple[int, ...]]]:
    return [
        Counter(sequence[i : i + n] for sequence in sequences for i in range(len(sequence) - n + 1))
        for n in range(1, order + 1)
    ]


def _continuations(longer: Counter[tuple[int, ...]]) -> Counter[tuple[int, ...]]:
    """In how many contexts each n-gram stands."""
    return Counter(gram[1:] for gram in longer)


Probabilities = tuple[list[dict[tuple[int, ...], float]], list[dict[tuple[int, ...], float]]]


def _interpolated(effective: Sequence[Counter[tuple[int, ...]]], n_graphones: int) -> Probabilities:
    """Probability of each n-gram, and the share of each context that is left to shorter ones."""
    probabilities: list[dict[tuple[int, ...], float]] = []
    shares: list[dict[tuple[int, ...], float]] = []
    for grams in effective:
        ones, twos = (sum(1 for c in grams.values() if c == n) for n in (1, 2))
        discount = ones / (ones + 2 * twos) if ones else 0.5
        totals: defaultdict[tuple[int, ...], int] = defaultdict(int)
        kinds: defaultdict[tuple[int, ...], int] = defaultdict(int)
        for gram, count in grams.items():
            totals[gram[:-1]] += count
            kinds[gram[:-1]] += 1
        left = {context: discount * kinds[context] / totals[context] for context in totals}
        below = probabilities[-1] if probabilities else None
        probabilities.append(
            {
                gram: (count - discount) / totals[gram[:-1]]
                + left[gram[:-1]] * (1.0 / n_graphones if below is None else below[gram[1:]])
                for gram, count in grams.items()
            }
        )
        shares.append(left)
    return probabilities, shares


def _packed(
    counts: Sequence[Counter[tuple[int, ...]]],
    effective: Sequence[Counter[tuple[int, ...]]],
    estimates: Probabilities,
    n_graphones: int,
) -> Tables:
    """Tables by number; an n-gram needs its context, and the long ones that were seen once go."""
    probabilities, shares = estimates
    numbers: dict[tuple[int, ...], int] = {(): 0}
    tables, logs, backoffs = [], [], []
    for n, grams in enumerate(counts):
        kept = sorted(g for g in grams if (n < FULL_ORDER or grams[g] > 1) and g[:-1] in numbers)
        tables.append({numbers[g[:-1]] * n_graphones + g[-1]: i for i, g in enumerate(kept)})
        logs.append(np.array([math.log(probabilities[n].get(g, 1e-30)) for g in kept], dtype=np.float32))
        share = shares[n + 1] if n + 1 < len(counts) else {}
        backoffs.append(np.array([math.log(share.get(g, 1.0)) for g in kept], dtype=np.float32))
        numbers = {g: i for i, g in enumerate(kept)}
    n_orders = sum(map(bool, tables))  # short words, or few, have no long n-grams
    return tuple(tables[:n_orders]), tuple(logs[:n_orders]), tuple(backoffs[:n_orders])
