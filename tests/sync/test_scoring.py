"""Scores of words, agreement of visemes, counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from sample_lips import frame_times

from visalign.lips.viseme_decoder import STEP, UNSEEN, DecodedVisemes
from visalign.parameters import ScoringParams, ThresholdParams
from visalign.sync.estimate import LagEvidence
from visalign.sync.in_step import TYPICAL_MISFIT
from visalign.sync.lead_course import STEADY, LeadCourse
from visalign.sync.lip_model import Calibration
from visalign.sync.scoring import (
    ClipComparison,
    SyncScore,
    agreement_of,
    in_sync_probability,
    lead_density,
    local_curve,
)
from visalign.sync.verdict import SyncEstimate
from visalign.sync.word_verdicts import judge_words, misfit
from visalign.timeline import Interval, Tier
from visalign.visemes.expected import VisemeTarget

LIMITS = (0.04, 0.06)
PLAIN = Calibration(temperature=1.0, lag_scatter=0.005, match_offset=0.0, match_weights=(1.0, 0.0))
# as a trained model is: what neighbouring frames say together counts a third
TEMPERED = Calibration(temperature=0.3, lag_scatter=0.006, match_offset=0.0, match_weights=(1.0, 0.0))
LAGS = 0.01 * np.arange(-60, 61)
VISEMES = ("S", "A", "B", "C")
N_FRAMES = 30


def decoded_as(labels: str) -> DecodedVisemes:
    """A certain decoding: one letter a grid cell of 40 ms; "-" where there is no face."""
    posteriors = np.array([[np.nan] * 4 if x == "-" else [float(x == v) for v in VISEMES] for x in labels])
    cells = [
        Interval(STEP * k, STEP * (k + 1), UNSEEN if x == "-" else x, None if x == "-" else 1.0)
        for k, x in enumerate(labels)
    ]
    tier = Tier.from_intervals("observed visemes", cells).merge_equal()
    return DecodedVisemes(tier, STEP * (np.arange(len(labels)) + 0.5), VISEMES, posteriors, np.zeros(len(labels)))


def targets_of(labels: str, hidden: str = "") -> list[VisemeTarget]:
    """One target a run of letters, 40 ms a letter; those of `hidden` do not show on the lips."""
    tier = Tier.from_intervals("x", (Interval(STEP * k, STEP * (k + 1), x) for k, x in enumerate(labels)))
    return [
        VisemeTarget(x, x.label, frozenset({x.label}), x.label, "" if x.label == "S" else "word", x.label not in hidden)
        for x in tier.merge_equal()
    ]


def right_and_counted(expected: str, observed: str, lead: float = 0.0, hidden: str = "") -> tuple[int, int]:
    found = agreement_of(targets_of(expected, hidden), decoded_as(observed), lead, band=2)
    return int(found.is_right[found.counts].sum()), int(found.counts.sum())


# --- agreement -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("observed", "right"),
    [
        ("SSSAAAAABBBBBBBSSS", 12),  # as expected
        ("SSSAAAAAABBBBBBSSS", 12),  # a boundary one cell late: the path follows
        ("SSSAAABBBBBBBBBSSS", 12),  # two cells early: still in the band
        ("SSSAAAAAAAAABBBSSS", 10),  # four cells late: two of them lie beyond the band
        ("SSSAAAAACCCCCCCSSS", 5),  # another viseme all along
    ],
)
def test_agreement_follows_the_path_within_its_band(observed: str, right: int) -> None:
    assert right_and_counted("SSSAAAAABBBBBBBSSS", observed) == (right, 12)


def test_agreement_is_judged_at_the_lead() -> None:
    """The lips come six cells after the sound: 240 ms."""
    heard, seen = "SSSAAAAABBBBBBBSSSSSSSSS", "SSSSSSSSSAAAAABBBBBBBSSS"
    assert right_and_counted(heard, seen, lead=0.24) == (12, 12)
    assert right_and_counted(heard, seen)[0] < 6
    assert right_and_counted(seen, heard, lead=-0.24) == (12, 12)


def test_every_acceptable_viseme_is_right() -> None:
    targets = [
        VisemeTarget(Interval(0.0, 0.4, "A"), "A", frozenset({"A", "C"}), "A", "word"),
        VisemeTarget(Interval(0.4, 0.8, "B"), "B", frozenset({"B"}), "B", "word"),
    ]
    found = agreement_of(targets, decoded_as("C" * 20), 0.0, band=2)
    assert found.is_right.tolist() == [True] * 10 + [False] * 10
    assert found.targets.tolist() == [0] * 10 + [1] * 10


def test_costs_are_those_of_what_is_acceptable() -> None:
    """Half of the probability costs log 2, all of it nothing, none of it log 1000; a moment without a face nothing."""
    decoded = decoded_as("AA-A")
    decoded.posteriors[:] = [[0, 0.5, 0.5, 0], [0, 1, 0, 0], [np.nan] * 4, [1, 0, 0, 0]]
    found = agreement_of(targets_of("AAAA"), decoded, 0.0, band=0)
    assert found.costs == pytest.approx([np.log(2), 0.0, 0.0, np.log(1000)], abs=1e-9)
    assert found.is_right.tolist() == [True, True, False, False]
    assert found.counts.tolist() == [True, True, False, True]
    assert found.acceptable.tolist() == [[False, True, False, False]] * 4


def test_what_is_heard_never_comes_before_what_was_heard_earlier() -> None:
    """The second sound leads by half a second, those after it by nothing: it is shown at 0.9 s, they at 0.8 and 1.2 s.

    The third is then shown from 0.9 s on too, and the second not at all.
    """
    tier = Tier("x", (0.0, 0.4, 0.8, 1.2, 1.6), tuple("ABCA"))
    targets = [VisemeTarget(x, x.label, frozenset({x.label}), x.label, "w") for x in tier]
    found = agreement_of(targets, decoded_as("A" * 40), np.array([0.0, 0.5, 0.0, 0.0]), band=2)
    assert found.targets.tolist() == [0 if t < 0.9 else 2 if t < 1.2 else 3 for t in found.times]


def test_silence_hidden_sounds_and_faceless_frames_do_not_count() -> None:
    assert right_and_counted("SSSAAAAABBBBBBBSSS", "SSSAAAAABBBBBBBSSS", hidden="B") == (5, 5)
    assert right_and_counted("SSSAAAAABBBBBBBSSS", "SSSAAAAABBBB---SSS") == (9, 9)
    assert right_and_counted("SSSAAAAABBBBBBBSSS", "-" * 18) == (0, 0)


@pytest.mark.parametrize("counts", [(1, 2, 0, 0), (2, -1, 0, 0), (0, 0, 1, 2), (0, 0, 1, -1)])
def test_impossible_counts_are_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="impossible counts"):
        SyncScore(*counts)


# --- the score of a word -------------------------------------------------------------------------------------------


def test_in_sync_probability_by_hand() -> None:
    """Likelihoods 1, 2, 1 at -100, 0 and 100 ms; the one in the middle is within: 2 / (2 + 1), and 4 / (4 + 1)."""
    lags, curve = np.array([-0.1, 0.0, 0.1]), np.array([0.0, np.log(2), 0.0])
    assert in_sync_probability(lags, curve, PLAIN, LIMITS, margin=0.02) == pytest.approx(2 / 3, abs=1e-12)
    sharper = Calibration(2.0, 0.005, 0.0, (1.0, 0.0))
    assert in_sync_probability(lags, curve, sharper, LIMITS, margin=0.02) == pytest.approx(4 / 5, abs=1e-12)


def test_an_explanation_is_a_mean_over_its_lags() -> None:
    """Within: (1 + 3) / 2 = 2; beyond: (1 + 1 + 4) / 3 = 2. The lag 10 ms past the limit belongs to neither."""
    lags = np.array([-0.2, -0.1, -0.05, 0.0, 0.05, 0.1])
    curve = np.log([1.0, 1.0, 1.0, 3.0, 1000.0, 4.0])
    assert in_sync_probability(lags, curve, PLAIN, LIMITS, margin=0.02) == pytest.approx(0.5, abs=1e-12)


def test_a_word_is_weighed_with_its_flanks() -> None:
    """A word from 0.2 to 0.3 s holds the frames at 0.22 and 0.26; one at 0.46 is two flanks of 80 ms away: exp(-2).

    What lies more than five flanks away, the frame at 0.78, is not looked at.
    """
    rows = np.zeros((30, 4))
    rows[[5, 6], 0], rows[11, 1], rows[19, 2] = 1.0, 1.0, 1.0
    evidence = LagEvidence(0.1 * np.arange(4), rows, frame_times(30).centres)
    curve = local_curve(Interval(0.2, 0.3, "a"), evidence, 0.0, flank=0.08)
    assert curve is not None
    assert curve == pytest.approx([2.0, np.exp(-2.0), 0.0, 0.0], abs=1e-12)
    later = local_curve(Interval(0.1, 0.2, "a"), evidence, 0.1, flank=0.08)  # the same lips, heard 100 ms before
    assert later == pytest.approx(curve, abs=1e-12)


def test_the_flanks_are_alike() -> None:
    """Frames one flank of 80 ms before the word and after it weigh the same, exp(-1/2)."""
    rows = np.zeros((30, 3))
    rows[5:8, 0], rows[3, 1], rows[9, 2] = 1.0, 1.0, 1.0
    evidence = LagEvidence(0.1 * np.arange(3), rows, frame_times(30).centres)
    curve = local_curve(Interval(0.22, 0.30, "a"), evidence, 0.0, flank=0.08)
    assert curve == pytest.approx([3.0, np.exp(-0.5), np.exp(-0.5)], abs=1e-12)


@pytest.mark.parametrize(
    ("end", "faceless", "is_judged"),
    [
        (0.32, [], True),  # three frames
        (0.32, [6], True),  # two of three
        (0.32, [6, 7], False),  # one of three: too few
        (0.24, [], True),  # the only one that it has
        (0.24, [5], False),
    ],
)
def test_a_word_needs_two_frames_with_a_face_or_all_it_has(end: float, faceless: list[int], is_judged: bool) -> None:
    curve = local_curve(Interval(0.2, end, "a"), evidence_at([0.0] * N_FRAMES, faceless), 0.0, flank=0.25)
    assert (curve is not None) == is_judged


@pytest.mark.parametrize("calibration", [PLAIN, TEMPERED])
def test_a_part_is_believed_to_stray_as_far_whatever_the_temperature(calibration: Calibration) -> None:
    """Without any evidence the belief remains: a spread of 80 ms about 0.1 s, and the model's scatter."""
    fine, density = lead_density(LAGS, np.zeros(len(LAGS)), 0.1, calibration, spread=0.08)
    mean = density @ fine
    assert mean == pytest.approx(0.1, abs=1e-4)
    assert np.sqrt(density @ (fine - mean) ** 2) == pytest.approx(np.hypot(0.08, calibration.lag_scatter), rel=1e-3)


