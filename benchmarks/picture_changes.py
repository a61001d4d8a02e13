"""Worse pictures of known kind, made from good ones, for the stress benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, map_coordinates

Picture = npt.NDArray[np.uint8]
Mouth = tuple[float, float, float]  # centre x, centre y and width of the mouth, pixels
Change = Callable[[Picture, Mouth, int], Picture]  # picture, its mouth, number of the frame

_FACE = 2.6  # a face's width over its mouth's


def noisy(snr_db: float) -> Change:
    """White noise at this ratio to the picture's own variance; the same each time."""

    def change(image: Picture, _mouth: Mouth, number: int) -> Picture:
        drawn = np.random.default_rng(number)
        noise = drawn.normal(0, image.std() * 10 ** (-snr_db / 20), image.shape)
        return _whole(image + noise)

    return change


def brighter(factor: float) -> Change:
    """Light multiplied, as by exposure; what leaves the range is lost."""
    return lambda image, _mouth, _number: _whole(image * factor)


def blurred(share: float) -> Change:
    """Out of focus: a Gaussian as wide as this share of the mouth."""
    return lambda image, mouth, _number: _whole(gaussian_filter(image.astype(float), (*[share * mouth[2]] * 2, 0)))


def yawed(degrees: float) -> Change:
    """The head turned: the face wrapped on an upright cylinder as wide as itself, which is turned and seen from afar.

    What a true head shows behind the edge isn't there, and the nose doesn't stand out: a kind view of a turned head.
    """
    angle = np.deg2rad(degrees)

    def change(image: Picture, mouth: Mouth, _number: int) -> Picture:
        height, width = image.shape[:2]
        radius = 0.55 * _FACE * mouth[2]
        across = (np.arange(width) - mouth[0]) / radius
        seen = np.arcsin(np.clip(across, -1, 1)) - angle
        source = mouth[0] + radius * np.sin(np.clip(seen, -np.pi / 2, np.pi / 2))
        source = np.where(np.abs(across) < 1, source, np.arange(width))
        down = np.repeat(np.arange(height)[:, None], width, axis=1)
        columns = np.repeat(source[None, :], height, axis=0)
        layers = [map_coordinates(image[..., k], (down, columns), order=1, mode="nearest") for k in range(3)]
        return np.stack(layers, axis=-1).astype(np.uint8)

    return change


def covered(left: float, right: float, top: float, bottom: float, *, every: int = 1) -> Change:
    """A grey plate over a part of the mouth, in one of two runs of `every` frames.

    The edges are widths of the mouth from its centre.
    """

    def change(image: Picture, mouth: Mouth, number: int) -> Picture:
        if every > 1 and (number // every) % 2:
            return image
        x, y, size = mouth
        rows = slice(max(0, round(y + top * size)), max(0, round(y + bottom * size)))
        columns = slice(max(0, round(x + left * size)), max(0, round(x + right * size)))
        result = image.copy()
        result[rows, columns] = 96
        return result

    return change


def _whole(image: npt.NDArray[np.float64]) -> Picture:
    result: Picture = np.clip(image, 0, 255).astype(np.uint8)
    return result


@dataclass(frozen=True)
class Filmed:
    """How a changed picture is written.

    Parameters
    ----------
    change : callable, optional
        What happens to each picture.
    rate : float
        Frames a second; other than the source's by repeating and leaving out, as plain converters do.
    lines : int, optional
        Height of the picture; None keeps it.
    crf : int
        Quality of H.264; 0 loses nothing.
    """

    change: Change | None = None
    rate: float = 25.0
    lines: int | None = None
    crf: int = 0


def film(pictures: Sequence[Picture], mouths: Sequence[Mouth], filmed: Filmed, out: Path) -> None:
    """Write 25 changed pictures a second as an H.264 file without sound."""
    height, width = pictures[0].shape[:2]
    lines = filmed.lines or height
    columns = round(width * lines / height / 2) * 2
    with av.open(str(out), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(filmed.rate).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = columns, lines, "yuv420p"
        stream.options = (
            {"crf": str(filmed.crf), "preset": "veryfast"} if filmed.crf else {"qp": "0", "preset": "ultrafast"}
        )
        for image in _at_rate(pictures, mouths, filmed):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            container.mux(stream.encode(frame.reformat(columns, lines, "yuv420p", interpolation="BICUBIC")))
        container.mux(stream.encode(None))


def _at_rate(pictures: Sequence[Picture], mouths: Sequence[Mouth], filmed: Filmed) -> Iterator[Picture]:
    for k in range(int(len(pictures) * filmed.rate / 25)):
        number = min(int((k + 0.5) * 25 / filmed.rate), len(pictures) - 1)
        image = pictures[number]
        yield filmed.change(image, mouths[number], number) if filmed.change else image
