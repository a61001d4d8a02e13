"""How well visalign measures a corpus of your own: offsets by known shifts, and faults by known faults.

Nothing has to be labelled. The clips are taken to be in sync, as nearly as their corpus is; what is then done to them
in memory is known exactly.

What is done, and how that compares with what others do, stands in :mod:`visalign.evaluation.protocol`. The lead of a
whole clip is measured at each shift; the error is the measured lead less the shift, and less the speaker's median
without a shift (their microphone and camera). Of the faults is told besides how often whole clips are rightly called in
sync, or kept from it.

Conventions
-----------
Seconds. A shift of +0.12 makes the audio 120 ms early, so ``lead_seconds`` should be +0.12. Use clips of speakers that
the lip model was not trained on, or the figures flatter it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from visalign.config import Config
from visalign.corpora.training_data import TrainingClip
from visalign.errors import FaceNotFound, VisalignError
from visalign.evaluation.fault_runs import Row, heard_in, judged_rows, planned_faults, truth_rows, words_that_close
from visalign.evaluation.fault_scores import JUDGED, MORE_TRUTH, TRUTH, matched, scores_of
from visalign.evaluation.protocol import (
    FAULT_SHIFTS,
    SHIFTS,
    WINDOW_FRAMES,
    WITHIN,
    area_under_roc,
    half_shifted,
    shifted,
    window_starts,
)
from visalign.evaluation.word_faults import SpokenClip
from visalign.files.text_files import format_table
from visalign.lips.clip_faces import ClipFaces, read_faces
from visalign.lips.lip_features import LipFeatures
from visalign.media.clips import read_audio
from visalign.pipeline import check
from visalign.reports.clip_report import ClipReport
from visalign.signals import Audio
from visalign.sync.judging import Heard, Instruments, hear, see
from visalign.sync.lip_model import LipModel
from visalign.timeline import Interval

__all__ = ["Evaluation", "evaluate"]

Progress: TypeAlias = Callable[[str, float | None], None]

_SAME_START = 0.08  # seconds by which a word may be found before the cut that displaces it
_NO_SCORE = 0.5  # of a word that could not be judged

_OFFSET_COLUMNS = ("clip", "speaker", "shift_seconds", "lead_seconds", "low_seconds", "high_seconds", "confidence")
_WINDOW_COLUMNS = ("clip", "speaker", "n_frames", "start_seconds", "lead_seconds", "confidence")
_WORD_COLUMNS = ("clip", "speaker", "condition", "word", "start_seconds", "score", "is_at_fault")
_CLIP_COLUMNS = ("clip", "speaker", "condition", "verdict", "lead_seconds", "confidence")


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What was measured, a row a measurement.

    Parameters
    ----------
    offsets : DataFrame
        Whole clips by shift: clip, speaker, shift_seconds, lead_seconds, low_seconds, high_seconds, confidence.
    windows : DataFrame
        Short windows: clip, speaker, n_frames, start_seconds, lead_seconds, confidence.
    words : DataFrame
        Words by condition: clip, speaker, condition, word, start_seconds, score, is_at_fault.
    clips : DataFrame
        Verdicts on whole clips, genuine and dubbed: clip, speaker, condition, verdict, lead_seconds, confidence.
    left_out : tuple of (str, str)
        Clips that could not be analysed, each with the reason.
    single_words : DataFrame, optional
        Clips in which one word is at fault, a row a word, as :func:`~visalign.evaluation.fault_scores.matched` gives
        them; None where they were not made.
    """

    offsets: pd.DataFrame
    windows: pd.DataFrame
    words: pd.DataFrame
    clips: pd.DataFrame
    left_out: tuple[tuple[str, str], ...]
    single_words: pd.DataFrame | None = None

    def offset_errors(self) -> pd.DataFrame:
        """`offsets` with the columns `error_seconds` and `is_covered` (the interval holds the true lead)."""
        native = self.offsets[self.offsets["shift_seconds"] == 0].groupby("speaker")["lead_seconds"].median()
        truth = self.offsets["shift_seconds"] + self.offsets["speaker"].map(native)
        covered = (self.offsets["low_seconds"] <= truth) & (truth <= self.offsets["high_seconds"])
        return self.offsets.assign(error_seconds=self.offsets["lead_seconds"] - truth, is_covered=covered)

    def summary(self) -> pd.DataFrame:
        """One row a speaker and one for all ("all"); shares are 0..1, and missing where nothing was measured.

        Columns: n_clips, within_20_ms, within_40_ms, median_error_ms, interval_coverage; window_5, window_10 …;
        auc_120_ms, auc_200_ms, auc_other_sentence; genuine_passed, dubbed_withheld.
        """
        speakers = sorted(set(self.offsets["speaker"]))
        rows = {name: self._summary_of([name]) for name in speakers} | {"all": self._summary_of(speakers)}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("speaker").reset_index()

    def tables(self) -> dict[str, str]:
        """Everything as files: name -> text, CSV and one Markdown table."""
        frames = {
            "offsets": self.offset_errors(),
            "windows": self.windows,
            "words": self.words,
            "clips": self.clips,
            "summary": self.summary(),
        }
        if self.single_words is not None and len(self.single_words):
            frames |= {"single_words": self.single_words, "word_faults": scores_of(self.single_words)}
        texts = {
            f"{name}.csv": format_table(tuple(frame.columns), frame.itertuples(index=False, name=None))
            for name, frame in frames.items()
        }
        return texts | {"summary.md": _markdown(frames["summary"])}

    def _summary_of(self, speakers: Sequence[str]) -> dict[str, Any]:
        errors = _of(self.offset_errors(), speakers)
        size = errors["error_seconds"].abs()
        row: dict[str, Any] = {
            "n_clips": errors["clip"].nunique(),
            "within_20_ms": (size <= 0.02).mean(),
            "within_40_ms": (size <= WITHIN).mean(),
            "median_error_ms": 1000 * size.median(),
            "interval_coverage": errors["is_covered"].mean(),
        }
        windows = _of(self.windows, speakers)
        for n_frames in sorted(set(self.windows["n_frames"])):
            leads = windows.loc[windows["n_frames"] == n_frames, "lead_seconds"]
            row[f"window_{n_frames}"] = (leads.abs() <= WITHIN).mean() if len(leads) else np.nan
        for condition, name in _CONDITIONS.items():
            row[f"auc_{name}"] = self._auc(speakers, condition)
        clips = _of(self.clips, speakers)
        in_sync = clips["verdict"] == "in-sync"
        row["genuine_passed"] = in_sync[clips["condition"] == "genuine"].mean()
        row["dubbed_withheld"] = 1 - in_sync[clips["condition"] == "dubbed"].mean()
        return row

    def _auc(self, speakers: Sequence[str], condition: str) -> float:
        """Mean over speakers, weighted by their words at fault: scores of different faces are not compared."""
        areas, counts = [], []
        for speaker in speakers:
            words = _of(self.words, [speaker])
            faulty = words.loc[(words["condition"] == condition) & words["is_at_fault"], "score"]
            sound = words.loc[words["condition"] == "genuine", "score"]
            if len(faulty) and len(sound):
                areas.append(area_under_roc(faulty.to_numpy(float), sound.to_numpy(float)))
                counts.append(len(faulty))
        return float(np.average(areas, weights=counts)) if areas else np.nan


