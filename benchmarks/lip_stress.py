"""How much of the lips is still read when the picture is worse: noise, turned heads, size, compression, frame rate.

    python benchmarks/grid.py run OUT benchmarks/lip_stress.py

Pictures are changed before anything is found in them; the lips are then decoded with the model that VISALIGN_LIP_MODEL
names, which never met the speaker. Counted as in visalign.training.held_out, on every second clip.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, rotate, zoom

from visalign import LipFeatures, VisemeMap, force_align, read_audio
from visalign.corpora.grid import sentence_of
from visalign.errors import FaceNotFound, VisalignError
from visalign.lips.landmarks import load_detector, track_landmarks
from visalign.lips.lip_features import features_of_tracked
from visalign.lips.visibility import VISIBILITY
from visalign.media.clips import probe, read_frames
from visalign.signals import Frame
from visalign.sync.lip_model import LipModel
from visalign.timeline import Tier
from visalign.training.held_out import HeldOutSpeaker, count_read

MAP = VisemeMap.load("neti_2000")
Picture = np.ndarray


def noisy(snr_db: float) -> Callable[[Picture], Picture]:
    """White noise at this ratio to the picture's own variance; the same each time."""
    drawn = np.random.default_rng(0)

    def change(image: Picture) -> Picture:
        noise = drawn.normal(0, image.std() * 10 ** (-snr_db / 20), image.shape)
        return np.clip(image + noise, 0, 255).astype(np.uint8)

    return change


def turned(degrees: float) -> Callable[[Picture], Picture]:
    return lambda image: rotate(image, degrees, reshape=False, order=1, mode="nearest")


def scaled(factor: float) -> Callable[[Picture], Picture]:
    return lambda image: np.clip(zoom(image, factor, order=1), 0, 255).astype(np.uint8)


def blurred(sigma_px: float) -> Callable[[Picture], Picture]:
    return lambda image: gaussian_filter(image, sigma_px)


def compressed(quality: int) -> Callable[[Picture], Picture]:
    def change(image: Picture) -> Picture:
        held = io.BytesIO()
        Image.fromarray(image).save(held, "JPEG", quality=quality)
        return np.asarray(Image.open(held))

    return change


CHANGES: dict[str, tuple[Callable[[Picture], Picture], int]] = {
    "as it is": (lambda image: image, 1),
    "noise, 20 dB": (noisy(20), 1),
    "noise, 10 dB": (noisy(10), 1),
    "turned by 10 degrees": (turned(10), 1),
    "half the size": (scaled(0.5), 1),
    "a quarter of the size": (scaled(0.25), 1),
    "blurred, 2 px": (blurred(2.0), 1),
    "blurred, 4 px": (blurred(4.0), 1),
    "blurred, 8 px": (blurred(8.0), 1),
    "JPEG, quality 10": (compressed(10), 1),
    "12.5 frames a second": (lambda image: image, 2),
}


def lips_of(clip: Path, change: Callable[[Picture], Picture], every: int) -> LipFeatures:
    """Lips of the changed pictures."""
    stream = probe(clip).video[0]
    pictures = (Frame(x.time, change(x.image)) for k, x in enumerate(read_frames(clip)) if k % every == 0)
    tracked = track_landmarks(pictures, load_detector())
    return features_of_tracked(tracked, clip, stream.start + stream.duration, stream.rate / every)


@dataclass(frozen=True)
class Clip:
    """Lips with what is said."""

    lips: LipFeatures
    phones: Tier
    speaker: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True)
    options = parser.parse_args()
    decoder = LipModel.load().decoder
    clips = sorted(options.clips.glob("*.mpg"))[::2]
    phones = {}
    for clip in clips:
        try:
            phones[clip] = force_align(read_audio(clip), sentence_of(clip.stem) or "").phones
        except VisalignError as error:
            print(error)
    for name, (change, every) in CHANGES.items():
        total, seen, n_frames, tables = HeldOutSpeaker(name), 0, 0, []
        for clip, spoken in phones.items():
            try:
                lips = lips_of(clip, change, every)
            except FaceNotFound:
                n_frames += 75
                continue
            seen, n_frames = seen + int(lips.has_face.sum()), n_frames + len(lips)
            tables.append(lips.visibility[lips.has_face])
            total += count_read(Clip(lips, spoken), decoder, MAP)
        measures = np.mean(np.vstack(tables), axis=0) if tables else np.full(len(VISIBILITY), np.nan)
        print(
            f"{name:22} face {seen} of {n_frames}; frames {total.n_right} of {total.n_frames}; "
            f"closures {total.n_closures_found} of {total.n_closures}; right {total.n_seen_right} of {total.n_seen}; "
            + ", ".join(f"{x.name} {value:.3f}" for x, value in zip(VISIBILITY, measures, strict=True)),
            flush=True,
        )


if __name__ == "__main__":
    main()
