"""A clip's own sound beside foreign ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sample_lips import NAMES, make_lips, random_decoder, random_sounds, random_stream

import visalign.sync.match as match
from visalign.parameters import EvidenceParams
from visalign.sound.speech import HOP, N_BANDS
from visalign.sync.lip_model import Calibration, LipModel
from visalign.sync.match import MatchEvidence, Stretch, match_evidence, match_of, stretches_of
from visalign.sync.speech_context import N_CHANNELS, PHONES, SpeechContext
from visalign.sync.wide_search import SearchRange
from visalign.timeline import FrameTimes

REACH = 0.3
PLAIN = Calibration(0.2, 0.01, -3.0, (0.5, 4.0))


def smooth(rng: np.random.Generator, n_rows: int) -> np.ndarray:
    """What moves as lips do, of unit variance."""
    rows = rng.normal(size=(n_rows + 40, 4))
    rows = np.apply_along_axis(lambda x: np.convolve(x, np.hanning(20), "valid"), 0, rows)[:n_rows]
    return np.asarray(rows / rows.std(axis=0))


def spoken(rng: np.random.Generator, n_frames: int, noise: float, lead: int = 0, own: float = 1.0) -> Stretch:
    """Lips that follow a sound that is so many rows early, with noise, in a part of the frames."""
    expected = smooth(rng, 4 * n_frames + 8)
    rows = 4 * np.arange(n_frames) + 2
    heard = expected[np.clip(rows - lead, 0, len(expected) - 1)]
    theirs = rng.uniform(size=n_frames) < own
    observed = np.where(theirs[:, None], heard, smooth(rng, n_frames)) + noise * rng.normal(size=heard.shape)
    return Stretch(observed, np.ones(n_frames), rows, expected, np.ones(len(expected), bool))


FOREIGN = smooth(np.random.default_rng(99), 3000)


def test_the_own_sound_stands_above_foreign_ones() -> None:
    own = match_evidence([spoken(np.random.default_rng(0), 75, 1.0, lead=7)], FOREIGN, REACH)
    assert own.words > 6
    assert own.sounds > 6
    assert own.support > 0.7
    assert own.speech_seconds == pytest.approx(75 * 0.04, abs=1e-9)


def test_a_foreign_sound_stands_like_any_other() -> None:
    """Forty clips with other sounds: standard deviations above the mean of such are what they say."""
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        foreign = replace(spoken(rng, 60, 1.0), expected=smooth(rng, 248))
        found.append(match_evidence([foreign], FOREIGN, REACH))
    for kind in ("words", "sounds"):
        stood = np.array([getattr(x, kind) for x in found])
        assert abs(stood.mean()) < 0.4
        assert 0.7 < stood.std() < 1.5


def test_a_longer_clip_of_poor_lips_stands_higher() -> None:
    short, long = (match_evidence([spoken(np.random.default_rng(3), n, 4.0)], FOREIGN, REACH) for n in (50, 600))
    assert min(long.words, long.sounds) > 3 * max(short.standing, 1.0)


def test_support_tells_a_part_that_fits_from_a_whole_that_fits_badly() -> None:
    """A third of the lips as they should be, or all of them with much noise."""
    part = match_evidence([spoken(np.random.default_rng(1), 300, 0.0, own=0.25)], FOREIGN, REACH)
    whole = match_evidence([spoken(np.random.default_rng(1), 300, 0.5)], FOREIGN, REACH)
    assert part.standing > 2
    assert part.support < whole.support - 0.2


def test_support_by_hand() -> None:
    """Sixty frames like lag 2 rows best and forty lag -2; moments of 5 frames, other lags further than 80 ms away."""
    expected = np.zeros((400, 1))
    rows = 4 * np.arange(100)
    part = Stretch(np.ones((100, 1)), np.ones(100), rows, expected, np.ones(400, bool))
    lags = np.arange(-20, 21)
    gains = np.zeros((100, len(lags)))
    gains[:60, 18], gains[60:, 38] = 1.0, 1.0

    class Given(Stretch):
        def _frame_gains(self, lags: np.ndarray) -> np.ndarray:
            return gains

    given = Given(part.observed, part.shares, part.rows, part.expected, part.voiced)
    gains[:, :10] = 0.5 * gains.max(axis=1, keepdims=True)  # a quarter of the others is liked half as much
    liked = given.liking(lags, 18)
    assert len(liked) == 100
    assert liked[:58].all()
    assert not liked[63:].any()


def test_lips_that_show_the_sound_their_own_way_stand_higher_once_they_are_known() -> None:
    """Half of the dimensions move twice as far as the model expects, the other half not at all but tremble."""
    part = spoken(np.random.default_rng(8), 200, 1.0)
    rng, own_way = np.random.default_rng(9), np.array([2.0, 2.0, 0.0, 0.0])
    heard = part.expected[part.rows]
    observed = own_way * heard + np.array([1.0, 1.0, 3.0, 3.0]) * rng.normal(size=heard.shape)
    found = match_evidence([replace(part, observed=observed)], FOREIGN, REACH)
    unknown = [0.0, 0.0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(match, "_PRIOR_ENERGY", 1e9)
        patch.setattr(match, "_PRIOR_FRAMES", 1e9)
        plain = match_evidence([replace(part, observed=observed)], FOREIGN, REACH)
        unknown = [plain.words, plain.sounds]
    assert found.words > unknown[0] + 1
    assert found.sounds > unknown[1] + 1


def test_without_speech_or_face_there_is_no_evidence() -> None:
    part = spoken(np.random.default_rng(0), 75, 1.0)
    silent = match_evidence([replace(part, voiced=np.zeros_like(part.voiced))], FOREIGN, REACH)
    unseen = match_evidence([replace(part, shares=np.zeros(75), observed=np.full((75, 4), np.nan))], FOREIGN, REACH)
    assert silent == unseen == match_evidence([], FOREIGN, REACH) == MatchEvidence(0.0, 0.0, 0.0, 0.0)


def test_the_probability_is_a_logistic_of_standing_and_support() -> None:
    """-3 + 0.5 · 2 + 4 · 0.5 = 0; the lesser of words and sounds counts, and no more than 12 of it."""
    assert MatchEvidence(2.0, 5.0, 0.5, 3.0).probability(PLAIN) == pytest.approx(0.5)
    assert MatchEvidence(5.0, 2.0, 0.5, 3.0).probability(PLAIN) == pytest.approx(0.5)
    assert MatchEvidence(99.0, 99.0, 0.0, 3.0).probability(PLAIN) == pytest.approx(1 / (1 + np.exp(-3)))


def test_how_much_speech_would_do() -> None:
    """Half a point of log odds a standing: a standing of 2 brings 1, and grows with the root of the speech."""
    assert MatchEvidence(2.0, 5.0, 0.5, 3.0).log_odds_of_standing(PLAIN) == pytest.approx(1.0)
    assert MatchEvidence(0.5, 5.0, 0.5, 3.0).log_odds_of_standing(PLAIN) is None  # it stands like a foreign one


# --- of a clip -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model() -> LipModel:
    rng = np.random.default_rng(0)
    stream = random_stream(rng, NAMES[:4], N_CHANNELS, 3, 1.0)
    decoder = random_decoder(rng, NAMES[:2], ("AA", "SIL"))
    return LipModel((stream,), PLAIN, decoder, random_sounds(rng, 2000), {})


def heard(seconds: float, said: tuple[float, float] | None = None) -> SpeechContext:
    """Somebody says changing sounds, from the first moment of `said` to the second."""
    rng, n_rows = np.random.default_rng(5), round(seconds / HOP)
    phones = np.repeat(rng.integers(1, len(PHONES), n_rows // 8 + 1), 8)[:n_rows].astype(np.uint8)
    start, end = said or (0.0, seconds)
    moments = HOP * np.arange(n_rows)
    phones[(moments < start) | (moments >= end)] = PHONES.index("SIL")
    return SpeechContext.of_rows(phones, rng.normal(size=(n_rows, N_BANDS)).astype(np.float32))


def clip(seconds: float, context: SpeechContext, model: LipModel, rate: int = 25) -> object:
    """Lips that the model expects of the sound, and noise."""
    (stream,) = model.streams
    n_frames = round(seconds * rate)
    times = FrameTimes(np.arange(n_frames) / rate, seconds, rate)  # type: ignore[arg-type]
    rows = np.clip(np.round(times.centres / HOP).astype(int), 0, len(context.rows) - 1)
    values = np.random.default_rng(6).normal(size=(n_frames, len(NAMES)))
    values[:, :4] += 2 * stream.expect(context)[rows] @ np.linalg.pinv(stream.projection)
    return make_lips(values, times=times)


@pytest.mark.parametrize("rate", [25, 50])
def test_lips_that_follow_the_model_belong_to_their_sound(model: LipModel, rate: int) -> None:
    context = heard(4.0)
    lips = clip(4.0, context, model, rate)
    found = match_of(model, lips, context, SearchRange(0.0, 0.6), EvidenceParams(), recognised=False)  # type: ignore[arg-type]
    assert found.standing > 3
    assert found.speech_seconds == pytest.approx(4.0, abs=0.3)
    assert found.probability(PLAIN) > 0.9


def test_a_long_clip_is_represented_by_where_most_is_said(model: LipModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(match, "MAX_SECONDS", 20.0)
    context = heard(60.0, (21.0, 39.0))
    lips = clip(60.0, context, model)
    parts = stretches_of(model.streams, lips, context, SearchRange(0.0, 0.6), None)  # type: ignore[arg-type]
    assert len(parts) == 2
    assert sum(part.speech_seconds(0) for part in parts) == pytest.approx(18.0, abs=0.8)
    assert max(len(part.expected) for part in parts) <= round((10.0 + 2 * 0.6) / HOP) + 2


def test_frames_to_leave_out_say_nothing(model: LipModel) -> None:
    context = heard(4.0)
    lips = clip(4.0, context, model)
    away = np.ones(100, bool)
    assert match_of(
        model,
        lips,  # type: ignore[arg-type]
        context,
        SearchRange(0.0, 0.6),
        EvidenceParams(),
        recognised=False,
        away=away,
    ) == MatchEvidence(0.0, 0.0, 0.0, 0.0)
