"""The offset of a clip: density, best lead, interval, verdict."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_sync import estimate_sync
from sample_lips import NAMES, frame_times, make_lips, random_stream

import visalign.sync.estimate as sync
from visalign.config import PROFILES
from visalign.parameters import EvidenceParams
from visalign.sync.estimate import (
    LagEvidence,
    best_lead,
    lag_density,
    lag_evidence,
    lead_interval,
    placed_match,
    spoken_frames,
)
from visalign.sync.lead_course import LeadCourse
from visalign.sync.lip_model import Calibration
from visalign.sync.speech_context import SpeechContext
from visalign.sync.verdict import VERDICTS, SyncEstimate
from visalign.timeline import Interval, Tier

LAGS = 0.01 * np.arange(-60, 61)
SURE = Calibration(temperature=1.0, lag_scatter=0.005, match_offset=10.0, match_weights=(0.0, 0.0))  # always a match
# as a trained model is: what neighbouring frames say together counts a third
TEMPERED = Calibration(temperature=0.3, lag_scatter=0.006, match_offset=10.0, match_weights=(0.0, 0.0))
DRIFT = LeadCourse(np.array([0.0, 1.0]), np.array([-0.1, 0.1]))
LIMITS = (0.04, 0.06)
N_FRAMES = 25


def evidence_of(curve: np.ndarray, lags: np.ndarray = LAGS) -> LagEvidence:
    """Evidence that adds up to `curve`, the same in every frame."""
    return LagEvidence(lags, np.tile(curve / N_FRAMES, (N_FRAMES, 1)), frame_times(N_FRAMES).centres)


def peak(lead: float, sigma: float) -> np.ndarray:
    return -0.5 * ((LAGS - lead) / sigma) ** 2


def estimate(curve: np.ndarray, calibration: Calibration = SURE, limits: tuple[float, float] = LIMITS) -> SyncEstimate:
    return estimate_sync(evidence_of(curve), np.ones(N_FRAMES, bool), calibration, limits)


# --- density and estimate ------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-50, 0), min_size=13, max_size=13), st.floats(0.03, 1), st.floats(0.004, 0.02))
def test_the_density_is_one(curve: list[float], temperature: float, scatter: float) -> None:
    lags = np.linspace(-0.06, 0.06, 13)
    fine, density = lag_density(lags, np.array(curve), Calibration(temperature, scatter, 0, (1, 0.0)))
    assert density.sum() == pytest.approx(1, abs=1e-9)
    assert density.min() >= 0
    assert np.diff(fine) == pytest.approx(0.002, abs=1e-9)
    assert (fine[0], fine[-1]) == (lags[0], lags[-1])


@pytest.mark.parametrize("lead", [-0.3137, -0.12, -0.0042, 0.0, 0.0058, 0.1234, 0.407])
def test_the_lead_is_found_between_the_lags(lead: float) -> None:
    found = estimate(peak(lead, 0.02))
    assert found.lead_seconds == pytest.approx(lead, abs=0.001)
    assert found.lead_interval is not None
    low, high = found.lead_interval
    assert low < lead < high


def test_the_interval_holds_95_percent_of_peak_and_scatter() -> None:
    """Two independent Gaussians, of 20 and 15 ms, make one of 25 ms."""
    found = estimate(peak(0.1, 0.02), Calibration(1.0, 0.015, 10.0, (0.0, 0.0)))
    low, high = found.lead_interval or (np.nan, np.nan)
    assert (low, high) == pytest.approx((0.1 - 1.96 * 0.025, 0.1 + 1.96 * 0.025), abs=0.003)
    # within ±40 ms of it: 1.6 standard deviations, 0.89
    assert found.confidence == pytest.approx(0.8904, abs=0.015)


def test_the_temperature_widens() -> None:
    """A quarter of the evidence is twice the width."""
    widths = []
    for temperature in (1.0, 0.25):
        low, high = estimate(peak(0.1, 0.02), Calibration(temperature, 0.001, 10.0, (0.0, 0.0))).lead_interval or (
            0,
            0,
        )
        widths.append(high - low)
    assert widths[1] / widths[0] == pytest.approx(2, rel=0.1)


def test_a_tempered_peak_has_the_width_of_what_counts_and_of_the_scatter() -> None:
    """10 ms over the root of 0.3 and 6 ms of scatter: 18.26 and 6 ms together are 19.22 ms."""
    found = estimate(peak(0.1, 0.01), TEMPERED)
    low, high = found.lead_interval or (np.nan, np.nan)
    half = 1.96 * np.hypot(0.01 / np.sqrt(0.3), 0.006)
    assert (low, high) == pytest.approx((0.1 - half, 0.1 + half), abs=0.003)
    assert half == pytest.approx(0.03767, abs=1e-5)


def test_a_course_moves_the_lags_of_a_part_and_not_the_estimate() -> None:
    """The course rises from -100 to 100 ms within the second: 50 ms at 0.75 s, in the middle of the part."""
    steady = evidence_of(peak(0.2, 0.02))
    along = LagEvidence(steady.lags, steady.log_likelihoods, steady.centres, DRIFT)
    assert along.lags_at(Interval(0.7, 0.8, "")) == pytest.approx(LAGS + 0.05, abs=1e-12)
    assert along.lags_at(Interval(0.0, 0.5, "")) == pytest.approx(LAGS - 0.05, abs=1e-12)
    spoken = np.ones(N_FRAMES, bool)
    assert estimate_sync(along, spoken, TEMPERED, LIMITS) == estimate_sync(steady, spoken, TEMPERED, LIMITS)


def test_confidence_counts_how_certain_the_search_is() -> None:
    """The true lead is among these lags with a probability of 0.7, and then lies at the peak with what was found."""
    evidence, spoken = evidence_of(peak(0.1, 0.02)), np.ones(N_FRAMES, bool)
    sure, doubtful = (estimate_sync(evidence, spoken, SURE, LIMITS, certainty=x) for x in (1.0, 0.7))
    assert doubtful.confidence == pytest.approx(0.7 * sure.confidence, rel=1e-12)
    assert sure.confidence > 0.9
    assert (doubtful.lead_seconds, doubtful.lead_interval) == (sure.lead_seconds, sure.lead_interval)


def test_the_best_lead_sees_a_frame_to_either_side() -> None:
    """Two spikes 80 ms apart: the stretch around their middle reaches both, to 40 ms on either side."""
    fine = 0.002 * np.arange(-100, 101)
    density = np.zeros(201)
    density[[80, 120]] = 0.75, 0.25
    lead, mass = best_lead(fine, density)
    assert mass == pytest.approx(1.0, abs=1e-12)
    assert lead == pytest.approx(0.75 * -0.04 + 0.25 * 0.04, abs=1e-12)
    density[[120, 121]] = 0.0, 0.25  # 82 ms: one of them only
    assert best_lead(fine, density) == (pytest.approx(-0.04, abs=1e-12), pytest.approx(0.75, abs=1e-12))


def test_the_interval_leaves_as_much_beyond_either_end() -> None:
    """A hundred steps of 1 % each: 2.5 % are passed in the third, 97.5 % in the ninety-eighth."""
    low, high = lead_interval(np.arange(100.0), np.full(100, 0.01))
    assert (low, high) == (2.0, 97.0)


def test_the_curve_is_kept_relative_to_its_best() -> None:
    found = estimate(peak(0.1, 0.02) - 77)
    assert found.lags == pytest.approx(LAGS.tolist(), abs=1e-12)
    assert found.log_likelihoods == pytest.approx(peak(0.1, 0.02).tolist(), abs=1e-9)
    assert max(found.log_likelihoods) == 0


# --- verdicts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lead", "verdict"),
    [
        (0.15, "audio-early"),
        (0.06, "audio-early"),
        (0.035, "in-sync"),
        (0.0, "in-sync"),
        (-0.055, "in-sync"),
        (-0.08, "audio-late"),
        (-0.15, "audio-late"),
    ],
)
def test_limits_on_both_sides(lead: float, verdict: str) -> None:
    """The audio may lead by 40 ms and lag by 60 ms."""
    assert estimate(peak(lead, 0.003)).verdict == verdict


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_both_limits_of_every_profile(profile: str) -> None:
    """5 ms to either side of each limit, by evidence that is sure to a millisecond."""
    max_lead, max_lag = PROFILES[profile]
    sharp = Calibration(1.0, 0.001, 10.0, (0.0, 0.0))
    lags = 0.002 * np.arange(-200, 201)

    def verdict(lead: float) -> str:
        curve = -0.5 * ((lags - lead) / 0.001) ** 2
        return estimate_sync(evidence_of(curve, lags), np.ones(N_FRAMES, bool), sharp, (max_lead, max_lag)).verdict

    assert [verdict(max_lead + x) for x in (0.005, -0.004)] == ["audio-early", "in-sync"]
    assert [verdict(-max_lag - x) for x in (0.005, -0.004)] == ["audio-late", "in-sync"]


@pytest.mark.parametrize(("limits", "verdict"), [((0.06, 0.04), "in-sync"), ((0.04, 0.06), "audio-early")])
def test_the_first_limit_is_that_of_the_lead(limits: tuple[float, float], verdict: str) -> None:
    assert estimate(peak(0.055, 0.0015), Calibration(1.0, 0.004, 10.0, (0.0, 0.0)), limits).verdict == verdict


@pytest.mark.parametrize("lead", [0.06, -0.08])
def test_an_interval_across_a_limit_is_uncertain(lead: float) -> None:
    found = estimate(peak(lead, 0.02))
    assert found.verdict == "uncertain"
    assert "limit" in found.reason
    assert found.lead_seconds == pytest.approx(lead, abs=0.002)


# Where the interval stands to a limit: steps of 2 ms by which its end lies beyond, and whether the lead does.
STANDS = {
    "just inside": (-1, False, "in-sync", "in-sync"),
    "touching from inside": (0, False, "in-sync", "in-sync"),
    "just crossing": (1, False, "in-sync", "uncertain"),
    "crossing, lead beyond": (1, True, "uncertain", "uncertain"),
    "touching from outside": (0, True, "uncertain", "uncertain"),
    "just outside": (-1, True, None, None),
}
OWN_LIMITS = {"own": (0.033, 0.071), "own, one side": (0.1, 0.013)}


@pytest.mark.parametrize("stands", STANDS)
@pytest.mark.parametrize("side", ["early", "late"])
@pytest.mark.parametrize("profile", [*sorted(PROFILES), *OWN_LIMITS])
def test_the_interval_at_each_limit_strict_and_not(profile: str, side: str, stands: str) -> None:
    """An interval whose end stands inside, on or across a limit, with the lead within it and beyond it."""
    limits = {**PROFILES, **OWN_LIMITS}[profile]
    sign, limit = (1, limits[0]) if side == "early" else (-1, limits[1])
    steps, is_beyond, plain, strict = STANDS[stands]
    sharp = Calibration(1.0, 0.001, 10.0, (0.0, 0.0))
    lags = sign * limit + 0.002 * np.arange(-200, 201)  # so that steps of 2 ms from the limit are on the grid

    def judged(distance: float, *, strict: bool = False) -> SyncEstimate:
        curve = -0.5 * ((lags - sign * (limit + distance)) / 0.0015) ** 2
        return estimate_sync(evidence_of(curve, lags), np.ones(N_FRAMES, bool), sharp, limits, strict=strict)

    low, high = judged(0.0).lead_interval or (0.0, 0.0)
    half = max(high - sign * limit, sign * limit - low)
    distance = half - 0.002 * steps if is_beyond else -half + 0.002 * steps
    found = judged(distance)
    ends = np.array(found.lead_interval) - sign * limit
    assert np.abs(ends).min() == pytest.approx(0.002 * abs(steps), abs=1e-6)  # it stands where the case says
    assert found.lead_seconds == pytest.approx(sign * (limit + distance), abs=1e-6)
    assert (found.verdict, judged(distance, strict=True).verdict) == (
        plain or f"audio-{side}",
        strict or f"audio-{side}",
    )
    reason = found.reason, judged(distance, strict=True).reason
    assert ["limit" in x for x in reason] == [plain == "uncertain", strict == "uncertain"]


@pytest.mark.parametrize("lead", [0.75, -0.75, 0.6, -0.6])
def test_a_best_lag_at_the_edge_is_uncertain(lead: float) -> None:
    found = estimate(peak(lead, 0.01))
    assert found.verdict == "uncertain"
    assert "edge of the search (±600 ms)" in found.reason
    assert found.lead_seconds is not None


def test_a_flat_curve_is_uncertain() -> None:
    found = estimate(np.full(len(LAGS), -3.0))
    assert found.verdict == "uncertain"
    assert found.confidence < 0.1


def test_two_peaks_are_uncertain() -> None:
    two = np.logaddexp(peak(-0.2, 0.01), peak(0.2, 0.01) - 0.1)
    found = estimate(two)
    assert found.verdict == "uncertain"
    assert "several lags" in found.reason
    assert found.confidence == pytest.approx(1 / (1 + np.exp(-0.1)), abs=0.01)  # the higher one's share
    assert found.lead_seconds == pytest.approx(-0.2, abs=0.002)


def test_without_any_evidence_there_is_no_lead() -> None:
    nothing = LagEvidence(LAGS, np.zeros((N_FRAMES, len(LAGS))), frame_times(N_FRAMES).centres)
    for evidence, spoken in ((nothing, True), (evidence_of(peak(0, 0.02)), False)):
        found = estimate_sync(evidence, np.full(N_FRAMES, spoken), SURE, LIMITS)
        assert (found.lead_seconds, found.lead_interval, found.verdict) == (None, None, "uncertain")
        assert found.confidence == 0
        assert "face" in found.reason


def test_what_fits_nowhere_is_mismatched_and_still_has_a_best_guess() -> None:
    found = estimate(peak(0.2, 0.01), Calibration(1.0, 0.005, -10.0, (0.0, 0.0)))
    assert found.verdict == "mismatched"
    assert found.lead_seconds == pytest.approx(0.2, abs=0.002)


def test_no_lead_is_surer_than_that_lips_and_sound_belong_together() -> None:
    curve = peak(0.2, 0.01)
    certain, doubtful = (estimate(curve, Calibration(1.0, 0.005, offset, (0.0, 0.0))) for offset in (10.0, 0.5))
    assert certain.confidence > 0.99
    assert doubtful.match < 0.8
    assert doubtful.confidence == pytest.approx(certain.confidence * doubtful.match / certain.match, rel=1e-9)
    assert doubtful.lead_seconds == certain.lead_seconds


@given(st.lists(st.floats(-30, 0), min_size=121, max_size=121), st.floats(-3, 3))
def test_whatever_the_curve_the_estimate_is_in_range(curve: list[float], offset: float) -> None:
    found = estimate(np.array(curve) - 1.0, Calibration(0.2, 0.01, offset, (0.0, 0.0)))
    assert found.verdict in VERDICTS
    assert 0 <= found.confidence <= 1
    assert found.lead_seconds is not None
    assert found.lead_interval is not None
    assert -0.6 <= found.lead_interval[0] <= found.lead_interval[1] <= 0.6
    assert bool(found.reason) == (found.verdict in ("uncertain", "mismatched"))


# --- match ---------------------------------------------------------------------------------------------------------


def test_a_match_once_the_best_lag_is_known() -> None:
    """Bayes by hand: 100 of 1200 ms lie within the limits, and half of all matching clips; three of four match.

    Within them the odds are 3 x 1/2 : 1/12 = 18, elsewhere 3 x 1/2 : 11/12 = 18/11.
    """
    assert placed_match(0.5, 0.01, LAGS, LIMITS) == pytest.approx(18 / 19, abs=1e-9)
    assert placed_match(0.5, -0.06, LAGS, LIMITS) == pytest.approx(18 / 19, abs=1e-9)
    assert placed_match(0.5, 0.04, LAGS, LIMITS) == pytest.approx(18 / 19, abs=1e-9)
    assert placed_match(0.5, 0.05, LAGS, LIMITS) == pytest.approx(18 / 29, abs=1e-9)  # a lag may be so much, no lead
    assert placed_match(0.5, 0.3, LAGS, LIMITS) == pytest.approx(18 / 29, abs=1e-9)
    assert placed_match(0.5, -0.061, LAGS, LIMITS) == pytest.approx(18 / 29, abs=1e-9)
    assert placed_match(0.8, 0.3, LAGS, LIMITS) == pytest.approx(72 / 83, abs=1e-9)
    assert placed_match(0.0, 0.0, LAGS, LIMITS) == 0
    assert placed_match(1.0, 0.3, LAGS, LIMITS) == pytest.approx(1, abs=1e-9)


def test_limits_as_wide_as_the_search_say_nothing_of_a_best_lag_within() -> None:
    """All lags within: the odds are 3 x 1/2 : 1, and three to two of a match that was even."""
    assert placed_match(0.5, 0.3, LAGS, (0.6, 0.6)) == pytest.approx(0.6, abs=1e-9)
    assert placed_match(0.5, 0.3, LAGS, (0.9, 0.9)) == pytest.approx(0.6, abs=1e-9)


def test_block_by_block_says_what_all_at_once_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 90 frames, some without a face and some not spoken, 16 at a time; moments reach over the blocks' edges."""
    rows = np.random.default_rng(5).normal(size=(90, len(LAGS)))
    rows[[3, 4, 40]] = 0.0
    evidence, spoken = LagEvidence(LAGS, rows, frame_times(90).centres), np.arange(90) % 7 > 0
    found = estimate_sync(evidence, spoken, TEMPERED, LIMITS)
    monkeypatch.setattr(sync, "_BLOCK", 16)
    assert evidence.total == pytest.approx(rows.sum(axis=0), abs=1e-12)
    assert evidence.has_face.tolist() == np.any(rows, axis=1).tolist()
    assert estimate_sync(evidence, spoken, TEMPERED, LIMITS).confidence == pytest.approx(found.confidence, rel=1e-9)


