"""Voice activity under noise: area under the ROC curve and share of rows that are right, by detector.

Truth is the forced alignment of the clean sound (LibriVox and GRID).

    python benchmarks/voice_activity.py
"""

from __future__ import annotations

import argparse

import numpy as np
import numpy.typing as npt
from noises import KINDS, speech_truth, utterances, with_noise
from sklearn.metrics import roc_auc_score

from visalign.signals import Audio
from visalign.sound.voice_activity import DETECTORS, HOP, SPEECH, find_speech, speech_probabilities


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=24, help="GRID clips besides the LibriVox readings")
    n_clips = parser.parse_args().clips
    clips = [(name, audio, speech_truth(audio, text)) for name, audio, text in utterances(n_clips)]
    print(f"{len(clips)} clips, {sum(a.duration for _, a, _ in clips):.0f} s, ", end="")
    print(f"{np.mean(np.concatenate([t for _, _, t in clips])):.0%} of it speech\n")
    print("| noise | SNR dB | " + " | ".join(f"{d}: AUC | rows right | speech found" for d in DETECTORS) + " |")
    print("|---|---" + "|---" * 3 * len(DETECTORS) + "|")
    for kind in KINDS:
        for snr_db in ((60,) if kind == "white" else ()) + (20, 10, 5, 0):
            cells = [_measured(detector, kind, snr_db, clips) for detector in DETECTORS]
            print(f"| {kind} | {snr_db} | " + " | ".join(cells) + " |", flush=True)


def _measured(detector: str, kind: str, snr_db: float, clips: list[tuple[str, Audio, npt.NDArray[np.bool_]]]) -> str:
    truths, scores, found = [], [], []
    for index, (_, audio, truth) in enumerate(clips):
        noisy = with_noise(audio, kind, snr_db, truth, seed=index)
        rows = (np.arange(len(truth)) + 0.5) * HOP
        truths.append(truth)
        scores.append(speech_probabilities(noisy, detector)[: len(truth)])
        labels = find_speech(noisy, detector).sample(rows)
        found.append(np.array([x == SPEECH for x in labels]))
    truth, score, spoken = map(np.concatenate, (truths, scores, found))
    return f"{roc_auc_score(truth, score):.3f} | {np.mean(truth == spoken):.1%} | {np.mean(spoken[truth]):.1%}"


if __name__ == "__main__":
    main()
