"""Measure `visalign tune` on the GRID corpus.

    python benchmarks/grid.py leave-one-out MODELS               # a lip model without each speaker
    python benchmarks/tune.py study OUT --models MODELS          # held-out speakers: defaults against what is found
    python benchmarks/tune.py resume OUT --models MODELS         # an interrupted study against an uninterrupted one
    python benchmarks/tune.py change                             # the bandit's regret, on rewards that are made up
    python benchmarks/tune.py bandit OUT --models MODELS         # the same on what clips really earn

`study` holds out each of three groups of speakers in turn, searches on the others, and measures those that were held
out; every clip is judged by the lip model that was trained without its speaker. The measures are those of P2 (area
under the ROC curve of word scores) and P1 (windows of 5 and 10 frames), each with a bootstrap over the speakers.

`bandit` draws clips at random from the corpus as it is and then, from the middle on, with lips as an unsteady camera
sees them; each clip earns what it really earns under each configuration. Regret is what is lost against the
configuration that is best for that part.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import grid
import numpy as np

from visalign.config import Config
from visalign.parameters import EvidenceParams
from visalign.sync.lip_model import LipModel
from visalign.tuning import Bandit, Found, TrialRecord, run_study, search_space
from visalign.tuning.bandit import POLICIES
from visalign.tuning.gathering import Gathered
from visalign.tuning.holdout import compare_measures
from visalign.tuning.material import TuningClip
from visalign.tuning.outcome import ClipOutcome, try_clip
from visalign.tuning.reward import Metric, format_metric, needs_of, parse_metric, reward, roc_area
from visalign.tuning.space import config_of
from visalign.tuning.study import first_clips, importance_of

FOLDS = (("s1", "s2", "s22"), ("s5",), ("s30", "s31", "s32"))
METRIC = {"separation": 1.0, "windows": 1.0}
MEASURES = ("AUC, half shifted", "AUC, another sentence", "windows of 5 frames", "windows of 10 frames")
ARMS = {
    "default": Config(),
    "steady": Config(evidence=EvidenceParams(temperature_factor=0.5, prior_frames=15.0)),
    "geometry": Config(evidence=EvidenceParams(appearance_factor=0.0)),
    "appearance": Config(evidence=EvidenceParams(geometry_factor=0.25, appearance_factor=2.0)),
}
SHAKE = 1.0  # standard deviations of each feature that the unsteady camera adds


def gathered(out: Path, models: Path) -> Gathered:
    """The clips of the evaluation, each judged by the model without its speaker."""
    clips = [clip for clip in grid.clips() if clip.path.parent.name == "speakers"]
    by_speaker = {speaker: LipModel.load(models / f"{speaker}.npz") for speaker in {clip.speaker for clip in clips}}
    return Gathered(clips, out, next(iter(by_speaker.values())), by_speaker)


class Fixed:
    """Clips that no parameter of these studies prepares anew; may be interrupted."""

    def __init__(self, clips: Sequence[TuningClip], stop_after: int | None = None) -> None:
        self.clips, self.left = list(clips), stop_after

    def __call__(self, _config: Config) -> Sequence[TuningClip]:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
        return self.clips


def measures(outcomes: Sequence[ClipOutcome]) -> list[float]:
    """The numbers of :data:`MEASURES`."""
    good = [x for o in outcomes for x in o.good.scores]
    areas = [
        roc_area([x for o in outcomes for x in o.moved.scores], good),
        roc_area([x for o in outcomes for x in o.dubbed.scores], good),
    ]
    errors = [[p.error for o in outcomes for p in o.windows[k]] for k in range(2)]
    return [*areas, *(float((np.abs(part) <= 0.0401).mean()) for part in errors)]


def study(
    out: Path, models: Path, budget: int, groups: Sequence[str], workers: int, n_search: int, metric: Metric
) -> None:
    clips, space = gathered(out, models)(Config()), search_space(groups)
    default: list[ClipOutcome] = []
    found: list[ClipOutcome] = []
    for number, fold in enumerate(FOLDS):
        others = [clip for clip in clips if clip.speaker not in fold]
        search = Fixed([others[k] for k in first_clips([clip.speaker for clip in others], n_search)])
        folder = out / f"{'-'.join(metric)}-{'-'.join(groups)}-{number}"
        trials = run_study(search, space, metric, budget=budget, folder=folder, workers=workers)
        result = Found(trials, importance_of(trials, space))
        chosen = config_of(result.best.values, Config())
        print(f"held out {' '.join(fold)}: trial {result.best.place + 1} of {len(result.trials)}", end="; ")
        print(f"reward on the others {result.trials[0].reward:.4f} -> {result.best.reward:.4f}")
        print(
            "  "
            + " ".join(f"{k}={v:.3g}" if isinstance(v, float) else f"{k}={v}" for k, v in result.best.values.items())
        )
        print("  importance: " + " ".join(f"{k}={v:.2f}" for k, v in result.importance.items()), flush=True)
        held_out = [clip for clip in clips if clip.speaker in fold]
        default += [try_clip(clip, Config(), needs_of(METRIC)) for clip in held_out]
        found += [try_clip(clip, chosen, needs_of(METRIC)) for clip in held_out]
    show(default, found)


def show(default: Sequence[ClipOutcome], found: Sequence[ClipOutcome]) -> None:
    """A table with intervals."""
    print(f"on speakers held out ({len(default)} clips): default | found | difference (95 %, speakers resampled)")
    for name, three in zip(MEASURES, compare_measures(default, found, measures), strict=True):
        low, high = three[2].low, three[2].high
        verdict = "better" if low > 0 else "worse" if high < 0 else "no difference shown"
        print(f"{name:22} {three[0].value:.4f} | {three[1].value:.4f} | {three[2].value:+.4f}", end=" ")
        print(f"({low:+.4f} to {high:+.4f})  {verdict}", flush=True)


def resume(out: Path, models: Path, budget: int) -> None:
    clips, space = gathered(out, models)(Config())[::5], search_space(("evidence", "scoring", "map"))
    whole = run_study(Fixed(clips), space, METRIC, budget=budget, folder=out / "whole")
    for stop in range(3, budget, 5):  # killed again and again
        try:
            run_study(Fixed(clips, 5 if stop > 3 else 3), space, METRIC, budget=budget, folder=out / "killed")
        except KeyboardInterrupt:
            print(f"interrupted after trial {stop}")
    resumed = run_study(Fixed(clips), space, METRIC, budget=budget, folder=out / "killed")
    print(f"{budget} trials on {len(clips)} clips; equal: {resumed == whole}; largest difference ", end="")
    print(max(difference(a, b) for a, b in zip(whole, resumed, strict=True)))


def difference(one: TrialRecord, other: TrialRecord) -> float:
    """Largest difference of two trials' numbers."""
    numbers = [abs(one.reward - other.reward)]
    numbers += [abs(v - other.values[k]) for k, v in one.values.items() if not isinstance(v, str)]
    return (
        float("inf") if any(other.values[k] != v for k, v in one.values.items() if isinstance(v, str)) else max(numbers)
    )


