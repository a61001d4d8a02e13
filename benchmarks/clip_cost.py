"""What a clip of three seconds costs in two versions of visalign, clip by clip in turn, by size of the picture.

    python benchmarks/clip_cost.py FOLDER BEFORE [NOW] [--rounds 4] [--clips 3] [--heights 288 576 720 1080]

BEFORE and NOW are folders of checkouts (`git worktree add FOLDER COMMIT`); NOW is this one by default. Clips of GRID
are written again with larger pictures, kept in FOLDER. Each version has a process that has already done a clip, as a
worker of a batch has, and both do the same clip in turn; the least processor time of all rounds counts, user and system
together. A last row compares whole processes of `visalign check`, start and all. Reports of both are compared byte by
byte.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from check_cost import enlarged
from grid import clips

WORKER = """
import json, resource, sys
import visalign

def seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

for line in sys.stdin:
    clip, text = json.loads(line)
    began = seconds()
    report = visalign.check(clip, text, evidence=False)
    print(json.dumps([seconds() - began, report.to_dict()]), flush=True)
"""
WIDTHS = {288: 360, 576: 720, 720: 1280, 1080: 1920, 2160: 3840}


class Version:
    """A checkout, and a process of it that is warm."""

    def __init__(self, folder: Path) -> None:
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(folder.resolve()),
            "VISALIGN_CACHE": "off",
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, "-c", WORKER]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.environment
        )

    def check(self, clip: Path, text: str) -> tuple[float, object]:
        """Seconds of a processor, and the report."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([str(clip), text]) + "\n")
        self.process.stdin.flush()
        seconds, report = json.loads(self.process.stdout.readline())
        return seconds, report

    def started(self, clip: Path, text: str) -> float:
        """Seconds of a processor of a process of its own."""
        command = [sys.executable, "-m", "visalign", "check", str(clip), "--text", text, "--quiet"]
        child = subprocess.Popen(command, env=self.environment)
        used = os.wait4(child.pid, 0)[2]
        return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("before", type=Path)
    parser.add_argument("now", type=Path, nargs="?", default=Path(__file__).parents[1])
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--clips", type=int, default=3)
    parser.add_argument("--heights", type=int, nargs="*", default=[288, 576, 720, 1080], choices=WIDTHS)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    chosen = {clip.speaker: clip for clip in clips()}
    chosen = dict(list(chosen.items())[: given.clips])
    versions = [Version(given.before), Version(given.now)]
    print("| lines | before, s a clip | now | × real time a core, before | now | before / now |")
    print("|---|---|---|---|---|---|")
    equal = total = 0
    for height in given.heights:
        sums = [0.0, 0.0]
        for clip in chosen.values():
            copy = given.folder / f"{clip.speaker}_{clip.path.name}"
            if not copy.exists():
                shutil.copyfile(clip.path, copy)
            picture = copy if height == 288 else enlarged(copy, (WIDTHS[height], height))
            least = [float("inf")] * 2
            for number in range(given.rounds + 1):
                done = [version.check(picture, clip.transcript) for version in versions]
                if number:  # the first one loads what is needed
                    least = [min(old, seconds) for old, (seconds, _) in zip(least, done, strict=True)]
                else:
                    equal, total = equal + (done[0][1] == done[1][1]), total + 1
            sums = [a + b for a, b in zip(sums, least, strict=True)]
        before, now = (x / len(chosen) for x in sums)
        print(
            f"| {height} | {before:.3f} | {now:.3f} | {3 / before:.1f} | {3 / now:.1f} | {before / now:.2f} |",
            flush=True,
        )
    clip = next(iter(chosen.values()))
    starts = [[version.started(clip.path, clip.transcript) for version in versions] for _ in range(given.rounds)]
    before, now = (min(column) for column in zip(*starts, strict=True))
    print(f"\n`visalign check` of 3 s as a process: {before:.2f} s before, {now:.2f} now")
    print(f"reports equal: {equal} of {total}")


if __name__ == "__main__":
    main()
