"""How a check grows: processor time and peak memory by minutes, by words, and by faces in the picture.

    python benchmarks/growth.py FOLDER [--minutes 1 3 10] [--words 100 300 1000] [--faces 1 2 4 8] [--draw FILE.svg]

Clips of GRID are joined to episodes with a cut at every clip (one speaker after another, now in bright light and now in
dim) and subtitles; for words, the sound of such an episode alone is aligned with one running text; for faces, clips
stand side by side in one picture. Every point is a process of its own. Printed are its seconds of one processor, user
and system together, and its peak memory; below each table how steeply the time grows: the exponent of a power law
through the points, after what the smallest one takes for its start is left out (1 is in proportion).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from episode import clock
from grid import clips

from visalign.media.clips import read_audio, read_frames, write_clip
from visalign.signals import Audio, Image

RATE, RATE_HZ = 25, 16000

WORK = {
    "start": "visalign.check({small!r}, 'bin blue at f two now')",
    "minutes": "visalign.check({clip!r}, pathlib.Path({text!r}))",
    "words": "visalign.force_align(visalign.read_audio({clip!r}), pathlib.Path({text!r}).read_text())",
    "faces": "visalign.check({clip!r}, pathlib.Path({text!r}).read_text())",
}


def speakers() -> list[list[tuple[Path, str]]]:
    """Clips of each speaker that has two or more, at most ten of each."""
    found = dict[str, list[tuple[Path, str]]]()
    for clip in clips():
        found.setdefault(clip.speaker, []).append((clip.path, clip.transcript))
    return [rows[:10] for rows in found.values() if len(rows) > 1]


def episode(folder: Path, minutes: float) -> tuple[Path, Path]:
    """A clip with cuts and its subtitles."""
    video = folder / f"cuts_{minutes:g}.mp4"
    rows = speakers()
    order, cues, parts, start = list[Path](), list[str](), list[np.ndarray](), 0.0
    lengths = {path: sum(1 for _ in read_frames(path)) for speaker in rows for path, _ in speaker}
    while start < 60 * minutes:
        n = len(order)
        speaker = rows[n % len(rows)]
        path, said = speaker[n // len(rows) % len(speaker)]
        length = lengths[path] / RATE
        part = np.zeros(round(length * RATE_HZ), np.float32)
        sound = read_audio(path, RATE_HZ).samples[: len(part)]
        part[: len(sound)] = sound
        cues.append(f"{n + 1}\n{clock(start + 0.2)} --> {clock(start + length - 0.2)}\n{said}\n\n")
        parts.append(part)
        order.append(path)
        start += length

    def pictures() -> Iterator[Image]:
        for n, path in enumerate(order):
            for frame in read_frames(path, colour=True):
                yield frame.image if n % 2 else (0.6 * frame.image).astype(np.uint8)

    if not video.exists():
        write_clip(video, pictures(), Fraction(RATE), Audio(np.concatenate(parts), RATE_HZ))
    text = video.with_suffix(".srt")
    text.write_text("".join(cues), encoding="utf-8")
    return video, text


def reading(folder: Path, n_words: int) -> tuple[Path, Path]:
    """Sound of so many words and more, and its text without times."""
    rows, sounds, words = speakers()[0], list[np.ndarray](), list[str]()
    while len(words) < n_words:
        path, said = rows[len(sounds) % len(rows)]
        sounds.append(read_audio(path, RATE_HZ).samples)
        words += said.split()
    sound, text = folder / f"words_{n_words}.wav", folder / f"words_{n_words}.txt"
    from visalign.media.clips import write_wav

    write_wav(sound, Audio(np.concatenate(sounds), RATE_HZ))
    text.write_text(" ".join(words), encoding="utf-8")
    return sound, text


def crowd(folder: Path, n_faces: int) -> tuple[Path, Path]:
    """So many faces side by side, in up to two rows; the first one speaks."""
    chosen = [speaker[k] for k in range(2) for speaker in speakers()][:n_faces]
    n_across = min(n_faces, 4)
    readers = [read_frames(path, colour=True) for path, _ in chosen]

    def pictures() -> Iterator[Image]:
        for frames in zip(*readers, strict=False):
            images = [frame.image for frame in frames]
            rows = [np.hstack(images[k : k + n_across]) for k in range(0, n_faces, n_across)]
            yield np.ascontiguousarray(np.vstack(rows))

    video, text = folder / f"faces_{n_faces}.mp4", folder / f"faces_{n_faces}.txt"
    if not video.exists():
        write_clip(video, pictures(), Fraction(RATE), read_audio(chosen[0][0], RATE_HZ))
    text.write_text(chosen[0][1], encoding="utf-8")
    return video, text


def measured(work: str, **names: str) -> tuple[float, float]:
    """Seconds of one processor, and peak memory in MB."""
    # The kernel's peak of a child counts its parent's memory from before it became a program of its own.
    program = (
        f"import pathlib, visalign\n{WORK[work].format(**names)}\n"
        "peak = next(x for x in open('/proc/self/status') if x.startswith('VmHWM'))\nprint(peak.split()[1])"
    )
    environment = {**os.environ, "VISALIGN_CACHE": "off", "OMP_NUM_THREADS": "1"}
    child = subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    peak = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{names}: it failed")
    return used.ru_utime + used.ru_stime, int(peak) / 1024


def table(name: str, points: list[float], rows: list[tuple[float, float]], start: float) -> float:
    """Print a table; the exponent of its growth."""
    print(f"\n| {name} | processor, s | peak, MB |\n|---|---|---|")
    for point, (seconds, megabytes) in zip(points, rows, strict=True):
        print(f"| {point:g} | {seconds:.1f} | {megabytes:.0f} |")
    own = [max(seconds - start, 1e-3) for seconds, _ in rows]
    exponent = float(np.polyfit(np.log(points), np.log(own), 1)[0]) if len(points) > 1 else float("nan")
    print(f"\n{name}: time grows with the power {exponent:.2f}", flush=True)
    return exponent


def draw(found: dict[str, tuple[list[float], list[tuple[float, float]]]], path: Path) -> None:
    """Time and memory of every table."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "growth"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, len(found), figsize=(3.2 * len(found), 5), constrained_layout=True, squeeze=False)
    for column, (name, (points, rows)) in zip(axes.T, found.items(), strict=True):
        for axis, values, label in zip(
            column, zip(*rows, strict=True), ("processor, s", "peak memory, MB"), strict=True
        ):
            axis.plot(points, values, "o-", color="#1f6f8b")
            axis.set(xlabel=name, ylabel=label, ylim=(0, None), xlim=(0, None))
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, nargs="*", default=[1, 3, 10])
    parser.add_argument("--words", type=int, nargs="*", default=[100, 300, 1000])
    parser.add_argument("--faces", type=int, nargs="*", default=[1, 2, 4, 8])
    parser.add_argument("--draw", type=Path)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    start, _ = measured("start", small=str(speakers()[0][0][0]))
    print(f"a check of three seconds: {start:.1f} s")
    found = dict[str, tuple[list[float], list[tuple[float, float]]]]()
    for name, make, points in (
        ("faces", crowd, given.faces),
        ("words", reading, given.words),
        ("minutes", episode, given.minutes),
    ):
        rows = list[tuple[float, float]]()
        for point in points:
            clip, text = make(given.folder, point)
            rows.append(measured(name, clip=str(clip), text=str(text)))
        if points:
            found[name] = [float(x) for x in points], rows
            # Of faces the first one is what a clip takes anyway.
            table(name, found[name][0], rows, 0.0 if name == "faces" else start)
        (given.folder / "growth.json").write_text(json.dumps(found), encoding="utf-8")
        if given.draw:
            draw(found, given.draw)


if __name__ == "__main__":
    main()