def test_a_part_goes_between_its_own_evidence_and_the_whole() -> None:
    """Evidence of 80 ms over the root of 0.3 at 0.2 s, a spread of 60 ms about 0: weights 46.875 and 277.8."""
    fine, density = lead_density(LAGS, -0.5 * ((LAGS - 0.2) / 0.08) ** 2, 0.0, TEMPERED, spread=0.06)
    own, whole = 0.3 / 0.08**2, 1 / 0.06**2
    assert density @ fine == pytest.approx(0.2 * own / (own + whole), abs=1e-4)


def test_evidence_for_nothing_is_a_half() -> None:
    assert in_sync_probability(LAGS, np.zeros(len(LAGS)), PLAIN, LIMITS, margin=0.02) == pytest.approx(0.5, abs=1e-12)


def test_both_limits_count_as_they_are_signed() -> None:
    """Lead at most 40 ms, lag at most 60: -60 ms is within, +60 ms is not."""
    for lead, is_within in ((-0.06, True), (0.061, False), (0.04, True), (-0.081, False)):
        curve = -0.5 * ((LAGS - lead) / 0.002) ** 2
        probability = in_sync_probability(LAGS, curve, PLAIN, LIMITS, margin=0.02)
        assert (probability > 0.5) == is_within, lead


WORDS = Tier("words", (0.0, 0.2, 0.4, 0.8, 1.0, 1.2), ("", "one", "two", "six", ""))
PHONES = Tier("phones", (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2), ("SIL", "W", "T", "UW", "S", "SIL"))
SEQUENCE = (("S", "SIL", ""), ("B", "W", "one"), ("C", "T", "two"), ("A", "UW", "two"), ("B", "S", "six"))
TARGETS = [
    VisemeTarget(Interval(x.start, x.end, v), v, frozenset({v}), phone, word)
    for x, (v, phone, word) in zip(PHONES, (*SEQUENCE, ("S", "SIL", "")), strict=True)
]
EXACT = "SSSSSBBBBBCCCCCAAAAABBBBBSSSSS"


