"""Still pictures: read and write one.

Conventions
-----------
Arrays are uint8, shape (height, width, 3), RGB; transparency is laid over white. The first picture of a file counts.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np

from visalign.errors import AnyPath, MediaError, OutputError
from visalign.files.limits import allowed, excess
from visalign.files.outputs import whole_file
from visalign.media.access import PICTURES, open_local
from visalign.media.ffmpeg import DAMAGE
from visalign.signals import Image

__all__ = ["IMAGE_SUFFIXES", "jpeg_bytes", "jpeg_luma", "png_bytes", "read_image", "write_png"]

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
"""Endings of picture files that are read."""

_HINT = "Give a PNG, JPEG, WebP, BMP or TIFF file."


def read_image(path: AnyPath) -> Image:
    """Read a picture.

    Raises
    ------
    MediaError
        If it is missing, no picture, or larger than 64 megapixels.
    """
    try:
        with open_local(path, PICTURES, format=_format(path)) as container:
            stream = container.streams.video[0]
            if (fault := excess("pixels", stream.width * stream.height)) is not None:
                raise MediaError(path, fault, "Or scale it down first.")
            # What the header does not tell, the decoder refuses before it takes the memory.
            stream.codec_context.options = {"max_pixels": str(allowed("pixels"))}
            frame = next(container.decode(video=0))
            rgba = frame.to_ndarray(format="rgba")
    except (*DAMAGE, StopIteration, ValueError, IndexError) as error:
        if isinstance(error, MediaError):
            raise
        raise MediaError(path, "not a picture that can be read", _HINT) from error
    alpha = rgba[..., 3:].astype(np.float32) / 255.0
    return np.asarray(np.round(255.0 + alpha * (rgba[..., :3] - 255.0)), dtype=np.uint8)


def _format(path: AnyPath) -> str | None:
    # Probing takes a JPEG for a stream of them, which then wants a rate.
    names = {".jpg": "jpeg_pipe", ".jpeg": "jpeg_pipe", ".png": "png_pipe", ".webp": "webp_pipe"}
    return names.get(Path(path).suffix.lower())


def write_png(path: AnyPath, image: Image) -> Path:
    """Write a picture as PNG, whole or not at all.

    Raises
    ------
    OutputError
        If it can't be written there.
    """
    encoded = png_bytes(image)
    if not encoded:
        raise OutputError(path, "the picture could not be encoded")
    with whole_file(path) as draft:
        draft.write_bytes(encoded)
    return Path(path)


def png_bytes(image: Image) -> bytes:
    """A picture as a PNG file; one of shape (height, width) is grey."""
    return _encoded("png", "rgb24" if image.ndim == 3 else "gray", image)


def jpeg_bytes(image: Image, quality: int = 4) -> bytes:
    """A picture as a JPEG file; `quality` is FFmpeg's, 2 (best) to 31."""
    return _encoded("mjpeg", "yuvj420p", image, {"qmin": str(quality), "qmax": str(quality), "flags": "+bitexact"})


def jpeg_luma(image: Image, quality: int) -> Image:
    """What a luma picture, shape (height, width), looks like after it was coded as JPEG; `quality` as before."""
    coded = jpeg_bytes(np.repeat(image[..., None], 3, axis=2), quality)
    decoder = av.CodecContext.create("mjpeg", "r")
    frames = [*decoder.decode(av.Packet(coded)), *decoder.decode(None)]
    return np.asarray(frames[0].to_ndarray(format="gray"), np.uint8)[: image.shape[0], : image.shape[1]]


def _encoded(codec: str, pixels: str, image: Image, options: dict[str, str] | None = None) -> bytes:
    encoder = cast(av.VideoCodecContext, av.CodecContext.create(codec, "w"))
    encoder.width, encoder.height, encoder.pix_fmt = image.shape[1], image.shape[0], pixels
    encoder.time_base = Fraction(1, 25)  # a picture has no time, but the encoder asks for one
    encoder.options = options or {}
    given = "rgb24" if image.ndim == 3 else "gray"
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format=given)
    if pixels != given:
        frame = frame.reformat(format=pixels, threads=1)
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))
