"""From what a user names to a desk: a clip, a report of one, or the folder of a batch; and where its things lie.

Of a batch the journal lies in its folder, beside the ledger, in which the decisions stand. Of a single clip both lie in
a private folder of the user's, named by the clip's content, or in the folder that he names: beside a clip nothing is
ever written unasked.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from visalign.batch.decisions import Decisions
from visalign.batch.ledger import LEDGER_NAME, Entry, Ledger
from visalign.corpora.clip_list import BatchClip
from visalign.desk.history import Journal
from visalign.desk.material import ClipMaterial, clip_id
from visalign.desk.queue import QueueRow, row_of_entry
from visalign.desk.workplace import Desk, Rows
from visalign.errors import BAD_DATA, InputError, MediaError, OutputError, ParseError
from visalign.files.data_files import read_json
from visalign.files.inputs import check_file
from visalign.files.outputs import made_folder

__all__ = ["JOURNAL_NAME", "Doorway", "desk_of_batch", "desk_of_clip", "is_batch", "material_of_report", "own_place"]

JOURNAL_NAME = "desk.sqlite"
DOORWAY_NAME = "desk.json"


def is_batch(path: Path) -> bool:
    """Whether it is a folder that `visalign batch` wrote."""
    return (path / LEDGER_NAME).is_file()


def own_place(clip: Path) -> Path:
    """The private folder for a clip that nobody named one for, made where it is missing.

    Raises
    ------
    MediaError
        If the clip can't be read.
    OutputError
        If the folder can't be made.
    """
    # Knows the systems' folders; needed by no one else.
    from platformdirs import user_data_path

    check_file(clip)
    try:
        with clip.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError as error:
        raise MediaError(clip, f"can't be read ({error.strerror})") from error
    home = user_data_path("visalign", appauthor=False) / "desk"
    made_folder(home.parent)
    try:
        home.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise OutputError(home, f"can't be made ({error.strerror}); give a folder with --save") from error
    return made_folder(home / digest)


@contextmanager
def desk_of_clip(material: ClipMaterial, place: Path, who: str) -> Iterator[Desk]:
    """A desk with one clip, whose things lie in `place`."""
    made_folder(place)
    journal, decisions = Journal(place / JOURNAL_NAME), Decisions(place / JOURNAL_NAME)
    row = QueueRow(material.id, material.name)
    try:
        yield Desk(who, {material.id: material}, journal, decisions, lambda: [row], "clip", place)
    finally:
        journal.close()
        decisions.close()


@contextmanager
def desk_of_batch(results: Path, pattern: ClipMaterial, who: str) -> Iterator[Desk]:
    """A desk with all clips of a batch, each judged as `pattern` is.

    Raises
    ------
    ParseError
        If the folder holds no ledger that can be read.
    OutputError
        If the desk may not write there.
    """
    with Ledger(results / LEDGER_NAME, read_only=True) as ledger:
        paths = ledger.paths()
        entries = list(ledger.entries())
    materials = {x.id: x for x in (_material(entry, paths, results, pattern) for entry in entries)}
    journal, decisions = Journal(results / JOURNAL_NAME), Decisions(results / LEDGER_NAME)
    try:
        yield Desk(who, materials, journal, decisions, _rows_of(results, materials), "queue", results)
    finally:
        journal.close()
        decisions.close()


def _rows_of(results: Path, materials: Mapping[str, ClipMaterial]) -> Rows:
    def rows() -> list[QueueRow]:
        with Ledger(results / LEDGER_NAME, read_only=True) as ledger:
            found = [row_of_entry(clip_id(entry.clip.id), entry) for entry in ledger.entries()]
        return [row for row in found if row.id in materials]

    return rows


def _material(entry: Entry, paths: list[str], results: Path, pattern: ClipMaterial) -> ClipMaterial:
    clip = entry.clip
    video, lips = _found(clip.clip, paths) or Path(clip.clip), results / "lips"
    settings = pattern.settings.changed(language=clip.language or None)
    return replace(
        pattern,
        id=clip_id(clip.id),
        name=clip.id,
        clip=video,
        settings=settings,
        audio=_found(clip.audio, paths),
        transcript=None if clip.transcript else clip.text or None,
        transcript_file=_found(clip.transcript, paths),
        viseme_map=_map(clip, video) or pattern.viseme_map,
        lip_cache=lips if lips.is_dir() else pattern.lip_cache,
    )


def _map(clip: BatchClip, video: Path) -> str:
    """The map of a manifest's row: a name, or a file beside the manifest."""
    if not clip.map.endswith(".toml"):
        return clip.map
    return str(Path(str(video).removesuffix(os.path.normpath(clip.clip))) / clip.map)


def _found(written: str, paths: list[str]) -> Path | None:
    """Where a file lies that a manifest names: the ledger knows the places of all that were read."""
    if not written:
        return None
    tail = os.path.normpath(written)
    ends = (os.sep + tail.lstrip(os.sep),)
    return next((Path(path) for path in paths if path == tail or path.endswith(ends)), Path(tail))


def material_of_report(path: Path, pattern: ClipMaterial) -> ClipMaterial:
    """The clip of a report, which lies beside it, with its words and phones.

    Raises
    ------
    ParseError
        If it is no report of visalign.
    InputError
        If the clip does not lie beside it.
    """
    try:
        data = read_json(path)
        name = str(data["clip"]["name"])
    except BAD_DATA as error:
        if isinstance(error, InputError):
            raise
        raise ParseError(path, None, "not a report of `visalign check --json`") from error
    clip = path.parent / Path(name).name
    if not clip.is_file():
        raise InputError(
            f"{path}: its clip {Path(name).name} does not lie beside it; name the clip itself, with --alignment {path}"
        )
    return replace(pattern, id=clip_id(clip.name), name=clip.name, clip=clip, alignment=path, transcript=None)


@dataclass(frozen=True, slots=True)
class Doorway:
    """Where the desk of a folder is reached, the same after a restart, so that an open window goes on.

    Parameters
    ----------
    token : str
    port : int
        0 for any.
    """

    token: str
    port: int = 0

    @classmethod
    def of(cls, place: Path) -> Doorway:
        """That of the last start, else a new one."""
        try:
            data = json.loads((place / DOORWAY_NAME).read_text(encoding="utf-8"))
            return cls(str(data["token"]), int(data["port"]))
        except (OSError, *BAD_DATA):
            return cls(secrets.token_urlsafe(24))

    def keep(self, place: Path) -> None:
        """Remember it, for nobody else to read.

        Raises
        ------
        OutputError
            If it can't be written.
        """
        path = place / DOORWAY_NAME
        try:
            file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
            with os.fdopen(file, "w", encoding="utf-8") as out:
                json.dump({"token": self.token, "port": self.port}, out)
        except OSError as error:
            raise OutputError(path, f"can't be written ({error.strerror}); give a folder with --save") from error
