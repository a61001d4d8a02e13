"""Label files: a line a label, ``start end label``, in the units of the program that wrote them.

======================  ==============================  ========================================================
Audacity label tracks   ``0.49<tab>0.66<tab>she``       seconds
HTK's ``.lab``          ``4880000 6630000 she``         units of 100 ns, seconds where there is a decimal point
HTK's master files      ``#!MLF!#``, many of the above  the same; the entry that is called as the recording is read
TIMIT's                 ``7812 10850 she``              samples of 16 kHz, in files called ``.phn`` and ``.wrd``,
                                                        and the one line of a sentence
Xwaves, Festival        ``0.66 125 she`` behind ``#``   seconds: each label ends there, where the next one begins
NIST CTM                ``clip 1 0.49 0.17 she 0.9``    seconds, start and duration; also of several recordings
======================  ==============================  ========================================================

HTK may write a score after the label, and after that the word that begins with a phone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from visalign.errors import AnyPath, ParseError
from visalign.language.annotations.annotation import Annotation
from visalign.language.annotations.content import Content
from visalign.language.annotations.elan_text import is_elan_text
from visalign.language.annotations.rows import Row, RowReader, listed
from visalign.language.annotations.tables import clock_seconds, kind_of_labels
from visalign.language.phones import is_phone, is_silence, without_places

__all__ = [
    "HTK_UNITS",
    "is_ctm",
    "is_label_track",
    "is_labels",
    "is_master_labels",
    "is_xwaves",
    "label_row",
    "master_labels",
    "read_ctm_file",
    "read_label_track",
    "read_labels_file",
    "read_master_labels",
    "read_xwaves",
]

HTK_UNITS = 10_000_000
"""HTK counts units of 100 ns."""

_LEAST_UNITS = 100_000
"""A file whose whole numbers stay below counts seconds: 10 ms hold no word, and 28 hours are no recording."""

TIMIT_HZ = 16000
"""TIMIT counts samples."""

_SAMPLES = {".phn": TIMIT_HZ, ".wrd": TIMIT_HZ}
_MASTER = "#!MLF!#"
_NUMBER = r"[+-]?\d{1,18}(?:[.,]\d{0,18})?(?:[eE][+-]?\d{1,3})?"
_LINE = re.compile(rf"\s*({_NUMBER})\s+({_NUMBER})\s+(\S.*)", re.ASCII)
_TRACK_LINE = re.compile(rf"\s*({_NUMBER})\t({_NUMBER})(?:\t(.*))?", re.ASCII)
_CTM_LINE = re.compile(rf"\S+\s+\S+\s+{_NUMBER}\s+{_NUMBER}\s+\S", re.ASCII)
_XWAVES_LINE = re.compile(rf"\s*({_NUMBER})\s+\d{{1,4}}(?:\s+(\S.*))?", re.ASCII)
# A sentence of TIMIT: from its first sample to its last, and what is said.
_SENTENCE = re.compile(r"\s*0 (\d{4,6}) ([^\W\d_]\S* \S.*)")
_EXPECTED = "wanted: start end label"


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())


def _first_lines(content: Content, n: int = 5) -> list[str]:
    found = (line for line in content.beginning[:20_000].split("\n") if line.strip())
    return [line for line, _ in zip(found, range(n), strict=False)]


# ---- Audacity ----


def is_label_track(content: Content) -> bool:
    """Whether a file is a label track of Audacity."""
    lines = [line for line in _first_lines(content) if not line.startswith("\\")]
    return bool(lines) and all(_TRACK_LINE.fullmatch(line) for line in lines)


def read_label_track(content: Content, _recording: str | None = None) -> Annotation:
    """Labels in tabs; lines that begin with ``\\`` (the frequencies of a label) are left out.

    Raises
    ------
    ParseError
        If a line is something else.
    """
    rows, path = list[Row](), content.path
    for number, line in _lines(content.text):
        if line.startswith("\\"):
            continue
        found = _TRACK_LINE.fullmatch(line)
        if not found:
            raise ParseError(path, number, f"{line.strip()[:40]!r} is no label of Audacity; {_EXPECTED}, in tabs")
        start, end = (float(x.replace(",", ".")) for x in found.groups()[:2])
        rows.append(Row(start, end, found[3] or "", number))
    return _annotation(content, "Audacity label track", rows)


def _annotation(content: Content, title: str, rows: Sequence[Row], words: Sequence[Row] = ()) -> Annotation:
    reader, kind = RowReader(content.path), kind_of_labels([row.label for row in rows])
    tiers = [("", kind, rows), *([("", "words", words)] if words else [])]
    tracks = reader.tracks(tiers)
    if not tracks:
        raise ParseError(content.path, None, f"no label in it lasts any time; {_EXPECTED}")
    return Annotation(str(content.path), title, tracks, warnings=content.warnings + reader.all_warnings())


# ---- HTK and TIMIT ----


def is_labels(content: Content) -> bool:
    """Whether a file holds lines of ``start end label``."""
    lines = _first_lines(content)
    return bool(lines) and all(_LINE.fullmatch(line) for line in lines)


def label_row(path: AnyPath, number: int, line: str, units: float) -> Row:
    """A row of a line of ``start end label``, `units` of time in a second.

    Raises
    ------
    ParseError
        If it is something else.
    """
    found = _LINE.fullmatch(line)
    if not found:
        raise ParseError(path, number, f"{line.strip()[:40]!r} is not a label; {_EXPECTED}")
    start, end = (float(x.replace(",", ".")) / units for x in found.groups()[:2])
    return Row(start, end, found[3].strip(), number)


def read_labels_file(content: Content, _recording: str | None = None) -> Annotation:
    """HTK's label file, or one of TIMIT.

    Raises
    ------
    ParseError
        If a line is something else.
    """
    lines = list(_lines(content.text))
    is_sentence = len(lines) == 1 and _SENTENCE.fullmatch(lines[0][1]) is not None
    samples = TIMIT_HZ if is_sentence else _SAMPLES.get(content.suffix)
    units = samples or _units([line for _, line in lines])
    title = "TIMIT labels" if samples else "HTK labels"
    labels, words = _htk([label_row(content.path, number, line, units) for number, line in lines])
    return _annotation(content, title, labels, words)


# ---- Xwaves ----


def is_xwaves(content: Content) -> bool:
    """Whether a file is one of Xwaves, Festival or EST: a line with ``#`` alone, and ``end colour label`` below."""
    lines = [line.strip() for line in _first_lines(content, 20)]
    behind = lines[lines.index("#") + 1 :] if "#" in lines else []
    return bool(behind) and all(_XWAVES_LINE.fullmatch(line) for line in behind)


