"""A viseme map from what the lips of a corpus do, with its evidence.

Method
------
Phones that the lips don't tell apart make one viseme. Each phone has a profile: what its frames look like to a
classifier that has not seen their speaker (:mod:`visalign.training.lip_confusions`). The distance of two phones is the
Jensen-Shannon distance of their profiles [1]_: 0 for phones that are taken for the same phones equally often, 1 for
phones that have nothing in common. It is a distance in a Euclidean space [2]_, so Ward's criterion [3]_ applies:
hierarchical clustering joins the groups whose profiles scatter least around their mean. The tree is cut at the number
of visemes asked for. Other linkages gave maps that say less about new speakers (docs/viseme_map_benchmark.md).

Phones that the corpus hardly shows are declared as unlisted, and take the viseme of the listed phone that is made most
like them.

The result is worth what the corpus is: sounds that it has in few words carry the lips of those words. Compare it with
the printed maps on other speakers (:mod:`visalign.training.map_evaluation`) before you trust it.

References
----------
.. [1] D. M. Endres and J. E. Schindelin, A new metric for probability distributions, IEEE Trans. Information Theory
   49(7), 2003.
.. [2] B. Fuglede and F. Topsøe, Jensen-Shannon divergence and Hilbert space embedding, Proc. IEEE Int. Symp.
   Information Theory, 2004.
.. [3] J. H. Ward, Hierarchical grouping to optimize an objective function, J. American Statistical Association
   58(301), 1963.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage
from scipy.spatial.distance import jensenshannon, squareform

from visalign._version import __version__
from visalign.errors import ConfigError
from visalign.language.phones import ARPABET, REGIONS, SILENCE, Phone
from visalign.training.lip_confusions import LipConfusions
from visalign.visemes.naming import lips_of
from visalign.visemes.viseme_map import VisemeClass, VisemeMap

__all__ = ["LearntMap", "learn_map"]

Floats = npt.NDArray[np.float64]

_SILENCE_VISEME = "rest"
_N_NAMED = 3  # phones in the name of a viseme


@dataclass(frozen=True, slots=True, eq=False)
class LearntMap:
    """A learnt map and the tree that it was cut from.

    Parameters
    ----------
    viseme_map : VisemeMap
        Its descriptions hold the evidence of each viseme.
    phones : tuple of str, length n_phones
        Rows and columns of the tables below.
    confusions : ndarray of float64, shape (n_phones, n_phones)
        Mean probability of the column's phone while that of the row is spoken.
    distances : ndarray of float64, shape (n_phones, n_phones)
        Between profiles, 0..1.
    tree : ndarray of float64, shape (n_phones - 1, 4)
        Linkage as SciPy has it: the two clusters joined, their distance, their size.
    """

    viseme_map: VisemeMap
    phones: tuple[str, ...]
    confusions: Floats
    distances: Floats
    tree: Floats

    @property
    def order(self) -> list[int]:
        """The phones as the leaves of the tree stand, so that those of a viseme are neighbours."""
        return [int(i) for i in leaves_list(self.tree)]

    @property
    def cut(self) -> float:
        """The distance at which the tree was cut: half way between the last join made and the first not made."""
        n_joined = len(self.phones) - (len(self.viseme_map.visemes) - 1)
        heights = np.concatenate([[0.0], self.tree[:, 2], [1.1 * self.tree[-1, 2]]])
        return float(0.5 * (heights[n_joined] + heights[n_joined + 1]))


def learn_map(confusions: LipConfusions, n_visemes: int, name: str, *, corpus: str) -> LearntMap:
    """Group the phones of a corpus into visemes.

    Parameters
    ----------
    confusions : LipConfusions
        Of the corpus.
    n_visemes : int
        How many, silence among them.
    name : str
        Id of the map: the stem of its file.
    corpus : str
        What to cite as its source.

    Raises
    ------
    ConfigError
        If there are not that many phones, or fewer than three visemes are asked for.
    """
    n_phones = len(confusions.phones)
    if not 3 <= n_visemes <= n_phones + 1:
        raise ConfigError("visemes", n_visemes, f"3 to {n_phones + 1}: these clips show {n_phones} phones often enough")
    matrix = confusions.matrix
    distances = _distances(matrix)
    tree = linkage(squareform(distances, checks=False), method="ward", optimal_ordering=True)
    label = fcluster(tree, n_visemes - 1, criterion="maxclust")
    order = [int(i) for i in leaves_list(tree)]
    groups = [[confusions.phones[i] for i in order if label[i] == key] for key in dict.fromkeys(label[order].tolist())]
    viseme_map = _as_map(groups, confusions, matrix, name, corpus)
    return LearntMap(viseme_map, confusions.phones, matrix, distances, np.asarray(tree))


def _distances(matrix: Floats) -> Floats:
    found = np.zeros_like(matrix)
    for i, j in combinations(range(len(matrix)), 2):
        found[i, j] = found[j, i] = jensenshannon(matrix[i], matrix[j], base=2)
    return found


def _as_map(groups: list[list[str]], confusions: LipConfusions, matrix: Floats, name: str, corpus: str) -> VisemeMap:
    classes = {
        _name_of(group): VisemeClass(tuple(group), _articulator(group), _evidence(group, confusions, matrix))
        for group in groups
    }
    classes[_SILENCE_VISEME] = VisemeClass((SILENCE,), "silence")
    missing = tuple(x for x in ARPABET if x not in confusions.phones and x != SILENCE)
    viseme_of = {phone: _name_of(group) for group in groups for phone in group}
    seldom = ", ".join(f"{phone} ({n} frames)" for phone, n in confusions.left_out)
    return VisemeMap(
        id=name,
        name=f"{len(classes)} visemes learnt from {corpus}",
        alphabet="arpabet",
        citation=f"visalign {__version__}, clustering of the phones that lips confuse, on {corpus}",
        source=f"{confusions.n_clips} clips, {len(confusions.speakers)} speaker(s), {len(confusions.spoken)} frames",
        confidence="A",
        silence=_SILENCE_VISEME,
        classes=classes,
        unlisted=missing,
        fill={phone: viseme_of[_most_alike(phone, confusions)] for phone in missing},
        notes="Unlisted phones are too seldom in the corpus, and stand with the phone that is made most like them."
        + (f" Seen, but too seldom: {seldom}." if seldom else ""),
    )


def _name_of(group: list[str]) -> str:
    return "_".join(group[:_N_NAMED]) + ("_etc" if len(group) > _N_NAMED else "")


def _evidence(group: list[str], confusions: LipConfusions, matrix: Floats) -> str:
    """How many frames a viseme rests on, and how often its phones look like one of its own, beside chance."""
    members = [confusions.phones.index(phone) for phone in group]
    n_frames = sum(confusions.n_frames[phone] for phone in group)
    own = matrix[np.ix_(members, members)].sum(axis=1).mean()
    return f"{n_frames} frames; taken for itself {own:.0%}, by chance {n_frames / len(confusions.spoken):.0%}"


def _most_alike(phone: str, confusions: LipConfusions) -> str:
    """The phone of the corpus that shares most of how it is made; the commoner one of equals."""
    return max(
        confusions.phones, key=lambda other: (_likeness(ARPABET[phone], ARPABET[other]), confusions.n_frames[other])
    )


def _likeness(one: Phone, other: Phone) -> int:
    """Features shared; what the lips show most counts most. The breath of HH is like a neutral vowel."""
    if one.place == "glottal":
        return int(other.is_vowel and not other.is_rounded) * (1 + (other.backness == "central"))
    if one.is_vowel != other.is_vowel:
        return 0
    if one.is_vowel:
        pairs = ((one.height, other.height), (one.backness, other.backness), (one.offglide, other.offglide))
        return 1 + 2 * (one.is_rounded == other.is_rounded) + sum(a == b for a, b in pairs)
    same_region = REGIONS.get(one.place or "") == REGIONS.get(other.place or "")
    shared = 4 * (one.place == other.place) + 2 * (one.is_rounded == other.is_rounded) + 2 * same_region
    return 1 + shared + (one.manner == other.manner) + (one.is_voiced == other.is_voiced)


def _articulator(group: list[str]) -> str:
    """What the lips do for a viseme; "other" where its phones disagree."""
    kinds = Counter(lips_of(phone) for phone in group)
    if len(kinds) == 1:
        return next(iter(kinds))
    kind, count = kinds.most_common(1)[0]
    return kind if kind in ("rounded", "open", "spread") and 2 * count > len(group) else "other"
