"""Rhubarb Lip Sync's TSV: a line a cue, its start and its shape, and a last line for the end."""

from __future__ import annotations

from fractions import Fraction

from visalign.exports.cue_track import cue_tier, mouth_rules
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["RhubarbTsv"]


class RhubarbTsv:
    """Seconds with two decimals; Rhubarb cuts off what follows, here they are rounded."""

    name = "rhubarb-tsv"
    title = "Rhubarb Lip Sync, TSV"
    suffix = ".tsv"
    family = "cues"
    rate = Fraction(24)
    first_frame = 0
    verified = "opened with OpenFaceFX 0.24 and csv, cues compared"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        rules = mouth_rules(options)
        cues = cue_tier(utterance, options, self, rules)
        last = rules.rest if options.shapes is None else rules.reduce(rules.rest, frozenset(options.shapes))
        lines = [f"{x.start:.2f}\t{x.label}\n" for x in cues]
        return "".join([*lines, f"{cues.end:.2f}\t{last}\n"]).encode()