def test_lags_lie_on_their_grid_about_any_centre() -> None:
    """Steps of 10 ms, 50 ms to either side of the step nearest to 123 ms."""
    stream, context = random_stream(np.random.default_rng(0), NAMES[:2], 3, 2, 1.0), np.zeros((50, 3), np.float32)
    lips = make_lips(np.ones((10, len(NAMES))))
    found = lag_evidence((stream,), lips, SpeechContext(context), 0.05, EvidenceParams(), centre=0.123)
    assert found.lags == pytest.approx(0.01 * np.arange(7, 18), abs=1e-12)
    assert found.log_likelihoods.shape == (10, 11)
    assert lag_evidence((stream,), lips, SpeechContext(context), 0.3, EvidenceParams()).lags[[0, -1]] == pytest.approx(
        [-0.3, 0.3]
    )


def test_spoken_frames_are_those_near_speech() -> None:
    """Speech from 1.0 to 1.4 s, 0.2 s to either side: frames with their middle in [0.8, 1.6)."""
    lips = make_lips(np.zeros((75, len(NAMES))))
    phones = Tier("phones", (0.0, 1.0, 1.2, 1.4, 3.0), ("SIL", "B", "AA", "SIL"))
    near = spoken_frames(lips, phones)
    centres = lips.times.centres
    assert near.tolist() == ((centres >= 0.8) & (centres < 1.6)).tolist()
    assert near.sum() == 20
    assert not spoken_frames(lips, Tier("phones", (0.0, 3.0), ("SIL",))).any()


