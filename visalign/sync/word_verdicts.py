r"""The words of a clip, each with its verdict: whether it goes with the others, and what its lips show.

Method
------
At fault is what does not go with its clip (:mod:`visalign.sync.in_step`), where clip and sound belong together at all:
by the lead at which its own frames fit best, unless its visemes fit nowhere. Early or late is also what belongs to a
run of words beyond the limits, which may be the whole clip. Words in step are in sync where their score says so too; of
others nothing can be told (:func:`visalign.sync.verdict.word_verdict`).

Conventions
-----------
A word is heard at ``[start, end)`` of the clip's clock; ``lead_seconds > 0`` means that the audio leads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from visalign.sync.in_step import FLANK, TYPICAL_MISFIT, WordsInStep, WordStep, probability
from visalign.sync.scoring import (
    MAX_COST,
    ClipComparison,
    PartJudgement,
    SyncScore,
    acceptable_visemes,
    local_curve,
)
from visalign.sync.verdict import StandingInClip, word_verdict
from visalign.timeline import Interval, Tier

__all__ = ["judge_words", "misfit", "steps_of"]


def judge_words(words: Tier, comparison: ClipComparison) -> tuple[tuple[PartJudgement, ...], SyncScore]:
    """Judge each word whose lips are in the picture.

    Returns
    -------
    judged : tuple of PartJudgement
    score : SyncScore
        Counts over the clip.
    """
    shown = [word for word in words if word.label and comparison.is_shown(word)]
    steps = steps_of(shown, comparison)
    judged = tuple(
        _with_step(comparison.judge(word), step, comparison) for word, step in zip(shown, steps, strict=True)
    )
    known = [one for one in judged if not np.isnan(one.score)]
    counts = comparison.agreement.counts
    total = SyncScore(
        int(counts.sum()),
        int(comparison.agreement.is_right[counts].sum()),
        len(known),
        sum(one.verdict == "in-sync" for one in known),
    )
    return judged, total


def steps_of(words: Sequence[Interval], comparison: ClipComparison) -> list[WordStep]:
    """How each word stands to the others."""
    evidence = comparison.evidence
    curves = [local_curve(word, evidence, comparison.lead_at(word), flank=FLANK) for word in words]
    seen = [k for k, curve in enumerate(curves) if curve is not None]
    told = [WordStep()] * len(words)
    if not seen:
        return told
    together = WordsInStep.of(
        evidence.lags,
        [curve for curve in curves if curve is not None],
        comparison.lead,
        comparison.calibration.temperature,
        comparison.limits,
    )
    offsets = evidence.course.at_heard([words[k].centre for k in seen])
    for k, step in zip(seen, together.told(comparison.limits, np.broadcast_to(offsets, len(seen))), strict=True):
        told[k] = step
    return told


def misfit(part: Interval, lead: float, comparison: ClipComparison) -> float:
    """How badly the lips show the visemes of a part of the sound if it leads by `lead` seconds.

    The mean over its visible moments of -log of the probability of all acceptable visemes, 0 to
    :data:`~visalign.sync.scoring.MAX_COST`; the typical one where no moment lies in it. NaN where no sound of it shows
    on the lips.
    """
    own = comparison.targets_in(part)
    if not any(target.is_visible for target in own):
        return np.nan
    inside = slice(*np.searchsorted(comparison.decoded.times, [part.start + lead, part.end + lead]).tolist())
    starts = np.array([target.interval.start for target in own]) + lead
    index = np.clip(np.searchsorted(starts, comparison.decoded.times[inside], side="right") - 1, 0, len(own) - 1)
    posteriors = comparison.decoded.posteriors[inside]
    counts = np.isfinite(posteriors).all(axis=1) & np.array([target.is_visible for target in own])[index]
    right = (posteriors * acceptable_visemes(own, comparison.decoded.visemes)[index]).sum(axis=1)[counts]
    costs = -np.log(np.clip(right, np.exp(-MAX_COST), 1.0))
    return float(costs.mean()) if len(costs) else TYPICAL_MISFIT


def _with_step(judged: PartJudgement, step: WordStep, comparison: ClipComparison) -> PartJudgement:
    """A judged word with what is told of it beside the others, and the verdict that comes of both."""
    part = Interval(judged.start, judged.end, judged.label)
    here = comparison.lead_at(part)
    cost = misfit(part, here, comparison)
    goes = np.nan if np.isnan(cost) else probability(step.log_ratio, cost)
    if np.isnan(goes):
        return replace(judged, verdict="uncertain")
    standing = StandingInClip(
        in_step=goes,
        own_lead=step.own_lead,
        misfit_at_own=misfit(part, step.own_lead, comparison),
        beyond=step.beyond,
        run_lead=step.run_lead,
        match=comparison.match,
    )
    return replace(
        judged,
        verdict=word_verdict(judged.score, standing, comparison.limits, comparison.thresholds),
        in_step=goes,
        own_lead_seconds=step.own_lead,
        own_lead_low=step.own_interval[0],
        own_lead_high=step.own_interval[1],
    )
