"""Make a lip model from clips with transcripts.

Method
------
Each clip is aligned and its lips are read once. All that the regression needs of a speaker is two matrices (Gram and
cross product), so leaving a speaker out costs a subtraction. Predictions for each speaker come from the others: they
give the covariance of what is left over, the directions in which lips are predictable, and the calibration. Speakers
with many clips are weighted down by the root of their share, so that none is the model.

With fewer than three speakers, fifths of the clips take the place of the speakers left out; the calibration is then one
for those speakers only, and the report says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve, eigh

from visalign._version import __version__
from visalign.errors import AnyPath, InputError
from visalign.files.text_files import rounded
from visalign.language.ipa import tidy_ipa
from visalign.language.phone_lists import aligned_alphabet
from visalign.lips.lip_features import FEATURES, LipFeatures
from visalign.lips.mouth_geometry import GEOMETRY
from visalign.parameters import EvidenceParams
from visalign.sync.estimate import lag_evidence, spoken_frames
from visalign.sync.lip_model import Calibration, LipModel
from visalign.sync.speech_context import foreign_phones
from visalign.sync.streams import Stream
from visalign.training.augmentation import augment, parse_augmentation
from visalign.training.calibration import HeldOutEvidence
from visalign.training.decoder_training import fit_decoder
from visalign.training.held_out import HeldOut, left_out_groups, read_held_out
from visalign.training.match_calibration import MatchExample, fit_match, foreign_of, match_examples
from visalign.training.prepared_clips import AddedClip, PreparedClip, usable_clips
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["TrainingReport", "fit_lip_model", "held_out_streams", "train_from_folder"]

Floats: TypeAlias = npt.NDArray[np.float64]
Progress: TypeAlias = Callable[[str, float | None], None]

# Chosen on leave-one-speaker-out runs over GRID (docs/decisions/0005-lip-model.md); none is at a sharp optimum.
RIDGE = 1000.0  # in units of the squared context rows, summed over all frames
N_PREDICTABLE = 20  # dimensions of the stream over all features
APPEARANCE_STREAM_WEIGHT = 0.6
COVARIANCE_FLOOR = 0.02  # of the mean variance

MIN_CLIPS = 8
_MIN_SPEAKERS = 3
_FOLDS = 5
_MAX_CALIBRATION_CLIPS = 400
_MAX_OTHERS = 40  # clips of other people, for foreign sounds in the calibration
_PLAIN = EvidenceParams()  # a calibration is of the model as it is; factors come on top
_SEARCH = 0.6  # seconds


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What went into a model.

    Parameters
    ----------
    n_clips, n_frames : int
        Clips and video frames with a face.
    speakers : tuple of str
    left_out : tuple of (str, str)
        Clips that could not be used, each with the reason.
    explained_variance : float
        Part of the lips' variance (geometry) that is predicted for speakers who were left out.
    held_out : HeldOut or None
        How well each speaker is read by a decoder that was trained on the others; None where it was not counted.
    added : tuple of (str, int)
        Kinds of clips made of these (:mod:`visalign.training.augmentation`), and how many of each were used.
    seed : int
        Of their chance.
    """

    n_clips: int
    n_frames: int
    speakers: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    explained_variance: float
    held_out: HeldOut | None = None
    added: tuple[tuple[str, int], ...] = ()
    seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "n_clips": self.n_clips,
            "n_frames": self.n_frames,
            "speakers": list(self.speakers),
            "not_used": [{"clip": clip, "reason": reason} for clip, reason in self.left_out],
            "explained_variance": rounded(self.explained_variance),
            "augmentation": {"seed": self.seed, "n_clips": dict(self.added)} if self.added else None,
            "held_out": None if self.held_out is None else self.held_out.to_dict(),
        }


