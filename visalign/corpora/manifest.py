"""The clips of a corpus as the manifest that a batch takes, and a manifest as clips to train with.

Conventions
-----------
Columns are those of :mod:`visalign.corpora.clip_list`, empty ones left out; the split of a clip is its `condition`, so
that a batch adds up over splits. Paths below the manifest's folder are relative to it, others absolute.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from visalign.corpora.clip_list import MANIFEST_COLUMNS, BatchClip, read_manifest
from visalign.corpora.layout import CorpusClip
from visalign.corpora.survey import SurveyedClip
from visalign.corpora.training_data import TrainingClip, read_clip_transcript, training_clips
from visalign.errors import AnyPath, InputError
from visalign.files.text_files import format_table, write_text

__all__ = ["MANIFEST_SUFFIXES", "clips_to_train_with", "listed_clips", "write_manifest"]

MANIFEST_SUFFIXES = (".csv", ".jsonl")


def write_manifest(path: AnyPath, clips: Iterable[SurveyedClip]) -> Path:
    """Write a manifest, CSV or JSON lines by the ending of `path`.

    Raises
    ------
    InputError
        If two clips would have one id.
    OutputError
        If the place can't be written to.
    """
    target = Path(path)
    rows = [_row(seen.clip, target.resolve().parent) for seen in clips]
    ids: dict[str, str] = {}
    for row in rows:
        if ids.setdefault(row["id"].casefold(), row["clip"]) != row["clip"]:
            raise InputError(f"{ids[row['id'].casefold()]} and {row['clip']} would have one id. Rename one.")
    used = [column for column in MANIFEST_COLUMNS if any(row.get(column) for row in rows)]
    if target.suffix.lower() == ".jsonl":
        lines = [json.dumps({key: row[key] for key in used if row.get(key)}, ensure_ascii=False) for row in rows]
        return write_text(target, "".join(f"{line}\n" for line in lines))
    return write_text(target, format_table(used, [[row.get(key, "") for key in used] for row in rows]))


def _row(clip: CorpusClip, folder: Path) -> dict[str, str]:
    return {
        "clip": _place(clip.path, folder),
        "id": clip.name.rpartition(".")[0] or clip.name,
        "text": " ".join((clip.transcript or "").split()),
        "audio": "" if clip.audio is None else _place(clip.audio, folder),
        "speaker": clip.speaker,
        "condition": clip.split,
    }


def _place(path: Path, folder: Path) -> str:
    # ./ keeps a name that begins like a formula from being changed in a table
    place = path.resolve()
    return f"./{place.relative_to(folder).as_posix()}" if place.is_relative_to(folder) else str(place)


def listed_clips(place: AnyPath) -> tuple[list[TrainingClip], list[Path]]:
    """The clips of a manifest or a folder that have a transcript, and the paths of those that have none.

    Raises
    ------
    InputError
        If there is no such place, or no clip in it.
    ParseError
        If the manifest, or a transcript, can't be read.
    """
    return clips_to_train_with(place) if Path(place).is_file() else training_clips(place)


def clips_to_train_with(path: AnyPath) -> tuple[list[TrainingClip], list[Path]]:
    """The clips of a manifest that have a transcript, and the paths of those that have none.

    Raises
    ------
    ParseError
        If the manifest, or a transcript that it names, can't be read.
    """
    manifest = read_manifest(path)
    with_text = [(row, manifest.root / row.clip, _said(row, manifest.root)) for row in manifest.clips]
    clips = [
        TrainingClip(clip, said, row.speaker or clip.parent.name, row.language) for row, clip, said in with_text if said
    ]
    return clips, [clip for _, clip, said in with_text if not said]


def _said(row: BatchClip, root: Path) -> str:
    return read_clip_transcript(root / row.transcript) if row.transcript else row.text