def evidence_at(
    leads: Sequence[float], faceless: Sequence[int] = (), course: LeadCourse = STEADY, width: float = 0.03
) -> LagEvidence:
    """Frames that each point at a lead, about the course, sharply."""
    rows = np.array([-0.5 * ((LAGS - lead) / width) ** 2 for lead in leads])
    rows[list(faceless)] = 0.0
    return LagEvidence(LAGS, rows, frame_times(len(leads)).centres, course)


def comparison(
    evidence: LagEvidence, lead: float | None = 0.0, observed: str = EXACT, calibration: Calibration = PLAIN
) -> ClipComparison:
    sync = SyncEstimate(lead, None, 1.0, "in-sync")
    return ClipComparison.of(
        TARGETS, decoded_as(observed), evidence, sync, calibration, LIMITS, ScoringParams(), ThresholdParams()
    )


def judged(
    evidence: LagEvidence, lead: float | None = 0.0, observed: str = EXACT, calibration: Calibration = PLAIN
) -> tuple[list[dict[str, object]], SyncScore]:
    return judge_words(WORDS, comparison(evidence, lead, observed, calibration))


def test_rows_are_the_words_in_their_order() -> None:
    rows, score = judged(evidence_at([0.0] * N_FRAMES))
    texts = [(r.label, r.start, r.end, r.phones, r.expected, r.observed) for r in rows]
    assert texts == [
        ("one", 0.2, 0.4, "W", "B", "B"),
        ("two", 0.4, 0.8, "T UW", "C A", "C A"),
        ("six", 0.8, 1.0, "S", "B", "B"),
    ]
    assert [row.viseme_accuracy for row in rows] == [1.0, 1.0, 1.0]
    assert [row.verdict for row in rows] == ["in-sync"] * 3
    assert score == SyncScore(20, 20, 3, 3)


