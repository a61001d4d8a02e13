"""Boundaries moved, or left where the acoustic model has them: which lie nearer to hand labels?

    python benchmarks/mfa_boundaries.py --data DIR --eval EVAL

The models of MFA that are at hand are too poor to ask (their phones lie 0.2 s off). So one is made as MFA makes its
first: monophones, MFCC less their mean with deltas, trained from equal shares of each recording by Viterbi, on the
clips of GRID, LibriVox and `wild` in English that have a text; nothing of TIMIT and EMU's `ae`, whose hand labels (P3)
are what is compared with. Beside it stands PocketSphinx's model, which is better, and word starts of GRID by models
that MFA trained on it. Takes some minutes.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from visalign import force_align, read_audio
from visalign.errors import VisalignError
from visalign.forced_alignment import Aligner
from visalign.forced_alignment.acoustic_model import KaldiAcoustics
from visalign.forced_alignment.decoding_graph import build_graph
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.forced_alignment.kaldi_features import FeatureOptions, add_deltas, mfcc, subtract_mean
from visalign.forced_alignment.kaldi_model import ContextTree, KaldiModel, State, Transition
from visalign.forced_alignment.mfa_archive import MfaModel, ModelOptions
from visalign.forced_alignment.viterbi import NoPath, best_path
from visalign.hmm_training.gaussians import DiagonalMixtures
from visalign.language.lexicon import Lexicon, Pronunciation, arpabet_phones, embedded_lexicon, read_lexicon
from visalign.language.phones import ARPABET, SILENCE
from visalign.language.transcript import parse_transcript

PHONES = ["sil", "spn", *(phone for phone in ARPABET if phone != SILENCE)]
N_STATES = 3
N_GAUSSIANS = (*[1] * 4, *[2] * 3, *[4] * 4, *[8] * 3, *[12] * 2, *[16] * 6)
"""Of each state at most, round by round."""

Doubles = npt.NDArray[np.float64]
Mixture = tuple[Doubles, Doubles, Doubles]
"""Weights, means, variances."""


def spoken_clips(data: Path, corpora) -> Iterator[tuple[Path, str]]:
    for path in (*sorted((data / "grid/s1").glob("*.mpg"))[::2], *sorted((data / "grid/speakers").glob("*.mpg"))):
        yield path, corpora.grid_transcript(path)
    with (data / "wild/index.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["language"] == "en" and row["transcript"]:
                yield data / "wild" / row["file"], row["transcript"]
    for path in sorted((data / "librivox").glob("*.wav")):
        yield path, path.with_suffix(".txt").read_text(encoding="utf-8")


class Trainer:
    """Monophones from recordings and what is said in them."""

    def __init__(self, clips: Iterator[tuple[Path, str]]) -> None:
        lexicon = embedded_lexicon()
        self.recordings = []
        for path, text in clips:
            try:
                words = parse_transcript(text, known=lexicon)
                ways = lexicon.pronounce(words)
                frames = add_deltas(subtract_mean(mfcc(read_audio(path), FeatureOptions())))
            except VisalignError:
                continue
            arpabet = [[Pronunciation(tuple(arpabet_phones(way))) for way in variants] for variants in ways]
            self.recordings.append((frames, arpabet))
        every = np.concatenate([frames for frames, _ in self.recordings]).astype(np.float64)
        self.floor = 0.01 * every.var(axis=0)
        self.whole: Mixture = (np.ones(1), every.mean(axis=0)[None], every.var(axis=0)[None])
        self.minutes = len(every) / 6000

    def model(self) -> MfaModel:
        mixtures = [self.whole] * (N_STATES * len(PHONES))
        for rounds, most in enumerate(N_GAUSSIANS):
            shares = self._equal() if rounds == 0 else self._aligned(_model(mixtures))
            mixtures = [self._fitted(shares.get(pdf), old, most) for pdf, old in enumerate(mixtures)]
        return _model(mixtures)

    def _equal(self) -> dict[int, Doubles]:
        shares: dict[int, list] = {}
        for frames, ways in self.recordings:
            phones = ["sil", *(phone for variants in ways for phone in variants[0].phones), "sil"]
            pdfs = [N_STATES * PHONES.index(phone) + i for phone in phones for i in range(N_STATES)]
            for part, pdf in zip(np.array_split(frames, len(pdfs)), pdfs, strict=True):
                shares.setdefault(pdf, []).append(part)
        return {pdf: np.concatenate(parts).astype(np.float64) for pdf, parts in shares.items()}

    def _aligned(self, model: MfaModel) -> dict[int, Doubles]:
        shares: dict[int, list] = {}
        acoustics = KaldiAcoustics(model)
        for frames, ways in self.recordings:
            graph = build_graph([acoustics.variants("", x) for x in ways], acoustics, acoustics.silence_costs)
            try:
                path = best_path(graph, 0.1 * acoustics.log_likelihoods(frames, graph.pdf_ids))
            except NoPath:
                continue
            pdfs = graph.pdf_ids[graph.pdfs[path.states]]
            for pdf in np.unique(pdfs).tolist():
                shares.setdefault(pdf, []).append(frames[pdfs == pdf])
        return {pdf: np.concatenate(parts).astype(np.float64) for pdf, parts in shares.items()}

    def _fitted(self, frames: Doubles | None, old: Mixture, most: int) -> Mixture:
        if frames is None or len(frames) < 30:
            return old
        weights, means, variances = old
        if old is self.whole:
            means, variances = frames.mean(axis=0)[None], np.maximum(frames.var(axis=0), self.floor)[None]
        while len(weights) < most and len(frames) > 40 * (len(weights) + 1):
            heaviest = int(np.argmax(weights))
            step = 0.2 * np.sqrt(variances[heaviest])
            halved = np.where(np.arange(len(weights)) == heaviest, 0.5, 1.0)
            weights = np.append(weights * halved, 0.5 * weights[heaviest])
            means = np.vstack([means, means[heaviest] + step])
            variances = np.vstack([variances, variances[heaviest]])
            means[heaviest] -= step
        for _ in range(4):
            weights, means, variances = self._improved(frames, weights, means, variances)
        return weights, means, variances

    def _improved(self, frames: Doubles, weights: Doubles, means: Doubles, variances: Doubles) -> Mixture:
        mixtures = _mixtures([(weights, means, variances)])
        scores = mixtures.component_log_likelihoods(frames.astype(np.float32), np.arange(len(weights)))
        shares = np.exp(scores - scores.max(axis=1, keepdims=True)).astype(np.float64)
        shares /= shares.sum(axis=1, keepdims=True)
        counts = shares.sum(axis=0)
        kept = counts >= min(15.0, counts.max())
        shares, counts = shares[:, kept], counts[kept]
        centres = shares.T @ frames / counts[:, None]
        spread = np.maximum(shares.T @ frames**2 / counts[:, None] - centres**2, self.floor)
        return counts / counts.sum(), centres, spread


def _mixtures(rows: list[Mixture]) -> DiagonalMixtures:
    weights, means, variances = (np.concatenate([row[k] for row in rows]) for k in range(3))
    starts = np.cumsum([0, *(len(row[0]) for row in rows)])
    precisions = (1 / variances).astype(np.float32)
    return DiagonalMixtures.from_precisions(
        weights.astype(np.float32), (means / variances).astype(np.float32), precisions, starts
    )


def _model(rows: list[Mixture]) -> MfaModel:
    states = tuple(State(i, (i, i + 1)) for i in range(N_STATES))
    numbers = range(1, len(PHONES) + 1)
    transitions = {
        (phone, i, N_STATES * (phone - 1) + i): tuple(Transition(to, float(np.log(0.5)), 0) for to in (i, i + 1))
        for phone in numbers
        for i in range(N_STATES)
    }
    leaves = [("TE", -1, tuple(("CE", N_STATES * (n - 1) + i) for i in range(N_STATES))) for n in numbers]
    model = KaldiModel(dict.fromkeys(numbers, states), transitions, _mixtures(rows))
    tree = ContextTree(1, 0, ("TE", 0, (None, *leaves)))
    symbols = {name: n for n, name in enumerate(["<eps>", *PHONES])}
    return MfaModel("monophones", ModelOptions(FeatureOptions()), model, model, tree, None, symbols)


def hand_labels(data: Path, aligner: Aligner, boundaries, corpora) -> tuple[list[float], int, Doubles]:
    """Signed errors of phone starts in TIMIT and AE, how many phones are labelled, and all boundaries, seconds."""
    errors, labelled, places = [], 0, []
    for folder, truth, text in (
        ("timit", lambda wav: boundaries._timit(corpora.timit_phones(wav)), corpora.timit_transcript),
        ("ae", lambda wav: boundaries._ae(corpora.ae_levels(wav)["Phonetic"]), corpora.ae_transcript),
    ):
        for wav in sorted((data / folder).glob("*.wav")):
            found = force_align(read_audio(wav), text(wav), aligner=aligner)
            expected = truth(wav)
            labelled += len(expected)
            errors += boundaries.start_errors(boundaries._spoken(found.phones), expected)
            places += found.phones.boundaries[1:-1]
    return errors, labelled, np.array(places)


def word_starts(data: Path, aligner: Aligner, lexicon: Lexicon, corpora) -> tuple[list[float], int]:
    """The same of the words, but for the first, of clips of GRID that no model of MFA was trained on."""
    trained = (data / "mfa_oracle/trained/training_clips.txt").read_text(encoding="utf-8").split()
    clips = [*sorted((data / "grid/s1").glob("*.mpg"))[::3], *sorted((data / "grid/speakers").glob("*.mpg"))]
    errors, labelled = [], 0
    for clip in clips:
        if clip.stem in trained or not clip.with_suffix(".align").is_file():
            continue
        expected = corpora.grid_words(clip)
        found = force_align(read_audio(clip), corpora.grid_transcript(clip), aligner=aligner, dictionary=lexicon).words
        labelled += len(expected) - 1
        errors += [a.start - b.start for a, b in zip([x for x in found if x.label][1:], expected[1:], strict=True)]
    return errors, labelled


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / "../shared/data")
    parser.add_argument("--eval", type=Path, required=True, help="the folder of boundaries.py and corpora.py")
    options = parser.parse_args()
    sys.path.insert(0, str(options.eval))
    boundaries, corpora = importlib.import_module("boundaries"), importlib.import_module("corpora")
    trainer = Trainer(spoken_clips(options.data, corpora))
    monophones = KaldiAcoustics(trainer.model())
    print(f"monophones: {len(trainer.recordings)} recordings, {trainer.minutes:.1f} minutes")
    for title, model in (("monophones", monophones), ("PocketSphinx", None)):
        left, moved = (
            hand_labels(options.data, GmmHmmAligner(model, refine=refine), boundaries, corpora)
            for refine in (False, True)
        )
        print(boundaries.row(f"phones, {title}, left", *left[:2]))
        print(boundaries.row(f"phones, {title}, moved", *moved[:2]))
        far = 1000 * np.percentile(np.abs(moved[2] - left[2]), [50, 95, 100])
        print("    by {:.1f} ms in the median, {:.1f} ms in 95 %, {:.0f} ms at most".format(*far), flush=True)
    trained = options.data / "mfa_oracle/trained"
    lexicon = read_lexicon(trained / "grid_arpa.dict")
    for name in ("gt_sat", "gt20_mono"):
        for refine in (False, True):
            aligner = GmmHmmAligner(trained / name / f"{name}.zip", refine=refine)
            errors, labelled = word_starts(options.data, aligner, lexicon, corpora)
            print(boundaries.row(f"words, {name}, {'moved' if refine else 'left'}", errors, labelled), flush=True)


if __name__ == "__main__":
    main()
