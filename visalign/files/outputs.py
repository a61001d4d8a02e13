"""Write a result whole under its final name, or not at all.

A clip can take minutes to write, and a disk can fill or a process be killed on the way. So every file is written
beside its final place under a temporary name, flushed to the disk and renamed; a rename within one folder is atomic
on every system that Python runs on. A reader sees the old file or the new one, never half of either.

A process that is killed outright leaves its temporary file (``.visalign-draft-…``) behind. It had locked it, and the
system has let go of the lock: by that the next one that writes into the folder knows what nobody works on any more, and
removes it.

What is there is kept: a file that a command names by :func:`keep_edited` is replaced by its own content only. The same
input, settings and version give the same bytes, so a command may be given again at any time; where what is there is
something else, a person may have edited it, and has to say that it may go (``--overwrite``). What takes minutes to make
(films) is refused before it is made (:func:`refuse_existing`). Every command asks here and nowhere else
(docs/decisions/0169).

Nothing else is ever removed. That a file is such a draft its name proves: half of its 32 digits are drawn by lot, the
other half are computed from these and the ending, so that nobody hits upon such a name. And what a run reads
(:func:`spare`) stays even then: somebody may want to see how far a killed one had come.
"""

from __future__ import annotations

import contextlib
import errno
import filecmp
import hashlib
import itertools
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from visalign.errors import AnyPath, ConfigError, KeptFile, OutputError

try:
    import fcntl
except ImportError:  # Windows has no such locks, and keeps what a killed process leaves
    fcntl = None  # type: ignore[assignment]

__all__ = [
    "PLACE_ERRORS",
    "check_output",
    "draft_name",
    "inside",
    "is_draft",
    "keep_edited",
    "kept_files",
    "legible",
    "made_folder",
    "refuse_existing",
    "remove_drafts",
    "spare",
    "whole_file",
    "writer_for",
]

Writer = TypeVar("Writer")

PLACE_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
"""What the system says when the place itself is the problem, not the program that writes there."""

_DRAFT = ".visalign-draft-"
_DRAFT_NAME = re.compile(
    re.escape(_DRAFT) + "(?P<lot>[0-9a-f]{16})(?P<proof>[0-9a-f]{16})(?P<suffix>(\\..{0,15})?)", re.DOTALL
)
_MAX_SUFFIX = 16
_MAX_LOOKED_AT = 2000  # entries of a folder: looking through one with millions would cost more than the file

_NO_CHARACTER = re.compile("[\\ud800-\\udfff]")


def legible(text: str) -> str:
    """`text` as any UTF-8 file can hold it: what is no character is written as its number.

    File names are bytes on Linux. One that is no UTF-8 (from an old archive, or the disk of another system) comes to
    Python with lone surrogates in the place of such bytes, and a text with one of these can't be encoded.

    Examples
    --------
    >>> print(legible("caf\\udce9.mp4"), legible("café.mp4"))
    caf\\xe9.mp4 café.mp4
    """
    return _NO_CHARACTER.sub(_numbered, text)


