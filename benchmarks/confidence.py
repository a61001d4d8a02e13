"""How far confidences and suspicions can be trusted: fits them without hand labels, then tests them against labels.

    OPENBLAS_NUM_THREADS=1 python benchmarks/confidence.py --eval EVAL [--plot FILE] [--part fit test pairs]

fit    learns the coefficients of `visalign.forced_alignment.confidence` from GRID and LibriVox: the "truth" is where
       PocketSphinx's own search starts the same phone in the clean clip. No hand label is read.
test   reliability of the shipped coefficients on the hand-labelled phones of TIMIT and AE (none of them learnt from).
pairs  clips with their own transcript and with others: how many are suspected.

`--eval` is the folder of the evaluation scripts (``boundaries.py``, ``corpora.py``).
"""

from __future__ import annotations

import argparse
import importlib
import math
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from visalign import force_align, read_audio
from visalign.errors import VisalignError
from visalign.face.generated_clip import synthesise_speech
from visalign.forced_alignment import confidence, gmm_hmm, load_aligner
from visalign.forced_alignment.alignment import Alignment
from visalign.language.phones import SILENCE
from visalign.signals import Audio
from visalign.timeline import Interval

WRONG_WEIGHT = 0.1
SNRS_DB = (20, 10, 5, 0)
BINS = (0.0, 0.6, 0.8, 0.9, 0.95, 1.0)
SYNTHETIC = (
    "set red by m two please",
    "bin blue at f two now",
    "the quick brown fox jumps over the lazy dog",
    "she had your dark suit in greasy wash water all year",
    "where is the green house",
)
WITHIN = confidence.START_TOLERANCE_SECONDS


