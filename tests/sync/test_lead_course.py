"""The rough course of the lead: drifts and jumps laid into made-up lips, and the exact search that follows it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
import numpy.typing as npt
import pytest
from plain_sync import estimate_sync
from sample_lips import NAMES, frame_times, make_lips
from scipy.ndimage import gaussian_filter1d

import visalign.sync.lead_course as lead_course
from visalign.lips.lip_features import LipFeatures
from visalign.lips.viseme_decoder import STEP, DecodedVisemes
from visalign.parameters import EvidenceParams, ScoringParams, ThresholdParams
from visalign.sound.speech import HOP
from visalign.sync.estimate import lag_evidence, spoken_frames
from visalign.sync.lead_course import (
    STEADY,
    LeadCourse,
    _block_gains,
    _cheapest,
    _course_of,
    _Face,
    _in_order,
    _on_grid,
    _Piece,
    _pieces,
    _pooled,
    _running_on,
    _side_by_side,
    _Sides,
    _squared_error,
    _straight,
    _stretched,
    rough_course,
)
from visalign.sync.lip_model import Calibration
from visalign.sync.scoring import ClipComparison
from visalign.sync.segments import judge_segments
from visalign.sync.speech_context import PHONES, SpeechContext
from visalign.sync.streams import Stream
from visalign.sync.verdict import SyncEstimate
from visalign.timeline import Interval, Tier
from visalign.visemes.expected import VisemeTarget

Floats = npt.NDArray[np.float64]
Course = Callable[[Floats], Floats]

SECONDS = 120
N_CHANNELS, N_DIMS = len(PHONES), 4
PLAIN = Calibration(temperature=0.5, lag_scatter=0.005, match_offset=5.0, match_weights=(1.0, 0.0))
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


@pytest.mark.parametrize("lead", [1.5, -2.1])
def test_a_constant_lead_beyond_the_search_is_followed(stream: Stream, lead: float) -> None:
    """Two seconds are searched at least, and 2 ms more for each of the 120 s."""
    movement = mouth()
    found = rough_course((stream,), (shown_as(movement),), heard_as(movement, GRID + lead), 0.6, PLAIN)
    assert found is not None
    assert found[0] == pytest.approx(lead, abs=0.02)


@pytest.mark.parametrize(("max_lag", "reach"), [(0.6, 2.24), (3.0, 3.24)])
def test_more_is_searched_the_longer_the_clip_is(
    max_lag: float, reach: float, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two seconds or what was asked for, and 2 ms for each of 120 s; at each of the five rates."""
    asked: list[float] = []

    def nowhere(sides: object, rate: float, reach: float) -> tuple[float, Floats, Floats]:
        asked.append(reach)
        return 0.0, 6.0 * np.arange(20) + 3.0, np.zeros(20)

    monkeypatch.setattr(lead_course, "_best_path", nowhere)
    movement = mouth()
    rough_course((stream,), (shown_as(movement),), heard_as(movement, GRID), max_lag, PLAIN)
    assert asked == pytest.approx([reach] * 5, abs=1e-9)


def test_foreign_sound_has_no_course(stream: Stream) -> None:
    lips = shown_as(mouth())
    for seed in range(5, 10):
        assert rough_course((stream,), (lips,), heard_as(mouth(seed), GRID), 0.6, PLAIN) is None


def test_a_short_clip_has_none(stream: Stream) -> None:
    movement = mouth()
    lips = shown_as(movement).crop(0.0, 30.0)
    assert rough_course((stream,), (lips,), heard_as(movement, GRID + jump(15.0, 1.0)(GRID)), 0.6, PLAIN) is None


@pytest.mark.parametrize(("seconds", "is_followed"), [(35.9, False), (36.1, True)])
def test_a_course_needs_six_blocks(seconds: float, is_followed: bool, stream: Stream) -> None:
    """36 seconds; a shorter clip is left to the search around one lag."""
    movement = mouth()
    lips = shown_as(movement).crop(0.0, seconds)
    found = rough_course((stream,), (lips,), heard_as(movement, GRID + 1.5), 0.6, PLAIN)
    assert (found is not None) == is_followed


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


