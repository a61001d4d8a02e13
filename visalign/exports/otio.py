"""OpenTimelineIO: a timeline of one clip with markers, in OTIO's native JSON."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from visalign.exports.editorial import Marker, clip_frames, editorial_rate, markers
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["Otio"]


class Otio:
    """``Timeline`` › ``Track`` › ``Clip`` with ``Marker`` objects; faults are red."""

    name = "otio"
    title = "OpenTimelineIO with markers"
    suffix = ".otio"
    family = "editorial"
    rate = Fraction(25)
    first_frame = 0
    verified = "opened with OpenTimelineIO 0.18.1, markers compared"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        rate = editorial_rate(utterance, options, self)
        whole = _range(0, clip_frames(utterance, rate), rate)
        clip = {
            "OTIO_SCHEMA": "Clip.2",
            "name": utterance.name,
            "source_range": whole,
            "markers": [_marker(x, rate) for x in markers(utterance, rate)],
            "media_references": {
                "DEFAULT_MEDIA": {
                    "OTIO_SCHEMA": "ExternalReference.1",
                    "target_url": utterance.media,
                    "available_range": whole,
                }
            },
            "active_media_reference_key": "DEFAULT_MEDIA",
        }
        track = {"OTIO_SCHEMA": "Track.1", "name": "V1", "kind": "Video", "children": [clip]}
        stack = {"OTIO_SCHEMA": "Stack.1", "name": "tracks", "children": [track]}
        document = {"OTIO_SCHEMA": "Timeline.1", "name": utterance.name, "tracks": stack}
        return (json.dumps(document, indent=4, ensure_ascii=False) + "\n").encode()


def _marker(marker: Marker, rate: Fraction) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "Marker.2",
        "name": marker.name,
        "color": "RED" if marker.is_fault else "GREEN",
        "marked_range": _range(marker.frame, marker.n_frames, rate),
    }


def _range(start: int, n_frames: int, rate: Fraction) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "TimeRange.1", "start_time": _time(start, rate), "duration": _time(n_frames, rate)}


def _time(frame: int, rate: Fraction) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": float(rate), "value": float(frame)}
