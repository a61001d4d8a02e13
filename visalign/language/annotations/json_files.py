"""JSON: visalign's reports, alignments and exports, and the JSON of the Montreal Forced Aligner (that of praatio)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from visalign.errors import BAD_DATA, ParseError
from visalign.language.annotations.annotation import Annotation, Track, short_decimal, speaker_and_kind
from visalign.language.annotations.content import Content
from visalign.language.annotations.rows import Row, RowReader
from visalign.language.phones import is_silence

__all__ = ["is_mfa_json", "is_visalign_json", "read_mfa_json", "read_visalign_json", "strange_entries"]

_INTERVALS = ("interval", "IntervalTier")  # what `mfa align` writes, and `mfa align_one`


def strange_entries(content: Content, error: Exception) -> ParseError:
    """The error for data that are not of the form that their format has."""
    said = f"{type(error).__name__}: {error}"[:80]
    return ParseError(content.path, None, f"its entries are not those of an alignment ({said}); write it anew")


def is_visalign_json(data: Any) -> bool:
    """Whether data are a report, an alignment or an export of visalign."""
    return isinstance(data, dict) and "phones" in data


def read_visalign_json(content: Content, _recording: str | None = None) -> Annotation:
    """The JSON of ``visalign check``, ``align`` or ``export --format json``.

    Raises
    ------
    ParseError
        If it is something else.
    """
    reader = RowReader(content.path)
    try:
        tracks = _own_tracks(reader, content.json)
    except ParseError:
        raise
    except BAD_DATA as error:
        raise strange_entries(content, error) from error
    return Annotation(str(content.path), "JSON of visalign", tracks, warnings=reader.all_warnings())


def _own_tracks(reader: RowReader, data: Mapping[str, Any]) -> tuple[Track, ...]:
    """The rows of words and phones, which say who speaks where there is more than one."""
    rows = {kind: list(_items(data.get(kind) or ())) for kind in ("words", "phones")}
    speakers = list(dict.fromkeys(speaker for kind in rows.values() for speaker, _ in kind))
    return reader.tracks(
        (speaker, kind, [x for who, x in rows[kind] if who == speaker]) for speaker in speakers for kind in rows
    )


def _items(items: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Row]]:
    for x in items:
        if not is_silence(x["label"]):
            score = x.get("confidence")
            row = Row(float(x["start"]), float(x["end"]), x["label"], None, None if score is None else float(score))
            yield str(x.get("speaker") or ""), row


def is_mfa_json(data: Any) -> bool:
    """Whether data are an alignment of the Montreal Forced Aligner."""
    return isinstance(data, dict) and isinstance(data.get("tiers"), dict)


def read_mfa_json(content: Content, _recording: str | None = None) -> Annotation:
    """The JSON of ``mfa align``.

    Raises
    ------
    ParseError
        If it is something else.
    """
    reader, data = RowReader(content.path), content.json
    try:
        tracks = reader.tracks(
            (*speaker_and_kind(name), [Row(short_decimal(a), short_decimal(b), str(x)) for a, b, x in tier["entries"]])
            for name, tier in data["tiers"].items()
            if tier.get("type", "interval") in _INTERVALS
        )
        end = data.get("end")
        length = None if end is None else float(end)
    except ParseError:
        raise
    except BAD_DATA as error:
        raise strange_entries(content, error) from error
    kind = "JSON of the Montreal Forced Aligner"
    return Annotation(str(content.path), kind, tracks, length, reader.all_warnings())
