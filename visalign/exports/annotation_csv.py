"""A tidy table of an utterance: a row a phone."""

from __future__ import annotations

from fractions import Fraction

from visalign.errors import UnknownSymbol
from visalign.exports.annotation_tiers import annotation_map
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance
from visalign.files.text_files import format_table
from visalign.language.phones import convert, is_silence
from visalign.visemes.expected import expected_visemes

__all__ = ["AnnotationCsv"]

_HEADER = ("media", "word", "phone", "ipa", "viseme", "is_visible", "start_seconds", "end_seconds", "confidence")


class AnnotationCsv:
    """Columns ``media, word, phone, ipa, viseme, is_visible, start_seconds, end_seconds, confidence``; no silences."""

    name = "csv"
    title = "a row a phone, CSV"
    suffix = ".csv"
    family = "annotation"
    rate = Fraction(1000)
    first_frame = 0
    verified = "read back with csv"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        viseme_map = annotation_map(utterance, options)
        targets = expected_visemes(utterance.phones, utterance.words, viseme_map, alphabet=utterance.alphabet)
        rows = [
            (
                *(utterance.media, x.word, x.phone, _ipa(x.phone, utterance.alphabet), x.viseme, int(x.is_visible)),
                *(x.interval.start, x.interval.end, x.interval.score),
            )
            for x in targets
            if not is_silence(x.phone)
        ]
        return format_table(_HEADER, rows).encode()


def _ipa(phone: str, alphabet: str) -> str:
    try:
        return convert(phone, alphabet, "ipa")
    except UnknownSymbol:
        return ""
