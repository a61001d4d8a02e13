"""What the desk writes: the corrected tiers of a clip, and the decisions.

Files of a clip go below ``corrected/`` in the folder of the results, under the clip's name: words and phones as
``visalign align`` writes them, the mouth cues as Rhubarb's JSON, ``lexicon.dict`` with the words that were pronounced
by hand, and ``corpus/`` with the sound and its words, from which models can be adapted. A file that somebody has
changed since the desk wrote it, or that the desk never wrote, stays as it is.
"""

from __future__ import annotations

import functools
import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from visalign.batch.decisions import Decision, latest
from visalign.batch.job import report_name
from visalign.desk.clip import DeskClip
from visalign.desk.document import Document
from visalign.desk.history import History
from visalign.desk.judging import ENGINE
from visalign.desk.workplace import Desk, decision_item
from visalign.errors import EditRefused, MediaError
from visalign.exports.exporter import ExportOptions, write_export
from visalign.exports.hand_edits import Edit as HandEdit
from visalign.exports.result_files import write_alignment
from visalign.exports.review_markers import (
    ReviewedClip,
    ReviewMarker,
    format_review_edl,
    format_review_otio,
    format_review_srt,
)
from visalign.exports.utterance import Utterance
from visalign.files.outputs import made_folder, whole_file
from visalign.files.text_files import Cell, format_json, format_table, write_text
from visalign.files.timecode import timecode_at
from visalign.language.phones import SILENCE
from visalign.media.clips import probe, write_wav
from visalign.reports.html_report.batch_page import DECISIONS_TABLE
from visalign.reports.html_report.document import format_document

__all__ = ["DECISION_FORMATS", "FORMATS", "DecisionsFile", "decisions_file", "keep_decisions", "write_results"]

FORMATS = ("TextGrid", "eaf", "csv", "json", "cues", "lexicon", "corpus")
"""What can be written of a clip."""

DECISION_FORMATS = ("csv", "json", "html", "edl", "otio", "srt")
"""What can be written of decisions."""

DECISION_COLUMNS = ("clip", "line", "line_text", "start_seconds", "timecode", "decision", "comment", "who", "when")
"""Columns of the decisions as CSV."""

CORRECTED = "corrected"
LEXICON = "lexicon.dict"
_USUAL_RATE = Fraction(25)


# --- a clip -------------------------------------------------------------------------------------------------------


def write_results(desk: Desk, id: str, formats: Sequence[str]) -> list[Path]:
    """Write the tiers of a clip as they are now.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    EditRefused
        If a file there is somebody else's, or there is nothing to write.
    OutputError
        If they can't be written.
    """
    clip = desk.clip(id)
    with clip.lock:
        made = list[Path]()
        for format in formats:
            made += _WRITERS[format](desk, clip, format)
        return made


def _stem(desk: Desk, name: str, below: str = "") -> str:
    plain = report_name(name).removeprefix("reports/").removesuffix(".json")
    return str(desk.results / CORRECTED / below / plain)


def _put(desk: Desk, place: Path, write: Callable[[Path], object]) -> Path:
    """Write a file in the place of what the desk itself had written there, and of nothing else."""
    made_folder(place.parent)
    if place.exists() and not desk.journal.wrote(str(place), _digest(place)):
        raise EditRefused(
            f"{place} was not written by the desk, or was changed since; it stays: move it away and write again"
        )
    with TemporaryDirectory(dir=place.parent, prefix=".visalign-desk-") as folder:
        draft = Path(folder, place.name)
        write(draft)
        # Noted before it is there: a desk that is killed between the two knows its file all the same.
        desk.journal.note_written(str(place), _digest(draft))
        with whole_file(place) as whole:
            shutil.copyfile(draft, whole)
    return place


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_alignment(desk: Desk, clip: DeskClip, format: str) -> list[Path]:
    place = Path(f"{_stem(desk, clip.opened.material.name)}.{format}")
    alignment = clip.document.alignment(ENGINE)
    return [_put(desk, place, lambda path: write_alignment(path, alignment, media=clip.opened.material.clip))]


