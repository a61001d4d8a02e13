"""Train the hidden Markov model that reads visemes off the lips.

Method
------
A phone has :data:`STATES_PER_PHONE` states; the moments that the aligner gave it are divided evenly between them. The
features of seven moments are reduced by linear discriminant analysis between these states; the covariance within them
gets a strong ridge, because the habits of a dozen speakers are not to be learnt. Transitions are
counted moment by moment, so that durations are learnt as well. A speaker counts by the root of their number of frames,
so that none is the model.

How much higher one half of a mouth or one corner lies than the other is a habit, or a fault of the landmarks: it is
left out.

The constants were chosen on leave-one-speaker-out runs over GRID; docs/decisions/0060-viseme-decoder.md and
0183-what-strangers-share.md have the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh

from visalign.language.seen_phones import english_lips
from visalign.lips.lip_features import FEATURES, LipFeatures
from visalign.lips.viseme_decoder import VisemeDecoder, grid, stacked
from visalign.timeline import Tier

__all__ = ["STATES_PER_PHONE", "LabelledLips", "fit_decoder", "speaker_weights"]

Floats: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = npt.NDArray[np.int64]

STATES_PER_PHONE = 3
MOMENTS = (-0.12, -0.08, -0.04, 0.0, 0.04, 0.08, 0.12)  # seconds
DIMS = 60  # at most; one less than the states of the training
RIDGE = 2.0  # of the mean variance within states
EVIDENCE_SCALE = 0.8
# Natural log by which closed lips are preferred: without it a quarter of the closures is overlooked.
CLOSURE_BIAS = 1.0
SATURATION = 1.0  # standard deviations of a clip (docs/decisions/0168-lips-of-strangers.md)
ADAPTATION_FRAMES = 20.0  # that the training's means count against those of the clip
SHARPNESS = 0.2  # posteriors to this power are right as often as they say; every speaker left out chooses it
_ADDED_COUNT = 0.02  # to each transition
_MIN_FRAMES = 3  # of a state; with fewer it has the mean of its phone

_NAMES = tuple(feature.name for feature in FEATURES if "asymmetry" not in feature.name)
_SILENCE = "SIL"


class LabelledLips(Protocol):
    """What the training needs of a clip."""

    @property
    def lips(self) -> LipFeatures:
        """What the lips do."""
        ...

    @property
    def phones(self) -> Tier:
        """What is said: ARPABET, or IPA of any language, which counts as the English phones that look like it."""
        ...

    @property
    def speaker(self) -> str:
        """Who says it."""
        ...


def fit_decoder(clips: Sequence[LabelledLips], columns: Sequence[str] = _NAMES) -> VisemeDecoder:
    """Fit all parts of the decoder.

    Parameters
    ----------
    clips : sequence of LabelledLips
        At least one with a face.
    columns : sequence of str
        Features that it looks at; by default all that do not compare one side of the mouth with the other.
    """
    names = tuple(columns)
    rows, labels, parts, weights = [], [], [], []
    weight_of = speaker_weights(clips)
    for clip in clips:
        times, seen = grid(clip.lips)
        rows.append(stacked(clip.lips, times, names, MOMENTS, SATURATION)[seen])
        spoken, part = _states(clip.phones, times[seen])
        labels.append(spoken)
        parts.append(part)
        weights.append(np.full(len(spoken), weight_of[clip.speaker]))
    x, y, w = np.vstack(rows), np.concatenate(labels), np.concatenate(weights)
    phones = tuple(sorted(set(y.tolist())))
    index = [np.searchsorted(phones, spoken) for spoken in labels]
    centre = np.average(x, axis=0, weights=w)
    states = [STATES_PER_PHONE * i + part for i, part in zip(index, parts, strict=True)]
    projection = _discriminants(x - centre, np.concatenate(states), w)
    reduced = (x - centre) @ projection
    means = _state_means(reduced, np.concatenate(states), np.concatenate(index), w, len(phones))
    start, transitions = _bigrams(states, STATES_PER_PHONE * len(phones))
    return VisemeDecoder(
        names,
        tuple(phone for phone in phones for _ in range(STATES_PER_PHONE)),
        centre,
        projection,
        means,
        start,
        transitions,
        EVIDENCE_SCALE,
        MOMENTS,
        CLOSURE_BIAS,
        ADAPTATION_FRAMES,
        SATURATION,
        SHARPNESS,
    )


def speaker_weights(clips: Sequence[LabelledLips]) -> dict[str, float]:
    """What a frame of each speaker counts, 1 on average over all frames: by the root of their number of frames."""
    n_frames: dict[str, int] = {}
    for clip in clips:
        n_frames[clip.speaker] = n_frames.get(clip.speaker, 0) + int(clip.lips.has_face.sum())
    norm = sum(n_frames.values()) / sum(n**0.5 for n in n_frames.values())
    return {speaker: norm * n**-0.5 for speaker, n in n_frames.items() if n}


def _states(phones: Tier, times: Floats) -> tuple[npt.NDArray[np.str_], Numbers]:
    """Phone at each time, and which part of it, by number: the moments of a phone are divided evenly."""
    sampled = phones.sample(times, outside=_SILENCE)
    labels = np.array(list(map(english_lips, sampled)))
    parts = np.zeros(len(labels), np.int64)
    edges = np.flatnonzero(labels[1:] != labels[:-1]) + 1
    for run in np.split(np.arange(len(labels)), edges):
        parts[run] = STATES_PER_PHONE * (np.arange(len(run)) + 0.5) // max(len(run), 1)
    return labels, parts


def _discriminants(x: Floats, states: Numbers, w: Floats) -> Floats:
    """Linear discriminants between states, scaled so that the covariance within them is the identity."""
    met, y = np.unique(states, return_inverse=True)
    means = np.array([np.average(x[y == k], axis=0, weights=w[y == k]) for k in range(len(met))])
    share = np.bincount(y, w, len(met)) / w.sum()
    between = (means * share[:, None]).T @ means
    residual = x - means[y]
    within = (residual * w[:, None]).T @ residual / w.sum()
    within += RIDGE * np.trace(within) / len(within) * np.eye(len(within))
    _, vectors = eigh(between, within)
    return np.asarray(vectors[:, ::-1][:, : min(DIMS, len(met) - 1)])


def _state_means(rows: Floats, states: Numbers, phones: Numbers, w: Floats, n_phones: int) -> Floats:
    """Mean of each state; that of its phone where it was hardly met."""
    means = np.empty((STATES_PER_PHONE * n_phones, rows.shape[1]))
    for state in range(len(means)):
        own = states == state
        if own.sum() < _MIN_FRAMES:
            own = phones == state // STATES_PER_PHONE
        means[state] = np.average(rows[own], axis=0, weights=w[own])
    return means


def _bigrams(states: Sequence[Numbers], n_states: int) -> tuple[Floats, Floats]:
    """Start and transition probabilities."""
    start, counts = np.full(n_states, _ADDED_COUNT), np.full((n_states, n_states), _ADDED_COUNT)
    for sequence in states:
        if len(sequence):
            start[sequence[0]] += 1
            np.add.at(counts, (sequence[:-1], sequence[1:]), 1)
    return start / start.sum(), counts / counts.sum(axis=1, keepdims=True)
