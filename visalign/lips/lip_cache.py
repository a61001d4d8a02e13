"""Lip features kept by the content of their clip, so that the same picture is read once.

Reading lips is most of what a check costs. Another dub, transcript, viseme map or verdict profile leaves them as they
are, so their key is only what decides about them: the bytes of the clip, how often faces are searched, the landmark
model, the code that reads them, the versions of the libraries below it, and the limits on what is read.

Conventions
-----------
One NPZ file a clip, ``<first two digits>/<key>.npz``, without pickled objects; written whole, so several processes and
machines may share a folder (:class:`~visalign.lips.kept_lips.LipCache`). Features come back bit by bit as they were.

Each file is sealed: it ends with a digest over all its bytes and its key, so that one which was damaged, altered or
renamed is noticed. Such a file, one that can't be read, and one that belongs to another user (who could have sealed
anything) is made anew. Where it can't be kept, the clip is none the worse.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import math
import os
import zipfile
from collections.abc import Callable
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from visalign._version import __version__
from visalign.errors import AnyPath, MediaError, OutputError, ParseError
from visalign.files.archives import DAMAGED_ARCHIVE
from visalign.files.inputs import check_file, file_states, opened_file
from visalign.files.limits import allowed
from visalign.files.outputs import whole_file
from visalign.files.scratch import blocks_of, scratch_array
from visalign.lips.clip_faces import ClipFaces, SeenFace, read_faces
from visalign.lips.kept_lips import LipCache
from visalign.lips.landmarks import find_model, load_detector
from visalign.lips.lip_features import LipFeatures
from visalign.timeline import FrameTimes

__all__ = ["cached_faces", "lip_key"]

_FORMAT = 6
_BLOCK_BYTES = 1 << 22  # read and written at a time
_PACKAGE = Path(__file__).parents[1]
# The modules that decide about lip features: whoever changes one of them does not want to see yesterday's.
_CODE = (
    *("timeline", "numerics", "media.ffmpeg", "media.clips", "lips.box", "lips.face_detection", "lips.face_tracks"),
    *("lips.landmark_models", "lips.regression_trees", "lips.point_layouts", "lips.landmarks", "lips.mouth_geometry"),
    *("lips.stream_choice", "lips.mouth_pictures", "lips.visibility", "lips.lip_features", "lips.clip_faces"),
    *("lips.face_album", "lips.face_parts"),
)


_LIBRARIES = ("av", "dlib-bin", "dlib", "numpy", "scipy")
"""What decodes the pictures and computes with them: another version may come to other last digits."""

_LIMITS = ("pixels", "seconds")
"""What decides whether a picture is read at all: who lowers one is refused the same clip as without a cache."""


def cached_faces(
    path: AnyPath,
    folder: AnyPath | LipCache,
    *,
    detect_every: int = 10,
    track: int | None = None,
    landmarks: AnyPath | None = None,
    jobs: int = 1,
    progress: Callable[[str, float | None], None] | None = None,
) -> ClipFaces:
    """The faces of a clip with their lips: from `folder` where it has them, else read and put there.

    Parameters and errors are those of :func:`~visalign.lips.clip_faces.read_faces`.

    Parameters
    ----------
    folder : path-like or LipCache
        The cache; it is created where it is missing.
    landmarks : str or path-like, optional
        Which landmarks, as :func:`~visalign.lips.landmark_models.find_model` finds them.
    """
    cache = folder if isinstance(folder, LipCache) else LipCache(Path(folder))
    before = file_states(path)
    key = lip_key(path, detect_every, track, landmarks)
    place = cache.place(key)
    kept = _load(place, source=Path(path).name)
    if kept is not None:
        cache.mark_used(place)
        return kept
    detector = None if landmarks is None else load_detector(landmarks=landmarks)
    faces = read_faces(path, detector=detector, detect_every=detect_every, track=track, jobs=jobs, progress=progress)
    # A clip that was replaced meanwhile has other lips than those of the bytes that the key was made of.
    if file_states(path) == before:
        with contextlib.suppress(OSError, OutputError):  # a full disk, a folder of another user
            _store(cache.make(key), faces, is_private=cache.is_private)
            cache.trim()
    return faces


def lip_key(path: AnyPath, detect_every: int, track: int | None = None, landmarks: AnyPath | None = None) -> str:
    """The key of a clip's lips, SHA-256 as hex.

    Raises
    ------
    MediaError
        If the clip can't be read.
    BackendUnavailable
        If the landmark model is missing.
    """
    check_file(path)
    try:
        with Path(path).open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise MediaError(path, f"can't be read ({error.strerror})") from error
    model = find_model(landmarks)
    parts = [
        *(_FORMAT, content, detect_every, track, _model_digest(str(model), model.stat().st_mtime_ns), _code_digest()),
        *(_library_versions(), {name: allowed(name) for name in _LIMITS}),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@functools.cache
def _library_versions() -> tuple[str, ...]:
    found = []
    for name in _LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            found.append(f"{name} {version(name)}")
    return tuple(found)


@functools.cache
def _model_digest(path: str, _mtime_ns: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.cache
def _code_digest() -> str:
    digest = hashlib.sha256(__version__.encode())
    for name in _CODE:
        digest.update(_PACKAGE.joinpath(*name.split(".")).with_suffix(".py").read_bytes())
    return digest.hexdigest()


_ARRAYS = ("values", "centre", "scale", "mouth", "visibility")


def _store(place: Path, faces: ClipFaces, *, is_private: bool) -> None:
    times = faces.times
    facts = {
        "duration": times.duration,
        "rate": str(times.rate),
        "names": list(faces.faces[0].lips.names),
        "left_out": (faces.n_damaged, faces.n_untimed),
        "stream": (faces.track, faces.streams, faces.without_face),
        "places": [(face.number, *face.centre, face.width) for face in faces.faces],
    }
    arrays = {"times": times.times, "shots": faces.shots, "facts": np.array(json.dumps(facts))}
    for face in faces.faces:
        for name in _ARRAYS:
            if getattr(face.lips, name) is not None:
                arrays[f"{face.number}/{name}"] = getattr(face.lips, name)
    with whole_file(place) as draft:
        if is_private:
            draft.chmod(0o600)
        with zipfile.ZipFile(draft, "w") as archive:
            archive.comment = bytes(_SEAL_BYTES)  # the last bytes of the file
            for name, array in arrays.items():
                _write(archive, name, array)
        with draft.open("rb+") as file:
            seal = _seal_of(file, place.stem)
            file.seek(-_SEAL_BYTES, os.SEEK_END)
            file.write(seal)


_SEAL_BYTES = 32


def _seal_of(file: BinaryIO, key: str) -> bytes:
    """SHA-256 over a key and all of a file but its last bytes, where the seal itself stands."""
    digest, left = hashlib.sha256(key.encode()), file.seek(0, os.SEEK_END) - _SEAL_BYTES
    file.seek(0)
    while left > 0 and (block := file.read(min(left, _BLOCK_BYTES))):
        digest.update(block)
        left -= len(block)
    return digest.digest()


def _is_sealed(file: BinaryIO, key: str) -> bool:
    seal = _seal_of(file, key)
    return file.read() == seal


def _is_ours(file: BinaryIO) -> bool:
    """Whether a file belongs to who runs this, or to who rules this machine."""
    return not hasattr(os, "geteuid") or os.fstat(file.fileno()).st_uid in (os.geteuid(), 0)


def _write(archive: zipfile.ZipFile, name: str, array: npt.NDArray[Any]) -> None:
    """Add an array as :func:`numpy.savez` does, a part at a time."""
    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
        npy.write_array_header_1_0(member, npy.header_data_from_array_1_0(array))
        rows = np.ascontiguousarray(array).reshape(array.shape[0] if array.ndim else 1, -1)
        n_block = max(1, _BLOCK_BYTES // max(1, rows.itemsize * rows.shape[1]))
        for part in blocks_of(len(rows), n_block, array):
            member.write(rows[part].tobytes())


def _load(place: Path, *, source: str) -> ClipFaces | None:
    try:
        with contextlib.ExitStack() as opened:
            file = opened.enter_context(opened_file(place))
            if not (_is_ours(file) and _is_sealed(file, place.stem)):
                return None
            file.seek(0)
            data = opened.enter_context(np.load(file, allow_pickle=False))
            facts = json.loads(str(data["facts"]))
            times = FrameTimes(data["times"], facts["duration"], Fraction(facts["rate"]))
            faces = []
            for number, x, y, width in facts["places"]:
                values, centre, scale = (_needed(data, f"{number}/{name}") for name in _ARRAYS[:3])
                mouth, visibility = (_table(data, f"{number}/{name}") for name in _ARRAYS[3:])
                names = tuple(facts["names"])
                lips = LipFeatures(values, names, times, centre, scale, source, mouth, visibility)
                faces.append(SeenFace(number, lips, (x, y), width))
            (n_damaged, n_untimed), (track, streams, without) = facts["left_out"], facts["stream"]
            shots = data["shots"]
            return ClipFaces(tuple(faces), shots, n_damaged, n_untimed, track, tuple(streams), tuple(without))
    except (ParseError, *DAMAGED_ARCHIVE):
        return None


def _needed(data: Any, name: str) -> npt.NDArray[Any]:
    if (table := _table(data, name)) is None:
        raise KeyError(name)
    return table


def _table(data: Any, name: str) -> npt.NDArray[Any] | None:
    """An array of an NPZ file, on disk where it is large, as ``data[name]`` would not be; None if it is not there."""
    if name not in data.files:
        return None
    with data.zip.open(f"{name}.npy") as member:
        npy.read_magic(member)
        shape, is_by_columns, dtype = npy.read_array_header_1_0(member)
        n_bytes = math.prod(shape) * dtype.itemsize
        n_there = data.zip.getinfo(f"{name}.npy").file_size
        if is_by_columns or dtype.hasobject or not dtype.isnative or n_bytes > n_there:
            raise ValueError(f"{name} was not written by visalign")
        table = scratch_array(shape, dtype.type)
        content = table.reshape(-1).view(np.uint8)
        for part in blocks_of(n_bytes, _BLOCK_BYTES, table):
            content[part] = np.frombuffer(member.read(part.stop - part.start), np.uint8)
    return table