def test_phones_where_no_voice_is_heard_do_not_count() -> None:
    """B is heard, AA is not: frames with their middle in [0.8, 1.4) remain."""
    lips = make_lips(np.zeros((75, len(NAMES))))
    phones = Tier("phones", (0.0, 1.0, 1.2, 1.4, 3.0), ("SIL", "B", "AA", "SIL"))
    near = spoken_frames(lips, phones, Tier("speech", (0.0, 1.1, 1.2, 3.0), ("", "speech", "")))
    centres = lips.times.centres
    assert near.tolist() == ((centres >= 0.8) & (centres < 1.4)).tolist()
    assert not spoken_frames(lips, phones, Tier("speech", (0.0, 3.0), ("",))).any()


def test_speech_is_looked_for_where_its_lips_are_seen() -> None:
    """Speech from 1.0 to 1.4 s whose lips come half a second later, or a tenth and without a margin."""
    lips = make_lips(np.zeros((75, len(NAMES))))
    phones, centres = Tier("phones", (0.0, 1.0, 1.4, 3.0), ("SIL", "B", "SIL")), lips.times.centres
    assert spoken_frames(lips, phones, lead=0.5).tolist() == ((centres >= 1.3) & (centres < 2.1)).tolist()
    assert spoken_frames(lips, phones, margin=0.0, lead=0.1).tolist() == ((centres >= 1.1) & (centres < 1.5)).tolist()


def test_a_voice_that_only_touches_a_phone_does_not_count() -> None:
    """B is heard from 1.0 to 1.2 s; a voice that ends at 1.0 s or begins at 1.2 s is another one's."""
    lips = make_lips(np.zeros((75, len(NAMES))))
    phones = Tier("phones", (0.0, 1.0, 1.2, 3.0), ("SIL", "B", "SIL"))
    for start, end, counts in ((0.5, 1.0, False), (0.5, 1.01, True), (1.2, 2.0, False), (1.19, 2.0, True)):
        speech = Tier("speech", (0.0, start, end, 3.0), ("", "speech", ""))
        assert spoken_frames(lips, phones, speech).any() == counts, (start, end)
