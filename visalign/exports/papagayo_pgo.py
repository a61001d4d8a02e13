"""Papagayo's project file, version 1: lines, indented by tabs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from visalign.exports.exporter import ExportOptions
from visalign.exports.papagayo_words import PapagayoPhrase, papagayo_phrases
from visalign.exports.utterance import Utterance

__all__ = ["PapagayoPgo"]


class PapagayoPgo:
    """One voice; frames are 0-based inside the file, and the rate is whole."""

    name = "papagayo-pgo"
    title = "Papagayo, version 1"
    suffix = ".pgo"
    family = "cues"
    rate = Fraction(24)
    first_frame = 0
    verified = "read back by a parser written after Papagayo's own (LipsyncDoc.py); not opened in Papagayo"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        track, phrases = papagayo_phrases(utterance, options, self)
        head = ["lipsync version 1", utterance.media, str(track.rate), str(track.n_frames), "1"]
        voice = ["\tVoice 1", "\t" + "|".join(x.text for x in phrases), f"\t{len(phrases)}"]
        lines = [*head, *voice, *(line for phrase in phrases for line in _lines(phrase))]
        return "".join(f"{line}\n" for line in lines).encode()


def _lines(phrase: PapagayoPhrase) -> Iterator[str]:
    yield from (f"\t\t{x}" for x in (phrase.text, phrase.start, phrase.end, len(phrase.words)))
    for word in phrase.words:
        yield f"\t\t\t{word.text} {word.start} {word.end} {len(word.shapes)}"
        yield from (f"\t\t\t\t{frame} {shape}" for frame, shape in word.shapes)
