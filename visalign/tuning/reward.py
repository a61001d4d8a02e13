"""The reward of a configuration: a weighted mean of terms, each from 0 to 1, that need no labels.

=============  ========================================================================================================
term           what it is; 1 is best
=============  ========================================================================================================
matching       precision of matching phones and visemes: how much more often the observed viseme is acceptable with the
               clip's own sound than with a foreign one, (own - foreign) / (1 - foreign). A coarse map agrees often by
               chance, with any sound; that gains nothing here
offset         lead of whole clips that were shifted by known times: mean of 1 - error / 100 ms, not below 0. An offset
               that all clips of a speaker share is theirs, and taken off
windows        share of windows of 5 and 10 frames whose lead is right within a frame (40 ms), both lengths alike
separation     area under the ROC curve of word scores: words after a cut, and words of a foreign sound, against words
               in sync, both kinds alike (0.5 is chance)
segments       share of words rightly called: in sync where they are, something else where they are not, "uncertain"
               half; both kinds alike
clips          share of clips rightly called, in the same way: passed with their own sound, withheld with a foreign one
calibration    1 less twice the mean squared difference of what is claimed and what is so (Brier score), for the
               confidence of windows and the scores of words; a coin's claims give 0.5
time           1 / (1 + r), r seconds of clearing and aligning a second of sound, as measured when a clip was prepared
=============  ========================================================================================================

A term for which the material gives nothing (foreign sounds, where every speaker has one clip) is left out of the mean.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from visalign.errors import ConfigError
from visalign.evaluation.protocol import WITHIN, area_under_roc
from visalign.sync.scoring import SyncScore
from visalign.tuning.outcome import ClipOutcome, Placement

__all__ = [
    "DEFAULT_METRIC",
    "TERMS",
    "format_metric",
    "needs_of",
    "parse_metric",
    "reward",
    "roc_area",
    "terms_of",
    "weighted",
]

Metric: TypeAlias = Mapping[str, float]

DEFAULT_METRIC: Metric = MappingProxyType(
    {"matching": 1.0, "offset": 1.0, "windows": 2.0, "separation": 2.0, "segments": 1.0, "calibration": 1.0}
)
"""Weights of the terms, where the user gives none."""

_WORST_OFFSET = 0.1  # seconds: from here on an offset is as good as none


def parse_metric(text: str) -> dict[str, float]:
    """Weights of terms, as the command line has them.

    Examples
    --------
    >>> parse_metric("separation=2,windows")
    {'separation': 2.0, 'windows': 1.0}

    Raises
    ------
    ConfigError
        If a term does not exist, or a weight is not above 0.
    """
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, _, weight = part.strip().partition("=")
        if name not in TERMS:
            raise ConfigError("metric", name, tuple(TERMS))
        try:
            weights[name] = float(weight or 1.0)
        except ValueError:
            weights[name] = 0.0
        if not 0 < weights[name] < np.inf:
            raise ConfigError(f"metric {name}", weight, "a weight above 0, as separation=2")
    return weights


def format_metric(metric: Metric) -> str:
    """The inverse of :func:`parse_metric`."""
    return ",".join(f"{name}={weight:g}" for name, weight in metric.items())


def needs_of(metric: Metric) -> frozenset[str]:
    """What :func:`~visalign.tuning.outcome.try_clip` must compute for the terms of a metric."""
    return frozenset(need for name in metric for need in _NEEDS[name])


def reward(outcomes: Sequence[ClipOutcome], metric: Metric) -> float:
    """Weighted mean of the terms over some clips; NaN where the clips give none of them."""
    return weighted(terms_of(outcomes, metric), metric)


def weighted(terms: Mapping[str, float], metric: Metric) -> float:
    """Weighted mean of the terms that are known; NaN where none is."""
    known = {name: value for name, value in terms.items() if np.isfinite(value)}
    total = sum(metric[name] for name in known)
    return sum(metric[name] * value for name, value in known.items()) / total if total else np.nan


def terms_of(outcomes: Sequence[ClipOutcome], names: Collection[str]) -> dict[str, float]:
    """Each term by itself, 0..1; NaN where the clips give nothing for it."""
    return {name: TERMS[name](outcomes) for name in names}


def roc_area(at_fault: Sequence[float], in_sync: Sequence[float]) -> float:
    """Probability that a word at fault scores lower than one in sync (ties count half); NaN without either.

    Examples
    --------
    >>> roc_area([0.1, 0.5], [0.5, 0.9])
    0.875
    """
    if not len(at_fault) or not len(in_sync):
        return np.nan
    return area_under_roc(np.asarray(at_fault, float), np.asarray(in_sync, float))


def _matching(outcomes: Sequence[ClipOutcome]) -> float:
    pairs = [o for o in outcomes if o.foreign_visemes.n_frames]
    own = sum((o.own_visemes for o in pairs), SyncScore.zero()).viseme_accuracy
    foreign = sum((o.foreign_visemes for o in pairs), SyncScore.zero()).viseme_accuracy
    if own is None or foreign is None:
        return np.nan
    return max(0.0, (own - foreign) / (1.0 - foreign)) if foreign < 1.0 else 0.0


def _offset(outcomes: Sequence[ClipOutcome]) -> float:
    gains: list[float] = []
    for speaker in sorted({o.speaker for o in outcomes}):
        errors = np.array([p.error for o in outcomes if o.speaker == speaker for p in o.shifted])
        if np.isfinite(errors).any():
            left = np.abs(errors - np.nanmedian(errors)) / _WORST_OFFSET
            gains.extend(np.nan_to_num(1.0 - np.minimum(left, 1.0), nan=0.0).tolist())
    return float(np.mean(gains)) if gains else np.nan


def _windows(outcomes: Sequence[ClipOutcome]) -> float:
    shares = []
    for placements in zip(*(o.windows for o in outcomes if o.windows), strict=True):
        errors = np.array([p.error for part in placements for p in part])
        if len(errors):
            shares.append(float((np.abs(errors) <= WITHIN).mean()))
    return float(np.mean(shares)) if shares else np.nan


def _separation(outcomes: Sequence[ClipOutcome]) -> float:
    good = [x for o in outcomes for x in o.good.scores]
    moved = [x for o in outcomes for x in o.moved.scores]
    dubbed = [x for o in outcomes for x in o.dubbed.scores]
    return _mean_known([roc_area(moved, good), roc_area(dubbed, good)])


def _segments(outcomes: Sequence[ClipOutcome]) -> float:
    credit = {"in-sync": 1.0, "uncertain": 0.5}
    good = [credit.get(v, 0.0) for o in outcomes for v in o.good.called]
    bad = [1.0 - credit.get(v, 0.0) for o in outcomes for v in (*o.moved.called, *o.dubbed.called)]
    return _mean_known([_mean(good), _mean(bad)])


def _clips(outcomes: Sequence[ClipOutcome]) -> float:
    passed = [float(o.passed) for o in outcomes if o.passed is not None]
    withheld = [float(o.withheld) for o in outcomes if o.withheld is not None]
    return _mean_known([_mean(passed), _mean(withheld)])


def _calibration(outcomes: Sequence[ClipOutcome]) -> float:
    windows = [_square(p) for o in outcomes for part in o.windows for p in part]
    words = [(1.0 - x) ** 2 for o in outcomes for x in o.good.scores]
    wrong = [x**2 for o in outcomes for x in (*o.moved.scores, *o.dubbed.scores)]
    return 1.0 - 2.0 * min(_mean_known([_mean(windows), _mean_known([_mean(words), _mean(wrong)])]), 0.5)


def _square(placement: Placement) -> float:
    is_right = abs(placement.error) <= WITHIN
    return float((placement.confidence - is_right) ** 2)


def _time(outcomes: Sequence[ClipOutcome]) -> float:
    return 1.0 / (1.0 + _mean([o.preparing_seconds for o in outcomes]))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else np.nan


def _mean_known(values: Sequence[float]) -> float:
    return _mean([value for value in values if np.isfinite(value)])


TERMS: Mapping[str, Callable[[Sequence[ClipOutcome]], float]] = MappingProxyType(
    {
        "matching": _matching,
        "offset": _offset,
        "windows": _windows,
        "separation": _separation,
        "segments": _segments,
        "clips": _clips,
        "calibration": _calibration,
        "time": _time,
    }
)
"""Terms that a reward can be made of: name -> share of the best, from outcomes."""

_NEEDS: Mapping[str, tuple[str, ...]] = {
    "matching": ("visemes",),
    "offset": ("shifted",),
    "windows": ("windows",),
    "separation": ("words",),
    "segments": ("words",),
    "clips": ("visemes",),
    "calibration": ("windows", "words"),
    "time": (),
}
