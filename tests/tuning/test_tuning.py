"""Tuning: the reward's terms, the search and its resumption, the comparison on what was held out, and the bandit."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tuning_outcomes import TEXT, outcome

from visalign.config import Config, SyncParams
from visalign.errors import ConfigError, InputError
from visalign.evaluation.protocol import FEW_SHIFTS
from visalign.lips.clip_faces import ClipFaces
from visalign.lips.lip_features import LipFeatures
from visalign.parameters import EvidenceParams, ScoringParams
from visalign.pipeline import check
from visalign.signals import Audio
from visalign.sync.judging import hear
from visalign.sync.lip_model import LipModel
from visalign.tuning import TrialRecord
from visalign.tuning.material import TuningClip, with_foreign_sound
from visalign.tuning.outcome import ClipOutcome, Placement, WordScores, try_clip
from visalign.tuning.plots import pareto_front
from visalign.tuning.reward import needs_of
from visalign.tuning.space import default_values, search_space
from visalign.tuning.study import STUDY_FILE, first_clips, run_study, step_sizes
from visalign.visemes.map_files import format_viseme_map
from visalign.visemes.viseme_map import VisemeMap

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


def test_a_map_of_a_file_is_tried_as_any_other(
    generated_lips: LipFeatures, generated_audio: Audio, tmp_path: Path
) -> None:
    """It may have the name of a shipped map, or of none."""
    own = tmp_path / "own.toml"
    own.write_text(format_viseme_map(replace(VisemeMap.load("neti_2000"), id="own")), encoding="utf-8")
    faces, heard = ClipFaces.of(generated_lips), hear(generated_audio, TEXT, Config())
    clip = TuningClip("clip", "somebody", LipModel.load(), faces, heard, (), None, 0.0)
    shipped, given = (
        try_clip(clip, Config(sync=SyncParams(viseme_map=name)), {"visemes"}) for name in ("neti_2000", str(own))
    )
    assert given.own_visemes == shipped.own_visemes
