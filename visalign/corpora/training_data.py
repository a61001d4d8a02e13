"""Folders of clips with transcripts, as training and evaluation take them.

Conventions
-----------
Clips lie in the folder or in sub-folders. What is said stands beside ``clip.mp4`` in ``clip.txt`` or ``clip.lab``, in
GRID's ``clip.align``, or, for all clips, in one ``transcripts.csv`` with the columns ``file,transcript`` and, where it
is known, ``speaker``. Without that column a clip's speaker is the name of its folder.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from visalign.errors import AnyPath, InputError, ParseError
from visalign.files.tables import read_table_text
from visalign.language.annotations import Cues, read_spoken
from visalign.language.transcript import read_transcript

__all__ = [
    "CLIP_SUFFIXES",
    "TrainingClip",
    "Transcripts",
    "clip_files",
    "read_clip_transcript",
    "read_said",
    "training_clips",
    "transcript_file",
]

CLIP_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".m4v", ".flv", ".wmv")
_TABLE = "transcripts.csv"
_GRID_SUFFIX = ".align"
_GRID_SILENCE = ("sil", "sp")


@dataclass(frozen=True, slots=True)
class TrainingClip:
    """A clip, what is said in it, who says it, and in which language where that is named."""

    path: Path
    transcript: str
    speaker: str
    language: str = ""


def training_clips(folder: AnyPath) -> tuple[list[TrainingClip], list[Path]]:
    """Find the clips of a folder.

    Returns
    -------
    clips : list of TrainingClip
        Sorted by path.
    without_transcript : list of Path
        Clips that nothing is known to be said in.

    Raises
    ------
    InputError
        If there is no such folder, or no clip in it.
    ParseError
        If a transcript can't be read.
    """
    root = Path(folder)
    paths = clip_files(root)
    table = _read_table(root / _TABLE)
    clips, missing = [], []
    for path in paths:
        name = path.relative_to(root).as_posix()
        transcript, speaker = table.get(name, (None, None))
        transcript = transcript or _transcript_beside(path)
        if transcript is None:
            missing.append(path)
        else:
            clips.append(TrainingClip(path, transcript, speaker or path.parent.resolve().name))
    return clips, missing


def clip_files(folder: AnyPath) -> list[Path]:
    """The clips of a folder, in any depth, sorted by path.

    Raises
    ------
    InputError
        If there is no such folder, or no clip in it.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"{root}: not a folder. Give the folder that holds the clips and their transcripts.")
    paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in CLIP_SUFFIXES and path.is_file())
    if not paths:
        raise InputError(f"{root}: no clip in it. Clips end in {' '.join(CLIP_SUFFIXES)}.")
    return paths


_ROW_BYTES = 500  # of memory that a row takes


def _read_table(path: Path) -> dict[str, tuple[str, str]]:
    """Rows of transcripts.csv: file name, relative to the folder, -> (transcript, speaker); empty without the file."""
    if not path.is_file():
        return {}
    try:
        rows = csv.DictReader(io.StringIO(read_table_text(path, row_bytes=_ROW_BYTES), newline=""))
        absent = {"file", "transcript"} - set(rows.fieldnames or ())
        if absent:
            raise ParseError(path, 1, f"no column {' and '.join(sorted(absent))}; wanted: file,transcript,speaker")
        return {r["file"]: (r["transcript"] or "", r.get("speaker") or "") for r in rows if r["file"]}
    except csv.Error as error:
        raise ParseError(path, None, f"can't be read as CSV ({error})") from error


def _transcript_beside(clip: Path) -> str | None:
    path = transcript_file(clip)
    return None if path is None else read_clip_transcript(path)


def transcript_file(clip: AnyPath) -> Path | None:
    """The file beside a clip that tells what is said; None without one."""
    candidates = (Path(clip).with_suffix(suffix) for suffix in (".txt", ".lab", _GRID_SUFFIX))
    return next((path for path in candidates if path.is_file()), None)


def read_clip_transcript(path: AnyPath) -> str:
    """The text of a transcript file, a line a cue where it has cues, or the words of GRID's ``.align``.

    Raises
    ------
    ParseError
        If the file can't be read.
    """
    found = read_said(path)
    return found if isinstance(found, str) else "\n".join(cue.text for cue in found)


def read_said(path: AnyPath) -> str | Cues:
    """What is said by a transcript file: text, cues with times, or the words of GRID's ``.align``.

    Raises
    ------
    ParseError
        If the file can't be read.
    """
    return _read_grid(Path(path)) if Path(path).suffix.lower() == _GRID_SUFFIX else read_spoken(path)


def _read_grid(path: Path) -> str:
    """Words of GRID's ``start end word`` lines (1/25000 s), silence left out."""
    rows = [line.split() for line in read_transcript(path).splitlines() if line.strip()]
    for number, row in enumerate(rows, start=1):
        if len(row) != 3:
            raise ParseError(path, number, "not a line of a GRID alignment; wanted: start end word")
    return " ".join(row[2] for row in rows if row[2] not in _GRID_SILENCE)


class Transcripts:
    """What is said in the clips of a folder, and by whom.

    Parameters
    ----------
    root : Path
        The folder; its ``transcripts.csv`` is read once.

    Raises
    ------
    ParseError
        If that table can't be read.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._table = _read_table(root / _TABLE)

    def said_in(self, path: Path) -> str | None:
        """Transcript of a clip in the folder; None where there is none, ParseError where it can't be read."""
        return self._row(path)[0] or _transcript_beside(path)

    def listed(self, path: Path) -> str:
        """Transcript of a clip by the table alone; empty where it has none."""
        return self._row(path)[0]

    def speaker_of(self, path: Path) -> str:
        """Speaker of a clip in the folder."""
        return self._row(path)[1] or path.parent.resolve().name

    def _row(self, path: Path) -> tuple[str, str]:
        return self._table.get(path.relative_to(self._root).as_posix(), ("", ""))