def _write_cues(desk: Desk, clip: DeskClip, _format: str) -> list[Path]:
    document = clip.document
    edits = tuple(HandEdit(x.start, x.end, x.label) for x in document["cues"] if x.is_touched)
    utterance = Utterance(
        document.tier("words"),
        document.tier("phones", SILENCE),
        document.alphabet,
        clip.opened.material.clip.name,
        frame_rate=clip.opened.seen.lips.times.rate,
    )
    place = Path(f"{_stem(desk, clip.opened.material.name)}.cues.json")
    return [_put(desk, place, lambda path: write_export(path, utterance, "rhubarb-json", ExportOptions(edits=edits)))]


def _write_lexicon(desk: Desk, clip: DeskClip, _format: str) -> list[Path]:
    """The pronunciations of all clips of this desk: one lexicon, as ``--lexicon`` takes it."""
    said = dict[str, set[str]]()
    for material in desk.materials.values():
        document = clip.document if material is clip.opened.material else _document(desk, material.name)
        for word, phones in ({} if document is None else document.pronunciations).items():
            said.setdefault(word, set()).add(phones)
    if not said:
        raise EditRefused("no word was pronounced by hand yet, so there is nothing to put into a lexicon")
    lines = [f"{word}  {phones}\n" for word in sorted(said) for phones in sorted(said[word])]
    place = desk.results / CORRECTED / LEXICON
    return [_put(desk, place, lambda path: write_text(path, "".join(lines)))]


def _document(desk: Desk, name: str) -> Document | None:
    history = History.resumed(desk.journal, name)
    return None if history is None else history.document


def _write_corpus(desk: Desk, clip: DeskClip, _format: str) -> list[Path]:
    """The sound with its words, as ``visalign acoustic adapt`` and ``train`` take it."""
    stem, heard = _stem(desk, clip.opened.material.name, "corpus"), clip.opened.heard
    alignment = clip.document.alignment(ENGINE)
    text = alignment.text
    if not text:
        raise EditRefused("there is no word in this clip, so nothing can be learnt from it")
    sound = _put(desk, Path(f"{stem}.wav"), lambda path: write_wav(path, heard.recorded))
    grid = _put(desk, Path(f"{stem}.TextGrid"), lambda path: write_alignment(path, alignment))
    return [sound, grid, _put(desk, desk.results / CORRECTED / "corpus" / "clips.csv", partial(_list_clips, desk))]


def _list_clips(desk: Desk, path: Path) -> None:
    """A manifest of the clips whose words stand in the corpus, as ``visalign train`` takes it."""
    rows: list[list[Cell]] = []
    for material in desk.materials.values():
        found = _document(desk, material.name)
        if found is not None and Path(f"{_stem(desk, material.name, 'corpus')}.TextGrid").is_file():
            rows.append([str(material.clip.resolve()), material.name, found.alignment(ENGINE).text])
    write_text(path, format_table(("clip", "id", "text"), rows))


_WRITERS: Mapping[str, Callable[[Desk, DeskClip, str], list[Path]]] = MappingProxyType(
    {
        **dict.fromkeys(("TextGrid", "eaf", "csv", "json"), _write_alignment),
        "cues": _write_cues,
        "lexicon": _write_lexicon,
        "corpus": _write_corpus,
    }
)


# --- decisions ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DecisionsFile:
    """A file of decisions."""

    data: bytes
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class _Row:
    """A decision with what it is about."""

    decision: Decision
    text: str
    start: float
    end: float
    clip: ReviewedClip


def decisions_file(desk: Desk, format: str) -> DecisionsFile:
    """The decisions that count, of each reviewer the latest about a clip or line; in JSON also those before.

    Raises
    ------
    EditRefused
        If there is no such format.
    """
    if format not in _FORMATTERS:
        raise EditRefused(f"decisions can be written as {', '.join(DECISION_FORMATS)}")
    kind, write = _FORMATTERS[format]
    return DecisionsFile(write(desk, _rows(desk)).encode("utf-8", "backslashreplace"), kind, f"decisions.{format}")


def _rows(desk: Desk) -> list[_Row]:
    counted = latest(desk.decisions.all())
    by_clip: dict[str, list[Decision]] = {}
    for x in counted:
        by_clip.setdefault(x.clip, []).append(x)
    rows = list[_Row]()
    for material in desk.materials.values():
        mine = by_clip.get(material.name, [])
        if not mine:
            continue
        document = _document(desk, material.name) if any(x.line is not None for x in mine) else None
        rate, duration = _length(material.clip)
        clip = ReviewedClip(material.name, material.clip.name, rate, duration, ())
        lines = {} if document is None else {x.id: x for x in document["lines"]}
        for x in mine:
            line = lines.get(x.line) if x.line is not None else None
            start, end = (0.0, duration) if line is None else (line.start, line.end)
            rows.append(_Row(x, "" if line is None else line.label, start, end, clip))
    return rows


