r"""Which of the faces in the picture speaks, and when none of them does.

Method
------
The sound is cut into turns: at cuts of the picture, at pauses of the voice, and after `_TURN_SECONDS` at the latest.
For each turn and face, the lip model's evidence summed over the turn's frames says how well that face's lips fit the
sound at each lag. How much better than the wrong lags,

.. math:: g_{tf}(L) = \tau (\ell_{tf}(L) - \operatorname{median}_{L'} \ell_{tf}(L'))

with the calibrated temperature :math:`\tau`, can be compared between faces; how usual a face is for the model can't
(docs/decisions/0006-word-scores.md). All turns share one lag, since a clip has one offset: the one that makes
:math:`\sum_t \log \sum_f \exp g_{tf}(L)` largest. At that lag a Viterbi search finds the sequence of faces; a change of
face is free at a cut, costs `_CHANGE_AT_PAUSE` at a pause and `_CHANGE_IN_SPEECH` within speech.

A face whose mouth rests while a voice is heard does not speak: somebody off screen does. What is said there is left out
of the judgement and is therefore "uncertain", not out of sync. A mouth rests where both its apertures vary by less than
`_REST` (standard deviation) through a turn of at least `_MIN_REST_SECONDS`.

Conventions
-----------
Faces are numbered from 1 (:mod:`visalign.lips.clip_faces`), 0 stands for none. Frames without speech go with the
nearest turn of their shot.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.files.scratch import release, scratch_array
from visalign.lips.clip_faces import ClipFaces
from visalign.lips.lip_features import LipFeatures
from visalign.numerics import logsumexp
from visalign.parameters import EvidenceParams
from visalign.sync.estimate import LagEvidence, lag_evidence
from visalign.sync.lip_model import Calibration, LipModel
from visalign.sync.match import match_of
from visalign.sync.speech_context import SpeechContext
from visalign.sync.wide_search import SearchRange
from visalign.timeline import FrameTimes

__all__ = [
    "FaceCandidate",
    "SpeakingFace",
    "choose_face",
    "find_speaking_face",
    "off_screen_frames",
    "without_frames",
]

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Numbers: TypeAlias = npt.NDArray[np.int64]

# A silence of at least this much may be a change of speaker; a turn is no longer than the second figure.
_PAUSE_SECONDS = 0.3
_TURN_SECONDS = 2.0
_CHANGE_AT_PAUSE = 1.0  # natural log of the odds against a change
_CHANGE_IN_SPEECH = 3.0

# Standard deviation of the apertures, iod, over 15 frames of GRID at 25 a second: while somebody speaks it is never
# below 0.011 (814 stretches, 8 speakers); before they begin its median is 0.004 and its third quartile 0.005.
_REST = 0.008
_MIN_REST_SECONDS = 0.6
_APERTURES = ("inner_aperture", "outer_aperture")


@dataclass(frozen=True, slots=True)
class FaceCandidate:
    """How well one face fits what is heard.

    Parameters
    ----------
    number : int
        From 1.
    centre_x, centre_y : float
        Where it is, parts of the picture's width and height.
    shown : float
        Part of the frames that show it, 0..1.
    match : float or None
        Probability that its lips belong to this sound, from all frames of speech that show it; None where it was not
        compared, because the user chose.
    speaks : float
        Part of the frames of speech that were given to it, 0..1.
    """

    number: int
    centre_x: float
    centre_y: float
    shown: float
    match: float | None
    speaks: float


@dataclass(frozen=True, slots=True, eq=False)
class SpeakingFace:
    """The lips to be judged.

    Parameters
    ----------
    lips : LipFeatures
        Those of the chosen faces, one after the other.
    chosen : ndarray of int, shape (n_frames,)
        Number of the face of each frame; 0 for none.
    candidates : tuple of FaceCandidate
        All faces, in the order of their numbers; empty where there is one only.
    """

    lips: LipFeatures
    chosen: Numbers
    candidates: tuple[FaceCandidate, ...]


def find_speaking_face(
    faces: ClipFaces,
    model: LipModel,
    context: SpeechContext,
    spoken: Flags,
    search: SearchRange,
    params: EvidenceParams,
    *,
    recognised: bool,
) -> SpeakingFace:
    """Choose, turn by turn, the face whose lips fit the sound best.

    Parameters
    ----------
    faces : ClipFaces
        What was seen.
    model : LipModel
    context : SpeechContext
        What is heard.
    spoken : ndarray of bool, shape (n_frames,)
        Frames of speech.
    search : SearchRange
        Where the common lag is sought.
    params : EvidenceParams
        How the streams of the model are weighed.
    recognised : bool
        Whether the phones of `context` were recognised without a transcript.
    """
    calibration = model.calibration.trusted(params)
    found = [_Seen.of(face.lips, model, context, search, params) for face in faces.faces]
    turns = _turns(faces.times, faces.shots, spoken)
    visible = np.array([[face.is_in(turn) for face in found] for turn in turns])
    gains = [
        np.array([face.gains(turn, calibration) for face, is_seen in zip(found, seen, strict=True) if is_seen])
        for turn, seen in zip(turns, visible, strict=True)
    ]
    lag = int(np.sum([logsumexp(rows, axis=0) for rows in gains if len(rows)], axis=0).argmax())
    at_lag = np.full(visible.shape, -np.inf)
    at_lag[visible] = np.concatenate([rows[:, lag] for rows in gains if len(rows)])
    path = _best_path(at_lag, visible, _costs_of_change(turns, faces, spoken))
    chosen = np.zeros(len(faces.shots), np.int64)
    for turn, number in zip(turns, path, strict=True):
        chosen[turn] = number + 1
    matches = [
        match_of(model, face.lips.while_seen()[1], context, search, params, recognised=recognised).probability(
            calibration
        )
        if face.lips.has_face[spoken].any()
        else None
        for face in faces.faces
    ]
    return SpeakingFace(faces.joined(chosen), chosen, _candidates(faces, matches, chosen, spoken))


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A face from its first frame to its last: a film has hundreds of faces, each of them in few shots."""

    first: int
    has_face: Flags  # from there on
    evidence: LagEvidence

    @classmethod
    def of(
        cls, lips: LipFeatures, model: LipModel, context: SpeechContext, search: SearchRange, params: EvidenceParams
    ) -> _Seen:
        first, part = lips.while_seen()
        evidence = lag_evidence(
            model.streams, part, context, search.reach, params, centre=search.centre, course=search.course
        )
        return cls(first, part.has_face, evidence)

    def own(self, frames: Numbers) -> Numbers:
        """Which of some frames of the clip are among its own, and their numbers there."""
        index = frames - self.first
        return index[(index >= 0) & (index < len(self.has_face))]

    def is_in(self, turn: Numbers) -> bool:
        return bool(self.has_face[self.own(turn)].any())

    def gains(self, turn: Numbers, calibration: Calibration) -> Floats:
        """Tempered log-likelihood of each lag in a turn, over the median of all lags."""
        total = self.evidence.log_likelihoods[self.own(turn)].sum(axis=0)
        return np.asarray(calibration.temperature * (total - np.median(total)))


