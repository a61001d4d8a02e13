"""The rough course of the lead: drifts and jumps laid into made-up lips, and the exact search that follows it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from sample_lips import NAMES, frame_times, make_lips
from scipy.ndimage import gaussian_filter1d

from visalign.lead_course import STEADY, LeadCourse, rough_course
from visalign.lip_features import LipFeatures
from visalign.lip_model import Calibration
from visalign.scoring import ClipComparison
from visalign.segments import judge_segments
from visalign.speech import HOP
from visalign.speech_context import PHONES, SpeechContext
from visalign.streams import Stream
from visalign.sync import SyncEstimate, estimate_sync, lag_evidence, spoken_frames
from visalign.timeline import Interval, Tier
from visalign.viseme_decoder import STEP, DecodedVisemes
from visalign.visemes import VisemeTarget

Floats = npt.NDArray[np.float64]
Course = Callable[[Floats], Floats]

SECONDS = 120
N_CHANNELS, N_DIMS = len(PHONES), 4
PLAIN = Calibration(temperature=0.5, lag_scatter=0.005, match_offset=5.0, match_weights=(1.0, 0.0, 0.0))
LIMITS = (0.04, 0.06)


@pytest.fixture(scope="module")
def stream() -> Stream:
    weights = np.zeros((N_CHANNELS * 11, N_DIMS), np.float32)
    weights[5 * N_CHANNELS : 5 * N_CHANNELS + N_DIMS] = np.eye(N_DIMS)  # what is heard now, nothing around it
    return Stream(NAMES[:N_DIMS], weights, np.zeros(N_DIMS, np.float32), np.eye(N_DIMS), 1.0)


def mouth(seed: int = 0, seconds: float = 2 * SECONDS) -> Floats:
    """Movement on the grid of the sound, of the spread of what is left over."""
    noise = np.random.default_rng(seed).normal(size=(round(seconds / HOP), N_DIMS))
    smooth = gaussian_filter1d(noise, 6, axis=0)
    return np.asarray(1.5 * smooth / smooth.std())


def heard_as(movement: Floats, moments: Floats) -> SpeechContext:
    """A sound that at each of `moments` is heard as it was meant for that moment of the picture."""
    rows = np.zeros((len(moments), N_CHANNELS), np.float32)
    index = np.round(moments / HOP).astype(int)
    inside = (index >= 0) & (index < len(movement))
    rows[inside, :N_DIMS] = movement[index[inside]]
    return SpeechContext(rows)


def shown_as(movement: Floats, seed: int = 1) -> LipFeatures:
    times = frame_times(25 * SECONDS)
    values = np.zeros((25 * SECONDS, len(NAMES)))
    rng = np.random.default_rng(seed)
    values[:, :N_DIMS] = movement[np.round(times.centres / HOP).astype(int)] + rng.normal(size=(25 * SECONDS, N_DIMS))
    return make_lips(values, times=times)


def jump(at: float, by: float) -> Course:
    return lambda t: np.where(t < at, 0.0, by)


COURSES: dict[str, Course] = {
    "early by a jump": jump(60.0, 1.5),
    "late by a jump": jump(60.0, -1.5),
    "a jump of 120 ms": jump(40.0, 0.12),
    "two jumps": lambda t: np.where(t < 40, 0.5, np.where(t < 80, -0.4, 0.9)),
    "twice 24 for 23.976": lambda t: 0.002 * t + 0.3,
    "a slow drift": lambda t: -0.003 * t,
    "25 for 24": lambda t: t / 24,
    "24 for 25": lambda t: -t / 25,
    "48 for 44.1 kHz": lambda t: t * (48 / 44.1 - 1),
    "44.1 for 48 kHz": lambda t: t * (44.1 / 48 - 1),
    "drift and jump": lambda t: t / 24 + np.where(t < 60, 0.0, -0.7),
}
GRID = np.arange(round(SECONDS / HOP)) * HOP


@pytest.mark.parametrize("name", COURSES)
def test_the_course_is_found(name: str, stream: Stream) -> None:
    movement, course = mouth(), COURSES[name]
    lips, context = shown_as(movement), heard_as(movement, GRID + course(GRID))
    found = rough_course((stream,), (lips,), context, 0.6, PLAIN)
    assert found is not None
    lead, strays = found
    times = np.arange(3.0, SECONDS - 15, 1.0)
    errors = lead + strays.at_heard(times) - course(times)
    assert np.mean(np.abs(errors) < 0.03) > 0.95
    shown = times + course(times)
    shown = shown[shown < SECONDS]
    back = shown - lead - strays.at_shown(shown, lead)
    assert np.mean(np.abs(back - times[: len(back)]) < 0.03) > 0.9


@pytest.mark.parametrize("lead", [0.0, 0.2, -0.5])
def test_one_lead_is_no_course(lead: float, stream: Stream) -> None:
    movement = mouth()
    context = heard_as(movement, GRID + lead)
    assert rough_course((stream,), (shown_as(movement),), context, 0.6, PLAIN) is None


def test_a_constant_lead_beyond_the_search_is_followed(stream: Stream) -> None:
    movement = mouth()
    found = rough_course((stream,), (shown_as(movement),), heard_as(movement, GRID + 1.5), 0.6, PLAIN)
    assert found is not None
    assert found[0] == pytest.approx(1.5, abs=0.02)


def test_foreign_sound_has_no_course(stream: Stream) -> None:
    lips = shown_as(mouth())
    for seed in range(5, 10):
        assert rough_course((stream,), (lips,), heard_as(mouth(seed), GRID), 0.6, PLAIN) is None


def test_a_short_clip_has_none(stream: Stream) -> None:
    movement = mouth()
    lips = shown_as(movement).crop(0.0, 30.0)
    assert rough_course((stream,), (lips,), heard_as(movement, GRID + jump(15.0, 1.0)(GRID)), 0.6, PLAIN) is None


def test_parts_without_a_face_or_with_other_words_are_bridged(stream: Stream) -> None:
    movement, other = mouth(), mouth(7)
    lips = shown_as(movement)
    lips.values[25 * 20 : 25 * 40] = np.nan
    context = heard_as(movement, GRID + 0.003 * GRID)
    context.rows[6000:8400] = heard_as(other, GRID).rows[6000:8400]  # a narrator
    found = rough_course((stream,), (lips,), context, 0.6, PLAIN)
    assert found is not None
    times = np.arange(1.0, SECONDS - 1)
    assert np.abs(found[0] + found[1].at_heard(times) - 0.003 * times).max() < 0.03


def test_of_several_faces_those_that_fit_count(stream: Stream) -> None:
    """Two people speak in turn, ten seconds each; a third one never does."""
    movement, course = mouth(), COURSES["drift and jump"]
    lips = [shown_as(movement), shown_as(movement, 2), shown_as(mouth(9))]
    turn = (np.arange(25 * SECONDS) // 250) % 2
    for k, other in enumerate((shown_as(mouth(7)), shown_as(mouth(8)))):
        lips[k].values[turn == k] = other.values[turn == k]
    lips[0].values[500:800] = np.nan
    found = rough_course((stream,), lips, heard_as(movement, GRID + course(GRID)), 0.6, PLAIN)
    assert found is not None
    times = np.arange(3.0, SECONDS - 15)
    assert np.mean(np.abs(found[0] + found[1].at_heard(times) - course(times)) < 0.03) > 0.95


def test_sound_and_picture_run_on() -> None:
    """Where sound is missing, its pictures belong to the cut; where it was put in, it belongs to one picture."""
    missing = LeadCourse(np.array([0.0, 10.0, 10.0, 20.0]), np.array([0.0, 0.0, 1.0, 1.0]))
    assert missing.at_shown([5.0, 10.5, 11.0, 15.0, 30.0], 0.0) == pytest.approx([0.0, 0.5, 1.0, 1.0, 1.0])
    put_in = LeadCourse(np.array([0.0, 10.0, 11.0, 20.0]), np.array([0.0, 0.0, -1.0, -1.0]))
    assert put_in.at_heard([5.0, 10.5, 15.0]) == pytest.approx([0.0, -0.5, -1.0])
    assert put_in.at_shown([5.0, 9.9, 10.1, 15.0], 0.0) == pytest.approx([0.0, 0.0, -1.0, -1.0])
    assert missing.at_shown([5.25, 15.25], 0.25) == pytest.approx([0.0, 1.0])
    assert STEADY.at_heard([1.0]) == 0.0
    assert STEADY.at_shown([1.0], 0.3) == 0.0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["early by a jump", "twice 24 for 23.976", "48 for 44.1 kHz"])
def test_parts_are_judged_along_the_course(name: str, stream: Stream) -> None:
    """Each part's lead is the one there, and its lips are looked for there."""
    movement, course = mouth(), COURSES[name]
    lips, context = shown_as(movement), heard_as(movement, GRID + course(GRID))
    lead, strays = rough_course((stream,), (lips,), context, 0.6, PLAIN) or (0.0, STEADY)
    evidence = lag_evidence((stream,), lips, context, 0.6, centre=lead, course=strays)
    words = Tier("words", tuple(float(k) for k in range(SECONDS)), ("word",) * (SECONDS - 1))
    heard = spoken_frames(lips, words, lead=lead + strays.at_shown(lips.times.centres, lead))
    sync = estimate_sync(evidence, heard, PLAIN, LIMITS)
    assert sync.lead_seconds == pytest.approx(lead, abs=0.02)
    comparison = comparison_of(words, course, evidence_and=(evidence, sync))
    rows = judge_segments(words, words, None, lips, comparison, ["word"])
    middles = np.array([(row["start"] + row["end"]) / 2 for row in rows])
    leads = np.array([row["lead_seconds"] for row in rows])
    known = np.isfinite(leads)
    assert known.mean() > 0.9
    assert np.mean(np.abs(leads - course(middles))[known] < 0.04) > 0.95
    assert np.nanmean([row["viseme_accuracy"] for row in rows]) > 0.8


