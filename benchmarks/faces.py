"""Two speakers side by side in one picture, the sound of one of them: is the right face chosen?

    python benchmarks/faces.py OUT [--pairs N]

Clips of GRID are put side by side, in pairs of speakers that the model was not trained on (three models, each without
two speakers; they are made if OUT does not hold them). Each pair is checked with the sound and sentence of the one on
the left, with those of the one on the right, and with the two in turn: the left one's sentence, then, the picture
repeated, the right one's. Both of them move their lips all the time, which is harder than somebody who listens.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from pathlib import Path

import grid
import numpy as np

import visalign
from visalign.corpora.training_data import TrainingClip
from visalign.media.clips import read_frames, write_clip
from visalign.signals import Audio
from visalign.training.fitting import fit_lip_model

FOLDS = (("s1", "s2"), ("s5", "s30"), ("s31", "s32"))


def model_without(out: Path, speakers: tuple[str, str]) -> Path:
    """A model that never met these speakers."""
    path = out / f"without_{'_'.join(speakers)}.npz"
    if not path.exists():
        kept = [clip for clip in grid.prepared() if clip.speaker not in speakers]
        fit_lip_model(kept, provenance=grid.PROVENANCE)[0].save(path)
    return path


def pairs(speakers: tuple[str, str], n_pairs: int) -> list[tuple[TrainingClip, TrainingClip]]:
    """Pairs of clips, drawn with a fixed seed; every other pair has the second speaker on the left."""
    drawn = random.Random(0)
    left, right = ([clip for clip in grid.clips() if clip.speaker == speaker] for speaker in speakers)
    found = [(drawn.choice(left), drawn.choice(right)) for _ in range(n_pairs)]
    return [pair[::-1] if k % 2 else pair for k, pair in enumerate(found)]


def side_by_side(pair: tuple[TrainingClip, TrainingClip]) -> Iterator[np.ndarray]:
    """Pictures of both clips next to each other, as long as the shorter one lasts."""
    readers = (read_frames(clip.path, colour=True) for clip in pair)
    return (np.hstack([left.image, right.image]) for left, right in zip(*readers, strict=False))


def in_turn(pair: tuple[TrainingClip, TrainingClip], seconds: float) -> Audio:
    """Both sounds one after the other, each as long as the picture."""
    sounds = [visalign.read_audio(clip.path) for clip in pair]
    n = round(seconds * sounds[0].rate_hz)
    return replace(sounds[0], samples=np.concatenate([np.resize(x.samples[:n], n) for x in sounds]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pairs", type=int, default=10, help="pairs of clips for each pair of speakers")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    right = asked = turns_right = turns = both_found = 0
    shares: list[float] = []
    for speakers in FOLDS:
        model = model_without(options.out, speakers)
        for pair in pairs(speakers, options.pairs):
            frames = list(side_by_side(pair))
            clip = write_clip(options.out / "pair.mp4", frames, Fraction(25), None)
            faces = visalign.read_faces(clip)
            both_found += len(faces.faces) == 2
            for side in (0, 1):
                sound = visalign.read_audio(pair[side].path)
                report = visalign.check(faces, pair[side].transcript, audio=sound, model=model)
                share = report.clip.faces[side].speaks if len(report.clip.faces) == 2 else 0.0
                shares.append(share)
                right, asked = right + (share > 0.5), asked + 1
            twice = write_clip(options.out / "twice.mp4", chain(frames, frames), Fraction(25), None)
            text = " ".join(x.transcript for x in pair)
            report = visalign.check(twice, text, audio=in_turn(pair, len(frames) / 25), model=model)
            if len(report.clip.faces) == 2:
                turns_right += abs(report.clip.faces[0].speaks - 0.5) < 0.25 and turns_fit(report, len(frames) / 25)
            turns += 1
        print(f"{' and '.join(speakers)}: right face {right} of {asked}, in turn {turns_right} of {turns}", flush=True)
    print(
        f"both faces found in {both_found} of {turns} pictures; of the speech, {np.mean(shares):.1%} to the right face"
    )


def turns_fit(report: visalign.ClipReport, seconds: float) -> bool:
    """Whether the words of both halves were mostly judged in sync: only the right face fits them."""
    words = report.segments
    early, late = words[words["start"] < seconds], words[words["start"] >= seconds]
    return bool(early["score"].mean() > 0.5 and late["score"].mean() > 0.5)


if __name__ == "__main__":
    main()