def _markdown(summary: pd.DataFrame) -> str:
    """The summary with a row a measure and a column a speaker, shares as percentages."""
    shown = summary.set_index("speaker").T
    lines = [" | ".join(("", *map(str, shown.columns))), " | ".join(("---",) * (len(shown.columns) + 1))]
    for name, values in shown.iterrows():
        lines.append(
            " | ".join((_TITLES.get(str(name), _window_title(str(name))), *(_cell(str(name), x) for x in values)))
        )
    return "".join(f"| {line} |\n" for line in lines)


_TITLES = {
    "n_clips": "clips",
    "within_20_ms": "offset within 20 ms",
    "within_40_ms": "offset within 40 ms",
    "median_error_ms": "median error, ms",
    "interval_coverage": "95 % intervals that hold the lead",
    "auc_120_ms": "AUC of words, half moved by 120 ms",
    "auc_200_ms": "AUC of words, half moved by 200 ms",
    "auc_other_sentence": "AUC of words, another sentence",
    "genuine_passed": "genuine clips called in sync",
    "dubbed_withheld": "dubbed clips not called in sync",
}


def _window_title(name: str) -> str:
    return f"windows of {name.removeprefix('window_')} frames within one frame"


def _cell(name: str, value: float) -> str:
    if np.isnan(value):
        return "-"
    if name == "n_clips":
        return f"{value:.0f}"
    if name == "median_error_ms":
        return f"{value:.1f}"
    return f"{value:.3f}" if name.startswith("auc") else f"{100 * value:.1f} %"


