"""A longer clip of six GRID sentences whose sound jumps or drifts, corrected by `fix` and measured again, word by word.

python benchmarks/fix_long.py
"""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
from noises import DATA, grid_text

import visalign
from visalign.correct.fix import fix
from visalign.media.clips import read_audio, read_frames, write_clip
from visalign.media.remux import Piece, retimed
from visalign.reports.clip_report import ClipReport
from visalign.signals import Audio

RATE_HZ = 48000
N_SENTENCES = 6


def main() -> None:
    """Print what was wrong, what was corrected, and the leads of the words before and after."""
    clips = sorted((DATA / "grid/s1").glob("*.mpg"))[:N_SENTENCES]
    text = " ".join(map(grid_text, clips))
    half = 1.5 * N_SENTENCES
    faults = {
        "second half 200 ms early": ([Piece(0.0, 0.0), Piece(half + 0.2, -0.2)], "pieces"),
        "second half 150 ms late": ([Piece(0.0, 0.0), Piece(half, 0.15)], "pieces"),
        "sound 0.5 % too fast": ([Piece(0.0, 0.0, 0.995)], "drift"),
        "sound 0.5 % too slow": ([Piece(0.0, 0.0, 1.005)], "drift"),
    }
    print("| fault | mode | correction | words within 40 ms before | after | mean lead after ms |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for index, (fault, (pieces, mode)) in enumerate(faults.items()):
            source = _joined(clips, pieces, Path(folder, f"{index}.mp4"))
            done = fix(source, Path(folder, f"{index}.fixed.mp4"), lambda path: visalign.check(path, text), mode=mode)
            put = "; ".join(
                f"{p.start:.2f} s: {1000 * p.delay_seconds:+.0f} ms"
                + (f", {1e6 * (p.stretch - 1):+.0f} ppm" if p.stretch != 1 else "")
                for p in done.correction.pieces
            )
            before, after = _leads(done.before), _leads(done.after)
            within = [f"{np.mean(np.abs(x) <= 0.04):.0%}" for x in (before, after)]
            print(f"| {fault} | {mode} | {put} | {within[0]} | {within[1]} | {1000 * after.mean():+.1f} |", flush=True)


def _leads(report: ClipReport) -> npt.NDArray[np.float64]:
    return report.segments["lead_seconds"].dropna().to_numpy(np.float64)


def _joined(clips: list[Path], pieces: list[Piece], path: Path) -> Path:
    images, sounds = [], []
    for clip in clips:
        frames = [frame.image for frame in read_frames(clip, colour=True)]
        samples = read_audio(clip, RATE_HZ).samples[: len(frames) * RATE_HZ // 25]
        sounds.append(np.pad(samples, (0, len(frames) * RATE_HZ // 25 - len(samples))))
        images += frames
    moved = retimed(np.concatenate(sounds)[:, None].astype(np.float32), RATE_HZ, pieces)[:, 0]
    return write_clip(path, images, Fraction(25), Audio(moved, RATE_HZ))


if __name__ == "__main__":
    main()
