r"""What raters say together: mean opinion scores with their intervals, screening of raters, pairs, and agreement with
visalign's own scores.

Method
------
*Mean opinion score.* The mean over raters, with the 95 % interval :math:`\bar u \pm t_{0.975, n-1}\, s / \sqrt n`
(Student's t in place of 1.96, which is meant for more raters than most tests have) [1]_. A condition's score is the
mean over raters of each rater's mean over sources, so that the interval speaks of other raters, not of other clips.

*Hidden reference.* The difference score of a stimulus is its grade less the grade that the same rater gave to the
reference of the same source, plus 5 [2]_.

*Screening.* A rater is left out after ITU-R BT.500 [1]_: for each stimulus with mean u, deviation s and kurtosis
:math:`\beta_2 = m_4 / m_2^2`, a grade counts as high or low where it is 2 s or more above or below u if :math:`2 \le
\beta_2 \le 4`, else :math:`\sqrt{20}` s. With P high and Q low grades of N, a rater is rejected if :math:`(P + Q)/N >
0.05` and :math:`|P - Q|/(P + Q) < 0.3`: far off, and in both directions. It is done once, not repeated on those who
are left.

Where raters agree closely, one wild grade makes the kurtosis large, and among fewer than 22 raters no grade is then
:math:`\sqrt{20}` deviations off: nobody is rejected. Raters whose grades correlate with the mean of all by less than
0.75 are therefore left out as well, after ITU-T P.913 [5]_. Both are done once, not repeated on those who are left.

*Pairs.* The part of raters who prefer one condition to another, with Wilson's interval [3]_, and strengths after
Bradley and Terry, by the iteration of Hunter [4]_, half a win added both ways so that a condition that always wins
has a finite strength.

*Agreement.* Pearson's and Spearman's correlation of stimuli's scores with visalign's, the former with Fisher's
interval.

References
----------
.. [1] ITU-R BT.500-15, 2023, Annex 1, sections on the calculation of confidence intervals and on the screening of
   observers.
.. [2] ITU-T P.910, 2023: ACR with hidden reference.
.. [3] E. B. Wilson, Probable inference, the law of succession, and statistical inference, J. Am. Stat. Assoc. 22, 1927.
.. [5] ITU-T P.913, Methods for the subjective assessment of video quality, audio quality and audiovisual quality of
   Internet video and distribution quality television in any environment, 2021, on the rejection of subjects.
.. [4] D. R. Hunter, MM algorithms for generalized Bradley-Terry models, Annals of Statistics 32, 2004.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, pearsonr, spearmanr, t

from visalign.errors import InputError, quoted
from visalign.ratings.design import RatingDesign
from visalign.ratings.results import RaterSession

__all__ = ["Agreement", "Mean", "PairResult", "RatingAnalysis", "agreement", "analyse", "screened", "unlike"]

Floats: TypeAlias = npt.NDArray[np.float64]

_MAX_SHARE, _MAX_BIAS = 0.05, 0.3  # BT.500
_REFERENCE_GRADE = 5.0
_ITERATIONS = 500
_MIN_RATERS = 3  # below, nothing can be said about who is far off
_MIN_STIMULI = 3


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its 95 % interval; low and high are None with one rater.

    Parameters
    ----------
    value : float
    low, high : float or None
    n : int
        Raters.
    """

    value: float
    low: float | None
    high: float | None
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Mean:
        """The mean of one value a rater.

        Examples
        --------
        >>> found = Mean.of([4.0, 5.0, 3.0])
        >>> found.value, round(found.low, 2), round(found.high, 2)
        (4.0, 1.52, 6.48)
        """
        n, mean = len(values), float(np.mean(values))
        if n < 2:
            return cls(mean, None, None, n)
        half = float(t.ppf(0.975, n - 1)) * float(np.std(values, ddof=1)) / math.sqrt(n)
        return cls(mean, mean - half, mean + half, n)


@dataclass(frozen=True, slots=True)
class PairResult:
    """How often one condition was preferred to another.

    Parameters
    ----------
    first, second : str
        Conditions.
    n_first, n : int
        Choices of the first, and all.
    low, high : float
        95 % interval of the part that prefers the first.
    """

    first: str
    second: str
    n_first: int
    n: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RatingAnalysis:
    """The results of a test, for one question.

    Parameters
    ----------
    question : str
    n_raters : int
        Whose answers count.
    rejected : tuple of (str, str)
        Raters whose answers do not, each with the reason.
    stimuli, conditions, differences : mapping of str to Mean
        Scores by stimulus and condition, and difference scores by condition; empty for pairs (differences without a
        reference, too).
    pairs : tuple of PairResult
    strengths : mapping of str to float
        By condition: log-odds against the mean condition; empty but for pairs.
    consistency : Mean or None
        Mean distance of two grades of the same clip by the same rater, for pairs the part of equal choices; None
        without repeats.
    """

    question: str
    n_raters: int
    rejected: tuple[tuple[str, str], ...]
    stimuli: Mapping[str, Mean]
    conditions: Mapping[str, Mean]
    differences: Mapping[str, Mean]
    pairs: tuple[PairResult, ...]
    strengths: Mapping[str, float]
    consistency: Mean | None


