"""Does it help to believe a frame only as far as the mouth is seen in it? Clips with a stretch that is badly blurred.

    python benchmarks/grid.py run OUT benchmarks/visibility.py

A second in the middle of each clip is blurred by 8 pixels (faces of 110 to 160 px) before a face is looked for. The
lead is measured with the frames' visibility and without it, and compared with that of the clear clip. With the models
that VISALIGN_LIP_MODEL names, which never met the speaker.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from lip_stress import blurred, lips_of

import visalign
from visalign.corpora.grid import sentence_of
from visalign.errors import VisalignError
from visalign.lips.landmarks import load_detector, track_landmarks
from visalign.lips.lip_features import features_of_tracked
from visalign.media.clips import probe, read_frames
from visalign.signals import Frame

STRETCH = (1.0, 2.0)  # seconds


def lips_with_a_blurred_stretch(clip: Path) -> visalign.LipFeatures:
    """Lips of the clip of which a stretch is blurred."""
    change, stream = blurred(8.0), probe(clip).video[0]
    pictures = (
        Frame(x.time, change(x.image) if STRETCH[0] <= x.time < STRETCH[1] else x.image) for x in read_frames(clip)
    )
    tracked = track_landmarks(pictures, load_detector())
    return features_of_tracked(tracked, clip, stream.start + stream.duration, stream.rate)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True)
    options = parser.parse_args()
    errors: list[tuple[float, float]] = []
    for clip in sorted(options.clips.glob("*.mpg"))[::2]:
        audio, text = visalign.read_audio(clip), sentence_of(clip.stem)
        try:
            clear, worse = lips_of(clip, lambda image: image, 1), lips_with_a_blurred_stretch(clip)
            leads = [
                visalign.check(lips, text, audio=audio).sync.lead_seconds
                for lips in (clear, worse, replace(worse, visibility=None))
            ]
        except VisalignError as error:
            print(error)
            continue
        if None not in leads:
            true, weighed, plain = (float(lead or 0.0) for lead in leads)
            errors.append((abs(weighed - true), abs(plain - true)))
    for name, found in zip(("by visibility", "all alike"), np.array(errors).reshape(-1, 2).T, strict=True):
        within = np.count_nonzero(found <= 0.04)
        print(f"{name:14} median {1000 * np.median(found):5.1f} ms, within 40 ms {within} of {len(found)}", flush=True)


if __name__ == "__main__":
    main()
