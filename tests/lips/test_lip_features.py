"""Lip features: what they measure, and what they do not depend on."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_lips import NAMES, frame_times, make_lips

import visalign.lips.lip_features as lip_features_module
from visalign.errors import FaceNotFound, MissingStream, TimelineError
from visalign.lips.landmarks import Landmarks, TrackedFrame
from visalign.lips.lip_features import (
    FEATURES,
    LipFeatures,
    _flow_of_a_while,
    features_of_tracked,
    lip_features,
    read_lips,
    shown_at,
    with_own_yardstick,
)
from visalign.lips.mouth_pictures import N_PICTURE
from visalign.lips.visibility import VISIBILITY, measure_visibility
from visalign.media.clips import write_clip, write_wav
from visalign.signals import Audio, Frame
from visalign.timeline import FrameTimes

GEOMETRY = [k for k, f in enumerate(FEATURES) if not f.name.startswith(("appearance", "flow"))]
IOD_PX = 60.0


def face(gap: float = 0.1, width: float = 0.8) -> npt.NDArray[np.float64]:
    """68 points in iod, upright, with the base of the nose at (0, 0) and lips that are `gap` apart."""
    points = np.random.default_rng(3).normal(0, 0.2, (68, 2))  # brows and jaw, anywhere
    points[36:42] = (-0.5, -0.6) + 0.1 * np.array([(-1, 0), (-0.5, 1), (0.5, 1), (1, 0), (0.5, -1), (-0.5, -1)])
    points[42:48] = points[36:42] + np.array((1.0, 0.0))
    points[31:36] = [(x, 0.0) for x in (-0.2, -0.1, 0.0, 0.1, 0.2)]
    points[6:11] = [(x, 1.2) for x in (-0.2, -0.1, 0.0, 0.1, 0.2)]
    middle, half = 0.5, width / 2
    across = np.array([-1, -0.6, -0.2, 0, 0.2, 0.6, 1])[1:6] * half
    upper, lower = middle - gap / 2, middle + gap / 2
    points[48], points[54] = (-half, middle), (half, middle)
    points[49:54] = [(x, upper - 0.08) for x in across]
    points[55:60] = [(x, lower + 0.1) for x in across[::-1]]
    points[60], points[64] = (-half + 0.05, middle), (half - 0.05, middle)
    points[61:64] = [(x, upper) for x in (-0.2, 0.0, 0.2)]
    points[65:68] = [(x, lower) for x in (0.2, 0.0, -0.2)]
    return points


def landmarks_of(faces: npt.NDArray[np.float64], times: FrameTimes | None = None) -> Landmarks:
    points = (IOD_PX * faces + 200.0).astype(np.float32)
    return Landmarks(points, times or frame_times(len(faces)))


def features_of(landmarks: Landmarks) -> LipFeatures:
    pictures = np.random.default_rng(0).normal(size=(len(landmarks.points), N_PICTURE))
    return lip_features(landmarks, np.where(landmarks.has_face[:, None], pictures, np.nan))


# --- what they measure ---------------------------------------------------------------------------------------------


def test_the_mouth_is_measured_in_inter_ocular_distances() -> None:
    lips = features_of(landmarks_of(np.array([face(0.1, 0.8), face(0.3, 0.8), face(0.3, 0.6)])))
    for name, expected in {
        "inner_aperture": [0.1, 0.3, 0.3],
        "inner_aperture_centre": [0.1, 0.3, 0.3],
        "outer_aperture": [0.28, 0.48, 0.48],
        "outer_width": [0.8, 0.8, 0.6],
        "inner_width": [0.7, 0.7, 0.5],
        "upper_lip_height": [0.37, 0.27, 0.27],
        "lower_gap_height": [0.55, 0.65, 0.65],
        "chin_height": [1.2, 1.2, 1.2],
        "corner_height": [0.5, 0.5, 0.5],
        "upper_lip_thickness": [0.08, 0.08, 0.08],
        "lower_lip_thickness": [0.1, 0.1, 0.1],
        "corner_lift": [0.0, 0.0, 0.0],
        "aperture_asymmetry": [0.0, 0.0, 0.0],
        "corner_asymmetry": [0.0, 0.0, 0.0],
        "sideways_asymmetry": [0.0, 0.0, 0.0],
    }.items():
        assert lips.column(name) == pytest.approx(expected, abs=1e-4), name
    # corners, and three places 0.2 iod apart whose gap is the aperture: a hexagon
    half = 0.35
    assert lips.column("inner_area")[0] == pytest.approx(0.1 * (0.4 + half - 0.2), abs=1e-4)


def test_lips_are_never_smoothed() -> None:
    """An opening of one frame is there in that frame at its full size, and in no other."""
    faces = np.array([face(0.1)] * 41)
    faces[20] = face(0.4)
    assert features_of(landmarks_of(faces)).column("inner_aperture") == pytest.approx(
        np.where(np.arange(41) == 20, 0.4, 0.1), abs=1e-4
    )


def test_the_frame_of_reference_is_smoothed_without_lag() -> None:
    """Impulse response: an eye that jumps for one frame moves the scale by a Gaussian of three frames around it."""
    faces = np.array([face(0.2)] * 41)
    faces[20, 42:48] += (0.1, 0.0)  # the left eye: the distance of the eyes is a tenth longer
    aperture = features_of(landmarks_of(faces)).column("inner_aperture")
    response = (0.2 / aperture - 1) / 0.1
    gaussian = np.exp(-0.5 * ((np.arange(41) - 20) / 3) ** 2)
    assert response == pytest.approx(gaussian / gaussian.sum(), abs=2e-3)
    assert response == pytest.approx(response[::-1], abs=1e-4)  # as much before as after: no lag


def test_every_feature_has_its_name_unit_and_meaning() -> None:
    assert len(set(NAMES)) == len(NAMES) == len(FEATURES)
    assert all(f.unit and f.definition for f in FEATURES)
    half = len(FEATURES) // 2
    assert [f.name for f in FEATURES[half:]] == [f"{f.name}_change" for f in FEATURES[:half]]
    assert [f.unit for f in FEATURES[half:]] == [f"{f.unit}/s" for f in FEATURES[:half]]


@pytest.mark.parametrize("rate", [25, 50, 100])
def test_changes_do_not_depend_on_the_frame_rate(rate: int) -> None:
    """The lips part by 0.5 iod a second."""
    times = frame_times(rate, rate)
    lips = features_of(landmarks_of(np.array([face(0.1 + 0.5 * t) for t in times.times]), times))
    change = lips.column("inner_aperture_change")
    assert change == pytest.approx(np.full(rate, 0.5), abs=2e-3)
    assert lips.column("outer_width_change") == pytest.approx(np.zeros(rate), abs=2e-3)


def test_changes_do_not_depend_on_a_variable_rate() -> None:
    stamps = np.cumsum(np.random.default_rng(1).uniform(0.01, 0.06, 40))
    times = FrameTimes(stamps, float(stamps[-1]) + 0.04, Fraction(25))
    lips = features_of(landmarks_of(np.array([face(0.1 + 0.2 * t) for t in times.times]), times))
    assert lips.column("inner_aperture_change") == pytest.approx(np.full(40, 0.2), abs=2e-3)


# --- what they do not depend on ------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(
    scale=st.floats(0.5, 4),
    angle=st.floats(-0.7, 0.7),
    shift=st.tuples(st.floats(-150, 600), st.floats(-150, 600)),
    seed=st.integers(0, 1000),
)
def test_geometry_does_not_depend_on_size_place_and_roll(
    scale: float, angle: float, shift: tuple[float, float], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    faces = np.array([face(*row) for row in zip(rng.uniform(0, 0.3, 12), rng.uniform(0.5, 0.9, 12), strict=True)])
    faces += rng.normal(0, 0.005, faces.shape)
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    plain = landmarks_of(faces)
    moved = Landmarks((plain.points @ turn + shift).astype(np.float32), plain.times)
    before, after = (features_of(x).values[:, GEOMETRY] for x in (plain, moved))
    assert after == pytest.approx(before, rel=1e-3, abs=2e-3)


def test_the_normalised_table_has_mean_zero_and_deviation_one() -> None:
    rng = np.random.default_rng(0)
    faces = np.array([face(gap) + rng.normal(0, 0.01, (68, 2)) for gap in rng.uniform(0, 0.3, 50)])
    normalised = features_of(landmarks_of(faces)).normalised
    assert normalised.mean(axis=0) == pytest.approx(np.zeros(len(NAMES)), abs=1e-6)
    assert normalised.std(axis=0) == pytest.approx(np.ones(len(NAMES)), abs=1e-6)


def test_a_feature_that_never_moves_is_no_division_by_zero() -> None:
    lips = lip_features(landmarks_of(np.array([face()] * 6)), np.zeros((6, N_PICTURE)))
    assert np.isfinite(lips.normalised).all()
    assert lips.scale[NAMES.index("appearance_0_1")] == 1


# --- frames without a face -----------------------------------------------------------------------------------------


def test_frames_without_a_face_are_rows_of_nan_and_count_nowhere() -> None:
    rng = np.random.default_rng(2)
    faces = np.array([face(gap) for gap in rng.uniform(0, 0.3, 20)])
    whole = features_of(landmarks_of(faces))
    faces[[0, 7, 8]] = np.nan
    holes = features_of(landmarks_of(faces))
    assert np.flatnonzero(~holes.has_face).tolist() == [0, 7, 8]
    assert np.isnan(holes.values[[0, 7, 8]]).all()
    assert holes.face_fraction == pytest.approx(17 / 20, abs=1e-12)
    static = [k for k in GEOMETRY if not NAMES[k].endswith("_change")]
    assert holes.values[holes.has_face][:, static] == pytest.approx(whole.values[holes.has_face][:, static], abs=1e-4)
    assert holes.centre == pytest.approx(holes.values[holes.has_face].mean(axis=0), abs=1e-9)


def test_a_single_face_does_not_change() -> None:
    faces = np.full((6, 68, 2), np.nan)
    faces[2] = face(0.2)
    lips = features_of(landmarks_of(faces))
    changes = [k for k, name in enumerate(NAMES) if name.endswith("_change")]
    assert (lips.values[2, changes] == 0).all()
    assert np.isnan(lips.values[[0, 1, 3, 4, 5]]).all()


def test_a_clip_without_any_face_is_empty_but_finite_in_its_yardstick() -> None:
    lips = features_of(landmarks_of(np.full((4, 68, 2), np.nan)))
    assert not lips.has_face.any()
    assert lips.face_fraction == 0
    assert np.isfinite(lips.centre).all()
    assert (lips.scale == 1).all()


# --- crop ----------------------------------------------------------------------------------------------------------


def test_crop_keeps_times_and_yardstick() -> None:
    """Frames that appear in [start, end): 0.4 s is frame 10, 0.8 s is frame 20 and not part of it."""
    lips = features_of(landmarks_of(np.array([face(gap) for gap in np.linspace(0, 0.3, 50)])))
    part = lips.crop(0.4, 0.8)
    assert part.times.times == pytest.approx(0.04 * np.arange(10, 20), abs=1e-12)
    assert part.values.tolist() == lips.values[10:20].tolist()
    assert part.normalised.tolist() == lips.normalised[10:20].tolist()
    assert (part.centre.tolist(), part.scale.tolist()) == (lips.centre.tolist(), lips.scale.tolist())
    assert part.times.duration == pytest.approx(0.8, abs=1e-12)
    assert (part.names, part.source, part.times.rate) == (lips.names, lips.source, lips.times.rate)


def test_crop_ends_are_half_open_and_may_lie_outside() -> None:
    lips = make_lips(np.zeros((25, len(NAMES))))
    assert len(lips.crop(-1.0, 9.0)) == 25
    assert len(lips.crop(0.401, 0.44)) == 0
    assert len(lips.crop(0.0, 0.2)) + len(lips.crop(0.2, 0.6)) + len(lips.crop(0.6, 1.0)) == 25
    assert lips.crop(2.0, 3.0).face_fraction == 0


def test_while_seen_is_from_the_first_face_to_the_last() -> None:
    """Faces in frames 3 to 6, but for 5; of nobody the first frame remains."""
    lips = make_lips(np.zeros((10, len(NAMES))), faceless=[0, 1, 2, 5, 7, 8, 9])
    first, part = lips.while_seen()
    assert (first, len(part)) == (3, 4)
    assert part.has_face.tolist() == [True, True, False, True]
    nobody = make_lips(np.zeros((10, len(NAMES))), faceless=range(10))
    first, part = nobody.while_seen()
    assert (first, len(part)) == (0, 1)


def test_tables_block_by_block_are_those_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    faces = np.array([face(gap) + rng.normal(0, 0.01, (68, 2)) for gap in rng.uniform(0, 0.3, 40)])
    faces[[0, 15, 16, 17, 39]] = np.nan
    landmarks = landmarks_of(faces)
    whole = features_of(landmarks)
    monkeypatch.setattr(lip_features_module, "_BLOCK", 7)
    parts = features_of(landmarks)
    assert parts.values == pytest.approx(whole.values, abs=1e-9, nan_ok=True)
    assert parts.normalised == pytest.approx(whole.normalised, abs=1e-9, nan_ok=True)
    assert (parts.centre, parts.scale) == (pytest.approx(whole.centre), pytest.approx(whole.scale))
    assert parts.has_face.tolist() == whole.has_face.tolist()


def test_sharpness_of_the_pictures_goes_to_the_visibility() -> None:
    landmarks = landmarks_of(np.array([face(0.1)] * 20))
    pictures = np.zeros((20, N_PICTURE))
    pictures[:, -1] = np.linspace(0.0, 0.001, 20)
    lips = lip_features(landmarks, pictures)
    assert lips.visibility is not None
    assert lips.visibility == pytest.approx(measure_visibility(landmarks.points, pictures[:, -1]), abs=1e-12)
    column = [feature.name for feature in VISIBILITY].index("sharpness")
    assert lips.visibility[:, column] == pytest.approx(pictures[:, -1], abs=1e-12)


def test_frames_shown_at_other_times_move_as_fast_as_these_say() -> None:
    """Half as fast, 12.5 frames a second: changes are half as large, and so is the flow of a frame of the training."""
    lips = features_of(landmarks_of(np.array([face(0.1 + 0.02 * k) for k in range(20)])))
    slow = shown_at(lips, FrameTimes(0.08 * np.arange(20), 1.6, Fraction(25, 2)))
    assert slow.column("inner_aperture") == pytest.approx(lips.column("inner_aperture"), abs=1e-12)
    assert lips.column("inner_aperture_change") == pytest.approx(np.full(20, 0.5), abs=1e-3)
    assert slow.column("inner_aperture_change") == pytest.approx(np.full(20, 0.25), abs=1e-3)
    for name in (x for x in NAMES if x.startswith("flow") and not x.endswith("_change")):
        assert slow.column(name)[1:] == pytest.approx(0.5 * lips.column(name)[1:], abs=1e-9)
        assert slow.column(name)[0] == pytest.approx(lips.column(name)[0], abs=1e-9)


def test_a_table_that_does_not_fit_is_refused() -> None:
    with pytest.raises(TimelineError, match="do not fit 3 frames"):
        make_lips(np.zeros((4, len(NAMES))), times=frame_times(3))


# --- clips ---------------------------------------------------------------------------------------------------------


def test_a_clip_without_picture_or_face_is_an_error(tmp_path: Path) -> None:
    hum = Audio(np.zeros(16000, np.float32), 16000)
    with pytest.raises(MissingStream) as missing:
        read_lips(write_wav(tmp_path / "sound.wav", hum))
    assert missing.value.kind == "video"
    grey = write_clip(tmp_path / "grey.mp4", [np.full((120, 120, 3), 90, np.uint8)] * 20, Fraction(25), hum)
    with pytest.raises(FaceNotFound) as nobody:
        read_lips(grey)
    assert nobody.value.fraction == 0
    told: list[float | None] = []
    with pytest.raises(FaceNotFound):
        read_lips(grey, progress=lambda what, share: told.append(share))
    assert told == pytest.approx([0.05 * k for k in range(20)], abs=0.005)  # of the pictures


@pytest.mark.parametrize(("n_faces", "is_enough"), [(4, False), (5, True)])
def test_five_frames_with_a_face_are_the_least(n_faces: int, is_enough: bool) -> None:
    """Of twenty, so that a tenth of the frames would be two."""
    seen = (IOD_PX * face() + 200.0).astype(np.float32)
    grey, none = np.full((400, 400), 90, np.uint8), np.full((68, 2), np.nan, np.float32)
    tracked = [TrackedFrame(Frame(0.04 * k, grey), seen if 3 <= k < 3 + n_faces else none) for k in range(20)]
    if is_enough:
        assert features_of_tracked(tracked, "clip.mp4", 0.8, Fraction(25)).has_face.sum() == 5
    else:
        with pytest.raises(FaceNotFound) as hardly:
            features_of_tracked(tracked, "clip.mp4", 0.8, Fraction(25))
        assert hardly.value.fraction == pytest.approx(0.2, abs=1e-12)


def test_a_tenth_of_the_frames_is_the_least_of_a_long_clip() -> None:
    """Of eighty, seven are too few and eight are not."""
    seen = (IOD_PX * face() + 200.0).astype(np.float32)
    grey, none = np.full((400, 400), 90, np.uint8), np.full((68, 2), np.nan, np.float32)

    def n_found(n_faces: int) -> int:
        tracked = [TrackedFrame(Frame(0.04 * k, grey), seen if k < n_faces else none) for k in range(80)]
        return int(features_of_tracked(tracked, "clip.mp4", 3.2, Fraction(25)).has_face.sum())

    assert n_found(8) == 8
    with pytest.raises(FaceNotFound):
        n_found(7)


def test_flow_behind_a_gap_is_a_mean_of_what_is_known() -> None:
    """At 50 pictures a second two make a mean; the first one, and the first behind a gap, stand for themselves."""
    flow = np.array([[2.0], [0.0], [np.nan], [np.nan], [6.0], [0.0], [4.0]])
    found = _flow_of_a_while(flow, np.arange(7) / 50)
    np.testing.assert_allclose(found[:, 0], [2, 1, np.nan, np.nan, 6, 3, 2], atol=1e-12)


def test_repeated_pictures_have_the_flow_of_the_single_ones() -> None:
    """25 pictures a second, each shown twice: flow twice as fast into the first showing, none into the second."""
    single = np.random.default_rng(3).normal(size=(40, 5))
    single[7] = np.nan  # no face
    twice = np.zeros((80, 5))
    twice[0::2], twice[1::2] = 2 * single, np.where(np.isnan(single), np.nan, 0.0)
    found = _flow_of_a_while(twice, np.arange(80) / 50)
    both = np.delete(np.arange(40), [7, 8])
    np.testing.assert_allclose(found[1::2][both], single[both], atol=1e-12)
    assert np.isnan(found[14:16]).all()
    assert np.isfinite(np.delete(found, [14, 15], axis=0)).all()
    np.testing.assert_array_equal(_flow_of_a_while(single, np.arange(40) / 25), single)


def test_without_a_face_there_is_no_yardstick() -> None:
    """Nothing is taken off, and nothing scaled."""
    lips = with_own_yardstick(make_lips(np.ones((10, len(NAMES))), faceless=range(10)))
    assert lips.centre.tolist() == [0.0] * len(NAMES)
    assert lips.scale.tolist() == [1.0] * len(NAMES)
