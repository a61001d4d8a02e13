"""The report: its words and its JSON."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from sample_report import CLIP, EARLY, NAN, ROWS, WORDS, judged, make_report

from visalign.errors import ParseError, TimelineError
from visalign.reports.clip_report import ClipReport, SoundInfo
from visalign.sync.scoring import SyncScore
from visalign.sync.verdict import VERDICTS, SyncEstimate
from visalign.timeline import Tier

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/report.schema.json").read_text())


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(SCHEMA)
    return Draft202012Validator(SCHEMA)


# The words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sync", "headline"),
    [
        (EARLY, "Audio is 83 ms early. To fix, delay the audio by 83 ms. That is 2.1 frames at 25 fps."),
        (
            SyncEstimate(-0.12, (-0.14, -0.1), 0.9, "audio-late"),
            "Audio is 120 ms late. To fix, advance the audio by 120 ms. That is 3 frames at 25 fps.",
        ),
        (SyncEstimate(0.004, (-0.01, 0.02), 0.9, "in-sync"), "In sync: audio is 4 ms early. Nothing to fix."),
        (SyncEstimate(-0.0004, (-0.01, 0.02), 0.9, "in-sync"), "In sync: audio is on time (0 ms). Nothing to fix."),
        (
            SyncEstimate(0.3, None, 0.1, "mismatched", "other words are spoken"),
            "Mismatched: other words are spoken. Check that this sound belongs to this picture.",
        ),
        (
            SyncEstimate(-0.6, None, 0.1, "uncertain", "the best lag is at the edge of the search"),
            "Uncertain: the best lag is at the edge of the search. "
            "The best guess is that audio is 600 ms late (15 frames); look before you correct by it.",
        ),
        (
            SyncEstimate(None, None, 0.0, "uncertain", "no speech was found"),
            "Uncertain: there is no evidence for any offset: no speech was found.",
        ),
    ],
)
def test_the_headline_says_sign_and_remedy_in_words(sync: SyncEstimate, headline: str) -> None:
    assert make_report(sync=sync).summary().splitlines()[0] == headline


def test_early_and_late_are_never_confused() -> None:
    """The remedy undoes the fault: early audio is delayed, late audio is advanced."""
    for lead, verdict in ((0.2, "audio-early"), (-0.2, "audio-late")):
        headline = make_report(sync=SyncEstimate(lead, None, 1.0, verdict)).summary().splitlines()[0]
        assert ("early" in headline, "delay" in headline) == (lead > 0, lead > 0)
        assert ("late" in headline, "advance" in headline) == (lead < 0, lead < 0)


def test_the_summary_names_interval_confidence_and_limits() -> None:
    assert make_report().summary().splitlines()[1:] == [
        "95 % interval: from 61 ms early to 105 ms early. Confidence 0.93.",
        "The lips show an expected viseme in 70% of the spoken frames; "
        "1 of 2 words are in sync (at most 40 ms early or 60 ms late).",
        "Sound: speech 31 dB above the pauses, -23.0 LUFS.",
    ]


def test_a_summary_without_scores_says_nothing_of_them() -> None:
    sync = SyncEstimate(None, None, 0.0, "uncertain", "no face")
    summary = make_report(sync=sync, score=SyncScore.zero(), judged_words=judged()).summary()
    assert summary.splitlines()[1:] == ["Confidence 0.00.", "Sound: speech 31 dB above the pauses, -23.0 LUFS."]


NOISY = SoundInfo(9.6, -30.0, 0.0125)
CLEARED = SoundInfo(21.2, None, 0.0, "subtract", NOISY)


def last_line(sound: SoundInfo | None) -> str:
    return make_report(clip=replace(CLIP, sound=sound)).summary().splitlines()[-1]


def test_the_summary_tells_how_good_the_sound_is_before_and_after() -> None:
    assert last_line(NOISY) == "Sound: speech 10 dB above the pauses, -30.0 LUFS, 1.25% clipped."
    assert last_line(CLEARED) == (
        "Sound: speech 10 dB above the pauses, -30.0 LUFS, 1.25% clipped; "
        'enhanced by "subtract": speech 21 dB above the pauses.'
    )
    assert last_line(SoundInfo(None, None, None)) == "Sound: noise not measurable."
    assert "Sound" not in last_line(None)


@pytest.mark.parametrize("sound", [None, NOISY, CLEARED, SoundInfo(None, None, None)])
def test_sound_comes_back_from_json(validator: Draft202012Validator, sound: SoundInfo | None) -> None:
    data = make_report(clip=replace(CLIP, sound=sound)).to_dict()
    validator.validate(data)
    assert ClipReport.from_dict(json.loads(json.dumps(data))).clip.sound == sound


def test_a_report_from_before_sound_was_measured_is_read() -> None:
    data = make_report().to_dict()
    del data["clip"]["sound"]
    assert ClipReport.from_dict(data).clip.sound is None


def test_lag_percentiles_are_distances_from_sync() -> None:
    """Leads of -10, 20 and 30 ms lie 10, 20 and 30 ms away: the 90th percentile is 28 ms."""
    words = Tier("words", (0.0, 0.3, 0.6, 0.9, 1.2), ("a", "b", "c", "d"))
    leads = (-0.01, 0.02, 0.03, NAN)
    rows = [
        (word.label, word.start, word.end, "", "", "", NAN, lead, NAN, "uncertain")
        for word, lead in zip(words, leads, strict=True)
    ]
    found = make_report(words=words, judged_words=judged(*rows)).lag_percentiles()
    assert found is not None
    assert found == pytest.approx({"p50": 0.02, "p90": 0.028, "p99": 0.0298})
    assert make_report(judged_words=judged(ROWS[1])).lag_percentiles() is None


def test_the_worst_word_has_the_lowest_score() -> None:
    assert make_report().worst_segment() == 1
    unscored = judged(*((*row[:8], NAN, row[9]) for row in ROWS))
    assert make_report(judged_words=unscored).worst_segment() is None
    assert make_report(judged_words=judged()).worst_segment() is None


# What a report refuses ---------------------------------------------------------------------------------------------


def test_segments_must_be_words_of_the_words_tier() -> None:
    with pytest.raises(TimelineError, match=r"'bin' at 0\.31 s is no interval"):
        make_report(judged_words=judged(("bin", 0.31, *ROWS[0][2:])))


# JSON --------------------------------------------------------------------------------------------------------------


def test_json_fits_the_schema(validator: Draft202012Validator, tmp_path: Path) -> None:
    path = make_report().write(tmp_path / "out.json")
    data = json.loads(path.read_text())
    validator.validate(data)
    assert data["sync"]["lead_seconds"] == 0.083
    assert data["sync"]["lead_interval_seconds"] == [0.061, 0.105]
    assert data["score"]["viseme_accuracy"] == 0.7
    assert [word["label"] for word in data["words"]] == ["bin", "blue"]
    assert data["words"][1]["viseme_accuracy"] is None


def test_the_schema_notices_faults(validator: Draft202012Validator) -> None:
    good = make_report().to_dict()
    for key in good:
        assert not validator.is_valid({k: v for k, v in good.items() if k != key}), f"{key} may be missing"
    assert not validator.is_valid(good | {"sync": good["sync"] | {"verdict": "fine"}})
    assert not validator.is_valid(good | {"generated_at": "2024-01-01"})
    assert SCHEMA["$defs"]["verdict"]["enum"] == list(VERDICTS)


def test_json_round_trips_exactly() -> None:
    data = make_report().to_dict()
    assert ClipReport.from_dict(data).to_dict() == data
    assert ClipReport.from_dict(json.loads(json.dumps(data))).to_dict() == data


def test_what_comes_back_is_the_report_that_was_written() -> None:
    clip = replace(CLIP, sound=CLEARED)
    report = make_report(sync=replace(EARLY, lead_seconds=0.083), clip=clip)
    back = ClipReport.from_dict(report.to_dict())
    assert (back.clip, back.sync, back.score, back.warnings) == (
        report.clip,
        report.sync,
        report.score,
        report.warnings,
    )
    assert (back.words, back.phones) == (report.words, report.phones)
    assert (back.expected_visemes, back.observed_visemes) == (report.expected_visemes, report.observed_visemes)
    pd.testing.assert_frame_equal(back.segments, report.segments)


def test_a_report_without_words_round_trips() -> None:
    words = Tier("words", (0.0, 3.0), ("",))
    report = make_report(words=words, judged_words=judged(), clip=replace(CLIP, transcript=None))
    back = ClipReport.from_dict(report.to_dict())
    assert back.to_dict() == report.to_dict()
    assert back.words == words
    assert back.segments.empty


def test_words_that_were_not_judged_stay_in_the_transcript(validator: Draft202012Validator) -> None:
    report = make_report(judged_words=judged(ROWS[1]))
    data = report.to_dict()
    validator.validate(data)
    assert [word["verdict"] for word in data["words"]] == [None, "uncertain"]
    back = ClipReport.from_dict(data)
    assert back.words == WORDS
    assert list(back.segments["label"]) == ["blue"]


def test_a_fractional_frame_rate_is_kept(validator: Draft202012Validator) -> None:
    data = make_report(clip=replace(CLIP, frame_rate=Fraction(30000, 1001))).to_dict()
    validator.validate(data)
    assert ClipReport.from_dict(data).clip.frame_rate == Fraction(30000, 1001)


@given(
    lead=st.none() | st.floats(-0.6, 0.6),
    confidence=st.floats(0, 1),
    verdict=st.sampled_from(VERDICTS),
    curve=st.lists(st.tuples(st.floats(-0.6, 0.6), st.floats(-1e6, 0)), max_size=4),
    measures=st.tuples(*[st.floats(0, 1) | st.just(NAN)] * 3),
)
def test_any_measures_round_trip(lead, confidence, verdict, curve, measures) -> None:  # type: ignore[no-untyped-def]
    sync = SyncEstimate(lead, None, confidence, verdict, "", *map(tuple, zip(*curve, strict=True)))
    data = make_report(sync=sync, judged_words=judged((*ROWS[0][:6], *measures, verdict))).to_dict()
    assert Draft202012Validator(SCHEMA).is_valid(data)
    assert ClipReport.from_dict(data).to_dict() == data
    json.dumps(data, allow_nan=False)


def test_noise_below_a_microsecond_does_not_reach_the_file() -> None:
    jittered = replace(EARLY, lead_seconds=EARLY.lead_seconds + 1e-12)
    assert make_report(sync=jittered).to_dict() == make_report().to_dict()


@pytest.mark.parametrize("damage", [{"schema_version": 99}, {"sync": {}}, {"words": [{}]}, {"clip": None}])
def test_what_is_not_a_report_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises(ParseError, match="run the check again"):
        ClipReport.from_dict(make_report().to_dict() | damage)
