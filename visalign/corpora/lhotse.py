"""Lhotse's manifests, read and written: one JSON object a line, recordings in one file, supervisions in another [1]_.

Conventions
-----------
A folder holds ``recordings.jsonl`` and ``supervisions.jsonl``; on reading, their names may have more before these
words and ``.gz`` behind. Written sources are absolute paths. A clip's picture is told as Lhotse does it, by ``video``
at the source. Labels are the alignments "word" and "phone"; the split is in ``custom``.

A recording with several supervisions is one clip here; its transcript is theirs in the order of their times, its
speaker the one that all name.

References
----------
.. [1] P. Żelasko et al., Lhotse: a speech data representation library for the modern deep learning ecosystem,
   arXiv:2110.12561, 2021; lhotse 1.33, ``audio/recording.py`` and ``supervision.py``.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from visalign.corpora.layout import CorpusClip, Labels, named_file
from visalign.corpora.survey import SurveyedClip
from visalign.errors import BAD_DATA, AnyPath, InputError, ParseError, quoted
from visalign.files.data_files import parse_json
from visalign.files.inputs import opened_file
from visalign.files.limits import allowed, excess, refuse_costly
from visalign.files.text_files import rounded, write_text
from visalign.signals import MediaInfo
from visalign.timeline import Interval

__all__ = ["LhotseManifests", "write_lhotse"]

_KINDS = {"word": "words", "phone": "phones"}


class LhotseManifests:
    """Lhotse's manifests in a folder."""

    title = "manifests of Lhotse"
    wanted = "recordings.jsonl and supervisions.jsonl (or .jsonl.gz)"

    def __init__(self, root: Path) -> None:
        self._root = root
        self._spoken: dict[str, list[dict[str, Any]]] = {}
        for path in _manifests(root, "supervisions"):
            for number, row in _rows(path):
                _demand(path, number, row, "recording_id", "start", "duration")
                if not all(isinstance(row[name], int | float) for name in ("start", "duration")):
                    raise ParseError(path, number, "start and duration must be seconds")
                self._spoken.setdefault(str(row["recording_id"]), []).append(row)
        for rows in self._spoken.values():
            rows.sort(key=lambda row: float(row["start"]))

    def clips(self) -> Iterator[CorpusClip]:
        """A clip for each recording."""
        found = [clip for path in _manifests(self._root, "recordings") for clip in self._recordings(path)]
        yield from sorted(found, key=lambda clip: clip.path)

    def _recordings(self, path: Path) -> Iterator[CorpusClip]:
        for number, row in _rows(path):
            _demand(path, number, row, "id", "sources")
            try:
                yield self._recording(path, number, row)
            except ParseError:
                raise
            except BAD_DATA as error:
                reason = f"recording {quoted(row['id'])} is not described as Lhotse does ({quoted(error)})"
                raise ParseError(path, number, reason) from error

    def _recording(self, path: Path, number: int, row: dict[str, Any]) -> CorpusClip:
        source = row["sources"][0] if row["sources"] else {}
        if source.get("type") != "file":
            raise ParseError(path, number, f"recording {row['id']}: its source is no file, so it can't be read here")
        rows = self._spoken.get(str(row["id"]), [])
        said = " ".join(str(x["text"]).strip() for x in rows if x.get("text"))
        splits = {str((x.get("custom") or {}).get("split", "")) for x in rows}
        place = named_file(self._root, str(source["source"]))
        split = splits.pop() if len(splits) == 1 else ""
        return CorpusClip(place, str(row["id"]), said or None, _speaker(rows), split)

    def labels(self, clip: CorpusClip) -> Labels | None:
        """The alignments of a recording's supervisions."""
        found: dict[str, list[Interval]] = {}
        try:
            for row in self._spoken.get(clip.name, ()):
                for kind, items in (row.get("alignment") or {}).items():
                    if (name := _KINDS.get(kind)) is not None:
                        found.setdefault(name, []).extend(_item(clip, item) for item in items)
        except InputError:
            raise
        except BAD_DATA as error:
            raise InputError(f"{clip.name}: its alignment is not one of Lhotse's ({quoted(error)})") from error
        labels = {name: tuple(items) for name, items in found.items()}
        return Labels(**labels, source="a manifest of Lhotse") if labels else None

    def complaint(self, clip: CorpusClip) -> str | None:
        """Several speakers in one recording."""
        speakers = {str(row.get("speaker") or "") for row in self._spoken.get(clip.name, ())}
        return f"{len(speakers)} speakers in one recording, so it gets none" if len(speakers) > 1 else None


def _speaker(rows: list[dict[str, Any]]) -> str:
    speakers = {str(row.get("speaker") or "") for row in rows}
    return speakers.pop() if len(speakers) == 1 else ""


