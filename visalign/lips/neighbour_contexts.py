r"""How neighbours change what a phone shows on the lips, and the hidden Markov model that knows them.

Lips begin a closure before the sound that comes before it has ended, and stay round after it. Each state's mean is
therefore shifted by what was met *after* and *before* a neighbour of each class (closed, rounded, other lips),

.. math:: \mu_{s,l,r} = \mu_s + a_{l,s} + b_{r,s}

as trees of triphones tie their states by questions about neighbours [1]_, here with two questions that the eye can
answer and with shifts that add up, so that no pair of neighbours need have been met together.

Method
------
A state of the expanded model is a state s of the decoder with the class l of the phone before its own and the class r
of the phone after it. Within a phone nothing changes but s. Towards a phone p' the decoder's own transitions hold,
given that its class is r as the state has promised; the new state remembers the class of p, and promises a class by
how often phones of each class follow p':

.. math::

   P(s', l', r' \mid s, l, r) = [\,l' = c(p), c(p') = r\,]\;
   P(s' \mid s) \frac{\sum_{q} P(q \mid s)}{\sum_{q : c(q) = r} P(q \mid s)} P(r' \mid p')

with sums over states of other phones. No more of what follows what is learnt than without contexts, so the sentences
of the training are not. The recursions use this form: a step costs no more than a small multiple of one of the
decoder without contexts.

Where it is known which phone stands beside a state, as in the words of a grammar, the shift beside this very phone
counts, if it was met there (:meth:`NeighbourContexts.shift`).

References
----------
.. [1] S. J. Young, J. J. Odell and P. C. Woodland, Tree-based state tying for high accuracy acoustic modelling, ARPA
   Workshop on Human Language Technology, 1994.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.language.phones import BILABIALS, ROUNDED

__all__ = ["ContextStates", "NeighbourContexts", "lip_class"]

Floats: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = npt.NDArray[np.int64]


def lip_class(phone: str) -> int:
    """What a phone of ARPABET does to its neighbours' lips: 0 nothing of its own, 1 closes them, 2 rounds them."""
    return 1 if phone in BILABIALS else 2 if phone in ROUNDED else 0


