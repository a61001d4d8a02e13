"""Exporting many recordings in one process: several files, or those of a folder, with their transcripts beside them.

Most of what one export takes is loading Python's libraries and the acoustic model (docs/benchmarks.md), which many
exports share. Each file holds the same bytes as if it had been exported alone.

Conventions
-----------
As in :mod:`visalign.corpora.folder_alignment`. A file with phones (TextGrid, EAF …) is its own transcript.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from visalign.corpora.folder_alignment import (
    TRANSCRIPT_SUFFIXES,
    Recording,
    Said,
    one_result_each,
    said_in,
    transcript_beside,
    write_each,
)
from visalign.corpora.layout import files_below
from visalign.errors import AnyPath, InputError, VisalignError
from visalign.exports.exporter import Exporter, ExportOptions, write_export
from visalign.exports.utterance import Utterance
from visalign.language.annotations.reading import is_annotation

__all__ = ["Exported", "export_sources", "find_sources"]


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of a recording: the file that was written and what is in it, or the error that prevented it."""

    recording: Recording
    written: Path | None
    utterance: Utterance | None
    options: ExportOptions | None = None
    error: VisalignError | None = None


def find_sources(sources: Sequence[AnyPath], transcripts: AnyPath | None = None) -> list[Recording]:
    """What is to be exported.

    Parameters
    ----------
    sources : sequence of path-like
        Files, and folders of sound and clips.
    transcripts : path-like, optional
        The folder with the transcripts, under the names of the recordings; by default they stand beside these.

    Raises
    ------
    InputError
        If there is nothing, or two would have one result between them.
    """
    found = [x for source in map(Path, sources) for x in (_below(source) if source.is_dir() else [_named(source)])]
    if not found:
        raise InputError(f"{', '.join(map(str, sources))}: there is no recording in it")
    other = None if transcripts is None else Path(transcripts)
    return one_result_each([replace(x, transcript=_transcript(x, other)) for x in dict.fromkeys(found)])


def _named(path: Path) -> Recording:
    return Recording(path, path.with_suffix("").name)


def _below(folder: Path) -> list[Recording]:
    return [Recording(x, x.relative_to(folder).with_suffix("").as_posix()) for x in files_below(folder)]


def _transcript(recording: Recording, folder: Path | None) -> Path | None:
    # `name` may hold dots, which `with_suffix` would take for an ending.
    return transcript_beside(recording.path if folder is None else folder / (recording.name + recording.path.suffix))


def export_sources(
    recordings: Sequence[Recording],
    out: AnyPath,
    exporter: Exporter,
    options_for: Callable[[Path], ExportOptions],
    read: Callable[[Path, Said | None], Utterance],
    *,
    overwrite: bool,
) -> Iterator[Exported]:
    """Export recordings one after the other and write each result as soon as it is there.

    Parameters
    ----------
    recordings : sequence of Recording
        From :func:`find_sources`.
    out : path-like
        Folder for the results; it is made where it is missing.
    exporter : Exporter
        Of the format.
    options_for : callable
        From the place of a result to how it is exported: edits by hand stand beside it.
    read : callable
        From a file, and what is said in it, to the utterance (:func:`visalign.exports.reading.read_utterance`).
    overwrite : bool
        Replace results that are there already and are others; else they stay, and are an error of their recording.

    Yields
    ------
    Exported
        One a recording. One that can't be exported does not keep the others from it.

    Raises
    ------
    OutputError
        If the folder can't be made or written to.
    """

    def write(recording: Recording, target: Path) -> tuple[Path, Utterance, ExportOptions]:
        options = options_for(target)
        utterance = read(recording.path, _said(recording))
        return write_export(target, utterance, exporter, options), utterance, options

    for recording, found in write_each(recordings, out, exporter.suffix, write, overwrite=overwrite):
        if isinstance(found, VisalignError):
            yield Exported(recording, None, None, error=found)
        else:
            yield Exported(recording, *found)


def _said(recording: Recording) -> Said | None:
    if recording.transcript is not None and not is_annotation(recording.path):
        return said_in(recording)
    if not recording.path.is_file() or is_annotation(recording.path):
        return None  # what is wrong with a file that is not there its reader tells
    raise InputError(
        f"nothing tells what is said: put the text beside it, as {recording.path.stem}{TRANSCRIPT_SUFFIXES[0]} "
        f"(or {', '.join(TRANSCRIPT_SUFFIXES[1:])}), or into the folder of --transcript; alone it is exported without "
        "a text, from the phones that are recognised"
    )
