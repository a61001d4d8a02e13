"""JSON: visalign's reports, alignments and exports, and the JSON of the Montreal Forced Aligner (that of praatio)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from visalign.errors import AnyPath, ParseError
from visalign.files.data_files import read_json
from visalign.language.annotations.annotation import (
    Annotation,
    Track,
    collect_tracks,
    intervals_of,
    short_decimal,
    speaker_and_kind,
    without_overlaps,
)
from visalign.language.phones import is_silence
from visalign.timeline import Interval

__all__ = ["read_json_file"]

_INTERVALS = ("interval", "IntervalTier")  # what `mfa align` writes, and `mfa align_one`


def read_json_file(path: AnyPath, _recording: str | None = None) -> Annotation:
    """The JSON of ``visalign check``, ``align`` or ``export --to json``, or of ``mfa align``.

    Raises
    ------
    ParseError
        If it is something else.
    """
    data = read_json(path, strict=False)
    try:
        if isinstance(data, dict) and "tiers" in data:
            return Annotation(
                str(path), "JSON of the Montreal Forced Aligner", _mfa_tracks(path, data), data.get("end")
            )
        if isinstance(data, dict) and "phones" in data:
            return Annotation(str(path), "JSON of visalign", _own_tracks(path, data))
    except ParseError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise ParseError(path, None, f"its entries are not those of an alignment ({error!r})") from error
    reason = "neither a JSON of `visalign check`, `align` or `export --to json`, nor one of `mfa align`"
    raise ParseError(path, None, reason)


def _mfa_tracks(path: AnyPath, data: Mapping[str, Any]) -> tuple[Track, ...]:
    return collect_tracks(
        (
            *speaker_and_kind(name),
            intervals_of(path, ((short_decimal(a), short_decimal(b), str(x)) for a, b, x in tier["entries"])),
        )
        for name, tier in data["tiers"].items()
        if tier.get("type", "interval") in _INTERVALS
    )


def _own_tracks(path: AnyPath, data: Mapping[str, Any]) -> tuple[Track, ...]:
    """The rows of words and phones, which say who speaks where there is more than one."""
    rows = {kind: list(_items(data.get(kind) or ())) for kind in ("words", "phones")}
    speakers = list(dict.fromkeys(speaker for kind in rows.values() for speaker, _ in kind))
    return collect_tracks(
        (speaker, kind, without_overlaps(path, (x for who, x in rows[kind] if who == speaker)))
        for speaker in speakers
        for kind in rows
    )


def _items(items: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, Interval]]:
    for x in items:
        if not is_silence(x["label"]):
            score = x.get("confidence")
            interval = Interval(float(x["start"]), float(x["end"]), x["label"], None if score is None else float(score))
            yield x.get("speaker") or "", interval
