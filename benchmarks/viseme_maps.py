"""What docs/viseme_map_benchmark.md and docs/coarticulation.md show, measured on clips of the GRID corpus.

    python benchmarks/viseme_maps.py GRID_FOLDER [--images docs/images]

GRID_FOLDER holds ``s1/*.mpg`` and ``speakers/*.mpg``; the last six letters of a clip's name spell its sentence, what
stands before them names the speaker (``s1/`` is speaker 1). Prints the tables in Markdown and writes the plots.

* Maps: gain, accuracy and information of each shipped map, speakers held out.
* Learnt maps: learnt without one speaker, evaluated on that speaker, all speakers in turn.
* Closures: where the lips close, beside the phones, the mouth track and the weight curves.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from visalign import force_align, read_audio
from visalign.animation.coarticulation import mouth_track
from visalign.animation.weight_curves import frame_grid, weight_curves
from visalign.corpora.training_data import TrainingClip
from visalign.errors import VisalignError
from visalign.forced_alignment.alignment import Alignment
from visalign.language.phones import ARPABET
from visalign.lips.lip_features import LipFeatures
from visalign.plots.maps import plot_learnt_map, plot_map_fits
from visalign.plots.style import save_plot
from visalign.training.lip_confusions import LipConfusions, lip_confusions
from visalign.training.map_evaluation import MapFit, evaluate_map, evaluate_maps
from visalign.training.map_learning import learn_map
from visalign.training.prepared_clips import PreparedClip, prepare
from visalign.visemes.expected import expected_visemes, viseme_tier
from visalign.visemes.viseme_map import VisemeMap, available_maps

Floats = npt.NDArray[np.float64]

CORPUS = "GRID"
LEARNT_SIZES = (8, 10, 12, 14, 16)
PLOTTED_SIZE = 10
RIG = "oculus_15"
CLOSURES = {"P": "PP", "B": "PP", "M": "PP", "F": "FF", "V": "FF"}

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
WORDS: tuple[dict[str, str], ...] = (
    {"b": "bin", "l": "lay", "p": "place", "s": "set"},
    {"b": "blue", "g": "green", "r": "red", "w": "white"},
    {"a": "at", "b": "by", "i": "in", "w": "with"},
    {},
    dict(zip("z123456789", DIGITS, strict=True)),
    {"a": "again", "n": "now", "p": "please", "s": "soon"},
)
# Five clips carry no speaker in their names; the corpus has them under these.
SPEAKERS = {"bbaf2n": "s1", "pwij3p": "s2", "lbax4n": "s5", "lbbc2a": "s22", "sbwe5n": "s32"}


def grid_clips(folder: Path) -> list[TrainingClip]:
    """The clips with their sentences and speakers, read off their names."""
    clips = []
    for path in sorted(folder.rglob("*.mpg")):
        sentence = path.stem[-6:]
        known = path.stem.split("_")[0] if "_" in path.stem else SPEAKERS.get(path.stem, path.parent.name)
        said = " ".join(words.get(letter, letter) for letter, words in zip(sentence, WORDS, strict=True))
        clips.append(TrainingClip(path, said, known))
    return clips


def prepared(clips: Iterable[TrainingClip]) -> Iterator[tuple[TrainingClip, PreparedClip]]:
    for clip in clips:
        try:
            yield clip, prepare(clip)
        except VisalignError as error:
            print(f"left out: {clip.path.name}: {error}")


# --- maps -----------------------------------------------------------------------------------------------------


def without(confusions: LipConfusions, group: str, *, only: bool = False) -> LipConfusions:
    """The frames of all groups but one, or of that one alone."""
    kept = (confusions.groups == group) == only
    return replace(
        confusions,
        spoken=confusions.spoken[kept],
        posteriors=confusions.posteriors[kept],
        frequencies=confusions.frequencies[kept],
        groups=confusions.groups[kept],
    )


def learnt_fit(confusions: LipConfusions, size: int) -> tuple[float, float, float, int]:
    """Gain, random gain and accuracy a frame of maps learnt without the speaker that they are evaluated on."""
    fits = []
    for group in np.unique(confusions.groups):
        learnt = learn_map(without(confusions, group), size, f"learnt_{size}", corpus=CORPUS)
        fits.append(evaluate_map(without(confusions, group, only=True), learnt.viseme_map))
    frames = np.array([fit.n_frames for fit in fits])
    mean = [float(frames @ [getattr(fit, name) for fit in fits] / frames.sum()) for name in MEASURES]
    return mean[0], mean[1], mean[2], int(frames.sum())


MEASURES = ("gain", "random_gain", "accuracy")


def print_fits(fits: Sequence[MapFit]) -> None:
    print(
        "\n| Map | Visemes seen | Bits a frame | Random maps | Beyond random | Accuracy | Chance | Information, bits |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for x in fits:
        print(
            f"| `{x.name}` | {x.n_visemes} | {x.gain:.3f} ± {x.gain_error:.3f} | {x.random_gain:.3f} ± "
            f"{x.random_gain_spread:.3f} | {x.gain_over_random:+.3f} | {x.accuracy:.1%} | {x.chance:.1%} | "
            f"{x.information:.3f} |"
        )


# --- closures -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Closure:
    """A measured closure beside what stands for it: times in seconds."""

    phone: str
    context: str
    closing: float
    lowest: float
    opening: float
    spoken: tuple[float, float]
    shown: tuple[float, float] | None
    weighted: tuple[float, float] | None
    weight: float


def closures(lips: LipFeatures, spoken: Alignment) -> Iterator[Closure]:
    """The closures of a clip; those that the lips do not show at all (they hardly open around it) are left out."""
    measured, aperture = lips.times.centres, lips.column("inner_aperture_centre")
    if not np.isfinite(aperture).all():
        return
    rig = VisemeMap.load(RIG)
    expected = expected_visemes(spoken.phones, spoken.words, rig)
    track = viseme_tier(mouth_track(expected, rig))
    times = frame_grid(spoken.phones.end, Fraction(200))
    low, high = np.percentile(aperture, [2, 95])
    height = (np.interp(times, measured, aperture) - low) / (high - low)
    curves = weight_curves(expected, rig, times)
    for i, phone in enumerate(spoken.phones):
        if phone.label not in CLOSURES:
            continue
        viseme = CLOSURES[phone.label]
        near = (times >= phone.start - 0.12) & (times <= phone.end + 0.08)
        lowest = int(np.argmin(np.where(near, height, np.inf)))
        edges = half_depth(height, lowest)
        if edges is None:
            continue
        weight = curves.column(viseme)
        peak = int(np.argmax(np.where(near, weight, -1.0)))
        shown = [x for x in track if x.label == viseme and x.start < phone.end + 0.05 and x.end > phone.start - 0.05]
        yield Closure(
            phone.label,
            context(spoken.phones.labels[i - 1] if i else "SIL"),
            times[edges[0]],
            times[lowest],
            times[edges[1]],
            (phone.start, phone.end),
            (shown[0].start, shown[0].end) if shown else None,
            above(times, weight, peak, 0.5),
            float(weight[lowest]),
        )


def half_depth(height: Floats, lowest: int) -> tuple[int, int] | None:
    """Where the lips pass a third of the way from their lowest point to the lower of the two peaks beside it."""
    before, after = height[max(0, lowest - 40) : lowest + 1].max(), height[lowest : lowest + 40].max()
    depth = min(before, after) - height[lowest]
    if depth < 0.2:
        return None
    open_ = height >= height[lowest] + depth / 3
    closing = int(np.flatnonzero(open_[: lowest + 1])[-1]) if open_[: lowest + 1].any() else 0
    later = np.flatnonzero(open_[lowest:])
    return closing, lowest + int(later[0]) if len(later) else len(height) - 1


def above(times: Floats, values: Floats, peak: int, level: float) -> tuple[float, float] | None:
    if values[peak] <= level:
        return None
    below = values <= level
    start = np.flatnonzero(below[:peak])
    end = np.flatnonzero(below[peak:])
    return times[start[-1] + 1 if len(start) else 0], times[peak + end[0] if len(end) else len(times) - 1]


def context(label: str) -> str:
    if label == "SIL":
        return "pause"
    return "vowel" if ARPABET[label].is_vowel else "consonant"


def print_closures(found: Sequence[Closure]) -> None:
    groups: dict[str, list[Closure]] = defaultdict(list)
    for x in found:
        groups[x.phone if x.phone in "MFV" else f"{x.phone} after a {x.context}"].append(x)
    print("\n| Sound | Closures | Lips close before the phone, ms | Lips open after its end, ms |")
    print("|---|---:|---:|---:|")
    for name, rows in sorted(groups.items()):
        before = [x.spoken[0] - x.closing for x in rows]
        after = [x.opening - x.spoken[1] for x in rows]
        print(f"| {name} | {len(rows)} | {quartiles(before)} | {quartiles(after)} |")
    print(
        "\n| Sound | Lowest point inside: the phone | the mouth track's closure | weight above ½ | Track closes, ms |"
    )
    print("|---|---:|---:|---:|---:|")
    for name in ("P", "B", "M", "F", "V"):
        rows = [x for x in found if x.phone == name]
        hits = [share(rows, kind) for kind in ("spoken", "shown", "weighted")]
        early = [x.shown[0] - x.closing for x in rows if x.shown]
        print(f"| {name} ({len(rows)}) | {' | '.join(f'{hit:.0%}' for hit in hits)} | {quartiles(early)} |")


def share(rows: Sequence[Closure], kind: str) -> float:
    spans = [(getattr(x, kind), x.lowest) for x in rows]
    return sum(span is not None and span[0] <= lowest <= span[1] for span, lowest in spans) / max(1, len(rows))


def quartiles(seconds: Sequence[float]) -> str:
    low, middle, high = (round(1000 * x) for x in np.percentile(seconds, [25, 50, 75]))
    return f"{middle} ({low} … {high})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=Path, help="folder for the plots")
    arguments = parser.parse_args()
    pairs = list(prepared(grid_clips(arguments.folder)))
    found = [
        closure
        for clip, ready in pairs
        for closure in closures(ready.lips, force_align(read_audio(clip.path), clip.transcript))
    ]
    confusions = lip_confusions([ready for _, ready in pairs])
    fits = evaluate_maps(confusions, map(VisemeMap.load, available_maps()))
    print(f"{len(pairs)} clips of {len(confusions.speakers)} speakers; {len(confusions.spoken)} frames of speech")
    print("too seldom:", ", ".join(f"{phone} ({n})" for phone, n in confusions.left_out))
    print_fits(fits)
    print("\n| Learnt visemes | Bits a frame | Random maps | Accuracy |\n|---|---:|---:|---:|")
    for size in LEARNT_SIZES:
        gain, random_gain, accuracy, _ = learnt_fit(confusions, size)
        print(f"| {size} | {gain:.3f} | {random_gain:.3f} | {accuracy:.1%} |")
    print_closures(found)
    if arguments.images:
        save_plot(plot_map_fits(fits, corpus=CORPUS), arguments.images / "viseme_maps_grid.svg")
        learnt = learn_map(confusions, PLOTTED_SIZE, "grid_10", corpus=CORPUS)
        save_plot(plot_learnt_map(learnt), arguments.images / "learnt_map_grid.svg")


if __name__ == "__main__":
    main()
