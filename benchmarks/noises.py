"""Noises of known level, and speech of known truth, for the benchmarks of the audio rooms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from visalign.forced_alignment import force_align
from visalign.language.phones import is_silence
from visalign.media.clips import read_audio
from visalign.signals import Audio

DATA = Path(__file__).resolve().parents[1] / "../shared/data"
RATE_HZ = 16000
KINDS = ("white", "pink", "hum", "babble")

GRID_WORDS = (
    {"b": "bin", "l": "lay", "p": "place", "s": "set"},
    {"b": "blue", "g": "green", "r": "red", "w": "white"},
    {"a": "at", "b": "by", "i": "in", "w": "with"},
    {},
    {"z": "zero", "1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven"}
    | {"8": "eight", "9": "nine"},
    {"a": "again", "n": "now", "p": "please", "s": "soon"},
)


def grid_text(path: Path) -> str:
    """What is said in a GRID clip, by its name."""
    return " ".join(words.get(c, c) for words, c in zip(GRID_WORDS, path.stem[-6:], strict=True))


def utterances(n_grid: int = 12) -> Iterator[tuple[str, Audio, str]]:
    """LibriVox and GRID: name, sound, text."""
    for path in sorted((DATA / "librivox").glob("*.wav")):
        yield path.stem, read_audio(path), path.with_suffix(".txt").read_text(encoding="utf-8")
    clips = sorted((DATA / "grid/speakers").glob("s*_*.mpg"))
    for path in clips[:: max(1, len(clips) // n_grid)][:n_grid]:
        yield path.stem, read_audio(path), grid_text(path)


def speech_truth(audio: Audio, text: str, hop: float = 0.01) -> npt.NDArray[np.bool_]:
    """Where the clean sound holds speech, by forced alignment; one value a row of `hop` seconds."""
    phones = force_align(audio, text).phones
    rows = (np.arange(int(np.ceil(audio.duration / hop - 1e-9))) + 0.5) * hop
    return np.array([not is_silence(label) for label in phones.sample(rows, outside="SIL")])


def noise(kind: str, n_samples: int, seed: int) -> npt.NDArray[np.float64]:
    """Noise of unit power at 16 kHz."""
    rng = np.random.default_rng(seed)
    if kind == "babble":
        made = _babble(n_samples, rng)
    elif kind == "hum":
        t = np.arange(n_samples) / RATE_HZ
        made = sum(np.sin(2 * np.pi * 50 * k * t + rng.uniform(0, 6.28)) / k for k in range(1, 12))
    else:
        spectrum = np.fft.rfft(rng.normal(size=n_samples))
        if kind == "pink":
            spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 20 * n_samples / RATE_HZ))
        made = np.fft.irfft(spectrum, n_samples)
    return made / np.sqrt(np.mean(made**2))


def _babble(n_samples: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Eight pieces of reading at once, of which no word can be made out."""
    made = np.zeros(n_samples)
    for path in sorted((DATA / "ae").glob("*.wav")) * 2:
        voice = read_audio(path).samples.astype(np.float64)
        voice = np.tile(voice / np.sqrt(np.mean(voice**2)), n_samples // len(voice) + 2)
        start = rng.integers(len(voice) - n_samples)
        made += voice[start : start + n_samples]
    return made


def with_noise(audio: Audio, kind: str, snr_db: float, spoken: npt.NDArray[np.bool_], seed: int = 0) -> Audio:
    """`audio` with noise, `snr_db` below the mean power of its speech."""
    active = np.repeat(spoken, RATE_HZ // 100)[: len(audio.samples)]
    active = np.pad(active, (0, len(audio.samples) - len(active)))
    speech = np.sqrt(np.mean(audio.samples[active].astype(np.float64) ** 2))
    added = noise(kind, len(audio.samples), seed) * speech * 10 ** (-snr_db / 20)
    return Audio((audio.samples + added).astype(np.float32), audio.rate_hz)
