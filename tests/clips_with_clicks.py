"""Clips whose picture flashes and whose sound clicks at known times, in any container and codec; and how to read them.

The click is 5 ms long with sharp edges, the flash one frame. Both are found again from what a reader decodes, so the
tests see what a player shows, not what a header says.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from visalign.media.clips import read_audio, read_frames

RATE_HZ = 48000
SIZE = (64, 96)  # height, width
DURATION = 2.0
FLASH = 1.0


def pictures() -> Iterator[npt.NDArray[np.uint8]]:
    """Dark pictures, 25 a second, but for the one at `FLASH`."""
    for index in range(int(DURATION * 25)):
        yield np.full((*SIZE, 3), 255 if index == FLASH * 25 else 20, np.uint8)


def click(time: float = FLASH) -> npt.NDArray[np.float32]:
    """Silence but for a click at `time`."""
    samples = np.zeros(int(DURATION * RATE_HZ), np.float32)
    samples[round(time * RATE_HZ) : round(time * RATE_HZ) + 240] = 0.9
    return samples


def make_clip(
    path: Path,
    codec: str = "aac",
    *,
    video_codec: str = "libx264",
    click_at: float = FLASH,
    n_tracks: int = 1,
    rich: bool = False,
    timecode: str = "",
    rotation_degrees: int | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """A clip; `rich` gives it chapters, tags, languages and (in Matroska) subtitles and an attached font."""
    with av.open(f"file:{path}", "w", container_options={"write_tmcd": "1"} if path.suffix == ".mp4" else {}) as clip:
        if timecode:
            clip.metadata["timecode"] = timecode
        video = clip.add_stream(video_codec, rate=25, options=options or {})
        video.height, video.width, video.pix_fmt = *SIZE, "yuv420p"
        if rotation_degrees is not None:
            video.set_display_rotation(rotation_degrees)
        sounds = [clip.add_stream(codec, rate=RATE_HZ, layout="stereo") for _ in range(n_tracks)]
        subtitle = _enrich(clip, sounds, path.suffix) if rich else None
        for index, image in enumerate(pictures()):
            frame = av.VideoFrame.from_ndarray(image)
            frame.pts, frame.time_base = index, Fraction(1, 25)
            clip.mux(video.encode(frame))
        clip.mux(video.encode(None))
        if subtitle is not None:
            packet = av.Packet(b"Hello")
            packet.stream, packet.time_base = subtitle, Fraction(1, 1000)
            packet.pts = packet.dts = packet.duration = 500
            clip.mux(packet)
        for sound in sounds:
            _encode(clip, sound, click(click_at))
    return path


def _enrich(clip: av.container.OutputContainer, sounds: list[av.AudioStream], suffix: str) -> av.stream.Stream | None:
    clip.metadata.update({"title": "Scène 1", "comment": "take 3"})
    second = Fraction(1, 1000)
    chapters = [(1, 0, 1000, "One"), (2, 1000, 2000, "Two")]
    clip.set_chapters(
        [{"id": i, "start": a, "end": b, "time_base": second, "metadata": {"title": t}} for i, a, b, t in chapters]
    )
    for sound, language in zip(sounds, ("eng", "deu"), strict=False):
        sound.metadata["language"] = language
    if suffix != ".mkv":
        return None
    subtitle = clip.add_mux_stream("subrip")
    subtitle.time_base = second
    subtitle.metadata["language"] = "fra"
    clip.add_attachment("font.ttf", "font/ttf", b"abc" * 20)
    return subtitle


def _encode(clip: av.container.OutputContainer, sound: av.AudioStream, samples: npt.NDArray[np.float32]) -> None:
    widen = av.AudioResampler(sound.codec_context.format.name, "stereo", RATE_HZ)
    for start in range(0, len(samples), 1024):
        block = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], format="flt", layout="mono")
        block.pts, block.sample_rate = start, RATE_HZ
        for wide in widen.resample(block):
            clip.mux(sound.encode(wide))
    clip.mux(sound.encode(None))


def click_time(path: Path, track: int | None = None) -> float:
    """Seconds at which the click is heard."""
    loud = np.abs(read_audio(path, RATE_HZ, track=track).samples)
    return float(np.argmax(loud > 0.4 * loud.max()) / RATE_HZ)


def flash_time(path: Path) -> float:
    """Seconds at which the flash is shown."""
    (time,) = [frame.time for frame in read_frames(path) if frame.image.mean() > 128]
    return time


def sound_delay(path: Path, track: int | None = None) -> float:
    """Seconds by which the click comes after the flash."""
    return click_time(path, track) - flash_time(path)
