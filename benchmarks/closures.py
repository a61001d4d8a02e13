"""Where closed mouths begin, beside hand labels: what docs/benchmarks.md shows of the mouth cues.

    python benchmarks/closures.py FOLDER [FOLDER …]

Each folder holds recordings with labels beside them: ``a.phn`` and ``a.wrd`` of TIMIT, or ``a_annot.json`` of EMU-SDMS.
Of P, B and M few are in so little speech. But the lips need not know which place of the mouth is closed: every stop and
every nasal (P B T D K G, M N NG) is shown as if it were made with the lips, one at a time, and the start of the closed
shape is compared with the labelled start, of a stop with that of its closure. Neighbours are not labelled anew, and a
sound whose neighbour is P, B or M is left out, since the two make one closed shape.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from visalign import force_align, read_audio
from visalign.animation.mouth_cues import mouth_cues
from visalign.animation.mouth_rules import load_mouth_rules
from visalign.corpora.label_files import read_emu, read_label_lines
from visalign.timeline import Interval, Tier

TIMIT_HZ = 16000
SHOWN_AS = {"P": "P", "T": "P", "K": "P", "B": "B", "D": "B", "G": "B", "M": "M", "N": "M", "NG": "M"}
LABELS = {
    "p": "P", "t": "T", "k": "K", "b": "B", "d": "D", "g": "G", "ɡ": "G", "m": "M", "n": "N", "ng": "NG", "ŋ": "NG",
    "nx": "N", "em": "M", "en": "N", "dx": "T", "dH": "D", "kt": "K", "pt": "P",
}  # fmt: skip
MATCH_SECONDS = 0.08  # a label that starts further away is another sound


@dataclass(frozen=True, slots=True)
class Closure:
    """What was found of a labelled closure: errors of the phone's start and of the closed shape's, seconds."""

    label: str
    phone: float
    shape: float


def recordings(folder: Path) -> Iterator[tuple[Path, str, list[Interval]]]:
    """Each labelled recording, what is said in it, and its closures by their labels."""
    for sound in sorted(folder.glob("*.wav")):
        emu, timit = sound.with_name(f"{sound.stem}_annot.json"), sound.with_suffix(".phn")
        if emu.is_file():
            tiers = read_emu(emu)
            text = " ".join(x.label.strip("'").lower() for x in tiers["word"])
            yield sound, text, [_named(x) for x in tiers["phonetic"] if x.label in LABELS]
        elif timit.is_file():
            words = read_label_lines(sound.with_suffix(".wrd"), TIMIT_HZ)
            yield sound, " ".join(x.label for x in words), _joined(read_label_lines(timit, TIMIT_HZ))


def _named(label: Interval) -> Interval:
    return Interval(label.start, label.end, LABELS[label.label])


def _joined(labels: tuple[Interval, ...]) -> list[Interval]:
    """TIMIT labels the closure of a stop (``pcl``) and its burst (``p``) by themselves."""
    found: list[Interval] = []
    for label in labels:
        name = label.label.removesuffix("cl") if label.label.endswith("cl") else label.label
        is_burst = bool(found) and found[-1].end == label.start and LABELS.get(name) == found[-1].label
        if is_burst:
            found[-1] = Interval(found[-1].start, label.end, found[-1].label)
        elif name in LABELS:
            found.append(Interval(label.start, label.end, LABELS[name]))
    return found


def closures(sound: Path, text: str, labels: list[Interval], aligner: str = "gmm_hmm") -> Iterator[Closure]:
    """The labelled closures of a recording whose phone was found."""
    phones = force_align(read_audio(sound), text, aligner=aligner).phones
    rules = load_mouth_rules()
    for i, phone in enumerate(phones):
        near = [x for x in labels if x.label == phone.label and abs(x.start - phone.start) < MATCH_SECONDS]
        around = phones.labels[max(0, i - 1) : i + 2 : 2]
        if not near or not {"P", "B", "M"}.isdisjoint(around):
            continue
        label = min(near, key=lambda x: abs(x.start - phone.start))
        shown = (*phones.labels[:i], SHOWN_AS[phone.label], *phones.labels[i + 1 :])
        closed = [x for x in mouth_cues(Tier("phones", phones.boundaries, shown), rules) if x.label == "A"]
        start = min((x.start for x in closed), key=lambda x: abs(x - phone.start))
        yield Closure(phone.label, phone.start - label.start, start - label.start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--aligner", default="gmm_hmm")
    arguments = parser.parse_args()
    rows = [x for folder in arguments.folders for row in recordings(folder) for x in closures(*row, arguments.aligner)]
    print("| | closures | phone, median | closed shape, median | signed | within 10 ms |\n|---|---|---|---|---|---|")
    for name, labels in (("stops", "P B T D K G"), ("nasals", "M N NG"), ("all", " ".join(SHOWN_AS))):
        part = [x for x in rows if x.label in labels.split()]
        phone, shape = (1000 * np.asarray([getattr(x, side) for x in part]) for side in ("phone", "shape"))
        print(
            f"| {name} | {len(part)} | {np.median(np.abs(phone)):.1f} ms | {np.median(np.abs(shape)):.1f} ms "
            f"| {np.median(shape):+.1f} ms | {np.mean(np.abs(shape) <= 10):.0%} |"
        )


if __name__ == "__main__":
    main()
