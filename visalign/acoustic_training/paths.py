"""How an utterance was aligned: its phones, and the state of each frame; and what that says under a tree.

Conventions
-----------
Phones by number, see :mod:`visalign.acoustic_training.tied_states`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visalign.acoustic_training.tied_states import N_STATES, NOISES, TiedStates

__all__ = ["Path", "evenly"]

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """An alignment.

    Parameters
    ----------
    phones : ndarray of int, shape (n_phones,)
    words : ndarray of int, shape (n_phones,)
        The word of each; −1 for a pause.
    lengths : ndarray of int, shape (n_phones,)
        Frames of each.
    states : ndarray of int, shape (n_frames,)
        The state within the phone.
    """

    phones: Integers
    words: Integers
    lengths: Integers
    states: Integers

    @property
    def n_frames(self) -> int:
        """Frames."""
        return len(self.states)

    @property
    def spoken(self) -> npt.NDArray[np.bool_]:
        """Frames that are no noise, shape (n_frames,)."""
        return np.repeat(self.phones > len(NOISES), self.lengths)

    def contexts(self) -> Integers:
        """Phone before, phone, phone after and state of each frame, shape (n_frames, 4)."""
        around = np.stack([np.append(0, self.phones[:-1]), self.phones, np.append(self.phones[1:], 0)], axis=1)
        return np.concatenate([np.repeat(around, self.lengths, axis=0), self.states[:, None]], axis=1)

    def pdfs(self, tied: TiedStates) -> Integers:
        """The distribution of each frame."""
        contexts = self.contexts()
        unique, inverse = np.unique(contexts, axis=0, return_inverse=True)
        found = np.array([tied.pdf(*row) for row in unique.tolist()], dtype=np.int64)
        return np.asarray(found[inverse.reshape(-1)])

    def moves(self, tied: TiedStates, pdfs: Integers) -> Integers:
        """The move out of each frame's state."""
        phones = np.repeat(self.phones, self.lengths)
        ends = np.cumsum(self.lengths) - 1
        targets = np.append(self.states[1:], 0)
        targets[ends] = [len(tied.topology(phone)) for phone in self.phones.tolist()]
        return tied.moves(phones, self.states, pdfs, targets)


def evenly(phones: Integers, words: Integers, lengths: Integers, tied: TiedStates) -> Path:
    """A path that goes through the states of each phone in steps as even as its frames allow.

    Where there are fewer frames than states, states are left out that may be: the topology lets a phone last a frame.
    """
    states = [_even_states(length, len(tied.topology(phone))) for phone, length in zip(phones, lengths, strict=True)]
    return Path(phones, words, lengths, np.concatenate(states))


def _even_states(length: int, n_states: int) -> Integers:
    if n_states == N_STATES:  # the first and the last state of a phone last a frame
        return np.array([[0], [0, 2], [0, 1, 2]][length - 1] if length <= 3 else [0] + [1] * (length - 2) + [2])
    if length < n_states:
        return np.round(np.linspace(0, n_states - 1, length)).astype(np.int64)
    return np.arange(length) * n_states // length
