"""Acoustic models trained here beside those that MFA and viter train from the same clips of GRID.

    python benchmarks/acoustic_training.py [--data DIR] [--clips mfa|all] [--viter PROGRAM] [--work FOLDER]

``mfa``: the 56 clips that MFA 3.4.3 trained ``gt_sat`` on, cut to their speech as they were then, in MFA's own stages
from a flat start, and as visalign would choose from the English model; then the 21 clips that none of them heard,
beside MFA's own alignment of them. ``all``: every clip of GRID at hand, whole, flat start and bootstrap. ``viter`` is
the program of the package viter, if it is installed somewhere; it is given the same sounds as WAV.

Word starts are compared with GRID's ``.align`` files, which a machine made, too: no yardstick of what is right, but one
that none of the models has seen. Figures are means over words; times are processor seconds of one thread.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from mfa_agreement import CUT_SECONDS, recording

from visalign import read_audio
from visalign.acoustic_training.settings import StageSettings, TrainingSettings
from visalign.acoustic_training.trained_model import TrainedModel, write_trained
from visalign.acoustic_training.trainer import train
from visalign.acoustic_training.utterance import Progress, Utterance
from visalign.corpora.grid import sentence_of
from visalign.errors import InputError, VisalignError
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.forced_alignment.mapped_acoustics import MappedAcoustics
from visalign.forced_alignment.sphinx_model import embedded_model
from visalign.language.annotations import read_annotation
from visalign.language.lexicon import Lexicon, read_lexicon
from visalign.language.phones import is_silence

ALIGN_RATE = 25_000

MFA_STAGES = (
    StageSettings("monophone", 12, 400, 0, tuple(range(2, 12))),
    StageSettings("triphone", 10, 800, 200, (3, 5, 8)),
    StageSettings("lda", 8, 1000, 250, (2, 4, 6), (2, 4, 6)),
    StageSettings("sat", 10, 1200, 300, (3, 5, 8), (2, 4, 6)),
)
"""Rounds and sizes of conf_sat.yaml, with which MFA trained gt_sat."""

TRAINING_HEADING = (
    "| training | stage | log-likelihood a frame | held out | leaves | Gaussians | clips |\n" + 7 * "|---" + "|"
)
STARTS_HEADING = "| word starts | clips | mean ms | median | bias | ≤ 20 ms | ≤ 50 | ≤ 100 |\n" + 8 * "|---" + "|"

Starts = dict[str, list[float]]


@dataclass(frozen=True)
class Clip:
    """A clip, and when its words begin as its ``.align`` file has it; none where there is no such file."""

    utterance: Utterance
    starts: tuple[float, ...]


def clip_of(data: Path, stem: str, lexicon: Lexicon, *, cut: bool) -> Clip:
    path = next(path for path in (data / "grid").glob(f"*/{stem}.mpg"))
    words = tuple((sentence_of(stem) or "").split())
    ways = tuple(tuple(way.phones for way in found) for found in lexicon.pronounce(words))
    audio = recording(data, stem, cut=True) if cut else read_audio(path)
    speaker = stem.split("_")[0] if "_" in stem else "s1"
    starts: list[float] = []
    if path.with_suffix(".align").is_file():
        rows = [line.split() for line in path.with_suffix(".align").read_text(encoding="utf-8").splitlines()]
        starts = [int(start) / ALIGN_RATE for start, _, word in rows if word not in ("sil", "sp")]
    if cut:
        shift = max(0.0, starts[0] - CUT_SECONDS)
        starts = [start - shift for start in starts]
    return Clip(Utterance(stem, speaker, audio, words, ways), tuple(starts))


def trained_starts(trained: TrainedModel) -> Starts:
    """When the words of the training clips begin, by the last alignment of the training."""
    found: Starts = {}
    for name, path in trained.paths.items():
        starts = 0.01 * (np.cumsum(path.lengths) - path.lengths)
        found[name] = [float(starts[path.words == k][0]) for k in range(int(path.words.max()) + 1)]
    return found


def aligned_starts(model: Path, clips: Sequence[Clip], lexicon: Lexicon, *, refine: bool) -> tuple[Starts, Starts]:
    """When words and phones begin as a user of the model gets them."""
    aligner = GmmHmmAligner(model, refine=refine)
    words, phones = Starts(), Starts()
    for clip in clips:
        try:
            found = aligner.align(clip.utterance.read(), list(clip.utterance.words), lexicon)
        except InputError:  # a phone that no training clip holds; MFA gives it the Gaussian of all sound
            continue
        words[clip.utterance.name] = [x.start for x in found.words if x.label]
        phones[clip.utterance.name] = [x.start for x in found.phones if not is_silence(x.label)]
    return words, phones


def error_row(title: str, found: Starts, clips: Sequence[Clip]) -> str:
    """A line of the table of word starts."""
    rows = [
        np.array(found[clip.utterance.name]) - clip.starts
        for clip in clips
        if clip.utterance.name in found and len(found[clip.utterance.name]) == len(clip.starts)
    ]
    off = 1000 * np.concatenate(rows)
    sizes = np.abs(off)
    shares = " | ".join(f"{100 * np.mean(sizes <= limit):.1f} %" for limit in (20, 50, 100))
    return f"| {title} | {len(rows)} | {sizes.mean():.0f} | {np.median(sizes):.0f} | {off.mean():+.0f} | {shares} |"


def train_and_tell(
    title: str, clips: Sequence[Clip], settings: TrainingSettings, start: MappedAcoustics | None
) -> TrainedModel:
    """Train, and print the last round of each stage."""
    began, wall = time.process_time(), time.perf_counter()
    ends = dict[str, Progress]()

    def tell(progress: Progress) -> None:
        ends[progress.stage] = progress

    trained = train([clip.utterance for clip in clips], settings, start=start, progress=tell)
    seconds, wall = time.process_time() - began, time.perf_counter() - wall
    for stage, x in ends.items():
        print(
            f"| {title} | {stage} | {x.log_likelihood:.2f} | {x.held_out:.2f} | {x.n_leaves} | {x.n_gaussians} | "
            f"{x.n_aligned} |"
        )
    kind = "SAT" if "final.alimdl" in trained.files else "LDA" if "lda.mat" in trained.files else "no LDA"
    print(f"| {title} | **{seconds:.0f} s** ({wall:.0f} s by the clock), ends with {kind} | | | | | |", flush=True)
    for row in trained.not_aligned:
        print(f"<!-- {row.utterance}: {row.reason} -->")
    return trained


def mfa_starts(data: Path) -> tuple[Starts, Starts]:
    """Words and phones of ``mfa align`` with gt_sat."""
    words, phones = Starts(), Starts()
    for path in sorted((data / "mfa_oracle/trained/out_sat").glob("*/*.json")):
        tiers = json.loads(path.read_text(encoding="utf-8"))["tiers"]
        words[path.stem], phones[path.stem] = (
            [float(start) for start, _, label in tiers[kind]["entries"] if label not in ("", "sil", "<eps>")]
            for kind in ("words", "phones")
        )
    return words, phones


def same_phones(found: Starts, wanted: Starts) -> str:
    """Clips with as many phones, and of those the shares of phone starts that lie near."""
    pairs = [(found[x], wanted[x]) for x in wanted if x in found and len(found[x]) == len(wanted[x])]
    off = np.concatenate([1000 * np.abs(np.array(a) - b) for a, b in pairs])
    return f"{len(pairs)} of {len(wanted)} | " + " | ".join(
        f"{100 * np.mean(off <= limit + 1e-6):.1f} %" for limit in (10, 20, 50)
    )


# --- viter --------------------------------------------------------------------------------------------------------


def write_corpus(folder: Path, clips: Sequence[Clip]) -> None:
    for clip in clips:
        place = folder / clip.utterance.speaker
        place.mkdir(parents=True, exist_ok=True)
        audio = clip.utterance.read()
        soundfile.write(place / f"{clip.utterance.name}.wav", audio.samples, audio.rate_hz, subtype="PCM_16")
        (place / f"{clip.utterance.name}.lab").write_text(" ".join(clip.utterance.words), encoding="utf-8")


def viter_starts(
    program: str, work: Path, dictionary: Path, clips: Sequence[Clip], tests: Sequence[Clip]
) -> Iterator[tuple[Starts, Starts]]:
    """Words and phones of the training clips, then of the test clips, as viter has them."""
    write_corpus(work / "train", clips)
    write_corpus(work / "test", tests)
    threads = {**os.environ, "RAYON_NUM_THREADS": "1"}
    model = work / "model.viter"
    grids = work / "train_grids"
    lexicon = ["--dict", str(dictionary), "--no-position-dependent", "--cpu"]
    command = [program, "train", str(work / "train"), "-o", str(model), "--out-textgrids", str(grids), *lexicon]
    began, before = time.perf_counter(), os.times()
    run = subprocess.run(command, env=threads, capture_output=True, text=True)
    after = os.times()
    spent = after.children_user - before.children_user + after.children_system - before.children_system
    (work / "viter.log").write_text(run.stdout + run.stderr, encoding="utf-8")
    run.check_returncode()
    print(f"| viter | **{spent:.0f} s** ({time.perf_counter() - began:.0f} s by the clock) | | | | | |", flush=True)
    yield _read_grids(grids)
    if tests:
        aligned = [program, "align", str(work / "test"), str(model), "-o", str(work / "test_grids"), *lexicon]
        subprocess.run(aligned, env=threads, check=True, capture_output=True)
        yield _read_grids(work / "test_grids")


def _read_grids(folder: Path) -> tuple[Starts, Starts]:
    words, phones = Starts(), Starts()
    for path in sorted(folder.rglob("*.TextGrid")):
        (track,) = read_annotation(path).tracks
        for tier, into in ((track.words, words), (track.phones, phones)):
            into[path.stem] = [x.start for x in tier or () if x.label.strip() not in ("", "sil", "<eps>")]
    return words, phones


# --- the two corpora ----------------------------------------------------------------------------------------------


def mfa_clips(data: Path, work: Path, viter: str | None) -> None:
    folder = data / "mfa_oracle/trained"
    lexicon = read_lexicon(folder / "grid_arpa.dict")
    names = (folder / "training_clips.txt").read_text(encoding="utf-8").split()
    clips = [clip_of(data, name, lexicon, cut=True) for name in names]
    theirs = mfa_starts(data)
    tests = [clip_of(data, name, lexicon, cut=True) for name in theirs[0]]
    print(TRAINING_HEADING)
    start = MappedAcoustics(embedded_model())
    models = {
        "flat start, MFA's stages": train_and_tell(
            "flat start, MFA's stages", clips, TrainingSettings(stages=MFA_STAGES, held_out=0.0), None
        ),
        "from English, chosen stages": train_and_tell("from English, chosen stages", clips, TrainingSettings(), start),
    }
    theirs_by_viter = list(viter_starts(viter, work, folder / "grid_arpa.dict", clips, tests)) if viter else []
    print(f"\nTraining clips\n\n{STARTS_HEADING}")
    for title, trained in models.items():
        print(error_row(title, trained_starts(trained), clips))
    if theirs_by_viter:
        print(error_row("viter", theirs_by_viter[0][0], clips))
    print(f"\nTest clips\n\n{STARTS_HEADING}")
    rows = {"MFA, gt_sat": theirs}
    for title, trained in models.items():
        path = work / f"{title.split()[0]}.zip"
        write_trained(path, trained, overwrite=True)
        for refine in (False, True):
            kept = "moved" if refine else "left"
            rows[f"{title}, boundaries {kept}"] = aligned_starts(path, tests, lexicon, refine=refine)
    if theirs_by_viter:
        rows["viter"] = theirs_by_viter[1]
    for title, (words, _) in rows.items():
        print(error_row(title, words, tests))
    print("\n| phones beside MFA's | clips with as many | ≤ 10 ms | ≤ 20 | ≤ 50 |\n|---|---|---|---|---|")
    for title, (_, phones) in rows.items():
        print(f"| {title} | {same_phones(phones, theirs[1])} |")


def all_clips(data: Path, work: Path, viter: str | None) -> None:
    dictionary = data / "mfa_oracle/trained/grid_arpa.dict"
    lexicon, clips = read_lexicon(dictionary), []
    for path in sorted((data / "grid").glob("*/*.mpg")):
        try:
            clips.append(clip_of(data, path.stem, lexicon, cut=False))
        except VisalignError as error:  # a few clips of the corpus are damaged
            print(f"<!-- {path.stem}: {error} -->")
    timed = [clip for clip in clips if clip.starts]
    print(TRAINING_HEADING)
    start = MappedAcoustics(embedded_model())
    found = {
        title: trained_starts(train_and_tell(title, clips, TrainingSettings(), model))
        for title, model in (("from English", start), ("flat start", None))
    }
    if viter:
        found["viter"] = next(viter_starts(viter, work, dictionary, clips, []))[0]
    print(f"\n{STARTS_HEADING}")
    for title, starts in found.items():
        print(error_row(title, starts, timed))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / "../shared/data")
    parser.add_argument("--clips", choices=("mfa", "all"), default="mfa")
    parser.add_argument("--viter", help="the program, if it is to be compared with")
    parser.add_argument("--work", type=Path, default=Path("acoustic_training"), help="where models and sounds go")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    {"mfa": mfa_clips, "all": all_clips}[given.clips](given.data, given.work, given.viter)


if __name__ == "__main__":
    main()
