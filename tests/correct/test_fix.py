"""Corrections: as data, applied, undone, refused; measured with a click and a flash in place of lips."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clips_with_clicks import RATE_HZ, click, flash_time, make_clip, sound_delay
from sample_report import make_report

from visalign.correct.correction import Correction, correction_name, file_digest
from visalign.correct.fix import fix, fixed_name, plan_correction
from visalign.errors import ConfigError, CorrectionRefused, MediaError, OutputError, ParseError, TimelineError
from visalign.media.clips import probe, read_audio, write_clip
from visalign.media.remux import Piece
from visalign.reports.clip_report import ClipReport
from visalign.signals import Audio
from visalign.sync.drift import find_drift, find_jumps
from visalign.timeline import Interval, Tier


def report(lead: float | None, verdict: str | None = None, *, reason: str = "") -> ClipReport:
    """A report with this lead."""
    made = make_report()
    if verdict is None:
        verdict = "in-sync" if abs(lead or 0) < 0.02 else ("audio-early" if (lead or 0) > 0 else "audio-late")
    interval = None if lead is None else (lead - 0.01, lead + 0.01)
    return replace(
        made, sync=replace(made.sync, lead_seconds=lead, lead_interval=interval, verdict=verdict, reason=reason)
    )


def with_words(made: ClipReport, times: np.ndarray, leads: np.ndarray) -> ClipReport:
    """A report whose words have these leads."""
    words = Tier.from_intervals("words", [Interval(t, t + 0.04, "bin") for t in times], start=0.0, end=times[-1] + 1)
    spoken, one = [x for x in words if x.label], made.judged_words[0]
    judged = [
        replace(one, label=x.label, start=x.start, end=x.end, lead_seconds=float(y))
        for x, y in zip(spoken, leads, strict=True)
    ]
    return replace(made, judged_words=tuple(judged), words=words)


def measure(path: Path) -> ClipReport:
    """What a check says, for a clip that clicks and flashes: the sound leads if its click comes first."""
    return report(-sound_delay(path))


@pytest.mark.parametrize("mode", ["copy", "pad"])
@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
@pytest.mark.parametrize("lead", [0.12, -0.12, 0.345, -0.345])
def test_fixed_clip_measures_in_sync(tmp_path: Path, name: str, mode: str, lead: float) -> None:
    source, target = make_clip(tmp_path / name, click_at=1.0 - lead), tmp_path / f"fixed{Path(name).suffix}"
    done = fix(source, target, measure, mode=mode)
    assert done.before.sync.lead_seconds == pytest.approx(lead, abs=0.0011)
    assert done.after.sync.lead_seconds == pytest.approx(0.0, abs=0.0011)
    assert done.is_better
    assert done.correction.pieces == (Piece(0.0, pytest.approx(lead, abs=0.0011)),)
    assert done.written == (target, tmp_path / "fixed.visalign.json")
    assert Correction.read(done.written[1]).to_dict() == done.correction.to_dict()


def test_source_is_never_changed(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", click_at=0.8)
    before = source.read_bytes()
    fix(source, tmp_path / "b.mp4", measure)
    assert source.read_bytes() == before


def test_correction_is_undone(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mkv", click_at=0.88)
    done = fix(source, tmp_path / "b.mkv", measure)
    done.correction.reversed().apply(tmp_path / "b.mkv", tmp_path / "c.mkv")
    assert sound_delay(tmp_path / "c.mkv") == pytest.approx(sound_delay(source), abs=0.0011)


# ---- refused ----


@pytest.mark.parametrize("mode", ["copy", "pad"])
@pytest.mark.parametrize(
    ("lead", "verdict", "phrase"),
    [
        (0.0, "in-sync", "in sync already"),
        (0.3, "uncertain", r"uncertain \(two peaks\)"),
        (-0.3, "mismatched", "mismatched"),
        (None, "uncertain", "uncertain"),
    ],
)
def test_uncertain_and_fine_clips_are_refused(
    tmp_path: Path, mode: str, lead: float | None, verdict: str, phrase: str
) -> None:
    source = make_clip(tmp_path / "a.mp4")
    with pytest.raises(CorrectionRefused, match=phrase) as caught:
        fix(source, tmp_path / "b.mp4", lambda _: report(lead, verdict, reason="two peaks"), mode=mode)
    assert caught.value.verdict == verdict
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4"]


def test_a_changing_offset_asks_for_another_mode(tmp_path: Path) -> None:
    source, times = make_clip(tmp_path / "a.mp4"), np.linspace(0, 60, 60)
    for mode, leads in (("drift", 0.002 * times), ("pieces", np.where(times < 30, 0.0, 0.3))):
        with pytest.raises(CorrectionRefused, match=f"--mode {mode}"):
            plan_correction(source, with_words(report(0.1, "uncertain"), times, leads))


def test_force_corrects_by_the_best_estimate(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", click_at=0.9)
    done = fix(source, tmp_path / "b.mp4", lambda path: replace_verdict(measure(path)), force=True)
    assert sound_delay(tmp_path / "b.mp4") == pytest.approx(0.0, abs=0.0011)
    assert done.correction.evidence["verdict"] == "uncertain"
    with pytest.raises(CorrectionRefused, match="no offset"):
        fix(source, tmp_path / "c.mp4", lambda _: report(None, "uncertain"), force=True)


def replace_verdict(made: ClipReport) -> ClipReport:
    return replace(made, sync=replace(made.sync, verdict="uncertain"))


@pytest.mark.parametrize("taken", ["b.mp4", "b.visalign.json", "a.mp4"])
def test_nothing_is_overwritten(tmp_path: Path, taken: str) -> None:
    source = make_clip(tmp_path / "a.mp4", click_at=0.9)
    if taken != "a.mp4":
        (tmp_path / taken).write_text("mine")
    content = (tmp_path / taken).read_bytes()
    with pytest.raises(OutputError, match="exists"):
        fix(source, tmp_path / (taken if taken == "a.mp4" else "b.mp4"), measure, force=True)
    assert (tmp_path / taken).read_bytes() == content


def test_unknown_mode_and_container_are_refused(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", click_at=0.9)
    with pytest.raises(ConfigError, match="mode"):
        fix(source, tmp_path / "b.mp4", measure, mode="magic")
    with pytest.raises(ConfigError, match=r"\.avi"):
        fix(source, tmp_path / "b.avi", measure)


def test_correction_of_another_file_is_refused(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", click_at=0.9)
    correction = plan_correction(source, report(0.1))
    with pytest.raises(MediaError, match="not the file"):
        correction.apply(make_clip(tmp_path / "other.mp4", click_at=0.5), tmp_path / "b.mp4")


def test_worse_result_is_told(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", click_at=0.9)
    done = fix(source, tmp_path / "b.mp4", lambda path: report(0.1 if path == source else 0.2))
    assert not done.is_better


# ---- drift and jumps ----


def test_drift_is_taken_out(tmp_path: Path) -> None:
    """Three flashes and clicks, the sound running 2 % too fast: each click comes to its flash."""
    moments, n = (0.5, 1.5, 2.5), 3 * 25 + 10
    images = [
        np.full((64, 64, 3), 255 if any(abs(i / 25 - t) < 0.01 for t in moments) else 20, np.uint8) for i in range(n)
    ]
    samples = np.zeros(n * RATE_HZ // 25, np.float32)
    for t in moments:
        start = round(0.98 * t * RATE_HZ)
        samples[start : start + 240] = 0.9
    source = write_clip(tmp_path / "a.mp4", images, Fraction(25), Audio(samples, RATE_HZ))
    times = np.linspace(0.1, 2.9, 12)
    words = with_words(report(0.03), times, 0.02 / 0.98 * (times + 0.02))
    correction = plan_correction(source, words, mode="drift")
    correction.apply(source, tmp_path / "b.mp4")
    loud = np.abs(read_audio(tmp_path / "b.mp4", RATE_HZ).samples) > 0.4
    onsets = np.flatnonzero(np.diff(loud.astype(int)) == 1) / RATE_HZ
    first = [min(onsets, key=lambda x, t=t: abs(x - t)) for t in moments]
    assert first == pytest.approx(moments, abs=0.001)
    assert correction.evidence["drift_ms_per_minute"] == pytest.approx(60_000 * 0.02 / 0.98, rel=0.001)


def test_pieces_are_put_right(tmp_path: Path) -> None:
    """The second half of the sound is 200 ms early."""
    source = make_clip(tmp_path / "a.mp4", "flac", click_at=0.8)
    times = np.linspace(0.05, 1.6, 16)
    words = with_words(report(0.1, "uncertain"), times, np.where(times < 0.6, 0.0, 0.2))
    correction = plan_correction(source, words, mode="pieces")
    correction.apply(source, tmp_path / "b.mp4")
    assert [p.delay_seconds for p in correction.pieces] == [0.0, pytest.approx(0.2)]
    assert sound_delay(tmp_path / "b.mp4") == pytest.approx(0.0, abs=0.001)
    assert probe(tmp_path / "b.mp4").duration == pytest.approx(probe(source).duration, abs=0.03)


def test_absent_drift_and_jumps_are_refused(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4")
    times, noise = np.linspace(0, 60, 40), np.random.default_rng(0).normal(0, 0.02, 40)
    steady = with_words(report(0.1), times, 0.1 + noise)
    with pytest.raises(CorrectionRefused, match="no certain drift"):
        plan_correction(source, steady, mode="drift")
    with pytest.raises(CorrectionRefused, match="does not jump"):
        plan_correction(source, steady, mode="pieces")
    with pytest.raises(CorrectionRefused, match="too few words"):
        plan_correction(source, with_words(report(0.1), times[:3], noise[:3]), mode="drift")


@pytest.mark.parametrize("rate", [-0.002, -0.0005, 0.0005, 0.001, 0.02])
def test_drift_is_found_among_outliers(rate: float) -> None:
    rng = np.random.default_rng(1)
    times = np.sort(rng.uniform(0, 120, 200))
    leads = 0.05 + rate * times + rng.normal(0, 0.02, 200)
    leads[rng.random(200) < 0.15] = rng.choice([-0.5, 0.5])
    found = find_drift(times, leads)
    assert found is not None
    assert found.rate == pytest.approx(rate, abs=0.00015)
    assert found.rate_interval[0] <= rate <= found.rate_interval[1]
    assert found.is_certain


@pytest.mark.parametrize("sizes", [(0.2,), (0.2, -0.15), (-0.1, 0.1, -0.1)])
def test_jumps_are_found_among_outliers(sizes: tuple[float, ...]) -> None:
    rng = np.random.default_rng(2)
    times = np.arange(0, 40 * (len(sizes) + 1), 0.5)
    which = (times // 40).astype(int)
    leads = np.array([0.0, *np.cumsum(sizes)])[which] + rng.normal(0, 0.03, len(times))
    leads[rng.random(len(times)) < 0.1] = 0.5
    found = find_jumps(times, leads)
    assert [p.start for p in found] == pytest.approx([40.0 * k for k in range(len(sizes) + 1)], abs=1.5)
    assert [p.lead_seconds for p in found] == pytest.approx([0.0, *np.cumsum(sizes)], abs=0.02)


def test_too_little_for_drift_or_jumps() -> None:
    assert find_drift([], []) is None
    assert find_drift([1, 1, 1, 1], [0, 0, 0, 0]) is None
    assert find_drift([1, 2, 3, 4], [0, float("nan"), 0, 0]) is None
    assert find_jumps([], []) == ()
    assert [p.lead_seconds for p in find_jumps([1.0], [0.3])] == [0.3]


# ---- as data ----


def test_json_form(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4")
    correction = plan_correction(source, report(0.12), track=1)
    data = json.loads(correction.write(tmp_path / "c.visalign.json").read_text(encoding="utf-8"))
    assert data["pieces"] == [{"start": 0.0, "delay_seconds": 0.12, "stretch": 1.0}]
    assert (data["clip"], data["mode"], data["track"]) == ("a.mp4", "copy", 1)
    assert data["sha256"] == file_digest(source)
    assert data["evidence"]["lead_seconds"] == 0.12
    assert data["evidence"]["verdict"] == "audio-early"
    assert Correction.from_dict(data) == correction
    assert correction.write(tmp_path / "d.visalign.json").read_bytes() == (tmp_path / "c.visalign.json").read_bytes()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema_version": 1}',
        '{"schema_version": 2}',
        '{"schema_version": 1, "clip": "a", "sha256": "", "mode": "copy", "track": null, "pieces": [], "evidence": {}, '
        '"visalign_version": "1"}',
        '{"schema_version": 1, "clip": "a", "sha256": "", "mode": "copy", "track": "x", "pieces": [], "evidence": {}, '
        '"visalign_version": "1"}',
    ],
)
def test_bad_correction_files_are_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(ParseError, match=r"c\.json"):
        Correction.read(tmp_path / "c.json")
    with pytest.raises(ParseError, match="can't be read"):
        Correction.read(tmp_path / "missing.json")


def test_time_stamps_hold_one_offset_only() -> None:
    with pytest.raises(ConfigError, match="pad, drift or pieces"):
        Correction("a", "", "copy", (Piece(0.0, 0.1), Piece(1.0, 0.2)))
    with pytest.raises(TimelineError):
        Correction("a", "", "pad", ())


def test_names() -> None:
    assert fixed_name("a/b.mp4") == Path("a/b.fixed.mp4")
    assert fixed_name("b.mpg") == Path("b.fixed.mkv")
    assert correction_name("a/b.fixed.mp4") == Path("a/b.fixed.visalign.json")


def test_helpers_agree(tmp_path: Path) -> None:
    """The clip that all this is measured with says what it was made to say."""
    path = make_clip(tmp_path / "a.mov", "pcm_s16le", click_at=0.75)
    assert flash_time(path) == pytest.approx(1.0, abs=1e-6)
    assert sound_delay(path) == pytest.approx(-0.25, abs=1e-4)
    assert click(0.75).argmax() == 36000