@functools.lru_cache(maxsize=100_000)
def _length(clip: Path) -> tuple[Fraction, float]:
    """Frame rate and duration of a clip; of one that is no longer there, something that a marker can stand on."""
    try:
        info = probe(clip)
    except MediaError:
        return _USUAL_RATE, 1.0
    return (info.video[0].rate if info.video else _USUAL_RATE), max(info.duration, 0.04)


def keep_decisions(desk: Desk) -> str:
    """Write the decisions of a batch beside its summary, where its page looks for them; what to tell of that."""
    if desk.mode != "queue":
        return ""
    text = _csv(desk, _rows(desk))
    try:
        _put(desk, desk.results / DECISIONS_TABLE, lambda path: write_text(path, text))
    except EditRefused as refused:
        return str(refused)
    return ""


def _csv(_desk: Desk, rows: Sequence[_Row]) -> str:
    cells: list[list[Cell]] = []
    for row in rows:
        item = decision_item(row.decision)
        code = timecode_at(row.start, row.clip.rate)
        cells.append(
            [
                *(row.decision.clip, row.decision.line, row.text, row.start, code),
                *(item["decision"], item["comment"], item["who"], item["when"]),
            ]
        )
    return format_table(DECISION_COLUMNS, cells)


def _json(desk: Desk, rows: Sequence[_Row]) -> str:
    counted = [
        {"clip": row.decision.clip, **decision_item(row.decision), "text": row.text, "start": row.start, "end": row.end}
        for row in rows
    ]
    history = [{"clip": x.clip, **decision_item(x)} for x in desk.decisions.all()]
    return format_json({"schema_version": 1, "decisions": counted, "history": history, "agreement": desk.agreement()})


def _html(desk: Desk, rows: Sequence[_Row]) -> str:
    table = [
        {
            **decision_item(row.decision),
            "clip": row.decision.clip,
            "text": row.text,
            "timecode": timecode_at(row.start, row.clip.rate),
        }
        for row in rows
    ]
    agreed = desk.agreement()
    values = {"title": "Decisions", "rows": table, "total": len(desk.materials), "agreement": agreed}
    return format_document(
        "decisions.html", ("page.css", "decisions.css"), ("theme.js",), values, package="visalign.desk"
    )


def _reviewed(rows: Sequence[_Row]) -> list[ReviewedClip]:
    clips = {row.clip.name: row.clip for row in rows}
    found = []
    for name, clip in clips.items():
        mine = [row for row in rows if row.clip.name == name]
        marks = tuple(ReviewMarker(x.start, x.end, x.decision.decision, _said(x)) for x in mine)
        found.append(ReviewedClip(clip.name, clip.media, clip.rate, clip.duration, marks))
    return found


def _said(row: _Row) -> str:
    return ", ".join(x for x in (row.decision.comment, row.text, row.decision.who) if x)


def _edl(desk: Desk, rows: Sequence[_Row]) -> str:
    return format_review_edl(_title(desk), _reviewed(rows))


def _otio(desk: Desk, rows: Sequence[_Row]) -> str:
    return format_review_otio(_title(desk), _reviewed(rows))


def _srt(_desk: Desk, rows: Sequence[_Row]) -> str:
    return format_review_srt(_reviewed(rows))


def _title(desk: Desk) -> str:
    return "Decisions" if desk.mode == "queue" else next(iter(desk.materials.values())).clip.stem


_FORMATTERS: Mapping[str, tuple[str, Callable[[Desk, Sequence[_Row]], str]]] = MappingProxyType(
    {
        "csv": ("text/csv; charset=utf-8", _csv),
        "json": ("application/json; charset=utf-8", _json),
        "html": ("text/html; charset=utf-8", _html),
        "edl": ("text/plain; charset=utf-8", _edl),
        "otio": ("application/json; charset=utf-8", _otio),
        "srt": ("application/x-subrip; charset=utf-8", _srt),
    }
)
