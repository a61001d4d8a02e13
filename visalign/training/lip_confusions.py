"""How far lips tell phones apart: a classifier of lip features, asked about speakers that it has not seen.

Both what a corpus says of viseme maps rest on this table: :mod:`visalign.training.map_learning` groups the phones that
it confuses, :mod:`visalign.training.map_evaluation` asks how much a map's visemes say about the lips.

Method
------
Each frame of speech is described by the lip features at five moments around it, and labelled with the phone that is
spoken there. A linear discriminant classifier (Gaussians with one covariance, shrunk after Ledoit and Wolf [1]_) is
trained without one group of clips, and gives the posterior of each phone for the frames of that group. How sure it may
be is measured on the other groups. Groups are the speakers; with fewer than three, fifths of the clips, and the result
then holds for those speakers only.

Conventions
-----------
Phones are ARPABET without stress. Silence is left out: at rest the lips tell no phone from another, and there is so
much of it that it would hide the rest. So are phones that too few frames show outside any one group.

References
----------
.. [1] O. Ledoit and M. Wolf, A well-conditioned estimator for large-dimensional covariance matrices, J. Multivariate
   Analysis 88(2), 2004.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visalign.errors import InputError
from visalign.language.phones import is_silence
from visalign.language.seen_phones import english_lips
from visalign.lips.lip_features import FEATURES
from visalign.lips.viseme_decoder import grid, stacked
from visalign.training.prepared_clips import PreparedClip

__all__ = ["LipConfusions", "LipFrames", "lip_confusions"]

Floats = npt.NDArray[np.float64]
Strings = npt.NDArray[np.str_]

MIN_FRAMES = 8
"""Frames that a phone needs outside each group: fewer give no mean worth classifying by."""

# Neighbouring frames repeat each other and other speakers look different, so the classifier is surer than it may be:
# its log-posteriors are scaled by the factor under which those of the other groups are right most often.
_TEMPERATURES = tuple(np.geomspace(0.05, 1.0, 14).tolist())

_MIN_SPEAKERS = 3
_FOLDS = 5
_COLUMNS = tuple(feature.name for feature in FEATURES)


@dataclass(frozen=True, slots=True, eq=False)
class LipFrames:
    """Frames of speech.

    Parameters
    ----------
    rows : ndarray of float64, shape (n_frames, n_columns)
        Lip features at the moments around each frame, normalised by clip.
    phones : ndarray of str, shape (n_frames,)
        What is spoken there.
    groups : ndarray of str, shape (n_frames,)
        Who speaks; with few speakers, which fifth of the clips.
    n_clips : int
    speakers : tuple of str
    """

    rows: Floats
    phones: Strings
    groups: Strings
    n_clips: int
    speakers: tuple[str, ...]

    @classmethod
    def of(cls, clips: Sequence[PreparedClip]) -> LipFrames:
        """The frames of `clips` in which there is speech and a face.

        Raises
        ------
        InputError
            If there are none.
        """
        speakers = tuple(sorted({clip.speaker for clip in clips}))
        few = len(speakers) < _MIN_SPEAKERS
        parts = [_frames_of(clip) for clip in clips]
        if not any(len(phones) for _, phones in parts):
            raise InputError("no frame of these clips has both speech and a face: there is nothing to learn from")
        groups = [f"part {k % _FOLDS + 1}" if few else clip.speaker for k, clip in enumerate(clips)]
        return cls(
            np.vstack([rows for rows, _ in parts]),
            np.concatenate([phones for _, phones in parts]),
            np.repeat(groups, [len(phones) for _, phones in parts]),
            len(clips),
            speakers,
        )


def _frames_of(clip: PreparedClip) -> tuple[Floats, Strings]:
    times, seen = grid(clip.lips)
    spoken = clip.phones.sample(times, outside="")
    kept = np.array([face and not is_silence(x) for face, x in zip(seen, spoken, strict=True)], dtype=bool)
    phones = np.array([english_lips(x) for x, keep in zip(spoken, kept, strict=True) if keep], dtype=np.str_)
    return stacked(clip.lips, times, _COLUMNS)[kept], phones


@dataclass(frozen=True, slots=True, eq=False)
class LipConfusions:
    """What the lips of each frame look like, by a classifier that has not seen their speaker.

    Parameters
    ----------
    phones : tuple of str, length n_phones
        Sorted.
    spoken : ndarray of int, shape (n_frames,)
        Index of the phone that is spoken.
    posteriors : ndarray of float64, shape (n_frames, n_phones)
        Probability of each phone by the lips alone, all phones being equally likely beforehand; rows sum to 1.
    frequencies : ndarray of float64, shape (n_frames, n_phones)
        How often each phone is spoken outside the frame's group; rows sum to 1.
    groups : ndarray of str, shape (n_frames,)
        Which group was left out.
    left_out : tuple of (str, int)
        Phones that are too seldom, with their number of frames.
    n_clips : int
    speakers : tuple of str
    """

    phones: tuple[str, ...]
    spoken: npt.NDArray[np.int64]
    posteriors: Floats
    frequencies: Floats
    groups: Strings
    left_out: tuple[tuple[str, int], ...]
    n_clips: int
    speakers: tuple[str, ...]

    @property
    def weighted(self) -> Floats:
        """Probability of each phone by the lips and by how often it is spoken, shape (n_frames, n_phones)."""
        found = self.posteriors * self.frequencies
        return np.asarray(found / np.maximum(found.sum(axis=1, keepdims=True), 1e-12))

    @property
    def matrix(self) -> Floats:
        """Mean of `weighted` for the phones of the columns while that of the row is spoken; rows sum to 1."""
        weighted = self.weighted
        return np.array([weighted[self.spoken == k].mean(axis=0) for k in range(len(self.phones))])

    @property
    def n_frames(self) -> dict[str, int]:
        """Frames of each phone."""
        counts = np.bincount(self.spoken, minlength=len(self.phones))
        return dict(zip(self.phones, map(int, counts), strict=True))


def lip_confusions(clips: Sequence[PreparedClip]) -> LipConfusions:
    """Classify the lips of every frame by what the other groups of clips look like.

    Raises
    ------
    InputError
        If fewer than two phones are seen often enough.
    """
    frames = LipFrames.of(clips)
    groups = sorted(set(frames.groups.tolist()))
    phones, left_out = _frequent(frames, groups)
    if len(phones) < 2 or len(groups) < 2:
        raise InputError(
            f"{len(clips)} clip(s) show {len(phones)} phone(s) in {MIN_FRAMES} frames or more outside each speaker: "
            "too few to compare. Give some dozen clips; hundreds from several speakers are good."
        )
    kept = np.isin(frames.phones, phones)
    rows, spoken = frames.rows[kept], np.searchsorted(phones, frames.phones[kept])
    group_of = frames.groups[kept]
    posteriors = np.zeros((len(rows), len(phones)))
    frequencies = np.zeros_like(posteriors)
    for group in groups:
        here = group_of == group
        posteriors[here] = _posteriors(rows[~here], spoken[~here], rows[here], len(phones))
        counts = np.bincount(spoken[~here], minlength=len(phones))
        frequencies[here] = counts / counts.sum()
    tempered = _tempered(posteriors, frequencies, spoken, group_of)
    return LipConfusions(phones, spoken, tempered, frequencies, group_of, left_out, frames.n_clips, frames.speakers)


def _frequent(frames: LipFrames, groups: Iterable[str]) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...]]:
    """Phones with `MIN_FRAMES` outside each group, and the others with their number of frames."""
    outside = [
        dict(zip(*np.unique(frames.phones[frames.groups != g], return_counts=True), strict=True)) for g in groups
    ]
    everywhere = dict(zip(*np.unique(frames.phones, return_counts=True), strict=True))
    kept = tuple(str(x) for x in everywhere if all(counts.get(x, 0) >= MIN_FRAMES for counts in outside))
    return kept, tuple((str(x), int(n)) for x, n in everywhere.items() if str(x) not in kept)


def _posteriors(known: Floats, spoken: npt.NDArray[np.int64], asked: Floats, n_phones: int) -> Floats:
    if not len(asked):
        return np.zeros((0, n_phones))
    # scikit-learn takes a second to load, which the rest of the package should not wait for
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    equal = np.full(n_phones, 1.0 / n_phones)
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=equal).fit(known, spoken)
    return np.asarray(model.predict_proba(asked))


def _tempered(posteriors: Floats, frequencies: Floats, spoken: npt.NDArray[np.int64], groups: Strings) -> Floats:
    """Posteriors of each group, less sure of themselves by a factor that is fitted on the other groups."""
    logs, result = np.log(np.maximum(posteriors, 1e-30)), np.empty_like(posteriors)
    chosen = np.array([_softmax(t * logs + np.log(frequencies))[np.arange(len(spoken)), spoken] for t in _TEMPERATURES])
    log_chosen = np.log(np.maximum(chosen, 1e-30))
    for group in np.unique(groups):
        here = groups == group
        best = _TEMPERATURES[int(log_chosen[:, ~here].mean(axis=1).argmax())]
        result[here] = _softmax(best * logs[here])
    return result


def _softmax(logs: Floats) -> Floats:
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
