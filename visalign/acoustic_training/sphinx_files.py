"""An acoustic model of PocketSphinx with other means, as the folder that PocketSphinx and visalign read.

All files but ``means`` are copied as they are. ``means`` is a file of Sphinx 3: a header in text, a number that tells
the order of bytes, how many codebooks, streams and densities there are, how long the values of each stream, all values,
and a check sum [1]_.

References
----------
.. [1] PocketSphinx, ``bio.c`` and ``ms_gauden.c``.
"""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from visalign.errors import AnyPath, KeptFile, OutputError
from visalign.files.data_files import read_bytes
from visalign.files.outputs import draft_name

__all__ = ["format_means", "write_sphinx_folder"]

COPIED = ("mdef", "variances", "sendump", "transition_matrices", "feat.params", "noisedict", "mixture_weights")
"""Files of a model beside its means; some folders have no noisedict, and mixture_weights only before ``sendump``."""

_HEADER = b"s3\nversion 1.0\nchksum0 yes\n      endhdr\n"
_MAGIC = 0x11223344

Floats = npt.NDArray[np.float32]


def format_means(means: Floats) -> bytes:
    """The file ``means``.

    Parameters
    ----------
    means : ndarray of float32, shape (n_codebooks, n_streams, n_densities, width)
    """
    n_books, n_streams, n_densities, width = means.shape
    numbers = np.array([n_books, n_streams, n_densities, *[width] * n_streams, means.size], dtype="<i4")
    body = numbers.tobytes() + means.astype("<f4").tobytes()
    return b"".join((_HEADER, _integer(_MAGIC), body, _integer(_check_sum(body))))


def _integer(number: int) -> bytes:
    return number.to_bytes(4, "little")


def _check_sum(body: bytes) -> int:
    total = 0
    for number in np.frombuffer(body, dtype="<u4").tolist():
        total = ((((total << 20) | (total >> 12)) & 0xFFFFFFFF) + number) & 0xFFFFFFFF
    return total


def write_sphinx_folder(
    out: AnyPath, source: AnyPath, means: Floats, more: Mapping[str, bytes] | None = None, *, overwrite: bool = False
) -> Path:
    """Write the folder of a model whole under its name, or not at all.

    Parameters
    ----------
    out : path-like
        The folder; it is made.
    source : path-like
        The folder of the model whose means were changed.
    means : ndarray
        See :func:`format_means`.
    more : mapping of str to bytes, optional
        Files that are put beside it.
    overwrite : bool
        Replace a folder of that name, if it holds a model and nothing else.

    Raises
    ------
    OutputError
        If the folder can't be made.
    KeptFile
        If it exists and holds something else.
    ParseError
        If a file of the model can't be read.
    """
    target, origin = Path(os.path.realpath(out)), Path(source)
    if target == Path(os.path.realpath(origin)):
        raise OutputError(out, "this is the model itself; visalign never overwrites its inputs: give another name")
    files = {name: read_bytes(origin / name) for name in COPIED if (origin / name).is_file()}
    files |= {"means": format_means(means), **(more or {})}
    draft = target.with_name(draft_name(""))
    try:
        draft.mkdir()
        try:
            for name, content in files.items():
                (draft / name).write_bytes(content)
            _put_in_place(draft, target, files, overwrite)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise OutputError(out, f"the folder can't be written ({error.strerror}); choose another place") from error
    return Path(out)


def _put_in_place(draft: Path, target: Path, files: Mapping[str, bytes], overwrite: bool) -> None:
    if not target.exists():
        draft.rename(target)
        return
    names = {x.name for x in target.iterdir()} if target.is_dir() else None
    same = names == set(files) and not filecmp.cmpfiles(draft, target, files, shallow=False)[1]
    if same:
        return
    if not overwrite or names is None or not names <= {*COPIED, *files}:
        raise KeptFile(target)
    old = target.with_name(draft_name(""))
    target.rename(old)
    draft.rename(target)
    shutil.rmtree(old, ignore_errors=True)
