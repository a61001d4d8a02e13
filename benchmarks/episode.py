"""Time, memory and exactness of an episode with its subtitles: a real file, checked by the command line.

    python benchmarks/episode.py FOLDER [--minutes 45] [--jump-ms 120] [--rate 24/24000*1001]

Clips of one GRID speaker are joined to one MP4 file with an SRT file beside it, both kept in FOLDER. From the middle on
the sound is made early by --jump-ms; all of it is played --rate times as fast (where the subtitles stay with the
picture). `visalign check` then reads the file in a process of its own; printed are what it says, the leads of the cues
against the truth, the time, and the peak memory. The speaker is one of the model's training: what is shown is what
length costs and whether the course of the offset is found, not how exact a lead is.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from grid import clips

from visalign.media.clips import read_audio, read_frames, write_clip
from visalign.signals import Audio, Image

N_CLIPS, RATE, RATE_HZ = 40, 25, 16000


@dataclass(frozen=True)
class Course:
    """What is done to the sound."""

    length: float
    jump: float
    rate: float

    def taken_from(self, t: np.ndarray) -> np.ndarray:
        """Which moment of the original is heard at each of `t`, seconds."""
        moved = np.asarray(t) * self.rate
        return moved + np.where(moved >= self.length / 2, self.jump, 0.0)

    def lead_at(self, t: np.ndarray) -> np.ndarray:
        """Lead of what is heard at each of `t`."""
        return self.taken_from(t) - np.asarray(t)


def pictures(names: list[Path], n_frames: list[int]) -> Iterator[Image]:
    for name, n in zip(names, n_frames, strict=True):
        kept = [frame.image for frame in read_frames(name, colour=True)][:n]
        yield from kept


def build(folder: Path, minutes: float, jump: float, rate: float) -> tuple[Path, Path, Course]:
    """The file, its subtitles, and the truth."""
    stem = folder / f"episode_{minutes:g}_{1000 * jump:g}_{1e6 * (rate - 1):.0f}"
    video, text = stem.with_suffix(".mp4"), stem.with_suffix(".srt")
    chosen = [clip for clip in clips() if clip.speaker == "s1"][:N_CLIPS]
    lengths = [sum(1 for _ in read_frames(clip.path)) for clip in chosen]
    sounds = [read_audio(clip.path, RATE_HZ).samples for clip in chosen]
    order, cues, parts, start = list[int](), list[str](), list[np.ndarray](), 0.0
    while start < 60 * minutes:
        k = len(order) % len(chosen)
        length = lengths[k] / RATE
        part = np.zeros(round(length * RATE_HZ), np.float32)
        part[: min(len(part), len(sounds[k]))] = sounds[k][: len(part)]
        times = f"{clock(start + 0.2)} --> {clock(start + length - 0.2)}"
        cues.append(f"{len(cues) + 1}\n{times}\n{chosen[k].transcript}\n\n")
        parts.append(part)
        order.append(k)
        start += length
    course = Course(start, jump, rate)
    sound = np.concatenate(parts)
    t = np.arange(len(sound)) / RATE_HZ
    heard = np.interp(course.taken_from(t), t, sound, right=0.0).astype(np.float32)
    if not video.exists():
        names, counts = [chosen[k].path for k in order], [lengths[k] for k in order]
        write_clip(video, pictures(names, counts), Fraction(RATE), Audio(heard, RATE_HZ))
    text.write_text("".join(cues), encoding="utf-8")
    return video, text, course


def clock(seconds: float) -> str:
    """As SRT writes it."""
    ms = round(1000 * seconds)
    return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02},{ms % 1000:03}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--jump-ms", type=float, default=120)
    parser.add_argument("--rate", default="1", help="a number, or numbers with * and / between them")
    given, options = parser.parse_known_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    # In a process of its own: a child's peak memory counts what its parent held when it was started.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        made = pool.submit(build, given.folder, given.minutes, given.jump_ms / 1000, number(given.rate))
        video, text, course = made.result()
    command = [sys.executable, "-m", "visalign", "check", str(video), "--transcript", str(text)]
    table = video.with_suffix(".csv")
    command += ["--segments", str(table), *options]
    began = time.perf_counter()
    child = subprocess.Popen(command)
    _, _, used = os.wait4(child.pid, 0)
    taken = time.perf_counter() - began
    rows = pd.read_csv(table).query("kind == 'phrase' and lead_seconds == lead_seconds")
    middles = (rows["start_seconds"] + rows["end_seconds"]) / 2
    errors = rows["lead_seconds"] - course.lead_at(middles.to_numpy())
    right = np.abs(errors) <= 0.04
    off = 1000 * np.median(errors)
    print(f"{len(rows)} cues, {right.mean():.1%} within 40 ms of the truth, median error {off:+.0f} ms")
    print(f"{taken:.0f} s, {used.ru_utime:.0f} s of one core; peak {used.ru_maxrss / 1024:.0f} MB")


def number(text: str) -> float:
    value = Fraction(1)
    for factor in text.replace("/", "*/").split("*"):
        value = value / Fraction(factor[1:]) if factor.startswith("/") else value * Fraction(factor)
    return float(value)


if __name__ == "__main__":
    main()
