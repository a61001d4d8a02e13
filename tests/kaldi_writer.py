"""Writes small acoustic models in Kaldi's binary formats and MFA's zip, so that tests need none that exist."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

PHONES = ("aa", "b", "s")
"""Without silences; the table of phones begins with ``sil`` and ``spn``."""

N_STATES = 3


def token(text: str) -> bytes:
    return text.encode() + b" "


def integer(value: int) -> bytes:
    return b"\4" + struct.pack("<i", value)


def real(value: float) -> bytes:
    return b"\4" + struct.pack("<f", value)


def integers(values: Sequence[int]) -> bytes:
    return b"\4" + struct.pack(f"<i{len(values)}i", len(values), *values)


def vector(values: np.ndarray) -> bytes:
    return token("FV") + integer(len(values)) + np.asarray(values, "<f4").tobytes()


def matrix(values: np.ndarray) -> bytes:
    rows, columns = values.shape
    return token("FM") + integer(rows) + integer(columns) + np.asarray(values, "<f4").tobytes()


def matrix_file(values: np.ndarray) -> bytes:
    return b"\0B" + matrix(values)


def topology(n_phones: int) -> bytes:
    """Each state loops or goes on, with equal chances."""
    states = b"".join(
        integer(i) + integer(2) + integer(i) + real(0.5) + integer(i + 1) + real(0.5) for i in range(N_STATES)
    )
    entry = integer(N_STATES + 1) + states + integer(-1) + integer(0)
    body = integers(range(1, n_phones + 1)) + integers([-1] + [0] * n_phones) + integer(1) + entry
    return token("<Topology>") + body + token("</Topology>")


def model_file(
    n_phones: int,
    dimension: int,
    n_gaussians: int = 2,
    seed: int = 0,
    states: Sequence[tuple[int, int, int]] | None = None,
) -> bytes:
    """A model of the `states` (phone, its state, pdf); by default monophones, ``3 (p − 1) + i`` for ``i`` of ``p``."""
    rng = np.random.default_rng(seed)
    rows = states or [(p, i, N_STATES * (p - 1) + i) for p in range(1, n_phones + 1) for i in range(N_STATES)]
    n_pdfs = 1 + max(pdf for _, _, pdf in rows)
    out = b"\0B" + token("<TransitionModel>") + topology(n_phones) + token("<Triples>") + integer(len(rows))
    for row in rows:
        out += b"".join(map(integer, row))
    out += token("</Triples>") + token("<LogProbs>") + vector(np.r_[0.0, np.full(2 * len(rows), np.log(0.5))])
    out += token("</LogProbs>") + token("</TransitionModel>")
    out += token("<DIMENSION>") + integer(dimension) + token("<NUMPDFS>") + integer(n_pdfs)
    for _ in range(n_pdfs):
        weights = rng.dirichlet(np.ones(n_gaussians))
        precisions = rng.uniform(0.01, 0.1, (n_gaussians, dimension))
        means = rng.normal(0, 5, (n_gaussians, dimension))
        out += token("<DiagGMM>") + token("<GCONSTS>") + vector(np.zeros(n_gaussians))
        out += token("<WEIGHTS>") + vector(weights) + token("<MEANS_INVVARS>") + matrix(means * precisions)
        out += token("<INV_VARS>") + matrix(precisions) + token("</DiagGMM>")
    return out


def tree_file(n_phones: int, width: int = 1) -> bytes:
    """A tree that asks for the phone, then for the state."""

    def pdf(phone: int) -> bytes:
        leaves = b"".join(token("CE") + integer(N_STATES * (phone - 1) + i) for i in range(N_STATES))
        return token("TE") + integer(-1) + b"\xfc" + struct.pack("<I", N_STATES) + token("(") + leaves + token(")")

    position = width // 2
    table = token("TE") + integer(position) + b"\xfc" + struct.pack("<I", n_phones + 1) + token("(")
    table += token("NULL") + b"".join(pdf(phone) for phone in range(1, n_phones + 1)) + token(")")
    head = token("ContextDependency") + integer(width) + integer(position) + token("ToPdf")
    return b"\0B" + head + table + token("EndContextDependency")


def mfa_files(width: int = 1, dimension: int = 39, **meta: object) -> dict[str, bytes]:
    """The files of a model over `PHONES`, with deltas."""
    names = ("<eps>", "sil", "spn", *PHONES)
    settings = {"architecture": "gmm-hmm", "phones": list(PHONES), "features": {"type": "mfcc", "uses_deltas": True}}
    return {
        "final.mdl": model_file(len(names) - 1, dimension),
        "tree": tree_file(len(names) - 1, width),
        "phones.txt": "\n".join(f"{name} {i}" for i, name in enumerate(names)).encode(),
        "meta.json": json.dumps(settings | meta).encode(),
    }


def write_zip(path: Path, files: Mapping[str, bytes], folder: str = "model") -> Path:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{folder}/{name}" if folder else name, content)
    path.write_bytes(data.getvalue())
    return path
