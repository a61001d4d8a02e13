"""What a check costs: processor time for each minute of clip, by size of the picture, with the lips kept and without.

    python benchmarks/check_cost.py FOLDER [--minutes 1 4]

Clips of one GRID speaker are joined to a file with its subtitles (benchmarks/episode.py), which is written again with
larger pictures; all are kept in FOLDER. `visalign check` reads each in a process of its own: once without a cache, once
more with one that is empty, and again now that its lips are kept. Printed are the seconds of one processor, user and
system together. What a minute costs is the difference of the two lengths over that of their minutes, so that the start
of the program is not in it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import av
from episode import build

from visalign.lips.kept_lips import CACHE_VARIABLE, OFF

SIZES = ((360, 288), (1280, 720), (1920, 1080))


def enlarged(video: Path, size: tuple[int, int]) -> Path:
    """The same clip with pictures of another size, its sound as it is."""
    width, height = size
    target = video.with_name(f"{video.stem}_{height}.mp4")
    if not target.exists():
        with av.open(str(video)) as source, av.open(str(target), "w") as written:
            picture, sound = source.streams.video[0], source.streams.audio[0]
            pictures = written.add_stream("libx264", rate=picture.average_rate)
            pictures.width, pictures.height, pictures.pix_fmt = width, height, "yuv420p"
            sounds = written.add_stream_from_template(sound)
            for packet in source.demux(picture, sound):
                if packet.dts is None:
                    continue
                if packet.stream is sound:
                    packet.stream = sounds
                    written.mux(packet)
                    continue
                for frame in packet.decode():
                    larger = frame.reformat(width, height, "yuv420p")
                    larger.pict_type = 0
                    written.mux(pictures.encode(larger))
            written.mux(pictures.encode(None))
    return target


def seconds(video: Path, text: Path, cache: str) -> float:
    """Of one processor, for one check."""
    command = [sys.executable, "-m", "visalign", "check", str(video), "--transcript", str(text), "--quiet"]
    child = subprocess.Popen(command, env={**os.environ, CACHE_VARIABLE: cache})
    _, _, used = os.wait4(child.pid, 0)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, nargs=2, default=(1.0, 4.0))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    made = [build(given.folder, minutes, 0.0, 1.0) for minutes in given.minutes]
    print("| picture | " + " | ".join(f"{kind}, s a minute" for kind in ("no cache", "lips kept")) + " | raw, s |")
    print("|---|---|---|---|", flush=True)
    for size in SIZES:
        taken = []
        for video, text, _ in made:
            clip = enlarged(video, size)
            with TemporaryDirectory() as cache:
                taken.append([seconds(clip, text, kind) for kind in (OFF, cache, cache)])
        length = made[1][2].length - made[0][2].length
        a_minute = [60 * (longer - shorter) / length for shorter, longer in zip(*taken, strict=True)]
        raw = "; ".join(", ".join(f"{x:.1f}" for x in row) for row in taken)
        print(f"| {size[0]} × {size[1]} | {a_minute[0]:.1f} | {a_minute[2]:.1f} | {raw} |", flush=True)


if __name__ == "__main__":
    main()
