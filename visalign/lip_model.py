r"""The lip model: how likely the lips are, given what is heard at a certain lag.

Method
------
What is heard is described on a grid of 10 ms by three kinds of rows: which phone it is, which articulatory attributes
that phone has, and the mel spectrum of the sound. Smoothed and taken at eleven places from 200 ms before to 200 ms
after, they form the context :math:`x`. A ridge regression predicts from it the normalised lip features :math:`y`; what
it leaves over is Gaussian, so that

.. math:: \log p(y_t \mid x_{t-L}) = -\tfrac12 \lVert C^\top (B^\top y_t - W^\top x_{t-L} - b) \rVert^2 + \text{const}

is the evidence of video frame t for the audio leading by L. The context carries coarticulation and the natural lags of
lips and voice, which are therefore learnt and not assumed. A phone that the training never met is described by its
articulatory attributes alone: that is the back-off.

Two such models, *streams*, are added up with weights, as in multi-stream recognition of audio-visual speech [1]_: one
over the geometry of the mouth, one over geometry and appearance, reduced to the directions :math:`B` in which the lips
are predictable from the sound (a discriminant analysis, with the predictions in the place of class means). The
covariance of what is left over is estimated on speakers that the regression did not see, which keeps both honest. A
second pass adapts the variances to the clip at its best lag.

Conventions
-----------
A lag is the lead of the audio in seconds: positive where a sound is heard before the lips make it, so that lips at time
t belong to what is heard at t - lag.

References
----------
.. [1] G. Potamianos, C. Neti, G. Gravier, A. Garg and A. W. Senior, Recent advances in the automatic recognition of
   audiovisual speech, Proc. IEEE 91(9), 2003.
"""

from __future__ import annotations

import functools
import json
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast
from zipfile import BadZipFile, ZipFile

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from visalign.errors import AnyPath, BackendUnavailable, ParseError
from visalign.limits import excess
from visalign.lip_features import FEATURES, LipFeatures
from visalign.media import Audio
from visalign.outputs import whole_file
from visalign.parameters import EvidenceParams
from visalign.phones import ARPABET, articulatory_classes, fold_arpabet, is_silence
from visalign.speech import HOP, N_BANDS, log_mel
from visalign.timeline import Tier
from visalign.viseme_decoder import VisemeDecoder

__all__ = ["Calibration", "LipModel", "SpeechContext", "Stream", "attributes_of", "stream_log_likelihoods"]

Floats: TypeAlias = npt.NDArray[np.float64]

FORMAT = "visalign lip model 1"
MODEL_VARIABLE = "VISALIGN_LIP_MODEL"
"""Environment variable with the path of a model to use in place of the shipped one."""

# Where the context is looked at, and how much each row is smoothed first (docs/decisions/0005-lip-model.md).
OFFSETS = tuple(round(0.04 * k, 2) for k in range(-5, 6))  # seconds
_PHONE_SMOOTHING = 0.02  # seconds
_SOUND_SMOOTHING = 0.01  # seconds
# The sound is measured against its level within this of speech, so that minutes of silence do not move it.
_LEVEL_MARGIN = 1.5  # seconds

# A frame counts as much as 40 ms of picture at most: frames that follow faster tell less that is new.
_BEST_FRAMES = 0.9  # quantile of the visibility that is believed in full
_FULL_FRAME = 0.04  # seconds

_EVIDENCE = EvidenceParams()

_MAX_BLOCK = 1 << 18  # numbers that are worked on at once

_SIBILANTS = frozenset(["S", "Z", "SH", "ZH", "CH", "JH"])


def attributes_of(phone: str) -> frozenset[str]:
    """What the lip model knows of an ARPABET phone apart from its name.

    Examples
    --------
    >>> sorted(attributes_of("B"))
    ['bilabial', 'consonant', 'labial', 'plosive', 'voiced']
    """
    kind = ARPABET[fold_arpabet(phone)]
    names = {*articulatory_classes(phone)[:-1], kind.manner}
    names |= {part for part in (kind.height, kind.backness) if part}
    flags = {"voiced": kind.is_voiced, "rounded": kind.is_rounded, "sibilant": kind.symbol in _SIBILANTS}
    return frozenset(names | {name for name, holds in flags.items() if holds})


