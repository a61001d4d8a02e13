"""Faults of single words, made in clips that have none, and how well they are found.

    python benchmarks/word_faults.py [--clips DIR] [--limit N] [--out DIR] [--genuine-only]

Each clip is judged as it is, and once with each kind and size of fault, at a word that changes from clip to clip;
replacements are from the same speaker where there are other clips of his, and from the next speaker. Written are
truth.csv and judged.csv (a row a word) and the table by kind and size. To score another program, write its judged.csv.

The lip model is that of VISALIGN_LIP_MODEL; give one that the speakers did not teach:

    python benchmarks/grid.py leave-one-out OUT benchmarks/word_faults.py
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from visalign import check, force_align, read_audio
from visalign.corpora.grid import sentence_of
from visalign.corpora.training_data import clip_files, read_clip_transcript, transcript_file
from visalign.errors import VisalignError
from visalign.evaluation.fault_scores import JUDGED, TRUTH, matched, scores_of
from visalign.evaluation.word_faults import CLEAN, KINDS, SHIFTS, FaultyClip, SpokenClip, WordState, make_fault
from visalign.forced_alignment import Alignment
from visalign.lips.lip_features import LipFeatures, read_lips
from visalign.numerics import gaussian_filter1d
from visalign.reports.clip_report import ClipReport
from visalign.signals import Audio
from visalign.sound.speech import HOP, log_mel

FLAGGED_BELOW = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A clip in memory."""

    spoken: SpokenClip
    lips: LipFeatures


def main() -> None:
    """Make the faults, judge them, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=Path("../shared/data/grid/speakers"))
    parser.add_argument("--limit", type=int)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--genuine-only", action="store_true", help="false alarms alone")
    options = parser.parse_args()
    truth, judged, correlated = list[tuple[object, ...]](), list[tuple[object, ...]](), list[tuple[object, ...]]()
    ready = list(_ready(options.clips, options.limit))
    for number, one in enumerate(ready):
        donors = [other.spoken for other in ready if other is not one]
        for name, faulty in _faults(one.spoken, number, donors, genuine_only=options.genuine_only):
            try:
                report = _checked(one, faulty)
            except VisalignError as error:
                print(f"{name}: {error}", file=sys.stderr)
                continue
            truth += [
                (name, one.spoken.speaker, faulty.kind, faulty.size_seconds, *_row(word)) for word in faulty.words
            ]
            judged += [(name, *row) for row in _judged(report)]
            correlated += [(name, *row) for row in _correlated(one.lips, faulty)]
        print(f"{one.spoken.name} ({number + 1} of {len(ready)})", file=sys.stderr)
    tables = {"truth": pd.DataFrame(truth, columns=list(TRUTH))}
    for title, rows in (("judged", judged), ("correlation", correlated)):
        tables[title] = pd.DataFrame(rows, columns=list(JUDGED))
        print(f"\n{title}\n{scores_of(matched(tables['truth'], tables[title])).round(3).to_string(index=False)}")
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        for title, table in tables.items():
            table.to_csv(options.out / f"{title}.csv", index=False)


def _ready(folder: Path, limit: int | None) -> Iterator[Ready]:
    for path in clip_files(folder)[:limit]:
        beside = transcript_file(path)
        said = sentence_of(path.stem) or (read_clip_transcript(beside) if beside else "")
        try:
            audio = read_audio(path)
            aligned, lips = force_align(audio, said), read_lips(path)
        except VisalignError as error:
            print(f"{path.name}: {error}", file=sys.stderr)
            continue
        yield Ready(SpokenClip(path.stem, path.parent.name, audio, aligned.words, aligned.phones), lips)


def _faults(
    clip: SpokenClip, number: int, donors: list[SpokenClip], *, genuine_only: bool
) -> Iterator[tuple[str, FaultyClip]]:
    states = tuple(WordState(word.label, word.start, word.end, CLEAN) for word in clip.said)
    yield clip.name, FaultyClip("", 0.0, clip.audio, states)
    if genuine_only:
        return
    own = [one for one in donors if one.speaker == clip.speaker]
    others = [one for one in donors if one.speaker != clip.speaker]
    tasks = [("shifted", size, own) for size in SHIFTS]
    tasks += [(kind, 0.0, others) for kind in KINDS if kind not in ("shifted", "replaced")]
    tasks += [("replaced", 0.0, own), ("replaced", 0.0, others)]
    for turn, (kind, size, givers) in enumerate(tasks):
        n = len(clip.said)
        # The first word from a place that differs from clip to clip at which the fault can be made.
        made = (make_fault(clip, kind, (number + turn + k) % n, size_seconds=size, donors=givers) for k in range(n))
        if (faulty := next((one for one in made if one is not None), None)) is not None:
            yield f"{clip.name} {turn} {kind} {size:+.2f}", faulty


def _checked(one: Ready, faulty: FaultyClip) -> ClipReport:
    if faulty.phones is None:
        return check(one.lips, faulty.transcript, audio=faulty.audio)
    heard = Alignment(one.spoken.words, faulty.phones, "word faults")
    return check(one.lips, None, audio=faulty.audio, alignment=heard)


def _row(word: WordState) -> tuple[object, ...]:
    return word.label, word.start, word.end, word.state, word.lead_seconds


def _judged(report: ClipReport) -> Iterator[tuple[object, ...]]:
    for word in report.judged_words:
        both = word.score * word.in_step
        yield word.start, word.end, both, both < FLAGGED_BELOW, word.lead_seconds - (report.sync.lead_seconds or 0.0)


def _correlated(lips: LipFeatures, faulty: FaultyClip) -> Iterator[tuple[object, ...]]:
    """The baseline: how loud a word is against how far the mouth is open, in and around it."""
    loud = _loudness(faulty.audio)
    times = np.asarray(lips.times.centres)
    opened = np.nan_to_num(lips.column("inner_aperture"))
    heard = np.interp(times, np.arange(len(loud)) * HOP, loud)
    for word in faulty.words:
        near = (times > word.start - 0.3) & (times < word.end + 0.3)
        if near.sum() < 4 or heard[near].std() == 0 or opened[near].std() == 0:
            continue
        agreement = float(np.corrcoef(heard[near], opened[near])[0, 1])
        yield word.start, word.end, 0.5 + 0.5 * agreement, agreement < 0, np.nan


def _loudness(audio: Audio) -> np.ndarray:
    return np.asarray(gaussian_filter1d(log_mel(audio).mean(axis=1).astype(np.float64), 4.0))


if __name__ == "__main__":
    main()
