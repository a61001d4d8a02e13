"""What the bad inputs are made of: one generated clip, taken apart, and the ways to put it together again.

A maker of a bad input takes a :class:`Workshop` and gives the options of a command, as ``{"video": path}``. It writes
into `folder` alone; everything that it needs from outside is the generated clip.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from visalign.face.generated_clip import GeneratedClip
from visalign.media.clips import read_audio, read_frames

Image = npt.NDArray[np.uint8]
Sound = npt.NDArray[np.float32]
Options = dict[str, Any]

RATE = 25
RATE_HZ = 48000
TICKS = 1000  # a second of picture time


@dataclass(frozen=True)
class Parts:
    """The generated clip, decoded; read once for all cases."""

    path: Path
    text: str
    lead_seconds: float
    images: tuple[Image, ...]
    sound: Sound

    @classmethod
    def of(cls, clip: GeneratedClip) -> Parts:
        """Decode a clip."""
        images = tuple(frame.image for frame in read_frames(clip.path, colour=True))
        return cls(clip.path, clip.transcript, clip.lead_seconds, images, read_audio(clip.path, RATE_HZ).samples)


@dataclass(frozen=True)
class Workshop:
    """Makes bad inputs in a folder of its own."""

    base: Parts
    folder: Path

    def clip(self, name: str = "clip.mp4") -> Path:
        """A copy of the good clip."""
        return self.bytes(name, self.base.path.read_bytes())

    def bytes(self, name: str, data: bytes) -> Path:
        """A file with this content."""
        path = self.folder / name
        path.write_bytes(data)
        return path

    def text(self, name: str, text: str) -> Path:
        """A text file, UTF-8."""
        return self.bytes(name, text.encode("utf-8", "surrogateescape"))

    def film(
        self,
        name: str,
        images: Iterable[Image] | None = None,
        sound: Sound | None = None,
        **settings: Any,
    ) -> Path:
        """A clip in any container; see :func:`mux`. Without images or sound those of the good clip."""
        chosen = self.base.images if images is None else images
        heard = self.base.sound if sound is None else sound
        return mux(self.folder / name, chosen, heard, **settings)

    def copied(self, name: str, change: Callable[[list[Packet]], Iterable[Packet]], **settings: Any) -> Path:
        """The good clip with its packets as `change` leaves them; nothing is encoded."""
        return remux(self.folder / name, self.base.path, change, **settings)


def mux(
    path: Path,
    images: Iterable[Image],
    sound: Sound | None,
    *,
    codec: str = "aac",
    video_codec: str = "libx264",
    pixel_format: str = "yuv420p",
    rate: Fraction | int = RATE,
    rate_hz: int = RATE_HZ,
    sound_delay: float = 0.0,
    picture_delay: float = 0.0,
    time_of: Callable[[int], float] | None = None,
    rotation_degrees: int | None = None,
    pixel_aspect: Fraction | None = None,
    layout: str = "mono",
    sounds: Sequence[tuple[Sound, bool]] = (),
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    codec_tag: str | None = None,
) -> Path:
    """Encode a clip with everything under control that `write_clip` decides by itself."""
    time_of = time_of or (lambda index: float(index / Fraction(rate)))
    fast = {"preset": "ultrafast", "crf": "20"} if video_codec == "libx264" else {}
    frames = iter(images)
    first = next(frames)
    with av.open(f"file:{path}", "w", container_options=container_options or {}) as container:
        video = container.add_stream(video_codec, rate=rate, options=fast | (options or {}))
        video.height, video.width, video.pix_fmt = *first.shape[:2], pixel_format
        if not video_codec.startswith("mpeg"):  # MPEG knows a few rates only
            video.codec_context.time_base = Fraction(1, TICKS)
        if rotation_degrees is not None:
            video.set_display_rotation(rotation_degrees)
        if pixel_aspect is not None:
            video.codec_context.sample_aspect_ratio = pixel_aspect
        if codec_tag is not None:
            video.codec_context.codec_tag = codec_tag
        tracks = []
        for samples, is_default in sounds or ([(sound, True)] if sound is not None else []):
            track = container.add_stream(codec, rate=rate_hz, layout=layout)
            track.disposition = av.stream.Disposition.default if is_default else 0
            tracks.append((track, samples))
        for index, image in enumerate([first, *frames]):
            frame = av.VideoFrame.from_ndarray(image)
            frame.pts, frame.time_base = round(TICKS * (time_of(index) + picture_delay)), Fraction(1, TICKS)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for track, samples in tracks:
            for block in _blocks(track, samples, rate_hz, layout, sound_delay):
                container.mux(track.encode(block))
            container.mux(track.encode(None))
    return path


def _blocks(track: av.AudioStream, sound: Sound, rate_hz: int, layout: str, delay: float) -> Iterator[av.AudioFrame]:
    convert = av.AudioResampler(track.codec_context.format.name, layout, rate_hz, frame_size=track.frame_size or 1024)
    first = round(delay * rate_hz)
    for start in range(0, len(sound), 1024):
        part = np.ascontiguousarray(sound[None, start : start + 1024])
        block = av.AudioFrame.from_ndarray(part, format="flt", layout="mono")
        block.pts, block.sample_rate, block.time_base = start, RATE_HZ, Fraction(1, RATE_HZ)
        yield from _moved(convert.resample(block), first, rate_hz)
    yield from _moved(convert.resample(None), first, rate_hz)


def _moved(blocks: Iterable[av.AudioFrame], first: int, rate_hz: int) -> Iterator[av.AudioFrame]:
    for block in blocks:
        block.pts, block.time_base = round(block.pts * block.time_base * rate_hz) + first, Fraction(1, rate_hz)
        yield block


@dataclass
class Packet:
    """A packet of a clip that can be changed: its kind, its times in seconds, and its bytes."""

    kind: str
    pts: Fraction
    dts: Fraction
    is_key: bool
    data: bytes


def packets_of(path: Path) -> list[Packet]:
    """All packets, in the order of the file."""
    with av.open(f"file:{path}") as container:
        return [
            Packet(p.stream.type, p.pts * p.time_base, p.dts * p.time_base, p.is_keyframe, bytes(p))
            for p in container.demux()
            if p.pts is not None and p.size
        ]


def remux(
    path: Path,
    source: Path,
    change: Callable[[list[Packet]], Iterable[Packet]],
    *,
    container_options: dict[str, str] | None = None,
    kinds: Sequence[str] = ("video", "audio"),
) -> Path:
    """Copy the packets of a clip into another container, as `change` leaves them."""
    with (
        av.open(f"file:{source}") as old,
        av.open(f"file:{path}", "w", container_options=container_options or {}) as new,
    ):
        streams = {kind: new.add_stream_from_template(getattr(old.streams, kind)[0]) for kind in kinds}
        wanted = [packet for packet in change(packets_of(source)) if packet.kind in kinds]
        base = Fraction(1, 90_000)
        for item in wanted:
            packet = av.Packet(item.data)
            packet.stream, packet.time_base = streams[item.kind], base
            packet.pts, packet.dts = round(item.pts / base), round(item.dts / base)
            packet.is_keyframe = item.is_key
            new.mux(packet)
    return path


def damaged(path: Path, choose: Callable[[int], bool], *, kind: str = "video") -> Path:
    """Turn over the bytes of some packets of a finished file, by the number of the packet."""
    data = bytearray(path.read_bytes())
    with av.open(f"file:{path}") as container:
        chosen = (p for p in container.demux() if p.size and p.stream.type == kind)
        spans = [(p.pos, bytes(p)) for n, p in enumerate(chosen) if choose(n)]
    for near, payload in spans:
        start = data.index(payload[4:], max(near, 0))
        data[start : start + len(payload) - 4] = bytes(byte ^ 0x5A for byte in payload[4:])
    path.write_bytes(bytes(data))
    return path


@functools.cache
def noise(n_samples: int, seed: int = 0) -> Sound:
    """White noise, standard deviation 1."""
    return np.random.default_rng(seed).normal(0, 1, n_samples).astype(np.float32)


def resized(image: Image, size: tuple[int, int]) -> Image:
    """A picture of `size` (height, width)."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image))
    return frame.reformat(width=size[1], height=size[0], format="rgb24").to_ndarray()