_CONDITIONS = {"half by 120 ms": "120_ms", "half by 200 ms": "200_ms", "dubbed": "other_sentence"}


def _of(table: pd.DataFrame, speakers: Sequence[str]) -> pd.DataFrame:
    return table[table["speaker"].isin(speakers)]


def evaluate(
    clips: Sequence[TrainingClip],
    *,
    model: LipModel | None = None,
    config: Config | None = None,
    windows: bool = True,
    faults: bool = True,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure offsets and faults over clips of known transcripts.

    Parameters
    ----------
    clips : sequence of TrainingClip
        As :func:`~visalign.corpora.training_data.training_clips` finds them. A clip that can't be analysed is left out,
        with its reason; the others count.
    model : LipModel, optional
        The shipped one by default.
    config : Config, optional
    windows, faults : bool
        Whether to run these protocols too.
    progress : callable, optional
        Is told what is done and which part of it is behind.
    """
    run = _Run(model or LipModel.load(), config or Config(), windows, faults)
    others: list[SpokenClip] = []  # of the speakers before
    by_speaker: dict[str, list[TrainingClip]] = {}
    for clip in clips:
        by_speaker.setdefault(clip.speaker, []).append(clip)
    n_done = 0
    for members in by_speaker.values():
        first = previous = None
        own: list[SpokenClip] = []
        for clip in members:
            if progress is not None:
                progress(f"measuring {clip.path.name}", n_done / len(clips))
            n_done += 1
            ready = run.measured(clip)
            if ready is None:
                continue
            if previous is not None:
                run.dub(previous, ready)
            run.single_faults(ready, n_done, own, others or own)
            own.append(ready.spoken)
            first, previous = first or ready, ready
        if first is not None and previous is not None and previous is not first:
            run.dub(previous, first)
        others = own
    return run.evaluation()


@dataclass(frozen=True, slots=True, eq=False)
class _ReadyClip:
    """A clip in memory."""

    clip: TrainingClip
    faces: ClipFaces
    lips: LipFeatures
    audio: Audio
    heard: Heard

    @property
    def words(self) -> list[Interval]:
        return self.heard.words

    @property
    def spoken(self) -> SpokenClip:
        """Its sound, with what is said in it."""
        alignment = self.heard.alignment
        name, speaker = self.names
        return SpokenClip(name, speaker, self.audio, alignment.words, alignment.phones)

    @property
    def names(self) -> tuple[str, str]:
        return self.clip.path.name, self.clip.speaker


class _Run:
    """The rows of an evaluation, as they grow."""

    def __init__(self, model: LipModel, config: Config, windows: bool, faults: bool) -> None:
        self._model, self._config = model, config
        self._with_windows, self._with_faults = windows, faults
        self._offsets: list[tuple[Any, ...]] = []
        self._windows: list[tuple[Any, ...]] = []
        self._words: list[tuple[Any, ...]] = []
        self._clips: list[tuple[Any, ...]] = []
        self._left_out: list[tuple[str, str]] = []
        self._truth: list[Row] = []
        self._judged: list[Row] = []

    def measured(self, clip: TrainingClip) -> _ReadyClip | None:
        """All protocols on one clip but that of a dub; None if it can't be analysed."""
        try:
            audio = read_audio(clip.path)
            heard = hear(audio, clip.transcript, self._config)
            faces = read_faces(clip.path, detect_every=self._config.lips.detect_every)
            lips = see(faces, heard, Instruments.of(self._config, self._model)).lips
            ready = _ReadyClip(clip, faces, lips, audio, heard)
            self._measure(ready)
        except VisalignError as error:  # a damaged clip must not cost the others
            self._left_out.append((clip.path.name, str(error)))
            return None
        return ready

    def _measure(self, ready: _ReadyClip) -> None:
        reports = {shift: self._check(ready, shifted(ready.audio, shift)) for shift in SHIFTS}
        for shift, report in reports.items():
            low, high = report.sync.lead_interval or (np.nan, np.nan)
            lead = _number(report.sync.lead_seconds)
            self._offsets.append((*ready.names, shift, lead, low, high, report.sync.confidence))
        if self._with_windows:
            self._measure_windows(ready)
        if self._with_faults:
            genuine = reports[0.0]
            self._add_words(ready, "genuine", genuine, np.inf)
            self._add_clip(ready, "genuine", genuine)
            self._measure_halves(ready)

    def _measure_windows(self, ready: _ReadyClip) -> None:
        frame = ready.lips.times.duration / len(ready.lips)
        begin, end = ready.words[0].start, ready.words[-1].end
        for n_frames in WINDOW_FRAMES:
            length = n_frames * frame
            for start in window_starts(begin, end, length):
                try:
                    sync = self._check_aligned(ready.lips.crop(start, start + length), ready).sync
                except FaceNotFound:
                    continue
                self._windows.append((*ready.names, n_frames, start, _number(sync.lead_seconds), sync.confidence))

    def _measure_halves(self, ready: _ReadyClip) -> None:
        middle = len(ready.words) // 2
        start = ready.words[middle].start
        for seconds in FAULT_SHIFTS:
            if abs(seconds) > start:
                continue  # too little sound before it to fill the gap
            report = self._check(ready, half_shifted(ready.audio, start, seconds))
            self._add_words(ready, f"half by {abs(round(1000 * seconds))} ms", report, start + min(seconds, 0.0))

    def dub(self, seen: _ReadyClip, heard: _ReadyClip) -> None:
        """The lips of one clip with sound and words of another."""
        if not self._with_faults:
            return
        try:
            report = self._check_aligned(seen.faces, heard)
        except VisalignError as error:
            self._left_out.append((f"{seen.clip.path.name} dubbed", str(error)))
            return
        self._add_words(seen, "dubbed", report, -np.inf)
        self._add_clip(seen, "dubbed", report)

    def single_faults(
        self, ready: _ReadyClip, number: int, own: Sequence[SpokenClip], others: Sequence[SpokenClip]
    ) -> None:
        """One word at fault at a time; replacements are of the clips before."""
        if not self._with_faults:
            return
        closing = words_that_close([ready.spoken, *own, *others])
        for name, faulty in planned_faults(ready.spoken, number, own, others):
            heard = heard_in(ready.spoken, faulty)
            said = None if heard is not None else faulty.transcript
            try:
                report = check(
                    ready.faces, said, audio=faulty.audio, alignment=heard, model=self._model, config=self._config
                )
            except VisalignError as error:
                self._left_out.append((name, str(error)))
                continue
            self._truth += truth_rows(name, ready.clip.speaker, faulty, closing)
            self._judged += judged_rows(name, report)

    def _check(self, ready: _ReadyClip, audio: Audio) -> ClipReport:
        return check(ready.faces, ready.clip.transcript, audio=audio, model=self._model, config=self._config)

    def _check_aligned(self, seen: LipFeatures | ClipFaces, said: _ReadyClip) -> ClipReport:
        alignment = said.heard.alignment
        return check(seen, None, audio=said.audio, alignment=alignment, model=self._model, config=self._config)

    def _add_words(self, ready: _ReadyClip, condition: str, report: ClipReport, at_fault_from: float) -> None:
        for row in report.segments.to_dict("records"):
            score, start = float(row["score"]), float(row["start"])
            at_fault = start >= at_fault_from - _SAME_START
            known = _NO_SCORE if np.isnan(score) else score
            self._words.append((*ready.names, condition, row["label"], start, known, at_fault))

    def _add_clip(self, ready: _ReadyClip, condition: str, report: ClipReport) -> None:
        sync = report.sync
        self._clips.append((*ready.names, condition, sync.verdict, _number(sync.lead_seconds), sync.confidence))

    def evaluation(self) -> Evaluation:
        """What was measured until now."""
        return Evaluation(
            pd.DataFrame(self._offsets, columns=list(_OFFSET_COLUMNS)),
            pd.DataFrame(self._windows, columns=list(_WINDOW_COLUMNS)),
            pd.DataFrame(self._words, columns=list(_WORD_COLUMNS)),
            pd.DataFrame(self._clips, columns=list(_CLIP_COLUMNS)),
            tuple(self._left_out),
            self._single_words(),
        )

    def _single_words(self) -> pd.DataFrame | None:
        if not self._truth:
            return None
        truth = pd.DataFrame(self._truth, columns=[*TRUTH, *MORE_TRUTH])
        return matched(truth, pd.DataFrame(self._judged, columns=list(JUDGED)))


def _number(value: float | None) -> float:
    return np.nan if value is None else value