def choose_face(faces: ClipFaces, number: int, spoken: Flags) -> SpeakingFace:
    """The face that the user named, wherever it is seen."""
    lips = faces.numbered(number).lips
    chosen = np.where(lips.has_face, number, 0).astype(np.int64)
    return SpeakingFace(lips, chosen, _candidates(faces, [None] * len(faces.faces), chosen, spoken))


def off_screen_frames(lips: LipFeatures, spoken: Flags) -> Flags:
    """Frames in which a voice is heard while the mouth in the picture rests, shape (n_frames,)."""
    away = np.zeros(len(lips), bool)
    if not set(_APERTURES) <= set(lips.names):
        return away
    apertures = np.column_stack([lips.column(name) for name in _APERTURES])
    for turn in _turns(lips.times, np.zeros(len(lips), np.int64), spoken):
        heard = turn[spoken[turn]]
        seen = heard[lips.has_face[heard]]
        if len(seen) < 2 or lips.times.times[seen[-1]] - lips.times.times[seen[0]] < _MIN_REST_SECONDS:
            continue
        away[turn] = bool(np.all(apertures[seen].std(axis=0) < _REST))
    return away


def _turns(times: FrameTimes, shots: Numbers, spoken: Flags) -> list[Numbers]:
    """Frames of each turn; together they are all frames."""
    turns = list[Numbers]()
    for shot in np.unique(shots):
        frames = np.flatnonzero(shots == shot)
        edges = _edges(times.centres[frames], spoken[frames])
        turns += [part for part in np.split(frames, edges) if len(part)]
    return turns


