"""Memory and time of what comes before the comparison: hearing, aligning and looking at a file with its subtitles.

    python benchmarks/reading.py VIDEO SUBTITLES

Printed after each step: what is resident, the peak of the step, and its time. The file may be one that
`benchmarks/episode.py` made. Linux only, since it asks /proc.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from visalign.forced_alignment import force_align
from visalign.language.annotations import read_cues
from visalign.lips.clip_faces import read_faces
from visalign.media.clips import read_audio
from visalign.sound.quality import audio_quality
from visalign.sound.voice_activity import find_speech

Result = TypeVar("Result")


def megabytes(name: str) -> float:
    """A figure of /proc/self/status."""
    rows = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith(name)) / 1000


def step(name: str, work: Callable[[], Result]) -> Result:
    """Do it, and print what it took."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak so far
    begin = time.perf_counter()
    result = work()
    taken = time.perf_counter() - begin
    print(f"{name:12s} {megabytes('VmRSS'):6.0f} MB, peak {megabytes('VmHWM'):6.0f} MB, {taken:6.1f} s", flush=True)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("subtitles", type=Path)
    options = parser.parse_args()
    cues = read_cues(options.subtitles)
    sound = step("sound", lambda: read_audio(options.video))
    kept = [
        step("quality", lambda: audio_quality(sound)),
        step("alignment", lambda: force_align(sound, cues)),
        step("speech", lambda: find_speech(sound)),
        step("faces", lambda: read_faces(options.video)),
    ]
    print(f"{len(kept)} results, {sound.duration:.0f} s")


if __name__ == "__main__":
    main()