@pytest.mark.parametrize("calibration", [PLAIN, TEMPERED])
def test_a_word_moved_alone_is_found(calibration: Calibration) -> None:
    """All frames but those of the last word, and after it, are in sync; its lips come 0.2 s later, five moments."""
    moved = EXACT[:20] + EXACT[19] * 5 + EXACT[20:25]
    rows, score = judged(evidence_at([0.0] * 20 + [0.2] * 10), calibration=calibration, observed=moved)
    assert [row.verdict for row in rows][0::2] == ["in-sync", "audio-early"]
    assert rows[2].own_lead_seconds == pytest.approx(0.2, abs=0.031)  # a frame of its neighbour speaks for it, too
    assert rows[2].own_lead_low < rows[2].own_lead_seconds < rows[2].own_lead_high
    assert rows[2].in_step < 0.02 < 0.9 < rows[0].in_step
    first, last = rows[0], rows[2]
    assert isinstance(first.score, float)
    assert isinstance(last.score, float)
    assert first.score > 0.9
    assert last.score < 0.1
    assert last.told_lead_seconds == last.own_lead_seconds  # not what it shares with its neighbours
    assert 0 < last.lead_seconds < last.own_lead_seconds
    assert score.n_words_in_sync < score.n_words == 3


def test_another_word_in_its_place_fits_nowhere() -> None:
    """The lips of the last word show what its sounds do not call for, wherever they are looked for."""
    rows, _ = judged(evidence_at([0.0] * 20 + [0.2] * 10), observed=EXACT[:20] + "C" * 10)
    assert rows[2].verdict == "mismatched"


