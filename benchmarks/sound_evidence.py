"""Are the odds of single sounds (`visalign explain`) worth what they say?

    python benchmarks/grid.py run OUT benchmarks/sound_evidence.py    # with the models that leave-one-out left in OUT
    python benchmarks/sound_evidence.py --merge OUT                   # adds up what the line above left there

Every sound of every clip is weighed at the true lead of GRID (0) and at six wrong ones, 200 to 400 ms off. If a Bayes
factor of 10 means what it says, sounds with such odds are met ten times as often at the right lead as at a wrong one:
the measured ratio is that of both shares.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import numpy as np
from grid import sentence

import visalign
from visalign.sync.estimate import LagEvidence
from visalign.sync.lip_model import LipModel
from visalign.sync.sound_evidence import sound_evidence
from visalign.visemes.expected import expected_visemes
from visalign.visemes.viseme_map import VisemeMap

EDGES = (0.0, 1 / 20, 1 / 3, 1.0, 3.0, 20.0, 150.0, np.inf)
WRONG = (-0.4, -0.3, -0.2, 0.2, 0.3, 0.4)  # seconds


def odds_of(clip: Path, model: LipModel) -> tuple[list[float], list[float]]:
    """Odds of all sounds at the right lead, and at the wrong ones."""
    report = visalign.check(clip, sentence(clip.stem), model=model, evidence=True)
    assert report.evidence is not None
    kept = LagEvidence(report.evidence.lags, report.evidence.log_likelihoods, report.evidence.centres)
    targets = expected_visemes(report.phones, report.words, VisemeMap.load(report.clip.viseme_map))

    def at(lead: float) -> list[float]:
        sounds = sound_evidence(targets, report.observed_visemes, lead, kept, model.calibration)
        return [x.odds for x in sounds if x.word and x.odds is not None]

    return at(0.0), [odds for lead in WRONG for odds in at(lead)]


def counts(odds: list[float]) -> np.ndarray:
    """How many lie in each bin."""
    return np.histogram(odds, EDGES)[0]


def show(right: np.ndarray, wrong: np.ndarray) -> None:
    """The table, in Markdown."""
    print("| odds | at the right lead | at wrong leads | measured ratio |\n|---|---:|---:|---:|")
    for k, (low, high) in enumerate(itertools.pairwise(EDGES)):
        ratio = (right[k] / right.sum()) / (wrong[k] / wrong.sum()) if wrong[k] else float("inf")
        print(f"| {low:.3g} to {high:.3g} | {right[k]} | {wrong[k]} | {ratio:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path)
    parser.add_argument("--merge", type=Path)
    options = parser.parse_args()
    if options.merge:
        texts = [file.read_text(encoding="utf-8") for file in sorted(options.merge.glob("*.sound_evidence.txt"))]
        rows = [
            list(map(int, line.split()[1:])) for text in texts for line in text.splitlines() if line[:6] == "counts"
        ]
        both = np.array(rows).reshape(-1, 2, len(EDGES) - 1).sum(axis=0)
        show(both[0], both[1])
        return
    right, wrong, model = list[float](), list[float](), LipModel.load()
    for clip in sorted(options.clips.glob("*.mpg")):
        try:
            own, others = odds_of(clip, model)
        except visalign.VisalignError as error:
            print(f"left out: {error}")
            continue
        right, wrong = right + own, wrong + others
    print("counts", *counts(right))
    print("counts", *counts(wrong))
    show(counts(right), counts(wrong))


if __name__ == "__main__":
    main()
