"""Sound and picture of a clip as a page shows them: a copy that plays, a WAV, peaks, a spectrogram.

Conventions
-----------
Seconds on the clip's clock. Peaks are 0-based columns of equal time; a spectrogram's rows go from 8 kHz at the top down
to 0, light where there is more energy.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from visalign.desk.material import Opened
from visalign.errors import EditRefused
from visalign.media.images import png_bytes
from visalign.media.viewing_copy import make_viewing_copy
from visalign.signals import Audio, MediaInfo

__all__ = ["MediaFile", "Waveform", "media_of", "peaks", "plays_in_browsers", "spectrogram", "wav_bytes"]

MAX_COLUMNS, MAX_ROWS = 20_000, 1000

_KINDS = {"mp4": "video/mp4", "mov": "video/mp4", "webm": "video/webm"}
_CODECS = {
    "video/mp4": ({"h264"}, {"aac", "mp3"}),
    "video/webm": ({"vp8", "vp9", "av1"}, {"opus", "vorbis"}),
}
_NFFT, _WINDOW_SECONDS, _RANGE_DB, _EVEN_BIN = 512, 0.02, 60.0, 16.0


@dataclass(frozen=True, slots=True)
class MediaFile:
    """What a player gets: bytes, or a file that is served as it is.

    Parameters
    ----------
    kind : str
        MIME type.
    data : bytes
        Of a copy; empty for a file.
    path : Path or None
        The file.
    picture : (int, int, int, int) or None
        Left, top, width and height of the picture in a copy, pixels; below it the mouth is enlarged.
    """

    kind: str
    data: bytes = b""
    path: Path | None = None
    picture: tuple[int, int, int, int] | None = None


def plays_in_browsers(info: MediaInfo, path: Path) -> str | None:
    """The MIME type of a file that every browser plays on its own clock; None where a copy is needed."""
    kind = _KINDS.get(path.suffix.lower().removeprefix("."))
    if kind is None or len(info.video) != 1 or len(info.audio) > 1:
        return None
    video, sounds = info.video[0], info.audio
    pictures, codecs = _CODECS[kind]
    starts = [video.start, *(x.start for x in sounds)]
    is_plain = video.codec in pictures and all(x.codec in codecs for x in sounds)
    # Where a stream begins late, browsers don't agree on what time it is.
    return kind if is_plain and max(map(abs, starts)) < 1e-3 else None


def media_of(opened: Opened) -> MediaFile:
    """The clip itself where it plays, else a viewing copy of it.

    Raises
    ------
    MediaError
        If the clip can't be read any more.
    """
    material = opened.material
    kind = plays_in_browsers(opened.info, material.clip)
    if kind is not None and material.audio is None and material.track is None and material.channel is None:
        return MediaFile(kind, path=material.clip)
    lips = opened.seen.lips
    track = opened.seen.faces.track
    copy = make_viewing_copy(material.clip, lips.times.times, lips.mouth, opened.heard.recorded, track=track)
    return MediaFile("video/mp4", copy.data, picture=(0, 0, copy.width_px, copy.picture_height_px))


def wav_bytes(sound: Audio) -> bytes:
    """The sound as a WAV file, mono, 16 bits."""
    file = io.BytesIO()
    soundfile.write(file, sound.samples, sound.rate_hz, format="WAV", subtype="PCM_16")
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class Waveform:
    """Peaks of a stretch: the least and the greatest sample of each column, 0 beyond the sound."""

    rate: float
    low: list[float]
    high: list[float]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it; `rate` is columns a second."""
        return {"rate": self.rate, "low": self.low, "high": self.high}


def peaks(sound: Audio, start: float, end: float, n: int) -> Waveform:
    """The peaks of a stretch in `n` columns.

    Raises
    ------
    EditRefused
        If it is no stretch, or too many columns are wanted.
    """
    _refuse_strange(start, end, n, MAX_COLUMNS)
    edges = np.round((start + (end - start) * np.arange(n + 1) / n) * sound.rate_hz).astype(np.int64)
    edges = np.clip(edges, 0, len(sound.samples))
    samples = np.append(np.nan_to_num(sound.samples[edges[0] : edges[-1] + 1]), np.float32(0.0))
    firsts = np.minimum(edges[:-1] - edges[0], len(samples) - 1)
    low, high = (by.reduceat(samples, firsts) for by in (np.minimum, np.maximum))
    is_empty = (edges[:-1] >= len(sound.samples)) | ((edges[1:] == edges[:-1]) & (start < 0))
    low[is_empty], high[is_empty] = 0.0, 0.0
    return Waveform(round(n / (end - start), 6), _listed(low), _listed(high))


def _listed(values: npt.NDArray[np.float32]) -> list[float]:
    return [round(float(x), 4) for x in values]


def spectrogram(sound: Audio, start: float, end: float, width: int, height: int) -> bytes:
    """A picture of a stretch's spectrum, PNG of 8 bits grey; black beyond the sound.

    Raises
    ------
    EditRefused
        If it is no stretch, or the picture would be too large.
    """
    _refuse_strange(start, end, width, MAX_COLUMNS)
    if not 1 <= height <= MAX_ROWS:
        raise EditRefused(f"a spectrogram is 1 to {MAX_ROWS} pixels high")
    size = round(_WINDOW_SECONDS * sound.rate_hz)
    centres = np.round((start + (end - start) * (np.arange(width) + 0.5) / width) * sound.rate_hz).astype(np.int64)
    low, high = np.clip([centres[0] - size, centres[-1] + size], 0, len(sound.samples)).tolist()
    padded = np.pad(sound.samples[low:high], size)
    firsts = centres - size // 2 - low + size
    is_there = (firsts >= 0) & (firsts <= len(padded) - size)
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)[np.where(is_there, firsts, 0)]
    power = np.abs(np.fft.rfft(windows * np.hanning(size), max(_NFFT, size))) ** 2
    power[~is_there] = 0.0
    # A little emphasis of what is high, as Praat has it: vowels would hide fricatives.
    level = 10.0 * np.log10(power + 1e-10) + 6.0 * np.log2(np.maximum(np.arange(power.shape[1]), 1.0) / _EVEN_BIN)
    grey = np.clip((level - _loudest(sound) + _RANGE_DB) / _RANGE_DB, 0.0, 1.0)
    bins = np.linspace(power.shape[1] - 1, 0, height).round().astype(np.int64)
    return png_bytes((255.0 * grey.T[bins]).round().astype(np.uint8))


def _loudest(sound: Audio) -> float:
    """Level in dB of a tone as loud as the loudest sample."""
    peak = float(np.max(np.abs(sound.samples), initial=1e-3))
    return 20.0 * math.log10(peak * round(_WINDOW_SECONDS * sound.rate_hz) / 16)


def _refuse_strange(start: float, end: float, n: int, most: int) -> None:
    if not (-1e6 < start < end < 1e6):
        raise EditRefused("from and to are seconds, from first")
    if not 1 <= n <= most:
        raise EditRefused(f"1 to {most} columns are possible, not {n}")
