"""PocketSphinx's acoustic models (semi-continuous by phone, "PTM"), read from their five files.

Each base phone has a codebook of Gaussians for each of three streams (cepstra, slopes, changes of slopes); each state
of each triphone weighs the Gaussians of its base phone's codebook:

    log p(x) = Σ over streams of log Σ over Gaussians of weight × density.

PocketSphinx takes the best four Gaussians of each; here all count.

Conventions
-----------
Phones are ARPABET in capitals, ``SIL`` for silence. A triphone that the model lacks is replaced as in PocketSphinx: by
the one of another place in the word, then by one next to silence, then by the base phone.

References
----------
.. [1] D. Huggins-Daines et al., PocketSphinx, ICASSP 2006; the formats: ``bin_mdef.c``, ``ptm_mgau.c``, ``tmat.c``.
"""

from __future__ import annotations

import math
import struct
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pocketsphinx import get_model_path

from visalign.errors import AnyPath, BackendUnavailable, ParseError, UnknownSymbol
from visalign.forced_alignment.decoding_graph import PhoneHmm

__all__ = ["SphinxModel", "embedded_model", "read_sphinx_model"]

MAX_BYTES = 500_000_000
"""Refuse larger files; the bundled ones have up to 3 MB."""

VARIANCE_FLOOR = 1e-4
TRANSITION_FLOOR = 1e-4
"""PocketSphinx's own."""

WEIGHT_STEP = 1024 * math.log(1.0001)
"""Nats in one step of a mixture weight: stored in units of 1024 of a logarithm to the base 1.0001."""

POSITIONS = "IBES"
"""Places in the word, in the order of their numbers."""

_S3_MAGIC = 0x11223344
_ENTRY = np.dtype([("sequence", "<i4"), ("matrix", "<i4"), ("attributes", "u1", 4)])

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


class _Bytes:
    """A file read from the front, with sizes checked."""

    def __init__(self, path: Path) -> None:
        self.path, self.at = path, 0
        try:
            if path.stat().st_size > MAX_BYTES:
                raise self.error("larger than any acoustic model")
            self.data = path.read_bytes()
        except OSError as error:
            raise self.error(f"can't be read: {error.strerror}") from error

    def error(self, reason: str) -> ParseError:
        return ParseError(self.path, None, f"{reason}. Reinstall pocketsphinx, or check the folder of the model")

    def take(self, size: int) -> bytes:
        if not 0 <= size <= len(self.data) - self.at:
            raise self.error(f"cut or damaged at byte {self.at}")
        self.at += size
        return self.data[self.at - size : self.at]

    def integers(self, n: int) -> tuple[int, ...]:
        return struct.unpack(f"<{n}i", self.take(4 * n))

    def array(self, kind: npt.DTypeLike, n: int) -> npt.NDArray[Any]:
        dtype = np.dtype(kind)
        return np.frombuffer(self.take(n * dtype.itemsize), dtype=dtype)

    def skip_s3_header(self) -> None:
        """Lines of text up to ``endhdr``, then a number that tells the order of bytes."""
        end = self.data.find(b"endhdr\n", 0, 4096)
        if not self.data.startswith(b"s3") or end < 0:
            raise self.error("no Sphinx-3 file")
        self.at = end + 7
        if self.integers(1)[0] != _S3_MAGIC:
            raise self.error("stored with another order of bytes")


@dataclass(frozen=True, slots=True, eq=False)
class _Definition:
    """What ``mdef`` says: the triphones, and the states and transition matrix of each.

    `keys` are triphones as sorted numbers, see :meth:`_key`; `phones` the entries they stand for.
    """

    names: tuple[str, ...]
    fillers: npt.NDArray[np.bool_]
    n_base_states: int
    entries: npt.NDArray[Any]
    sequences: npt.NDArray[np.int64]
    keys: Integers
    phones: Integers

    def find(self, base: int, left: int, right: int, position: int) -> int:
        key = _key(position, base, left, right)
        at = int(np.searchsorted(self.keys, key))
        return int(self.phones[at]) if at < len(self.keys) and self.keys[at] == key else -1


