"""The verdict: what stands against one, in which order, and what is said of it; and the verdict on a word."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visalign.parameters import ThresholdParams
from visalign.reports.wording import is_open_by, remedy, statement, with_reason
from visalign.sync.drift import Drift, OffsetCourse, OffsetPiece
from visalign.sync.estimate import LeadEstimate
from visalign.sync.verdict import (
    PRECEDENCE,
    Cause,
    Objection,
    StandingInClip,
    SyncEstimate,
    changing_offset,
    decide,
    part_verdict,
    placed,
    word_verdict,
)

LIMITS = (0.04, 0.06)
THRESHOLDS = ThresholdParams()
LAGS = tuple(np.round(0.01 * np.arange(-60, 61), 9).tolist())


def sure(lead: float, *, confidence: float = 0.95, match: float = 0.98, half: float = 0.01) -> LeadEstimate:
    """An estimate that nothing stands against, but for what is changed of it."""
    return LeadEstimate(lead, (lead - half, lead + half), confidence, match, LAGS)


def decided(estimate: LeadEstimate, *objections: Objection, strict: bool = False) -> SyncEstimate:
    return with_reason(decide(estimate, LIMITS, THRESHOLDS, objections, strict=strict))


def jumps(*leads: float) -> OffsetCourse:
    pieces = tuple(OffsetPiece(10.0 * n, lead, 8) for n, lead in enumerate(leads))
    return OffsetCourse("jumps", Drift(0.0, 0.0, (-0.1, 0.1), 16), pieces, "")


def drift(start: float, rate: float) -> OffsetCourse:
    return OffsetCourse("drift", Drift(start, rate, (rate, rate), 16), (OffsetPiece(0.0, start, 16),), "")


STEADY = OffsetCourse("steady", Drift(0.0, 0.0, (-0.1, 0.1), 16), (OffsetPiece(0.0, 0.3, 16),), "")

# An objection of each cause, with the sentence that it makes.
EVERY = {
    Cause.OFF_SCREEN: ({}, "somebody off screen seems to speak"),
    Cause.DAMAGED: ({"share": 0.06, "part": "sound"}, "6% of the sound is damaged"),
    Cause.NO_FACE: ({}, "there is no frame with a face while somebody speaks"),
    Cause.EDGE_OF_SEARCH: ({"centre": 0.0, "reach": 0.6}, "the edge of the search (±600 ms); search wider with"),
    Cause.FEW_PICTURES: ({"rate": 12.4}, "there are only 12 pictures a second"),
    Cause.TREMBLING: ({}, "the landmarks of the lips tremble"),
    Cause.STILL_LIPS: ({}, "the lips hardly move"),
    Cause.NOISY_SOUND: ({"snr_db": 5.4}, "the sound is noisy (SNR 5 dB)"),
    Cause.LITTLE_SPEECH: (
        {"speech": 0.84, "wanted": 1.5},
        "0.8 s of speech are too little to tell; about",
    ),
    Cause.NO_FIT: ({"match": 0.1}, "at no lag do the lips fit what is heard (probability that they do: 10%)"),
    Cause.SEVERAL_LAGS: ({"confidence": 0.5}, "several lags fit about as well (probability that the best one is right"),
    Cause.DOUBTFUL_MATCH: (
        {"match": 0.4},
        "hardly better than they fit other sounds (probability",
    ),
    Cause.ACROSS_A_LIMIT: ({}, "the 95 % interval reaches across a limit of the verdict profile"),
    Cause.DRIFT: ({}, "the audio drifts: 600 ms a minute earlier (+10000 ppm)"),
    Cause.JUMPS: ({}, "the offset jumps: on time (0 ms), 200 ms early from 10.0 s"),
}
COURSES = {Cause.DRIFT: drift(-0.1, 0.01), Cause.JUMPS: jumps(0.0, 0.2)}
DOUBTS = (Cause.FEW_PICTURES, Cause.TREMBLING, Cause.STILL_LIPS, Cause.NOISY_SOUND, Cause.LITTLE_SPEECH)


def objection(cause: Cause) -> Objection:
    return Objection(cause, EVERY[cause][0], COURSES.get(cause))


# --- one verdict ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lead", "verdict"), [(0.0, "in-sync"), (0.1, "audio-early"), (-0.1, "audio-late")])
def test_without_an_objection_the_lead_decides(lead: float, verdict: str) -> None:
    found = decided(sure(lead))
    assert (found.verdict, found.cause, found.reason, found.objections) == (verdict, None, "", ())
    assert found.confidence == pytest.approx(0.95 * 0.98, rel=1e-12)


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause not in DOUBTS])
def test_every_cause_is_told(cause: Cause) -> None:
    found = decided(sure(0.1), objection(cause))
    assert found.verdict == ("mismatched" if cause is Cause.NO_FIT else "uncertain")
    assert found.cause is cause
    assert EVERY[cause][1] in found.reason
    assert found.reason in statement(found)
    assert found.lead_seconds == 0.1


def test_the_causes_stand_in_their_order_whatever_order_they_come_in() -> None:
    """What can't be seen or heard goes before what can't be found, and a course comes last."""
    assert PRECEDENCE[:3] == (Cause.OFF_SCREEN, Cause.DAMAGED, Cause.NO_FACE)
    assert PRECEDENCE[-2:] == (Cause.DRIFT, Cause.JUMPS)
    for first, second in itertools.combinations((c for c in PRECEDENCE if c not in DOUBTS), 2):
        for pair in ((first, second), (second, first)):
            assert decided(sure(0.0), *map(objection, pair)).cause is first


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_doubtful_mismatch_is_uncertain_and_tells_both(doubt: Cause) -> None:
    found = decided(sure(0.0), objection(doubt), objection(Cause.NO_FIT))
    assert (found.verdict, found.cause) == ("uncertain", doubt)
    assert found.reason.startswith("at no lag do the lips fit what is heard (probability that they do: 10%), but ")
    assert EVERY[doubt][1] in found.reason


def test_all_doubts_of_a_mismatch_are_told() -> None:
    found = decided(sure(0.0), *map(objection, (Cause.NOISY_SOUND, Cause.NO_FIT, Cause.STILL_LIPS)))
    assert " show it) and the sound is noisy (SNR 5 dB)" in found.reason
    assert found.cause is Cause.STILL_LIPS


@pytest.mark.parametrize("doubt", DOUBTS)
@pytest.mark.parametrize("lead", [0.0, 0.1, -0.1])
def test_poor_material_stands_against_a_mismatch_only(lead: float, doubt: Cause) -> None:
    assert decided(sure(lead), objection(doubt)) == decided(sure(lead))


def test_an_accusation_asks_for_enough_speech() -> None:
    short, long = (replace(sure(0.0, match=0.1), speech_seconds=seconds) for seconds in (1.49, 1.5))
    assert (decided(short).verdict, decided(short).cause) == ("uncertain", Cause.LITTLE_SPEECH)
    assert decided(long).verdict == "mismatched"


def test_a_clip_in_doubt_says_how_much_speech_would_do() -> None:
    """Odds of 0.7 lack ln(0.97/0.03) - ln(0.7/0.3) = 2.629 of those of 0.97: over 4, 1.657 times as high a standing."""
    doubtful = replace(sure(0.0, match=0.7), speech_seconds=1.7, log_odds_of_standing=4.0)
    assert decided(doubtful).cause is Cause.DOUBTFUL_MATCH
    assert "about 4.7 s of speech would do, here are 1.7 s" in decided(doubtful).reason


def test_how_much_speech_goes_by_the_limit_that_is_missed() -> None:
    """0.82 where 0.85 is wanted lacks little, however far it was from anything else that was once computed."""
    late = replace(sure(-0.2, match=0.82), speech_seconds=0.8, log_odds_of_standing=0.6)
    assert "82%, wanted: 85%); about 1.5 s of speech would do, here are 0.8 s" in decided(late).reason
    within = replace(sure(0.0, match=0.9687), speech_seconds=0.8, log_odds_of_standing=1.83)
    assert "96.9%, wanted: 97%); a little more speech would do than the 0.8 s here" in decided(within).reason
    assert within.speech_wanted(0.9) == 0.8  # it is surer than that already
    assert replace(within, log_odds_of_standing=None).speech_wanted(0.99) is None


def test_somebody_off_screen_leaves_no_confidence() -> None:
    assert decided(sure(0.0), objection(Cause.OFF_SCREEN)).confidence == 0.0


# --- what the estimate itself gives reason for -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimate", "cause"),
    [
        (LeadEstimate(None, None, 0.0), Cause.NO_FACE),
        (sure(0.585), Cause.EDGE_OF_SEARCH),
        (sure(-0.585), Cause.EDGE_OF_SEARCH),
        (sure(0.1, match=0.19), Cause.NO_FIT),
        (sure(0.1, confidence=0.79), Cause.SEVERAL_LAGS),
        (sure(0.0, match=0.969), Cause.DOUBTFUL_MATCH),
        (sure(0.1, match=0.849), Cause.DOUBTFUL_MATCH),
        (sure(0.05, half=0.02), Cause.ACROSS_A_LIMIT),
        (sure(-0.07, half=0.02), Cause.ACROSS_A_LIMIT),
        (sure(0.575), None),
        (sure(0.1, match=0.85), None),
        (sure(0.0, match=0.97, confidence=0.8), None),
        (sure(0.035, half=0.02), None),
    ],
)
def test_limits_by_hand(estimate: LeadEstimate, cause: Cause | None) -> None:
    assert decided(estimate).cause is cause


@pytest.mark.parametrize(
    ("lead", "cause"), [(0.035, Cause.ACROSS_A_LIMIT), (0.03, None), (-0.055, Cause.ACROSS_A_LIMIT)]
)
def test_strict_asks_for_the_whole_interval(lead: float, cause: Cause | None) -> None:
    assert decided(sure(lead), strict=True).cause is cause


def test_the_edge_of_a_wide_search_is_told_where_it_is() -> None:
    """The quick look pointed to 20 s; the exact search goes 600 ms to either side, and no setting makes it wider."""
    lags = tuple(np.round(20.0 + 0.01 * np.arange(-60, 61), 9).tolist())
    found = decided(LeadEstimate(20.59, (20.58, 20.6), 0.95, 0.98, lags))
    assert found.cause is Cause.EDGE_OF_SEARCH
    assert "±600 ms about 20000 ms early" in found.reason
    assert "max_lag_seconds" not in found.reason


# --- an offset that changes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lead", "course", "kept"),
    [
        (-0.05, jumps(0.11, -0.09), False),
        (0.0, jumps(-0.02, 0.03), True),
        (0.0, jumps(0.0, 0.2), False),
        (0.1, jumps(0.08, 0.2), True),
        (0.1, jumps(0.02, 0.2), False),
        (0.2, drift(0.1, 0.004), True),
        (0.0, drift(-0.02, 0.002), True),
        (0.0, drift(-0.1, 0.01), False),
        (0.0, STEADY, True),
        (0.0, None, True),
    ],
)
def test_parts_decide(lead: float, course: OffsetCourse | None, kept: bool) -> None:
    found = decided(sure(lead), *changing_offset(course, lead, LIMITS, end=20.0))
    assert (found.cause is None) == kept
    if not kept:
        assert found.verdict == "uncertain"
        assert found.reason.startswith(("the offset jumps: ", "the audio drifts: "))
        assert found.lead_seconds == lead


def test_without_a_lead_no_course_stands_against_it() -> None:
    assert list(changing_offset(jumps(0.0, 0.2), None, LIMITS, end=20.0)) == []


@pytest.mark.parametrize(("course", "mode"), [(jumps(0.0, 0.2), "pieces"), (drift(-0.1, 0.01), "drift")])
def test_the_remedy_is_the_mode_that_helps(course: OffsetCourse, mode: str) -> None:
    found = decided(sure(0.0), *changing_offset(course, 0.0, LIMITS, end=20.0))
    assert is_open_by(found)
    assert f"--mode {mode}" in remedy(found, course)
    assert "--mode" not in remedy(decided(sure(0.0), objection(Cause.SEVERAL_LAGS)), course)  # for another reason


# --- parts ---------------------------------------------------------------------------------------------------------


@given(st.floats(-1, 1), st.floats(0.001, 0.5), st.floats(0.001, 0.5))
def test_a_lead_lies_somewhere(lead: float, max_lead: float, max_lag: float) -> None:
    where = placed(lead, (max_lead, max_lag))
    assert (where == "in-sync") == (-max_lag <= lead <= max_lead)
    assert (where == "audio-early") == (lead > max_lead)


@pytest.mark.parametrize(
    ("lead", "score", "verdict"),
    [
        (0.0, 0.65, "in-sync"),
        (0.3, 0.65, "in-sync"),
        (0.0, 0.64, "uncertain"),
        (0.0, 0.36, "uncertain"),
        (0.0, 0.35, "mismatched"),
        (0.041, 0.35, "audio-early"),
        (-0.061, 0.1, "audio-late"),
        (float("nan"), float("nan"), "uncertain"),
    ],
)
def test_the_verdict_on_a_part(lead: float, score: float, verdict: str) -> None:
    """The score decides whether it is at fault, its lead which fault that is."""
    assert part_verdict(lead, score, LIMITS, THRESHOLDS) == verdict


@pytest.mark.parametrize(
    ("score", "in_step", "own_lead", "misfit", "beyond", "run_lead", "match", "verdict"),
    [
        (0.9, 0.9, 0.0, 1.0, 0.0, 0.0, 0.99, "in-sync"),
        # Off alone: by its own lead, within the limits or beyond them, or another word.
        (0.9, 0.02, 0.03, 1.0, 0.0, 0.0, 0.99, "out-of-step"),
        (0.9, 0.02, 0.041, 1.0, 0.0, 0.0, 0.99, "audio-early"),
        (0.9, 0.02, -0.061, 2.5, 0.0, 0.0, 0.99, "audio-late"),
        (0.9, 0.02, -0.061, 2.51, 0.0, 0.0, 0.99, "mismatched"),
        (float("nan"), 0.02, 0.1, 1.0, 0.0, 0.0, 0.99, "audio-early"),
        # Nothing is told of a clip that more likely has another's sound.
        (0.9, 0.02, 0.1, 1.0, 0.0, 0.0, 0.49, "uncertain"),
        (0.9, 0.02, 0.1, 1.0, 0.0, 0.0, 0.5, "audio-early"),
        (0.9, 0.021, 0.1, 1.0, 0.0, 0.0, 0.99, "uncertain"),
        (0.1, 0.9, 0.1, 1.0, 0.9, 0.1, 0.84, "uncertain"),
        (0.1, 0.9, 0.1, 1.0, 0.9, 0.1, 0.85, "audio-early"),
        # A run beyond the limits, with which it goes.
        (0.1, 0.9, 0.1, 1.0, 0.65, 0.1, 0.99, "audio-early"),
        (0.1, 0.9, -0.1, 1.0, 0.65, -0.1, 0.99, "audio-late"),
        (0.1, 0.9, 0.1, 1.0, 0.64, 0.1, 0.99, "uncertain"),
        (0.1, 0.9, 0.0, 1.0, 0.65, 0.0, 0.99, "uncertain"),
        # In doubt: by its score, or whether it goes with the clip.
        (0.64, 0.9, 0.0, 1.0, 0.0, 0.0, 0.99, "uncertain"),
        (0.9, 0.49, 0.0, 1.0, 0.0, 0.0, 0.99, "uncertain"),
        (float("nan"), 0.9, 0.0, 1.0, 0.0, 0.0, 0.99, "uncertain"),
    ],
)
def test_the_verdict_on_a_word(
    score: float,
    in_step: float,
    own_lead: float,
    misfit: float,
    beyond: float,
    run_lead: float,
    match: float,
    verdict: str,
) -> None:
    standing = StandingInClip(in_step, own_lead, misfit, beyond, run_lead, match)
    assert word_verdict(score, standing, LIMITS, THRESHOLDS) == verdict
