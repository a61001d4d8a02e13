"""Clips of GRID whose sound is shifted, corrected by `visalign fix`'s own function, and measured again.

python benchmarks/fix.py --clips 6 --shifts 120 -120
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from noises import DATA, grid_text

import visalign
from visalign.correct.fix import fix
from visalign.errors import CorrectionRefused
from visalign.media.remux import move_sound
from visalign.reports.clip_report import ClipReport


def main() -> None:
    """Print a row a clip, shift and mode."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=6)
    parser.add_argument("--shifts", type=int, nargs="+", default=[120, -120], help="delays of the sound, ms")
    parser.add_argument("--modes", nargs="+", default=["copy", "pad"])
    options = parser.parse_args()
    clips = sorted((DATA / "grid/speakers").glob("s*_*.mpg"))
    chosen = clips[:: max(1, len(clips) // options.clips)][: options.clips]
    print(
        "| clip | shift ms | mode | lead before ms | verdict | lead after ms | verdict |\n|---|---|---|---|---|---|---|"
    )
    left = [_row(clip, shift, mode) for clip in chosen for shift in options.shifts for mode in options.modes]
    done = np.array([x for x in left if x is not None])
    within = np.mean(np.abs(done) <= 20) if len(done) else 0.0
    greatest = np.abs(done).max(initial=0.0)
    print(f"\n{len(done)} of {len(left)} corrected; |lead after| <= 20 ms in {within:.0%}, greatest {greatest:.1f} ms")


def _row(clip: Path, shift: int, mode: str) -> float | None:
    def measure(path: Path) -> ClipReport:
        return visalign.check(path, grid_text(clip))

    with tempfile.TemporaryDirectory() as folder:
        shifted = Path(folder, f"{clip.stem}.mp4")
        move_sound(clip, shifted, shift / 1000)
        try:
            done = fix(shifted, Path(folder, f"{clip.stem}.fixed.mp4"), measure, mode=mode)
        except CorrectionRefused as refusal:
            print(f"| {clip.stem} | {shift:+d} | {mode} | | refused: {refusal.verdict} | | |", flush=True)
            return None
    before, after = done.before.sync, done.after.sync
    leads = (f"{1000 * (x.lead_seconds or 0):+.1f} | {x.verdict}" for x in (before, after))
    print(f"| {clip.stem} | {shift:+d} | {mode} | " + " | ".join(leads) + " |", flush=True)
    return 1000 * (after.lead_seconds or 0)


if __name__ == "__main__":
    main()
