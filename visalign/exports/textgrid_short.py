"""Praat's TextGrid, short text form: the values without their names."""

from __future__ import annotations

from fractions import Fraction

from visalign.exports.annotation_tiers import annotation_map, annotation_tiers
from visalign.exports.exporter import ExportOptions
from visalign.exports.textgrid_long import praat_number, praat_string
from visalign.exports.utterance import Utterance

__all__ = ["TextGridShort"]


class TextGridShort:
    """The same tiers as the long form, in a third of the bytes."""

    name = "textgrid-short"
    title = "Praat TextGrid, short"
    suffix = ".TextGrid"
    family = "annotation"
    rate = Fraction(100)
    first_frame = 0
    verified = "opened in Praat 6.1 and with praatio 6.2.2, tiers compared"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        tiers = annotation_tiers(utterance, annotation_map(utterance, options))
        span = [praat_number(tiers[0].start), praat_number(tiers[0].end)]
        lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", *span, "<exists>", str(len(tiers))]
        for tier in tiers:
            lines += ['"IntervalTier"', praat_string(tier.name), *span, str(len(tier))]
            for x in tier:
                lines += [praat_number(x.start), praat_number(x.end), praat_string(x.label)]
        return ("\n".join(lines) + "\n").encode()
