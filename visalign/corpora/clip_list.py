"""Which clips a batch is about: a manifest in CSV or JSON lines, or a folder.

Columns of a manifest, in any order; only `clip` is needed:

==========  ==========================================================================================================
clip        the video file; relative to the manifest's folder, or absolute
id          name of the clip in ledger, reports and summary; by default the path of `clip` without its ending
transcript  text file with what is said, relative like `clip`
text        what is said; instead of `transcript`. With neither, the phones are recognised
language    in which language this clip's text is, in place of the configuration's: de, pt-BR, ja …
audio       sound to check instead of the clip's own, relative like `clip`
speaker     who speaks; the summary adds up over speakers
condition   anything the summary is to add up over: a studio, a language, a noise
map         viseme map for this clip in place of the configuration's: a name, or a TOML file relative like `clip`
expected    verdict that the clip is meant to get (in-sync, audio-early, …), or `out-of-sync` for any of audio-early,
            audio-late and mismatched; without it a clip passes when it is in sync
==========  ==========================================================================================================

Conventions
-----------
UTF-8, with or without a byte-order mark. CSV has a header; cells are separated by commas, semicolons or tabs, whichever
the header holds. In JSON lines each line is one object of texts. An empty cell, a missing one and ``null`` mean the
same. Other columns are ignored and reported, unless their name is nearly one of these: then it is a misspelling, and an
error. All errors of a manifest are told at once, each with its line.

In a folder clips are found in any depth, under the conventions of :mod:`visalign.corpora.training_data`: what is said
stands beside ``clip.mp4`` in ``clip.txt``, ``clip.lab`` or GRID's ``clip.align``, or in the folder's
``transcripts.csv``; the speaker in the latter too, else it is the name of the clip's folder.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from visalign.corpora.training_data import Transcripts, clip_files, transcript_file
from visalign.errors import AnyPath, ConfigError, InputError, ParseError, quoted
from visalign.files.data_files import parse_json
from visalign.files.limits import allowed, excess
from visalign.files.outputs import legible
from visalign.files.tables import read_table_text
from visalign.language.languages import chosen_language

__all__ = ["EXPECTED", "MANIFEST_COLUMNS", "BatchClip", "Manifest", "read_manifest"]

MANIFEST_COLUMNS = ("clip", "id", "transcript", "text", "language", "audio", "speaker", "condition", "map", "expected")
"""Columns of a manifest."""

OUT_OF_SYNC = ("audio-early", "audio-late", "mismatched")
EXPECTED = ("in-sync", *OUT_OF_SYNC, "uncertain", "out-of-sync")
"""What may stand in the column `expected`."""

_MAX_SHOWN = 50  # errors that are listed one by one
_CLIP_BYTES = 1000  # of memory that a row takes
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://")  # of an address in object storage
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, order=True)
class BatchClip:
    """One row of a manifest.

    Parameters
    ----------
    clip : str
        The video file, as written in the manifest.
    id : str
        Name of the clip within the batch.
    transcript, audio, map : str
        As written in the manifest; empty for none.
    text : str
        What is said; empty where `transcript` tells, or nothing does.
    language, speaker, condition, expected : str
        See the table above; empty for none.
    """

    clip: str
    id: str
    transcript: str = ""
    text: str = ""
    language: str = ""
    audio: str = ""
    speaker: str = ""
    condition: str = ""
    map: str = ""
    expected: str = ""

    def passes(self, verdict: str | None, gate: str | None = None) -> bool:
        """Whether `verdict` is the one that was meant to come out; where none was, and there is a `gate`, what it says.

        Examples
        --------
        >>> BatchClip("a.mp4", "a").passes("in-sync"), BatchClip("a.mp4", "a").passes("uncertain")
        (True, False)
        >>> BatchClip("a.mp4", "a", expected="out-of-sync").passes("audio-late")
        True
        """
        if self.expected == "out-of-sync":
            return verdict in OUT_OF_SYNC
        if gate is not None and not self.expected:
            return gate == "passed"
        return verdict == (self.expected or "in-sync")


@dataclass(frozen=True, slots=True)
class Manifest:
    """Clips, the folder that their paths are relative to, and what should be known about them.

    Parameters
    ----------
    root : Path
        Absolute.
    clips : tuple of BatchClip
        In the manifest's order.
    warnings : tuple of str
    """

    root: Path
    clips: tuple[BatchClip, ...]
    warnings: tuple[str, ...] = ()


def read_manifest(path: AnyPath) -> Manifest:
    """Read a manifest (.csv, .tsv, .jsonl, .ndjson), or look through a folder.

    Whether the clips themselves exist is not looked at: one that is missing is a failure of its own.

    Raises
    ------
    ParseError
        If the manifest can't be read, or with all its errors.
    InputError
        If a folder has no clip in it.
    """
    path = Path(path)
    if path.is_dir():
        return _from_folder(path)
    text = read_table_text(path, row_bytes=_CLIP_BYTES)
    reader = _Reader(path)
    for line, row in _json_rows(text) if path.suffix.lower() in {".jsonl", ".ndjson"} else _csv_rows(text):
        reader.add(line, row)
    return reader.finish()


@dataclass(slots=True)
class _Reader:
    """Collects rows, and everything that is wrong with them."""

    path: Path
    clips: list[BatchClip] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    ignored: set[str] = field(default_factory=set)
    lines: dict[str, int] = field(default_factory=dict)  # id, case folded -> line

    def add(self, line: int, row: dict[str, object] | str) -> None:
        if isinstance(row, str):
            self.faults.append((line, row))
            return
        cells = {key: self._cell(line, key, value) for key, value in row.items() if key in MANIFEST_COLUMNS}
        self._note_unknown(line, row)
        if len(self.faults) > 10_000:
            return  # every row is wrong: enough to tell
        clip = _clip(cells)
        before = len(self.faults)
        self.faults.extend((line, fault) for fault in _faults(clip))
        first = self.lines.setdefault(clip.id.casefold(), line)
        if first != line and clip.clip:
            advice = "give each row an `id` of its own"
            self.faults.append((line, f"the id {quoted(clip.id)} stands in line {first} as well; {advice}"))
        if len(self.faults) == before:
            self.clips.append(clip)

    def _cell(self, line: int, key: str, value: object) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            self.faults.append((line, f"{key} is {json.dumps(value)[:40]}, not a text"))
            return ""
        if legible(value) != value:  # JSON can spell it
            self.faults.append((line, f"{key} holds half a character ({legible(value)[:40]})"))
            return ""
        return value.strip()

    def _note_unknown(self, line: int, row: dict[str, object]) -> None:
        for key in row.keys() - set(MANIFEST_COLUMNS) - self.ignored:
            self.ignored.add(key)
            near = difflib.get_close_matches(key.strip().lower(), MANIFEST_COLUMNS, n=1, cutoff=0.75)
            if near:
                self.faults.append((line, f"there is no column {quoted(key)}; did you mean {near[0]}?"))

    def finish(self) -> Manifest:
        if self.faults:
            raise ParseError(self.path, self.faults[0][0], _all_faults(self.faults))
        if not self.clips:
            raise ParseError(self.path, None, "there is no clip in this manifest; each row names one")
        names = ", ".join(sorted(self.ignored)[:_MAX_SHOWN])
        warnings = (f"{self.path.name}: columns that mean nothing here were ignored: {names}",) if names else ()
        return Manifest(self.path.resolve().parent, tuple(self.clips), warnings)


def _all_faults(faults: Sequence[tuple[int, str]]) -> str:
    # The first one's line stands before the message already.
    listed = [faults[0][1], *(f"line {line}: {fault}" for line, fault in faults[1:_MAX_SHOWN])]
    more = f" | and {len(faults) - _MAX_SHOWN} more" if len(faults) > _MAX_SHOWN else ""
    return " | ".join(listed) + more


def _clip(cells: dict[str, str]) -> BatchClip:
    clip = cells.get("clip", "")
    chosen = cells.get("id") or _default_id(clip)
    return BatchClip(**{**cells, "clip": clip, "id": chosen})


def _default_id(clip: str) -> str:
    parts = [
        legible(part) for part in _SCHEME.sub("", clip).replace("\\", "/").split("/") if part not in {"", ".", ".."}
    ]
    return "/".join([*parts[:-1], Path(parts[-1]).stem]) if parts else ""


def _faults(clip: BatchClip) -> Iterator[str]:
    if not clip.clip:
        yield "there is no `clip`"
    for name in ("clip", "id", "transcript", "audio", "map"):
        if _CONTROL.search(getattr(clip, name)):
            yield f"`{name}` holds a control character"
    if clip.transcript and clip.text:
        yield "there are both `transcript` and `text`; give one"
    if (fault := excess("cell-characters", len(clip.text))) is not None:
        yield f"`text` {fault}"
    if clip.language:
        try:
            chosen_language(clip.language)
        except ConfigError as error:
            yield f"`language` can't be {quoted(clip.language)}; wanted: {error.allowed}"
    if clip.expected and clip.expected not in EXPECTED:
        near = difflib.get_close_matches(clip.expected, EXPECTED, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; possible are {', '.join(EXPECTED)}"
        yield f"`expected` can't be {quoted(clip.expected)}{hint}"


def _csv_rows(text: str) -> Iterator[tuple[int, dict[str, object] | str]]:
    with io.StringIO(text, newline="") as file:
        csv.field_size_limit(10 * allowed("cell-characters"))
        header = file.readline()
        delimiter = max(",;\t", key=header.count)
        try:
            names = next(csv.reader([header], delimiter=delimiter), [])
        except csv.Error as error:
            yield 1, f"not CSV ({error})"
            return
        names = [name.strip().lower() for name in names]
        repeated = sorted(name for name, n_times in Counter(names).items() if name and n_times > 1)
        if repeated:
            yield 1, f"the header names {', '.join(repeated)} more than once"
        if "clip" not in names:
            yield 1, f"the header has no column `clip`; known columns: {', '.join(MANIFEST_COLUMNS)}"
            return
        rows = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            start = 2
            for row in rows:
                if any(cell.strip() for cell in row):
                    yield start, _named(names, row)
                start = rows.line_num + 2
        except csv.Error as error:
            yield rows.line_num + 1, f"not CSV ({error})"


def _named(names: Sequence[str], row: Sequence[str]) -> dict[str, object] | str:
    if len(row) > len(names):
        return f"there are {len(row)} cells under {len(names)} headings; put texts that hold the separator in quotes"
    return {name: cell for name, cell in zip(names, row, strict=False) if name}


def _json_rows(text: str) -> Iterator[tuple[int, dict[str, object] | str]]:
    with io.StringIO(text, newline=None) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, _json_row(line)


def _json_row(line: str) -> dict[str, object] | str:
    try:
        row = parse_json("", line)
    except ParseError as error:
        return error.reason
    return row if isinstance(row, dict) else "not a JSON object"


def _from_folder(folder: Path) -> Manifest:
    root, known = folder.resolve(), Transcripts(folder)
    clips, lines, silent = [], dict[str, str](), []
    for path in clip_files(folder):
        name = path.relative_to(folder).as_posix()
        other = lines.setdefault(_default_id(name).casefold(), name)
        if other != name:
            raise InputError(
                f"{folder}: {other} and {name} would have one report between them. Rename one, or write a manifest "
                "with ids."
            )
        listed = known.listed(path)
        text = None if listed else transcript_file(path)
        if not listed and text is None:
            silent.append(name)
        clips.append(
            BatchClip(
                clip=name,
                id=_default_id(name),
                transcript="" if text is None else text.relative_to(folder).as_posix(),
                text=listed,
                speaker=legible(known.speaker_of(path)),
            )
        )
    return Manifest(root, tuple(clips), _without_text(silent))


def _without_text(names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    listed = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
    return (f"{len(names)} clip(s) without a transcript beside them; their phones are recognised: {listed}",)