def analyse(
    design: RatingDesign,
    sessions: Sequence[RaterSession],
    question: str,
    *,
    min_headphones: float | None = None,
    min_correlation: float = 0.75,
) -> RatingAnalysis:
    """Analyse the answers to one question.

    Parameters
    ----------
    design : RatingDesign
    sessions : sequence of RaterSession
    question : str
        One of the design's.
    min_headphones : float, optional
        Raters with a smaller part of the headphone check right are left out; Woods et al. ask for 5 of 6.
    min_correlation : float
        Raters whose grades correlate less with the mean of all are left out.

    Raises
    ------
    InputError
        If the design does not ask this, or nobody's answers are left.
    """
    if question not in design.questions:
        raise InputError(
            f"this test does not ask about {quoted(question)}; it asks about {', '.join(design.questions)}."
        )
    rejected = {x.rater: "not all trials answered" for x in sessions if not x.complete}
    if min_headphones is not None:
        deaf = [x for x in sessions if x.headphones is None or x.headphones < min_headphones]
        rejected |= {x.rater: "headphone check failed" for x in deaf}
    kept = [x for x in sessions if x.rater not in rejected]
    if design.method == "acr":
        given = _grades(kept, question)
        rejected |= {x: f"grades correlate with the mean by {r:.2f} (P.913)" for x, r in unlike(given, min_correlation)}
        rejected |= dict.fromkeys(screened(given), "grades far off in both directions (BT.500)")
        kept = [x for x in kept if x.rater not in rejected]
    if not kept:
        raise InputError(f"no rater is left: {'; '.join(f'{k}: {v}' for k, v in sorted(rejected.items()))}.")
    reasons = tuple(sorted(rejected.items()))
    consistency = _consistency(kept, question)
    if design.method == "pairs":
        pairs, strengths = _pairs(design, kept, question)
        return RatingAnalysis(question, len(kept), reasons, {}, {}, {}, pairs, strengths, consistency)
    grades = _grades(kept, question)
    stimuli = {x.id: Mean.of([rows[x.id] for rows in grades.values()]) for x in design.stimuli}
    return RatingAnalysis(
        question,
        len(kept),
        reasons,
        stimuli,
        _by_condition(design, grades),
        _differences(design, grades),
        (),
        {},
        consistency,
    )


def _grades(sessions: Sequence[RaterSession], question: str) -> dict[str, dict[str, float]]:
    """Grade of each stimulus by each rater; of repeated ones the mean."""
    found: dict[str, dict[str, list[float]]] = {}
    for session in sessions:
        rows = found.setdefault(session.rater, {})
        for answer in session.answers:
            rows.setdefault(answer.clips[0], []).append(answer.grade(question))
    return {rater: {clip: float(np.mean(x)) for clip, x in rows.items()} for rater, rows in found.items()}