def shaken(clip: TuningClip, number: int) -> TuningClip:
    """The same clip as an unsteady camera sees it: the mouth's outline trembles, its appearance does not."""
    rng, lips = np.random.default_rng(number), clip.lips
    geometry = np.array([not name.startswith(("appearance", "flow")) for name in lips.names])
    noise = SHAKE * rng.normal(size=lips.values.shape) * lips.scale * geometry
    return replace(clip, lips=replace(lips, values=lips.values + noise))


def bandit(out: Path, models: Path, n_clips: int) -> None:
    clips = gathered(out, models)(Config())
    phases = [clips, [shaken(clip, number) for number, clip in enumerate(clips)]]
    earned = np.array(
        [
            [[reward([try_clip(c, config, needs_of(METRIC))], METRIC) for c in phase] for config in ARMS.values()]
            for phase in phases
        ]
    )  # 2 phases, arms, clips
    means = earned.mean(axis=2)
    for name, row in zip(ARMS, means.T, strict=True):
        print(f"{name:12} mean reward as it is {row[0]:.4f}, shaken {row[1]:.4f}")
    best_first = int(means[0].argmax())
    policies = {f"{policy}, discount {d:g}": (policy, d) for policy in POLICIES for d in (0.98, 1.0)}
    runs = {name: [lost(earned, means, p, d, n_clips, seed) for seed in range(50)] for name, (p, d) in policies.items()}
    gaps = means.max(axis=1, keepdims=True) - means
    runs["at random"] = [n_clips / 2 * float(gaps.mean(axis=1).sum())]
    runs["the best of the first half, always"] = [n_clips / 2 * float(gaps[:, best_first].sum())]
    runs["default, always"] = [n_clips / 2 * float(gaps[:, 0].sum())]
    for name, values in runs.items():
        spread = f" ± {np.std(values) / np.sqrt(len(values)):.2f}" if len(values) > 1 else ""
        print(f"regret after {n_clips} clips, {name}: {np.mean(values):.2f}{spread}")


