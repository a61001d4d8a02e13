"""A language of six phones, spoken by tones and noises: its boundaries are known to the sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from visalign.acoustic_training.utterance import Utterance
from visalign.signals import Audio

RATE = 16000

# Formants in Hz and their gains, and how loud the noise is.
SOUNDS = {
    "a": ((750.0, 1250.0), 0.0),
    "i": ((300.0, 2400.0), 0.0),
    "u": ((320.0, 800.0), 0.0),
    "m": ((250.0,), 0.02),
    "s": ((), 0.5),
    "t": ((), 0.05),
}
WORDS = {"ma": "ma", "si": "si", "tu": "tu", "sam": "sam", "mit": "mit", "us": "us"}


@dataclass(frozen=True)
class Spoken:
    """An utterance and when its words begin, in seconds."""

    utterance: Utterance
    starts: tuple[float, ...]


def sound(phone: str, n: int, pitch: float, rng: np.random.Generator) -> np.ndarray:
    """`n` samples of a phone."""
    formants, noise = SOUNDS[phone]
    time = np.arange(n) / RATE
    voice = np.zeros(n)
    for k in range(1, int(4000 / pitch)):
        gain = sum(np.exp(-(((k * pitch - formant) / 120.0) ** 2)) for formant in formants)
        voice += gain * np.sin(2 * np.pi * k * pitch * time)
    hiss = np.diff(rng.standard_normal(n + 1))
    return np.asarray(0.2 * voice + noise * 0.3 * hiss)


def spoken(name: str, speaker: str, words: list[str], rng: np.random.Generator) -> Spoken:
    """An utterance of `words`, with a pause here and there."""
    pitch = {"ann": 200.0, "bob": 110.0}[speaker] * rng.uniform(0.95, 1.05)
    parts, starts, n = [], [], 0

    def add(samples: np.ndarray) -> None:
        nonlocal n
        parts.append(samples)
        n += len(samples)

    add(np.zeros(int(rng.uniform(0.15, 0.3) * RATE)))
    for word in words:
        starts.append(n / RATE)
        for phone in WORDS[word]:
            add(sound(phone, int(rng.uniform(0.07, 0.14) * RATE), pitch, rng))
        if rng.uniform() < 0.3:
            add(np.zeros(int(rng.uniform(0.08, 0.2) * RATE)))
    add(np.zeros(int(rng.uniform(0.15, 0.3) * RATE)))
    samples = np.concatenate(parts) + 0.002 * rng.standard_normal(n)
    ways = tuple((tuple(WORDS[word]),) for word in words)
    audio = Audio(samples.astype(np.float32), RATE)
    return Spoken(Utterance(name, speaker, audio, tuple(words), ways), tuple(starts))


def corpus(n: int = 24, seed: int = 7) -> list[Spoken]:
    """`n` utterances of two speakers in turns, about 1.6 s each."""
    rng = np.random.default_rng(seed)
    names = list(WORDS)
    return [
        spoken(f"u{i:02}", ("ann", "bob")[i % 2], [names[j] for j in rng.integers(0, len(names), 4)], rng)
        for i in range(n)
    ]
