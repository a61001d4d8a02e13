"""Annotations as tables: a row a word, phone or utterance, with columns that a header names.

Read are the CSV of the Montreal Forced Aligner, visalign's own, and whatever else has a column of labels and one of
starts and ends: what people write by hand, what R and Praat's tables hold, Whisper's TSV.

Conventions
-----------
Cells are parted by commas, semicolons, tabs or bars, whichever parts the header; Excel's ``sep=;`` may stand above.
Times are seconds; milliseconds where the header says so (``start_ms``), and in the table with which Whisper writes
its segments (``start``, ``end`` and ``text`` in tabs, whole numbers). A clock (``0:01:02.5``) is read too. Without a
header three columns are taken, of which two hold times: ``0.49,0.66,she`` or ``she,0.49,0.66``, and the four of
aeneas: ``f001,0.49,0.66,"she"``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from visalign.errors import AnyPath, ParseError
from visalign.files.limits import allowed
from visalign.files.text_files import plain_cell
from visalign.language.annotations.annotation import Annotation, Track, short_decimal, speaker_and_kind
from visalign.language.annotations.content import Content
from visalign.language.annotations.rows import Row, RowReader
from visalign.language.phones import is_phone, is_silence

__all__ = ["clock_seconds", "is_table", "kind_of_labels", "read_table_file"]

_MFA_COLUMNS = frozenset({"Begin", "End", "Label", "Type", "Speaker"})
_OWN_COLUMNS = frozenset({"word", "phone", "start_seconds", "end_seconds"})

# What people and programs call a column, in small letters with one underline for whatever is no letter or digit.
_CALLED = {
    "word": "word words token aligned_word",
    "phone": "phone phones phoneme phonemes",
    "label": "label labels text utterance sentence transcript transcription annotation segment caption value mark name",
    "start": "start starts start_time starttime start_seconds start_sec start_s begin begins begin_time begintime "
    "begin_seconds begin_s onset from xmin tmin t0 t_start time_start",
    "end": "end ends end_time endtime end_seconds end_sec end_s stop stop_time offset to xmax tmax t1 t_end time_end",
    "duration": "duration dur duration_seconds duration_sec duration_s length",
    "start_ms": "start_ms begin_ms onset_ms start_time_ms startms start_milliseconds",
    "end_ms": "end_ms stop_ms offset_ms end_time_ms endms end_milliseconds",
    "duration_ms": "duration_ms dur_ms",
    "speaker": "speaker speaker_id speaker_label who participant",
    "score": "score confidence conf probability prob",
    "tier": "tier type tier_name",
}
_COLUMNS = {name: column for column, names in _CALLED.items() for name in names.split()}
_LABELS = ("word", "phone", "label")
_DELIMITERS = "\t,;|"
_NAME_OF_AENEAS = re.compile(r"f\d{6,9}")

_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2}(?:[.,]\d{1,9})?)", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d{1,15}(?:[.,]\d{0,30})?|[.,]\d{1,30})(?:[eE][+-]?\d{1,3})?", re.ASCII)


def clock_seconds(text: str) -> float | None:
    """Seconds from a number or a clock, None where it is neither.

    Examples
    --------
    >>> clock_seconds("1.25"), clock_seconds("0:01:02,5"), clock_seconds("soon")
    (1.25, 62.5, None)
    """
    bare = text.strip()
    if _NUMBER.fullmatch(bare):
        return float(bare.replace(",", "."))
    if found := _CLOCK.fullmatch(bare):
        hours, minutes, seconds = found.groups()
        return 3600.0 * int(hours or 0) + 60.0 * int(minutes) + float(seconds.replace(",", "."))
    return None


def kind_of_labels(labels: Sequence[str]) -> str:
    """What labels of no named kind are: phones where all are ARPABET, words where none has a space, else utterances.

    Examples
    --------
    >>> kind_of_labels(["HH", "AY1"]), kind_of_labels(["oh", "hi"]), kind_of_labels(["oh hi", "yes"])
    ('phones', 'words', 'utterances')
    """
    spoken = {x.strip() for x in labels if not is_silence(x)}
    if spoken and all(is_phone(x, "arpabet") for x in spoken):
        return "phones"
    return "utterances" if any(" " in x for x in spoken) else "words"


@dataclass(frozen=True, slots=True)
class _Table:
    """A table: which column is called how, and rows of a line and its cells."""

    header: Sequence[str]
    columns: Mapping[str, int]
    rows: Sequence[tuple[int, Sequence[str]]]

    def cell(self, row: Sequence[str], column: str) -> str:
        """What stands in a column; empty where the row, or the table, has none."""
        at = self.columns.get(column)
        return row[at].strip() if at is not None and at < len(row) else ""


def is_table(content: Content) -> bool:
    """Whether a file is a table of labels with times."""
    head = _without_mark(content.beginning[:100_000].split("\n")[:20])
    return _delimited(head) is not None


def read_table_file(content: Content, _recording: str | None = None) -> Annotation:
    """A table of words, phones or utterances, see this module.

    Raises
    ------
    ParseError
        If its columns are other ones, or a row holds no times.
    """
    path, reader = content.path, RowReader(content.path)
    table = _table(content)
    if set(table.header) >= _MFA_COLUMNS:
        kind, tracks = "CSV of the Montreal Forced Aligner", _mfa_tracks(reader, table)
    elif set(table.header) >= _OWN_COLUMNS:
        kind, tracks = "CSV of visalign", _own_tracks(reader, table)
    else:
        kind, tracks = "table of labels", _plain_tracks(reader, table, is_whisper=_is_whisper(table))
    if not tracks:
        raise ParseError(path, None, "it holds no row with a label and its times")
    if tracks[0].words and all(_NAME_OF_AENEAS.fullmatch(x.label) for x in tracks[0].words):
        raise ParseError(path, None, "a table of aeneas with names and no text; let it write JSON or CSV")
    return Annotation(str(path), kind, tracks, warnings=content.warnings + reader.all_warnings())


def _delimited(lines: Sequence[str]) -> str | None:
    """What parts the cells of a table; None where the lines are none."""
    first = next((line for line in lines if line.strip()), "")
    for delimiter in _DELIMITERS:
        columns = _named(next(iter(_cells([first], delimiter)), []))
        if _is_complete(columns):
            return delimiter
    for delimiter in _DELIMITERS:
        if (rows := [x for x in _cells(lines, delimiter) if x]) and all(
            _times_of_bare(row) for row in rows[:-1] or rows
        ):
            return delimiter
    return None


def _without_mark(lines: list[str]) -> list[str]:
    """The lines, that with which Excel is told what parts the cells empty."""
    return ["", *lines[1:]] if re.fullmatch(r"\s*\"?sep=.\"?\s*", lines[0]) else lines


def _cells(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return []


def _named(header: Sequence[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for at, name in enumerate(header):
        known = _COLUMNS.get("_".join(re.findall(r"[a-z0-9]+", name.lower())))
        if known:
            columns.setdefault(known, at)
    return columns


def _is_complete(columns: Mapping[str, int]) -> bool:
    has_start, has_end = (bool({x, f"{x}_ms"} & columns.keys()) for x in ("start", "end"))
    has_end |= bool({"duration", "duration_ms"} & columns.keys())
    return has_start and has_end and any(x in columns for x in _LABELS)


def _times_of_bare(row: Sequence[str]) -> tuple[int, int, int] | None:
    """In a row without a header the columns of label, start and end."""
    if len(row) == 4:  # aeneas
        times = [clock_seconds(x) is not None for x in row]
        return (3, 1, 2) if times == [False, True, True, False] else None
    if len(row) != 3:
        return None
    first, _, last = (clock_seconds(x) is not None for x in row)
    if clock_seconds(row[1]) is None or first == last:
        return None
    return (2, 0, 1) if first else (0, 1, 2)


def _table(content: Content) -> _Table:
    path, text = content.path, content.text
    lines = _without_mark(text.split("\n"))
    delimiter = _delimited(lines[:20])
    if delimiter is None:
        found = _cells(lines[:1], ",")
        named = ", ".join(found[0])[:80] if found else "none"
        raise ParseError(
            path, 1, f"unknown columns ({named}); wanted a header with word (or phone, text), start and end"
        )
    csv.field_size_limit(allowed("cell-characters"))
    rows, reading = list[tuple[int, list[str]]](), csv.reader(lines, delimiter=delimiter)
    try:
        rows = [(reading.line_num, row) for row in reading if any(x.strip() for x in row)]
    except csv.Error as error:
        raise ParseError(path, reading.line_num, f"not a table ({error})") from error
    header = [x.strip() for x in rows[0][1]]
    if _is_complete(columns := _named(header)):
        return _Table(header, columns, rows[1:])
    places = _times_of_bare(rows[0][1]) or (0, 1, 2)
    return _Table((), dict(zip(("label", "start", "end"), places, strict=True)), rows)


def _is_whisper(table: _Table) -> bool:
    """Whisper's TSV: start, end and text, in whole milliseconds."""
    if [x.lower() for x in table.header] != ["start", "end", "text"] or not table.rows:
        return False
    return all(row[0].strip().isdigit() and row[1].strip().isdigit() for _, row in table.rows if len(row) > 1)


