"""Search by optuna's samplers, in a study that can be interrupted anywhere and goes on as if it had not been.

Method
------
Trials come in rounds of fixed length. Each is drawn by a TPE sampler [1]_ that has seen the trials before its round and
whose seed is made from the study's seed and the trial's place; poor ones are pruned by what had been found before the
round. A trial is thus a function of its place and the past, whoever asks and however often: neither the number of
workers nor an interruption changes it. What is measured is written down at once, so an interruption costs the trials
that were being measured. The first trial is the configuration to start from.

*Pruning*: a trial is measured on a few clips first, the same for all, then on three times as many, and so on; where
its reward is below the median of the trials that went to the end, it ends there.

Conventions
-----------
The study is an SQLite file as optuna writes it, so optuna's own tools read it. Rewards are 0..1, more is better.

References
----------
.. [1] J. Bergstra, R. Bardenet, Y. Bengio and B. Kégl, Algorithms for hyper-parameter optimization, NIPS 2011.
.. [2] F. Hutter, H. Hoos and K. Leyton-Brown, An efficient approach for assessing hyperparameter importance, ICML 2014.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from threadpoolctl import threadpool_limits

from visalign.config import Config
from visalign.errors import AnyPath, BackendFailed, BackendUnavailable, ConfigError, InputError
from visalign.tuning.material import TuningClip
from visalign.tuning.outcome import ClipOutcome, try_clip
from visalign.tuning.reward import Metric, format_metric, needs_of, reward, terms_of
from visalign.tuning.space import Choice, Range, Value, config_of, default_values

if TYPE_CHECKING:
    import optuna

__all__ = ["STUDY_FILE", "Found", "TrialRecord", "first_clips", "importance_of", "run_study", "step_sizes"]

STUDY_FILE = "study.db"
"""Name of the study within its folder."""

ROUND = 4
"""Trials that are drawn at once; so many workers can be busy."""

_STARTUP = 10  # trials drawn at random before the sampler learns from them
_FIRST_CLIPS, _GROWTH = 8, 3  # clips of the first step, and by how much each further one grows
_MIN_FINISHED = 4  # trials that must have gone to the end before others are pruned

Progress: TypeAlias = Callable[[str, float | None], None]
Material: TypeAlias = Callable[[Config], Sequence[TuningClip]]


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """A trial that has been measured.

    Parameters
    ----------
    place : int
        0 is the configuration to start from.
    values : mapping
        What was set.
    reward : float
        On all clips, or on those up to which it went.
    terms : mapping of str to float
        The reward's terms.
    is_pruned : bool
    steps : tuple of float
        Reward after each step of clips.
    """

    place: int
    values: Mapping[str, Value]
    reward: float
    terms: Mapping[str, float]
    is_pruned: bool
    steps: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found so far.

    Parameters
    ----------
    trials : tuple of TrialRecord
        In their order.
    importance : mapping of str to float
        Share of the reward's variance that each parameter explains (fANOVA); empty with too few trials.
    """

    trials: tuple[TrialRecord, ...]
    importance: Mapping[str, float]

    @property
    def best(self) -> TrialRecord:
        """The trial of most reward among those that were not pruned; the earliest, where several have as much."""
        return max((t for t in self.trials if not t.is_pruned), key=lambda t: (t.reward, -t.place))