def _edges(centres: Floats, spoken: Flags) -> list[int]:
    """Where a new turn begins within a shot: in the middle of pauses, and evenly within long speech."""
    heard = np.flatnonzero(spoken)
    if not len(heard):
        return []
    gaps = np.flatnonzero(np.diff(centres[heard]) >= _PAUSE_SECONDS)
    pauses = [int((heard[g] + heard[g + 1] + 1) // 2) for g in gaps]
    edges = list(pauses)
    for first, last in zip([0, *(gaps + 1)], [*gaps, len(heard) - 1], strict=True):
        begin, end = centres[heard[first]], centres[heard[last]]
        n_parts = int(np.ceil((end - begin) / _TURN_SECONDS))
        inner = begin + (end - begin) * np.arange(1, n_parts) / max(n_parts, 1)
        edges += np.searchsorted(centres, inner).tolist()
    return sorted(set(edges))


def _costs_of_change(turns: Sequence[Numbers], faces: ClipFaces, spoken: Flags) -> Floats:
    """Log odds against a change of face before each turn but the first, shape (n_turns - 1,)."""
    costs = []
    for before, after in itertools.pairwise(turns):
        if faces.shots[before[-1]] != faces.shots[after[0]]:
            costs.append(0.0)
        else:
            costs.append(_CHANGE_IN_SPEECH if spoken[before[-1]] and spoken[after[0]] else _CHANGE_AT_PAUSE)
    return np.array(costs)


def _best_path(gains: Floats, visible: Flags, costs: Floats) -> list[int]:
    """Index of the face of each turn, -1 where none is visible."""
    n_turns, n_faces = gains.shape
    anyone: Flags = np.asarray(visible.any(axis=1))
    total = np.where(anyone[:, None], gains, 0.0)
    back = np.zeros((n_turns, n_faces), np.int64)
    best = total[0]
    for turn in range(1, n_turns):
        moves = best[:, None] - costs[turn - 1] * (1 - np.eye(n_faces))
        back[turn] = moves.argmax(axis=0)
        best = moves.max(axis=0) + total[turn]
    path = [int(best.argmax())]
    for turn in range(n_turns - 1, 0, -1):
        path.append(int(back[turn, path[-1]]))
    return [face if visible[turn, face] else -1 for turn, face in enumerate(reversed(path))]


def _candidates(
    faces: ClipFaces, matches: Sequence[float | None], chosen: Numbers, spoken: Flags
) -> tuple[FaceCandidate, ...]:
    if len(faces.faces) == 1:
        return ()
    result = list[FaceCandidate]()
    for face, match in zip(faces.faces, matches, strict=True):
        speaks = float((chosen[spoken] == face.number).mean()) if spoken.any() else 0.0
        result.append(FaceCandidate(face.number, *face.centre, face.lips.face_fraction, match, speaks))
    return tuple(result)


def without_frames(evidence: LagEvidence, frames: Flags) -> LagEvidence:
    """The same evidence, silent about some frames."""
    if not frames.any():
        return evidence
    rest = scratch_array(evidence.log_likelihoods.shape, np.float64)
    for part in evidence.blocks():
        rest[part] = np.where(frames[part, None], 0.0, evidence.log_likelihoods[part])
        release(rest)
    return replace(evidence, log_likelihoods=rest)
