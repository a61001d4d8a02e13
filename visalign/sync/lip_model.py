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
articulatory attributes alone, and one of another language by the English phones that look like it
(:mod:`visalign.sync.speech_context`): that is the back-off.

Two such models, *streams*, are added up with weights, as in multi-stream recognition of audio-visual speech [1]_: one
over the geometry of the mouth, one over geometry and appearance, reduced to the directions :math:`B` in which the lips
are predictable from the sound (a discriminant analysis, with the predictions in the place of class means). The
covariance of what is left over is estimated on speakers that the regression did not see, which keeps both honest. A
second pass adapts the variances to the clip at its best lag. Whether lips and sound belong together at all is judged
beside foreign sounds that the model brings along (:mod:`visalign.sync.match`).

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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from visalign.errors import AnyPath, BackendUnavailable, ParseError, quoted
from visalign.files.archives import DAMAGED_ARCHIVE, read_arrays
from visalign.files.limits import excess
from visalign.files.outputs import whole_file
from visalign.language.ipa import tidy_ipa
from visalign.lips.lip_features import FEATURES
from visalign.lips.viseme_decoder import VisemeDecoder
from visalign.parameters import EvidenceParams
from visalign.sync.foreign_sounds import ForeignSounds
from visalign.sync.speech_context import N_CHANNELS, OFFSETS, PHONES
from visalign.sync.streams import Stream

__all__ = ["Calibration", "LipModel"]

Floats: TypeAlias = npt.NDArray[np.float64]

FORMAT = "visalign lip model 4"
MODEL_VARIABLE = "VISALIGN_LIP_MODEL"
"""Environment variable with the path of a model to use in place of the shipped one."""

OTHER_LANGUAGE_SCATTER = 0.010
"""Seconds by which the lead scatters more in a language in which no lips were measured.

With every phone of English made of the others, the leads of GRID's clips scatter by 7 ms more (root of the mean square
16.6 in place of 14.9 ms) at the same temperature; rounded up, since no real language was measured
(docs/decisions/0163-any-language.md, ``python benchmarks/made_languages.py``).
"""


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
    match_weights : (float, float)
        Logistic that turns standing and support of a clip's own sound (:class:`~visalign.sync.match.MatchEvidence`)
        into the probability that picture and sound belong together.
    """

    temperature: float
    lag_scatter: float
    match_offset: float
    match_weights: tuple[float, float]

    def elsewhere(self) -> Calibration:
        """The same for a language in which no lips were measured."""
        return replace(self, lag_scatter=float(np.hypot(self.lag_scatter, OTHER_LANGUAGE_SCATTER)))

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
    foreign : ForeignSounds
        Speech that a clip's own is measured against.
    provenance : mapping
        Corpus, licence, speakers, numbers of clips and frames: plain JSON data.
    """

    streams: tuple[Stream, ...]
    calibration: Calibration
    decoder: VisemeDecoder
    foreign: ForeignSounds
    provenance: Mapping[str, Any]

    def measured_none_of(self, foreign: Iterable[str]) -> tuple[str, ...]:
        """Of phones that English does not have those whose lips this model did not meet either."""
        met = self.provenance.get("foreign_phones", ())
        known = {x.rstrip(_LENGTH) for x in met if isinstance(x, str)} if isinstance(met, list | tuple) else set()
        return tuple(x for x in foreign if tidy_ipa(x).rstrip(_LENGTH) not in known)

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

    def save(self, path: AnyPath) -> Path:
        """Write the model as an NPZ file without pickled objects."""
        arrays = {f"decoder/{name}": array for name, array in self.decoder.to_arrays().items()}
        arrays |= {f"foreign/{name}": array for name, array in self.foreign.to_arrays().items()}
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


_LENGTH = "ːˑ"
_STREAM_ARRAYS = ("weights", "bias", "projection")


@functools.lru_cache(maxsize=4)
def _load(path: str, _mtime_ns: int, size: int) -> LipModel:
    if (fault := excess("model-bytes", size)) is not None:
        raise ParseError(path, None, fault)
    try:
        arrays = read_arrays(path, "model-bytes")
        return _parse(json.loads(str(arrays.pop("header"))), arrays)
    except DAMAGED_ARCHIVE as error:
        reason = error.reason if isinstance(error, ParseError) else quoted(error)
        raise ParseError(path, None, f"not a lip model of this version ({reason}); make it anew") from error


def _parse(header: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> LipModel:
    if header["format"] != FORMAT:
        raise ValueError(f"its format is {quoted(header['format'])}, not {quoted(FORMAT)}")
    streams = []
    for k, described in enumerate(header["streams"]):
        _refuse_unknown(described["columns"], _FEATURE_NAMES)
        parts = {name: arrays[f"stream{k}/{name}"] for name in _STREAM_ARRAYS}
        _check_shapes(parts, len(described["columns"]))
        streams.append(Stream(columns=tuple(described["columns"]), weight=float(described["weight"]), **parts))
    if not streams or not isinstance(header["provenance"], dict):
        raise ValueError("it has no streams, or does not tell where it comes from")
    decoder = VisemeDecoder.from_arrays(_part_of(arrays, "decoder/"))
    foreign = ForeignSounds.from_arrays(_part_of(arrays, "foreign/"))
    _refuse_unknown(decoder.columns, _FEATURE_NAMES)
    _refuse_unknown(decoder.phones, PHONES)
    provenance = cast(Mapping[str, Any], header["provenance"])
    return LipModel(tuple(streams), _parse_calibration(dict(header["calibration"])), decoder, foreign, provenance)


def _part_of(arrays: Mapping[str, npt.NDArray[Any]], prefix: str) -> dict[str, npt.NDArray[Any]]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


_FEATURE_NAMES = tuple(feature.name for feature in FEATURES)


def _refuse_unknown(names: Sequence[str], known: Sequence[str]) -> None:
    if unknown := set(names).difference(known):
        raise ValueError(f"it knows features or phones that do not exist: {', '.join(sorted(unknown))}")


def _parse_calibration(values: dict[str, Any]) -> Calibration:
    weights = cast(tuple[float, float], tuple(float(x) for x in values.pop("match_weights")))
    if len(weights) != _N_MATCH_WEIGHTS:
        raise ValueError(f"{len(weights)} weights of a match in place of {_N_MATCH_WEIGHTS}")
    calibration = Calibration(match_weights=weights, **{name: float(value) for name, value in values.items()})
    numbers = [calibration.temperature, calibration.lag_scatter, calibration.match_offset, *weights]
    if not np.isfinite(numbers).all() or calibration.temperature <= 0 or calibration.lag_scatter <= 0:
        raise ValueError(f"impossible calibration: {calibration}")
    return calibration


_N_MATCH_WEIGHTS = 2


def _check_shapes(parts: Mapping[str, npt.NDArray[Any]], n_columns: int) -> None:
    if parts["projection"].ndim != 2:
        raise ValueError(f"projection has shape {parts['projection'].shape}; it must be a matrix")
    n_dims = parts["projection"].shape[1]
    n_inputs = N_CHANNELS * len(OFFSETS)
    wanted = {
        "weights": (n_inputs, n_dims),
        "bias": (n_dims,),
        "projection": (n_columns, n_dims),
    }
    for name, shape in wanted.items():
        if parts[name].shape != shape or not np.isfinite(parts[name]).all():
            raise ValueError(f"{name} has shape {parts[name].shape} in place of {shape}, or values that are not finite")
