"""Files of an alignment, from ``visalign align``.

Conventions
-----------
Seconds throughout. An alignment's CSV has one row a phone, with the word it belongs to and that word's number from 0;
silences are left out of it. Syllables, where there are some, are a tier, two columns, and an entry of JSON. A CTM has
the words. Where it is known who speaks, a TextGrid and an EAF have tiers for each speaker, ``anna - words`` as
the Montreal Forced Aligner names them, a CSV a column and JSON an entry.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from visalign.errors import AnyPath
from visalign.exports.eaf import format_eaf
from visalign.files.outputs import whole_file, writer_for
from visalign.files.text_files import format_json, format_table, rounded, write_text, write_textgrid
from visalign.forced_alignment.suspects import note_tier
from visalign.language.phones import is_silence
from visalign.timeline import Interval, Tier

if TYPE_CHECKING:  # to write an alignment, nobody should have to load dlib
    from visalign.forced_alignment.alignment import Alignment, CueTimes

__all__ = ["ALIGNMENT_SUFFIXES", "write_alignment"]

ALIGNMENT_SCHEMA_VERSION = 1
"""Version of an alignment's JSON form."""


def write_alignment(path: AnyPath, alignment: Alignment, *, media: AnyPath | None = None) -> Path:
    """Write words and phones as .TextGrid, .csv, .json, .eaf or .ctm, by the ending of `path`.

    Each of them can be read back (:func:`visalign.forced_alignment.read_alignment`); times are then those of the
    format: a microsecond, in EAF and CTM a millisecond.

    Parameters
    ----------
    path : path-like
        The file.
    alignment : Alignment
    media : path-like, optional
        The sound or clip that was aligned; an EAF links it, by its path from where the EAF lies.

    Raises
    ------
    ConfigError
        If the ending is another one.
    OutputError
        If the file can't be written there.
    """
    write = writer_for(path, _ALIGNMENT_WRITERS, "alignment file")
    if write is _alignment_eaf:
        return _alignment_eaf(Path(path), alignment, _seen_from(Path(path), media))
    return write(Path(path), alignment)


def _seen_from(path: Path, media: AnyPath | None) -> str:
    """The path of `media` from the folder of `path`; its name where there is no such path, empty without media."""
    if media is None or str(media) == "-":  # a pipe can't be linked
        return ""
    try:
        return Path(os.path.relpath(media, path.parent)).as_posix()
    except ValueError:  # on another drive
        return Path(media).name


def _spoken(tier: Tier) -> Iterator[Interval]:
    return (x for x in tier if not is_silence(x.label))


def _alignment_textgrid(path: Path, alignment: Alignment) -> Path:
    return write_textgrid(path, [*_alignment_tiers(alignment), *_notes(alignment)])


def _alignment_eaf(path: Path, alignment: Alignment, media: str = "") -> Path:
    with whole_file(path) as draft:
        draft.write_bytes(format_eaf([*_alignment_tiers(alignment), *_notes(alignment)], media))
    return path


def _notes(alignment: Alignment) -> list[Tier]:
    """A tier of what looks odd, where something does."""
    return [note_tier(alignment.notes, alignment.words.end)] if alignment.notes else []


def _alignment_tiers(alignment: Alignment) -> list[Tier]:
    """Words, syllables where there are some, and phones, of each speaker where they are known; silence is ``""``."""
    all_tiers = (alignment.words, alignment.syllables, alignment.phones)
    tiers = [tier.relabel(lambda x: "" if is_silence(x) else x) for tier in all_tiers if tier is not None]
    if alignment.speakers is None:
        return tiers
    return [
        _of_speaker(tier, alignment.speakers, who)
        for who in dict.fromkeys(x for x in alignment.speakers.labels if x)
        for tier in tiers
    ]


def _of_speaker(tier: Tier, speakers: Tier, who: str) -> Tier:
    mine = (x for x in tier if x.label and speakers.label_at(x.centre) == who)
    return Tier.from_intervals(f"{who} - {tier.name}", mine, start=tier.start, end=tier.end)


def _speaker_at(alignment: Alignment, time: float) -> str | None:
    return None if alignment.speakers is None else alignment.speakers.label_at(time)


