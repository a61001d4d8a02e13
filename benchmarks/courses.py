"""Whether drifts and jumps along a clip are found: clips of a speaker joined to two minutes, their sound tampered with.

    python benchmarks/grid.py run OUT benchmarks/courses.py

Run by benchmarks/grid.py once for each speaker, with the model that never saw them. For each way in which sound goes
astray: what kind of course is reported, the error of its rate or of its jumps, and how many phrases have a lead
within 40 ms of the truth (those of the untouched sound in the first line: GRID's own clips are not cut to the frame).
The cues are those of the picture.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from grid import sentence

import visalign
from visalign.language.annotations import Cue
from visalign.lips.lip_features import LipFeatures, with_own_yardstick
from visalign.signals import Audio
from visalign.sync.drift import OffsetCourse
from visalign.timeline import FrameTimes

SECONDS, MIN_CLIPS = 120.0, 5
Course = Callable[[np.ndarray], np.ndarray]
# What lead the sound that is heard at t has.
COURSES: dict[str, tuple[str, Course]] = {
    "as it is": ("steady", lambda t: 0.0 * t),
    "120 ms from 60 s on": ("jumps", lambda t: np.where(t < 60, 0.0, 0.12)),
    "400 ms late from 60 s on": ("jumps", lambda t: np.where(t < 60, 0.0, -0.4)),
    "1.5 s from 60 s on": ("jumps", lambda t: np.where(t < 60, 0.0, 1.5)),
    "23.976 for 24": ("drift", lambda t: t * (24 / 24000 * 1001 - 1)),
    "25 for 24": ("drift", lambda t: t * (25 / 24 - 1)),
    "24 for 25": ("drift", lambda t: t * (24 / 25 - 1)),
    "48 for 44.1 kHz": ("drift", lambda t: t * (48 / 44.1 - 1)),
    "44.1 for 48 kHz": ("drift", lambda t: t * (44.1 / 48 - 1)),
}


def joined(paths: list[Path]) -> tuple[LipFeatures, Audio, list[Cue]]:
    """Clips one after the other, again and again, with a cue for each."""
    lips, sounds = [visalign.read_lips(path) for path in paths], [visalign.read_audio(path) for path in paths]
    order, start, cues, samples = list[int](), 0.0, list[Cue](), list[np.ndarray]()
    for k in itertools.cycle(range(len(paths))):
        if start >= SECONDS:
            break
        length = len(lips[k]) / float(lips[k].times.rate)
        part = np.zeros(round(length * sounds[k].rate_hz), np.float32)
        part[: len(sounds[k].samples)] = sounds[k].samples[: len(part)]
        samples.append(part)
        cues.append(Cue(start + 0.1, start + length - 0.1, sentence(paths[k].stem)))
        order.append(k)
        start += length
    values, rate = np.vstack([lips[k].values for k in order]), lips[0].times.rate
    times = FrameTimes(np.arange(len(values)) / float(rate), len(values) / float(rate), rate)
    seen = with_own_yardstick(replace(lips[0], values=values, times=times, mouth=None, visibility=None))
    return seen, Audio(np.concatenate(samples), sounds[0].rate_hz), cues


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True, help="folder of GRID clips of one speaker")
    paths = sorted(parser.parse_args().clips.glob("*.mpg"))
    if len(paths) < MIN_CLIPS:
        print("too few clips: the same sentence again and again fits at many lags")
        return
    lips, sound, cues = joined(paths)
    t = np.arange(len(sound.samples)) / sound.rate_hz
    for name, (kind, course) in COURSES.items():
        heard = np.interp(t + course(t), t, sound.samples, left=0.0, right=0.0).astype(np.float32)
        report = visalign.check(lips, cues, audio=Audio(heard, sound.rate_hz), details=("phrase",))
        found = report.course()
        assert report.details is not None
        rows = report.details.dropna(subset=["lead_seconds"])
        middles = ((rows["start"] + rows["end"]) / 2).to_numpy()
        right = np.abs(rows["lead_seconds"].to_numpy() - course(middles)) <= 0.04
        told = f"{'nothing' if found is None else found.kind:7s} {error_of(found, kind, course)}"
        print(f"{name:26s} {kind:6s} found {told}   {right.sum()} of {len(right)} phrases; {report.sync.verdict}")


def error_of(found: OffsetCourse | None, kind: str, course: Course) -> str:
    """How far the rate is off, in parts in a million, or the jump in milliseconds and its place in seconds."""
    if found is None or found.kind != kind or kind == "steady":
        return " " * 24
    if kind == "drift":
        return f"rate off by {1e6 * (found.drift.rate - float(course(np.array([1.0]))[0])):+5.0f} ppm"
    step = found.pieces[-1].lead_seconds - found.pieces[0].lead_seconds
    true = float(course(np.array([100.0]))[0])
    return f"jump off by {1000 * (step - true):+4.0f} ms, {found.pieces[-1].start - 60:+4.1f} s"


if __name__ == "__main__":
    main()
