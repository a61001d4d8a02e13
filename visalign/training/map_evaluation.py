r"""Which viseme map fits the lips of a corpus: how much its visemes say about what is seen.

Method
------
From the posteriors of :class:`~visalign.training.lip_confusions.LipConfusions`, weighted by how often each phone is
spoken, a map's visemes get theirs by addition over the phones that it shows alike. For each map, over the frames of
speech:

* **Gain**, bits a frame: mean of :math:`\log_2 p(x \mid v) / p(x)`, the likelihood of the lips x given the viseme v
  that is expected there, over their likelihood whatever is said. It is what a score of sync can draw from one frame.
* **Accuracy**: frames in which the most probable viseme is the expected one; beside it **chance**, the accuracy of
  always naming the most frequent viseme.
* **Information**, bits: mutual information of expected and most probable viseme, less the bias of Miller and Madow
  [1]_ for finite counts.

More visemes can say more, and are harder to get right: gain and accuracy pull in opposite directions. So each map is
also compared with random maps that put the same phones into groups of the same sizes: what it has beyond them is owed
to which phones it groups, and not to how many.

Conventions
-----------
Silence is not counted: see :mod:`visalign.training.lip_confusions`. Standard errors are over speakers (groups), each
counted once.

References
----------
.. [1] G. A. Miller, Note on the bias of information estimates, in Information Theory in Psychology, Free Press 1955.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visalign.training.lip_confusions import LipConfusions
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["FIT_COLUMNS", "MapFit", "evaluate_map", "evaluate_maps"]

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

N_RANDOM_MAPS = 100
_SEED = 0
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class MapFit:
    """How well a map fits.

    Parameters
    ----------
    name : str
        Id of the map.
    n_visemes : int
        Visemes that the corpus shows, silence apart.
    n_frames : int
        Frames of speech.
    gain, gain_error : float
        Bits a frame, and the standard error over speakers.
    accuracy, accuracy_error, chance : float
        Parts of the frames, 0..1.
    information : float
        Bits a frame.
    random_gain, random_gain_spread : float
        Mean and standard deviation of the gain of random maps with groups of the same sizes.
    random_accuracy : float
        Their mean accuracy.
    """

    name: str
    n_visemes: int
    n_frames: int
    gain: float
    gain_error: float
    accuracy: float
    accuracy_error: float
    chance: float
    information: float
    random_gain: float
    random_gain_spread: float
    random_accuracy: float

    @property
    def above_chance(self) -> float:
        """Part of the way from chance to perfect: (accuracy - chance) / (1 - chance)."""
        return (self.accuracy - self.chance) / max(1.0 - self.chance, _TINY)

    @property
    def gain_over_random(self) -> float:
        """Bits a frame that are owed to which phones the map groups."""
        return self.gain - self.random_gain


FIT_COLUMNS = (*MapFit.__slots__, "above_chance", "gain_over_random")
"""Names of all measures of a :class:`MapFit`, for a table."""


def evaluate_maps(confusions: LipConfusions, viseme_maps: Iterable[VisemeMap]) -> list[MapFit]:
    """Evaluate several maps; the one with the most gain over random maps comes first."""
    fits = [evaluate_map(confusions, viseme_map) for viseme_map in viseme_maps]
    return sorted(fits, key=lambda fit: (-fit.gain_over_random, fit.name))


def evaluate_map(confusions: LipConfusions, viseme_map: VisemeMap) -> MapFit:
    """Evaluate one map.

    Raises
    ------
    UnknownSymbol
        If the map does not place a phone of the corpus and has no fallback.
    """
    visemes = [viseme_map.lookup(phone, "arpabet") for phone in confusions.phones]
    _, group_of_phone = np.unique(visemes, return_inverse=True)
    seen = _Seen.of(confusions)
    gains, hits, chance, information = seen.measure(group_of_phone)
    random = seen.random_maps(group_of_phone)
    return MapFit(
        viseme_map.id,
        len(set(visemes)),
        len(gains),
        float(gains.mean()),
        _error(gains, confusions.groups),
        float(hits.mean()),
        _error(hits, confusions.groups),
        chance,
        information,
        float(random[:, 0].mean()),
        float(random[:, 0].std()),
        float(random[:, 1].mean()),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Posteriors of phones at their real frequencies, and what is spoken."""

    posteriors: Floats
    frequencies: Floats
    spoken: Indices

    @classmethod
    def of(cls, confusions: LipConfusions) -> _Seen:
        return cls(confusions.weighted, confusions.frequencies, confusions.spoken)

    def measure(self, group_of_phone: Indices) -> tuple[Floats, Floats, float, float]:
        """Gain and hit of each frame, chance, and information, of phones in groups."""
        n_groups = int(group_of_phone.max()) + 1
        members = np.eye(n_groups)[group_of_phone]
        posteriors, expected = self.posteriors @ members, group_of_phone[self.spoken]
        rows = np.arange(len(expected))
        before = (self.frequencies @ members)[rows, expected]
        gains = np.log2(np.maximum(posteriors[rows, expected], _TINY) / np.maximum(before, _TINY))
        found = posteriors.argmax(axis=1)
        chance = np.bincount(expected).max() / len(expected)
        counts = np.zeros((n_groups, n_groups))
        np.add.at(counts, (expected, found), 1.0)
        return gains, (found == expected).astype(np.float64), float(chance), _information(counts)

    def random_maps(self, group_of_phone: Indices) -> Floats:
        """Mean gain and accuracy of `N_RANDOM_MAPS` maps with groups of the same sizes, shape (n_maps, 2)."""
        random = np.random.default_rng(_SEED)
        found = []
        for _ in range(N_RANDOM_MAPS):
            gains, hits, _, _ = self.measure(random.permutation(group_of_phone))
            found.append((gains.mean(), hits.mean()))
        return np.array(found)


def _information(counts: Floats) -> float:
    """Mutual information of a table of counts, bits, less its bias [1]_; not below 0."""
    total = counts.sum()
    joint = counts / total
    rows, columns = joint.sum(axis=1, keepdims=True), joint.sum(axis=0, keepdims=True)
    filled = joint > 0
    plain = float((joint[filled] * np.log2(joint[filled] / (rows * columns)[filled])).sum())
    n_cells, n_rows, n_columns = int(filled.sum()), int((rows > 0).sum()), int((columns > 0).sum())
    bias = (n_cells - n_rows - n_columns + 1) / (2.0 * total * np.log(2.0))
    return float(max(0.0, plain - bias))


def _error(values: Floats, groups: npt.NDArray[np.str_]) -> float:
    """Standard error of the mean over groups."""
    means = [values[groups == group].mean() for group in np.unique(groups)]
    return float(np.std(means, ddof=1) / np.sqrt(len(means))) if len(means) > 1 else float("nan")
