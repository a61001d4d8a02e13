"""The lip model's evidence against the formula, written out in plain loops."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from sample_lips import NAMES, frame_times, make_lips, random_decoder, random_sounds, random_stream

from visalign.lips.lip_features import LipFeatures
from visalign.parameters import EvidenceParams
from visalign.sound.speech import HOP
from visalign.sync.lip_model import Calibration, LipModel
from visalign.sync.speech_context import OFFSETS, SpeechContext
from visalign.sync.streams import Stream, stream_log_likelihoods
from visalign.timeline import FrameTimes

TOLERANCE = 1e-3  # predictions are single precision, squares of a few units are summed
N_CHANNELS = 4
N_ROWS = 60
LAGS = np.array([-0.2, -0.055, 0.0, 0.013, 0.4])
PRIOR_FRAMES = 60


def row_prediction(stream: Stream, context: SpeechContext, row: int) -> list[float]:
    """What the stream expects at a row of the grid: bias plus the context around it times the weights."""
    result = [float(x) for x in stream.bias]
    for k, offset in enumerate(OFFSETS):
        seen = min(max(row + round(offset / HOP), 0), len(context.rows) - 1)
        for c in range(N_CHANNELS):
            for d in range(len(result)):
                result[d] += float(context.rows[seen, c]) * float(stream.weights[k * N_CHANNELS + c, d])
    return result


def prediction(stream: Stream, context: SpeechContext, time: float) -> list[float]:
    """The same between rows, by a straight line."""
    position = min(max(time / HOP, 0.0), len(context.rows) - 1.0)
    below = min(math.floor(position), len(context.rows) - 2)
    part = position - below
    pair = zip(row_prediction(stream, context, below), row_prediction(stream, context, below + 1), strict=True)
    return [a * (1 - part) + b * part for a, b in pair]


def residual(stream: Stream, lips: LipFeatures, context: SpeechContext, frame: int, lag: float) -> list[float]:
    shown = lips.values[frame][[lips.names.index(name) for name in stream.columns]]
    observed = [float(shown @ stream.projection[:, d]) for d in range(len(stream.bias))]
    expected = prediction(stream, context, float(lips.times.centres[frame]) - lag)
    return [o - e for o, e in zip(observed, expected, strict=True)]


def plain_evidence(model: LipModel, lips: LipFeatures, context: SpeechContext) -> np.ndarray:
    """Two passes over streams, lags and frames: first with the training's variances, then with the clip's."""
    frames = [t for t in range(len(lips)) if np.isfinite(lips.values[t]).all()]
    shown = np.append(np.diff(lips.times.times), lips.times.duration - lips.times.times[-1])
    variances = [[1.0] * len(stream.bias) for stream in model.streams]
    for last_pass in (False, True):
        total = np.zeros((len(lips), len(LAGS)))
        for stream, variance in zip(model.streams, variances, strict=True):
            for t in frames:
                for j, lag in enumerate(LAGS):
                    rows = zip(residual(stream, lips, context, t, lag), variance, strict=True)
                    log_density = sum(-0.5 * (r * r / v + math.log(v)) for r, v in rows)
                    total[t, j] += stream.weight * log_density * min(shown[t] / 0.04, 1.0)
        if last_pass:
            return total
        best = float(LAGS[total.sum(axis=0).argmax()])
        for s, stream in enumerate(model.streams):
            left = np.array([residual(stream, lips, context, t, best) for t in frames])
            variances[s] = ((PRIOR_FRAMES + (left**2).sum(axis=0)) / (PRIOR_FRAMES + len(frames))).tolist()
    raise AssertionError


def make_case(seed: int, times: FrameTimes) -> tuple[LipModel, LipFeatures, SpeechContext]:
    rng = np.random.default_rng(seed)
    streams = (random_stream(rng, NAMES[:3], N_CHANNELS, 2, 1.0), random_stream(rng, NAMES[1:6], N_CHANNELS, 3, 0.6))
    model = LipModel(
        streams,
        Calibration(0.2, 0.01, 0.0, (1.0, 0.0)),
        random_decoder(rng, NAMES[:1], ("SIL",)),
        random_sounds(rng),
        {},
    )
    lips = make_lips(rng.normal(size=(len(times), len(NAMES))), times=times, faceless=[1, 4])
    return model, lips, SpeechContext(rng.normal(size=(N_ROWS, N_CHANNELS)).astype(np.float32))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rate", [25, 50])
def test_evidence_is_the_formula(seed: int, rate: int) -> None:
    model, lips, context = make_case(seed, frame_times(9, rate))
    found = stream_log_likelihoods(model.streams, lips, context, LAGS, EvidenceParams())
    assert found == pytest.approx(plain_evidence(model, lips, context), abs=TOLERANCE)


def test_frames_that_stay_long_or_short_count_for_what_they_are() -> None:
    """A variable rate: a frame counts its time on screen over 40 ms, at most one."""
    times = FrameTimes(np.array([0.0, 0.01, 0.05, 0.07, 0.2, 0.3]), 0.32, Fraction(25))
    model, lips, context = make_case(5, times)
    found = stream_log_likelihoods(model.streams, lips, context, LAGS, EvidenceParams())
    assert found == pytest.approx(plain_evidence(model, lips, context), abs=TOLERANCE)


def test_frames_without_a_face_say_nothing() -> None:
    model, lips, context = make_case(1, frame_times(9))
    found = stream_log_likelihoods(model.streams, lips, context, LAGS, EvidenceParams())
    assert not found[[1, 4]].any()
    assert np.any(found[[0, 2, 3, 5, 6, 7, 8]], axis=1).all()


def test_the_filter_over_time_is_the_product_with_the_stacked_context() -> None:
    model, _, context = make_case(2, frame_times(9))
    times = HOP * np.arange(N_ROWS)
    for stream in model.streams:
        stacked = context.stacked(times) @ stream.weights + stream.bias
        assert stream.expect(context) == pytest.approx(stacked, abs=1e-4)
