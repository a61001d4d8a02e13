"""Offsets of clips whose words nobody tells: the phones are recognised.

    python benchmarks/without_transcript.py [--clips DIR]

Each clip's sound is moved by each of SHIFTS in memory. A lead is refused where the verdict is "uncertain" or
"mismatched"; the error of the others is the lead less the shift and less the median of the answered at no shift.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import visalign
from visalign.evaluation.protocol import shifted

SHIFTS = (-0.2, 0.0, 0.12)  # seconds
DATA = Path(__file__).resolve().parents[1] / "../shared/data/grid/speakers"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=DATA)
    clips = sorted(parser.parse_args().clips.glob("*.mpg"))
    rows = []
    for clip in clips:
        lips, audio = visalign.read_lips(clip), visalign.read_audio(clip)
        for shift in SHIFTS:
            sync = visalign.check(lips, None, audio=shifted(audio, shift)).sync
            lead = np.nan if sync.lead_seconds is None else sync.lead_seconds
            rows.append((shift, lead, sync.verdict not in ("uncertain", "mismatched"), sync.verdict))
    shifts, leads = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    answered = np.array([r[2] for r in rows])
    native = np.median(leads[(shifts == 0) & answered]) if (answered & (shifts == 0)).any() else 0.0
    right = np.abs(leads - shifts - native) <= 0.0401
    print(
        f"clips {len(clips)} x {len(SHIFTS)} shifts: answered {answered.sum()} of {len(rows)}, "
        f"of those within 40 ms {(right & answered).sum()}; refused though within 40 ms {(right & ~answered).sum()}"
    )


if __name__ == "__main__":
    main()
