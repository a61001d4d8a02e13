"""visalign's own JSON of an utterance: everything in seconds, and readable by ``visalign export`` again."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from visalign.animation.mouth_rules import MouthRules
from visalign.exports.annotation_tiers import annotation_map, annotation_tiers
from visalign.exports.cue_track import cue_tier, mouth_rules
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance
from visalign.files.text_files import format_json, rounded
from visalign.timeline import Interval

__all__ = ["SCHEMA_VERSION", "AnnotationJson"]

SCHEMA_VERSION = 1


class AnnotationJson:
    """``words``, ``phones``, ``expected_visemes``, ``observed_visemes``, ``mouth_cues``: each ``label, start, end``.

    Edit it and export it again: only ``words`` and ``phones`` are read.
    """

    name = "json"
    title = "visalign JSON"
    suffix = ".json"
    family = "annotation"
    rate = Fraction(24)
    first_frame = 0
    verified = "read back with json, and with visalign export"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        viseme_map = annotation_map(utterance, options)
        tiers = {x.name: x for x in annotation_tiers(utterance, viseme_map)}
        rules = mouth_rules(options) if options.mouths is None else MouthRules.of_map(viseme_map)
        document = {
            "schema_version": SCHEMA_VERSION,
            "media": utterance.media,
            "alphabet": utterance.alphabet,
            "viseme_map": viseme_map.id,
            "words": _items(x for x in utterance.words if x.label),
            "phones": _items(utterance.phones),
            "expected_visemes": _items(tiers["expected visemes"]),
            "observed_visemes": _items(tiers.get("observed visemes", ())),
            "mouth_cues": _items(cue_tier(utterance, options, self, rules)),
        }
        return format_json(document).encode()


def _items(rows: Iterable[Interval]) -> list[dict[str, Any]]:
    return [{"label": x.label, "start": rounded(x.start), "end": rounded(x.end)} for x in rows]