def change(n_clips: int) -> None:
    """Three configurations, rewards with a spread of 0.1; half-way the worst becomes the best, the others stay."""
    means = np.array([[0.6, 0.5, 0.4], [0.6, 0.5, 0.8]])
    for policy in POLICIES:
        for discount in (0.95, 0.98, 0.99, 1.0):
            runs = [made_up(means, policy, discount, n_clips, seed) for seed in range(20)]
            print(f"{policy:9} discount {discount:4g}: regret {np.mean(runs):6.1f}, worst of 20 {max(runs):6.1f}")
    gaps = means.max(axis=1, keepdims=True) - means
    print(f"at random: {n_clips / 2 * gaps.mean(axis=1).sum():.1f}; ", end="")
    print(f"always the best of the first half: {n_clips / 2 * gaps[:, means[0].argmax()].sum():.1f}")


def made_up(means: np.ndarray, policy: str, discount: float, n_clips: int, seed: int) -> float:
    """Regret of one run."""
    rng, names, total = np.random.default_rng(seed), ["a", "b", "c"], 0.0
    chooser = Bandit(names, policy=policy, discount=discount, seed=seed)
    for k in range(n_clips):
        row = means[int(k >= n_clips // 2)]
        arm = chooser.choose()
        mean = row[names.index(arm)]
        total += row.max() - mean
        chooser.learn(arm, float(np.clip(rng.normal(mean, 0.1), 0.0, 1.0)))
    return total


def lost(earned: np.ndarray, means: np.ndarray, policy: str, discount: float, n_clips: int, seed: int) -> float:
    """Expected regret of one run."""
    rng, names = np.random.default_rng(seed), list(ARMS)
    chooser = Bandit(names, policy=policy, discount=discount, seed=seed)
    total = 0.0
    for k in range(n_clips):
        phase = int(k >= n_clips // 2)
        arm = chooser.choose()
        total += means[phase].max() - means[phase][names.index(arm)]
        chooser.learn(arm, earned[phase, names.index(arm), rng.integers(earned.shape[2])])
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=("study", "resume", "change", "bandit"))
    parser.add_argument("out", type=Path, nargs="?", default=Path())
    parser.add_argument("--models", type=Path, default=Path())
    parser.add_argument("--budget", type=int, default=40)
    parser.add_argument("--search", default="evidence,scoring")
    parser.add_argument("--metric", default=format_metric(METRIC))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--search-clips", type=int, default=76, help="at most so many, from the speakers in turn")
    parser.add_argument("--clips", type=int, default=600)
    options = parser.parse_args()
    if options.task == "study":
        groups = options.search.split(",")
        study(
            options.out,
            options.models,
            options.budget,
            groups,
            options.workers,
            options.search_clips,
            parse_metric(options.metric),
        )
    elif options.task == "resume":
        resume(options.out, options.models, options.budget)
    elif options.task == "change":
        change(options.clips)
    else:
        bandit(options.out, options.models, options.clips)


if __name__ == "__main__":
    main()