def _key(position: int, base: int, left: int, right: int) -> int:
    return ((position * 256 + base) * 256 + left) * 256 + right


def _definition(path: Path) -> _Definition:
    data = _Bytes(path)
    if data.take(4) != b"BMDF":
        raise data.error("no binary model definition")
    _, description = data.integers(2)
    data.take(description)
    n_base, n_phones, n_states, n_base_states, n_senones, _, n_sequences, _, n_tree, _ = data.integers(10)
    if not (0 < n_base < 256 and n_base <= n_phones and n_states == 3 and 0 < n_senones < 1 << 16):
        raise data.error("a model definition of another kind")
    start, names = data.at, []
    for _ in range(n_base):
        end = data.data.find(b"\0", data.at)
        names.append(data.take(end - data.at + 1)[:-1].decode("ascii", "replace"))
    data.take(-(data.at - start) % 4)
    data.take(8 * n_tree)
    entries = data.array(_ENTRY, n_phones)
    data.integers(1)
    sequences = data.array("<u2", n_sequences * n_states).astype(np.int64).reshape(-1, n_states)
    if not 0 <= entries["sequence"].min() <= entries["sequence"].max() < n_sequences or sequences.max() >= n_senones:
        raise data.error("states that do not exist")
    about = entries["attributes"].astype(np.int64)[n_base:]
    keys = ((about[:, 0] * 256 + about[:, 1]) * 256 + about[:, 2]) * 256 + about[:, 3]
    order = np.argsort(keys)
    fillers = entries["attributes"][:n_base, 0] > 0
    return _Definition(
        tuple(names), fillers, n_base_states, entries, sequences, keys[order], order.astype(np.int64) + n_base
    )


def _gaussians(folder: Path) -> tuple[Floats, Floats]:
    """Means and variances, each (n_codebooks, n_streams, n_densities, n_values)."""
    arrays = []
    for name in ("means", "variances"):
        data = _Bytes(folder / name)
        data.skip_s3_header()
        n_books, n_streams, n_densities = data.integers(3)
        if not (0 < n_books < 256 and 0 < n_streams < 16 and 0 < n_densities <= 4096):
            raise data.error("Gaussians in numbers that no model has")
        lengths = data.integers(n_streams)
        (total,) = data.integers(1)
        if len(set(lengths)) != 1 or total != n_books * n_densities * sum(lengths):
            raise data.error("streams of different widths")
        shape = (n_books, n_streams, n_densities, lengths[0])
        arrays.append(data.array("<f4", total).astype(np.float32).reshape(shape))
    means, variances = arrays
    if means.shape != variances.shape or not np.isfinite(means).all() or not np.isfinite(variances).all():
        raise ParseError(folder, None, "means and variances that do not fit each other")
    return means, np.maximum(variances, np.float32(VARIANCE_FLOOR))


def _weights(path: Path, n_streams: int, n_densities: int) -> npt.NDArray[np.uint8]:
    """Mixture weights as they are stored, shape (n_streams, n_densities, n_states)."""
    data = _Bytes(path)
    for _ in range(1000):
        (length,) = data.integers(1)
        if not length:
            break
        data.take(length)
    n_rows, n_states = data.integers(2)
    if n_rows != n_densities or not 0 < n_states < 1 << 16:
        raise data.error("mixture weights for another model")
    return data.array("u1", n_streams * n_rows * n_states).reshape(n_streams, n_rows, n_states).astype(np.uint8)


def _transitions(path: Path) -> npt.NDArray[np.float64]:
    """Probabilities, shape (n_matrices, n_states, n_states + 1)."""
    data = _Bytes(path)
    data.skip_s3_header()
    n_matrices, n_from, n_to, total = data.integers(4)
    if not (0 < n_matrices < 1 << 16 and n_from == 3 and n_to == 4 and total == n_matrices * 12):
        raise data.error("transition matrices of another kind")
    matrices = data.array("<f4", total).astype(np.float64).reshape(n_matrices, n_from, n_to)
    if not (matrices >= 0).all() or not (matrices.sum(axis=2) > 0).all():
        raise data.error("transitions that are no probabilities")
    # Stored as counts. What is possible is at least `TRANSITION_FLOOR`.
    shares = matrices / matrices.sum(axis=2, keepdims=True)
    floored = np.maximum(shares, TRANSITION_FLOOR * (shares > 0))
    return np.asarray(floored / floored.sum(axis=2, keepdims=True))