def screened(grades: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Raters whom BT.500 rejects.

    Parameters
    ----------
    grades : mapping of str to mapping of str to float
        Grade of each stimulus by each rater; all rated the same.
    """
    if len(grades) < _MIN_RATERS:
        return []
    raters, clips = list(grades), sorted(next(iter(grades.values())))
    table = np.array([[grades[rater][clip] for clip in clips] for rater in raters])
    mean, centred = table.mean(axis=0), table - table.mean(axis=0)
    second, fourth = (centred**2).mean(axis=0), (centred**4).mean(axis=0)
    kurtosis = np.divide(fourth, second**2, out=np.full_like(second, 3.0), where=second > 0)
    factor = np.where((kurtosis >= 2) & (kurtosis <= 4), 2.0, math.sqrt(20.0))
    far = factor * table.std(axis=0, ddof=1)
    apart = far > 0  # where all agree, nobody is off
    high = ((table >= mean + far) & apart).sum(axis=1)
    low = ((table <= mean - far) & apart).sum(axis=1)
    off = high + low
    bias = np.divide(np.abs(high - low), off, out=np.ones(len(off)), where=off > 0)
    return [
        rater for rater, n, b in zip(raters, off, bias, strict=True) if n / len(clips) > _MAX_SHARE and b < _MAX_BIAS
    ]


def unlike(grades: Mapping[str, Mapping[str, float]], limit: float) -> list[tuple[str, float]]:
    """Raters whose grades correlate with the mean of all by less than `limit`, each with the correlation.

    Who gives one grade to all, where the mean varies, has a correlation of 0.
    """
    if len(grades) < _MIN_RATERS:
        return []
    clips = sorted(next(iter(grades.values())))
    table = np.array([[rows[clip] for clip in clips] for rows in grades.values()])
    mean = table.mean(axis=0) - table.mean()
    if len(clips) < _MIN_STIMULI or not mean.any():
        return []
    centred = table - table.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(centred, axis=1) * np.linalg.norm(mean)
    found = np.divide(centred @ mean, norms, out=np.zeros(len(norms)), where=norms > 0)
    return [(rater, float(r)) for rater, r in zip(grades, found, strict=True) if r < limit]


def _by_condition(design: RatingDesign, grades: Mapping[str, Mapping[str, float]]) -> dict[str, Mean]:
    found = {}
    for condition in dict.fromkeys(x.condition for x in design.stimuli):
        ids = [x.id for x in design.stimuli if x.condition == condition]
        found[condition] = Mean.of([float(np.mean([rows[i] for i in ids])) for rows in grades.values()])
    return found


def _differences(design: RatingDesign, grades: Mapping[str, Mapping[str, float]]) -> dict[str, Mean]:
    reference = {x.source: x.id for x in design.stimuli if x.role == "reference"}
    found = {}
    for condition in dict.fromkeys(x.condition for x in design.stimuli if reference and x.role != "reference"):
        rows = [x for x in design.stimuli if x.condition == condition]
        found[condition] = Mean.of(
            [
                float(np.mean([given[x.id] - given[reference[x.source]] + _REFERENCE_GRADE for x in rows]))
                for given in grades.values()
            ]
        )
    return found


def _consistency(sessions: Sequence[RaterSession], question: str) -> Mean | None:
    per_rater = []
    for session in sessions:
        twice: dict[tuple[str, ...], list[str]] = {}
        for answer in session.answers:
            twice.setdefault(tuple(sorted(answer.clips)), []).append(answer.values[question])
        rows = [values for values in twice.values() if len(values) > 1]
        if rows:
            is_grade = rows[0][0] in {"1", "2", "3", "4", "5"}
            per_rater.append(float(np.mean([_apart(x[0], x[1], is_grade=is_grade) for x in rows])))
    return Mean.of(per_rater) if per_rater else None


def _apart(first: str, second: str, *, is_grade: bool) -> float:
    return abs(float(first) - float(second)) if is_grade else float(first == second)


# --- pairs ----------------------------------------------------------------------------------------------------


def _pairs(
    design: RatingDesign, sessions: Sequence[RaterSession], question: str
) -> tuple[tuple[PairResult, ...], dict[str, float]]:
    conditions = list(dict.fromkeys(x.condition for x in design.stimuli))
    place = {x.id: conditions.index(x.condition) for x in design.stimuli}
    wins = np.zeros((len(conditions), len(conditions)))
    for session in sessions:
        for answer in session.answers:
            chosen = answer.values[question]
            other = next(clip for clip in answer.clips if clip != chosen)
            wins[place[chosen], place[other]] += 1
    found = []
    for i, first in enumerate(conditions):
        for j in range(i + 1, len(conditions)):
            n = int(wins[i, j] + wins[j, i])
            if n:
                found.append(PairResult(first, conditions[j], int(wins[i, j]), n, *_wilson(int(wins[i, j]), n)))
    return tuple(found), dict(zip(conditions, _strengths(wins).tolist(), strict=True))


def _wilson(k: int, n: int) -> tuple[float, float]:
    z = float(norm.ppf(0.975))
    centre, spread = (k + z * z / 2) / (n + z * z), z / (n + z * z) * math.sqrt(k * (n - k) / n + z * z / 4)
    return max(0.0, centre - spread), min(1.0, centre + spread)


def _strengths(wins: Floats) -> Floats:
    """Log-strengths with mean 0."""
    met = (wins + wins.T) > 0
    counts = wins + 0.5 * met
    n, strength = counts + counts.T, np.ones(len(wins))
    for _ in range(_ITERATIONS):
        share = n / (strength[:, None] + strength[None, :])
        strength = counts.sum(axis=1) / np.where(met, share, 0.0).sum(axis=1)
        strength /= np.exp(np.log(strength).mean())
    return np.asarray(np.log(strength))


# --- agreement ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Agreement:
    """Correlation of raters' scores with a measure.

    Parameters
    ----------
    measure : str
    n : int
        Stimuli.
    pearson, low, high : float
        With its 95 % interval.
    spearman : float
    """

    measure: str
    n: int
    pearson: float
    low: float
    high: float
    spearman: float


def agreement(scores: Mapping[str, Mean], measures: Mapping[str, float], name: str) -> Agreement | None:
    """Correlation over the stimuli that have both; None with fewer than three, or where one does not vary."""
    shared = sorted(scores.keys() & {key for key, value in measures.items() if math.isfinite(value)})
    x, y = np.array([scores[key].value for key in shared]), np.array([measures[key] for key in shared])
    if len(shared) < _MIN_STIMULI or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    found = pearsonr(x, y)
    if len(shared) > _MIN_STIMULI:
        interval = found.confidence_interval()
        low, high = float(interval.low), float(interval.high)
    else:
        low, high = -1.0, 1.0
    return Agreement(name, len(shared), float(found.statistic), low, high, float(spearmanr(x, y).statistic))