@pytest.mark.parametrize("name", ["early by a jump", "twice 24 for 23.976", "48 for 44.1 kHz"])
def test_parts_are_judged_along_the_course(name: str, stream: Stream) -> None:
    """Each part's lead is the one there, and its lips are looked for there."""
    movement, course = mouth(), COURSES[name]
    lips, context = shown_as(movement), heard_as(movement, GRID + course(GRID))
    lead, strays = rough_course((stream,), (lips,), context, 0.6, PLAIN) or (0.0, STEADY)
    evidence = lag_evidence((stream,), lips, context, 0.6, EvidenceParams(), centre=lead, course=strays)
    words = Tier("words", tuple(float(k) for k in range(SECONDS)), ("word",) * (SECONDS - 1))
    heard = spoken_frames(lips, words, lead=lead + strays.at_shown(lips.times.centres, lead))
    sync = estimate_sync(evidence, heard, PLAIN, LIMITS)
    assert sync.lead_seconds == pytest.approx(lead, abs=0.02)
    comparison = comparison_of(words, course, evidence_and=(evidence, sync))
    rows = judge_segments(words, words, None, lips, comparison, ["word"])
    middles = np.array([(row.judged.start + row.judged.end) / 2 for row in rows])
    leads = np.array([row.judged.lead_seconds for row in rows])
    known = np.isfinite(leads)
    assert known.mean() > 0.9
    assert np.mean(np.abs(leads - course(middles))[known] < 0.04) > 0.95
    assert np.nanmean([row.judged.viseme_accuracy for row in rows]) > 0.8


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
    return ClipComparison.of(targets, decoded, evidence, sync, PLAIN, LIMITS, ScoringParams(), ThresholdParams())  # type: ignore[arg-type]


# --- its parts by hand ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_the_cheapest_path_is_the_best_of_all(seed: int) -> None:
    """To creep by 1 to 5 columns costs 0.5, 1, 2, 4 and 8; to go farther, or anywhere, 80."""
    gains = np.random.default_rng(seed).uniform(0, 60, (4, 8)).astype(np.float32)

    def worth(path: tuple[int, ...]) -> float:
        steps = [abs(a - b) for a, b in pairwise(path)]
        costs = [(0.0, 0.5, 1.0, 2.0, 4.0, 8.0)[step] if step < 6 else 80.0 for step in steps]
        return float(sum(gains[row, column] for row, column in enumerate(path))) - sum(costs)

    gain, path = _cheapest(gains)
    best = max(product(range(8), repeat=4), key=worth)
    assert tuple(path) == best
    assert gain == pytest.approx(worth(best), abs=1e-3)


def test_a_jump_is_taken_where_it_pays() -> None:
    """Seven columns away 81 more are gained than a jump costs 80, and not 79."""
    for more, column in ((81.0, 7), (79.0, 0)):
        gains = np.zeros((2, 8), np.float32)
        gains[0, 0], gains[1, 7] = 100.0, more
        assert _cheapest(gains)[1].tolist() == [0, column]


def test_gains_of_blocks_are_those_of_plain_loops() -> None:
    """Ten seconds in blocks of six, two faces; what is shown at a row fits what is heard `lag` rows before it.

    Each frame gains ``y x - x x / 2`` times its share, and of each block and lag the face counts that gains more.
    """
    rng = np.random.default_rng(0)
    centres, expected = 0.02 + 0.04 * np.arange(250), rng.normal(size=(1000, 2)).astype(np.float32)
    faces = tuple(
        _Face(first, rng.uniform(0.1, 1.0, n), rng.normal(size=(n, 2)).astype(np.float32))
        for first, n in ((0, 250), (100, 120))
    )
    sides = _Sides(centres, faces, expected, np.ones(1000, np.float32))
    gains, lags = _block_gains(sides, 0.0, 0.05)
    assert lags == pytest.approx(np.tile(0.01 * np.arange(-5, 6), (2, 1)), abs=1e-6)
    plain = np.zeros((len(faces), 2, 11))
    for f, face in enumerate(faces):
        for k in range(len(face.shares)):
            row = round(centres[face.first + k] / HOP)
            for lag in range(-5, 6):
                if 0 <= row - lag < 1000:
                    x, y = expected[row - lag].astype(float), face.lips[k].astype(float)
                    plain[f, row // 600, lag + 5] += face.shares[k] * (y @ x - 0.5 * x @ x)
    assert gains == pytest.approx(plain.max(axis=0), abs=1e-3)


def test_streams_stand_side_by_side() -> None:
    """Two columns at twice their size and one at half, of which a frame shows no face."""
    first, second = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[8.0], [np.nan]])
    assert _side_by_side([first, second], [2.0, 0.5]).tolist() == [[2, 4, 4], [6, 8, 0]]


