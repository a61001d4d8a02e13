"""How surely, and how exactly, a second recording of the same sound is placed; and how often another one is by mistake.

python benchmarks/sound_matching.py
"""

from __future__ import annotations

import itertools

import numpy as np
from noises import KINDS, utterances, with_noise

from visalign.signals import Audio
from visalign.sound.matching import match_sounds

START = 8000  # samples of the first recording before the second begins


def main() -> None:
    """Print the table, then the pairs of different recordings."""
    clips = [audio for _, audio, _ in utterances(24)]
    print("| noise in the first | SNR dB | placed and certain | worst error, samples at 16 kHz |\n|---|---|---|---|")
    for kind, snr_db in itertools.product(KINDS, (20, 10, 5, 0)):
        found = [_placed(audio, kind, snr_db, index) for index, audio in enumerate(clips)]
        errors = [error for error, certain in found if certain]
        worst = f"{max(errors):.2f}" if errors else "-"
        print(f"| {kind} | {snr_db} | {len(errors)} of {len(found)} | {worst} |", flush=True)
    pairs = [match_sounds(a, b) for a, b in itertools.combinations(clips, 2)]
    wrong = sum(match is not None and match.is_certain for match in pairs)
    print(f"\nPairs of different recordings: {len(pairs)}, placed by mistake: {wrong}")


def _placed(audio: Audio, kind: str, snr_db: float, index: int) -> tuple[float, bool]:
    spoken = np.ones(len(audio.samples) // 160, bool)
    scratch = with_noise(audio, kind, snr_db, spoken, seed=1000 + index)
    # another microphone: a few reflections, a fifth of the level, noise of its own
    room = np.concatenate([[1, 0.5, -0.3, 0.2], np.zeros(200), [0.2]])
    heard = 0.2 * np.convolve(audio.samples, room)[START : len(audio.samples)]
    heard += 0.002 * np.random.default_rng(index).normal(size=len(heard))
    match = match_sounds(scratch, Audio(heard.astype(np.float32), audio.rate_hz))
    return (np.inf, False) if match is None else (abs(match.offset_seconds * 16000 - START), match.is_certain)


if __name__ == "__main__":
    main()