def test_the_misfit_of_a_part_by_hand() -> None:
    """Where every moment shows what it should it costs nothing, where none does all that a moment can cost."""
    made = comparison(evidence_at([0.0] * N_FRAMES))
    assert misfit(Interval(0.4, 0.8, ""), 0.0, made) == pytest.approx(0.0, abs=0.1)
    other = comparison(evidence_at([0.0] * N_FRAMES), observed="S" * N_FRAMES)
    assert misfit(Interval(0.4, 0.8, ""), 0.0, other) > 4
    assert misfit(Interval(0.4, 0.8, ""), 5.0, made) == TYPICAL_MISFIT  # beyond the picture no moment tells it
    assert np.isnan(misfit(Interval(0.0, 0.2, ""), 0.0, made))  # silence has nothing to show


@pytest.mark.parametrize("calibration", [PLAIN, TEMPERED])
@pytest.mark.parametrize(("lead", "verdict"), [(0.2, "audio-early"), (-0.2, "audio-late")])
def test_words_say_to_which_side(lead: float, verdict: str, calibration: Calibration) -> None:
    rows, _ = judged(evidence_at([lead] * N_FRAMES), lead, calibration=calibration)
    assert [row.verdict for row in rows][1] == verdict
    assert rows[1].lead_seconds == pytest.approx(lead, abs=0.005)


def test_words_keep_their_scores_where_others_are_displaced() -> None:
    """What is wrong with the last word takes nothing from the first."""
    sound, _ = judged(evidence_at([0.0] * N_FRAMES))
    halves, _ = judged(evidence_at([0.0] * 20 + [0.3] * 10))
    assert halves[0].score == pytest.approx(float(str(sound[0].score)), abs=0.05)
    assert float(str(halves[2].score)) < 0.2


def test_a_word_whose_lips_are_not_seen_has_no_measures() -> None:
    """No face from 0.8 s on, so all of the last word; the others are judged."""
    faceless = range(20, 30)
    rows, score = judged(evidence_at([0.0] * N_FRAMES, faceless), observed=EXACT[:20] + "-" * 10)
    last = rows[2]
    assert np.isnan([last.viseme_accuracy, last.lead_seconds, last.score, last.confidence]).all()
    assert (last.verdict, last.observed) == ("uncertain", "")
    assert [row.verdict for row in rows[:2]] == ["in-sync", "in-sync"]
    assert score == SyncScore(15, 15, 2, 2)


def test_words_outside_the_picture_are_no_rows() -> None:
    """The picture ends where the last word begins; half a second later, the first one's lips came before it."""
    rows, score = judged(evidence_at([0.0] * 19), observed=EXACT[:19])
    assert [row.label for row in rows] == ["one", "two"]
    assert score.n_words == 2
    late, _ = judged(evidence_at([-0.5] * 19), lead=-0.5, observed=EXACT[:19])
    assert [row.label for row in late] == ["two", "six"]


