"""Papagayo-NG's project file, version 2: the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from visalign.exports.exporter import ExportOptions
from visalign.exports.papagayo_words import PapagayoPhrase, papagayo_phrases
from visalign.exports.utterance import Utterance

__all__ = ["PapagayoPg2"]


class PapagayoPg2:
    """One voice with phrases, words and phonemes, each with its number; frames are 0-based, the rate is whole."""

    name = "papagayo-pg2"
    title = "Papagayo-NG, version 2"
    suffix = ".pg2"
    family = "cues"
    rate = Fraction(24)
    first_frame = 0
    verified = "read back with json; written after Papagayo-NG's LipsyncDoc.py, not opened in Papagayo-NG"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        track, phrases = papagayo_phrases(utterance, options, self)
        document = {
            "version": 2,
            "sound_path": utterance.media,
            "fps": int(track.rate),
            "sound_duration": track.n_frames,
            "num_voices": 1,
            "phoneme_set": "preston_blair" if options.mouths is None else str(options.mouths),
            "voices": [_voice(phrases)],
        }
        return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _voice(phrases: Sequence[PapagayoPhrase]) -> dict[str, Any]:
    words = [word for phrase in phrases for word in phrase.words]
    n_children = len(phrases) + len(words) + sum(len(word.shapes) for word in words)
    return {
        "name": "Voice 1",
        "start_frame": phrases[0].start if phrases else 0,
        "end_frame": phrases[-1].end if phrases else 1,
        "text": "\n".join(x.text for x in phrases),
        "num_children": n_children,
        "phrases": [_phrase(i, x) for i, x in enumerate(phrases)],
        "used_phonemes": list(dict.fromkeys(shape for word in words for _, shape in word.shapes)),
    }


def _phrase(number: int, phrase: PapagayoPhrase) -> dict[str, Any]:
    words = [
        {
            "id": i,
            "text": word.text,
            "start_frame": word.start,
            "end_frame": word.end,
            "tags": [],
            "phonemes": [{"id": k, "text": s, "frame": f, "tags": []} for k, (f, s) in enumerate(word.shapes)],
        }
        for i, word in enumerate(phrase.words)
    ]
    facts = {"id": number, "text": phrase.text, "start_frame": phrase.start, "end_frame": phrase.end, "tags": []}
    return {**facts, "words": words}