def train_from_folder(
    folder: AnyPath,
    out: AnyPath,
    *,
    viseme_map: str | VisemeMap | None = None,
    augmentation: Sequence[str] = (),
    language: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> TrainingReport:
    """Make a model from a folder of clips and write it.

    Parameters
    ----------
    folder : path-like
        Laid out as :mod:`visalign.corpora.training_data` says; or a manifest (:mod:`visalign.corpora.clip_list`).
    out : path-like
        The model, an NPZ file.
    viseme_map : str or VisemeMap, optional
        Also count, with the visemes of this map, how well each speaker is read by a model of the others
        (:mod:`visalign.training.held_out`).
    augmentation : sequence of str
        Clips to make of these and to learn from as well, as ``kind=amount`` (:mod:`visalign.training.augmentation`).
    language : str, optional
        In which language the transcripts are, where a manifest does not say it; American English by default.
    seed : int
        Of the chance in them.
    progress : callable, optional
        Is told what is done and which part of it is behind.

    Raises
    ------
    InputError
        If fewer than eight clips can be used.
    ConfigError
        If there is no such kind of augmentation, or no such language.
    """
    wanted = [parse_augmentation(text) for text in augmentation]
    chosen = VisemeMap.load(viseme_map) if isinstance(viseme_map, str) else viseme_map
    sources, prepared, left_out = usable_clips(folder, language=language or "", progress=progress)
    added = augment(sources, prepared, left_out_groups(prepared)[1], wanted, seed=seed, progress=progress)
    if progress is not None:
        progress("fitting", None)
    counts = tuple((str(how), sum(x.how == str(how) for x in added)) for how in wanted)
    provenance = {"augmentation": {"seed": seed, "n_clips": dict(counts)}} if wanted else None
    model, report = fit_lip_model(prepared, added=added, left_out=left_out, provenance=provenance)
    model.save(out)
    report = replace(report, added=counts, seed=seed)
    if chosen is None:
        return report
    return replace(report, held_out=read_held_out(prepared, chosen, added=added, progress=progress))


def fit_lip_model(
    clips: Sequence[PreparedClip],
    *,
    added: Sequence[AddedClip] = (),
    left_out: Sequence[tuple[str, str]] = (),
    provenance: dict[str, Any] | None = None,
) -> tuple[LipModel, TrainingReport]:
    """Fit all parts of a lip model.

    Parameters
    ----------
    clips : sequence of PreparedClip
        At least eight.
    added : sequence of AddedClip
        Clips made of these, to learn from as well; they calibrate nothing.
    left_out : sequence of (str, str)
        For the report: what could not be used, and why.
    provenance : dict, optional
        JSON data to store beside what is known from the clips (corpus, licence).

    Raises
    ------
    InputError
        If there are too few clips.
    """
    if len(clips) < MIN_CLIPS:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out[:3])
        raise InputError(
            f"{len(clips)} clips can be used, too few for a model; at least {MIN_CLIPS} are needed, some hundred from "
            f"several speakers are good. {reasons}"
        )
    learnt = [*clips, *(x.clip for x in added)]
    regression = _Regression.over(learnt, [*range(len(clips)), *(x.origin for x in added)])
    predicted = regression.cross_predictions(learnt)
    lips = np.vstack([_normalised(clip.lips) for clip in learnt])
    weights = np.concatenate([np.full(_n_seen(c), regression.weight_of[c.speaker]) for c in learnt])
    streams = _Streams.over(lips, lips - predicted, weights)
    calibration = _calibrate(clips, regression, streams)
    report = TrainingReport(
        len(clips),
        sum(map(_n_seen, clips)),
        tuple(sorted(regression.weight_of)),
        tuple(left_out),
        _explained(lips, predicted, weights),
    )
    facts = {
        "visalign": __version__,
        "n_clips": report.n_clips,
        "n_frames": report.n_frames,
        "speakers": list(report.speakers),
        "explained_variance": round(report.explained_variance, 4),
        "held_out": "speakers" if len(report.speakers) >= _MIN_SPEAKERS else "clips",
    }
    if foreign := {tidy_ipa(x) for clip in clips for x in _foreign_in(clip)}:
        facts["foreign_phones"] = sorted(foreign)
    model = LipModel(
        streams.finished(regression.solve(None)),
        calibration,
        fit_decoder(learnt),
        foreign_of(clips),
        facts | (provenance or {}),
    )
    return model, report


def _foreign_in(clip: PreparedClip) -> tuple[str, ...]:
    return foreign_phones(clip.phones.labels, aligned_alphabet(clip.phones.labels))