@dataclass(frozen=True, eq=False)
class NeighbourContexts:
    """What neighbours of each class do to the means of a decoder's states.

    Parameters
    ----------
    classes : ndarray of int, shape (n_states,)
        Class of each state's phone, as a neighbour: 0 to n_classes - 1.
    after, before : ndarray, shape (n_classes, n_states, n_dims)
        Shift of a state's mean after, and before, a phone of each class.
    following : ndarray, shape (n_states, n_classes)
        Probability of the class of the phone that follows the state's phone; rows sum to 1.
    pairs : ndarray of int, shape (n_pairs_met, 3)
        Side (0 after, 1 before), first state of the neighbour's phone, state.
    pair_shifts : ndarray, shape (n_pairs_met, n_dims)
        Shift of the state's mean beside this phone, in place of that beside its class.
    """

    classes: Numbers
    after: Floats
    before: Floats
    following: Floats
    pairs: Numbers
    pair_shifts: Floats

    def __post_init__(self) -> None:
        n, k = self.following.shape if self.following.ndim == _MATRIX else (0, 0)
        if self.classes.shape != (n,) or not n or set(self.classes.tolist()) - set(range(k)):
            raise ValueError(f"classes of neighbours do not fit: {self.classes.shape} for {n} states in {k} classes")
        if self.after.ndim != _SHIFTS or self.after.shape[:2] != (k, n) or self.before.shape != self.after.shape:
            raise ValueError(f"shifts by neighbours do not fit: {self.after.shape}, {self.before.shape}")
        if self.pairs.shape != (len(self.pair_shifts), 3) or self.pair_shifts.shape[1:] != self.after.shape[2:]:
            raise ValueError(f"pairs of neighbours do not fit: {self.pairs.shape}, {self.pair_shifts.shape}")
        if len(self.pairs) and not (self.pairs.min() >= 0 and (self.pairs.max(axis=0) < (_SIDES, n, n)).all()):
            raise ValueError("pairs of neighbours are of states that do not exist")
        if not all(np.isfinite(x).all() for x in (self.after, self.before, self.following, self.pair_shifts)):
            raise ValueError("shifts by neighbours are not finite")
        if self.following.min() < 0 or np.abs(self.following.sum(axis=1) - 1).max() > _SUM_TOLERANCE:
            raise ValueError("the probabilities of what follows do not sum to 1, or are negative")

    @cached_property
    def _shift_of(self) -> dict[tuple[int, int, int], Floats]:
        return dict(zip(map(tuple, self.pairs.tolist()), self.pair_shifts, strict=True))

    def shift(self, state: int, left: int | None, right: int | None) -> Floats:
        """Shift of a state's mean between two phones, each given by its first state; None: whatever stands there."""
        total = np.zeros(self.after.shape[2])
        for side, beside, by_class in ((0, left, self.after), (1, right, self.before)):
            if beside is not None:
                total += self._shift_of.get((side, beside, state), by_class[self.classes[beside], state])
        return total

    @property
    def n_contexts(self) -> int:
        """Pairs of a class before and a class after."""
        return int(self.following.shape[1]) ** 2

    def means(self, means: Floats) -> Floats:
        """Means of the expanded states, shape (n_states * n_contexts, n_dims); the class after is the fastest index."""
        after, before = self.after.transpose(1, 0, 2), self.before.transpose(1, 0, 2)
        expanded = means[:, None, None] + after[:, :, None] + before[:, None, :]
        return expanded.reshape(-1, means.shape[1])

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Plain arrays, for a model file."""
        arrays = {f"context_{name}": getattr(self, name) for name in _WHOLE}
        return arrays | {f"context_{name}": getattr(self, name).astype(np.float32) for name in _REAL}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> NeighbourContexts:
        """Build from what :meth:`to_arrays` gave.

        Raises
        ------
        ValueError, KeyError
            If the arrays do not fit one another, or one is missing.
        """
        parts: dict[str, Any] = {name: np.asarray(arrays[f"context_{name}"], np.int64) for name in _WHOLE}
        return cls(**parts | {name: np.asarray(arrays[f"context_{name}"], np.float64) for name in _REAL})


_WHOLE, _REAL = ("classes", "pairs"), ("after", "before", "following", "pair_shifts")
_MATRIX, _SHIFTS, _SIDES, _SUM_TOLERANCE = 2, 3, 2, 1e-6

# Natural log by which a state may explain a moment worse than the best one: it may be the only one that can be reached,
# and what is less sinks below what numbers hold.
_DEEPEST = -300.0


@dataclass(frozen=True, eq=False)
class ContextStates:
    """The expanded model, ready for its recursions.

    Parameters
    ----------
    phones : sequence of str, length n_states
        Phone of each state.
    start, transitions : ndarray, shapes (n_states,) and (n_states, n_states)
        Of the decoder without contexts.
    contexts : NeighbourContexts
    first : int
        Class of what comes before the first moment: of silence.
    """

    phones: Sequence[str]
    start: Floats
    transitions: Floats
    contexts: NeighbourContexts
    first: int

    def posteriors(self, evidence: Floats, preferred: Floats) -> Floats:
        r"""Posterior of each expanded state at each moment, over all paths.

        Parameters
        ----------
        evidence : ndarray, shape (n_times, n_states * n_contexts)
            Log-likelihoods, to within a constant a moment, in the order of :meth:`NeighbourContexts.means`.
        preferred : ndarray, shape (n_states,)
            Natural log by which states are preferred.

        Returns
        -------
        ndarray, shape (n_times, n_states * n_contexts)
            Rows sum to 1.
        """
        n, k = self.contexts.following.shape
        logs = evidence.reshape(-1, n, k, k) + preferred[:, None, None]
        best = logs.max(axis=(1, 2, 3), keepdims=True, initial=-np.inf)
        likely = np.exp(np.maximum(logs - best, _DEEPEST))
        forward, backward = np.empty_like(likely), np.ones_like(likely)
        for t, here in enumerate(likely):
            forward[t] = _scaled(here * (self._first if t == 0 else self._onward(forward[t - 1])))
        for t in range(len(likely) - 2, -1, -1):
            backward[t] = _scaled(self._back(likely[t + 1] * backward[t + 1]))
        both = forward * backward
        return np.asarray((both / both.sum(axis=(1, 2, 3), keepdims=True)).reshape(len(both), n * k * k))

    def _onward(self, state: Floats) -> Floats:
        """One step of the forward recursion, shape (n_states, n_classes, n_classes)."""
        n, k = self.contexts.following.shape
        within = (self._staying.T @ state.reshape(n, -1)).reshape(n, k, k)
        promised = state.sum(axis=1) * self._rest  # whatever came before, shape (n_states, n_classes)
        arriving = (self._of_class @ (promised[:, self.contexts.classes] * self._leaving)).T
        return np.asarray(within + arriving[:, :, None] * self._promises[:, None, :])

    def _back(self, state: Floats) -> Floats:
        """One step of the backward recursion, shape (n_states, n_classes, n_classes)."""
        n, k = self.contexts.following.shape
        within = (self._staying @ state.reshape(n, -1)).reshape(n, k, k)
        ahead = (state * self._promises[:, None, :]).sum(axis=2)  # of a new phone, by the class before it
        reached = self._leaving * ahead[:, self.contexts.classes].T  # from each state to each new one
        return np.asarray(within + (reached @ self._of_class.T * self._rest)[:, None, :])

    @cached_property
    def _staying(self) -> Floats:
        return np.where(self._same, self.transitions, 0.0)

    @cached_property
    def _leaving(self) -> Floats:
        return np.where(self._same, 0.0, self.transitions)

    @cached_property
    def _same(self) -> npt.NDArray[np.bool_]:
        names = np.array(self.phones)
        return np.asarray(names[:, None] == names)

    @cached_property
    def _of_class(self) -> Floats:
        """1 where a state's phone is of a class, shape (n_classes, n_states)."""
        return np.eye(self.contexts.following.shape[1])[self.contexts.classes].T

    @cached_property
    def _share(self) -> Floats:
        """What leads from each state to other phones of each class, shape (n_states, n_classes)."""
        return np.asarray(self._leaving @ self._of_class.T)

    @cached_property
    def _promises(self) -> Floats:
        """Probability of the class that is promised on entering a state; what its phone is never left for is not."""
        kept = (self._same @ (self._share > 0)) > 0
        promised = np.where(kept | ~kept.any(axis=1, keepdims=True), self.contexts.following, 0.0)
        whole = promised.sum(axis=1, keepdims=True)
        even = kept / np.maximum(kept.sum(axis=1, keepdims=True), 1)
        return np.asarray(np.divide(promised, whole, out=even, where=whole > 0))

    @cached_property
    def _rest(self) -> Floats:
        """By what the ways towards a promised class gain because those to the others are closed."""
        whole = self._share.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(whole, self._share, out=np.zeros_like(self._share), where=self._share > 0))

    @cached_property
    def _first(self) -> Floats:
        start = np.zeros((*self.contexts.following.shape, self.contexts.following.shape[1]))
        start[:, self.first] = self.start[:, None] * self._promises
        return start


def _scaled(state: Floats) -> Floats:
    return np.asarray(state / state.sum())
