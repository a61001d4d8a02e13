"""Closures as events: one for each stretch in which they are likely, at the narrowest gap."""

from __future__ import annotations

import numpy as np
import pytest
from sample_lips import NAMES, frame_times, make_lips

from visalign import LipFeatures, VisemeMap, observe
from visalign.face.generated_clip import GeneratedClip
from visalign.lips.closures import find_closures
from visalign.lips.viseme_decoder import DecodedVisemes
from visalign.sync.lip_model import LipModel
from visalign.timeline import Tier

APERTURE = NAMES.index("inner_aperture")


def decoded(closed: list[float]) -> DecodedVisemes:
    times = 0.02 + 0.04 * np.arange(len(closed))
    tier = Tier("observed visemes", (0.0, 0.04 * len(closed)), ("S",))
    return DecodedVisemes(tier, times, ("S",), np.ones((len(closed), 1)), np.array(closed))


def lips_of(aperture: list[float], rate: int = 25) -> LipFeatures:
    values = np.zeros((len(aperture), len(NAMES)))
    values[:, APERTURE] = aperture
    return make_lips(values, times=frame_times(len(aperture), rate))


def test_each_stretch_is_one_event_at_its_narrowest_gap() -> None:
    closed = [0.1, 0.6, 0.9, 0.7, 0.2, float("nan"), 0.1, 0.8]
    aperture = [0.2, 0.1, 0.05, 0.01, 0.1, 0.2, 0.2, -0.01]
    first, second = find_closures(lips_of(aperture), decoded(closed))
    assert (first.start, first.end, first.moment) == pytest.approx((0.04, 0.16, 0.14), abs=1e-9)
    assert (first.aperture, first.probability) == (0.01, 0.9)
    assert (second.start, second.end) == pytest.approx((0.28, 0.32), abs=1e-9)
    assert (second.interval.label, second.interval.score) == ("closed", 0.8)


def test_no_closure_and_closed_throughout() -> None:
    assert find_closures(lips_of([0.1] * 4), decoded([0.1] * 4)) == []
    (whole,) = find_closures(lips_of([0.1] * 4), decoded([0.9] * 4))
    assert (whole.start, whole.end) == pytest.approx((0.0, 0.16), abs=1e-9)


def test_an_event_between_two_frames_takes_the_nearest() -> None:
    (found,) = find_closures(lips_of([0.3, 0.0], rate=5), decoded([0.1, 0.1, 0.1, 0.9, 0.1]))
    assert found.moment in (0.1, pytest.approx(0.3))


def test_the_closures_of_a_drawn_face_are_where_they_were_drawn(
    generated_clip: GeneratedClip, generated_lips: LipFeatures
) -> None:
    """ "bin blue at f two now": two closures, as the sound shifted by its lead has them."""
    seen = LipModel.load().decoder.decode(generated_lips, VisemeMap.load("neti_2000"))
    found = find_closures(generated_lips, seen)
    told = [x.centre + generated_clip.lead_seconds for x in generated_clip.phones if x.label in {"P", "B", "M"}]
    assert told
    hits = [any(abs(event.moment - time) < 0.12 for event in found) for time in told]
    assert sum(hits) >= len(hits) - 1


def test_closures_are_the_same_under_every_map(generated_clip: GeneratedClip) -> None:
    events = [
        find_closures(seen.lips, seen.decoded)
        for seen in (observe(generated_clip.path, viseme_map=name) for name in ("jeffers_1971", "franks_kimble_1972"))
    ]
    assert events[0] == events[1]