def comparison_of(words: Tier, course: Course, evidence_and: tuple[object, SyncEstimate]) -> ClipComparison:
    """Visemes A and B in turn, a second each, shown when the course says."""
    evidence, sync = evidence_and
    targets = [
        VisemeTarget(word, "AB"[k % 2], frozenset({"AB"[k % 2]}), "AA", "word", True) for k, word in enumerate(words)
    ]
    moments = STEP * (np.arange(round(SECONDS / STEP)) + 0.5)
    fine = np.arange(0.0, SECONDS, 0.005)
    order = np.argsort(fine + course(fine), kind="stable")
    heard = np.interp(moments, (fine + course(fine))[order], fine[order])
    posteriors = np.eye(2)[(heard.astype(int)) % 2]
    cells = [Interval(m - STEP / 2, m + STEP / 2, "AB"[int(h) % 2]) for m, h in zip(moments, heard, strict=True)]
    tier = Tier("observed visemes", tuple([c.start for c in cells] + [cells[-1].end]), tuple(c.label for c in cells))
    decoded = DecodedVisemes(tier.merge_equal(), moments, ("A", "B"), posteriors, np.zeros(len(moments)))
    return ClipComparison.of(targets, decoded, evidence, sync, PLAIN, LIMITS)  # type: ignore[arg-type]
