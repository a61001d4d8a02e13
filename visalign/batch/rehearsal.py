"""Make a worker ready: everything that every check loads, loaded once before the first clip's process is forked.

A check of made-up lips against made-up noise. Without it each child would import scikit-learn and build its tables
anew: a clip of GRID took 0.65 s of processor time in a child of an unprepared worker, 0.31 s in that of a prepared one,
and 0.31 s in a loop in one process.
"""

from __future__ import annotations

import contextlib
from fractions import Fraction

import numpy as np

from visalign.config import Config
from visalign.forced_alignment import force_align
from visalign.lips.box import Box
from visalign.lips.landmarks import load_detector
from visalign.lips.lip_features import FEATURES, LipFeatures
from visalign.pipeline import check
from visalign.signals import Audio
from visalign.sync.lip_model import LipModel
from visalign.timeline import FrameTimes

__all__ = ["rehearse"]


def rehearse(config: Config, model: LipModel) -> None:
    """Load detectors, aligner, lexicon, viseme map and what they need.

    What fails here fails in the clips as well, with a reason, so nothing is said of it.
    """
    random = np.random.default_rng(0)
    with contextlib.suppress(Exception):
        detector = load_detector()
        picture = random.integers(0, 255, (96, 96)).astype(np.uint8)
        detector.find_faces(picture)
        detector.fit(picture, Box(16, 16, 80, 80))
    with contextlib.suppress(Exception):
        sound = Audio(random.normal(0, 0.01, 32000).astype(np.float32), 16000)
        lexicon = config.alignment.lexicon or None
        alignment = force_align(sound, "a", aligner=config.alignment.aligner, lexicon=lexicon)
        n = len(FEATURES)
        times = FrameTimes(np.arange(50) / 25, 2.0, Fraction(25))
        names = tuple(feature.name for feature in FEATURES)
        lips = LipFeatures(random.normal(size=(50, n)), names, times, np.zeros(n), np.ones(n))
        check(lips, None, audio=sound, alignment=alignment, config=config, model=model).to_dict()
