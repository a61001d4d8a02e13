"""Plots of a search: its history, what mattered, what was traded, and how it does on clips that it did not see.

Conventions
-----------
Rewards and terms are 0..1, more is better. The configuration to start from is drawn in vermilion, what was found in
blue, and the two differ in their marks as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from visalign.plots.style import (
    EXPECTED,
    INK,
    MUTED,
    RULE,
    SEEN,
    TWO_COLUMNS,
    axes_or_new,
    styled,
)
from visalign.tuning.study import Found, TrialRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from visalign.tuning.run import Tuned

__all__ = ["TUNE_PLOTS", "pareto_front", "plot_comparison", "plot_history", "plot_importance", "plot_trade_off"]

_ROW_INCHES = 0.26


@styled
def plot_history(tuned: Tuned, axes: Axes | None = None) -> Axes:
    """Reward of each trial in turn, and the best so far."""
    axes = axes_or_new(axes)
    trials = tuned.found.trials
    whole = [t for t in trials if not t.is_pruned]
    pruned = [t for t in trials if t.is_pruned]
    axes.plot([t.place + 1 for t in whole], [t.reward for t in whole], "o", ms=3, color=SEEN, label="on all clips")
    axes.plot([t.place + 1 for t in pruned], [t.reward for t in pruned], "x", ms=3, color=MUTED, label="pruned on few")
    axes.axhline(trials[0].reward, color=EXPECTED, ls="--", lw=0.9, label="to start from")
    best = np.maximum.accumulate([t.reward for t in whole])
    axes.step([t.place + 1 for t in whole], best, where="post", color=INK, lw=0.9, label="best so far")
    axes.set(title="History", xlabel="trial", ylabel="reward")
    axes.legend(loc="lower right")
    return axes


@styled
def plot_importance(tuned: Tuned, axes: Axes | None = None) -> Axes:
    """Share of the reward's variance that each parameter explains."""
    shares = sorted(tuned.found.importance.items(), key=lambda item: (item[1], item[0]))
    axes = axes_or_new(axes, height=0.7 + _ROW_INCHES * max(len(shares), 3))
    axes.barh([name for name, _ in shares], [share for _, share in shares], color=SEEN, height=0.6)
    for place, (_, share) in enumerate(shares):
        axes.text(share, place, f" {share:.2f}", va="center", fontsize=7)
    axes.set(title="What mattered", xlabel="share of the reward's variance", xlim=(0, 1))
    if not shares:
        axes.text(0.5, 0.5, "too few trials to tell", ha="center", transform=axes.transAxes, color=MUTED)
    return axes


def pareto_front(trials: Sequence[TrialRecord], first: str, second: str) -> list[TrialRecord]:
    """Trials that no other beats in one of two terms without losing in the other, by rising `first`."""
    whole = [t for t in trials if not t.is_pruned and first in t.terms and second in t.terms]
    front: list[TrialRecord] = []
    for trial in sorted(whole, key=lambda t: (-t.terms[first], -t.terms[second], t.place)):
        if not front or trial.terms[second] > front[-1].terms[second]:
            front.append(trial)
    return front[::-1]


def _most_traded(found: Found) -> tuple[str, str] | None:
    """The two terms that go against each other most, by correlation over the trials that went to the end."""
    whole = [t for t in found.trials if not t.is_pruned]
    names = [name for name in whole[0].terms if all(name in t.terms for t in whole)]
    columns = {name: np.array([t.terms[name] for t in whole]) for name in names}
    moving = [name for name in names if columns[name].std() > 0]
    pairs = [(float(np.corrcoef(columns[a], columns[b])[0, 1]), a, b) for a in moving for b in moving if a < b]
    return min(pairs)[1:] if pairs else None


@styled
def plot_trade_off(tuned: Tuned, axes: Axes | None = None) -> Axes:
    """The two terms of the reward that go against each other most, and the trials that no other beats in both."""
    axes = axes_or_new(axes)
    terms = _most_traded(tuned.found)
    axes.set(title="Trade-off")
    if terms is None:
        axes.text(0.5, 0.5, "one term: nothing is traded", ha="center", transform=axes.transAxes, color=MUTED)
        return axes
    first, second = terms
    whole = [t for t in tuned.found.trials if not t.is_pruned]
    axes.plot([t.terms[first] for t in whole], [t.terms[second] for t in whole], "o", ms=3, color=RULE)
    front = pareto_front(whole, first, second)
    axes.plot(
        [t.terms[first] for t in front], [t.terms[second] for t in front], ".-", color=INK, lw=0.9, label="not beaten"
    )
    for trial, mark, colour, label in (
        (whole[0], "s", EXPECTED, "to start from"),
        (tuned.found.best, "D", SEEN, "most reward"),
    ):
        axes.plot([trial.terms[first]], [trial.terms[second]], mark, ms=5, color=colour, label=label)
    axes.set(xlabel=first, ylabel=second)
    axes.legend(loc="best")
    return axes


@styled
def plot_comparison(tuned: Tuned, axes: Axes | None = None) -> Axes:
    """Reward and terms on what was held out, with 95 % intervals: to start from, and found."""
    found = tuned.comparison
    rows = {"reward": (found.default, found.found, found.difference), **found.terms}
    axes = axes_or_new(axes, TWO_COLUMNS, 0.9 + 1.3 * _ROW_INCHES * len(rows))
    for place, (default, new, _) in enumerate(rows.values()):
        for estimate, offset, mark, colour in ((default, 0.16, "s", EXPECTED), (new, -0.16, "D", SEEN)):
            axes.plot([estimate.low, estimate.high], [-place + offset] * 2, color=colour, lw=1.2)
            axes.plot([estimate.value], [-place + offset], mark, ms=4, color=colour)
    names = [f"{name}  {three[2].value:+.3f}" for name, three in rows.items()]
    axes.set_yticks([-k for k in range(len(rows))], names)
    axes.plot([], [], "s-", color=EXPECTED, label="to start from")
    axes.plot([], [], "D-", color=SEEN, label="found")
    axes.set(title=f"On {found.n_clips} clips that were held out", xlabel="0..1, with 95 % intervals")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.25), ncols=2)
    return axes


TUNE_PLOTS: Mapping[str, Callable[[Tuned], Axes]] = MappingProxyType(
    {
        "comparison": plot_comparison,
        "history": plot_history,
        "importance": plot_importance,
        "trade-off": plot_trade_off,
    }
)
"""Plots of a search, in the order of the page."""
