"""Parameters that can be set: nothing changes without them, and each does what it says."""

from dataclasses import asdict

import numpy as np
import pytest

from visalign.config import Config
from visalign.errors import ConfigError
from visalign.forced_alignment import force_align
from visalign.lips.lip_features import LipFeatures
from visalign.parameters import EvidenceParams, ScoringParams, ThresholdParams
from visalign.pipeline import check
from visalign.signals import Audio
from visalign.sync.lip_model import LipModel
from visalign.sync.speech_context import SpeechContext
from visalign.sync.streams import stream_log_likelihoods, weighed

LAGS = np.arange(-0.3, 0.301, 0.02)
TEXT = "bin blue at f two now"


@pytest.fixture(scope="module")
def context(generated_audio: Audio) -> SpeechContext:
    return SpeechContext.of(generated_audio, force_align(generated_audio, TEXT).phones)


def rows(lips: LipFeatures, context: SpeechContext, **values: float) -> np.ndarray:
    return stream_log_likelihoods(LipModel.load().streams, lips, context, LAGS, EvidenceParams(**values))


@pytest.mark.parametrize(
    ("stage", "key", "value", "says"),
    [
        ("evidence", "persistence", 1.0, r"evidence\.persistence = 1\.0.*0 to 0\.95"),
        ("evidence", "prior_frames", 0, r"evidence\.prior_frames = 0\.0.*1 to"),
        ("evidence", "temperature_factor", float("nan"), r"temperature_factor = nan"),
        ("scoring", "band", 2.5, r"scoring\.band = 2\.5.*whole number"),
        ("scoring", "flank_seconds", 0, r"scoring\.flank_seconds"),
        ("thresholds", "min_match", 0.9, r"thresholds\.min_match = 0\.9.*at most likely_match"),
        ("thresholds", "likely_match", 0.98, r"thresholds\.likely_match = 0\.98.*at most sure_match"),
        ("thresholds", "sync_score", 0.2, r"thresholds\.fault_score = 0\.35.*at most sync_score"),
    ],
)
def test_impossible_values_are_refused(stage: str, key: str, value: float, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Config.from_dict({stage: {key: value}})


LIMITS = {
    EvidenceParams: {
        "geometry_factor": (0.0, 10.0),
        "appearance_factor": (0.0, 10.0),
        "temperature_factor": (0.05, 20.0),
        "scatter_factor": (0.05, 20.0),
        "prior_frames": (1.0, 1e6),
        "persistence": (0.0, 0.95),
    },
    ScoringParams: {
        "flank_seconds": (0.02, 5.0),
        "margin_seconds": (0.0, 0.2),
        "local_spread_seconds": (0.01, 10.0),
        "band": (0, 25),
        "match_weight": (0.0, 1.0),
    },
}
ONE_BY_ONE = [(stage, name, limits) for stage, names in LIMITS.items() for name, limits in names.items()]


@pytest.mark.parametrize(("stage", "name", "limits"), ONE_BY_ONE)
def test_both_limits_are_allowed_and_nothing_beyond(
    stage: type[EvidenceParams | ScoringParams], name: str, limits: tuple[float, float]
) -> None:
    """Both ends are allowed, and nothing beyond either."""
    low, high = limits
    assert [getattr(stage(**{name: x}), name) for x in limits] == [low, high]
    for beyond in (low - 0.001, high + 0.001):
        with pytest.raises(ConfigError, match=rf"{name} = .*{low:g} to {high:g}".replace("+", r"\+")):
            stage(**{name: beyond})


def test_thresholds_by_default() -> None:
    """Measured on GRID: docs/decisions/0142-a-match-beside-foreign-sounds.md and 0006-word-scores.md."""
    assert asdict(ThresholdParams()) == {
        "min_confidence": 0.8,
        "min_match": 0.2,
        "likely_match": 0.85,
        "sure_match": 0.97,
        "fault_score": 0.35,
        "sync_score": 0.65,
        "out_of_step": 0.02,
    }


def test_both_streams_may_not_be_off() -> None:
    with pytest.raises(
        ConfigError, match=r"geometry_factor = 0\.0 is not possible.*more than 0 where appearance_factor is 0"
    ):
        EvidenceParams(geometry_factor=0.0, appearance_factor=0.0)


def test_weights_of_streams_are_multiplied_and_a_stream_of_no_weight_is_left_out() -> None:
    streams = LipModel.load().streams
    first, second = weighed(streams, EvidenceParams(geometry_factor=2.0, appearance_factor=0.5))
    assert (first.weight, second.weight) == (2 * streams[0].weight, 0.5 * streams[1].weight)
    assert len(weighed(streams, EvidenceParams(geometry_factor=0.0))) == 1


def test_the_defaults_weigh_as_the_model_says(generated_lips: LipFeatures, context: SpeechContext) -> None:
    plain = stream_log_likelihoods(LipModel.load().streams, generated_lips, context, LAGS, EvidenceParams())
    assert np.array_equal(rows(generated_lips, context), plain)


def test_evidence_is_that_of_the_streams_that_count(generated_lips: LipFeatures, context: SpeechContext) -> None:
    """Without adaptation the log-likelihoods of streams add up, each times its factor."""
    rigid = {"prior_frames": 1e6}
    geometry = rows(generated_lips, context, appearance_factor=0.0, **rigid)
    appearance = rows(generated_lips, context, geometry_factor=0.0, **rigid)
    both = rows(generated_lips, context, geometry_factor=2.0, appearance_factor=3.0, **rigid)
    assert both == pytest.approx(2 * geometry + 3 * appearance, rel=1e-3, abs=1e-2)


def test_persistence_judges_what_is_new_in_a_frame(generated_lips: LipFeatures, context: SpeechContext) -> None:
    """White residuals of correlation r, after it is taken out, have the same variance and are independent."""
    from visalign.sync.streams import _news  # the recurrence itself, on residuals that are known

    rng, r = np.random.default_rng(0), 0.8
    noise = rng.normal(size=(20000, 3))
    residual = noise.copy()
    for t in range(1, len(noise)):
        residual[t] = r * residual[t - 1] + np.sqrt(1 - r**2) * noise[t]
    assert _news(residual, r) == pytest.approx(noise, abs=1e-9)
    residual[100] = np.nan
    after = _news(residual, r)
    assert np.isnan(after[100]).all()
    assert after[101] == pytest.approx(residual[101])
    assert not np.allclose(rows(generated_lips, context, persistence=0.5), rows(generated_lips, context))


def test_a_trusted_calibration_has_the_factors() -> None:
    calibration = LipModel.load().calibration
    found = calibration.trusted(EvidenceParams(temperature_factor=2.0, scatter_factor=0.5))
    assert (found.temperature, found.lag_scatter) == (2 * calibration.temperature, 0.5 * calibration.lag_scatter)
    assert found.match_weights == calibration.match_weights


@pytest.mark.parametrize(
    ("stage", "values"),
    [
        ("evidence", {"temperature_factor": 0.2}),
        ("evidence", {"geometry_factor": 0.2}),
        ("scoring", {"flank_seconds": 0.05}),
        ("scoring", {"margin_seconds": 0.1}),
        ("scoring", {"match_weight": 1.0}),
    ],
)
def test_a_setting_reaches_the_scores_of_words(
    stage: str, values: dict[str, float], generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    config = Config.from_dict({stage: values})
    assert asdict(config)[stage] == asdict(Config())[stage] | values
    plain, changed = (
        check(generated_lips, TEXT, audio=generated_audio, config=chosen).segments["score"].to_numpy()
        for chosen in (Config(), config)
    )
    assert not np.allclose(plain, changed, rtol=1e-6, atol=0.0)


def test_thresholds_decide_the_verdict(generated_lips: LipFeatures, generated_audio: Audio) -> None:
    strict = Config(thresholds=ThresholdParams(min_match=1.0, likely_match=1.0, sure_match=1.0))
    assert check(generated_lips, TEXT, audio=generated_audio).sync.verdict == "audio-early"
    assert check(generated_lips, TEXT, audio=generated_audio, config=strict).sync.verdict == "mismatched"


def test_words_between_the_thresholds_are_uncertain(generated_lips: LipFeatures, generated_audio: Audio) -> None:
    wide = Config(thresholds=ThresholdParams(fault_score=0.0, sync_score=1.0))
    verdicts = set(check(generated_lips, TEXT, audio=generated_audio, config=wide).segments["verdict"])
    assert verdicts <= {"uncertain"}


def test_a_wide_band_pairs_more(generated_lips: LipFeatures, generated_audio: Audio) -> None:
    none, some = (
        check(generated_lips, TEXT, audio=generated_audio, config=Config(scoring=ScoringParams(band=band))).score
        for band in (0, 4)
    )
    assert some.n_frames_right >= none.n_frames_right
