"""Aligning many recordings: those of a folder with their transcripts beside them, or the rows of a table.

Conventions
-----------
A recording's transcript is the file of its name that ends in one of `TRANSCRIPT_SUFFIXES`, the first of them that is
there. A table is a CSV with a column ``clip`` and one of ``transcript`` (a file) and ``text``, its paths relative to
itself, as ``visalign batch`` reads it; its column ``speaker`` says who speaks, else that is the folder in which a
recording lies. Results go to a folder, below it under the name that the recording has below its
own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

from visalign.corpora.clip_list import read_manifest
from visalign.corpora.layout import files_below
from visalign.corpora.training_data import read_said
from visalign.errors import AnyPath, InputError, KeptFile, OutputError, VisalignError
from visalign.exports.result_files import write_alignment
from visalign.files.outputs import inside, keep_edited, made_folder
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.forced_alignment.pooling import Pool
from visalign.language.annotations import Cue
from visalign.language.phone_lists import Phones, read_phones

__all__ = [
    "TRANSCRIPT_SUFFIXES",
    "Aligned",
    "Recording",
    "Said",
    "align_recordings",
    "find_recordings",
    "is_many",
    "one_result_each",
    "pools_of",
    "said_in",
    "transcript_beside",
    "write_each",
]

Said: TypeAlias = str | Sequence[Cue] | Phones
Written = TypeVar("Written")

PHONES_SUFFIX = ".phones"

TRANSCRIPT_SUFFIXES = (".txt", ".lab", ".srt", ".vtt", ".ass", ".ssa", ".ttml", ".dfxp", ".align", PHONES_SUFFIX)
"""Endings of transcripts beside recordings, the first that is there counts; ``.align`` is GRID's, ``.phones`` a list of
phones (:mod:`visalign.language.phone_lists`)."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording, the name of its result without an ending, what is said (a file or a text), by whom, and in which
    language where that is named."""

    path: Path
    name: str
    transcript: Path | None = None
    text: str = ""
    speaker: str = ""
    language: str = ""

    @property
    def has_phones(self) -> bool:
        """True if phones are given in place of a text."""
        return self.transcript is not None and self.transcript.suffix.lower() == PHONES_SUFFIX


@dataclass(frozen=True, slots=True)
class Aligned:
    """What became of a recording: the file that was written, or the error that prevented it."""

    recording: Recording
    written: Path | None
    alignment: Alignment | None
    error: VisalignError | None = None


def is_many(source: AnyPath) -> bool:
    """True for a folder and for a table."""
    return Path(source).is_dir() or Path(source).suffix.lower() in (".csv", ".tsv", ".jsonl")


def find_recordings(source: AnyPath) -> list[Recording]:
    """The recordings of a folder or a table.

    Raises
    ------
    InputError
        If there is none, one has no transcript, or two would have one result between them.
    ParseError
        If the table can't be understood.
    """
    source = Path(source)
    found = _in_folder(source) if source.is_dir() else _in_table(source)
    if not found:
        raise InputError(f"{source}: there is no recording in it")
    silent = [x.path.name for x in found if x.transcript is None and not x.text]
    if silent:
        named = ", ".join(silent[:5]) + (" …" if len(silent) > 5 else "")
        raise InputError(
            f"{source}: {len(silent)} recording(s) have no transcript: {named}. Put one beside each, under the same "
            f"name with the ending {', '.join(TRANSCRIPT_SUFFIXES)}."
        )
    return one_result_each(found)


def one_result_each(recordings: list[Recording]) -> list[Recording]:
    """`recordings`, if no two of them would be written under one name.

    Raises
    ------
    InputError
        If two would.
    """
    names = dict[str, Path]()
    for x in recordings:
        other = names.setdefault(x.name.casefold(), x.path)
        if other != x.path:
            raise InputError(f"{other} and {x.path} would have one result between them; rename one")
    return recordings


def transcript_beside(path: Path) -> Path | None:
    """The transcript under the name of a recording; None where there is none."""
    return next((x for suffix in TRANSCRIPT_SUFFIXES if (x := path.with_suffix(suffix)).is_file()), None)


def _in_folder(folder: Path) -> list[Recording]:
    rows = []
    for path in files_below(folder):
        name = path.relative_to(folder).with_suffix("").as_posix()
        rows.append(Recording(path, name, transcript_beside(path), speaker=path.relative_to(folder).parent.as_posix()))
    return rows


def _in_table(path: Path) -> list[Recording]:
    manifest = read_manifest(path)
    return [
        Recording(
            manifest.root / (x.audio or x.clip),
            _name(Path(x.clip).with_suffix("")),
            manifest.root / x.transcript if x.transcript else None,
            x.text,
            x.speaker or Path(x.clip).parent.as_posix(),
            x.language,
        )
        for x in manifest.clips
    ]


def _name(clip: Path) -> str:
    """Where the result goes, never outside of its folder."""
    return clip.name if clip.is_absolute() or ".." in clip.parts else clip.as_posix()


def align_recordings(
    recordings: Sequence[Recording],
    out: AnyPath,
    suffix: str,
    align: Callable[[Recording, Said], Alignment],
    *,
    overwrite: bool = True,
) -> Iterator[Aligned]:
    """Align recordings one after the other and write each result as soon as it is there.

    Parameters
    ----------
    recordings : sequence of Recording
        From :func:`find_recordings`.
    out : path-like
        Folder for the results; it is made where it is missing.
    suffix : str
        Ending of the results (:data:`visalign.exports.result_files.ALIGNMENT_SUFFIXES`).
    align : callable
        From a recording and what is said in it to its alignment.
    overwrite : bool
        Replace results that are there already and are others; else they stay, and are an error of their recording.

    Yields
    ------
    Aligned
        One a recording. A recording that can't be aligned does not keep the others from it.

    Raises
    ------
    OutputError
        If the folder can't be made or written to.
    """

    def write(recording: Recording, target: Path) -> tuple[Path, Alignment]:
        found = align(recording, said_in(recording))
        return write_alignment(target, found, media=recording.path), found

    for recording, found in write_each(recordings, out, suffix, write, overwrite=overwrite):
        yield Aligned(recording, None, None, found) if isinstance(found, VisalignError) else Aligned(recording, *found)


def write_each(
    recordings: Sequence[Recording],
    out: AnyPath,
    suffix: str,
    write: Callable[[Recording, Path], Written],
    *,
    overwrite: bool,
) -> Iterator[tuple[Recording, Written | VisalignError]]:
    """Write the result of each recording into a folder; the error of one does not keep the others from theirs.

    Parameters
    ----------
    recordings, out, suffix, overwrite
        As in :func:`align_recordings`.
    write : callable
        From a recording and the place of its result to what is known of it.

    Raises
    ------
    OutputError
        If the folder can't be made or written to, or a result would take the place of an input.
    """
    for recording in recordings:
        target = inside(out, f"{recording.name}{suffix}")
        _refuse_input(target, recording)
        made_folder(target.parent)
        keep_edited(target, overwrite=overwrite)
        try:
            yield recording, write(recording, target)
        except KeptFile as error:
            yield recording, error
        except OutputError:
            raise
        except VisalignError as error:
            yield recording, error


def pools_of(
    recordings: Sequence[Recording],
    align: Callable[[Recording, Said, GmmHmmAligner], object],
    *,
    refine: bool = True,
    progress: Callable[[str, float | None], None] | None = None,
) -> dict[str, GmmHmmAligner]:
    """The aligner that is adapted to each speaker of several recordings with enough speech, by a first pass over them.

    Parameters
    ----------
    recordings : sequence of Recording
        Those that are placed by way of the English model.
    align : callable
        Aligns a recording with the aligner that it is given.
    refine : bool
        Whether the adapted aligners move boundaries to where the sound says they are.
    progress : callable, optional
        Is told what is done and which part of it is behind.
    """
    pools: dict[str, Pool] = {}
    for number, recording in enumerate(recordings):
        if progress is not None:
            progress(f"hearing {recording.path.name}", number / len(recordings))
        if recording.speaker not in pools:
            pools[recording.speaker] = Pool(refine=refine)
        pool = pools[recording.speaker]
        try:
            align(recording, said_in(recording), pool.first)
        except VisalignError:  # it is told when it is aligned in earnest
            continue
        pool.n_recordings += 1
    return {speaker: adapted for speaker, pool in pools.items() if (adapted := pool.second()) is not None}


def _refuse_input(target: Path, recording: Recording) -> None:
    """Raise OutputError where a result would take the place of what it is made from."""
    inputs = [x for x in (recording.path, recording.transcript) if x is not None]
    if target.exists() and any(x.exists() and target.samefile(x) for x in inputs):
        raise OutputError(target, "this is one of the inputs; visalign never overwrites them: choose another folder")


def said_in(recording: Recording) -> Said:
    """What is said in a recording: a text, cues with times, or phones.

    Raises
    ------
    ParseError
        If its transcript can't be read.
    """
    if recording.transcript is None:
        return recording.text
    return read_phones(recording.transcript) if recording.has_phones else read_said(recording.transcript)