class SphinxModel:
    """A model as it lies in PocketSphinx's folder, see :func:`read_sphinx_model`.

    Parameters
    ----------
    folder : Path
        With ``mdef``, ``means``, ``variances``, ``sendump`` and ``transition_matrices``.
    """

    silence = "SIL"
    uses_context = True

    def __init__(self, folder: Path) -> None:
        self.definition = _definition(folder / "mdef")
        means, variances = _gaussians(folder)
        self.n_streams, self.n_densities = means.shape[1:3]
        self.width = means.shape[3]
        if len(means) != len(self.definition.names):
            raise ParseError(folder, None, f"{len(means)} codebooks for {len(self.definition.names)} phones; not PTM")
        self.precisions = 1 / variances
        self._lay_in(means)
        self.weights = _weights(folder / "sendump", self.n_streams, self.n_densities)
        self.matrices = _transitions(folder / "transition_matrices")
        self.codebook_of, self.broader = self._owners()
        self._numbers = {name: number for number, name in enumerate(self.definition.names)}
        self._models: dict[tuple[str, str, str, str], PhoneHmm] = {}

    def _lay_in(self, means: Floats) -> None:
        self.means = means
        squares = means**2 * self.precisions
        self.constants = -0.5 * (np.log(2 * np.pi / self.precisions) + squares).sum(axis=3)
        self.factors = np.concatenate([means * self.precisions, -0.5 * self.precisions], axis=3)

    def with_means(self, means: Floats) -> SphinxModel:
        """The same model with other means, shape (n_codebooks, n_streams, n_densities, width)."""
        other = copy(self)
        other._lay_in(means)
        return other

    def shares(self, frames: Floats, state: int) -> Floats:
        """To which Gaussians frames of a state belong: shape (n_frames, n_streams, n_densities), sums of 1 a stream."""
        book = self.codebook_of[state]
        streams = frames.reshape(len(frames), self.n_streams, self.width)
        wide = np.concatenate([streams, streams**2], axis=2)
        scores = np.einsum("nsv,sdv->nsd", wide, self.factors[book]) + self.constants[book]
        scores -= WEIGHT_STEP * self.weights[:, :, state].astype(np.float32)
        shares = np.exp(scores - scores.max(axis=2, keepdims=True))
        return np.asarray(shares / shares.sum(axis=2, keepdims=True))

    def _owners(self) -> tuple[Integers, Integers]:
        """Of each state the base phone, and the state in its place in that phone without context."""
        about = self.definition
        n = len(about.names)
        base = np.concatenate([np.arange(n), about.entries["attributes"][n:, 1]]).astype(np.int64)
        states = about.sequences[about.entries["sequence"]]
        books = np.zeros(self.weights.shape[2], dtype=np.int64)
        broader = np.arange(self.weights.shape[2])
        books[states] = base[:, None]
        broader[states] = states[base]
        return books, broader

    @property
    def phone_set(self) -> frozenset[str]:
        """Phones that a dictionary for this model may use."""
        names, fillers = self.definition.names, self.definition.fillers
        return frozenset(name for name, filler in zip(names, fillers, strict=True) if not filler)

    def phone_hmm(self, left: str, phone: str, right: str, position: str) -> PhoneHmm:
        """See :meth:`visalign.forced_alignment.decoding_graph.PhoneModels.phone_hmm`.

        Raises
        ------
        UnknownSymbol
            If the model has no such phone.
        """
        key = (left, phone, right, position)
        if key not in self._models:
            self._models[key] = self._build(*key)
        return self._models[key]

    def _build(self, left: str, phone: str, right: str, position: str) -> PhoneHmm:
        entry = self.definition.entries[self._entry(left, phone, right, position)]
        states = self.definition.sequences[entry["sequence"]]
        matrix = self.matrices[entry["matrix"]]
        arcs = tuple((a, b, math.log(matrix[a, b])) for a, b in np.argwhere(matrix).tolist())
        return PhoneHmm(tuple(states.tolist()), arcs)

    def _number(self, phone: str) -> int:
        if phone not in self._numbers:
            raise UnknownSymbol(phone, sorted(self.phone_set))
        return self._numbers[phone]

    def _entry(self, left: str, phone: str, right: str, position: str) -> int:
        base = self._number(phone)
        if not position:
            return base
        silence = self._numbers[self.silence]
        before, after = (self._number(name) if name else silence for name in (left, right))
        place = POSITIONS.index(position)
        quiet_left = silence if self.definition.fillers[before] or position in "BS" else before
        quiet_right = silence if self.definition.fillers[after] or position in "ES" else after
        for near in ((before, after), (quiet_left, quiet_right)):
            for number in (place, *(other for other in range(len(POSITIONS)) if other != place)):
                found = self.definition.find(base, *near, number)
                if found >= 0:
                    return found
        return base

    def log_likelihoods(self, frames: Floats, states: Integers) -> Floats:
        """Log-likelihood of each frame under each of `states`, shape (n_frames, len(states))."""
        out = np.zeros((len(frames), len(states)), dtype=np.float32)
        books = self.codebook_of[states]
        streams = frames.reshape(len(frames), self.n_streams, self.width)
        for stream in range(self.n_streams):
            values = streams[:, stream]
            wide = np.concatenate([values, values**2], axis=1)
            for book in np.unique(books).tolist():
                mine = np.flatnonzero(books == book)
                densities = wide @ self.factors[book, stream].T + self.constants[book, stream]
                highest = densities.max(axis=1, keepdims=True)
                shares = np.exp(-WEIGHT_STEP * self.weights[stream][:, states[mine]].astype(np.float32))
                sums = np.exp(densities - highest) @ shares
                out[:, mine] += highest + np.log(np.maximum(sums, np.float32(1e-37)))
        return out

    def pull(self, frames: Floats, state: int) -> tuple[Floats, Floats]:
        """Expected precisions of the Gaussians that explain each frame in a state, and precisions times means.

        Both have the shape of `frames`.
        """
        book = int(self.codebook_of[state])
        streams = frames.reshape(len(frames), self.n_streams, self.width)
        precisions, targets = np.empty_like(streams), np.empty_like(streams)
        for stream in range(self.n_streams):
            values, factors = streams[:, stream], self.factors[book, stream]
            weights = WEIGHT_STEP * self.weights[stream][:, state].astype(np.float32)
            densities = np.concatenate([values, values**2], axis=1) @ factors.T + self.constants[book, stream] - weights
            parts = np.exp(densities - densities.max(axis=1, keepdims=True))
            parts /= parts.sum(axis=1, keepdims=True)
            targets[:, stream] = parts @ factors[:, : self.width]
            precisions[:, stream] = -2.0 * (parts @ factors[:, self.width :])
        return precisions.reshape(frames.shape), targets.reshape(frames.shape)


def read_sphinx_model(folder: AnyPath) -> SphinxModel:
    """Read a PTM model of PocketSphinx.

    Raises
    ------
    ParseError
        If a file is missing, damaged or of another kind.
    """
    return SphinxModel(Path(folder))


@cache
def embedded_model() -> SphinxModel:
    """The American English model that PocketSphinx brings along.

    Raises
    ------
    BackendUnavailable
        If PocketSphinx came without its model.
    """
    folder = Path(get_model_path("en-us/en-us"))
    if not folder.is_dir():
        raise BackendUnavailable("PocketSphinx's acoustic model", f"It belongs at {folder}: reinstall pocketsphinx.")
    return read_sphinx_model(folder)