def run_study(
    material: Material,
    space: Mapping[str, Range | Choice],
    metric: Metric,
    *,
    budget: int,
    folder: AnyPath,
    base: Config | None = None,
    seed: int = 0,
    workers: int = 1,
    facts: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> tuple[TrialRecord, ...]:
    """Search for the configuration of most reward, or go on with a search.

    Parameters
    ----------
    material : callable
        Gives the prepared clips for a configuration, always in the same order. Only aligner, lexicon and enhancement
        of the configuration matter to it. With several workers it is sent to them.
    space : mapping
        Parameters and their ranges (:func:`~visalign.tuning.space.search_space`).
    metric : mapping of str to float
        Weights of the reward's terms.
    budget : int
        Trials in all, those of earlier runs counted.
    folder : path-like
        Where the study is kept; one that is there already goes on.
    base : Config, optional
        The configuration to start from.
    seed : int
        Another seed searches on other ways.
    workers : int
        Processes that measure trials side by side. The result does not depend on it.
    facts : mapping, optional
        What else must be the same for the study to go on (the clips, the models).
    progress : callable, optional
        Is told what is done and which part of it is behind.

    Returns
    -------
    tuple of TrialRecord
        All trials, in their order.

    Raises
    ------
    BackendUnavailable
        If optuna is not installed.
    ConfigError
        If the study in `folder` was made for something else.
    BackendFailed
        If the study's file can't be used, or a worker was killed.
    """
    base = base or Config()
    described = {
        "metric": format_metric(metric),
        "space": json.dumps({name: repr(part) for name, part in space.items()}),
        "base": base.digest,
        "seed": str(seed),
        **(facts or {}),
    }
    with _opened(Path(folder) / STUDY_FILE, described) as study, _measurer(workers, material, metric) as measure:
        while len(done := _finished(study)) < budget:
            start = len(done) // ROUND * ROUND
            past = done[:start]
            bars = _bars([_record(trial) for trial in past])
            places = range(len(done), min(start + ROUND, budget))
            drawn = [_draw(space, past, base, seed, place) for place in places]
            jobs = [(config_of(values, base), bars) for values in drawn]
            for place, values, found in zip(places, drawn, measure(jobs), strict=True):
                _write_down(study, space, place, values, found)
                if progress is not None:
                    progress(f"trial {place + 1} of {budget}", (place + 1) / budget)
        return tuple(map(_record, _finished(study)))


# --- one trial -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Measured:
    terms: dict[str, float]
    steps: tuple[float, ...]
    is_pruned: bool


_Job: TypeAlias = tuple[Config, Sequence[float]]


def _measured(material: Material, metric: Metric, job: _Job) -> _Measured:
    """Reward on more and more clips, as long as it is not below the bar of the step."""
    config, bars = job
    clips, needs = material(config), needs_of(metric)
    outcomes: list[ClipOutcome] = []
    steps: list[float] = []
    # One thread: the matrices are small, and sums over threads may differ in their last digit.
    with threadpool_limits(1):
        for n in step_sizes(len(clips)):
            order = first_clips([clip.speaker for clip in clips], n)
            known = {outcome.name for outcome in outcomes}
            outcomes += [try_clip(clips[k], config, needs) for k in order if clips[k].name not in known]
            steps.append(_finite(reward(outcomes, metric)))
            if len(steps) <= len(bars) and steps[-1] < bars[len(steps) - 1]:
                break
    is_pruned = len(outcomes) < len(clips)
    found = {name: value for name, value in terms_of(outcomes, metric).items() if np.isfinite(value)}
    return _Measured(found, tuple(steps), is_pruned)


def _finite(value: float) -> float:
    if not np.isfinite(value):
        raise InputError(
            "these clips give nothing for the metric that was asked; take more terms, or clips with more than one "
            "sentence a speaker"
        )
    return value


def step_sizes(n_clips: int) -> list[int]:
    """Numbers of clips after which a trial may be pruned, and all.

    Examples
    --------
    >>> step_sizes(76), step_sizes(6)
    ([8, 24, 76], [6])
    """
    sizes = [_FIRST_CLIPS]
    while sizes[-1] < n_clips:
        sizes.append(sizes[-1] * _GROWTH)
    return [n for n in sizes if 2 * n <= n_clips] + [n_clips]


def first_clips(speakers: Sequence[str], n: int) -> list[int]:
    """Places of `n` clips, taken from the speakers in turn.

    Examples
    --------
    >>> first_clips(["a", "a", "a", "b", "c"], 4)
    [0, 3, 4, 1]
    """
    turn: dict[str, int] = {}
    keyed = []
    for k, speaker in enumerate(speakers):
        turn[speaker] = turn.get(speaker, 0) + 1
        keyed.append((turn[speaker], k))
    return [k for _, k in sorted(keyed)[:n]]


def _bars(past: Sequence[TrialRecord]) -> list[float]:
    """What a trial must reach at each step but the last: the median of those that went to the end."""
    ended = [trial.steps for trial in past if not trial.is_pruned]
    if len(ended) < _MIN_FINISHED:
        return []
    return [float(np.median(column)) for column in list(zip(*ended, strict=True))[:-1]]


# --- workers ---------------------------------------------------------------------------------------------------

_Measure: TypeAlias = Callable[[Sequence[_Job]], Iterator[_Measured]]


@contextlib.contextmanager
def _measurer(workers: int, material: Material, metric: Metric) -> Iterator[_Measure]:
    """What measures jobs, in their order: here, or in processes of their own."""
    if workers == 1:
        yield partial(map, partial(_measured, material, metric))
        return
    # A fresh interpreter for each: what a fork would inherit from the threads of others is not defined.
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, _remember, (material, metric)) as pool:
        try:
            yield partial(pool.map, _measured_there)
        except BrokenProcessPool as error:
            raise BackendFailed(
                "a worker of the study",
                ("visalign", "tune"),
                "it was killed, perhaps for want of memory; use fewer workers",
            ) from error


_THERE: list[tuple[Material, Metric]] = []  # in a worker: what it was started with


def _remember(material: Material, metric: Metric) -> None:
    _THERE[:] = [(material, metric)]


def _measured_there(job: _Job) -> _Measured:
    return _measured(*_THERE[0], job)