def test_gain_per_second_by_hand() -> None:
    """Four seconds of which two are voiced: each frame gains 1 - 1/2, a hundred of them 50 in two seconds."""
    ones = np.ones((400, 1), np.float32)
    face = _Face(0, np.ones(100), np.ones((100, 1), np.float32))
    voiced = np.repeat([1.0, 0.0], 200).astype(np.float32)
    sides = _Sides(0.02 + 0.04 * np.arange(100), (face,), ones, voiced)
    assert sides.gain_per_second(_Piece(0.0, 4.0, 0.0, 0.0)) == pytest.approx(25.0, rel=1e-6)
    assert sides.gain_per_second(_Piece(2.0, 4.0, 0.0, 0.0)) == 0.0  # no voice to tell by
    half = _Face(0, np.where(np.arange(100) < 50, 1.0, 0.0), face.lips)
    assert sides.is_shown.all()
    unseen = _Sides(sides.centres, (half,), ones, np.ones(400, np.float32))
    assert unseen.gain_per_second(_Piece(0.0, 4.0, 0.0, 0.0)) == pytest.approx(
        12.5, rel=1e-6
    )  # 25 in two seconds that are seen


def test_of_neighbours_the_best_one_is_kept() -> None:
    best, index = _pooled(np.array([1.0, 5.0, 2.0, 0.0, 7.0]), 2)
    assert (best.tolist(), index.tolist()) == ([5.0, 2.0, 7.0], [1, 2, 4])
    same, all_of_them = _pooled(np.array([1.0, 5.0]), 1)
    assert (same.tolist(), all_of_them.tolist()) == ([1.0, 5.0], [0, 1])


def test_frames_on_the_grid_count_their_shares() -> None:
    """Frames two and three of a face, the latter half as well seen, both at the second of three rows."""
    face = _Face(5, np.array([1.0, 1.0, 0.5]), np.array([[9.0, 9.0], [1.0, 2.0], [4.0, 6.0]], np.float32))
    shown, shares = _on_grid(face, slice(1, 3), np.array([1, 1]), 3)
    assert shown.tolist() == [[0, 0], [3, 5], [0, 0]]
    assert shares.tolist() == [0, 1.5, 0]


def test_a_face_knows_which_frames_are_its_own() -> None:
    """Three frames from the fifth on; of the frames 4 to 6 the second and third, its first two."""
    face = _Face(5, np.ones(3), np.zeros((3, 1), np.float32))
    assert face.within(slice(4, 7)) == (slice(1, 3), slice(0, 2))
    assert face.within(slice(6, 20)) == (slice(0, 2), slice(1, 3))
    here, own = face.within(slice(0, 3))
    assert (here.stop - here.start, own.stop - own.start) == (0, 0)


def test_sound_on_a_slower_clock() -> None:
    """At a rate of a quarter, row 5 shows what is heard at row 4; before and behind the sound is nothing."""
    rows = np.arange(1.0, 5.0, dtype=np.float32)[:, None]
    assert _stretched(rows, slice(-1, 6), 0.0)[:, 0].tolist() == [0, 1, 2, 3, 4, 0, 0]
    assert _stretched(rows, slice(-2, 6), 0.25)[:, 0].tolist() == [0, 0, 1, 2, 3, 3, 4, 0]


def test_what_a_line_leaves_over() -> None:
    """Of 0, 1, 5 at 0, 1, 2 the line of least squares is -0.5 + 2.5 t: it errs by 0.5, 1 and 0.5."""
    assert _squared_error(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 5.0])) == pytest.approx(1.5, abs=1e-12)
    assert _squared_error(np.array([3.0, 3.0]), np.array([0.0, 2.0])) == pytest.approx(2.0, abs=1e-12)


def test_jumps_part_pieces_and_short_ones_are_none() -> None:
    """Blocks of 6 s: ten lead by 0.2 s, two by 0.9 s, eight by 0.5 s; the two are no piece."""
    times, leads = 6.0 * np.arange(20) + 3.0, np.repeat([0.2, 0.9, 0.5], [10, 2, 8])
    assert [(x.start, x.end, x.at_zero, x.rate) for x in _pieces(times, leads)] == [
        (0.0, 60.0, pytest.approx(0.2), pytest.approx(0.0)),
        (72.0, 120.0, pytest.approx(0.5), pytest.approx(0.0)),
    ]


def test_a_piece_that_drifts_is_a_line() -> None:
    """1 % a second is 60 ms from block to block, and no jump where that is usual; one of 0.6 s more is."""
    times = 6.0 * np.arange(20) + 3.0
    found = _pieces(times, 0.1 + 0.01 * times + np.where(times < 60, 0.0, 0.6))
    assert [(x.start, x.end) for x in found] == [(0.0, 60.0), (60.0, 120.0)]
    assert [x.at_zero for x in found] == pytest.approx([0.1, 0.7], abs=1e-9)
    assert [x.rate for x in found] == pytest.approx([0.01, 0.01], abs=1e-9)