def _alignment_csv(path: Path, alignment: Alignment) -> Path:
    header = ["word", "phone", "start_seconds", "end_seconds", "confidence", "word_number"]
    numbers = _word_numbers(alignment.words)
    rows: list[list[str | float | int | None]] = []
    notes = note_tier(alignment.notes, alignment.words.end)
    for x in _spoken(alignment.phones):
        index = alignment.words.index_at(x.centre)
        word, number = ("", None) if index is None else (alignment.words.labels[index], numbers[index])
        rows.append([word, x.label, x.start, x.end, x.score, number])
        if alignment.speakers is not None:
            rows[-1].append(_speaker_at(alignment, x.centre))
        if alignment.notes:
            rows[-1].append(notes.label_at(x.centre))
        if alignment.syllables is not None:
            rows[-1] += _syllable_at(alignment.syllables, x.centre)
    header += ["speaker"] * (alignment.speakers is not None) + ["note"] * bool(alignment.notes)
    header += ["syllable", "syllable_number"] * (alignment.syllables is not None)
    return write_text(path, format_table(header, rows))


def _syllable_at(syllables: Tier, time: float) -> list[str | int | None]:
    index = syllables.index_at(time)
    return ["", None] if index is None else [syllables.labels[index], _word_numbers(syllables)[index]]


def _word_numbers(words: Tier) -> list[int | None]:
    count = itertools.count()
    return [next(count) if label else None for label in words.labels]


def _alignment_ctm(path: Path, alignment: Alignment) -> Path:
    """Words; without any, phones. The recording is the file's own name, a speaker its channel."""
    rows = list(_spoken(alignment.words)) or list(_spoken(alignment.phones))
    name = "_".join(path.stem.split()) or "recording"
    lines = [
        f"{name} {'_'.join((_speaker_at(alignment, x.centre) or '1').split())} {x.start:.3f} "
        f"{round(x.end, 3) - round(x.start, 3):.3f} {x.label}" + ("" if x.score is None else f" {x.score:.3f}")
        for x in rows
    ]
    lines += (f";; {x.start:.3f} {x.end:.3f} {x.label}" for x in alignment.notes)
    return write_text(path, "".join(f"{line}\n" for line in lines))


def _alignment_json(path: Path, alignment: Alignment) -> Path:
    data = {
        "schema_version": ALIGNMENT_SCHEMA_VERSION,
        "engine": alignment.engine,
        "words": [_item(x, alignment) for x in _spoken(alignment.words)],
        "phones": [_item(x, alignment) for x in alignment.phones],
        "notes": [{"label": x.label, "start": rounded(x.start), "end": rounded(x.end)} for x in alignment.notes],
        "warnings": list(alignment.warnings),
    }
    if alignment.syllables is not None:
        data["syllables"] = [_item(x, alignment) for x in _spoken(alignment.syllables)]
    if alignment.cues:
        data["cues"] = [_cue(x) for x in alignment.cues]
    return write_text(path, format_json(data))


def _cue(x: CueTimes) -> dict[str, str | float | None]:
    return {
        "text": x.text,
        "speaker": x.speaker,
        "start": rounded(x.start),
        "end": rounded(x.end),
        "found_start": rounded(x.found_start),
        "found_end": rounded(x.found_end),
        "start_error": rounded(x.start_error),
    }


def _item(x: Interval, alignment: Alignment) -> dict[str, str | float | None]:
    item = {"label": x.label, "start": rounded(x.start), "end": rounded(x.end), "confidence": rounded(x.score)}
    speaker = _speaker_at(alignment, x.centre)
    return item | {"speaker": speaker} if speaker and not is_silence(x.label) else item


_ALIGNMENT_WRITERS: Mapping[str, Callable[[Path, Alignment], Path]] = MappingProxyType(
    {
        ".TextGrid": _alignment_textgrid,
        ".csv": _alignment_csv,
        ".json": _alignment_json,
        ".eaf": _alignment_eaf,
        ".ctm": _alignment_ctm,
    }
)
ALIGNMENT_SUFFIXES = tuple(_ALIGNMENT_WRITERS)
"""Endings that :func:`write_alignment` understands."""