def _plain_tracks(reader: RowReader, table: _Table, *, is_whisper: bool) -> tuple[Track, ...]:
    tiers: dict[tuple[str, str], list[Row]] = {}
    for line, cells in table.rows:
        start, end = _times(reader.path, table, cells, line)
        factor = 0.001 if is_whisper else 1.0
        times = [None if x is None else factor * x for x in (start, end)]
        score = clock_seconds(table.cell(cells, "score"))
        for column in _LABELS:
            label = plain_cell(table.cell(cells, column))
            if column in table.columns and label:
                speaker, kind = _whose(table, cells, column)
                tiers.setdefault((speaker, kind), []).append(Row(times[0], times[1], label, line, score))
    named = [(who, kind or kind_of_labels([x.label for x in rows]), rows) for (who, kind), rows in tiers.items()]
    return reader.tracks(named)


def _whose(table: _Table, cells: Sequence[str], column: str) -> tuple[str, str]:
    """Speaker and kind of a cell; the kind is empty where only the labels tell it."""
    speaker, tier = table.cell(cells, "speaker"), table.cell(cells, "tier")
    if tier:
        named, kind = speaker_and_kind(tier)
        return speaker or named, kind or "none"
    return speaker, "" if column == "label" else f"{column}s"


def _times(path: AnyPath, table: _Table, cells: Sequence[str], line: int) -> tuple[float | None, float | None]:
    """Start and end of a row in seconds; None where the cell is empty."""

    def seconds(column: str) -> float | None:
        for name, factor in ((column, 1.0), (f"{column}_ms", 0.001)):
            text = table.cell(cells, name)
            if text and text.lower() not in ("na", "nan", "none", "null", "-"):
                if (found := clock_seconds(text)) is None:
                    raise ParseError(path, line, f"the {column} {text[:40]!r} is no time; wanted: seconds, as 1.25")
                return factor * found
        return None

    start, end, duration = seconds("start"), seconds("end"), seconds("duration")
    if end is None and start is not None and duration is not None:
        end = start + duration
    if start is None or end is None:
        return None, None
    if end < start:
        raise ParseError(path, line, f"the start {start:g} is not before the end {end:g}")
    return start, end


