"""Tuning: the reward's terms, the search and its resumption, the comparison on what was held out, and the bandit."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from visalign.config import Config
from visalign.errors import ConfigError, InputError, ParseError
from visalign.evaluation.protocol import FEW_SHIFTS, half_shifted, shifted
from visalign.lips.clip_faces import ClipFaces
from visalign.lips.lip_features import LipFeatures
from visalign.parameters import EvidenceParams, ScoringParams
from visalign.pipeline import check
from visalign.signals import Audio
from visalign.sync.judging import hear
from visalign.sync.lip_model import LipModel
from visalign.sync.scoring import SyncScore
from visalign.tuning import Bandit, TrialRecord, compare_outcomes, format_config, parse_groups, parse_metric
from visalign.tuning.holdout import choose_held_out
from visalign.tuning.material import TuningClip, with_foreign_sound
from visalign.tuning.outcome import ClipOutcome, Placement, WordScores, try_clip
from visalign.tuning.plots import pareto_front
from visalign.tuning.reward import TERMS, format_metric, needs_of, reward, roc_area, terms_of
from visalign.tuning.space import GROUPS, Range, config_of, default_values, search_space
from visalign.tuning.study import STUDY_FILE, first_clips, run_study, step_sizes

TEXT, OTHER_TEXT = "bin blue at f two now", "set red in a six soon"
LEAD = 0.12  # of the generated clip (tests/conftest.py)


class Fixed:
    """Material that is the same for every configuration; counts how often it was asked, and can be interrupted."""

    def __init__(self, clips: Sequence[TuningClip], stop_after: int | None = None) -> None:
        self.clips, self.asked, self.stop_after = list(clips), 0, stop_after

    def __call__(self, _config: Config) -> list[TuningClip]:
        self.asked += 1
        if self.stop_after is not None and self.asked > self.stop_after:
            raise KeyboardInterrupt
        return self.clips


@pytest.fixture(scope="module")
def clips(generated_lips: LipFeatures, generated_audio: Audio) -> list[TuningClip]:
    """The generated clip in eight versions of different noise on the lips, said by four people."""
    own = hear(generated_audio, TEXT, Config())
    other = hear(shifted(generated_audio, -0.7), OTHER_TEXT, Config())
    cut = hear(half_shifted(generated_audio, own.words[3].start, 0.2), TEXT, Config())
    found = []
    for k in range(8):
        rng = np.random.default_rng(k)
        noise = rng.normal(0.0, 0.2 + 0.1 * k, generated_lips.values.shape) * generated_lips.scale
        lips = replace(generated_lips, values=generated_lips.values + noise)
        heard = own if k % 2 == 0 else other
        found.append(
            TuningClip(
                f"clip {k}", f"speaker {k // 2}", LipModel.load(), ClipFaces.of(lips), heard, ((3, cut),), None, 0.1
            )
        )
    return with_foreign_sound(found)


# --- material --------------------------------------------------------------------------------------------------


def test_foreign_sounds_are_of_the_same_speaker_and_say_something_else(clips: list[TuningClip]) -> None:
    for clip in clips:
        assert clip.foreign is not None
        assert clip.foreign.alignment.text != clip.own.alignment.text
    alone = with_foreign_sound([replace(clips[0], speaker="somebody")])
    assert alone[0].foreign is None


# --- outcomes --------------------------------------------------------------------------------------------------


def test_a_trial_judges_as_check_does(generated_lips: LipFeatures, generated_audio: Audio) -> None:
    """What is measured in a search is what a user then gets with the configuration."""
    config = Config(evidence=EvidenceParams(persistence=0.4, geometry_factor=0.7), scoring=ScoringParams(0.15))
    clip = TuningClip(
        "clip",
        "somebody",
        LipModel.load(),
        ClipFaces.of(generated_lips),
        hear(generated_audio, TEXT, config),
        (),
        None,
        0.0,
    )
    report = check(generated_lips, TEXT, audio=generated_audio, config=config)
    found = try_clip(clip, config, {"words"})
    assert found.good.scores == pytest.approx(report.segments["score"].to_numpy(), abs=1e-12)
    assert found.good.called == tuple(report.segments["verdict"])
    assert found.own_visemes == report.score
    assert found.passed == (report.sync.verdict == "in-sync")


def test_shifted_clips_have_the_lead_that_they_were_given(generated_lips: LipFeatures, generated_audio: Audio) -> None:
    """The evidence that is read off for a shift is that of the shifted sound."""
    clip = TuningClip(
        "clip",
        "somebody",
        LipModel.load(),
        ClipFaces.of(generated_lips),
        hear(generated_audio, TEXT, Config()),
        (),
        None,
        0.0,
    )
    errors = [placement.error for placement in try_clip(clip, Config(), {"shifted"}).shifted]
    assert errors == pytest.approx([LEAD] * len(FEW_SHIFTS), abs=0.03)
    for shift, error in zip(FEW_SHIFTS, errors, strict=True):
        audio = replace(generated_audio, samples=np.roll(generated_audio.samples, -round(shift * 16000)))
        lead = check(generated_lips, TEXT, audio=audio).sync.lead_seconds
        assert lead is not None
        assert error + shift == pytest.approx(lead, abs=0.012)


def test_only_what_is_needed_is_computed(clips: list[TuningClip]) -> None:
    found = try_clip(clips[0], Config(), needs_of({"windows": 1.0}))
    assert found.windows
    assert (found.shifted, found.good, found.passed) == ((), WordScores(), None)


# --- reward ----------------------------------------------------------------------------------------------------


def outcome(name: str = "a", speaker: str = "s", **parts: object) -> ClipOutcome:
    return replace(ClipOutcome(name, speaker), **parts)  # type: ignore[arg-type]


def test_terms_by_hand() -> None:
    found = terms_of(
        [
            outcome(
                shifted=(Placement(0.02, 0.9), Placement(0.02, 0.9), Placement(0.07, 0.9)),
                windows=((Placement(0.01, 1.0), Placement(0.2, 0.0)), (Placement(0.04, 1.0),)),
                good=WordScores((0.9, 0.7), ("in-sync", "uncertain")),
                moved=WordScores((0.1, 0.8), ("audio-late", "in-sync")),
                dubbed=WordScores((0.7,), ("uncertain",)),
                own_visemes=SyncScore(10, 6, 0, 0),
                foreign_visemes=SyncScore(10, 2, 0, 0),
                passed=True,
                withheld=False,
                preparing_seconds=0.25,
            )
        ],
        TERMS,
    )
    assert found["offset"] == pytest.approx((1.0 + 1.0 + 0.5) / 3)
    assert found["windows"] == pytest.approx((0.5 + 1.0) / 2)
    assert found["separation"] == pytest.approx(((1.0 + 0.5) / 2 + 0.5 * (1.0 + 0.5)) / 2)
    assert found["segments"] == pytest.approx((0.75 + (1.0 + 0.0 + 0.5) / 3) / 2)
    assert found["matching"] == pytest.approx((0.6 - 0.2) / 0.8)
    assert found["clips"] == pytest.approx(0.5)
    assert found["time"] == pytest.approx(0.8)
    brier_words = ((0.1**2 + 0.3**2) / 2 + (0.1**2 + 0.8**2 + 0.7**2) / 3) / 2
    assert found["calibration"] == pytest.approx(1 - 2 * (0.0 + brier_words) / 2)
    assert all(0.0 <= value <= 1.0 for value in found.values())


def test_a_coarse_map_earns_nothing_by_agreeing_with_everything() -> None:
    always = outcome(own_visemes=SyncScore(10, 10, 0, 0), foreign_visemes=SyncScore(10, 10, 0, 0))
    assert terms_of([always], ["matching"]) == {"matching": 0.0}


def test_the_offset_of_a_speaker_is_theirs() -> None:
    steady = [outcome(shifted=(Placement(0.08, 1.0),) * 5), outcome("b", "t", shifted=(Placement(-0.05, 1.0),) * 5)]
    assert terms_of(steady, ["offset"])["offset"] == pytest.approx(1.0)


def test_the_reward_is_the_weighted_mean_of_what_is_known() -> None:
    clip = outcome(windows=((Placement(0.0, 1.0), Placement(1.0, 0.0)),), good=WordScores((1.0,), ("in-sync",)))
    metric = {"windows": 3.0, "segments": 1.0, "matching": 100.0}
    assert reward([clip], metric) == pytest.approx((3 * 0.5 + 1 * 1.0) / 4)
    assert np.isnan(reward([clip], {"matching": 1.0}))


def test_roc_area_counts_ties_half() -> None:
    rng = np.random.default_rng(0)
    bad, good = rng.integers(0, 5, 40) / 4, rng.integers(1, 6, 50) / 5
    pairs = [(b < g) + 0.5 * (b == g) for b in bad for g in good]
    assert roc_area(bad, good) == pytest.approx(np.mean(pairs), abs=1e-12)


@pytest.mark.parametrize(
    ("text", "says"), [("speed", "metric.*matching, offset"), ("time=0", "above 0"), ("time=x", "above 0")]
)
def test_an_impossible_metric_is_refused(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse_metric(text)


def test_a_metric_survives_its_text() -> None:
    assert parse_metric(format_metric({"time": 0.5, "windows": 2.0})) == {"time": 0.5, "windows": 2.0}


# --- space and configuration -----------------------------------------------------------------------------------


def test_every_range_holds_the_default_and_every_bound_is_possible() -> None:
    space = search_space(GROUPS)
    defaults = default_values(space, Config())
    assert config_of(defaults, Config()) == Config()
    for name, part in space.items():
        if isinstance(part, Range):
            assert part.low <= float(defaults[name]) <= part.high, name
            bounds = (part.low, part.high)
        else:
            assert defaults[name] in part.names, name
            bounds = part.names
        for value in bounds:
            config_of({name: int(value) if getattr(part, "whole", False) else value}, Config())


def test_a_space_holds_what_the_search_starts_from() -> None:
    base = Config.from_dict(
        {"evidence": {"geometry_factor": 0.0}, "scoring": {"band": 9}, "sync": {"viseme_map": "maps/own.toml"}}
    )
    space = search_space(GROUPS, base)
    assert space["evidence.geometry_factor"] == Range(0.0, 4.0, log=False)
    assert space["scoring.band"] == Range(0, 9, whole=True)
    assert "maps/own.toml" in space["sync.viseme_map"].names
    assert search_space(GROUPS) == search_space(GROUPS, Config())


def test_a_parameter_can_be_searched_alone() -> None:
    assert set(search_space(parse_groups("scoring.band, map"))) == {"scoring.band", "sync.viseme_map"}


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(ConfigError, match="evidence, scoring"):
        parse_groups("evidence,lips")


def test_a_written_configuration_is_read_as_it_was(tmp_path: Path) -> None:
    config = Config.from_dict(
        {
            "scoring": {"flank_seconds": 0.1 + 0.2},
            "sync": {"viseme_map": 'maps/"own".toml'},
            "lips": {"detect_every": 3},
        }
    )
    path = tmp_path / "x.toml"
    path.write_text(format_config(config, ["two\nlines = 3"]), encoding="utf-8")
    assert Config.load(path) == config


# --- study -----------------------------------------------------------------------------------------------------

METRIC = {"windows": 1.0}
SPACE = search_space(["evidence", "scoring"])


def study(material: Fixed, folder: Path, budget: int = 14, **options: object) -> tuple[TrialRecord, ...]:
    return run_study(material, SPACE, METRIC, budget=budget, folder=folder, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def uninterrupted(clips: list[TuningClip], tmp_path_factory: pytest.TempPathFactory) -> tuple[TrialRecord, ...]:
    pytest.importorskip("optuna")
    return study(Fixed(clips[:2]), tmp_path_factory.mktemp("study"))


def test_the_first_trial_is_the_configuration_to_start_from(uninterrupted: tuple[TrialRecord, ...]) -> None:
    assert uninterrupted[0].values == default_values(SPACE, Config())
    assert [trial.place for trial in uninterrupted] == list(range(14))
    assert len({str(trial.values) for trial in uninterrupted}) == 14


@pytest.mark.parametrize("stop_after", [1, *(pytest.param(n, marks=pytest.mark.slow) for n in (6, 11))])
def test_a_resumed_study_equals_the_uninterrupted_one(
    stop_after: int, clips: list[TuningClip], uninterrupted: tuple[TrialRecord, ...], tmp_path: Path
) -> None:
    """Interrupted within a round, at its start, and after the sampler has begun to learn: to the last digit."""
    with pytest.raises(KeyboardInterrupt):
        study(Fixed(clips[:2], stop_after), tmp_path)
    resumed = Fixed(clips[:2])
    assert study(resumed, tmp_path) == uninterrupted
    assert resumed.asked == 14 - stop_after


def test_a_larger_budget_goes_on(
    clips: list[TuningClip], uninterrupted: tuple[TrialRecord, ...], tmp_path: Path
) -> None:
    for budget in (3, 9, 14):
        found = study(Fixed(clips[:2]), tmp_path, budget)
    assert found == uninterrupted


@pytest.mark.slow
@pytest.mark.slow
def test_workers_change_nothing(
    clips: list[TuningClip], uninterrupted: tuple[TrialRecord, ...], tmp_path: Path
) -> None:
    assert study(Fixed(clips[:2]), tmp_path, 6, workers=2) == uninterrupted[:6]


def test_another_seed_searches_elsewhere(
    clips: list[TuningClip], uninterrupted: tuple[TrialRecord, ...], tmp_path: Path
) -> None:
    assert study(Fixed(clips[:1]), tmp_path, 2, seed=1)[1].values != uninterrupted[1].values


def test_a_study_for_something_else_does_not_go_on(clips: list[TuningClip], tmp_path: Path) -> None:
    study(Fixed(clips[:1]), tmp_path, 1)
    with pytest.raises(ConfigError, match="made with another seed"):
        study(Fixed(clips[:1]), tmp_path, 2, seed=1)
    with pytest.raises(ConfigError, match="made with another base"):
        study(Fixed(clips[:1]), tmp_path, 2, base=Config(scoring=ScoringParams(band=3)))


def test_the_study_is_a_whole_sqlite_file(clips: list[TuningClip], tmp_path: Path) -> None:
    study(Fixed(clips[:1]), tmp_path, 2)
    with sqlite3.connect(tmp_path / STUDY_FILE) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        assert connection.execute("select count(*) from trials").fetchone() == (2,)
    connection.close()


@pytest.mark.slow
def test_poor_trials_end_on_few_clips(clips: list[TuningClip], tmp_path: Path) -> None:
    """Of twenty copies eight are measured first; who is below the median there is measured no further."""
    many = [replace(clips[k % 8], name=f"{k}") for k in range(20)]
    trials = run_study(Fixed(many), SPACE, {"windows": 1.0}, budget=12, folder=tmp_path)
    pruned = [trial for trial in trials if trial.is_pruned]
    assert pruned
    for trial in pruned:
        past = [t.steps[0] for t in trials[: trial.place // 4 * 4] if not t.is_pruned]
        assert len(trial.steps) == 1
        assert trial.steps[0] < np.median(past)
    assert not any(trial.is_pruned for trial in trials[:4])


def test_steps_take_the_speakers_in_turn() -> None:
    assert first_clips(["a"] * 3 + ["b"], 2) == [0, 3]
    assert step_sizes(76)[-1] == 76
    assert step_sizes(5) == [5]


def test_clips_that_give_nothing_are_refused(clips: list[TuningClip], tmp_path: Path) -> None:
    alone = [replace(clips[0], foreign=None, cut=())]
    with pytest.raises(InputError, match="give nothing for the metric"):
        run_study(Fixed(alone), SPACE, {"matching": 1.0}, budget=1, folder=tmp_path)


def test_no_trial_beats_a_front() -> None:
    rng = np.random.default_rng(0)
    trials = [TrialRecord(k, {}, 0.0, {"a": a, "b": b}, False, (0.0,)) for k, (a, b) in enumerate(rng.random((60, 2)))]
    front = pareto_front(trials, "a", "b")
    beaten = {
        t.place for t in trials if any(o.terms["a"] > t.terms["a"] and o.terms["b"] > t.terms["b"] for o in trials)
    }
    assert {t.place for t in front} == {t.place for t in trials} - beaten


# --- held out --------------------------------------------------------------------------------------------------


def windows(name: str, speaker: str, right: int, of: int = 20) -> ClipOutcome:
    parts = tuple(Placement(0.0 if k < right else 1.0, 0.5) for k in range(of))
    return outcome(name, speaker, windows=(parts,))


def test_noise_is_no_gain_and_a_gain_is_no_noise() -> None:
    rng = np.random.default_rng(1)
    rates = rng.integers(8, 16, 40)
    default = [windows(f"{k}", f"s{k % 7}", n) for k, n in enumerate(rates)]
    noise = [windows(f"{k}", f"s{k % 7}", n) for k, n in enumerate(rates + rng.integers(-3, 4, 40))]
    better = [windows(f"{k}", f"s{k % 7}", n) for k, n in enumerate(rates + rng.integers(0, 4, 40))]
    assert not compare_outcomes(default, noise, {"windows": 1.0}).is_better
    found = compare_outcomes(default, better, {"windows": 1.0})
    assert found.is_better
    assert found.unit == "speakers"
    assert found.difference.low < found.difference.value < found.difference.high
    assert found.difference.value == pytest.approx(found.found.value - found.default.value, abs=1e-12)


@pytest.mark.slow
def test_the_interval_of_a_difference_holds_what_it_claims() -> None:
    """No configuration is better than itself measured anew: about one in forty is recommended by chance."""
    rng, wrong = np.random.default_rng(2), 0
    for run in range(60):
        default = [windows(f"{k}", "s", n) for k, n in enumerate(rng.integers(6, 15, 30))]
        again = [windows(f"{k}", "s", n) for k, n in enumerate(rng.integers(6, 15, 30))]
        wrong += compare_outcomes(default, again, {"windows": 1.0}, seed=run).is_better
    assert wrong <= 6


def test_few_speakers_have_their_clips_resampled() -> None:
    two = [windows(f"{k}", f"s{k % 2}", 10) for k in range(8)]
    found = compare_outcomes(two, two, {"windows": 1.0})
    assert found.unit == "clips"
    assert (found.difference.low, found.difference.high, found.is_better) == (0.0, 0.0, False)


def test_held_out_speakers() -> None:
    names = [f"s{k}" for k in range(9)]
    assert len(choose_held_out(names)) == 3
    assert choose_held_out(names, seed=1) != choose_held_out(names, seed=2)
    assert choose_held_out(["only"] * 4) == ()
    with pytest.raises(ConfigError, match="hold-out"):
        choose_held_out(names, ["s99"])
    with pytest.raises(ConfigError, match="somebody must be left"):
        choose_held_out(["a", "b"], ["a", "b"])


# --- bandit ----------------------------------------------------------------------------------------------------

ARMS = ("a", "b", "c")


def regret(bandit: Bandit, n: int, seed: int) -> float:
    """Reward lost against the best arm at each time: half-way the worst one becomes the best, the others stay."""
    rng, lost = np.random.default_rng(seed), 0.0
    for k in range(n):
        means = {"a": 0.6, "b": 0.5, "c": 0.4 if k < n // 2 else 0.8}
        arm = bandit.choose()
        lost += max(means.values()) - means[arm]
        bandit.learn(arm, float(np.clip(rng.normal(means[arm], 0.1), 0, 1)))
    return lost


@pytest.mark.parametrize("policy", ["ucb", "thompson"])
def test_a_bandit_follows_a_change_of_material(policy: str) -> None:
    """At random 0.1 a clip is lost before the change and 0.17 after it; without forgetting, most of what follows it."""
    n = 600
    losses = [regret(Bandit(ARMS, policy=policy, seed=seed), n, seed) for seed in range(5)]
    assert np.mean(losses) < 0.5 * (0.1 + 0.17) / 2 * n
    stubborn = [regret(Bandit(ARMS, policy=policy, discount=1.0, seed=seed), n, seed) for seed in range(5)]
    assert np.mean(losses) < np.mean(stubborn)


@pytest.mark.parametrize("policy", ["ucb", "thompson"])
def test_a_bandit_goes_on_from_its_file(policy: str, tmp_path: Path) -> None:
    rng, path = np.random.default_rng(0), tmp_path / "bandit.json"
    whole, parts = (Bandit(ARMS, policy=policy, seed=3) for _ in range(2))
    for k in range(30):
        parts.save(path, [f"clip {k}"])
        parts, seen = Bandit.load(path)
        assert seen == [f"clip {k}"]
        assert whole.choose() == parts.choose() == parts.choose()
        earned = float(rng.random())
        for bandit in (whole, parts):
            bandit.learn(bandit.choose(), earned)
    assert whole.standings == parts.standings


def test_a_bandit_tries_every_arm_first() -> None:
    bandit, tried = Bandit(ARMS), []
    for _ in ARMS:
        tried.append(bandit.choose())
        bandit.learn(tried[-1], 0.5)
    assert sorted(tried) == sorted(ARMS)


@pytest.mark.parametrize(
    "arguments", [{"arms": ["a"]}, {"arms": ["a", "a"]}, {"arms": ARMS, "policy": "x"}, {"arms": ARMS, "discount": 0.1}]
)
def test_impossible_bandits_are_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Bandit(**arguments)  # type: ignore[arg-type]


def test_what_is_no_state_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bandit.json"
    for text in ("{", "[]", '{"format": "x"}', '{"format": "visalign bandit 1", "arms": ["a", "b"]}'):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ParseError, match="not the state of a bandit"):
            Bandit.load(path)
    with pytest.raises(ConfigError, match="reward"):
        Bandit(ARMS).learn("a", 1.5)
