"""Running a live view: pacing, dropping what comes too late, sending to the page, counting.

Conventions
-----------
A picture is *due* when a player would show it: the moment the first one came, plus its time. Of a source that does not
wait, a camera or a stream, one that would be looked at more than a frame and a half after that is dropped, and counted.
A file waits: where the machine is too slow for it, it runs slower, and none of its pictures is dropped. Sound never is.
The *delay* of a picture goes from when it was due to when it is drawn on the page, which reports it; both
clocks are this machine's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from visalign.files.text_files import rounded
from visalign.files.timecode import clock
from visalign.lips.point_layouts import layout_of
from visalign.live_view.analysis import ENOUGH_SPEECH, LiveAnalyser, LiveMoment, RollingOffset
from visalign.live_view.source import Picture, Source
from visalign.media.images import jpeg_bytes
from visalign.reports.html_report.document import data_uri
from visalign.reports.wording import fits_nowhere, headline, interval_in_words, lead_in_words, tells_offset
from visalign.sync.verdict import SyncEstimate
from visalign.timeline import USUAL_STEP

__all__ = ["LiveStats", "message_of", "offset_message", "run_live"]

_TOO_LATE = 1.5  # frames


@dataclass(slots=True)
class LiveStats:
    """What happened to the pictures.

    Parameters
    ----------
    n_pictures, n_dropped : int
        All that came, and those that were dropped since they came too late.
    analysis_seconds : list of float
        What the analysis of each took.
    ready_seconds : list of float
        From when each was due to when it was sent to the page.
    seconds : float
        How long all of it took.
    rate : Fraction
        Pictures a second, as far apart as they are on the source's clock.
    """

    n_pictures: int = 0
    n_dropped: int = 0
    analysis_seconds: list[float] = field(default_factory=list)
    ready_seconds: list[float] = field(default_factory=list)
    seconds: float = 0.0
    rate: Fraction = Fraction(25)

    def to_dict(self, drawn_ms: list[float]) -> dict[str, Any]:
        """Plain data; `drawn_ms` are the delays that the page has reported."""
        shown = self.n_pictures - self.n_dropped
        return {
            "n_pictures": self.n_pictures,
            "n_dropped": self.n_dropped,
            "pictures_a_second": rounded(shown / self.seconds if self.seconds else None),
            "analysis_ms": _percentiles([1000 * x for x in self.analysis_seconds]),
            "due_to_sent_ms": _percentiles([1000 * x for x in self.ready_seconds]),
            "due_to_drawn_ms": _percentiles(drawn_ms),
            "n_drawn": len(drawn_ms),
        }


def _percentiles(values: list[float]) -> dict[str, float] | None:
    if not values:
        return None
    return {f"p{p}": round(float(np.percentile(values, p)), 1) for p in (50, 95, 99)}


def run_live(
    source: Source,
    analyser: LiveAnalyser,
    show: Callable[[dict[str, Any]], None],
    *,
    paced: bool = True,
    seconds: float | None = None,
) -> Iterator[tuple[LiveMoment, LiveStats]]:
    """Look at a source until it ends.

    Parameters
    ----------
    source : Source
    analyser : LiveAnalyser
    show : callable
        Gets the message for the page.
    paced : bool
        Whether a file's pictures wait until they are due, and late ones of other sources are dropped.
    seconds : float, optional
        Stop after so much of the source.

    Yields
    ------
    moment : LiveMoment
    stats : LiveStats
        The same object each time.
    """
    stats, pace = LiveStats(), _Clock(paced and not source.is_live)
    began = time.perf_counter()
    for item in source.items():
        if seconds is not None and item.time >= seconds:
            break
        if not isinstance(item, Picture):
            analyser.hear(item)
            continue
        stats.n_pictures += 1
        due = pace.wait(item.time)
        if paced and source.is_live and time.perf_counter() - due > _TOO_LATE * pace.step:
            stats.n_dropped += 1
            continue
        started = time.perf_counter()
        moment = analyser.look(item)
        stats.analysis_seconds.append(time.perf_counter() - started)
        due_epoch_ms = 1000 * (time.time() - (time.perf_counter() - due))
        stats.rate = pace.rate
        show(message_of(moment, due_epoch_ms, stats))
        stats.ready_seconds.append(time.perf_counter() - due)
        stats.seconds = time.perf_counter() - began
        yield moment, stats


class _Clock:
    """When pictures are due, and how far they are apart."""

    def __init__(self, waits: bool) -> None:
        self._waits, self._origin, self._last = waits, float("inf"), float("nan")
        self.step = USUAL_STEP

    @property
    def rate(self) -> Fraction:
        """Pictures a second, as far apart as the last two were."""
        return Fraction(1 / self.step).limit_denominator(1001)

    def wait(self, picture_time: float) -> float:
        """Wait until a picture is due, where it is to be waited for; the moment it is due."""
        now = time.perf_counter()
        if self._waits:
            self._origin = min(self._origin, now - picture_time) if self._origin == float("inf") else self._origin
        else:  # it comes by itself: the quickest so far tells what "in time" is
            self._origin = min(self._origin, now - picture_time)
        if picture_time > self._last:
            self.step = picture_time - self._last
        self._last = picture_time
        due = self._origin + picture_time
        if self._waits and now - due > _TOO_LATE * self.step:  # a file runs slower rather than in leaps
            self._origin, due = now - picture_time, now
        if self._waits and due > now:
            time.sleep(due - now)
        return due


def message_of(moment: LiveMoment, due_epoch_ms: float, stats: LiveStats) -> dict[str, Any]:
    """What the page is told of a moment."""
    image = moment.picture.image
    height, width = image.shape[:2]
    return {
        "number": moment.number,
        "time": rounded(moment.picture.time),
        "clock": clock(moment.picture.time),
        "due": round(due_epoch_ms, 1),
        "size": [width, height],
        "image": data_uri(jpeg_bytes(image), "image/jpeg"),
        "points": None if moment.points is None else np.round(moment.points, 1).tolist(),
        "lips": [] if moment.points is None else _contours(moment.points),
        "viseme": moment.viseme,
        "aperture": rounded(moment.aperture),
        "loudness": round(moment.loudness_db, 1),
        "dropped": stats.n_dropped,
        "offset": offset_message(moment.offset, stats.rate),
    }


def _contours(points: npt.NDArray[np.float32]) -> list[list[int]]:
    """The points of the lips' two contours, each closed."""
    layout = layout_of(len(points))
    return [[*contour, contour[0]] for contour in (layout.outer_lips, layout.inner_lips)]