def held_out_streams(clips: Sequence[PreparedClip]) -> dict[str, tuple[Stream, ...]]:
    """The streams of a lip model for each speaker (of fewer than three: each fold), fitted without it."""
    regression = _Regression.over(clips, range(len(clips)))
    lips = np.vstack([_normalised(clip.lips) for clip in clips])
    weights = np.concatenate([np.full(_n_seen(clip), regression.weight_of[clip.speaker]) for clip in clips])
    streams = _Streams.over(lips, lips - regression.cross_predictions(clips), weights)
    return {group: streams.finished(regression.solve(group)) for group in regression.grams}


def _normalised(lips: LipFeatures) -> Floats:
    return lips.normalised[lips.has_face]


def _n_seen(clip: PreparedClip) -> int:
    return int(clip.lips.has_face.sum())


def _stacked_context(clip: PreparedClip) -> Floats:
    rows = clip.context.stacked(clip.lips.times.centres[clip.lips.has_face]).astype(np.float64)
    return np.hstack([rows, np.ones((len(rows), 1))])


def _explained(lips: Floats, predicted: Floats, weights: Floats) -> float:
    columns = _GEOMETRY_COLUMNS
    left = weights @ (lips - predicted)[:, columns] ** 2
    return float(1.0 - left.sum() / (weights @ lips[:, columns] ** 2).sum())


_NAMES = tuple(feature.name for feature in FEATURES)
# The first stream has the shape and the motion of the mouth. Curvature and asymmetry serve the stream over everything
# alone: in the first one they cost two points of the half-second windows whose lead is right to within a frame, and the
# flow brings one there (docs/decisions/0061-flow-and-corners.md).
_ASIDE = {
    *("corner_lift", "outer_corner_angle", "inner_corner_angle"),
    *(f"{part}_asymmetry" for part in ("aperture", "corner", "sideways")),
}
_SHAPES = {feature.name for feature in GEOMETRY}.difference(_ASIDE)
_GEOMETRY_COLUMNS = [k for k, name in enumerate(_NAMES) if name.removesuffix("_change") in _SHAPES]
_MOVING_COLUMNS = _GEOMETRY_COLUMNS + [k for k, name in enumerate(_NAMES) if name.startswith("flow")]


@dataclass(frozen=True, slots=True, eq=False)
class _Regression:
    """Ridge regression of all lip features on the context, with groups of clips that can be left out.

    `grams` and `crosses` hold each group's weighted Gram matrix and cross product; `sizes` its summed weight.
    """

    groups: tuple[str, ...]  # of each clip
    grams: dict[str, Floats]
    crosses: dict[str, Floats]
    sizes: dict[str, float]
    weight_of: dict[str, float]  # of each speaker

    @classmethod
    def over(cls, clips: Sequence[PreparedClip], origins: Sequence[int]) -> _Regression:
        n_frames: dict[str, int] = {}
        for clip in clips:
            n_frames[clip.speaker] = n_frames.get(clip.speaker, 0) + _n_seen(clip)
        total = sum(n_frames.values())
        norm = total / sum(n**0.5 for n in n_frames.values())
        weight_of = {speaker: norm * n**-0.5 for speaker, n in n_frames.items()}
        few = len(n_frames) < _MIN_SPEAKERS
        groups = tuple(f"fold {k % _FOLDS}" if few else c.speaker for k, c in zip(origins, clips, strict=True))
        grams: dict[str, Floats] = {}
        crosses: dict[str, Floats] = {}
        sizes: dict[str, float] = {}
        for group, clip in zip(groups, clips, strict=True):
            x, weight = _stacked_context(clip), weight_of[clip.speaker]
            grams[group] = grams.get(group, 0.0) + weight * (x.T @ x)
            crosses[group] = crosses.get(group, 0.0) + weight * (x.T @ _normalised(clip.lips))
            sizes[group] = sizes.get(group, 0.0) + weight * len(x)
        return cls(groups, grams, crosses, sizes, weight_of)

    def solve(self, left_out: str | None) -> Floats:
        """Coefficients without a group, shape (n_inputs + 1, n_features); the last row is the bias."""
        kept = [group for group in self.grams if group != left_out]
        scale = sum(self.sizes.values()) / sum(self.sizes[group] for group in kept)
        gram = scale * np.sum([self.grams[group] for group in kept], axis=0)
        cross = scale * np.sum([self.crosses[group] for group in kept], axis=0)
        penalty = np.full(len(gram), RIDGE)
        penalty[-1] = 1e-6  # the bias is free
        return np.asarray(cho_solve(cho_factor(gram + np.diag(penalty)), cross))

    def cross_predictions(self, clips: Sequence[PreparedClip]) -> Floats:
        """Predictions for each clip from the groups that it is not in, frames of all clips below one another."""
        coefficients = {group: self.solve(group) for group in self.grams}
        return np.vstack([_stacked_context(c) @ coefficients[g] for g, c in zip(self.groups, clips, strict=True)])


