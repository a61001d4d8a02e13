"""Train on the GRID corpus, and measure on speakers that were left out of the training.

    python benchmarks/grid.py train visalign/models/grid.npz          # the shipped model
    python benchmarks/grid.py leave-one-out OUT [SCRIPT [ARGUMENT ...]]
    python benchmarks/grid.py run OUT [SCRIPT [ARGUMENT ...]]         # with the models that the line above left in OUT

The second command fits a model without each speaker, then runs an evaluation script (``../shared/eval/offset.py`` by
default) once for each, on the clips of that speaker and with the model that never saw them; what each run prints is
shown and kept in OUT. Speakers are named by the prefix of a clip's name, as in ``s5_bbaf2n.mpg``; transcripts are spelt
by the last six letters.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pool
from pathlib import Path

from visalign.corpora.training_data import TrainingClip
from visalign.training.fitting import fit_lip_model
from visalign.training.prepared_clips import PreparedClip, prepare

DATA = Path(__file__).resolve().parents[1] / "../shared/data/grid"
EVAL = Path(__file__).resolve().parents[1] / "../shared/eval"
PROVENANCE = {
    "corpus": "the GRID audio-visual sentence corpus (Cooke, Barker, Cunningham and Shao 2006)",
    "licence": "CC BY 4.0; numbers learnt from GRID, no recording is contained",
    "made_by": "python benchmarks/grid.py train",
}
WORDS = (
    {"b": "bin", "l": "lay", "p": "place", "s": "set"},
    {"b": "blue", "g": "green", "r": "red", "w": "white"},
    {"a": "at", "b": "by", "i": "in", "w": "with"},
    {},
    dict(
        zip("z123456789", ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], strict=True)
    ),
    {"a": "again", "n": "now", "p": "please", "s": "soon"},
)
# clips whose names do not tell the speaker
SPEAKERS = {"bbaf2n": "s1", "pwij3p": "s2", "lbax4n": "s5", "lbbc2a": "s22", "sbwe5n": "s32"}


def sentence(stem: str) -> str:
    """What the last six letters of a clip's name spell."""
    return " ".join(words.get(letter, letter) for letter, words in zip(stem[-6:], WORDS, strict=True))


def clips() -> Iterator[TrainingClip]:
    """All clips of the corpus at hand."""
    for path in sorted(DATA.glob("*/*.mpg")):
        prefix = path.stem.partition("_")[0] if "_" in path.stem else SPEAKERS.get(path.stem, path.parent.name)
        speaker = path.parent.name if path.parent.name == "s1" else prefix
        yield TrainingClip(path, sentence(path.stem), speaker)


def prepared() -> list[PreparedClip]:
    """All clips, aligned and read, two at a time."""
    with Pool(2) as pool:
        return pool.map(prepare, list(clips()), chunksize=4)


def leave_one_out(out: Path, command: list[str], *, fit: bool) -> None:
    """Fit a model without each speaker (or take it from `out`), and run `command` on the clips of that speaker."""
    everything = prepared() if fit else []
    tested = [clip for clip in clips() if clip.path.parent.name == "speakers"]
    runs = []
    for speaker in sorted({clip.speaker for clip in tested}):
        folder, model_file = out / speaker, out / f"{speaker}.npz"
        folder.mkdir(parents=True, exist_ok=True)
        if fit:
            model, _ = fit_lip_model([clip for clip in everything if clip.speaker != speaker], provenance=PROVENANCE)
            model.save(model_file)
        for clip in (clip for clip in tested if clip.speaker == speaker):
            link = folder / clip.path.name
            link.unlink(missing_ok=True)
            link.symlink_to(clip.path.resolve())
        runs.append((speaker, folder, model_file))
    with ThreadPoolExecutor(2) as pool:
        for (speaker, _, _), text in zip(runs, pool.map(lambda run: run_one(command, *run[1:]), runs), strict=True):
            (out / f"{speaker}.{Path(command[0]).stem}.txt").write_text(text, encoding="utf-8")
            print(f"--- {speaker}\n{text}", end="", flush=True)


def run_one(command: list[str], folder: Path, model: Path) -> str:
    """What the script prints for one speaker."""
    environment = {**os.environ, "VISALIGN_LIP_MODEL": str(model), "OMP_NUM_THREADS": "1"}
    call = [sys.executable, *command, "--clips", str(folder)]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + (done.stderr if done.returncode else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=("train", "leave-one-out", "run"))
    parser.add_argument("out", type=Path)
    parser.add_argument("script", nargs=argparse.REMAINDER, default=[])
    options = parser.parse_args()
    if options.task == "train":
        model, report = fit_lip_model(prepared(), provenance=PROVENANCE)
        model.save(options.out)
        print(f"{report.n_clips} clips, {report.n_frames} frames, {len(report.speakers)} speakers; ", end="")
        print(f"{100 * report.explained_variance:.1f} % of the geometry's variance explained, {model.calibration}")
    else:
        leave_one_out(options.out, options.script or [str(EVAL / "offset.py")], fit=options.task == "leave-one-out")


if __name__ == "__main__":
    main()