def noisy(audio: Audio, snr_db: float, seed: int) -> Audio:
    """`audio` with pink noise."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=len(audio.samples)))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    noise = np.fft.irfft(spectrum, len(audio.samples))
    level = np.sqrt(np.mean(audio.samples**2)) * 10 ** (-snr_db / 20) / noise.std()
    return Audio((audio.samples + level * noise).astype(np.float32), audio.rate_hz)


def spoken(alignment: Alignment) -> list[Interval]:
    return [x for x in alignment.phones if x.label != SILENCE]


def with_evidence(audio: Audio, text: str) -> tuple[Alignment, list[confidence.StartEvidence]]:
    """The alignment of the default aligner and what spoke for each phone."""
    seen: list[confidence.StartEvidence] = []
    ordinary = gmm_hmm.phone_confidence
    gmm_hmm.phone_confidence = lambda evidence: (seen.append(evidence), ordinary(evidence))[1]
    try:
        return force_align(audio, text, aligner="gmm_hmm"), seen
    finally:
        gmm_hmm.phone_confidence = ordinary


class Clips:
    """The recordings with their transcripts."""

    def __init__(self, data: Path, evaluation: Path) -> None:
        sys.path.insert(0, str(evaluation))
        self.data = data
        self.boundaries, self.corpora = importlib.import_module("boundaries"), importlib.import_module("corpora")

    def free(self) -> list[tuple[str, Audio, str]]:
        """GRID and LibriVox."""
        paths = [*sorted((self.data / "grid/s1").glob("*.mpg")), *sorted((self.data / "grid/speakers").glob("*.mpg"))]
        found = []
        for path in paths:
            try:
                found.append((f"grid/{path.stem}", read_audio(path), self.corpora.grid_transcript(path)))
            except VisalignError as error:
                print(f"left out: {error}")
        for path in sorted((self.data / "librivox").glob("*.wav")):
            found.append((f"librivox/{path.stem}", read_audio(path), path.with_suffix(".txt").read_text()))
        return found

    def labelled(self) -> Iterator[tuple[str, Audio, str, list[Any]]]:
        """TIMIT and AE with their labels."""
        b, c = self.boundaries, self.corpora
        for path in sorted((self.data / "timit").glob("*.wav")):
            yield f"timit/{path.stem}", read_audio(path), c.timit_transcript(path), b._timit(c.timit_phones(path))
        for path in sorted((self.data / "ae").glob("*.wav")):
            yield f"ae/{path.stem}", read_audio(path), c.ae_transcript(path), b._ae(c.ae_levels(path)["Phonetic"])

    def errors(self, found: list[Interval], truth: list[Any]) -> list[float]:
        """Distance of each found start from its counterpart, infinite where there is none."""
        label = self.corpora.Label
        a = [label(x.start, x.end, x.label) for x in found]
        b = [label(x.start, x.end, getattr(x, "text", None) or x.label) for x in truth]
        cost, skip, n, m = self.boundaries._cost, self.boundaries._SKIP, len(a), len(b)
        total = np.zeros((n + 1, m + 1))
        total[0], total[:, 0] = skip * np.arange(m + 1), skip * np.arange(n + 1)
        for i in range(n):
            for j in range(m):
                best = min(total[i, j + 1], total[i + 1, j]) + skip
                total[i + 1, j + 1] = min(total[i, j] + cost(a[i], b[j]), best)
        errors, i, j = [math.inf] * n, n, m
        while i and j:
            if math.isclose(total[i, j], total[i - 1, j - 1] + cost(a[i - 1], b[j - 1]), abs_tol=1e-9):
                errors[i - 1] = abs(a[i - 1].start - b[j - 1].start)
                i, j = i - 1, j - 1
            elif math.isclose(total[i, j], total[i - 1, j] + skip, abs_tol=1e-9):
                i -= 1
            else:
                j -= 1
        return errors


def first_phones(alignment: Alignment) -> list[int]:
    """Which of the spoken phones begin a word."""
    starts = {x.start for x in alignment.words if x.label}
    return [k for k, x in enumerate(spoken(alignment)) if x.start in starts]


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def fit(clips: Clips) -> None:
    """Print coefficients learnt from GRID and LibriVox."""
    # Only this part needs it.
    from sklearn.linear_model import LogisticRegression

    rows: list[tuple[float, ...]] = []
    good: list[bool] = []
    weights: list[float] = []
    words: list[tuple[float, float]] = []
    words_good: list[bool] = []
    free = clips.free()
    for k, (name, clean, text) in enumerate(free):
        truth = spoken(force_align(clean, text, aligner="pocketsphinx"))
        snrs = SNRS_DB if name.startswith("librivox") else (SNRS_DB[k % 4],) if k % 2 == 0 or k >= 100 else ()
        for sound in (clean, *(noisy(clean, snr, k) for snr in snrs)):
            found, evidence = with_evidence(sound, text)
            near = [error <= WITHIN for error in clips.errors(spoken(found), truth)]
            rows += [(math.log(x.spread + 0.002), math.log(x.change + 0.1), x.fit) for x in evidence]
            good += near
            weights += [1.0] * len(near)
            sure = [confidence.phone_confidence(x) for x in evidence]
            begins = [*first_phones(found), len(sure)]
            for a, b in pairwise(begins):
                words.append((logit(sure[a]), float(np.mean([logit(x) for x in sure[a:b]]))))
                words_good.append(near[a])
        if name.startswith("grid"):
            own = spoken(with_evidence(clean, text)[0])
            other, evidence = with_evidence(clean, free[(k + 37) % 170][2])
            rows += [(math.log(x.spread + 0.002), math.log(x.change + 0.1), x.fit) for x in evidence]
            good += [any(x.label == y.label and abs(x.start - y.start) <= WITHIN for y in own) for x in spoken(other)]
            weights += [WRONG_WEIGHT] * len(evidence)
    learnt = LogisticRegression(C=100.0).fit(rows, good, sample_weight=weights)
    print(f"phones: {len(rows)} starts, constant {learnt.intercept_[0]:.2f}, {np.round(learnt.coef_[0], 2).tolist()}")
    learnt = LogisticRegression(C=100.0).fit(words, words_good)
    print(f"words: {len(words)} starts, constant {learnt.intercept_[0]:.2f}, {np.round(learnt.coef_[0], 2).tolist()}")


def reliability(what: str, sure: list[float], good: list[bool]) -> list[tuple[float, float, int]]:
    """Print a table of the reliability; its points."""
    p, y = np.array(sure), np.array(good)
    order = np.argsort(np.argsort(p))
    auc = (order[y].mean() - (y.sum() - 1) / 2) / (len(y) - y.sum())
    print(f"{what}: n={len(p)} within 25 ms {y.mean():.3f}, mean confidence {p.mean():.3f}, AUC {auc:.3f}, "
          f"Brier {np.mean((p - y) ** 2):.3f} (of the base rate alone {y.mean() * (1 - y.mean()):.3f})")  # fmt: skip
    points = []
    for low, high in pairwise(BINS):
        here = (p >= low) & (p < high)
        if here.any():
            points.append((float(p[here].mean()), float(y[here].mean()), int(here.sum())))
            print("  said {:.2f} to {:.2f}:  mean {:.2f}  true {:.2f}  n={:4}".format(low, high, *points[-1]))
    return points


def test(clips: Clips, plot: Path | None) -> None:
    """Print (and draw) the reliability on hand labels."""
    sure: dict[str, list[float]] = {}
    good: dict[str, list[bool]] = {}
    for name, audio, text, truth in clips.labelled():
        found = force_align(audio, text, aligner="gmm_hmm")
        phones = spoken(found)
        near = [error <= WITHIN for error in clips.errors(phones, truth)]
        said = [x.score or 0.0 for x in found.words if x.label]
        begins = first_phones(found)
        for key, values, truths in (
            (name.split("/")[0], [x.score or 0.0 for x in phones], near),
            ("phones", [x.score or 0.0 for x in phones], near),
            ("words", said, [near[k] for k in begins]),
        ):
            sure.setdefault(key, []).extend(values)
            good.setdefault(key, []).extend(truths)
    points = {key: reliability(key, sure[key], good[key]) for key in sure}
    if plot is not None:
        draw(plot, points)


def draw(path: Path, points: dict[str, list[tuple[float, float, int]]]) -> None:
    """The reliability diagram."""
    # Only this part needs it.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0.4, 1], [0.4, 1], color="0.6", linestyle=":", label="as sure as right")
    for key, marker in (("phones", "o"), ("words", "s")):
        x, y, n = zip(*points[key], strict=True)
        axes.plot(x, y, marker=marker, label=f"{key}, TIMIT and AE")
        if key == "phones":
            for a, b, count in zip(x, y, n, strict=True):
                axes.annotate(f"n={count}", (a, b), textcoords="offset points", xytext=(4, -11), fontsize=7)
    axes.set(xlabel="confidence", ylabel="share of starts within 25 ms of hand labels", xlim=(0.4, 1), ylim=(0.4, 1.02))
    axes.legend(loc="lower right")
    figure.savefig(path, metadata={"Date": None})


def pairs(clips: Clips) -> None:
    """Print how many clips are suspected with their own transcript and with others."""
    every = [*clips.free(), *((a, b, c) for a, b, c, _ in clips.labelled())]
    every += [(f"synthetic/{text}", synthesise_speech(text, seed=0).audio, text) for text in SYNTHETIC]
    rng = np.random.default_rng(0)
    aligner = load_aligner("gmm_hmm")
    counts: dict[tuple[str, str], list[bool]] = {}
    notes: dict[tuple[str, str], int] = {}
    n_words: dict[str, int] = {}
    for name, audio, text in every:
        corpus = name.split("/")[0]
        same = [x[2] for x in every if x[0].startswith(corpus) and x[2] != text]
        cross = [x[2] for x in every if not x[0].startswith(corpus)]
        texts = [("own", text)]
        texts += [("same corpus", same[k]) for k in rng.choice(len(same), min(4, len(same)), replace=False)]
        texts += [("other corpus", cross[k]) for k in rng.choice(len(cross), 3, replace=False)]
        for kind, said in texts:
            try:
                found = force_align(audio, said, aligner=aligner)
            except VisalignError as error:
                print(f"{name}, {kind}: {error}")
                continue
            warnings = found.warnings
            n_words[kind] = n_words.get(kind, 0) + len(found.text.split())
            for note in found.notes:
                key = (kind, note.label.split(":")[0])
                notes[key] = notes.get(key, 0) + 1
            hit = any("may not belong" in warning for warning in warnings)
            counts.setdefault((corpus, kind), []).append(hit)
            if hit and kind == "own":
                print(f"false alarm: {name}")
    for (corpus, kind), hits in counts.items():
        print(f"{corpus:10} {kind:13} suspected {sum(hits):4} of {len(hits):4} ({100 * np.mean(hits):.1f} %)")
    for (kind, note), count in sorted(notes.items()):
        print(f"{kind:13} {note:22} {count:4} on {n_words[kind]} words ({100 * count / n_words[kind]:.1f} %)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / "../shared/data")
    parser.add_argument("--eval", type=Path, required=True)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--part", nargs="*", default=["fit", "test", "pairs"])
    options = parser.parse_args()
    clips = Clips(options.data, options.eval)
    if "fit" in options.part:
        fit(clips)
    if "test" in options.part:
        test(clips, options.plot)
    if "pairs" in options.part:
        pairs(clips)


if __name__ == "__main__":
    main()
