"""Decisions of a review as editing programs take them: markers with timecode in EDL, OTIO and SRT.

Conventions
-----------
Clips follow each other on one timeline, in their order; a single clip begins it. A marker about a clip as a whole
stands over all of it. Frames are 0-based at the rate of the first clip; the record of an EDL begins at 01:00:00:00, its
sources at 00:00:00:00.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from visalign.exports.captions import clock, unmistakable
from visalign.exports.editorial import first_record_frame
from visalign.files.timecode import can_drop_frames, format_timecode

__all__ = ["ReviewMarker", "ReviewedClip", "format_review_edl", "format_review_otio", "format_review_srt"]

COLOURS: Mapping[str, str] = MappingProxyType(
    {"accept": "GREEN", "reject": "RED", "needs fix": "YELLOW", "not judged": "CYAN"}
)
"""Of the markers of each decision, as editing programs name them."""

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class ReviewMarker:
    """A decision and where it applies.

    Parameters
    ----------
    start, end : float
        Seconds of the clip.
    decision : str
        One of :data:`COLOURS`.
    text : str
        What is said of it, without the decision.
    """

    start: float
    end: float
    decision: str
    text: str

    @property
    def name(self) -> str:
        """What the marker says, in a line."""
        return _SPACE.sub(" ", f"{self.decision}: {self.text}" if self.text else self.decision)


@dataclass(frozen=True, slots=True)
class ReviewedClip:
    """A clip on the timeline.

    Parameters
    ----------
    name, media : str
        Of the clip, and of its file.
    rate : Fraction
        Frames a second.
    duration : float
        Seconds.
    markers : tuple of ReviewMarker
    """

    name: str
    media: str
    rate: Fraction
    duration: float
    markers: tuple[ReviewMarker, ...]


def _placed(clips: Sequence[ReviewedClip]) -> Iterator[tuple[ReviewedClip, int, int]]:
    """Each clip with its first frame on the timeline, and how many it has."""
    at, rate = 0, _rate(clips)
    for clip in clips:
        n_frames = max(1, math.ceil(round(clip.duration * rate, 6)))
        yield clip, at, n_frames
        at += n_frames


def _rate(clips: Sequence[ReviewedClip]) -> Fraction:
    return clips[0].rate if clips and clips[0].rate >= 1 else Fraction(25)


def _frames(marker: ReviewMarker, n_frames: int, rate: Fraction) -> tuple[int, int]:
    """First frame of a marker in its clip, and how many it covers."""
    first = min(max(math.floor(round(marker.start * rate, 6)), 0), n_frames - 1)
    return first, min(max(1, round((marker.end - marker.start) * rate)), n_frames - first)


def format_review_edl(title: str, clips: Sequence[ReviewedClip]) -> str:
    """A CMX 3600 list: an event a clip, a locator a decision."""
    rate = _rate(clips)
    start = first_record_frame(rate)
    drops = "DROP FRAME" if can_drop_frames(rate) else "NON-DROP FRAME"
    lines = [f"TITLE: {_SPACE.sub(' ', title)}", f"FCM: {drops}", ""]
    for number, (clip, at, n_frames) in enumerate(_placed(clips), start=1):
        spans = ((0, n_frames), (start + at, start + at + n_frames))
        codes = " ".join(format_timecode(frame, rate) for span in spans for frame in span)
        lines += [f"{number:03d}  AX       AA/V  C        {codes}", f"* FROM CLIP NAME: {_SPACE.sub(' ', clip.media)}"]
        for marker in clip.markers:
            place = format_timecode(start + at + _frames(marker, n_frames, rate)[0], rate)
            lines.append(f"* LOC: {place} {COLOURS[marker.decision]:<7} {marker.name}")
    return "\n".join(lines) + "\n"


def format_review_otio(title: str, clips: Sequence[ReviewedClip]) -> str:
    """A timeline of OpenTimelineIO in its native JSON: a clip a clip, a marker a decision."""
    rate = _rate(clips)
    children = [_otio_clip(clip, n_frames, rate) for clip, _, n_frames in _placed(clips)]
    track = {"OTIO_SCHEMA": "Track.1", "name": "V1", "kind": "Video", "children": children}
    stack = {"OTIO_SCHEMA": "Stack.1", "name": "tracks", "children": [track]}
    document = {"OTIO_SCHEMA": "Timeline.1", "name": title, "tracks": stack}
    return json.dumps(document, indent=4, ensure_ascii=False) + "\n"


def _otio_clip(clip: ReviewedClip, n_frames: int, rate: Fraction) -> dict[str, Any]:
    whole = _range(0, n_frames, rate)
    media = {"OTIO_SCHEMA": "ExternalReference.1", "target_url": clip.media, "available_range": whole}
    return {
        "OTIO_SCHEMA": "Clip.2",
        "name": clip.name,
        "source_range": whole,
        "markers": [
            {
                "OTIO_SCHEMA": "Marker.2",
                "name": marker.name,
                "color": COLOURS[marker.decision],
                "marked_range": _range(*_frames(marker, n_frames, rate), rate),
            }
            for marker in clip.markers
        ],
        "media_references": {"DEFAULT_MEDIA": media},
        "active_media_reference_key": "DEFAULT_MEDIA",
    }


def _range(start: int, n_frames: int, rate: Fraction) -> dict[str, Any]:
    times = [{"OTIO_SCHEMA": "RationalTime.1", "rate": float(rate), "value": float(x)} for x in (start, n_frames)]
    return {"OTIO_SCHEMA": "TimeRange.1", "start_time": times[0], "duration": times[1]}


def format_review_srt(clips: Sequence[ReviewedClip]) -> str:
    """SubRip: a cue a decision, with the timecode at which it begins."""
    rate, rows = _rate(clips), list[tuple[float, float, str]]()
    for clip, at, n_frames in _placed(clips):
        for marker in clip.markers:
            first, n = _frames(marker, n_frames, rate)
            code = format_timecode(at + first, rate)
            begin = float((at + first) / rate)
            rows.append((begin, begin + float(n / rate), f"[{code}] {clip.name}\n{marker.name}"))
    blocks = (
        f"{n}\n{clock(start, ',')} --> {clock(end, ',')}\n{unmistakable(text)}\n"
        for n, (start, end, text) in enumerate(sorted(rows), start=1)
    )
    return "\n".join(blocks)
