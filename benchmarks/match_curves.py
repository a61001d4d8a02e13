"""Lag curves of clips beside those of foreign sounds: what a match looks like, and what none does.

    python benchmarks/match_curves.py FILE.svg CLIP [CLIP …]

A row a clip, without transcripts: left its own sound, right the sound of the next clip, in grey other words in the same
pauses. Gains are over their median and in standard deviations of the foreign rises, so that all rows can be compared.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import visalign
from visalign.config import Config
from visalign.lips.lip_features import LipFeatures
from visalign.parameters import EvidenceParams
from visalign.sound.speech import HOP
from visalign.sync.judging import Heard, hear
from visalign.sync.lag_gains import ShownLips, gains_at
from visalign.sync.lip_model import LipModel
from visalign.sync.match import N_FOREIGN, expected_of_foreign, match_of, stretches_of
from visalign.sync.streams import weighed
from visalign.sync.wide_search import SearchRange

PARAMS, SEARCH = EvidenceParams(), SearchRange(0.0, 0.6)


def curves(model: LipModel, lips: LipFeatures, heard: Heard) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lags, gains of the sound, and of other words in its pauses."""
    foreign = expected_of_foreign(model, PARAMS, recognised=True)
    lags = np.arange(-60, 61)
    total = np.zeros((1 + N_FOREIGN, len(lags)))
    for number, part in enumerate(stretches_of(weighed(model.streams, PARAMS), lips, heard.context, SEARCH, None)):
        places = (np.arange(N_FOREIGN) * len(foreign)) // N_FOREIGN + number * round(10 / HOP)
        shown = ShownLips.on_grid(part.observed, part.shares, part.rows)
        total += gains_at(shown, part.beside(foreign, places)[: 1 + N_FOREIGN], lags)
    total -= np.median(total, axis=1, keepdims=True)
    spread = total[1:].max(axis=1).std(ddof=1)
    return lags * HOP, total[0] / spread, total[1:] / spread


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plot", type=Path)
    parser.add_argument("clips", nargs="+", type=Path)
    options = parser.parse_args()
    model = LipModel.load()
    lips = [visalign.read_lips(clip) for clip in options.clips]
    heard = [hear(visalign.read_audio(clip), None, Config()) for clip in options.clips]
    figure, axes = plt.subplots(
        len(lips), 2, figsize=(7.5, 1.7 * len(lips)), sharex=True, sharey="row", layout="constrained", squeeze=False
    )
    for row, (seen, own) in enumerate(zip(lips, heard, strict=True)):
        for panel, sound in zip(axes[row], (own, heard[(row + 1) % len(heard)]), strict=True):
            lags, gains, others = curves(model, seen, sound)
            found = match_of(model, seen, sound.context, SEARCH, PARAMS, recognised=True)
            panel.plot(1000 * lags, others.T, color="0.75", lw=0.6)
            panel.plot(1000 * lags, gains, color="#1f77b4" if sound is own else "#d62728", lw=1.8)
            told = f"standing {found.standing:.1f}, support {found.support:.2f}"
            panel.set_title(f"{told}: {100 * found.probability(model.calibration):.0f} %", fontsize=9)
        axes[row, 0].set_ylabel(f"clip {row + 1}")
    axes[-1, 0].set_xlabel("lead of the clip's own sound, ms")
    axes[-1, 1].set_xlabel("lead of a foreign sound, ms")
    figure.savefig(options.plot)


if __name__ == "__main__":
    main()