PHONES = tuple(ARPABET)
ATTRIBUTES = tuple(sorted(frozenset[str]().union(*map(attributes_of, PHONES))))
_ROWS = np.array(
    [[p == q for q in PHONES] + [a in attributes_of(p) for a in ATTRIBUTES] for p in PHONES], np.float32
)  # what each phone contributes to a context, shape (n_phones, n_phones + n_attributes)


@dataclass(frozen=True, slots=True, eq=False)
class SpeechContext:
    """What is heard, on a grid of :data:`~visalign.speech.HOP` seconds from the clip's origin.

    Parameters
    ----------
    rows : ndarray of float32, shape (n_rows, n_channels)
        Phones, attributes and sound, smoothed; the offsets are applied when a stream looks at them.
    """

    rows: npt.NDArray[np.float32]

    @classmethod
    def of(cls, audio: Audio, phones: Tier) -> SpeechContext:
        """Describe `audio`, in which `phones` (ARPABET) were found."""
        spectrum = log_mel(audio)
        labels = phones.sample((np.arange(len(spectrum)) * HOP).tolist(), outside="SIL")
        spoken = np.array([_phone_index(label) for label in labels])
        near = _near(spoken != PHONES.index("SIL"), round(_LEVEL_MARGIN / HOP))
        level = spectrum[near] if near.any() else spectrum
        spectrum = (spectrum - level.mean(axis=0)) / (level.std() + 1e-6)
        parts = [_smooth(_ROWS[spoken], _PHONE_SMOOTHING), _smooth(spectrum, _SOUND_SMOOTHING)]
        return cls(np.hstack(parts).astype(np.float32))

    @property
    def voiced(self) -> npt.NDArray[np.float32]:
        """How far each row is in speech, 0..1, shape (n_rows,)."""
        return np.asarray(1.0 - self.rows[:, PHONES.index("SIL")])

    def stacked(self, times: Floats) -> npt.NDArray[np.float32]:
        """The rows around each of `times` (seconds), shape (n_times, n_channels * n_offsets), for training."""
        return np.hstack([_at(self.rows, times + offset) for offset in OFFSETS])


@functools.cache
def _phone_index(label: str) -> int:
    return PHONES.index("SIL" if is_silence(label) else fold_arpabet(label))


def _near(flags: npt.NDArray[np.bool_], n: int) -> npt.NDArray[np.bool_]:
    """Rows at most `n` from one that is set."""
    return np.asarray(maximum_filter1d(flags.astype(np.uint8), 2 * n + 1, mode="constant") > 0)


def _smooth(rows: npt.NDArray[np.float32], sigma: float) -> npt.NDArray[np.float32]:
    return np.asarray(gaussian_filter1d(rows, sigma / HOP, axis=0, mode="nearest"), np.float32)