def test_without_a_lead_words_are_looked_for_where_they_sound() -> None:
    rows, score = judged(evidence_at([0.0] * N_FRAMES, range(N_FRAMES)), lead=None, observed="-" * N_FRAMES)
    assert {row.verdict for row in rows} == {"uncertain"}
    assert score == SyncScore.zero()


# --- along a course ------------------------------------------------------------------------------------------------

# The clip leads by 0.1 s on the whole; 0.15 s less in the beginning, 0.15 s more from 1.2 s on.
DRIFT = LeadCourse(np.array([0.0, 1.2]), np.array([-0.15, 0.15]))


@pytest.mark.parametrize("calibration", [PLAIN, TEMPERED])
def test_words_lead_by_what_the_course_says_where_they_are_heard(calibration: Calibration) -> None:
    """Frames that hardly tell one lag from another: what remains is the clip's lead and its course.

    The words' middles are heard at 0.3, 0.6 and 0.9 s, a quarter, half and three quarters of the way.
    """
    rows, _ = judged(evidence_at([0.1] * N_FRAMES, course=DRIFT, width=3.0), 0.1, calibration=calibration)
    assert [row.lead_seconds for row in rows] == pytest.approx([0.025, 0.1, 0.175], abs=0.0021)
    sharp, _ = judged(evidence_at([0.1] * N_FRAMES, course=DRIFT), 0.1, calibration=calibration)
    assert [row.lead_seconds for row in sharp] == pytest.approx([0.025, 0.1, 0.175], abs=0.0021)
    assert [row.verdict for row in sharp] == ["in-sync", "audio-early", "audio-early"]


def test_lips_along_a_course_are_looked_for_where_they_are_shown() -> None:
    """A sound at 0.3 s is shown at 0.325 s, one at 0.9 s at 1.075 s, and back."""
    made = comparison(evidence_at([0.1] * N_FRAMES, course=DRIFT), 0.1)
    assert made.shown(Interval(0.2, 0.4, "")) == pytest.approx((0.225, 0.425), abs=1e-12)
    assert made.shown(Interval(0.8, 1.0, "")) == pytest.approx((0.975, 1.175), abs=1e-12)
    assert made.heard_at(np.array([0.325, 0.7, 1.075])) == pytest.approx([0.3, 0.6, 0.9], abs=1e-9)
    assert made.agreement.targets[[0, 29]].tolist() == [0, 4]


def test_a_part_has_the_sounds_that_overlap_it_and_moments_in_it() -> None:
    """From 0.4 to 0.8 s T and UW are heard, what touches it at its ends is not; moments of 40 ms from 0.42 s on."""
    made = comparison(evidence_at([0.0] * N_FRAMES))
    assert [x.phone for x in made.targets_in(Interval(0.4, 0.8, ""))] == ["T", "UW"]
    assert [x.phone for x in made.targets_in(Interval(0.39, 0.81, ""))] == ["W", "T", "UW", "S"]
    assert made.targets_in(Interval(0.0, 0.2, "")) == []  # silence is no speech
    assert made.moments(Interval(0.4, 0.8, "")).tolist() == list(range(10, 20))
    assert made.moments(Interval(0.1, 0.3, "")).tolist() == [5, 6]  # those before are silent


@pytest.mark.parametrize(
    ("start", "end", "is_shown"),
    [
        (-0.3, -0.01, True),  # ends within a moment of 40 ms before the first frame's middle, at 0.02 s
        (-0.3, -0.03, False),
        (1.21, 1.5, True),  # begins within a moment after the last one's, at 1.18 s
        (1.23, 1.5, False),
    ],
)
def test_a_word_at_the_edge_of_the_picture_is_in_it(start: float, end: float, is_shown: bool) -> None:
    made = comparison(evidence_at([0.0] * N_FRAMES))
    assert made.is_shown(Interval(start, end, "a")) == is_shown
    later = comparison(evidence_at([0.0] * N_FRAMES), 0.5)
    assert later.is_shown(Interval(start - 0.5, end - 0.5, "a")) == is_shown
