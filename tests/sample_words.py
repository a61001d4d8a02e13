"""A clip's sound whose words are tones, for tests that need no speech."""

from __future__ import annotations

import numpy as np

from visalign.evaluation.word_faults import SpokenClip
from visalign.signals import Audio
from visalign.timeline import Tier

RATE = 16000
# A tone of its own for each word, so that what is heard when can be read off the spectrum.
WORDS = {"bob": (0.5, 0.8, 300.0), "sees": (0.9, 1.2, 500.0), "me": (1.3, 1.6, 800.0), "now": (1.7, 2.0, 1200.0)}


def spoken(name: str = "one", *, louder: float = 1.0, pitch: float = 1.0) -> SpokenClip:
    times = np.arange(round(2.6 * RATE)) / RATE
    samples = 0.001 * np.random.default_rng(0).standard_normal(len(times))
    for start, end, hertz in WORDS.values():
        inside = (times >= start) & (times < end)
        samples[inside] += louder * 0.2 * np.sin(2 * np.pi * hertz * pitch * times[inside])
    boundaries, labels = [0.0], []
    for label, (start, end, _) in WORDS.items():
        boundaries += [start, end]
        labels += ["", label]
    words = Tier("words", (*boundaries, 2.6), (*labels, ""))
    phones = ("SIL", "B", "AA", "SIL", "S", "IY", "SIL", "M", "IY", "SIL", "N", "AW", "SIL")
    edges = (0.0, 0.5, 0.6, 0.8, 0.9, 1.0, 1.2, 1.3, 1.4, 1.6, 1.7, 1.8, 2.0, 2.6)
    return SpokenClip(name, "s", Audio(samples.astype(np.float32), RATE), words, Tier("phones", edges, phones))
