"""The quick look at every lag: against plain loops, and on a clip whose sound was cut elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sample_lips import NAMES, frame_times, make_lips, random_stream

import visalign
import visalign.sync.wide_search as wide_search
from visalign.config import Config, SyncParams
from visalign.face.generated_clip import GeneratedClip
from visalign.lips.lip_features import LipFeatures
from visalign.signals import Audio
from visalign.sound.speech import HOP
from visalign.sync.lead_course import LeadCourse
from visalign.sync.lip_model import Calibration, LipModel
from visalign.sync.speech_context import SpeechContext
from visalign.sync.wide_search import lag_gains, rough_lead, search_range

PLAIN = Calibration(0.2, 0.01, 0.0, (0.0, 0.0))
N_CHANNELS = 3
MODEL, NOTHING = LipModel.load(), SpeechContext(np.zeros((1, 1), np.float32))


def test_gains_are_those_of_plain_loops() -> None:
    """Frames of 40 ms, each at the row nearest to its middle; rows beyond the sound expect nothing."""
    rng = np.random.default_rng(0)
    streams = (random_stream(rng, NAMES[:3], N_CHANNELS, 2, 1.0), random_stream(rng, NAMES[2:6], N_CHANNELS, 3, 0.6))
    lips = make_lips(rng.normal(size=(10, len(NAMES))), times=frame_times(10), faceless=[3])
    context = SpeechContext(rng.normal(size=(30, N_CHANNELS)).astype(np.float32))
    lags, gains = lag_gains(streams, lips, context, 0.25)
    assert lags == pytest.approx(HOP * np.arange(-25, 26), abs=1e-9)
    expected = np.zeros(len(lags))
    for stream in streams:
        shown, heard = stream.observe(lips), stream.expect(context)
        for k, lag in enumerate(lags):
            for t, centre in enumerate(lips.times.centres):
                row = round(centre / HOP) - round(lag / HOP)
                if t != 3 and 0 <= row < len(heard):
                    expected[k] += stream.weight * (shown[t] @ heard[row] - 0.5 * heard[row] @ heard[row])
    assert gains == pytest.approx(expected, abs=1e-4)
    best, certainty = rough_lead(streams, (lips,), context, 0.25, PLAIN)
    assert best == pytest.approx(lags[gains.argmax()], abs=1e-9)
    assert 0 < certainty < 1


@pytest.mark.parametrize("late", [2.5, 20.0])
def test_an_offset_of_seconds_is_found(
    late: float, generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    """The sound begins with seconds of a quiet room."""
    room = np.random.default_rng(0).normal(0, 1e-3, round(late * generated_audio.rate_hz)).astype(np.float32)
    audio = replace(generated_audio, samples=np.concatenate([room, generated_audio.samples]))
    config = Config.from_dict({"sync": {"max_lag_seconds": 60.0}})
    found = visalign.check(generated_lips, generated_clip.transcript, audio=audio, config=config)
    assert found.sync.lead_seconds == pytest.approx(generated_clip.lead_seconds - late, abs=0.03)
    assert found.sync.verdict == "audio-late"
    assert found.segments["score"].max() < 0.5
    near = visalign.check(generated_lips, generated_clip.transcript, audio=audio)
    assert near.sync.verdict != "in-sync"


def test_a_wide_search_changes_nothing_where_the_offset_is_small(
    generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    config = Config.from_dict({"sync": {"max_lag_seconds": 30.0}})
    wide = visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio, config=config)
    near = visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio)
    assert wide.sync.lead_seconds == pytest.approx(near.sync.lead_seconds, abs=0.002)
    assert wide.sync.verdict == near.sync.verdict


@pytest.mark.parametrize(("temperature", "certainty"), [(1.0, 0.75), (0.5, 1 / (1 + 3**-0.5))])
def test_certainty_is_what_lies_near_the_best_lag(
    monkeypatch: pytest.MonkeyPatch, temperature: float, certainty: float
) -> None:
    """Two faces: one gains log 3 at -1 s, the other nothing at 2 s, and elsewhere both lose a hundred.

    At each lag the face counts that gains more: 3 against 1, or the roots of them.
    """
    lags = HOP * np.arange(-300, 301)
    gains = {name: np.where(np.abs(lags - lead) < HOP / 2, top, -100.0) for name, lead, top in
             (("first", -1.0, np.log(3.0)), ("second", 2.0, 0.0))}  # fmt: skip
    monkeypatch.setattr(wide_search, "lag_gains", lambda streams, lips, context, max_lag: (lags, gains[lips]))
    found = rough_lead((), ("first", "second"), None, 3.0, replace(PLAIN, temperature=temperature))  # type: ignore[arg-type]
    assert found == (pytest.approx(-1.0, abs=1e-9), pytest.approx(certainty, abs=1e-9))


@pytest.mark.parametrize(
    ("max_lag", "expected"), [(0.6, (0.0, 0.6, 1.0)), (1.0, (0.0, 1.0, 1.0)), (1.1, (0.3, 0.6, 0.8))]
)
def test_a_search_of_more_than_a_second_looks_first(
    monkeypatch: pytest.MonkeyPatch, max_lag: float, expected: tuple[float, float, float]
) -> None:
    """Up to a second all lags are tried; beyond, those around the lag that gains most, 0.6 s to either side."""
    monkeypatch.setattr(wide_search, "rough_course", lambda *_: None)
    monkeypatch.setattr(wide_search, "rough_lead", lambda *_: (0.3, 0.8))
    found = search_range(MODEL, (), NOTHING, Config(sync=SyncParams(max_lag_seconds=max_lag)))
    assert (found.centre, found.reach, found.certainty) == expected
    assert found.leads_at(np.array([1.0, 2.0])).tolist() == [expected[0]] * 2


def test_a_course_is_searched_about_and_is_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lead of 0.3 s that grows by a tenth: lips at 1.4 s, 1.1 s without the lead, were heard at 1.0 s."""
    course = LeadCourse(np.array([0.0, 2.0]), np.array([0.0, 0.2]))
    monkeypatch.setattr(wide_search, "rough_course", lambda *_: (0.3, course))
    found = search_range(MODEL, (), NOTHING, Config())
    assert (found.centre, found.reach, found.certainty, found.course) == (0.3, 0.6, 1.0, course)
    assert found.leads_at(np.array([1.4])) == pytest.approx([0.4], abs=1e-9)


def test_gains_do_not_depend_on_where_the_clip_begins() -> None:
    """The same lips and the same sound, both three seconds later."""
    rng = np.random.default_rng(1)
    streams = (random_stream(rng, NAMES[:3], N_CHANNELS, 2, 1.0),)
    values, rows = rng.normal(size=(20, len(NAMES))), rng.normal(size=(100, N_CHANNELS)).astype(np.float32)
    rows[0] = 0.0  # what holds before the sound begins
    lips = make_lips(values, times=frame_times(20))
    late = make_lips(np.concatenate([np.full((75, len(NAMES)), np.nan), values]), times=frame_times(95))
    cut = late.crop(3.0, 3.8)
    silence = np.zeros((300, N_CHANNELS), np.float32)
    lags, gains = lag_gains(streams, lips, SpeechContext(rows), 0.1)
    for other in (late, cut):
        context = SpeechContext(np.concatenate([silence, rows]))
        shifted = lag_gains(streams, other, context, 0.1)
        inside = slice(0, 11)  # lags of 0 and less look at rows that both have
        assert shifted[0] == pytest.approx(lags, abs=1e-9)
        assert shifted[1][inside] == pytest.approx(gains[inside], rel=1e-4, abs=1e-3)
