"""`visalign evaluate-alignment` beside an independent script, on the same alignments of TIMIT and AE.

    python benchmarks/alignment_evaluation.py --data DIR --eval DIR

`--eval` is the folder of the evaluation scripts (``boundaries.py``, ``corpora.py``). Both match phones by dynamic
programming, with other costs. AE's labels are read by a mapping that is made from the script's own table.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

import numpy as np

from visalign import Interval, force_align, read_audio
from visalign.evaluation.alignment_evaluation import TOLERANCES, AlignmentScore, score_phones
from visalign.language.phones import fold_arpabet, is_silence

AFFRICATES = {"CH": "t S", "JH": "d Z"}


def main() -> None:
    """Print a row a corpus and a way."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--eval", type=Path, required=True, dest="scripts")
    options = arguments.parse_args()
    sys.path.insert(0, str(options.scripts))
    boundaries, corpora = importlib.import_module("boundaries"), importlib.import_module("corpora")
    mapping: dict[str, frozenset[str]] = {}
    for label in ("p", "t", "k", "b", "d", "g", "m", "n", "l", "r", "w", "f", "v", "s", "z", *boundaries.AE):
        phone = boundaries.AE.get(label, label.upper())
        mapping[phone] = mapping.get(phone, frozenset()) | {label, f"{label} H"}
    mapping |= {phone: mapping.get(phone, frozenset()) | {label} for phone, label in AFFRICATES.items()}
    for name in ("timit", "ae"):
        total, errors, n_labels = AlignmentScore(), list[float](), 0
        for wav in sorted((options.data / name).glob("*.wav")):
            if name == "timit":
                text, labels = corpora.timit_transcript(wav), corpora.timit_phones(wav)
                expected = boundaries._timit(labels)
                reference = [Interval(x.start, x.end, fold_arpabet(x.text)) for x in expected]
            else:
                text, labels = corpora.ae_transcript(wav), corpora.ae_levels(wav)["Phonetic"]
                expected = boundaries._ae(labels)
                reference = [Interval(x.start, x.end, x.text) for x in labels if not is_silence(x.text)]
            phones = force_align(read_audio(wav), text).phones
            n_labels += len(expected)
            errors += boundaries.start_errors(boundaries._spoken(phones), expected)
            found = [x for x in phones if not is_silence(x.label)]
            total += score_phones(found, reference, mapping if name == "ae" else None)
        shares = [100 * float(np.mean(np.abs(errors) <= x)) * len(errors) / n_labels for x in TOLERANCES]
        print(f"{name:6} boundaries.py       {_row(shares, float(np.mean(np.abs(errors))))}")
        ours = [100 * (total.within(x) or 0.0) for x in TOLERANCES]
        boundary, wrong = 1000 * (total.boundary_error or 0.0), 100 * (total.phone_error_rate or 0.0)
        print(f"{name:6} evaluate-alignment  {_row(ours, total.mean or 0.0)}")
        print(f"{name:6} boundary error {boundary:.1f} ms, phone error rate {wrong:.1f} %")


def _row(shares: list[float], mean: float) -> str:
    return " ".join(f"{x:5.1f}" for x in shares) + f"  mean {1000 * mean:.1f} ms"


if __name__ == "__main__":
    main()
