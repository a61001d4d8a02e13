"""Faults of single words, made in clips that have none, and how well they are found.

    python benchmarks/word_faults.py [--clips DIR] [--limit N] [--out DIR] [--genuine-only]
    python benchmarks/word_faults.py --sounds DIR [--clips DIR] [--limit N]
    python benchmarks/word_faults.py --score JUDGED.csv --truth TRUTH.csv

The first judges each clip as it is, and once with each kind and size of fault, at a word that changes from clip to
clip; replacements are from the same speaker where there are other clips of his, and from another one. Written are
truth.csv, judged.csv and correlation.csv (a row a word) and tables by kind and size, length and closures.

The second writes the faulty sounds as WAV files beside truth.csv and manifest.csv, which tells what goes with which
clip, for other programs; the third scores what one of them has judged.

The lip model is that of VISALIGN_LIP_MODEL; give one that the speakers did not teach:

    python benchmarks/grid.py leave-one-out OUT benchmarks/word_faults.py
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import soundfile

from visalign import check, force_align, read_audio
from visalign.corpora.grid import sentence_of
from visalign.corpora.training_data import clip_files, read_clip_transcript, transcript_file
from visalign.errors import VisalignError
from visalign.evaluation.fault_runs import (
    correlated_rows,
    heard_in,
    judged_rows,
    planned_faults,
    truth_rows,
    words_that_close,
)
from visalign.evaluation.fault_scores import JUDGED, MORE_TRUTH, TRUTH, matched, scores_by, scores_of
from visalign.evaluation.word_faults import FaultyClip, SpokenClip
from visalign.lips.lip_features import LipFeatures, read_lips
from visalign.reports.clip_report import ClipReport

TRUTH_COLUMNS = [*TRUTH, *MORE_TRUTH]


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A clip in memory; without lips where only its sound is wanted."""

    path: Path
    spoken: SpokenClip
    lips: LipFeatures | None


def main() -> None:
    """Make the faults, judge them or write them, or score what was judged."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=Path("../shared/data/grid/speakers"))
    parser.add_argument("--limit", type=int)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--genuine-only", action="store_true", help="false alarms alone")
    parser.add_argument("--sounds", type=Path, help="folder for the faulty sounds; nothing is judged")
    parser.add_argument("--score", type=Path, help="what a program judged")
    parser.add_argument("--truth", type=Path)
    options = parser.parse_args()
    if options.score is not None:
        tell(options.score.stem, pd.read_csv(options.truth, keep_default_na=False, na_values=[""]), read(options.score))
        return
    ready = list(clips_in(options.clips, options.limit, with_lips=options.sounds is None))
    if options.sounds is not None:
        write_sounds(ready, options.sounds)
        return
    tables = judge(ready, genuine_only=options.genuine_only)
    for title in ("judged", "correlation"):
        tell(title, tables["truth"], tables[title])
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        for title, table in tables.items():
            table.to_csv(options.out / f"{title}.csv", index=False)


def read(path: Path) -> pd.DataFrame:
    """What a program judged, in the columns of JUDGED; a lead may be missing."""
    table = pd.read_csv(path)
    return table if "lead_seconds" in table else table.assign(lead_seconds=float("nan"))


def tell(title: str, truth: pd.DataFrame, judged: pd.DataFrame) -> None:
    """Print the tables."""
    truth = truth.assign(kind=truth["kind"].fillna(""))
    words = matched(truth, judged)
    print(f"\n{title}\n{scores_of(words).round(3).to_string(index=False)}")
    print(scores_by(words).round(3).to_string(index=False))


def clips_in(folder: Path, limit: int | None, *, with_lips: bool) -> Iterator[Ready]:
    """The clips of a folder whose words are known; a speaker is a folder, or what stands before "_" in a name."""
    for path in clip_files(folder)[:limit]:
        beside = transcript_file(path)
        said = sentence_of(path.stem) or (read_clip_transcript(beside) if beside else "")
        try:
            audio = read_audio(path)
            aligned, lips = force_align(audio, said), read_lips(path) if with_lips else None
        except VisalignError as error:
            print(f"{path.name}: {error}", file=sys.stderr)
            continue
        speaker = path.stem.partition("_")[0] if "_" in path.stem else path.parent.name
        yield Ready(path, SpokenClip(path.stem, speaker, audio, aligned.words, aligned.phones), lips)


def faults_of(ready: list[Ready], number: int) -> Iterator[tuple[str, FaultyClip]]:
    """Each fault of one of the clips, the others as donors."""
    clip = ready[number].spoken
    donors = [other.spoken for other in ready if other.spoken is not clip]
    own = [one for one in donors if one.speaker == clip.speaker]
    yield from planned_faults(clip, number, own, [one for one in donors if one.speaker != clip.speaker])


def judge(ready: list[Ready], *, genuine_only: bool) -> dict[str, pd.DataFrame]:
    """What is true, and what visalign and the baseline say."""
    truth, judged, correlated = list[tuple[object, ...]](), list[tuple[object, ...]](), list[tuple[object, ...]]()
    closing = words_that_close(one.spoken for one in ready)
    for number, one in enumerate(ready):
        assert one.lips is not None
        for name, faulty in faults_of(ready, number):
            if genuine_only and faulty.kind:
                break
            try:
                report = checked(one.spoken, one.lips, faulty)
            except VisalignError as error:
                print(f"{name}: {error}", file=sys.stderr)
                continue
            truth += truth_rows(name, one.spoken.speaker, faulty, closing)
            judged += judged_rows(name, report)
            correlated += correlated_rows(name, one.lips, faulty)
        print(f"{one.spoken.name} ({number + 1} of {len(ready)})", file=sys.stderr)
    return {
        "truth": pd.DataFrame(truth, columns=TRUTH_COLUMNS),
        "judged": pd.DataFrame(judged, columns=list(JUDGED)),
        "correlation": pd.DataFrame(correlated, columns=list(JUDGED)),
    }


def checked(clip: SpokenClip, lips: LipFeatures, faulty: FaultyClip) -> ClipReport:
    """The clip's lips with the faulty sound."""
    heard = heard_in(clip, faulty)
    return check(lips, None if heard is not None else faulty.transcript, audio=faulty.audio, alignment=heard)


def write_sounds(ready: list[Ready], folder: Path) -> None:
    """The faulty sounds, what is true of their words, and which picture each goes with."""
    folder.mkdir(parents=True, exist_ok=True)
    truth, manifest = list[tuple[object, ...]](), list[tuple[object, ...]]()
    closing = words_that_close(one.spoken for one in ready)
    for number, one in enumerate(ready):
        for turn, (name, faulty) in enumerate(faults_of(ready, number)):
            sound = folder / f"{one.spoken.speaker}_{one.spoken.name}_{turn:02d}.wav"
            soundfile.write(sound, faulty.audio.samples, faulty.audio.rate_hz)
            truth += truth_rows(name, one.spoken.speaker, faulty, closing)
            row = (name, one.path.name, sound.name, faulty.kind, faulty.size_seconds, faulty.transcript, faulty.source)
            manifest.append(row)
    columns = ["clip", "picture", "sound", "kind", "size_seconds", "transcript", "source"]
    pd.DataFrame(truth, columns=TRUTH_COLUMNS).to_csv(folder / "truth.csv", index=False)
    pd.DataFrame(manifest, columns=columns).to_csv(folder / "manifest.csv", index=False)


if __name__ == "__main__":
    main()