def _covariance(rows: Floats, weights: Floats) -> Floats:
    covariance = (rows * weights[:, None]).T @ rows / weights.sum()
    return np.asarray(covariance + COVARIANCE_FLOOR * np.trace(covariance) / len(covariance) * np.eye(len(covariance)))


def _whitener(covariance: Floats) -> Floats:
    """C with C Cᵀ the inverse of `covariance`, so that rows times C are white."""
    return np.asarray(np.linalg.cholesky(np.linalg.inv(covariance)))


@dataclass(frozen=True, slots=True, eq=False)
class _StreamShape:
    """A stream without its regression."""

    columns: list[int]
    projection: Floats
    weight: float

    def with_regression(self, coefficients: Floats) -> Stream:
        projected = (coefficients[:, self.columns] @ self.projection).astype(np.float32)
        return Stream(
            tuple(_NAMES[k] for k in self.columns),
            projected[:-1],
            projected[-1],
            self.projection,
            self.weight,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Streams:
    shapes: tuple[_StreamShape, ...]

    @classmethod
    def over(cls, lips: Floats, errors: Floats, weights: Floats) -> _Streams:
        geometry = _shape(lips, errors, weights, _MOVING_COLUMNS, None, 1.0)
        everything = _shape(lips, errors, weights, list(range(lips.shape[1])), N_PREDICTABLE, APPEARANCE_STREAM_WEIGHT)
        return cls((geometry, everything))

    def finished(self, coefficients: Floats) -> tuple[Stream, ...]:
        return tuple(shape.with_regression(coefficients) for shape in self.shapes)


def _shape(
    lips: Floats, errors: Floats, weights: Floats, columns: list[int], n_dims: int | None, weight: float
) -> _StreamShape:
    lips, errors = lips[:, columns], errors[:, columns]
    left_over = _covariance(errors, weights)
    basis = np.eye(len(columns))
    if n_dims is not None:
        # directions in which the lips vary most against what the prediction leaves over
        _, vectors = eigh(_covariance(lips, weights), left_over)
        basis = vectors[:, ::-1][:, :n_dims]
    projection = basis @ _whitener(basis.T @ left_over @ basis)
    return _StreamShape(columns, projection, weight)


def _calibrate(clips: Sequence[PreparedClip], regression: _Regression, streams: _Streams) -> Calibration:
    stride = max(1, -(-len(clips) // _MAX_CALIBRATION_CLIPS))
    chosen = list(zip(regression.groups, clips, strict=False))[::stride]
    held_out, examples = HeldOutEvidence(), list[MatchExample]()
    for number, group in enumerate(sorted({group for group, _ in chosen})):
        fitted = streams.finished(regression.solve(group))
        members = [clip for own, clip in chosen if own == group]
        others = [clip for own, clip in chosen if own != group]
        for clip in members:
            own = lag_evidence(fitted, clip.lips, clip.context, _SEARCH, _PLAIN)
            held_out.add(own, spoken_frames(clip.lips, clip.phones), clip.speaker)
        weight = regression.weight_of[members[0].speaker]
        examples += match_examples(
            fitted, members, others[:: 1 + len(others) // _MAX_OTHERS], foreign_of(others), group, weight, number
        )
    return held_out.calibration(*fit_match(examples))
