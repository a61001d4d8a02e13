"""The lines of a programme, what they add up to, and what its gate says.

Conventions
-----------
Seconds, and shares of 0..1. Percentiles are of absolute values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from visalign.dubbing.gate import Gate, percentiles
from visalign.dubbing.lines import DubbedLine
from visalign.parameters import GateParams

__all__ = ["PERCENTILE_MEASURES", "Dubbing"]

PERCENTILE_MEASURES = ("lead_seconds", "overrun_seconds", "dead_air_seconds")
"""Measures of the lines whose percentiles are told."""


@dataclass(frozen=True, slots=True)
class Dubbing:
    """What was found about a dub, line by line.

    Parameters
    ----------
    lines : tuple of DubbedLine
        In the order of the transcript.
    rules : GateParams
    gate : Gate or None
        What the gate says; None where no rule was asked.
    """

    lines: tuple[DubbedLine, ...]
    rules: GateParams
    gate: Gate | None

    @property
    def percentiles(self) -> Mapping[str, dict[str, float] | None]:
        """p50, p90 and p99 over the programme of each of :data:`PERCENTILE_MEASURES`; None where no line has one."""
        return {name: percentiles(getattr(line, name) for line in self.lines) for name in PERCENTILE_MEASURES}

    def failed(self, line: DubbedLine) -> tuple[str, ...]:
        """The rules that a line fails."""
        return () if self.gate is None else self.gate.lines.get(line.number, ())

    @property
    def failing_first(self) -> tuple[DubbedLine, ...]:
        """The lines that fail a rule, then the others; each in the order of the transcript."""
        return tuple(sorted(self.lines, key=lambda line: not self.failed(line)))