# --- optuna ----------------------------------------------------------------------------------------------------

_PLACE, _TERMS, _DESCRIBED = "place", "terms", "described"


@contextlib.contextmanager
def _opened(file: Path, described: Mapping[str, str]) -> Iterator[optuna.Study]:
    """The study in a file, made where there is none."""
    optuna = _optuna()
    file.parent.mkdir(parents=True, exist_ok=True)
    # Loads SQLAlchemy, which comes with optuna.
    from sqlalchemy.exc import SQLAlchemyError

    try:
        storage = optuna.storages.RDBStorage(f"sqlite:///{file}")
        study = optuna.create_study(storage=storage, study_name="visalign", direction="maximize", load_if_exists=True)
        kept = study.user_attrs.get(_DESCRIBED)
        if kept is None:
            study.set_user_attr(_DESCRIBED, dict(described))
        elif kept != described:
            changed = [name for name in described if kept.get(name) != described[name]]
            raise ConfigError(
                "out", str(file), f"another folder: the study there was made with another {' and '.join(changed)}"
            )
        yield study
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        raise BackendFailed(
            "optuna", ("study", str(file)), f"{error}; if the file is damaged, move it away and start again"
        ) from error
    finally:
        with contextlib.suppress(UnboundLocalError):
            storage.engine.dispose()


def require_optuna() -> None:
    """Raise BackendUnavailable where there is no optuna."""
    _optuna()


def _optuna() -> Any:
    try:
        # Optional, and takes a second to load.
        import optuna
    except ImportError as error:
        raise BackendUnavailable("optuna", 'Install it with: pip install "visalign[tune]"') from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _draw(
    space: Mapping[str, Range | Choice],
    past: Sequence[optuna.trial.FrozenTrial],
    base: Config,
    seed: int,
    place: int,
) -> dict[str, Value]:
    """Values of the trial at a place, from the trials before its round."""
    if place == 0:
        return default_values(space, base)
    optuna = _optuna()
    own_seed = int.from_bytes(hashlib.sha256(f"{seed}/{place}".encode()).digest()[:4], "big")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(seed=own_seed, n_startup_trials=_STARTUP, multivariate=True)
    study = optuna.create_study(sampler=sampler, direction="maximize")
    study.add_trials(past)
    return dict(study.ask(_distributions(space)).params)


def _distributions(space: Mapping[str, Range | Choice]) -> dict[str, Any]:
    kinds = _optuna().distributions
    found = dict[str, Any]()
    for name, part in space.items():
        if isinstance(part, Choice):
            found[name] = kinds.CategoricalDistribution(part.names)
        elif part.whole:
            found[name] = kinds.IntDistribution(int(part.low), int(part.high))
        else:
            found[name] = kinds.FloatDistribution(part.low, part.high, log=part.log)
    return found


def _write_down(
    study: optuna.Study, space: Mapping[str, Range | Choice], place: int, values: Mapping[str, Value], found: _Measured
) -> None:
    trial = _optuna().trial
    study.add_trial(
        trial.create_trial(
            state=trial.TrialState.PRUNED if found.is_pruned else trial.TrialState.COMPLETE,
            value=None if found.is_pruned else found.steps[-1],
            params=dict(values),
            distributions=_distributions(space),
            user_attrs={_PLACE: place, _TERMS: found.terms},
            intermediate_values=dict(enumerate(found.steps)),
        )
    )


def _finished(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """All trials, in the order of their places."""
    return sorted(study.get_trials(), key=lambda trial: int(trial.user_attrs[_PLACE]))


def _record(trial: optuna.trial.FrozenTrial) -> TrialRecord:
    steps = tuple(trial.intermediate_values[step] for step in sorted(trial.intermediate_values))
    is_pruned = trial.state.name == "PRUNED"
    return TrialRecord(
        int(trial.user_attrs[_PLACE]), dict(trial.params), steps[-1], dict(trial.user_attrs[_TERMS]), is_pruned, steps
    )


def importance_of(trials: Sequence[TrialRecord], space: Mapping[str, Range | Choice]) -> dict[str, float]:
    """Share of the reward's variance that each parameter explains, by fANOVA; empty with too few trials.

    Raises
    ------
    BackendUnavailable
        If optuna is not installed.
    """
    whole = [trial for trial in trials if not trial.is_pruned]
    if len(whole) < _MIN_FOR_IMPORTANCE or len({trial.reward for trial in whole}) < 2:
        return {}
    optuna, distributions = _optuna(), _distributions(space)
    study = optuna.create_study(direction="maximize")
    for trial in whole:
        study.add_trial(
            optuna.trial.create_trial(value=trial.reward, params=dict(trial.values), distributions=distributions)
        )
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {name: float(share) for name, share in found.items()}


_MIN_FOR_IMPORTANCE = 8
