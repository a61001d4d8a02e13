"""Boundaries in other languages, word by word, and with all words of a language adapted to together.

    python benchmarks/pooled_languages.py [--data ../shared/data/voxangeles] [--languages aka ben …]

What ``../shared/eval/languages.py`` measures, and the same once more as ``visalign align FOLDER`` does it: each word is
placed, the model adapted to all of them (:mod:`visalign.forced_alignment.pooling`), and each placed again. Constants of
the adaptation were chosen on every second language by name, so both halves are told.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import visalign
from visalign.forced_alignment.any_language import align_phones
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.forced_alignment.pooling import Pool
from visalign.language.phones import is_silence

DATA = Path(__file__).resolve().parents[1] / "../shared/data/voxangeles"
LIMITS = (10, 20, 25, 50, 100)  # ms

Word = tuple[visalign.Audio, list[str], list[float]]


def words_of(folder: Path) -> list[Word]:
    """Sound, phones and their starts in seconds of the words of a language."""
    found = []
    for path in sorted(folder.glob("*.flac")):
        rows = [line.split("\t") for line in path.with_suffix(".tsv").read_text(encoding="utf-8").splitlines()]
        found.append((visalign.read_audio(path), [row[2] for row in rows], [float(row[0]) for row in rows]))
    return found


def misses(word: Word, aligner: GmmHmmAligner) -> list[float]:
    """By how many milliseconds inner boundaries are missed."""
    audio, phones, starts = word
    placed = [x.start for x in align_phones(audio, phones, aligner).phones if not is_silence(x.label)]
    return [1000 * abs(a - b) for a, b in zip(placed[1:], starts[1:], strict=True)]


def tell(name: str, found: list[float]) -> None:
    """A row of the table."""
    off = np.array(found)
    parts = " | ".join(f"{100 * np.mean(off <= limit):.1f}" for limit in LIMITS)
    print(f"| {name} | {len(off)} | {parts} | {np.median(off):.1f} | {off.mean():.1f} ms |", flush=True)


def main() -> None:
    """Measure, and print the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--data", type=Path, default=DATA)
    options.add_argument("--languages", nargs="*")
    given = options.parse_args()
    folders = sorted(x for x in given.data.iterdir() if x.is_dir() and x.name in (given.languages or [x.name]))
    once: list[list[float]] = [[], []]
    pooled: list[list[float]] = [[], []]
    for number, folder in enumerate(folders):
        words, pool = words_of(folder), Pool()
        for word in words:
            once[number % 2] += misses(word, pool.first)
            pool.n_recordings += 1
        adapted = pool.second() or pool.first
        for word in words:
            pooled[number % 2] += misses(word, adapted)
    print(
        "| | boundaries | ≤ 10 | ≤ 20 | ≤ 25 | ≤ 50 | ≤ 100 ms | median | mean |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    )
    for name, rows in (("once", once), ("adapted", pooled)):
        tell(f"every second language, {name}", rows[0])
        tell(f"the others, {name}", rows[1])
        tell(f"all, {name}", rows[0] + rows[1])


if __name__ == "__main__":
    main()
