"""How exact the lead of a clip of half a minute is, with and without a reference clip, and what can be decided by it.

    python benchmarks/grid.py run OUT benchmarks/long_clips.py     # with the models that grid.py left in OUT
    python benchmarks/long_clips.py --table OUT

The first line joins ten clips of a speaker and moves their sound by less than a frame; as many others of the speaker,
or what is left, are the reference, analysed without a transcript as `--reference` does. It prints a line a draw: the
true lead, and the lead with its 95 % interval, first without and then with the reference. The second makes the table.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from dubbing_gate import RATE_HZ, Take, joined

from visalign.config import PROFILES
from visalign.language.annotations import Cue
from visalign.lips.clip_faces import ClipFaces
from visalign.signals import Audio
from visalign.sync.judging import Instruments, Judged, hear, judge, see
from visalign.sync.reference import bias_of

N_CLIPS, N_DRAWS, MOST_SHIFT = 10, 6, 0.02
DECIDED_BY = ("ebu_r37_production", "film", "ebu_r37")


def judged(takes: Sequence[Take], tools: Instruments, *, shift: float, with_text: bool) -> Judged:
    """The takes one after the other, their sound `shift` seconds early."""
    sound = np.concatenate([take.sound for take in takes])
    n, moved = round(shift * RATE_HZ), np.zeros_like(sound)
    moved[max(-n, 0) : len(sound) - max(n, 0)] = sound[max(n, 0) : len(sound) - max(-n, 0)]
    moved = (moved + 1e-4 * np.random.default_rng(1).standard_normal(len(moved))).astype(np.float32)
    ends = np.cumsum([len(take.sound) / RATE_HZ for take in takes])
    spans = zip(takes, [0.0, *ends[:-1]], ends, strict=True)
    cues = tuple(Cue(max(start + 0.05 - shift, 0), end - 0.05 - shift, take.text) for take, start, end in spans)
    heard = hear(Audio(moved, RATE_HZ), cues if with_text else None, tools.settings)
    return judge(heard, see(ClipFaces.of(joined(takes)), heard, tools), tools)


def measure(folder: Path, *, with_text: bool) -> None:
    """Print the draws of one speaker."""
    takes = [Take.of(path) for path in sorted(folder.glob("*.mpg"))]
    tools = Instruments.of()
    for draw in range(N_DRAWS if len(takes) >= N_CLIPS else 0):
        rng = np.random.default_rng(draw)
        order, shift = rng.permutation(len(takes)), float(rng.uniform(-MOST_SHIFT, MOST_SHIFT))
        n = min(N_CLIPS, 2 * len(takes) // 3)
        chosen, others = ([takes[k] for k in part] for part in (order[:n], order[n : n + N_CLIPS]))
        reference = judged(others, tools, shift=0.0, with_text=with_text)
        bias = bias_of(reference, "reference", tools.settings.thresholds)
        values = [round(shift * RATE_HZ) / RATE_HZ]
        for one in (tools, replace(tools, own_bias=bias)):
            sync = judged(chosen, one, shift=shift, with_text=True).sync
            values += [sync.lead_seconds or np.nan, *(sync.lead_interval or (np.nan, np.nan))]
        print(*(f"{x:.5f}" for x in values), len(chosen), len(others), sep="\t", flush=True)


def decided(low: float, high: float, truth: float, limits: tuple[float, float]) -> str:
    """Whether the strict rule decides, and rightly."""
    max_lead, max_lag = limits
    is_in, is_out = low >= -max_lag and high <= max_lead, low > max_lead or high < -max_lag
    if not (is_in or is_out):
        return "undecided"
    return "right" if is_in == (-max_lag <= truth <= max_lead) else "wrong"


def table(out: Path) -> None:
    """Print what the draws of all speakers come to."""
    lines = [
        line for path in sorted(out.glob("*.long_clips.txt")) for line in path.read_text(encoding="utf-8").splitlines()
    ]
    rows = np.array([[float(x) for x in line.split("\t")[:7]] for line in lines])
    truth = rows[:, 0]
    print(f"{len(rows)} clips")
    print("| | median error, ms | 90 %, ms | half the interval, ms | truth within |", *DECIDED_BY, "", sep=" | ")
    for name, first in (("without", 1), ("with a reference", 4)):
        lead, low, high = rows[:, first : first + 3].T
        error = 1000 * np.abs(lead - truth)
        cells = [f"{np.median(error):.1f}", f"{np.quantile(error, 0.9):.1f}", f"{500 * np.median(high - low):.1f}"]
        cells.append(f"{np.mean((low <= truth) & (truth <= high)):.0%}")
        for profile in DECIDED_BY:
            found = Counter(decided(*each, PROFILES[profile]) for each in zip(low, high, truth, strict=True))
            cells.append(f"{found['right']} / {found['wrong']} / {found['undecided']}")
        print(f"| {name} | {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--clips", type=Path, help="clips of one speaker")
    what.add_argument("--table", type=Path, metavar="OUT", help="folder with what the runs printed")
    parser.add_argument("--with-text", action="store_true", help="align the reference to its text")
    options = parser.parse_args()
    if options.table:
        table(options.table)
    else:
        measure(options.clips, with_text=options.with_text)


if __name__ == "__main__":
    main()
