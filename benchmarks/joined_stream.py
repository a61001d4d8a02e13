"""A stream to watch: GRID's clips one after the other at 640x480, the sound moved against the picture.

python benchmarks/joined_stream.py OUT.mp4 --lead -200 [--clips FOLDER] [--count 10]
visalign live OUT.mp4 --stats live.json
"""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from visalign.media.clips import read_audio, read_frames, write_clip
from visalign.signals import Audio

DATA = Path(__file__).resolve().parents[1] / "../shared/data/grid/s1"
RATE_HZ = 16000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--lead", type=float, default=0.0, help="ms by which the sound is early")
    parser.add_argument("--clips", type=Path, default=DATA)
    parser.add_argument("--count", type=int, default=10)
    options = parser.parse_args()
    pictures, sounds = [], []
    for path in sorted(options.clips.glob("*.mpg"))[: options.count]:
        images = [frame.image for frame in read_frames(path, colour=True)]
        pictures += [av.VideoFrame.from_ndarray(np.ascontiguousarray(image)) for image in images]
        n = round(len(images) / 25 * RATE_HZ)
        samples = read_audio(path, RATE_HZ).samples[:n]
        sounds.append(np.pad(samples, (0, n - len(samples))))
    sound = np.roll(np.concatenate(sounds), -round(options.lead / 1000 * RATE_HZ))
    large = (picture.reformat(640, 480, format="rgb24").to_ndarray() for picture in pictures)
    write_clip(options.out, large, Fraction(25), Audio(sound, RATE_HZ))


if __name__ == "__main__":
    main()
