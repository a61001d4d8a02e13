"""How long it takes at the desk from an edit to the new verdict, clip by clip, beside a whole check of the same clip.

``python benchmarks/desk_latency.py FOLDER [N]`` opens the first N clips of a folder with transcripts beside them (10 by
default), moves every boundary of their words by 20 ms and takes it back, and prints percentiles in milliseconds. In
turns with the edits the same clip is checked by ``visalign.check`` with its lips kept, so that both see the same
machine. The time of the processor is what a machine without other work needs, where it computes on one core
(OMP_NUM_THREADS=1).
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import visalign
from visalign.corpora.training_data import training_clips
from visalign.desk.clip import DeskClip
from visalign.desk.edit_values import Edit
from visalign.desk.material import ClipMaterial
from visalign.desk.places import desk_of_clip
from visalign.errors import EditRefused


def main(folder: str, n_clips: int = 10) -> None:
    """Measure, and print a table."""
    clips, _ = training_clips(folder)
    edits, checks, undone, computed = list[float](), list[float](), list[float](), list[float]()
    with tempfile.TemporaryDirectory() as place:
        lips = Path(place, "lips")
        for number, clip in enumerate(clips[:n_clips]):
            material = ClipMaterial("c", clip.path.name, clip.path, transcript=clip.transcript, lip_cache=lips)
            with desk_of_clip(material, Path(place, str(number)), "benchmark") as desk:
                opened = desk.clip("c")
                for word in [x for x in opened.document["words"] if x.label][1:]:
                    _move(opened, word.id, edits, undone, computed)
                    began = time.perf_counter()
                    visalign.check(clip.path, clip.transcript, lip_cache=lips, evidence=False)
                    checks.append(1000 * (time.perf_counter() - began))
    print("| | n | 50 % | 95 % | most |\n|---|---|---|---|---|")
    rows = {"edit, aligned and judged": edits, "time of the processor in it": computed, "undo, judged": undone}
    for name, values in (*rows.items(), ("whole check", checks)):
        middle, high = np.percentile(values, [50, 95])
        print(f"| {name} | {len(values)} | {middle:.0f} ms | {high:.0f} ms | {max(values):.0f} ms |")
    print(f"A check takes {np.median(checks) / np.median(edits):.1f} times as long as an edit.")


def _move(opened: DeskClip, id: int, edits: list[float], undone: list[float], computed: list[float]) -> None:
    word = next(x for x in opened.document["words"] if x.id == id)
    edit = Edit("move", "words", id, "start", time=round(word.start + 0.02, 6))
    began = time.process_time()
    try:
        edits.append(opened.edit(edit, opened.history.revision, "benchmark")["took_ms"])
    except EditRefused:
        return
    computed.append(1000 * (time.process_time() - began))
    undone.append(opened.undo(opened.history.revision, "benchmark")["took_ms"])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10)
