"""Acoustic models of Julius in its binary form (``.binhmm``), as its Japanese models are given out.

Method
------
A file is a list of everything that has a number, in the order of Julius's own reader [1]_: transition matrices,
variances, Gaussians, codebooks where mixtures are tied, states, models. Both versions of the format are read, with the
settings of the features where they are stored. A phone is the model that has its name; models of phones between others
(``k-a+s``) need a list that is not in the file, and are left out.

Conventions
-----------
Big-endian. Weights of mixtures are natural logarithms, transitions decimal ones. A state number beyond the last one
is an edge of a model.

References
----------
.. [1] Julius, ``libsent/src/hmminfo/read_binhmm.c`` (A. Lee; its own licence, in the manner of BSD).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from visalign.errors import AnyPath, ParseError
from visalign.files.data_files import read_bytes
from visalign.forced_alignment.decoding_graph import PhoneHmm
from visalign.forced_alignment.htk_features import RATE_HZ, HtkFeatures
from visalign.hmm_training.gaussians import DiagonalMixtures

__all__ = ["SIGNATURE", "JuliusModel", "read_julius_model"]

SIGNATURE = b"JBINHMM"
"""What such a file begins with."""

_VERSIONS = {"JBINHMM\n": 1, "JBINHMMV2": 2}
_MAX_STREAMS = 50
_MFCC = 6  # HTK's number of the kind of features
_QUALIFIERS = {"_E": 0x40, "_N": 0x80, "_D": 0x100, "_A": 0x200, "_Z": 0x800, "_0": 0x2000}
_KNOWN = 0x3F | sum(_QUALIFIERS.values())
_CONTEXT = re.compile(r".[-+].")
_LEAST_LOG10 = -100.0
"""Of a transition; what is not possible is stored as −1 000 000."""

MAX_ITEMS = 1 << 22
"""Of any list; the largest models that are given out hold some 10⁵ Gaussians."""

VARIANCE_FLOOR, LARGEST = 1e-6, 1e7
"""Of variances; and of means and their precisions."""


@dataclass(frozen=True, slots=True, eq=False)
class JuliusModel:
    """Phones, their HMMs, and the mixtures of their states.

    Parameters
    ----------
    name : str
    features : HtkFeatures
    phones : mapping of str to PhoneHmm
        Silences included; the pdfs are numbers of `mixtures`.
    mixtures : DiagonalMixtures
    """

    name: str
    features: HtkFeatures
    phones: dict[str, PhoneHmm]
    mixtures: DiagonalMixtures


class _Reader:
    """A file from its beginning on."""

    def __init__(self, path: Path) -> None:
        self.path, self.data, self.at = path, read_bytes(path), 0

    def error(self, reason: str) -> ParseError:
        return ParseError(self.path, None, f"{reason}. Give a binary model of Julius (.binhmm) that is whole")

    def take(self, kind: str, n: int) -> npt.NDArray[Any]:
        dtype = np.dtype(kind)
        end = self.at + n * dtype.itemsize
        if not 0 <= n <= MAX_ITEMS or end > len(self.data):
            raise self.error(f"cut or damaged at byte {self.at}")
        found = np.frombuffer(self.data, dtype, n, self.at)
        self.at = end
        return found

    def number(self, kind: str) -> int:
        return int(self.take(kind, 1)[0])

    def real(self) -> float:
        return float(self.take(">f4", 1)[0])

    def text(self) -> str:
        end = self.data.find(b"\0", self.at, self.at + 1024)
        if end < 0:
            raise self.error(f"cut or damaged at byte {self.at}")
        found = self.data[self.at : end].decode("utf-8", "replace")
        self.at = end + 1
        return found

    def count(self) -> int:
        n = self.number(">u4")
        if n > MAX_ITEMS:
            raise self.error(f"cut or damaged at byte {self.at - 4}")
        return n

    def index(self, n: int) -> int:
        found = self.number(">u4")
        if found >= n:
            raise self.error(f"number {found} of {n} at byte {self.at - 4}")
        return found


def read_julius_model(path: AnyPath) -> JuliusModel:
    """Read a model.

    Raises
    ------
    ParseError
        If it is damaged, or of a kind that can't be used: not MFCC of 16 kHz, of several streams, with skips from the
        edge of a model, or of phones between others alone.
    """
    data = _Reader(Path(path))
    version = _VERSIONS.get(data.text())
    if version is None:
        raise data.error("no binary model of Julius")
    flags = set(re.findall("_(.)", data.text())) if version == 2 else set[str]()
    if flags - {"P", "V", "M"}:
        raise data.error(f"a model with the unknown qualifier {min(flags - set('PVM'))}")
    stored = _settings(data) if "P" in flags else {}
    width, features = _features(data, stored)
    is_tied = bool(data.number("u1"))
    data.take(">i4", 1)
    matrices = [_matrix(data) for _ in range(data.count())]
    variances = [_vector(data, width) for _ in range(data.count())]
    means, owners = _gaussians(data, width, len(variances))
    books = [_book(data) for _ in range(data.count())] if is_tied else []
    spread = np.array(variances, dtype=np.float64).reshape(-1, width)[owners]
    precisions = spread if "V" in flags else 1.0 / np.maximum(spread, VARIANCE_FLOOR)
    shared = [_pdf(data, books, has_name=True) for _ in range(data.count())] if "M" in flags else None
    states = [_state(data, books, shared) for _ in range(data.count())]
    phones = _phones(data, matrices, len(states))
    used = sorted({pdf for hmm in phones.values() for pdf in hmm.pdfs})  # the others are those of phones between others
    at = {pdf: n for n, pdf in enumerate(used)}
    phones = {x: PhoneHmm(tuple(at[pdf] for pdf in hmm.pdfs), hmm.arcs) for x, hmm in phones.items()}
    mixtures = _mixtures(data, [states[pdf] for pdf in used], means, precisions)
    return JuliusModel(data.path.stem, features, phones, mixtures)


def _settings(data: _Reader) -> dict[str, Any]:
    """How features are computed, where the file says it."""
    version = data.number(">i2")
    if not 1 <= version <= 3:
        raise data.error(f"settings of version {version}")
    period, rate, window, shift = (data.number(">i4") for _ in range(4))
    if period == 0 and window == 0:  # of a machine whose numbers were twice as wide
        period, rate, window, shift = rate, shift, data.number(">i4"), data.number(">i4")
    if rate != RATE_HZ:
        raise data.error(f"made for sound of {rate} Hz; models of {RATE_HZ} Hz alone can be used")
    found: dict[str, Any] = {"window": window, "shift": shift, "pre_emphasis": data.real()}
    for name in ("lifter", "n_filters", "slope_reach", "curvature_reach"):
        found[name] = data.number(">i4")
    found |= {"energy_floor_db": data.real(), "energy_scale": data.real()}
    highest, lowest = data.number(">i4"), data.number(">i4")
    found |= {"highest_hz": highest if highest >= 0 else None, "lowest_hz": lowest if lowest >= 0 else None}
    found["normalised_energy"], found["raw_energy"] = (bool(data.number(">i4")) for _ in range(2))
    if version == 1:
        data.take(">f4", 2)  # of a noise removal that nobody has any more
    found["centred"] = bool(data.number(">i4"))
    if version == 3:
        found["power"] = bool(data.number(">i4"))
    usable = 16 <= window <= 4096 and 0 < shift <= window and 2 <= found["n_filters"] <= 128
    if not usable or not all(1 <= found[x] <= 10 for x in ("slope_reach", "curvature_reach")):
        raise data.error("settings of the features that make no sense")
    return found


def _features(data: _Reader, stored: dict[str, Any]) -> tuple[int, HtkFeatures]:
    n_streams = data.number(">i2")
    data.take(">i2", _MAX_STREAMS)
    width, covariance, _, kind = (data.number(">i2") for _ in range(4))
    if n_streams != 1 or covariance != 0 or not 1 <= width <= 512:
        raise data.error("features of several streams, or Gaussians that are not diagonal")
    if kind & 0x3F != _MFCC or kind & ~_KNOWN:
        raise data.error(f"features of kind {kind:#x}; MFCC with _E _0 _N _D _A _Z alone can be used")
    has = {name: bool(kind & bit) for name, bit in _QUALIFIERS.items()}
    base = (width + has["_N"]) // (1 + has["_D"] + has["_A"])
    features = HtkFeatures(
        n_cepstra=base - has["_E"] - has["_0"],
        has_energy=has["_E"],
        has_c0=has["_0"],
        drops_energy=has["_N"],
        has_slopes=has["_D"],
        has_curvature=has["_A"],
        drops_mean=has["_Z"],
        **stored,
    )
    if features.width != width or not 1 <= features.n_cepstra < features.n_filters or (has["_N"] and not has["_E"]):
        raise data.error(f"{width} values a frame, which its kind of features {kind:#x} does not have")
    return width, features


def _matrix(data: _Reader) -> npt.NDArray[np.float64]:
    data.text()
    n = data.number(">i2")
    if not 2 <= n <= 64:
        raise data.error(f"a model of {n} states")
    return data.take(">f4", n * n).astype(np.float64).reshape(n, n)


def _vector(data: _Reader, width: int) -> npt.NDArray[np.float32]:
    data.text()
    if data.number(">i2") != width:
        raise data.error(f"a vector of another length than {width}")
    return data.take(">f4", width).astype(np.float32)


def _gaussians(data: _Reader, width: int, n_variances: int) -> tuple[npt.NDArray[np.float32], list[int]]:
    means, owners = [], []
    for _ in range(data.count()):
        means.append(_vector(data, width))
        owners.append(data.index(n_variances))
        data.take(">f4", 1)  # a constant that follows from the variance
    if not means:
        raise data.error("no Gaussian in it")
    return np.array(means), owners


def _book(data: _Reader) -> npt.NDArray[np.int64]:
    data.text()
    return data.take(">u4", data.number(">i4")).astype(np.int64)


_Pdf = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]


def _pdf(data: _Reader, books: Sequence[npt.NDArray[np.int64]], *, has_name: bool = False) -> _Pdf:
    """Gaussians and log weights."""
    if has_name:
        data.text()
        data.take(">i2", 1)
    n = data.number(">i2")
    members = books[data.index(len(books))] if n == -1 else data.take(">u4", n).astype(np.int64)
    return members, data.take(">f4", len(members)).astype(np.float64)


def _state(data: _Reader, books: Sequence[npt.NDArray[np.int64]], shared: Sequence[_Pdf] | None) -> _Pdf:
    data.text()
    return _pdf(data, books) if shared is None else shared[data.index(len(shared))]


def _phones(data: _Reader, matrices: Sequence[npt.NDArray[np.float64]], n_states: int) -> dict[str, PhoneHmm]:
    found = dict[str, PhoneHmm]()
    for _ in range(data.count()):
        name = data.text()
        states = data.take(">u4", data.number(">i2")).astype(np.int64)
        matrix = matrices[data.index(len(matrices))]
        if _CONTEXT.search(name):
            continue
        inner = states[1:-1]
        if len(matrix) != len(states) or not len(inner) or inner.max() >= n_states or inner.min() < 0:
            raise data.error(f"the model of {name[:40]!r} does not fit its states")
        found[name] = PhoneHmm(tuple(inner.tolist()), _arcs(data, name, matrix))
    if not found:
        raise data.error("phones between others alone (k-a+s), none by itself")
    return found


def _arcs(data: _Reader, name: str, matrix: npt.NDArray[np.float64]) -> tuple[tuple[int, int, float], ...]:
    n = len(matrix)
    possible = np.isfinite(matrix) & (matrix > _LEAST_LOG10)
    if np.flatnonzero(possible[0]).tolist() != [1]:
        raise data.error(f"the model of {name[:40]!r} can be skipped, or begun in several states")
    rows = np.argwhere(possible[1 : n - 1, 1:]).tolist()
    if not all(any(a == k for a, _ in rows) for k in range(n - 2)):
        raise data.error(f"the model of {name[:40]!r} has a state that is never left")
    return tuple((a, b, min(0.0, math.log(10.0) * float(matrix[a + 1, b + 1]))) for a, b in rows)


def _mixtures(
    data: _Reader, states: Sequence[_Pdf], means: npt.NDArray[np.float32], precisions: npt.NDArray[np.float64]
) -> DiagonalMixtures:
    members, logs = (np.concatenate([x[k] for x in states]) for k in (0, 1))
    kept = members < len(means)  # a number beyond the last one is a Gaussian that was given up
    counts = np.array([np.count_nonzero(x < len(means)) for x, _ in states])
    if not counts.all() or not np.isfinite(logs).all():
        raise data.error("states without Gaussians, or weights that are none")
    members, weights = members[kept], np.exp(np.minimum(logs[kept], 0.0))
    chosen = precisions[members]
    with np.errstate(invalid="ignore"):  # a number that is none is not small
        is_sound = (np.abs(means) < LARGEST).all() and ((chosen > 1 / LARGEST) & (chosen < LARGEST)).all()
    if not is_sound:
        raise data.error("means or variances that are none")
    linear = (means[members] * chosen).astype(np.float32)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return DiagonalMixtures.from_precisions(weights.astype(np.float32), linear, chosen.astype(np.float32), starts)
