"""What `benchmarks/stress.py` measured, as a table and plots.

    python benchmarks/stress_table.py OUT [--images DIR]

An answer is a verdict other than "uncertain" and "mismatched". It is wrong where the lead misses the truth by more than
a frame (40 ms), or where lips and sound don't belong together. Wrong and confident is an answer that the report also
calls sure (confidence of 0.95 and more).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from visalign.evaluation.protocol import area_under_roc

SURE = 0.95
FRAME = 0.0401
ANSWERS = ("in-sync", "audio-early", "audio-late")
COLUMNS = {
    "answered": "answered",
    "right": "of those within 40 ms",
    "within": "any lead within 40 ms",
    "in_sync": "genuine: in sync",
    "mismatched": "own sound: called mismatched",
    "withheld": "dubbed: not in sync",
    "auc": "words, AUC",
    "wrong": "wrong",
    "sure_wrong": "wrong though sure",
}


def measured(out: Path) -> pd.DataFrame:
    """All checks, one a row, with what is right and wrong of them."""
    rows = []
    for path in sorted(out.glob("*.stress.txt")):
        lines = (line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("{"))
        rows += [{"speaker": path.name.partition(".")[0], **json.loads(line)} for line in lines]
    table = pd.DataFrame(rows)
    table["answer"] = table["verdict"].isin(ANSWERS)
    plain = table[(table["group"] == "as it is") & (table["truth"] == 0) & table["lead"].notna()]
    error = table["lead"] - table["truth"] - table["speaker"].map(plain.groupby("speaker")["lead"].median())
    table["right"] = error.abs() <= FRAME
    table["wrong"] = table["answer"] & ~table["right"]
    table["sure_wrong"] = table["wrong"] & (table["confidence"] >= SURE)
    return table


def summary(part: pd.DataFrame) -> dict[str, float]:
    """One row of the table."""
    own, dubbed, words = (part[part["kind"] == kind] for kind in ("shifted", "dubbed", "scores"))
    return {
        "answered": 100 * own["answer"].mean(),
        "right": 100 * (own["answer"] & own["right"]).sum() / max(1, own["answer"].sum()),
        "within": 100 * own["right"].mean(),
        "in_sync": 100 * (own[own["truth"] == 0]["verdict"] == "in-sync").mean(),
        "mismatched": 100 * (own["verdict"] == "mismatched").mean(),
        "withheld": 100 * (dubbed["verdict"] != "in-sync").mean(),
        "auc": _auc(words),
        "wrong": int(part["wrong"].sum()),
        "sure_wrong": int(part["sure_wrong"].sum()),
    }


def _auc(words: pd.DataFrame) -> float:
    """Probability that a word at fault scores lower than a word in sync."""
    if words.empty:
        return float("nan")
    low, high = (np.concatenate(words[column].tolist()) for column in ("at_fault", "in_sync"))
    return area_under_roc(low, high)


def markdown(result: pd.DataFrame) -> str:
    """The table as the documentation shows it."""
    lines = [f"| | {' | '.join(COLUMNS.values())} |", "|---" * (len(COLUMNS) + 1) + "|"]
    for name, row in result.iterrows():
        area = "" if np.isnan(row["auc"]) else f"{row['auc']:.3f}"
        cells = [f"{row[key]:.0f} %" for key in COLUMNS if key not in ("auc", "wrong", "sure_wrong")]
        label = ", ".join(part for part in name if part)
        lines.append(f"| {label} | {' | '.join(cells)} | {area} | {row['wrong']:.0f} | {row['sure_wrong']:.0f} |")
    return "\n".join(lines)


def draw(result: pd.DataFrame, image: Path) -> None:
    """A panel a kind of stress, by its level."""
    groups = [group for group in result.index.unique("group") if group != "as it is"]
    figure, axes = plt.subplots(3, 4, figsize=(13, 8.5), sharey=True, layout="constrained")
    drawn = {"answered": "o", "within": "s", "mismatched": "x", "withheld": "^"}
    for ax, group in zip(axes.flat, groups, strict=False):
        part = result.loc[group]
        for column, marker in drawn.items():
            ax.plot(part.index, part[column], marker=marker, label=COLUMNS[column])
        ax.set(title=group, ylim=(-3, 103))
        ax.tick_params(axis="x", rotation=25, labelsize=8)
    for ax in axes.flat[len(groups) :]:
        ax.set_axis_off()
    figure.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(drawn))
    for ax in axes[:, 0]:
        ax.set_ylabel("% of checks")
    figure.savefig(image, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--images", type=Path, help="folder for stress.png")
    options = parser.parse_args()
    table = measured(options.out)
    result = pd.DataFrame({key: summary(part) for key, part in table.groupby(["group", "level"], sort=False)}).T
    result.index.names = ["group", "level"]
    print(markdown(result))
    asked = table[table["kind"] != "scores"]
    sure = asked[asked["sure_wrong"]]
    n_answered, n_wrong = asked["answer"].sum(), asked["wrong"].sum()
    print(f"\n{len(asked)} checks, {n_answered} answered, {n_wrong} wrong, {len(sure)} of them sure")
    columns = ["speaker", "clip", "group", "level", "kind", "truth", "lead", "confidence", "match"]
    print(sure[columns].to_string(index=False))
    if options.images:
        draw(result, options.images / "stress.png")


if __name__ == "__main__":
    main()
