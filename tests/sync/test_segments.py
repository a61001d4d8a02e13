"""Parts of a clip, judged: what they are, and each measure against what was made by hand."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sample_lips import NAMES, frame_times, make_lips

import visalign
from visalign.errors import ConfigError
from visalign.face.generated_clip import GeneratedClip
from visalign.lips.lip_features import LipFeatures
from visalign.lips.viseme_decoder import DecodedVisemes
from visalign.parameters import ScoringParams, ThresholdParams
from visalign.reports.clip_report import ClipReport
from visalign.signals import Audio
from visalign.sync.estimate import LagEvidence
from visalign.sync.lip_model import Calibration
from visalign.sync.scoring import ClipComparison
from visalign.sync.segments import SEGMENT_KINDS, judge_segments, phrases, windows
from visalign.sync.verdict import SyncEstimate
from visalign.timeline import Interval, Tier
from visalign.visemes.expected import VisemeTarget

N_FRAMES = 50
LAGS = 0.01 * np.arange(-60, 61)
PHONES = Tier("phones", (0.0, 0.4, 0.8, 1.2, 1.6, 2.0), ("SIL", "B", "P", "SIL", "S"))


def test_phrases_end_where_it_is_silent_for_a_quarter_of_a_second() -> None:
    words = Tier("words", (0.0, 0.5, 1.0, 1.2, 1.6, 1.9, 2.3), ("", "a", "", "b", "", "c"))
    assert [(x.label, x.start, x.end) for x in phrases(words)] == [("a b", 0.5, 1.6), ("c", 1.9, 2.3)]
    assert list(phrases(Tier("words", (0.0, 1.0), ("",)))) == []


def test_windows_cover_the_clip_and_name_the_words_that_touch_them() -> None:
    words = Tier("words", (0.0, 0.9, 1.3, 2.5), ("", "a", ""))
    found = [(x.label, x.start, x.end) for x in windows(words)]
    assert found == [("a", 0.0, 1.0), ("a", 1.0, 2.0), ("", 2.0, 2.5)]


def comparison(
    targets: list[VisemeTarget], posteriors: np.ndarray, visemes: tuple[str, ...], closed: np.ndarray | None = None
) -> ClipComparison:
    """Frames of 40 ms that all point at a lead of 0."""
    times = frame_times(len(posteriors))
    labels = tuple(visemes[k] for k in posteriors.argmax(axis=1))
    tier = Tier("observed", (*times.times.tolist(), times.duration), labels).merge_equal()
    never = np.zeros(len(posteriors))
    decoded = DecodedVisemes(tier, times.centres, visemes, posteriors, never if closed is None else closed)
    rows = np.tile(-0.5 * (LAGS / 0.03) ** 2, (len(posteriors), 1))
    sync = SyncEstimate(0.0, None, 1.0, "in-sync")
    calibration = Calibration(1.0, 0.005, 0.0, (0.0, 0.0))
    return ClipComparison.of(
        targets,
        decoded,
        LagEvidence(LAGS, rows, times.centres),
        sync,
        calibration,
        (0.04, 0.06),
        ScoringParams(),
        ThresholdParams(),
    )


def target(phone: Interval, viseme: str, word: str) -> VisemeTarget:
    return VisemeTarget(Interval(phone.start, phone.end, viseme), viseme, frozenset({viseme}), phone.label, word)


def test_a_closure_is_seen_where_the_lips_close() -> None:
    """B from 0.4 to 0.8 s with closed lips at 0.6 s; P from 0.8 to 1.2 s without."""
    visemes = ("A", "closed", "rest")
    labels = ("rest", "closed", "closed", "rest", "A")
    targets = [target(p, v, "" if p.label == "SIL" else "w") for p, v in zip(PHONES, labels, strict=True)]
    posteriors = np.tile([0.8, 0.1, 0.1], (N_FRAMES, 1))
    posteriors[15] = [0.2, 0.7, 0.1]
    closed = 0.2 * np.ones(N_FRAMES)
    closed[15] = 0.7
    words = Tier("words", (0.0, 0.4, 1.2, 1.6, 2.0), ("", "bp", "", "s"))
    lips = make_lips(np.zeros((N_FRAMES, len(NAMES))), times=frame_times(N_FRAMES))
    made = comparison(targets, posteriors, visemes, closed)
    rows = judge_segments(words, PHONES, None, lips, made, ("word", "phone"))
    found = {(r.kind, r.judged.label): (r.closures_expected, r.closures_seen) for r in rows}
    assert found == {
        ("word", "bp"): (2, 1),
        ("word", "s"): (0, 0),
        ("phone", "B"): (1, 1),
        ("phone", "P"): (1, 0),
        ("phone", "S"): (0, 0),
    }
    costs = {r.judged.label: r.dtw_cost for r in rows}
    assert costs["S"] == pytest.approx(-np.log(0.8), abs=1e-9)
    assert costs["P"] == pytest.approx(-np.log(0.1), abs=1e-9)
    assert all(r.judged.confidence > 0.9 for r in rows)


def test_dead_air_and_overrun_are_measured() -> None:
    """Speech from 1 to 3 s with a still mouth until 2 s; from 4 to 5 s the mouth moves in silence."""
    n = 150
    times = frame_times(n)
    values = np.zeros((n, len(NAMES)))
    moving = ((times.centres >= 2) & (times.centres < 3)) | ((times.centres >= 4) & (times.centres < 5))
    values[:, NAMES.index("inner_aperture_centre")] = 0.05 * np.sin(2 * np.pi * 4 * times.centres) * moving
    phones = Tier("phones", (0.0, 1.0, 2.0, 3.0, 6.0), ("SIL", "IY", "AA", "SIL"))
    words = Tier("words", (0.0, 1.0, 2.0, 3.0, 6.0), ("", "e", "ah", ""))
    targets = [target(p, "A", "" if p.label == "SIL" else "w") for p in phones]
    made = comparison(targets, np.tile([0.9, 0.1], (n, 1)), ("A", "B"))
    rows = judge_segments(words, phones, None, make_lips(values, times=times), made, ("word", "window"))
    overrun = {(r.kind, r.judged.start): r.overrun_seconds for r in rows}
    dead_air = {(r.kind, r.judged.start): r.dead_air_seconds for r in rows}
    assert overrun["word", 1.0] == pytest.approx(0.8, abs=0.09)  # the spread looks 0.2 s ahead
    assert overrun["word", 2.0] == 0
    assert sum(seconds for (kind, _), seconds in dead_air.items() if kind == "window") == pytest.approx(1.2, abs=0.3)
    assert dead_air["window", 4.0] == pytest.approx(1.0, abs=0.05)
    assert dead_air["window", 1.0] == dead_air["window", 2.0] == 0


def seconds_of(column: str, moving: np.ndarray, phones: Tier) -> float:
    """What a column of the windows adds up to; while it moves the mouth swings by ±0.03 from frame to frame."""
    n = len(moving)
    values = np.zeros((n, len(NAMES)))
    values[:, NAMES.index("inner_aperture_centre")] = np.where(np.arange(n) % 2, 0.03, -0.03) * moving
    words = Tier("words", phones.boundaries, tuple("" if x == "SIL" else "w" for x in phones.labels))
    targets = [target(p, "A", "" if p.label == "SIL" else "w") for p in phones]
    made = comparison(targets, np.tile([0.9, 0.1], (n, 1)), ("A", "B"))
    lips = make_lips(values, times=frame_times(n))
    return float(sum(getattr(row, column) for row in judge_segments(words, phones, None, lips, made, ("window",))))


@pytest.mark.parametrize(("n_moving", "seconds"), [(40, 1.72), (10, 0.52), (7, 0.4), (6, 0.0)])
def test_dead_air_is_movement_of_at_least_0_4_s(n_moving: int, seconds: float) -> None:
    """Ten frames deviate by 0.018 if four of them move, by 0.03 times the root of 0.4; that is so in n + 3 windows.

    Nobody speaks after the first second; ten frames are 0.4 s, nine are too few.
    """
    frames = np.arange(150)
    phones = Tier("phones", (0.0, 0.5, 1.0, 6.0), ("SIL", "AA", "SIL"))
    found = seconds_of("dead_air_seconds", (frames >= 75) & (frames < 75 + n_moving), phones)
    assert found == pytest.approx(seconds, abs=1e-9)


@pytest.mark.parametrize(("n_still", "seconds"), [(40, 1.32), (19, 0.48), (18, 0.0)])
def test_overrun_is_rest_of_at_least_half_a_second(n_still: int, seconds: float) -> None:
    """Ten frames deviate by less than 0.0115 if one of them moves at most; that is so in n - 7 windows.

    Somebody speaks all the time; twelve frames are half a second, eleven are too few.
    """
    frames = np.arange(150)
    phones = Tier("phones", (0.0, 6.0), ("AA",))
    found = seconds_of("overrun_seconds", (frames < 75) | (frames >= 75 + n_still), phones)
    assert found == pytest.approx(seconds, abs=1e-9)


def test_rest_beside_speech_is_no_overrun() -> None:
    """Somebody speaks from 1.2 to 2.4 s, and the mouth never moves: 1.2 s, without any margin."""
    phones = Tier("phones", (0.0, 1.2, 2.4, 6.0), ("SIL", "AA", "SIL"))
    assert seconds_of("overrun_seconds", np.zeros(150, bool), phones) == pytest.approx(1.2, abs=1e-9)


def test_rest_is_looked_for_where_the_lips_of_the_speech_are_seen() -> None:
    """Speech from 1.2 to 2.4 s that leads by 0.4 s, and a mouth that never moves: 0.8 s of the second second."""
    phones = Tier("phones", (0.0, 1.2, 2.4, 6.0), ("SIL", "AA", "SIL"))
    words = Tier("words", phones.boundaries, ("", "ah", ""))
    targets = [target(p, "A", "" if p.label == "SIL" else "w") for p in phones]
    made = replace(comparison(targets, np.tile([0.9, 0.1], (150, 1)), ("A", "B")), lead=0.4)
    lips = make_lips(np.zeros((150, len(NAMES))), times=frame_times(150))
    rows = judge_segments(words, phones, None, lips, made, ("window",))
    assert [row.overrun_seconds for row in rows[:4]] == pytest.approx([0.0, 0.8, 0.4, 0.0], abs=1e-9)


def test_closures_are_looked_for_a_moment_around_the_sound() -> None:
    """P from 0.8 to 1.2 s: lips that close in the cell at 0.78 s or 1.22 s count, those at 0.74 s or 1.26 s do not."""
    visemes, labels = ("A", "closed", "rest"), ("rest", "A", "closed", "rest", "A")
    phones = Tier("phones", (0.0, 0.4, 0.8, 1.2, 1.6, 2.0), ("SIL", "AA", "P", "SIL", "S"))
    words = Tier("words", (0.0, 0.4, 1.2, 1.6, 2.0), ("", "up", "", "s"))
    targets = [target(p, v, "" if p.label == "SIL" else "w") for p, v in zip(phones, labels, strict=True)]
    lips = make_lips(np.zeros((N_FRAMES, len(NAMES))), times=frame_times(N_FRAMES))
    for cell, probability, n_seen in ((19, 0.5, 1), (18, 0.9, 0), (30, 0.5, 1), (31, 0.9, 0), (25, 0.49, 0)):
        closed = np.zeros(N_FRAMES)
        closed[cell] = probability
        made = comparison(targets, np.tile([0.8, 0.1, 0.1], (N_FRAMES, 1)), visemes, closed)
        (row,) = [x for x in judge_segments(words, phones, None, lips, made, ("word",)) if x.judged.label == "up"]
        assert (row.closures_expected, row.closures_seen) == (1, n_seen), cell


def test_a_closure_that_nobody_sees_is_not_expected() -> None:
    phones = Tier("phones", (0.0, 0.8, 1.2, 2.0), ("AA", "P", "AA"))
    words = Tier("words", (0.0, 2.0), ("up",))
    targets = [target(p, "A", "w") for p in phones]
    lips = make_lips(np.zeros((N_FRAMES, len(NAMES))), times=frame_times(N_FRAMES))
    closed = np.zeros(N_FRAMES)
    closed[18:32] = np.nan
    made = comparison(targets, np.tile([0.9, 0.1], (N_FRAMES, 1)), ("A", "B"), closed)
    (row,) = judge_segments(words, phones, None, lips, made, ("word",))
    assert (row.closures_expected, row.closures_seen) == (0, 0)


def test_a_pause_of_exactly_a_quarter_ends_a_phrase() -> None:
    words = Tier("words", (0.0, 0.5, 0.75, 1.0, 1.24, 1.5), ("a", "", "b", "", "c"))
    assert [x.label for x in phrases(words)] == ["a", "b c"]


@pytest.fixture(scope="module")
def detailed(generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio) -> ClipReport:
    return visalign.check(
        generated_lips, generated_clip.transcript, audio=generated_audio, details=tuple(SEGMENT_KINDS)
    )


def test_details_agree_with_the_words(detailed: ClipReport) -> None:
    assert detailed.details is not None
    assert set(detailed.details["kind"]) == {"word", "phone", "phrase", "window"}
    words = detailed.details[detailed.details["kind"] == "word"].reset_index(drop=True)
    for column in detailed.segments.columns:
        assert words[column].equals(detailed.segments[column]), column
    phones = detailed.details[detailed.details["kind"] == "phone"]
    assert phones["label"].tolist() == [x.label for x in detailed.phones if x.label != "SIL"]
    assert words["closures_expected"].sum() == phones["closures_expected"].sum() > 0


def test_details_survive_the_json_form(detailed: ClipReport) -> None:
    data = detailed.to_dict()
    again = ClipReport.from_dict(data)
    assert again.to_dict() == data
    assert again.details is not None
    assert len(again.details) == len(data["details"])


def test_details_are_written_as_a_tidy_table(detailed: ClipReport, tmp_path: Path) -> None:
    path = detailed.write_details(tmp_path / "parts.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert detailed.details is not None
    assert len(rows) == len(detailed.details)
    assert list(rows[0])[:4] == ["clip", "kind", "label", "start_seconds"]
    with pytest.raises(ConfigError, match=r"\.csv"):
        detailed.write_details(tmp_path / "parts.txt")


def test_a_kind_that_is_none_is_refused(generated_lips: LipFeatures, generated_audio: Audio) -> None:
    with pytest.raises(ConfigError, match="syllable"):
        visalign.check(generated_lips, "x", audio=generated_audio, details=("syllable",))
