"""Binary models of Julius, written by a writer of our own."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

KIND = 6 | 0x40 | 0x80 | 0x100 | 0x800  # MFCC_E_N_D_Z
IMPOSSIBLE = -1_000_000.0


def text(value: str) -> bytes:
    return value.encode() + b"\0"


def head(
    width: int, *, flags: str = "", settings: bytes = b"", kind: int = KIND, streams: int = 1, tied: int = 0
) -> bytes:
    begin = text("JBINHMMV2") + text(flags) + settings if flags else text("JBINHMM\n")
    return begin + struct.pack(">h50hhhhhBi", streams, width, *[0] * 49, width, 0, 0, kind, tied, 16)


def matrix(n_inner: int, *, stay: float = 0.6, entry: Sequence[int] = (1,)) -> bytes:
    n = n_inner + 2
    table = np.full((n, n), IMPOSSIBLE)
    for k in entry:
        table[0, k] = np.log10(1.0 / len(entry))
    for k in range(1, n - 1):
        table[k, k], table[k, k + 1] = np.log10([stay, 1.0 - stay])
    return text("") + struct.pack(">h", n) + table.astype(">f4").tobytes()


def vector(values: Sequence[float]) -> bytes:
    return text("") + struct.pack(">h", len(values)) + np.asarray(values, ">f4").tobytes()


def listed(rows: Sequence[bytes]) -> bytes:
    return struct.pack(">I", len(rows)) + b"".join(rows)


def model(
    phones: dict[str, Sequence[Sequence[float]]],
    *,
    flags: str = "",
    tied: bool = False,
    extra: Sequence[str] = (),
    **how: object,
) -> bytes:
    """A model whose phones have one state a mean, each a mixture of two Gaussians: at the mean, and far off.

    `tied`: both Gaussians stand in one codebook for each state. `extra`: names of further models with those states.
    """
    means = [mean for states in phones.values() for mean in states]
    width = len(means[0])
    data = head(width, flags=flags, tied=int(tied), **how)
    sizes = sorted({len(x) for x in phones.values()})
    data += listed([matrix(n) for n in sizes])
    spread = [0.25] * width if "V" in flags else [4.0] * width
    data += listed([vector(spread)])
    gaussians = [g for mean in means for g in (mean, [x + 50.0 for x in mean])]
    data += listed([vector(g) + struct.pack(">If", 0, 0.0) for g in gaussians])
    weights = np.log([0.75, 0.25]).astype(">f4").tobytes()
    pairs = [(2 * k, 2 * k + 1) for k in range(len(means))]
    if tied:
        data += listed([text("") + struct.pack(">i2I", 2, *pair) for pair in pairs])
        pdfs = [struct.pack(">hI", -1, k) + weights for k in range(len(pairs))]
    else:
        pdfs = [struct.pack(">h2I", 2, *pair) + weights for pair in pairs]
    if "M" in flags:
        data += listed([text("") + struct.pack(">h", 0) + pdf for pdf in pdfs])
        pdfs = [struct.pack(">I", k) for k in range(len(pdfs))]
    data += listed([text("") + pdf for pdf in pdfs])
    rows, at = [], 0
    for name, states in phones.items():
        numbers = [len(means) + 1, *range(at, at + len(states)), len(means) + 1]
        body = struct.pack(f">h{len(numbers)}I", len(numbers), *numbers) + struct.pack(">I", sizes.index(len(states)))
        rows.append(text(name) + body)
        at += len(states)
    rows += [text(name) + body for name in extra]
    return data + listed(rows)


def settings(rate: int = 16000, n_filters: int = 20, version: int = 3) -> bytes:
    """Settings of the features as the second version stores them."""
    numbers = struct.pack(">hiiii", version, 10_000_000 // rate, rate, 400, 160)
    numbers += struct.pack(">fiiiiff", 0.95, 22, n_filters, 2, 2, 50.0, 0.1) + struct.pack(">iiii", -1, -1, 1, 1)
    return numbers + struct.pack(">i", 0) + (struct.pack(">i", 0) if version == 3 else b"")


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