def _numbered(lone: re.Match[str]) -> str:
    code = ord(lone[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def refuse_existing(*paths: AnyPath, overwrite: bool) -> None:
    """Raise KeptFile for the first of `paths` that exists, be it a link that leads nowhere, unless it may be replaced.

    For what takes too long to make for being compared with what is there.
    """
    for path in map(Path, paths):
        if not overwrite and (path.exists() or path.is_symlink()):
            raise KeptFile(path, "this file exists")


def made_folder(path: AnyPath) -> Path:
    """A folder for outputs, made with its parents if it does not exist.

    Raises
    ------
    OutputError
        If it can't be made.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(folder, f"the folder can't be made ({error.strerror}); choose another") from error
    return folder


def inside(folder: AnyPath, name: str) -> Path:
    """The place of `name` in `folder`, for names that come from a file and not from the user.

    Raises
    ------
    OutputError
        If it would lie elsewhere: an absolute name, or one that leads up.

    Examples
    --------
    >>> inside("out", "s1/a.TextGrid").as_posix()
    'out/s1/a.TextGrid'
    >>> inside("out", "../a.TextGrid")
    Traceback (most recent call last):
    visalign.errors.OutputError: ../a.TextGrid: this name leads out of the folder out; give the clip another
    """
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise OutputError(name, f"this name leads out of the folder {folder}; give the clip another")
    return Path(folder, name)


_spared = set[Path]()


def spare(*paths: AnyPath) -> None:
    """Never remove these in this process: it reads them, whatever their names say."""
    _spared.update(Path(os.path.realpath(path)) for path in paths if is_draft(Path(path).name))


_kept = set[Path]()


def keep_edited(path: AnyPath, *, overwrite: bool) -> None:
    """Let :func:`whole_file` refuse, in this process, to put anything else in the place of what is at `path` now.

    Parameters
    ----------
    path : path-like
        An output, or a folder of outputs whose names are not known yet; it need not exist.
    overwrite : bool
        The user has said that it may be replaced.
    """
    place = Path(os.path.realpath(path))
    if overwrite or not place.exists():
        _kept.discard(place)
    else:
        _kept.add(place)


def kept_files() -> list[Path]:
    """Files that are there and that this process will replace by nothing but their own content."""
    return sorted(path for path in _kept if path.is_file())


def draft_name(suffix: str) -> str:
    """A new name for a draft whose final name ends in `suffix`; :func:`is_draft` knows it again."""
    lot = secrets.token_hex(8)
    # The name is short whatever the target's length: 255 bytes are the limit of most file systems.
    suffix = suffix if len(suffix) <= _MAX_SUFFIX else ""
    return f"{_DRAFT}{lot}{_proof(lot, suffix)}{suffix}"


def is_draft(name: str) -> bool:
    """Whether :func:`draft_name` made this name; a name that only looks like one was chosen by somebody else.

    Examples
    --------
    >>> is_draft(draft_name(".mp4"))
    True
    >>> is_draft(".visalign-clip.mp4"), is_draft(".visalign-draft-00000000000000000000000000000000.mp4")
    (False, False)
    """
    found = _DRAFT_NAME.fullmatch(name)
    return found is not None and found["proof"] == _proof(found["lot"], found["suffix"])


def _proof(lot: str, suffix: str) -> str:
    return hashlib.sha256(f"a draft of visalign: {lot}{suffix}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def remove_drafts(folder: AnyPath) -> None:
    """Remove what :func:`whole_file` had begun in a folder, or in those below it, when its program was killed.

    What can't be removed, or is being written, stays: it does no harm.
    """
    for draft in Path(folder).rglob(f"{_DRAFT}*"):
        if draft.is_file() and not draft.is_symlink():
            _remove_if_abandoned(draft)


@contextlib.contextmanager
def whole_file(path: AnyPath) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`; rename it to `path` when the block ends well.

    If the block raises, the temporary file is removed and an older file at `path` stays as it was. The temporary
    name ends like `path`, because encoders choose the format by it.

    Parameters
    ----------
    path : path-like
        The final name. Through a symbolic link the file it points to is replaced, not the link.

    Yields
    ------
    Path
        An empty file to write to.

    Raises
    ------
    OutputError
        If the folder is missing or can't be written to, if `path` is a folder or a device, or if the disk is full.
    KeptFile
        If the file there is one of :func:`keep_edited`, and holds something else.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp(), "words.csv")
    >>> with whole_file(target) as draft:
    ...     _ = draft.write_text("label,start")
    ...     target.exists()
    False
    >>> target.read_text()
    'label,start'
    """
    try:
        target = Path(os.path.realpath(path))
        draft, lock = _create_draft(target)
    except ValueError as error:
        raise OutputError(repr(str(path)), "this name holds a character that no file can have; change it") from error
    except OSError as error:
        raise OutputError(path, f"can't be written ({error.strerror}); choose another place") from error
    try:
        yield draft
        _flush(draft)
        if target.is_file() and not _kept.isdisjoint((target, *target.parents)):
            if not filecmp.cmp(draft, target, shallow=False):
                raise KeptFile(path)
            return
        os.replace(draft, target)  # noqa: PTH105 - Path.replace is the same call with less to say about atomicity
    except OSError as error:
        if error.errno in PLACE_ERRORS:
            raise OutputError(path, f"writing failed ({error.strerror}); free some space or write elsewhere") from error
        raise
    finally:
        draft.unlink(missing_ok=True)
        os.close(lock)


def _create_draft(target: Path) -> tuple[Path, int]:
    if not target.parent.is_dir():
        raise OutputError(target, f"there is no folder {target.parent}; create it first")
    if target.is_dir():
        raise OutputError(target, "this is a folder; give the name of a file in it")
    if target.exists() and not target.is_file():
        raise OutputError(target, "this is not a regular file; give the name of one")
    if target.exists() and not os.access(target, os.W_OK):
        raise OutputError(target, "this file is write-protected; choose another name")
    _remove_abandoned(target.parent)
    draft = target.with_name(draft_name(target.suffix))
    # Not tempfile.mkstemp: that makes files only the owner can read, and the mode outlives the rename.
    while True:
        file = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        with contextlib.suppress(OSError):  # a file system without locks
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
        if draft.exists():  # nobody took it for abandoned before it was locked
            return draft, file
        os.close(file)


def _remove_abandoned(folder: Path) -> None:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in itertools.islice(entries, _MAX_LOOKED_AT):
            if is_draft(entry.name) and entry.is_file(follow_symlinks=False):
                _remove_if_abandoned(Path(entry.path))


def _remove_if_abandoned(draft: Path) -> None:
    if not is_draft(draft.name) or Path(os.path.realpath(draft)) in _spared:
        return
    with contextlib.suppress(OSError):
        file = os.open(draft, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails where its maker lives
                draft.unlink()
        finally:
            os.close(file)


def _flush(draft: Path) -> None:
    # Without this a power cut after the rename can leave an empty file under the final name.
    with draft.open("rb+") as file:
        os.fsync(file.fileno())


def writer_for(path: AnyPath, writers: Mapping[str, Writer], what: str) -> Writer:
    """What writes a file of this name: the one of `writers` (ending -> writer) whose ending it has, in any case.

    Parameters
    ----------
    path : path-like
    writers : mapping of str
    what : str
        What the file is, for the message.

    Raises
    ------
    ConfigError
        If the ending is another one.
    """
    suffix = Path(path).suffix.lower()
    for known, writer in writers.items():
        if known.lower() == suffix:
            return writer
    raise ConfigError(what, Path(path).name, f"a name that ends in {' or '.join(writers)}")


def check_output(path: AnyPath, *, suffixes: Sequence[str], overwrite: bool, inputs: Iterable[AnyPath] = ()) -> Path:
    """Refuse, before any work is done, a result that could not be written or would destroy an input.

    Parameters
    ----------
    path : path-like
        Where the result is to go.
    suffixes : sequence of str
        Endings of the name that are possible, as ``".csv"``; case does not matter.
    overwrite : bool
        The user has said that what is there may be replaced, whatever it is.
    inputs : iterable of path-like
        Files that are read. `path` must not be one of them, whatever name or link leads there.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    ConfigError
        If the ending is not one of `suffixes`.
    OutputError
        If `path` is an input or a folder, or can't be written.
    """
    path = Path(path)
    if path.suffix.lower() not in [suffix.lower() for suffix in suffixes]:
        raise ConfigError("output file", path.name, f"a name that ends in {' or '.join(suffixes)}")
    if not path.parent.is_dir():
        raise OutputError(path, f"there is no folder {path.parent}; create it first")
    if path.is_dir():
        raise OutputError(path, "this is a folder; give the name of a file in it")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise OutputError(path, "you may not write here; choose another place")
    for other in map(Path, inputs):
        if path.exists() and other.exists() and path.samefile(other):
            raise OutputError(path, "this is one of the inputs; visalign never overwrites them: give another name")
    keep_edited(path, overwrite=overwrite)
    return path
