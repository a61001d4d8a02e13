"""Whether a configuration is better than another on speakers that the search never saw.

Method
------
Both are measured on the same clips, and the difference of their rewards is resampled with its pairs kept: whole
speakers where there are five or more, else clips within each speaker. The interval holds 95 % of 2000 resamples
(percentile bootstrap [1]_). A configuration is recommended only where the whole interval lies above 0.

With fewer than five speakers the interval tells of other clips of these speakers, not of other speakers; with one
speaker in all, every third clip is held out in place of speakers. Whoever shows a result says which of these it is.

References
----------
.. [1] B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.errors import ConfigError
from visalign.tuning.outcome import ClipOutcome
from visalign.tuning.reward import Metric, terms_of, weighted

__all__ = ["Comparison", "Estimate", "choose_held_out", "compare_measures", "compare_outcomes"]

Floats: TypeAlias = npt.NDArray[np.float64]

INTERVAL = 0.95
_RESAMPLES = 2000
_MIN_SPEAKERS = 5  # from here on whole speakers are resampled


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with the interval that holds 95 % of its resamples."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two configurations on the same clips.

    Parameters
    ----------
    speakers : tuple of str
    n_clips : int
    unit : str
        What was resampled: "speakers" or "clips".
    default, found : Estimate
        Rewards.
    difference : Estimate
        Found less default.
    terms : dict of str to (Estimate, Estimate, Estimate)
        Each term by itself: default, found, difference. Terms that the clips give nothing for are absent.
    """

    speakers: tuple[str, ...]
    n_clips: int
    unit: str
    default: Estimate
    found: Estimate
    difference: Estimate
    terms: dict[str, tuple[Estimate, Estimate, Estimate]]

    @property
    def is_better(self) -> bool:
        """Whether the gain is more than noise."""
        return self.difference.low > 0.0


def compare_outcomes(
    default: Sequence[ClipOutcome], found: Sequence[ClipOutcome], metric: Metric, *, seed: int = 0
) -> Comparison:
    """Compare two configurations.

    Parameters
    ----------
    default, found : sequence of ClipOutcome
        Of the same clips in the same order.
    metric : mapping of str to float
        Weights of the reward's terms.
    seed : int
        Of the resampling.
    """

    def measures(outcomes: Sequence[ClipOutcome]) -> list[float]:
        terms = terms_of(outcomes, metric)
        return [weighted(terms, metric), *terms.values()]

    estimates = compare_measures(default, found, measures, seed=seed)
    terms = {name: three for name, three in zip(metric, estimates[1:], strict=True) if np.isfinite(three[0].value)}
    groups = _groups(default)
    return Comparison(tuple(groups), len(default), _unit(groups), *estimates[0], terms)


def compare_measures(
    default: Sequence[ClipOutcome],
    found: Sequence[ClipOutcome],
    measures: Callable[[Sequence[ClipOutcome]], Sequence[float]],
    *,
    seed: int = 0,
) -> list[tuple[Estimate, Estimate, Estimate]]:
    """Compare two configurations by any measures.

    Parameters
    ----------
    default, found : sequence of ClipOutcome
        Of the same clips in the same order.
    measures : callable
        Numbers of some outcomes.
    seed : int
        Of the resampling.

    Returns
    -------
    list of (Estimate, Estimate, Estimate)
        Of each measure: default, found, found less default.
    """
    groups, rng = _groups(default), np.random.default_rng(seed)
    resamples = [_resampled(list(groups.values()), _unit(groups), rng) for _ in range(_RESAMPLES)]
    indices = [np.arange(len(default)), *resamples]
    pairs = [[measures([outcomes[k] for k in index]) for outcomes in (default, found)] for index in indices]
    table = np.array(pairs)  # n_resamples + 1, 2, n_measures
    return [_estimates(table[:, :, k]) for k in range(table.shape[2])]


def _unit(groups: Collection[str]) -> str:
    return "speakers" if len(groups) >= _MIN_SPEAKERS else "clips"


def _groups(outcomes: Sequence[ClipOutcome]) -> dict[str, npt.NDArray[np.int64]]:
    return {
        speaker: np.flatnonzero([o.speaker == speaker for o in outcomes])
        for speaker in sorted({o.speaker for o in outcomes})
    }


def _resampled(groups: Sequence[npt.NDArray[np.int64]], unit: str, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    if unit == "speakers":
        groups = [groups[k] for k in rng.integers(len(groups), size=len(groups))]
    return np.concatenate([rng.choice(group, size=len(group)) for group in groups])


def _estimates(pairs: Floats) -> tuple[Estimate, Estimate, Estimate]:
    """Of both and of their difference; the first row is the sample itself."""
    columns = (pairs[:, 0], pairs[:, 1], pairs[:, 1] - pairs[:, 0])
    first, second, third = (_estimate(column) for column in columns)
    return first, second, third


def _estimate(column: Floats) -> Estimate:
    known = column[1:][np.isfinite(column[1:])]
    if not len(known):
        return Estimate(float(column[0]), np.nan, np.nan)
    low, high = np.quantile(known, ((1 - INTERVAL) / 2, (1 + INTERVAL) / 2))
    return Estimate(float(column[0]), float(low), float(high))


def choose_held_out(speakers: Sequence[str], names: Sequence[str] = (), *, seed: int = 0) -> tuple[str, ...]:
    """Speakers to hold out: those that are named, else a third of them, at least one.

    Parameters
    ----------
    speakers : sequence of str
        All; each once or more often.
    names : sequence of str
        The user's choice.
    seed : int
        Of the choice where none is named.

    Returns
    -------
    tuple of str
        Sorted; empty where there is one speaker only.

    Raises
    ------
    ConfigError
        If a name is no speaker's, or nobody would be left to search on.

    Examples
    --------
    >>> choose_held_out(["s1", "s2", "s3"], ["s2"])
    ('s2',)
    """
    known = sorted(set(speakers))
    if unknown := sorted(set(names).difference(known)):
        raise ConfigError("hold-out", unknown[0], tuple(known))
    if names and len(set(names)) == len(known):
        raise ConfigError("hold-out", ",".join(names), "fewer: somebody must be left to search on")
    if names or len(known) < 2:
        return tuple(sorted(set(names)))
    order = sorted(known, key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest())
    return tuple(sorted(order[: max(1, round(len(known) / 3))]))
