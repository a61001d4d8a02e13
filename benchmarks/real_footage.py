"""What is said of real footage, by the length of the clips and with or without a transcript.

    python ../shared/eval/wild.py --json OUT.json
    python benchmarks/real_footage.py OUT.json [--plot FILE.svg]

The first command checks every clip as it is, with its sound shifted, and dubbed with the sound of another; the second
tells what it found by length. *Answered*: in sync, early or late. *Right*: as the first command defines it.
*Reliability*: of all leads with a confidence, how many were right. `--plot` draws one against the other.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ANSWERS = ("in-sync", "audio-early", "audio-late")
LENGTHS = ((0.0, 2.0), (2.0, 4.0), (4.0, 8.0), (8.0, 1e9))
TOLERANCE, PLAUSIBLE = 0.0601, 0.16  # seconds, those of the protocol
BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.001)


@dataclass(frozen=True)
class Clip:
    """What was said of one clip: of its own sound by shift, and of another's."""

    seconds: float
    has_text: bool
    language: str
    own: dict[float, dict[str, Any]]
    dubbed: dict[str, Any] | None

    def rights(self) -> Iterator[tuple[dict[str, Any], bool]]:
        """Each answer to the own sound, and whether its lead follows the shift to a plausible lead."""
        leads = {shift: x["lead"] - shift for shift, x in self.own.items() if x["lead"] is not None}
        middle = float(np.median(list(leads.values()))) if leads else np.inf
        for shift, x in self.own.items():
            is_near = abs(leads.get(shift, np.inf) - middle) <= TOLERANCE
            yield x, bool(abs(middle) <= PLAUSIBLE and is_near)


def read(path: Path, index: Path) -> dict[str, list[Clip]]:
    """Clips by kind."""
    rows = {row["file"]: row for row in csv.DictReader(index.open(encoding="utf-8"), delimiter="\t")}
    found = dict[str, list[Clip]]()
    for kind, results in json.loads(path.read_text(encoding="utf-8")).items():
        for result in results:
            row, own = rows[result["file"]], {0.0: result["as_is"]}
            own |= {float(shift): x for shift, x in result.items() if shift.lstrip("-")[:1].isdigit()}
            clip = Clip(result["seconds"], bool(row["transcript"]), row["language"], own, result.get("dubbed"))
            found.setdefault(kind, []).append(clip)
    return found


def told(name: str, clips: Iterable[Clip]) -> None:
    """One row of the table."""
    clips = list(clips)
    if not clips:
        return
    rights = [pair for clip in clips for pair in clip.rights()]
    answers = [right for x, right in rights if x["verdict"] in ANSWERS]
    dubs = [clip.dubbed for clip in clips if clip.dubbed is not None]
    accused = sum(x["verdict"] == "mismatched" for x, _ in rights)
    print(
        f"| {name} | {len(clips)} | {100 * np.mean([right for _, right in rights]):.0f} % "
        f"| {100 * len(answers) / len(rights):.0f} % | {sum(answers)} of {len(answers)} | {accused} "
        f"| {sum(x['verdict'] in ANSWERS for x in dubs)} of {len(dubs)} "
        f"| {sum(x['verdict'] == 'mismatched' for x in dubs)} |"
    )


def reliability(clips: Iterable[Clip]) -> list[tuple[float, float, int]]:
    """Mean confidence, share of leads that are right, and number, by confidence; a dub's lead is never right."""
    pairs = [(x["confidence"], right) for clip in clips for x, right in clip.rights() if x["lead"] is not None]
    pairs += [(clip.dubbed["confidence"], False) for clip in clips if clip.dubbed and clip.dubbed["lead"] is not None]
    values = np.array(pairs, float).reshape(-1, 2)
    numbers = np.digitize(values[:, 0], BINS)
    groups = (values[numbers == k] for k in range(1, len(BINS)))
    return [(float(g[:, 0].mean()), float(g[:, 1].mean()), len(g)) for g in groups if len(g)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    default = Path(__file__).resolve().parents[1] / "../shared/data/wild/index.tsv"
    parser.add_argument("--index", type=Path, default=default)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    kinds = read(options.results, options.index)
    print("| clips | n | any lead right | answered | right | called mismatched | dubs answered | dubs mismatched |")
    print("|---|---|---|---|---|---|---|---|")
    for kind, clips in kinds.items():
        for has_text in (True, False):
            some = [clip for clip in clips if clip.has_text == has_text]
            for low, high in LENGTHS:
                name = f"{kind}, {'with' if has_text else 'without'} text, {low:g} to {high:g} s".replace("1e+09", "∞")
                told(name, (clip for clip in some if low <= clip.seconds < high))
        told(f"{kind}, 2 s and more", (clip for clip in clips if clip.seconds >= 2))
        for language in sorted({clip.language for clip in clips}):
            told(f"{kind}, {language}", (clip for clip in clips if clip.language == language))
        verdicts = Counter((x["verdict"], x["why"].partition("(")[0][:60]) for clip in clips for x in clip.own.values())
        for (verdict, why), n in verdicts.most_common(9):
            print(f"    {n:4} {verdict} {why}")
    genuine = kinds.get("genuine", [])
    table = reliability(clip for clip in genuine if clip.seconds >= 2)
    for said, true, n in table:
        print(f"confidence {said:.2f}: {100 * true:5.1f} % right of {n}")
    if options.plot:
        draw(table, options.plot)


def draw(table: list[tuple[float, float, int]], path: Path) -> None:
    """The reliability diagram."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(4.2, 4.0), layout="constrained")
    axes.plot([0, 1], [0, 1], color="0.7", lw=1)
    axes.plot([x[0] for x in table], [x[1] for x in table], marker="o", color="#1f77b4")
    for said, true, n in table:
        axes.annotate(str(n), (said, true), textcoords="offset points", xytext=(5, -10), fontsize=8, color="0.4")
    axes.set(xlabel="confidence", ylabel="share of leads that were right", xlim=(0, 1), ylim=(0, 1.02))
    figure.savefig(path)


if __name__ == "__main__":
    main()
