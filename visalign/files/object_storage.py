"""Files in object storage: named by addresses (``s3://bucket/clips/a.mp4``), read to a scratch file, written whole.

The library fsspec knows the services; it and those for S3 and Google Cloud Storage are an extra. What may be named is
closed: :data:`SCHEMES`. Nothing is reached unless an address of one of them is given *and* its use was asked for
(``--cloud``, ``--upload``).

Conventions
-----------
An object is read in ranges, so that one that is larger than allowed is refused before it fills the disk, and a range
that fails is asked for again alone. What an object's content is known by is the service's own mark (an ETag, a
generation) with its size; it is looked at before and after reading. Writing puts the whole object at once, which the
services do all or not at all; a folder of this machine (``file://``) gets it under another name first.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
import posixpath
import re
import sys
import time
from pathlib import Path
from typing import Any

from visalign.errors import AnyPath, BackendUnavailable, ConfigError, MediaError, OutputError
from visalign.files.limits import excess

__all__ = ["SCHEMES", "fetch", "identity", "is_address", "name_of", "refuse_scheme", "size_of", "upload"]

SCHEMES = ("s3", "gs", "file", "memory")
"""Kinds of storage that are spoken to; ``memory`` is that of one process, for tests."""

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30})://")
_RANGE_BYTES = 16 << 20
_TRIES, _PAUSE_SECONDS = 3, 0.5
_MARKS = ("ETag", "etag", "generation", "md5Hash", "VersionId", "LastModified", "mtime", "created")
_THEIR_ERRORS = (
    ("botocore.exceptions", "BotoCoreError"),
    ("botocore.exceptions", "ClientError"),
    ("aiohttp", "ClientError"),
    ("gcsfs.retry", "HttpError"),
    ("google.auth.exceptions", "GoogleAuthError"),
)


def is_address(written: str) -> bool:
    """Whether this is written as an address, and not as a path.

    Examples
    --------
    >>> is_address("s3://bucket/a.mp4"), is_address("clips/a.mp4"), is_address("C:/a.mp4")
    (True, False, False)
    """
    return _ADDRESS.match(written) is not None


def refuse_scheme(address: str) -> None:
    """Raise ConfigError unless an address is of one of :data:`SCHEMES`, and names something."""
    found = _ADDRESS.match(address)
    if found is None or found.group(1).lower() not in SCHEMES or not address[found.end() :].strip("/"):
        raise ConfigError("address", address, tuple(f"{scheme}://…" for scheme in SCHEMES))


def name_of(address: str) -> str:
    """The last part of an address: the name of the file.

    Examples
    --------
    >>> name_of("s3://bucket/clips/a.mp4")
    'a.mp4'
    """
    return posixpath.basename(address.rstrip("/"))


def _opened(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path within it."""
    refuse_scheme(address)
    try:
        fsspec: Any = importlib.import_module("fsspec")
        # Nothing that was listed before is believed: objects change.
        return fsspec.core.url_to_fs(address, use_listings_cache=False)  # type: ignore[no-any-return]
    except ImportError as error:
        hint = 'Install it: pip install "visalign[cloud]".'
        raise BackendUnavailable("object storage (fsspec)", hint) from error
    except _faults() as error:
        raise _unreachable(address, error) from error


def _facts(address: str) -> tuple[Any, str, dict[str, Any]]:
    files, path = _opened(address)
    try:
        facts = dict(files.info(path))
    except FileNotFoundError as error:
        raise MediaError(address, "no such object", "Check the spelling of the address.") from error
    except _faults() as error:
        raise _unreachable(address, error) from error
    if facts.get("type") == "directory" or not isinstance(facts.get("size"), int):
        raise MediaError(address, "not an object with a size", "Name one file.")
    return files, path, facts


def _faults() -> tuple[type[Exception], ...]:
    """What the services' libraries raise, as far as they are loaded: most is an OSError, but not all."""
    found: list[type[Exception]] = [OSError, ValueError, ImportError]
    for module, name in _THEIR_ERRORS:
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type) and issubclass(kind, Exception):
            found.append(kind)
    return tuple(found)


