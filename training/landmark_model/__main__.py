"""Learn the landmark model that ships with visalign, or measure it.

    python training/landmark_model learn --data ../shared/data --work WORK
    python training/landmark_model evaluate --data ../shared/data --work WORK
    python training/landmark_model vertices --data ../shared/data --work WORK

``learn`` makes the samples, trains on all of them and writes visalign/models/landmarks.npz. ``evaluate`` trains a model
for each fold of speakers that are left out, measures these on them, and the one that ships on heads and photographs
that no model was taught. Both keep what they make in WORK and take it up again; the same seeds give the same samples.
``vertices`` prints which vertices of the rendered heads are the points; the table that is used stands in points.py.

Needed: pip install -e '.[opencv]', and the teacher, pip install --no-deps mediapipe==0.10.21 (or --wheel FILE). No
network is reached. The recipe and what was measured: docs/decisions/0160-own-landmarks.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from boosting import Growth
from evaluate import on_heads, on_speakers, on_strangers, on_turning_heads
from gather import gather, gather_test_heads
from heads import HeadMaker
from samples import head_vertices
from teacher import Teacher
from train import train

from visalign.lips.face_detection import DlibDetector

SHIPPED = Path(__file__).parents[2] / "visalign/models/landmarks.npz"

# Speakers that are left out together; each of these models has not met the speakers that it is measured on.
FOLDS = (("s1", "s16", "s30"), ("s2", "s25", "s31"), ("s26", "s27", "s5"), ("s22", "s32"))

FRAMES, VIEWS, PEOPLE, LOOKS = 80, 10, 1250, 4
GROWTH = Growth(levels=12, trees=250, depth=5, starts=2)


def main() -> None:
    """Run one of the three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("learn", "evaluate", "vertices"))
    parser.add_argument("--data", type=Path, required=True, help="folder with grid/ and faces/")
    parser.add_argument("--work", type=Path, required=True, help="folder for samples and models of folds")
    parser.add_argument("--wheel", type=Path, help="wheel of mediapipe 0.10.21, where it is not installed")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="the model")
    options = parser.parse_args()
    if options.what == "learn":
        learn(options.data, options.work, options.wheel, options.out)
    elif options.what == "vertices":
        print(head_vertices(HeadMaker(options.data / "faces/ict_facekit.npz"), Teacher(options.wheel)).tolist())
    else:
        evaluate(options.data, options.work, options.wheel, options.out)


def learn(data: Path, work: Path, wheel: Path | None, out: Path) -> None:
    """Train on everything."""
    train(_samples(data, work, wheel), out, GROWTH)


def evaluate(data: Path, work: Path, wheel: Path | None, shipped: Path) -> None:
    """Print what the folds' models and the shipped one reach, beside dlib's."""
    files, models = _samples(data, work, wheel), dict[str, DlibDetector]()
    for fold in FOLDS:
        path = work / f"without-{'-'.join(fold)}.npz"
        if not path.exists():
            train(files, path, GROWTH, without=fold)
        models |= dict.fromkeys(fold, DlibDetector(path))
    dlib68 = DlibDetector("dlib68")
    of_speakers = {"visalign": models, "dlib68": dict.fromkeys(models, dlib68)}
    show("speakers left out", on_speakers(of_speakers, data / "grid", Teacher(wheel)))
    both = {"visalign": DlibDetector(shipped), "dlib68": dlib68}
    show("heads left out", on_heads(both, gather_test_heads(data, work)))
    show("heads turning away", on_turning_heads(both, data / "faces/ict_facekit.npz"))
    show("strangers", on_strangers(both, data / "faces/london"))


def show(title: str, table: dict[str, dict[str, object]]) -> None:
    """Print a table: a row for each figure, a column for each model; errors as median / 95 %, per cent."""
    print(f"\n{title:22}" + "".join(f"{name:>16}" for name in table))
    for row in dict.fromkeys(key for column in table.values() for key in column):
        print(f"{row:22}" + "".join(f"{column.get(row, '')!s:>16}" for column in table.values()))


def _samples(data: Path, work: Path, wheel: Path | None) -> list[Path]:
    return gather(data, work, wheel, frames=FRAMES, views=VIEWS, people=PEOPLE, looks=LOOKS)


if __name__ == "__main__":
    main()