def _item(clip: CorpusClip, item: Any) -> Interval:
    try:
        symbol, start, duration = item[:3]
        return Interval(float(start), float(start) + float(duration), str(symbol))
    except BAD_DATA as error:
        raise InputError(
            f"{clip.name}: {quoted(item)} is no item of an alignment; wanted: [symbol, start, duration]"
        ) from error


def _manifests(root: Path, kind: str) -> list[Path]:
    return sorted(p for p in root.glob("*.jsonl*") if kind in p.name and p.name.endswith((".jsonl", ".jsonl.gz")))


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(_lines(path), start=1):
        try:
            row = parse_json(path, line) if line.strip() else None
        except ParseError as error:
            reason = f"not a manifest of Lhotse that can be read ({error.reason})"
            raise ParseError(path, number, reason) from error
        if isinstance(row, dict):
            yield number, row
        elif row is not None:
            raise ParseError(path, number, "not a JSON object")


_COST = 6  # bytes of memory for a byte of a row: a supervision with its alignment


def _lines(path: Path) -> Iterator[str]:
    """The lines of a manifest, packed or not; neither one of them nor all are more than the limits allow."""
    longest, size = allowed("data-bytes"), 0
    try:
        with opened_file(path) as packed, gzip.open(packed) if path.suffix == ".gz" else packed as file:
            while line := file.readline(longest + 1):
                size += len(line)
                if (fault := excess("data-bytes", len(line)) or excess("archive-bytes", size)) is not None:
                    raise ParseError(path, None, fault)
                refuse_costly(path, _COST * size)
                yield line.decode("utf-8")
    except ParseError:
        raise
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise ParseError(path, None, f"not a manifest of Lhotse that can be read ({error})") from error


def _demand(path: Path, number: int, row: dict[str, Any], *names: str) -> None:
    missing = [name for name in names if name not in row]
    if missing:
        raise ParseError(path, number, f"no {' and no '.join(missing)} in this line")


def write_lhotse(folder: AnyPath, clips: Iterable[SurveyedClip]) -> list[Path]:
    """Write ``recordings.jsonl`` and ``supervisions.jsonl`` into `folder`.

    Raises
    ------
    InputError
        If the clips were not opened, so that their length is unknown, or two would get one id.
    OutputError
        If the place can't be written to.
    """
    recordings, supervisions, ids = list[str](), list[str](), set[str]()
    for seen in clips:
        info, clip = seen.media, seen.clip
        if info is None:
            raise InputError(f"{clip.name}: its length is unknown, and Lhotse needs it. Leave out --no-check.")
        name = clip.name.rpartition(".")[0].replace("/", "-") or clip.name
        if name in ids:
            raise InputError(f"{clip.name}: two clips would be called {name} in Lhotse's manifest. Rename one.")
        ids.add(name)
        recording = _recording(name, clip, info)
        recordings.append(json.dumps(recording, ensure_ascii=False))
        # Lhotse knows the sound alone; the picture may last longer
        supervisions.append(json.dumps(_supervision(name, seen, recording["duration"]), ensure_ascii=False))
    rows = {"recordings.jsonl": recordings, "supervisions.jsonl": supervisions}
    return [write_text(Path(folder, name), "".join(f"{line}\n" for line in lines)) for name, lines in rows.items()]


def _recording(name: str, clip: CorpusClip, info: MediaInfo) -> dict[str, Any]:
    sound = info.audio[0] if info.audio else None
    rate = sound.rate_hz if sound is not None else 16000
    channels = list(range(sound.n_channels if sound is not None else 1))
    source: dict[str, Any] = {"type": "file", "channels": channels, "source": str(clip.path.resolve())}
    if info.video:
        video = info.video[0]
        n_frames = round(video.duration * video.rate)
        size = {"height": video.height_px, "width": video.width_px}
        source["video"] = {"fps": float(video.rate), "num_frames": n_frames} | size
    duration = sound.duration if sound is not None else info.duration
    n_samples = round(duration * rate)
    facts = {"sampling_rate": rate, "num_samples": n_samples, "duration": n_samples / rate, "channel_ids": channels}
    return {"id": name, "sources": [source]} | facts


def _supervision(name: str, seen: SurveyedClip, duration: float) -> dict[str, Any]:
    clip, labels = seen.clip, seen.labels
    row: dict[str, Any] = {"id": name, "recording_id": name, "start": 0.0, "duration": duration}
    row["channel"] = 0
    optional = {"text": clip.transcript and " ".join(clip.transcript.split()), "speaker": clip.speaker}
    row |= {key: value for key, value in optional.items() if value}
    custom = dict(clip.facts) | ({"split": clip.split} if clip.split else {})
    if custom:
        row["custom"] = custom
    if labels is not None:
        tiers = {"word": labels.words, "phone": labels.phones}
        row["alignment"] = {kind: [_written(x) for x in items] for kind, items in tiers.items() if items}
    return row


def _written(label: Interval) -> list[str | float | None]:
    return [label.label, rounded(label.start), rounded(label.duration), label.score]