def offset_message(found: RollingOffset | None, rate: Fraction) -> dict[str, Any] | None:
    """What the page is told of an offset; `told` and `note` are the words it shows."""
    if found is None:
        return None
    message: dict[str, Any] = {"speech": round(found.speech_seconds, 1)}
    sync = found.sync
    if sync is None:
        told = {"told": "Not enough speech yet.", "note": _so_far(found.speech_seconds)}
        return message | told
    message |= {"verdict": sync.verdict, "confidence": round(sync.confidence, 2), "told": headline(sync)}
    if tells_offset(sync) and sync.lead_seconds is not None and sync.lead_interval is not None:
        low, high = (round(1000 * x) for x in sync.lead_interval)
        message |= {"lead_ms": round(1000 * sync.lead_seconds), "interval_ms": [low, high]}
    return message | {"note": _note(sync, rate, found.speech_seconds)}


def _note(sync: SyncEstimate, rate: Fraction, speech: float) -> str:
    """What stands small under the headline: the offset in frames, its interval, and why there is no verdict."""
    parts = [sync.reason] if sync.reason else []
    if tells_offset(sync) and sync.lead_seconds is not None:
        guess = "best guess: " * (sync.verdict == "uncertain")
        parts.append(f"{guess}{lead_in_words(sync.lead_seconds, rate)}, 95 % interval {interval_in_words(sync)}")
    if not fits_nowhere(sync):
        parts.append(f"confidence {sync.confidence:.2f}")
    parts.append(f"{speech:.1f} s of speech in the last 10 s")
    return "; ".join(parts)


def _so_far(speech: float) -> str:
    return f"{speech:.1f} s of speech in the last 10 s; an offset is looked for from {ENOUGH_SPEECH:.1f} s on"
