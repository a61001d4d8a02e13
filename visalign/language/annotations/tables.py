"""Annotations as lines: NIST CTM, the CSV of the Montreal Forced Aligner, and visalign's own."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from visalign.errors import AnyPath, ParseError
from visalign.language.annotations.annotation import (
    Annotation,
    Track,
    collect_tracks,
    intervals_of,
    short_decimal,
    without_overlaps,
)
from visalign.language.phones import is_phone, is_silence
from visalign.timeline import Interval

__all__ = ["read_csv_file", "read_ctm_file"]

_MFA_COLUMNS = frozenset({"Begin", "End", "Label", "Type", "Speaker"})
_OWN_COLUMNS = frozenset({"word", "phone", "start_seconds", "end_seconds"})
_POSITIONS = ("_B", "_I", "_E", "_S")  # Kaldi's marks of a phone's place in its word


def read_ctm_file(path: AnyPath, recording: str | None = None) -> Annotation:
    """``recording channel start duration label [confidence]``; lines that begin with ``;;`` are comments.

    Channels are speakers where there is more than one. A file whose labels are all ARPABET phones holds phones, any
    other words.

    Parameters
    ----------
    path : path-like
    recording : str, optional
        Of several recordings in the file, the one to read.

    Raises
    ------
    ParseError
        If a line is no CTM line, or the file holds several recordings and none of them is `recording`.
    """
    rows = list(_ctm_rows(path))
    names = list(dict.fromkeys(name for name, _, _ in rows))
    chosen = names[0] if len(names) == 1 else recording
    if chosen not in names:
        listed = ", ".join(names[:10]) + (" …" if len(names) > 10 else "")
        several = f"it holds several recordings ({listed}), and none is called {recording!r}"
        empty = "it holds no line of CTM: recording channel start duration label"
        raise ParseError(path, None, several if names else empty)
    rows = [row for row in rows if row[0] == chosen]
    channels = list(dict.fromkeys(channel for _, channel, _ in rows))
    kind = "phones" if all(is_phone(_phone(x.label), "arpabet") for _, _, x in rows) else "words"
    tiers = []
    for channel in channels:
        mine = sorted((x for _, c, x in rows if c == channel and not is_silence(x.label)), key=lambda x: x.start)
        if kind == "phones":
            mine = [Interval(x.start, x.end, _phone(x.label), x.score) for x in mine]
        tiers.append((channel if len(channels) > 1 else "", kind, without_overlaps(path, mine)))
    return Annotation(str(path), "CTM", collect_tracks(tiers))


def _phone(label: str) -> str:
    return label[:-2] if label.endswith(_POSITIONS) else label


def _ctm_rows(path: AnyPath) -> Iterator[tuple[str, str, Interval]]:
    for number, line in enumerate(_text(path).splitlines(), start=1):
        fields = line.split()
        if not fields or line.startswith(";;"):
            continue
        try:
            name, channel, start, duration, label = fields[:5]
            score = float(fields[5]) if len(fields) > 5 and fields[5] != "NA" else None
            begin, length = float(start), float(duration)
            if length > 0:
                yield name, channel, Interval(begin, begin + length, label, score)
        except ValueError as error:
            reason = "not a line of CTM; expected: recording channel start duration label [confidence]"
            raise ParseError(path, number, reason) from error


def read_csv_file(path: AnyPath, _recording: str | None = None) -> Annotation:
    """The CSV of ``mfa align``, of ``visalign align`` or of ``visalign export --to csv``.

    Raises
    ------
    ParseError
        If its columns are other ones, or a row holds no times.
    """
    lines = csv.DictReader(_text(path).splitlines())
    columns = set(lines.fieldnames or ())
    if columns >= _MFA_COLUMNS:
        return Annotation(str(path), "CSV of the Montreal Forced Aligner", _mfa_tracks(path, lines))
    if columns >= _OWN_COLUMNS:
        return Annotation(str(path), "CSV of visalign", _own_tracks(path, lines))
    raise ParseError(
        path, 1, f"unknown columns; expected {', '.join(sorted(_OWN_COLUMNS))}, or Begin, End, Label, Type, Speaker"
    )


def _mfa_tracks(path: AnyPath, lines: csv.DictReader[str]) -> tuple[Track, ...]:
    tiers: dict[tuple[str, str], list[tuple[float, float, str]]] = {}
    for row in lines:
        kind = row["Type"] if row["Type"] in ("words", "phones") else ""
        start, end = map(short_decimal, _times(path, lines.line_num, row, "Begin", "End"))
        tiers.setdefault((row["Speaker"], kind), []).append((start, end, row["Label"] or ""))
    # A speaker's name is of use where there are several; of a single one it is MFA's name of a folder.
    several = len({speaker for speaker, _ in tiers}) > 1
    return collect_tracks(
        (speaker if several else "", kind, intervals_of(path, rows)) for (speaker, kind), rows in tiers.items()
    )


def _own_tracks(path: AnyPath, lines: csv.DictReader[str]) -> tuple[Track, ...]:
    """A row a phone; rows of one word follow each other, and `word_number` tells a word from its repetition."""
    phones: dict[str, list[Interval]] = {}
    words: dict[str, list[Interval]] = {}
    last: tuple[str, str, str] | None = None
    for row in lines:
        start, end = _times(path, lines.line_num, row, "start_seconds", "end_seconds")
        speaker, label = row.get("speaker") or "", _plain(row["word"])
        score = _score(path, lines.line_num, row)
        phones.setdefault(speaker, []).append(Interval(start, end, _plain(row["phone"]), score))
        mine = words.setdefault(speaker, [])
        this = (speaker, label, row.get("word_number") or "")
        if label and this == last and mine and abs(mine[-1].end - start) < 1e-5:
            mine[-1] = Interval(mine[-1].start, end, label)
        elif label:
            mine.append(Interval(start, end, label))
        last = this
    return collect_tracks(
        (speaker, kind, without_overlaps(path, rows[speaker]))
        for speaker in phones
        for kind, rows in (("words", words), ("phones", phones))
    )


def _score(path: AnyPath, line: int, row: Mapping[str, str | None]) -> float | None:
    try:
        return float(row["confidence"] or "") if row.get("confidence") else None
    except ValueError as error:
        raise ParseError(path, line, f"confidence is {row['confidence']!r}, not a number") from error


def _plain(cell: str | None) -> str:
    """A cell without the apostrophe that keeps spreadsheets from running it; a row may end before it."""
    cell = cell or ""
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in "=+-@" else cell


def _times(path: AnyPath, line: int, row: Mapping[str, str], start: str, end: str) -> tuple[float, float]:
    try:
        times = float(row[start]), float(row[end])
    except (TypeError, ValueError) as error:
        raise ParseError(path, line, f"{start} and {end} must be seconds") from error
    if not times[1] > times[0]:
        raise ParseError(path, line, f"{start} {times[0]} is not before {end} {times[1]}")
    return times


def _text(path: AnyPath) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ParseError(path, None, f"can't be read ({error.strerror}); check its name") from error
    except UnicodeDecodeError as error:
        raise ParseError(path, None, "not UTF-8 text; save it as UTF-8") from error
