"""A clip with its verdict and its tracks under the picture, for people who get no page and no program.

The picture is on top, as it was but for its size, and beside it the mouth enlarged, over the mouth that belongs to what
is heard at that moment. Under it stands the verdict in words, with its remedy, and under that the tracks of
:func:`visalign.plots.plot_tracks`, with a line that runs along with the clip. Long clips turn the page
every :data:`PAGE_SECONDS`. The sound is the clip's own, copied packet by packet: who looks and listens judges what the
report judged. The clip itself is only read.

Conventions
-----------
Every picture keeps its time beside the sound. (Where a container has no times below 0 and the sound needs them, both
come later together, by the few milliseconds of an encoder's priming.) At the line stands what is heard and seen at that
time; what is expected of the lips stands later than its sound by the clip's lead. The drawn mouth is that of the sound
of the same moment: where sound and lips are apart, so are the two mouths.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from visalign.animation.lip_trajectory import LipShape
from visalign.errors import AnyPath, ConfigError, MediaError, MissingStream
from visalign.face.avatar import FaceLook, FacePainter
from visalign.media.clips import probe, read_audio, read_frames, video_tracks
from visalign.media.ffmpeg import resize_rgb
from visalign.media.remux import put_picture
from visalign.media.viewing_copy import cut_out, mouth_boxes
from visalign.pipeline import Progress
from visalign.plots.clip import plot_tracks
from visalign.plots.style import INK, TWO_COLUMNS, VERDICT_INKS, figure_of, new_figure, picture_of, plot_style
from visalign.reports.clip_report import ClipReport
from visalign.reports.palette import LANDMARK
from visalign.reports.wording import certainty, remedy, statement
from visalign.signals import Audio, Frame, Image, MediaInfo, VideoStream
from visalign.sync.evidence import ClipEvidence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["OVERLAY_SUFFIXES", "PAGE_SECONDS", "write_overlay"]

OVERLAY_SUFFIXES = (".mp4", ".mov", ".mkv")
"""Endings of overlays."""

PAGE_SECONDS = 4.0
"""Longest stretch on one page of tracks."""

_WIDTHS_PX = (720, 1920)  # smaller pictures are enlarged, so that labels can be read, and larger ones reduced
_ROWS = ("sound", "words", "phones", "expected", "observed", "opening")
_BANNER_INCHES = 0.52
_LINE_PX = 2  # of 720
_SAME_LENGTH = 0.1  # seconds by which a report's clip may seem to be of another length
_BEHIND = (20, 24, 28)  # beside a picture that is narrower than the tracks
_TALLEST = 1.4  # height over width of a picture; of a taller one the sides are filled
_CAPTION_INCHES = 0.2
_MOUTH_PART = (0.14, 0.34)  # of the width: as much as puts two mouths, each 4 to 3, beside the picture
_FACE_SPAN_PX, _FACE_MOUTH_Y = 152, 306  # of the drawn face, 480 pixels wide: what is shown, and where its mouth is


def write_overlay(
    clip: AnyPath,
    report: ClipReport,
    target: AnyPath,
    *,
    width_px: int | None = None,
    page_seconds: float = PAGE_SECONDS,
    mouth: bool = True,
    progress: Progress | None = None,
) -> Path:
    """Write the overlay of a clip.

    Parameters
    ----------
    clip : path-like
        What was checked; it stays as it is.
    report : ClipReport
        Of this clip. With its evidence, the mouths and the lip opening are shown as well.
    target : path-like
        The new file: .mp4, .mov or .mkv. A container that can't hold the clip's sound is refused; .mkv holds any.
    width_px : int, optional
        Of the new picture, 320 to 3840; the clip's own by default, but at least 720 and at most 1920.
    page_seconds : float
        Longest stretch of the tracks to be seen at once.
    mouth : bool
        Whether the enlarged mouth and the one that belongs to the sound stand beside the picture.
    progress : callable, optional
        Is told what is done, and which part of it is behind (0..1).

    Raises
    ------
    MediaError
        If the clip can't be read, or is not the one of the report.
    MissingStream
        If it has no picture.
    ConfigError
        If a setting is impossible, or the report judges another sound than the clip's own.
    BackendUnavailable
        If Matplotlib is not installed.
    OutputError
        If the overlay can't be written there.
    """
    info = probe(clip)
    picture = _picture_of(clip, info, report)
    if not 0.5 <= page_seconds <= 60:
        raise ConfigError("page", page_seconds, "0.5 to 60 seconds")
    audio = read_audio(clip) if info.audio else None
    board = _Board(report, audio, _width(picture, width_px), page_seconds, with_mouth=mouth)
    put_picture(clip, target, _told(board.frames(clip), progress, report.clip.duration))
    return Path(target)


def _picture_of(clip: AnyPath, info: MediaInfo, report: ClipReport) -> VideoStream:
    """The video stream that the report judges."""
    if not info.video:
        raise MissingStream(clip, "video")
    if report.clip.audio is not None:
        allowed = "one of the clip's own sound; put the other sound into the clip first, with `visalign attach`"
        raise ConfigError("report", f"of {report.clip.name} with the sound {report.clip.audio}", allowed)
    stream = video_tracks(clip, report.clip.video_track)[0]
    length = stream.start + stream.duration
    if abs(length - report.clip.duration) > _SAME_LENGTH:
        raise MediaError(
            clip,
            f"its picture is {length:.2f} s long, that of the report's clip ({report.clip.name}) "
            f"{report.clip.duration:.2f} s",
            "Give the report of this clip, or none.",
        )
    return stream


def _width(stream: VideoStream, wanted: int | None) -> int:
    if wanted is not None and not 320 <= wanted <= 3840:
        raise ConfigError("width", wanted, "320 to 3840 pixels")
    own = stream.height_px if stream.rotation_degrees % 180 else stream.width_px
    chosen = wanted or min(max(own, _WIDTHS_PX[0]), _WIDTHS_PX[1])
    return chosen + chosen % 2


def _told(frames: Iterator[Frame], progress: Progress | None, duration: float) -> Iterator[Frame]:
    for frame in frames:
        if progress is not None:
            progress("drawing", min(1.0, frame.time / duration) if duration > 0 else None)
        yield frame


@dataclass(frozen=True, slots=True, eq=False)
class _Page:
    """Drawn tracks of a stretch, and where time lies on them: `left` and `right` are the pixels of its ends."""

    image: Image
    start: float
    end: float
    left: float
    right: float
    top: int
    bottom: int

    def at(self, time: float) -> float:
        """The column of a time."""
        return self.left + (self.right - self.left) * (time - self.start) / (self.end - self.start)


class _Board:
    """Composes the pictures of an overlay."""

    def __init__(
        self, report: ClipReport, audio: Audio | None, width: int, page_seconds: float, *, with_mouth: bool
    ) -> None:
        self._report, self._audio, self._width = report, audio, width
        duration = report.clip.duration
        self._n_pages = max(1, int(np.ceil(duration / page_seconds - 1e-6)))
        self._page_seconds = duration / self._n_pages if self._n_pages == 1 else page_seconds
        self._banner = _banner(report, width)
        self._with_mouth = with_mouth and report.evidence is not None and report.evidence.mouth is not None
        self._mouths: _Mouths | None = None
        self._page = lru_cache(maxsize=2)(self._drawn)

    def frames(self, clip: AnyPath) -> Iterator[Frame]:
        """Every picture of the clip on its board, at its time."""
        for frame in read_frames(clip, colour=True, track=self._report.clip.video_track):
            yield Frame(frame.time, self._composed(frame))

    def _composed(self, frame: Frame) -> Image:
        picture = self._beside_its_mouth(frame) if self._with_mouth else _fitted(frame.image, self._width)
        page = self._page(min(int(frame.time / self._page_seconds), self._n_pages - 1))
        tracks = page.image.copy()
        _draw_line(tracks, page, frame.time, max(1, round(_LINE_PX * self._width / 720)))
        board = np.vstack([picture, self._banner, tracks])
        return np.pad(board, ((0, len(board) % 2), (0, 0), (0, 0)), mode="edge")

    def _beside_its_mouth(self, frame: Frame) -> Image:
        if self._mouths is None:  # the size of the picture is known from its first frame on
            self._mouths = _Mouths(self._report, _mouth_width(frame.image, self._width), self._width)
        picture = _fitted(frame.image, self._width - self._mouths.width)
        return np.hstack([picture, self._mouths.column(frame, picture.shape[0])])

    def _drawn(self, index: int) -> _Page:
        start = index * self._page_seconds
        rows = [x for x in _ROWS if not (x == "sound" and self._audio is None)]
        rows = [x for x in rows if not (x == "opening" and self._report.evidence is None)]
        axes = plot_tracks(self._report, self._audio, start=start, end=start + self._page_seconds, rows=rows, title="")
        image = picture_of(figure_of(axes), self._width)
        return _page(axes, image, start, start + self._page_seconds)


class _Mouths:
    """The column beside the picture: the mouth that is seen, over the one that belongs to what is heard."""

    def __init__(self, report: ClipReport, width: int, board_width: int) -> None:
        evidence, lead = report.evidence, report.sync.lead_seconds or 0.0
        assert evidence is not None
        self.width = width
        self._evidence = evidence
        self._boxes = mouth_boxes(evidence.mouth, evidence.times)
        self._shapes = _heard_shapes(evidence, lead)
        self._size = (width, 2 * round(width * 3 / 8))
        self._painter = FacePainter(FaceLook(), round(480 * width / _FACE_SPAN_PX))
        self._captions = [_caption(x, width, board_width) for x in ("seen", "expected")]

    def column(self, frame: Frame, height: int) -> Image:
        """Both mouths at the time of a frame, one below the other, as high as the picture."""
        index = max(int(np.searchsorted(self._evidence.times, frame.time + 1e-6)) - 1, 0)
        both = [self._captions[0], self._seen(index, frame.image), self._captions[1], self._heard(index)]
        stacked = np.vstack(both)[:height]
        return np.pad(stacked, ((0, height - len(stacked)), (0, 0), (0, 0)), constant_values=_BEHIND[1])

    def _seen(self, index: int, image: Image) -> Image:
        box = self._boxes[index]
        cut = cut_out(image, box)
        if cut is None or self._evidence.mouth is None:
            return np.full((self._size[1], self._size[0], 3), _BEHIND, np.uint8)
        shown = resize_rgb(cut, *self._size).copy()
        places = (self._evidence.mouth[index] - box[:2]) * (self._size[0] / box[2])
        for x, y in np.nan_to_num(places, nan=-9.0).round().astype(int).tolist():
            shown[max(y - 1, 0) : max(y + 1, 0), max(x - 1, 0) : max(x + 1, 0)] = _rgb(LANDMARK)
        return shown

    def _heard(self, index: int) -> Image:
        face = self._painter.draw(LipShape(*self._shapes[index].tolist()))
        scale = face.shape[0] / 480
        left = (face.shape[1] - self._size[0]) // 2
        top = round(_FACE_MOUTH_Y * scale - self._size[1] / 2)
        return np.asarray(face[top : top + self._size[1], left : left + self._size[0]])


def _heard_shapes(evidence: ClipEvidence, lead: float) -> npt.NDArray[np.float64]:
    """The mouth of what is heard at each frame; the evidence has them where they are expected, later by the lead."""
    moments = evidence.centres + lead
    return np.column_stack([np.interp(moments, evidence.centres, x) for x in evidence.expected_shapes.T])


def _mouth_width(image: Image, width: int) -> int:
    """Such that two mouths with their captions are about as high as the picture beside them."""
    tall: float = image.shape[0] / image.shape[1]
    captions = 2 * _CAPTION_INCHES / TWO_COLUMNS
    part = float((tall - captions) / (1.5 + tall))
    return 2 * round(width * min(max(part, _MOUTH_PART[0]), _MOUTH_PART[1]) / 2)


def _caption(words: str, width: int, board_width: int) -> Image:
    with plot_style():
        figure = new_figure(TWO_COLUMNS * width / board_width, _CAPTION_INCHES)  # letters as large as the banner's
        figure.set_layout_engine("none")
        figure.set_facecolor(INK)
        figure.text(0.03, 0.5, words, color="white", fontsize=8, va="center")
        return picture_of(figure, width)


def _page(axes: tuple[Axes, ...], image: Image, start: float, end: float) -> _Page:
    first, last = axes[0].get_window_extent(), axes[-1].get_window_extent()
    height = image.shape[0]
    return _Page(image, start, end, first.x0, first.x1, round(height - first.y1), round(height - last.y0))


def _draw_line(image: Image, page: _Page, time: float, thickness: int) -> None:
    left = round(page.at(time) - thickness / 2)
    image[max(page.top, 0) : page.bottom, max(left, 0) : left + thickness] = _rgb(INK)


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return red, green, blue


def _fitted(image: Image, width: int) -> Image:
    """The picture as wide as the board; a tall one as tall as may be, with dark sides."""
    rows, columns = image.shape[:2]
    height = min(rows * width / columns, _TALLEST * width)
    across = min(width, 2 * round(height * columns / rows / 2))
    scaled = resize_rgb(image, across, max(2, 2 * round(height / 2)))
    side = (width - across) // 2
    if across == width:
        return scaled
    board = np.full((scaled.shape[0], width, 3), _BEHIND, np.uint8)
    board[:, side : side + across] = scaled
    return board


def _banner(report: ClipReport, width: int) -> Image:
    """The verdict in words, on its colour."""
    with plot_style():
        figure = new_figure(TWO_COLUMNS, _BANNER_INCHES)
        figure.set_layout_engine("none")
        figure.set_facecolor(VERDICT_INKS[report.sync.verdict])
        plain = replace(report.sync, reason="")  # a reason takes more lines than there are
        figure.text(0.015, 0.70, statement(plain), color="white", fontsize=11, fontweight="bold", va="center")
        figure.text(0.015, 0.27, remedy(plain, rate=report.clip.frame_rate), color="white", fontsize=8, va="center")
        figure.text(0.985, 0.70, certainty(report.sync), color="white", fontsize=8, va="center", ha="right")
        figure.text(0.985, 0.27, report.clip.name, color="white", fontsize=8, va="center", ha="right")
        return picture_of(figure, width)