def read_xwaves(content: Content, _recording: str | None = None) -> Annotation:
    """Labels that follow each other, each with its end.

    Raises
    ------
    ParseError
        If a line is something else.
    """
    rows, path, at, is_header = list[Row](), content.path, 0.0, True
    for number, line in _lines(content.text):
        if is_header:
            is_header = line.strip() != "#"
            continue
        found = _XWAVES_LINE.fullmatch(line.rstrip())
        if not found:
            raise ParseError(path, number, f"{line.strip()[:40]!r} is no label of Xwaves; wanted: end colour label")
        end = float(found[1].replace(",", "."))
        label = found[2] or ""
        rows.append(Row(at, end, "" if is_silence(label) else label, number))
        at = end
    return _annotation(content, "Xwaves labels", rows)


def _units(lines: Sequence[str]) -> float:
    """100 ns; seconds where a number has a decimal point, or all are too small for what somebody says."""
    found = [(x[1], x[2]) for line in lines if (x := _LINE.fullmatch(line))]
    is_whole = all(start.isdigit() and end.isdigit() for start, end in found)
    return HTK_UNITS if is_whole and max((int(end) for _, end in found), default=0) >= _LEAST_UNITS else 1.0


def _htk(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Labels without their scores, and the words that stand after them."""
    if not all(_after_label(row) for row in rows):
        return list(rows), []
    labels, words = list[Row](), list[Row]()
    for row in rows:
        label, *rest = _parts(row)
        labels.append(row._replace(label=label))
        named = next((x for x in rest if clock_seconds(x) is None), "")
        if named:
            words.append(row._replace(label=named))
        elif words and not is_silence(label) and words[-1].end == row.start:
            words[-1] = words[-1]._replace(end=row.end)
    return labels, words


def _parts(row: Row) -> list[str]:
    """What blanks part in a label; one of blanks alone, such as a separator of lines, says nothing."""
    return row.label.split() or [""]


def _after_label(row: Row) -> bool:
    """Whether a label is one word, or is followed by scores and at most a word."""
    _, *rest = _parts(row)
    return not rest or (clock_seconds(rest[0]) is not None and sum(clock_seconds(x) is None for x in rest) <= 1)


def is_master_labels(content: Content) -> bool:
    """Whether a file is a master label file of HTK."""
    return content.head.startswith(_MASTER)


def master_labels(path: AnyPath, text: str) -> dict[str, list[tuple[int, str]]]:
    """The lines of each entry of a master label file, by the name that the file gives it (with ``/``).

    Entries begin with ``"name"`` and end with a line that holds a point.

    Raises
    ------
    ParseError
        If it is not such a file.
    """
    lines = ((number, line.strip()) for number, line in _lines(text))
    if next(lines, (1, ""))[1] != _MASTER:
        raise ParseError(path, 1, f"not a master label file: the first line must be {_MASTER}")
    entries, name = dict[str, list[tuple[int, str]]](), ""
    for number, line in lines:
        if not name and len(line) > 2 and line.startswith('"') and line.endswith('"'):
            name = line.strip('"').replace("\\", "/")
            entries[name] = []
        elif name and line == ".":
            name = ""
        elif name:
            entries[name].append((number, line))
        else:
            raise ParseError(path, number, f'{line[:40]!r} is no entry; wanted: "name", its labels, and a point')
    if name:
        raise ParseError(path, None, f"the last entry, {name}, does not end with a point: is the copy complete?")
    return entries


def read_master_labels(content: Content, recording: str | None = None) -> Annotation:
    """The entry of a master label file that is called as the recording, or the only one.

    Raises
    ------
    ParseError
        If there is none, or the file is no such file.
    """
    path, entries = content.path, master_labels(content.path, content.text)
    lines = _chosen(path, [(PurePosixPath(name).stem.lstrip("*"), x) for name, x in entries.items()], recording)
    units = _units([line for _, line in lines])
    labels, words = _htk([label_row(path, number, line, units) for number, line in lines if line != "///"])
    return _annotation(content, "HTK master label file", labels, words)


def _chosen(
    path: AnyPath, entries: Sequence[tuple[str, list[tuple[int, str]]]], recording: str | None
) -> list[tuple[int, str]]:
    names = [name for name, _ in entries]
    name = names[0] if len(names) == 1 else recording_called(names, recording)
    if name is None:
        raise ParseError(path, None, several_recordings(names, recording))
    return next(lines for other, lines in entries if other == name)


def recording_called(names: Sequence[str], recording: str | None) -> str | None:
    """The one of some names that a recording has; else the only one whose file, without folder and ending, is it."""
    if recording is None:
        return None
    wanted = recording.lower()
    exact = [name for name in names if name.lower() == wanted]
    files = [x for x in names if PurePosixPath(x.replace("\\", "/").lower()).stem == wanted]
    return exact[0] if exact else files[0] if len(files) == 1 else None


def several_recordings(names: Sequence[str], recording: str | None) -> str:
    """What to say where a file holds several recordings and none is the one that is wanted."""
    if not names:
        return "it holds no recording"
    asked = "none was asked for" if recording is None else f"none is called {recording!r}"
    return f"it holds several recordings ({listed(names)}), and {asked}; call the sound as one of them"


# ---- CTM ----


def is_ctm(content: Content) -> bool:
    """Whether a file holds lines of ``recording channel start duration label``."""
    lines = [line for line in _first_lines(content) if not line.startswith(";;")]
    return bool(lines) and all(_CTM_LINE.match(line) for line in lines) and not is_elan_text(content)


def read_ctm_file(content: Content, recording: str | None = None) -> Annotation:
    """``recording channel start duration label [confidence]``; lines that begin with ``;;`` are comments.

    Channels are speakers where there is more than one. A file whose labels are all ARPABET phones holds phones, any
    other words.

    Raises
    ------
    ParseError
        If a line is no CTM line, or the file holds several recordings and none of them is `recording`.
    """
    path, reader = content.path, RowReader(content.path)
    rows = list(_ctm_rows(path, content.text))
    names = list(dict.fromkeys(name for name, _, _ in rows))
    chosen = names[0] if len(names) == 1 else recording_called(names, recording)
    if chosen is None:
        empty = "it holds no line of CTM: recording channel start duration label"
        raise ParseError(path, None, several_recordings(names, recording) if names else empty)
    rows = [row for row in rows if row[0] == chosen]
    channels: dict[str, list[Row]] = {}
    for _, channel, row in rows:
        channels.setdefault(channel, []).append(row)
    bare = without_places([x.label for _, _, x in rows])
    kind = "phones" if all(is_phone(x, "arpabet") for x in bare) else "words"
    if kind == "phones":
        channels = {who: _without_places(mine) for who, mine in channels.items()}
    several = len(channels) > 1
    tracks = reader.tracks(
        (who if several else "", kind, [x for x in mine if not is_silence(x.label)]) for who, mine in channels.items()
    )
    if not tracks:
        raise ParseError(path, None, "it holds no word that lasts any time")
    return Annotation(str(path), "CTM", tracks, warnings=content.warnings + reader.all_warnings())


def _without_places(rows: Sequence[Row]) -> list[Row]:
    """Rows of phones without the places in their words that Kaldi writes."""
    labels = without_places([x.label for x in rows])
    return [x._replace(label=label) for x, label in zip(rows, labels, strict=True)]


def _ctm_rows(path: AnyPath, text: str) -> Iterator[tuple[str, str, Row]]:
    for number, line in _lines(text):
        fields = line.split()
        if line.startswith(";;"):
            continue
        try:
            name, channel, start, duration, label = fields[:5]
            score = float(fields[5]) if len(fields) > 5 and fields[5] != "NA" else None
            begin, length = float(start), float(duration)
        except ValueError as error:
            reason = "not a line of CTM; expected: recording channel start duration label [confidence]"
            raise ParseError(path, number, reason) from error
        yield name, channel, Row(begin, begin + length, label, number, score)
