"""The aligners beside each other: start errors against hand labels (P3), and speed, in one process.

    OPENBLAS_NUM_THREADS=1 python benchmarks/aligners.py [--data DIR] [--eval DIR] [--only NAME …]

`--eval` is the folder of the evaluation scripts (``boundaries.py``, ``corpora.py``); without it only speed is measured.
Speed: a 3-s utterance, the aligners in turn, the median of the repetitions in a warm process.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from visalign import force_align, read_audio
from visalign.forced_alignment import ALIGNERS, Aligner, chosen_aligner, load_aligner

TEXT = "he was not an ill disposed young man"
N_REPETITIONS = 15


def errors(evaluation: Path, data: Path, name: str, aligner: Aligner) -> None:
    """Print the rows of ``boundaries.py`` for one aligner."""
    sys.path.insert(0, str(evaluation))
    boundaries, corpora = importlib.import_module("boundaries"), importlib.import_module("corpora")
    boundaries.visalign = SimpleNamespace(
        read_audio=read_audio, force_align=lambda audio, text: force_align(audio, text, aligner=aligner)
    )
    timit = boundaries.phone_errors(
        data / "timit", lambda wav: boundaries._timit(corpora.timit_phones(wav)), corpora.timit_transcript
    )
    ae = boundaries.phone_errors(
        data / "ae", lambda wav: boundaries._ae(corpora.ae_levels(wav)["Phonetic"]), corpora.ae_transcript
    )
    print(boundaries.row(f"{name}, timit", *timit))
    print(boundaries.row(f"{name}, ae", *ae))
    print(boundaries.row(f"{name}, both", timit[0] + ae[0], timit[1] + ae[1]))


def speed(data: Path, names: list[str]) -> None:
    """Print the time of each aligner for one utterance, and as a share of its length."""
    audio = read_audio(data / "librivox/austen_0880.wav")
    aligners: dict[str, tuple[Aligner, Path | None]] = {name: (load_aligner(name), None) for name in names}
    for model in ("mono_model", "acoustic_g2p_nodither"):
        folder = data / "mfa_oracle" / model
        if folder.is_dir() and "gmm_hmm" in names:
            aligners[f"gmm_hmm, {model}"] = (chosen_aligner(None, folder / f"{model}.zip"), folder / "dictionary.dict")
    times: dict[str, list[float]] = {name: [] for name in aligners}
    for _ in range(N_REPETITIONS + 1):
        for name, (aligner, dictionary) in aligners.items():
            begin = time.perf_counter()
            force_align(audio, TEXT, aligner=aligner, dictionary=dictionary)
            times[name].append(time.perf_counter() - begin)
    for name, seconds in times.items():
        middle = statistics.median(seconds[1:])
        print(f"{name:36} {1000 * middle:6.1f} ms   real-time factor {middle / audio.duration:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / "../shared/data")
    parser.add_argument("--eval", type=Path)
    parser.add_argument("--only", nargs="*", default=sorted(set(ALIGNERS) - {"precomputed"}))
    options = parser.parse_args()
    if options.eval is not None:
        for name in options.only:
            errors(options.eval, options.data, name, load_aligner(name))
    speed(options.data, options.only)


if __name__ == "__main__":
    main()
