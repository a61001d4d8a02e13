"""Time and memory of an episode with its subtitles: clips of one GRID speaker joined to --minutes.

    python benchmarks/episode.py [--minutes 45] [--jump-ms 120]

Each clip is read once; lips and sound are then repeated, each sentence with its cue. From the middle on the sound is
made early by --jump-ms. Printed are the offset, its course, the leads of the cues on either side, and the peak memory.
The speaker is one of the model's training: what is shown is what length costs, not how exact the offset is.
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import replace

import numpy as np
from grid import clips

import visalign
from visalign.annotations import Cue
from visalign.lip_features import LipFeatures
from visalign.media import Audio
from visalign.timeline import FrameTimes

N_CLIPS = 40


def joined(parts: list[LipFeatures]) -> LipFeatures:
    """One after the other, measured by the mean and spread of all."""
    values = np.vstack([part.values for part in parts])
    rate = parts[0].times.rate
    times = np.arange(len(values)) / float(rate)
    all_times = FrameTimes(times, len(values) / float(rate), rate)
    return replace(
        parts[0],
        values=values,
        times=all_times,
        centre=np.nanmean(values, axis=0),
        scale=np.nanstd(values, axis=0),
        mouth=None,
        visibility=None,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--jump-ms", type=float, default=120)
    options = parser.parse_args()
    chosen = [clip for clip in clips() if clip.speaker == "s1"][:N_CLIPS]
    lips = [visalign.read_lips(clip.path) for clip in chosen]
    sounds = [visalign.read_audio(clip.path) for clip in chosen]
    rate = sounds[0].rate_hz
    cues, samples, frames, start = list[Cue](), list[np.ndarray](), list[LipFeatures](), 0.0
    while start < 60 * options.minutes:
        k = len(cues) % len(chosen)
        length = len(lips[k]) / float(lips[k].times.rate)
        part = np.zeros(round(length * rate), np.float32)
        part[: min(len(part), len(sounds[k].samples))] = sounds[k].samples[: len(part)]
        cues.append(Cue(start + 0.2, start + length - 0.2, chosen[k].transcript))
        samples.append(part)
        frames.append(lips[k])
        start += length
    sound = np.concatenate(samples)
    middle, jump = len(sound) // 2, round(options.jump_ms / 1000 * rate)
    sound[middle : len(sound) - jump] = sound[middle + jump :]
    before = peak_mb()
    began = time.perf_counter()
    report = visalign.check(joined(frames), tuple(cues), audio=Audio(sound, rate), details=("phrase",))
    taken = time.perf_counter() - began
    assert report.details is not None
    leads = report.details["lead_seconds"].to_numpy(float)
    is_first = report.details["start"].to_numpy(float) < start / 2
    print(report.summary())
    for name, half in (("first half", is_first), ("second half", ~is_first)):
        print(f"{name}: {half.sum()} phrases, median lead {1000 * np.nanmedian(leads[half]):+.0f} ms")
    print(
        f"{taken:.0f} s after the lips were read, peak {peak_mb():.0f} MB; {before:.0f} MB with lips and sound loaded"
    )


def peak_mb() -> float:
    """Most memory that the process has had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