def _at(rows: npt.NDArray[np.float32], times: Floats) -> npt.NDArray[np.float32]:
    """Rows at `times` by linear interpolation; beyond either end the outermost row holds."""
    position = np.clip(times / HOP, 0, len(rows) - 1)
    below = np.minimum(position.astype(np.int64), max(len(rows) - 2, 0))
    above = np.minimum(below + 1, len(rows) - 1)
    part = (position - below)[:, None].astype(np.float32)
    return np.asarray(rows[below] * (1 - part) + rows[above] * part)


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """One Gaussian regression of lip features on the speech context.

    Parameters
    ----------
    columns : tuple of str, length n_columns
        The lip features that it looks at.
    weights : ndarray, shape (n_channels * n_offsets, n_dims)
        Regression; offsets are the slow index.
    bias : ndarray, shape (n_dims,)
    projection : ndarray, shape (n_columns, n_dims)
        From normalised lip features to the dimensions in which what is left over is white.
    weight : float
        What its log-likelihood counts in the sum.
    """

    columns: tuple[str, ...]
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    projection: Floats
    weight: float

    def observe(self, lips: LipFeatures) -> Floats:
        """Lips in the stream's dimensions, shape (n_frames, n_dims); NaN without a face."""
        index = [lips.names.index(name) for name in self.columns]
        return np.asarray(lips.normalised[:, index] @ self.projection)

    def expect(self, context: SpeechContext) -> npt.NDArray[np.float32]:
        """Prediction on the context's grid, shape (n_rows, n_dims).

        A filter over time: one product an offset, so the stacked context is never built.
        """
        n_channels, n_rows = context.rows.shape[1], len(context.rows)
        total = np.tile(self.bias, (n_rows, 1))
        for k, offset in enumerate(OFFSETS):
            product = context.rows @ self.weights[k * n_channels : (k + 1) * n_channels]
            total += product[np.clip(np.arange(n_rows) + round(offset / HOP), 0, n_rows - 1)]
        return total


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """One stream on one clip: lips, predictions, and how far they lie apart in this clip."""

    stream: Stream
    observed: Floats
    expected: npt.NDArray[np.float32]
    centres: Floats
    variance: Floats  # of what is left over, by dimension; 1 is what the training found

    @classmethod
    def of(cls, stream: Stream, lips: LipFeatures, context: SpeechContext, centres: Floats) -> _Fit:
        return cls(stream, stream.observe(lips), stream.expect(context), centres, np.ones(len(stream.bias)))

    def residual(self, lag: float) -> Floats:
        return np.asarray(self.observed - _at(self.expected, self.centres - lag))

    def residuals(self, lags: Floats) -> Floats:
        """Shape (n_frames, n_lags, n_dims)."""
        heard = _at(self.expected, (self.centres[:, None] - lags).ravel())
        return np.asarray(self.observed[:, None] - heard.reshape(len(self.centres), len(lags), -1))

    def adapted(self, lag: float, prior_frames: float) -> _Fit:
        """The same with the variances of this clip, at `lag`; the training counts as `prior_frames` frames."""
        rows = self.residual(lag)
        known = rows[np.isfinite(rows).all(axis=1)]
        variance = (prior_frames + (known**2).sum(axis=0)) / (prior_frames + len(known))
        return replace(self, variance=np.asarray(variance))

    def log_likelihoods(self, lags: Floats, persistence: float) -> Floats:
        """Shape (n_frames, n_lags)."""
        result = np.empty((len(self.observed), len(lags)))
        block = max(1, _MAX_BLOCK // max(1, self.observed.size))
        for first in range(0, len(lags), block):  # many lags at once, as long as that does not cost much memory
            part = slice(first, first + block)
            result[:, part] = (_news(self.residuals(lags[part]), persistence) ** 2 / self.variance).sum(axis=-1)
        return np.asarray(-0.5 * self.stream.weight * (result + np.log(self.variance).sum()))


def _news(residual: Floats, persistence: float) -> Floats:
    """What is new in each frame's residual, of the same variance; the first frame and one after a gap are all new."""
    if persistence == 0.0:
        return residual
    news = residual.copy()
    news[1:] = (residual[1:] - persistence * residual[:-1]) / np.sqrt(1.0 - persistence**2)
    return np.where(np.isnan(news), residual, news)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What turns sums of log-likelihoods into honest probabilities; measured on speakers left out of the training.

    Parameters
    ----------
    temperature : float
        Factor on the sum: neighbouring frames repeat each other, so their evidence counts less than it adds up to.
    lag_scatter : float
        Standard deviation, seconds, by which even perfect evidence misses the true lead (speakers, microphones).
    match_offset : float
    match_weights : tuple of float, length 3
        Logistic that turns what tells the best lag from the others (:func:`~visalign.sync.match_features`) into the
        probability that picture and sound belong together.
    """

    temperature: float
    lag_scatter: float
    match_offset: float
    match_weights: tuple[float, float, float]

    def trusted(self, params: EvidenceParams) -> Calibration:
        """The same with the factors of `params` on temperature and scatter."""
        return replace(
            self,
            temperature=self.temperature * params.temperature_factor,
            lag_scatter=self.lag_scatter * params.scatter_factor,
        )


@dataclass(frozen=True, slots=True, eq=False)
class LipModel:
    """Streams, calibration, the HMM that decodes visemes, and where they come from.

    Parameters
    ----------
    streams : tuple of Stream
    calibration : Calibration
    decoder : VisemeDecoder
        Reads visemes off the lips alone.
    provenance : mapping
        Corpus, licence, speakers, numbers of clips and frames: plain JSON data.
    """

    streams: tuple[Stream, ...]
    calibration: Calibration
    decoder: VisemeDecoder
    provenance: Mapping[str, Any]

    @classmethod
    def load(cls, path: AnyPath | None = None) -> LipModel:
        """Read a model.

        Parameters
        ----------
        path : path-like, optional
            A file that `visalign train` wrote; by default the one that the environment variable
            ``VISALIGN_LIP_MODEL`` names, else the shipped one.

        Raises
        ------
        ParseError
            If the file is not a lip model of this version.
        BackendUnavailable
            If there is no such file.
        """
        chosen = Path(path or os.environ.get(MODEL_VARIABLE) or str(files("visalign.models") / "grid.npz"))
        if not chosen.is_file():
            raise BackendUnavailable(f"lip model {chosen}", "Give an existing file, or make one with `visalign train`.")
        stat = chosen.stat()
        return _load(str(chosen), stat.st_mtime_ns, stat.st_size)

    def log_likelihoods(self, lips: LipFeatures, context: SpeechContext, lags: Floats) -> Floats:
        """Evidence of each frame for each lag.

        Parameters
        ----------
        lips : LipFeatures
            n_frames frames.
        context : SpeechContext
            What is heard.
        lags : ndarray, shape (n_lags,)
            Leads of the audio, seconds.

        Returns
        -------
        ndarray, shape (n_frames, n_lags)
            Log-likelihood of the frame's lips given what is heard `lag` earlier; 0 for a frame without a face.
        """
        return stream_log_likelihoods(self.streams, lips, context, lags)

    def save(self, path: AnyPath) -> Path:
        """Write the model as an NPZ file without pickled objects."""
        arrays = {f"decoder/{name}": array for name, array in self.decoder.to_arrays().items()}
        for k, stream in enumerate(self.streams):
            arrays |= {f"stream{k}/{name}": getattr(stream, name) for name in _STREAM_ARRAYS}
        header = {
            "format": FORMAT,
            "streams": [{"columns": stream.columns, "weight": stream.weight} for stream in self.streams],
            "calibration": {name: getattr(self.calibration, name) for name in Calibration.__slots__},
            "provenance": dict(self.provenance),
        }
        arrays["header"] = np.array(json.dumps(header))
        with whole_file(path) as part, part.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        return Path(path)


def stream_log_likelihoods(
    streams: Sequence[Stream],
    lips: LipFeatures,
    context: SpeechContext,
    lags: Floats,
    params: EvidenceParams = _EVIDENCE,
    centres: Floats | None = None,
) -> Floats:
    """What :meth:`LipModel.log_likelihoods` gives, of streams that have no calibration and no decoder yet.

    `centres`, shape (n_frames,), are the moments that lags are counted from; by default when each frame is shown.
    """
    share = frame_shares(lips)
    moments = lips.times.centres if centres is None else centres
    fits = [_Fit.of(stream, lips, context, moments) for stream in weighed(streams, params)]
    first = _summed([fit.log_likelihoods(lags, params.persistence) for fit in fits], share)
    best = float(lags[first.sum(axis=0).argmax()])
    adapted = [fit.adapted(best, params.prior_frames) for fit in fits]
    return _summed([fit.log_likelihoods(lags, params.persistence) for fit in adapted], share)


def weighed(streams: Sequence[Stream], params: EvidenceParams) -> list[Stream]:
    """The streams with the factors of `params` on their weights; those that count nothing are left out."""
    factors = [
        params.appearance_factor
        if any(name.startswith("appearance") for name in stream.columns)
        else params.geometry_factor
        for stream in streams
    ]
    found = [replace(s, weight=s.weight * factor) for s, factor in zip(streams, factors, strict=True) if factor > 0]
    return found or list(streams)


_STREAM_ARRAYS = ("weights", "bias", "projection")


def _summed(parts: Sequence[Floats], share: Floats) -> Floats:
    """Sum of the streams, each frame times its share; frames without a face (NaN) count 0."""
    total = np.sum(parts, axis=0)
    return np.asarray(np.nan_to_num(total) * share[:, None])


def frame_shares(lips: LipFeatures) -> Floats:
    """What each frame's evidence counts, 0..1, shape (n_frames,).

    Its time on screen over 40 ms, at most 1, times how well the mouth can be seen beside the best frames (0 without a
    face).
    """
    shown = 2.0 * (lips.times.centres - lips.times.times)
    return np.asarray(np.clip(shown / _FULL_FRAME, 0.0, 1.0)) * _belief(lips.visible)


def _belief(visible: Floats) -> Floats:
    """How far each frame is believed, beside the best ones of its clip.

    Frames that show less than the others count less. What all of them lack is a matter of the whole clip: whether
    anything can be told from it is judged by the evidence itself.
    """
    seen = visible[visible > 0]
    return np.minimum(visible / np.quantile(seen, _BEST_FRAMES), 1.0) if len(seen) else visible


@functools.lru_cache(maxsize=4)
def _load(path: str, _mtime_ns: int, size: int) -> LipModel:
    if (fault := excess("model-bytes", size)) is not None:
        raise ParseError(path, None, fault)
    try:
        with Path(path).open("rb") as file:
            return _parse(*_read(file))
    except _DAMAGE as error:
        raise ParseError(path, None, f"not a lip model of this version ({error}); make it anew") from error


# What zipfile, zlib, numpy and json raise on damaged or hostile files; encrypted ones are a RuntimeError.
_DAMAGE = (OSError, ValueError, KeyError, TypeError, EOFError, MemoryError, RuntimeError, BadZipFile, zlib.error)


def _read(file: BinaryIO) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Header and arrays, if they do not unpack to more than a model may have."""
    with ZipFile(file) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if (fault := excess("model-bytes", unpacked)) is not None:
        raise ValueError(fault)
    file.seek(0)
    with np.load(file, allow_pickle=False) as data:
        arrays = {name: data[name] for name in data.files}
    return json.loads(str(arrays.pop("header"))), arrays


def _parse(header: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> LipModel:
    if header["format"] != FORMAT:
        raise ValueError(f"its format is {header['format']!r}, not {FORMAT!r}")
    streams = []
    for k, described in enumerate(header["streams"]):
        _refuse_unknown(described["columns"], _FEATURE_NAMES)
        parts = {name: arrays[f"stream{k}/{name}"] for name in _STREAM_ARRAYS}
        _check_shapes(parts, len(described["columns"]))
        streams.append(Stream(columns=tuple(described["columns"]), weight=float(described["weight"]), **parts))
    if not streams or not isinstance(header["provenance"], dict):
        raise ValueError("it has no streams, or does not tell where it comes from")
    decoder = VisemeDecoder.from_arrays(
        {name.removeprefix("decoder/"): array for name, array in arrays.items() if name.startswith("decoder/")}
    )
    _refuse_unknown(decoder.columns, _FEATURE_NAMES)
    _refuse_unknown(decoder.phones, PHONES)
    provenance = cast(Mapping[str, Any], header["provenance"])
    return LipModel(tuple(streams), _parse_calibration(dict(header["calibration"])), decoder, provenance)


_FEATURE_NAMES = tuple(feature.name for feature in FEATURES)


def _refuse_unknown(names: Sequence[str], known: Sequence[str]) -> None:
    if unknown := set(names).difference(known):
        raise ValueError(f"it knows features or phones that do not exist: {', '.join(sorted(unknown))}")


def _parse_calibration(values: dict[str, Any]) -> Calibration:
    weights = cast(tuple[float, float, float], tuple(float(x) for x in values.pop("match_weights")))
    if len(weights) != _N_MATCH_WEIGHTS:
        raise ValueError(f"{len(weights)} weights of a match in place of {_N_MATCH_WEIGHTS}")
    calibration = Calibration(match_weights=weights, **{name: float(value) for name, value in values.items()})
    numbers = [calibration.temperature, calibration.lag_scatter, calibration.match_offset, *weights]
    if not np.isfinite(numbers).all() or calibration.temperature <= 0 or calibration.lag_scatter <= 0:
        raise ValueError(f"impossible calibration: {calibration}")
    return calibration


_N_MATCH_WEIGHTS = 3


def _check_shapes(parts: Mapping[str, npt.NDArray[Any]], n_columns: int) -> None:
    if parts["projection"].ndim != 2:
        raise ValueError(f"projection has shape {parts['projection'].shape}; it must be a matrix")
    n_dims = parts["projection"].shape[1]
    n_inputs = (_ROWS.shape[1] + N_BANDS) * len(OFFSETS)
    wanted = {
        "weights": (n_inputs, n_dims),
        "bias": (n_dims,),
        "projection": (n_columns, n_dims),
    }
    for name, shape in wanted.items():
        if parts[name].shape != shape or not np.isfinite(parts[name]).all():
            raise ValueError(f"{name} has shape {parts[name].shape} in place of {shape}, or values that are not finite")
