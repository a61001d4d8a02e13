"""A result in words: the same live and read back, for every cause; the sign in words; remedies."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_report import CLIP, judged, make_report

from visalign.parameters import ThresholdParams
from visalign.reports.clip_report import ClipReport, SoundInfo
from visalign.reports.wording import (
    certainty,
    headline,
    in_short,
    interval_in_words,
    is_open_by,
    lead_in_words,
    remedy,
    statement,
    tells_offset,
    with_reason,
    word_as_told,
)
from visalign.sync.drift import course_of_words
from visalign.sync.estimate import LeadEstimate
from visalign.sync.verdict import Cause, Objection, SyncEstimate, changing_offset, decide
from visalign.timeline import Tier

NOTHING = "there is no evidence for any offset"
LIMITS = (CLIP.max_lead_seconds, CLIP.max_lag_seconds)
FACTS: dict[Cause, dict[str, Any]] = {
    Cause.DAMAGED: {"part": "sound", "share": 0.0765},
    Cause.EDGE_OF_SEARCH: {"centre": 12.3456789, "reach": 0.6},
    Cause.FEW_PICTURES: {"rate": 14.985},
    Cause.NOISY_SOUND: {"snr_db": 7.5000001},
    Cause.LITTLE_SPEECH: {"speech": 0.75, "wanted": 1.5},
    Cause.NO_FIT: {"match": 0.12345},
    Cause.SEVERAL_LAGS: {"confidence": 0.655},
    Cause.DOUBTFUL_MATCH: {"match": 0.4449999, "least": 0.85},
}
# Numbers near those at which words change: halves of a millisecond, of a percent.
NEAR = st.sampled_from([0.0, 1e-7, -1e-7, 4e-7])
LEADS = st.builds(lambda half_ms, off: half_ms / 2000 + off, st.integers(-600, 600), NEAR)
PARTS = st.builds(lambda half_percent, off: min(max(half_percent / 200 + off, 0.0), 1.0), st.integers(0, 200), NEAR)


def report_of(sync: SyncEstimate, leads: np.ndarray, **more: Any) -> ClipReport:
    """A report with a word every two seconds."""
    starts = 2.0 * np.arange(len(leads))
    rows = [("w", s, s + 0.5, "AA", "A", "A", 1.0, x, 0.5, "uncertain") for s, x in zip(starts, leads, strict=True)]
    edges = sorted({0.0, *starts.tolist(), *(starts + 0.5).tolist(), 60.0})
    labels = ["w" if edge in starts else "" for edge in edges[:-1]]
    words, phones = Tier("words", tuple(edges), tuple(labels)), Tier("phones", (0.0, 60.0), ("SIL",))
    return make_report(sync=sync, judged_words=judged(*rows), words=words, phones=phones, **more)


@given(
    cause=st.sampled_from([None, *Cause]),
    lead=LEADS,
    half=PARTS,
    confidence=PARTS,
    match=PARTS,
    start=st.floats(-0.2, 0.2),
    rate=st.sampled_from([0.0, 0.0004, 0.001, -0.002, 0.0123]),
    jump=st.sampled_from([0.0, 0.15, -0.3]),
    snr_db=st.floats(-5, 60),
    seed=st.integers(0, 1000),
)
def test_a_report_read_back_says_the_same(
    cause: Cause | None,
    lead: float,
    half: float,
    confidence: float,
    match: float,
    start: float,
    rate: float,
    jump: float,
    snr_db: float,
    seed: int,
) -> None:
    """Whatever the verdict and its cause, summary, statement, remedy and headline of the page are the live ones."""
    n_words = 30
    times = 2.0 * np.arange(n_words)
    noise = np.random.default_rng(seed).normal(0, 0.008, n_words)
    leads = start + rate * times + jump * (times > 31) + noise
    course = course_of_words(times, times + 0.5, leads)
    estimate = LeadEstimate(lead, (lead - half, lead + half), confidence, match, (-0.6, 0.0, 0.6), (-1.0, 0.0, -1.0))
    if cause is None:
        objections: list[Objection] = []
    elif cause in (Cause.DRIFT, Cause.JUMPS):
        objections = list(changing_offset(course, lead, LIMITS, 60.0))
    else:
        objections = [
            Objection(cause, FACTS.get(cause, {})),
            *([Objection(Cause.NO_FIT, FACTS[Cause.NO_FIT])] * (seed % 2)),
        ]
    sync = with_reason(decide(estimate, LIMITS, ThresholdParams(), objections, strict=bool(seed % 3)))
    live = report_of(sync, leads, clip=replace(CLIP, sound=SoundInfo(snr_db, -23.0449999, 0.0)))
    back = ClipReport.from_dict(json.loads(json.dumps(live.to_dict())))
    assert back.sync.cause is live.sync.cause
    assert back.summary() == live.summary()
    assert statement(back.sync) == statement(live.sync)
    assert remedy(back.sync, back.course()) == remedy(live.sync, live.course())
    assert certainty(back.sync) == certainty(live.sync)
    assert is_open_by(back.sync) == is_open_by(live.sync)
    assert headline(back.sync) == headline(live.sync)
    assert back.to_dict() == live.to_dict()


@given(LEADS)
def test_a_lead_and_what_is_written_of_it_have_one_wording(lead: float) -> None:
    assert lead_in_words(lead) == lead_in_words(round(lead, 6))


def test_every_cause_has_a_sentence() -> None:
    """Of those that a course makes, the sentence is that of the course."""
    said = set()
    for cause in Cause:
        if cause not in (Cause.DRIFT, Cause.JUMPS):
            sync = SyncEstimate(0.0, None, 0.0, "uncertain", objections=(Objection(cause, FACTS.get(cause, {})),))
            said.add(with_reason(sync).reason)
    assert len(said) == len(Cause) - 2
    assert "" not in said


@pytest.mark.parametrize(
    ("verdict", "lead", "short", "whole"),
    [
        ("in-sync", 0.003, "audio is 3 ms early", "In sync: audio is 3 ms early."),
        ("audio-early", 0.12, "audio is 120 ms early", "Audio is 120 ms early."),
        ("audio-late", -0.12, "audio is 120 ms late", "Audio is 120 ms late."),
        ("mismatched", 0.2, "lips and sound do not fit", "Mismatched: why."),
        ("uncertain", 0.2, "", "Uncertain: why."),
        (
            "uncertain",
            None,
            "there is no evidence for any offset",
            "Uncertain: there is no evidence for any offset: why.",
        ),
    ],
)
def test_statements(verdict: str, lead: float | None, short: str, whole: str) -> None:
    sync = SyncEstimate(lead, None, 0.9, verdict, "why")
    assert in_short(sync) == short
    assert statement(sync) == whole


def test_a_mismatch_has_no_offset_anywhere() -> None:
    sync = SyncEstimate(0.119, (0.082, 0.318), 0.01, "mismatched", "at no lag do the lips fit", cause=Cause.NO_FIT)
    report = make_report(sync=sync)
    assert not re.search(r"early|late|interval|Confidence|\d ms", report.summary().partition("words are")[0])
    assert (interval_in_words(sync), tells_offset(sync)) == ("", False)
    assert word_as_told(sync, "audio-early", 0.35) == ("mismatched", None)
    assert report.to_dict()["sync"]["lead_seconds"] == 0.119  # a program may want it


def test_a_doubtful_mismatch_has_no_best_guess_either() -> None:
    sync = SyncEstimate(0.119, (0.0, 0.3), 0.01, "uncertain", "why", cause=Cause.NOISY_SOUND)
    assert "ms" not in make_report(sync=sync).summary().partition(";")[0]


def test_a_clip_that_fits_tells_its_words_as_they_are() -> None:
    sync = SyncEstimate(0.119, (0.1, 0.14), 0.99, "audio-early")
    assert word_as_told(sync, "audio-early", 0.35) == ("audio-early", 0.35)
    assert word_as_told(sync, "uncertain", float("nan")) == ("uncertain", None)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"match": 0.82, "least": 0.85, "speech": 0.8, "wanted": 1.6}, "82%, wanted: 85%); about 1.6 s of speech"),
        ({"match": 0.9687, "least": 0.97, "speech": 0.8, "wanted": 0.83}, "96.9%, wanted: 97%); a little more speech"),
    ],
)
def test_too_little_speech_is_told_beside_what_is_wanted(facts: dict[str, Any], said: str) -> None:
    objection = Objection(Cause.DOUBTFUL_MATCH, facts)
    assert said in with_reason(SyncEstimate(0.0, None, 0.5, "uncertain", objections=(objection,))).reason


def test_frames_stand_beside_milliseconds() -> None:
    early = SyncEstimate(0.12, None, 0.99, "audio-early")
    assert remedy(early, rate=Fraction(25)) == "To fix, delay the audio by 120 ms. That is 3 frames at 25 fps."
    assert remedy(early, rate=Fraction(30000, 1001)).endswith("That is 3.6 frames at 29.97 fps.")