def test_a_crooked_stretch_is_parted_where_two_lines_fit_better() -> None:
    """Five blocks at 0, five at 60 ms, five at 0 again: about one line they scatter by 28 ms, about two by 12 ms."""
    times, leads = 6.0 * np.arange(15), np.repeat([0.0, 0.06, 0.0], 5)
    assert [part.tolist() for part in _straight(times, leads, np.arange(15))] == [
        list(range(5)),
        list(range(5, 15)),
    ]
    (whole,) = _straight(times, 0.5 * leads, np.arange(15))  # 14 ms are not crooked
    assert whole.tolist() == list(range(15))
    (few,) = _straight(times[:7], np.array([0.0, 1, 0, 1, 0, 1, 0]), np.arange(7))  # too few to be parted
    assert few.tolist() == list(range(7))


def test_pieces_heard_twice_lose_the_shorter_one() -> None:
    """The second is heard from -10 s before the end of the first, more than half of its 18 s; of 21 s it is less."""
    first, short, long = _Piece(0.0, 60.0, 0.0, 0.0), _Piece(60.0, 78.0, 10.0, 0.0), _Piece(60.0, 81.0, 10.0, 0.0)
    assert _in_order([first, short]) == [first]
    assert _in_order([first, long]) == [first, long]
    brief = _Piece(0.0, 18.0, 0.0, 0.0)
    later = _Piece(18.0, 60.0, 10.0, 0.0)
    assert _in_order([brief, later]) == [later]
    assert _in_order([brief, _Piece(18.0, 36.0, 10.0, 0.0)]) == [brief]  # of two alike the first


def test_a_course_is_what_the_lead_differs_by_from_its_middle() -> None:
    """0.5 s up to a minute, 1.0 s from there on; half of the frames, and so 0.75 s in the middle.

    The first is heard from -0.5 to 59.5 s, the second from 59 to 121 s: they meet at 59.25 s.
    """
    pieces = [_Piece(3.0, 60.0, 0.5, 0.0), _Piece(60.0, 117.0, 1.0, 0.0)]
    lead, course = _course_of(pieces, np.arange(120) + 0.5, 122.0, 0.6) or (0.0, STEADY)
    assert lead == pytest.approx(0.75, abs=1e-9)
    assert course.heard == pytest.approx([-0.5, 59.25, 59.25, 121.0], abs=1e-9)
    assert course.strays == pytest.approx([-0.25, -0.25, 0.25, 0.25], abs=1e-9)


@pytest.mark.parametrize(
    ("early", "late", "is_steady"),
    [
        (0.3, 0.3, True),
        (0.21, 0.39, True),  # within 0.1 s of the middle, 0.3 s
        (0.19, 0.41, False),
        (0.7, 0.7, False),  # beyond the search
    ],
)
def test_one_lag_serves_where_the_lead_stays_near_it(early: float, late: float, is_steady: bool) -> None:
    pieces = [_Piece(0.0, 60.0, early, 0.0), _Piece(60.0, 120.0, late, 0.0)]
    assert (_course_of(pieces, np.arange(120) + 0.5, 120.0, 0.6) is None) == is_steady


def test_a_line_goes_on_to_both_ends_of_the_clip() -> None:
    """Half a second at 0 s that grows by 1 % a second; seen from 10 s on, it holds from the beginning to 100 s."""
    lead, course = _course_of([_Piece(10.0, 90.0, 0.5, 0.01)], np.arange(100) + 0.5, 100.0, 0.6) or (0.0, STEADY)
    assert lead == pytest.approx(1.0, abs=1e-9)
    assert course.heard == pytest.approx([-0.5, 98.5], abs=1e-9)
    assert course.strays == pytest.approx([-0.5, 0.5], abs=1e-9)


def test_time_never_runs_back() -> None:
    """Where sound is missing, both sides of the cut are heard at its middle; where it was put in, nothing moves."""
    shown = np.array([0.0, 10.0, 10.0, 20.0])
    assert _running_on(np.array([0.0, 10.0, 9.0, 19.0]), shown).tolist() == [0.0, 9.5, 9.5, 19.0]
    assert _running_on(np.array([0.0, 10.0, 11.0, 21.0]), shown).tolist() == [0.0, 10.0, 11.0, 21.0]