# ---- tables of known programs ----


def _mfa_tracks(reader: RowReader, table: _Table) -> tuple[Track, ...]:
    at = {name: table.header.index(name) for name in _MFA_COLUMNS}
    tiers: dict[tuple[str, str], list[Row]] = {}
    for line, cells in table.rows:
        start, end = _needed_times(reader.path, table, cells, line)
        type_, speaker = (cells[at[x]] if at[x] < len(cells) else "" for x in ("Type", "Speaker"))
        kind = type_ if type_ in ("words", "phones") else ""
        row = Row(short_decimal(start), short_decimal(end), table.cell(cells, "label"), line)
        tiers.setdefault((speaker, kind), []).append(row)
    # A speaker's name is of use where there are several; of a single one it is MFA's name of a folder.
    several = len({speaker for speaker, _ in tiers}) > 1
    return reader.tracks((speaker if several else "", kind, rows) for (speaker, kind), rows in tiers.items())


def _own_tracks(reader: RowReader, table: _Table) -> tuple[Track, ...]:
    """A row a phone; rows of one word follow each other, and `word_number` tells a word from its repetition."""
    numbers = table.header.index("word_number") if "word_number" in table.header else None
    phones: dict[str, list[Row]] = {}
    words: dict[str, list[Row]] = {}
    last: tuple[str, str, str] | None = None
    for line, cells in table.rows:
        start, end = _needed_times(reader.path, table, cells, line)
        speaker, label = table.cell(cells, "speaker"), plain_cell(table.cell(cells, "word"))
        phones.setdefault(speaker, []).append(
            Row(start, end, plain_cell(table.cell(cells, "phone")), line, _score(reader.path, table, cells, line))
        )
        mine = words.setdefault(speaker, [])
        number = cells[numbers] if numbers is not None and numbers < len(cells) else ""
        this = (speaker, label, number)
        if label and this == last and mine and abs((mine[-1].end or 0.0) - start) < 1e-5:
            mine[-1] = mine[-1]._replace(end=end)
        elif label:
            mine.append(Row(start, end, label, line))
        last = this
    return reader.tracks(
        (speaker, kind, rows[speaker]) for speaker in phones for kind, rows in (("words", words), ("phones", phones))
    )


def _needed_times(path: AnyPath, table: _Table, cells: Sequence[str], line: int) -> tuple[float, float]:
    start, end = _times(path, table, cells, line)
    if start is None or end is None:
        raise ParseError(path, line, "start and end must be seconds; one of them is missing")
    return start, end


def _score(path: AnyPath, table: _Table, cells: Sequence[str], line: int) -> float | None:
    text = table.cell(cells, "score")
    if text and (score := clock_seconds(text)) is None:
        raise ParseError(path, line, f"confidence is {text[:40]!r}, not a number")
    return score if text else None