def _unreachable(address: str, error: Exception) -> MediaError:
    said = " ".join(str(error).split())[:200] or type(error).__name__
    return MediaError(address, f"can't be reached ({said})", "Check the address, the credentials and the network.")


def size_of(address: str) -> int:
    """Bytes of an object.

    Raises
    ------
    MediaError
        If there is none, or it can't be reached.
    BackendUnavailable
        If the extra is not installed.
    ConfigError
        If the address is of another scheme.
    """
    return int(_facts(address)[2]["size"])


def identity(address: str) -> str:
    """A digest of what the service says of an object's content; raises as :func:`size_of` does."""
    return _identity(_facts(address)[2])


def _identity(facts: dict[str, Any]) -> str:
    marks = {name: str(facts[name]) for name in _MARKS if facts.get(name) is not None}
    return hashlib.sha256(json.dumps([facts["size"], marks], sort_keys=True).encode()).hexdigest()


def fetch(address: str, folder: AnyPath, *, expected: str | None = None) -> Path:
    """Read an object into a file of the same name.

    Parameters
    ----------
    address : str
    folder : path-like
        Where the file goes; it must have a place for it.
    expected : str, optional
        The :func:`identity` that the object must have before and after it is read.

    Returns
    -------
    Path
        The file, whole.

    Raises
    ------
    MediaError
        If there is no such object, it is larger than the limit ``object-bytes``, can't be reached, or changed.
    BackendUnavailable
        If the extra is not installed.
    ConfigError
        If the address is of another scheme.
    """
    files, path, facts = _facts(address)
    if (fault := excess("object-bytes", facts["size"])) is not None:
        raise MediaError(address, fault, "Copy it to this machine, or raise the limit.")
    place = Path(folder, name_of(address))
    try:
        with place.open("xb") as file:
            for start in range(0, facts["size"], _RANGE_BYTES):
                file.write(_range(address, files, path, start, min(start + _RANGE_BYTES, facts["size"])))
    except OSError as error:
        why = error.strerror or str(error)
        raise OutputError(place, f"no place for what is read from storage ({why}); free some") from error
    before, after = _identity(facts), _identity(_facts(address)[2])
    if before != after or (expected is not None and before != expected):
        raise MediaError(address, "changed while it was read", "Run again when nobody writes to it.")
    return place


def _range(address: str, files: Any, path: str, start: int, end: int) -> bytes:
    for left in reversed(range(_TRIES)):
        try:
            data: bytes = files.cat_file(path, start=start, end=end)
            if len(data) == end - start:
                return data
            problem: Exception = OSError(f"{len(data)} of {end - start} bytes came")
        except _faults() as error:
            problem = error
        if left:
            time.sleep(_PAUSE_SECONDS)
    raise _unreachable(address, problem) from problem


def upload(path: AnyPath, address: str) -> None:
    """Write a file to an address, whole or not at all; what is there is replaced.

    Raises
    ------
    OutputError
        If it can't be written.
    BackendUnavailable
        If the extra is not installed.
    ConfigError
        If the address is of another scheme.
    """
    refuse_scheme(address)
    try:
        files, place = _opened(address)
        if address.lower().startswith("file:"):
            _put_locally(files, path, place)
        else:
            files.pipe_file(place, Path(path).read_bytes())
    except MediaError as error:
        raise OutputError(address, error.reason) from error
    except _faults() as error:
        raise OutputError(address, f"can't be written ({' '.join(str(error).split())[:200]})") from error


def _put_locally(files: Any, path: AnyPath, place: str) -> None:
    draft = f"{place}.{os.getpid()}.part"
    files.makedirs(posixpath.dirname(place), exist_ok=True)
    try:
        files.put_file(str(path), draft)
        Path(draft).replace(place)
    finally:
        with contextlib.suppress(OSError):
            Path(draft).unlink(missing_ok=True)
