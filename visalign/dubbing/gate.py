"""The release gate of a dub: which lines fail which rule, and whether the programme may go out.

A line fails where its verdict is early, late or mismatched, and by the rules of
:class:`~visalign.parameters.GateParams` that are asked. What could not be judged fails no rule; how much of that there
may be is a rule of its own. A beginning or an end fails only where it lies beyond its limit with a probability of
:data:`~visalign.dubbing.lines.SURE`.

Conventions
-----------
Seconds, and shares of 0..1. Percentiles are of absolute values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from visalign.dubbing.lines import MOST_SHARED, SURE, DubbedLine
from visalign.parameters import GateParams
from visalign.sync.verdict import MIN_SPEECH, Cause, SyncEstimate

__all__ = ["LINE_RULES", "PERCENTILES", "FailedRule", "Gate", "dubbing_gate", "failed_rules", "percentiles"]

PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
"""Names of the percentiles of a programme, and their shares."""

_NOT_ASKED = ("not-seen", "off-screen", "not-heard")
_FAULTS = ("audio-early", "audio-late", "mismatched")
# What one line may bring about that is out of sync among others that are in: the rules of the lines tell it.
_TOLD_BY_LINES = (Cause.DRIFT, Cause.JUMPS, Cause.ACROSS_A_LIMIT)


@dataclass(frozen=True, slots=True)
class FailedRule:
    """A rule of the programme that is not kept.

    Parameters
    ----------
    rule : str
        Its name among the settings, or ``"verdict"``.
    found : float or str
        What was found.
    allowed : float or str
        What is allowed.
    """

    rule: str
    found: float | str
    allowed: float | str


@dataclass(frozen=True, slots=True)
class Gate:
    """What the gate says.

    Parameters
    ----------
    passed : bool
    failed : tuple of FailedRule
        Rules of the programme that are not kept; empty where it passed.
    lines : mapping of int to tuple of str
        Failed rules of each line that fails one, by its number.
    n_lines, n_judged : int
        All lines, and those that were judged or fail a rule.
    """

    passed: bool
    failed: tuple[FailedRule, ...]
    lines: Mapping[int, tuple[str, ...]]
    n_lines: int
    n_judged: int


def _above(value: float | None, limit: float | None) -> bool:
    return value is not None and limit is not None and value > limit


def _closures(line: DubbedLine, rules: GateParams) -> bool:
    if rules.min_closures_met is None or line.n_closures < rules.least_closures:
        return False
    return line.n_closures_met < rules.min_closures_met * line.n_closures


def _open_vowels(line: DubbedLine, rules: GateParams) -> bool:
    return bool(line.n_open) and _above(line.n_open_closed / line.n_open, rules.max_open_vowels_closed)


def _match(line: DubbedLine, rules: GateParams) -> bool:
    if line.verdict == "mismatched":
        return True
    if (
        line.shared >= MOST_SHARED
        or rules.min_match is None
        or line.match is None
        or line.start is None
        or line.end is None
    ):
        return False
    return line.match < rules.min_match and line.end - line.start >= MIN_SPEECH


def _sure(probability: float | None, limit: float | None) -> bool:
    return limit is not None and probability is not None and probability >= SURE


LINE_RULES: Mapping[str, Callable[[DubbedLine, GateParams], bool]] = MappingProxyType(
    {
        "lead": lambda line, _: line.verdict in ("audio-early", "audio-late"),
        "match": _match,
        "start": lambda line, rules: _sure(line.start_beyond, rules.max_start_seconds),
        "end": lambda line, rules: _sure(line.end_beyond, rules.max_end_seconds),
        "overrun": lambda line, rules: _above(line.overrun_seconds, rules.max_overrun_seconds),
        "dead-air": lambda line, rules: _above(line.dead_air_seconds, rules.max_dead_air_seconds),
        "closures": _closures,
        "open-vowels": _open_vowels,
        "isochrony": lambda line, rules: (
            rules.min_isochrony is not None and line.isochrony is not None and line.isochrony < rules.min_isochrony
        ),
    }
)
"""Rules of a line: whether it fails, by name."""


def failed_rules(line: DubbedLine, rules: GateParams) -> tuple[str, ...]:
    """Names of the rules of :data:`LINE_RULES` that a line fails, in their order; none where its lips are not seen.

    A narrator speaks while the mouth in the picture rests, and nothing is wrong with that.
    """
    if line.verdict in _NOT_ASKED:
        return ()
    return tuple(name for name, fails in LINE_RULES.items() if fails(line, rules))


def percentiles(values: Iterable[float | None]) -> dict[str, float] | None:
    """p50, p90 and p99 of absolute values, those that are known; None where none is.

    Examples
    --------
    >>> percentiles([-0.02, 0.01, None, 0.03])["p50"]
    0.02
    """
    known = [abs(x) for x in values if x is not None]
    return {name: float(np.quantile(known, share)) for name, share in PERCENTILES.items()} if known else None


def dubbing_gate(lines: Sequence[DubbedLine], sync: SyncEstimate, rules: GateParams) -> Gate:
    """What the gate says of a programme.

    Parameters
    ----------
    lines : sequence of DubbedLine
    sync : SyncEstimate
        Of the programme on the whole.
    rules : GateParams
    """
    failing = {line.number: failed for line in lines if (failed := failed_rules(line, rules))}
    n_judged = sum(line.is_judged or line.number in failing for line in lines)
    found = tuple(_programme_rules(lines, sync, rules, len(failing), n_judged))
    return Gate(not found, found, failing, len(lines), n_judged)


def _programme_rules(
    lines: Sequence[DubbedLine], sync: SyncEstimate, rules: GateParams, n_failing: int, n_judged: int
) -> Iterator[FailedRule]:
    if sync.verdict in _FAULTS or (sync.verdict == "uncertain" and sync.cause not in _TOLD_BY_LINES):
        yield FailedRule("verdict", sync.verdict, "in-sync")
    if n_judged and _above(part := n_failing / n_judged, rules.max_failed_part):
        yield FailedRule("max_failed_part", part, rules.max_failed_part or 0.0)
    judged = n_judged / len(lines) if lines else 0.0
    if rules.min_judged_part is not None and judged < rules.min_judged_part:
        yield FailedRule("min_judged_part", judged, rules.min_judged_part)
    leads = percentiles(line.lead_seconds for line in lines) or {}
    for name, limit in (("p90", rules.max_p90_lead_seconds), ("p99", rules.max_p99_lead_seconds)):
        if limit is not None and leads.get(name, 0.0) > limit:
            yield FailedRule(f"max_{name}_lead_seconds", leads[name], limit)
