"""Visemes as speech services tell them while they speak: Azure's events, Amazon Polly's marks, TalkingHead's arrays.

What takes those takes visalign's timing for any recording, as if a service had spoken it.

References
----------
.. [1] Microsoft, Azure AI Speech: get facial position with viseme (events of an audio offset in ticks and a viseme id).
.. [2] Amazon Web Services, Polly developer guide: speech marks, a JSON object a line.
.. [3] TalkingHead, README: ``speakAudio`` with words, visemes, times and durations in milliseconds.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from visalign.errors import ConfigError
from visalign.exports.cue_track import cue_tier, mouth_rules
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["AzureVisemes", "PollyMarks", "TalkingHead"]

_TICKS = 10_000_000  # a second

# TalkingHead names Oculus' vowels by the older letters.
_OCULUS_LETTERS = {"ih": "I", "oh": "O", "ou": "U"}


class AzureVisemes:
    """A list of ``{"audioOffset": ticks of 100 ns, "visemeId": 0 … 21}``, as the SDK gives events."""

    name = "azure-visemes"
    title = "Azure viseme events, JSON"
    suffix = ".json"
    family = "cues"
    rate = Fraction(24)
    first_frame = 0
    verified = "read back with json; written after Microsoft's description of the events, not opened by a program"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`.

        Raises
        ------
        ConfigError
            If a map's visemes are no numbers.
        """
        rules = mouth_rules(options, "azure_en_us")
        strange = [x for x in rules.shapes if not x.isdecimal()]
        if strange:
            raise ConfigError("map", str(options.mouths), f"a map whose visemes are numbers, not {strange[0]}")
        cues = cue_tier(utterance, options, self, rules)
        events = [{"audioOffset": round(_TICKS * x.start), "visemeId": int(x.label)} for x in cues]
        return ("[\n" + ",\n".join(" " + json.dumps(x) for x in events) + "\n]\n").encode()


class PollyMarks:
    """A JSON object a line: the sentence, words and visemes by their time in milliseconds.

    ``start`` and ``end`` of a sentence or word are bytes of the text in UTF-8, as Polly counts them.
    """

    name = "polly-marks"
    title = "Amazon Polly speech marks"
    suffix = ".marks"
    family = "cues"
    rate = Fraction(24)
    first_frame = 0
    verified = "read back with json, line by line; written after Amazon's developer guide, not opened by a program"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        marks = _text_marks(utterance)
        for x in cue_tier(utterance, options, self, mouth_rules(options, "polly_en_us")):
            marks.append({"time": round(1000 * x.start), "type": "viseme", "value": x.label})
        order = ("sentence", "word", "viseme")
        marks.sort(key=lambda x: (x["time"], order.index(x["type"])))
        return "".join(json.dumps(x, ensure_ascii=False, separators=(",", ":")) + "\n" for x in marks).encode()


def _text_marks(utterance: Utterance) -> list[dict[str, Any]]:
    words = [x for x in utterance.words if x.label]
    if not words:
        return []
    size = len(utterance.text.encode())
    marks: list[dict[str, Any]] = [
        {"time": round(1000 * words[0].start), "type": "sentence", "start": 0, "end": size, "value": utterance.text}
    ]
    place = 0
    for word in words:
        end = place + len(word.label.encode())
        marks.append(
            {"time": round(1000 * word.start), "type": "word", "start": place, "end": end, "value": word.label}
        )
        place = end + 1
    return marks


class TalkingHead:
    """``words, wtimes, wdurations, visemes, vtimes, vdurations`` for ``speakAudio``: add the sound as ``audio``."""

    name = "talkinghead"
    title = "TalkingHead, words and visemes"
    suffix = ".json"
    family = "cues"
    rate = Fraction(24)
    first_frame = 0
    verified = "spoken by an avatar in TalkingHead 1.7 in Chromium, visemes compared"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        words = [x for x in utterance.words if x.label]
        cues = list(cue_tier(utterance, options, self, mouth_rules(options, "oculus_15")))
        document = {
            "words": [x.label for x in words],
            "wtimes": [round(1000 * x.start) for x in words],
            "wdurations": [round(1000 * x.end) - round(1000 * x.start) for x in words],
            "visemes": [_OCULUS_LETTERS.get(x.label, x.label) for x in cues],
            "vtimes": [round(1000 * x.start) for x in cues],
            "vdurations": [round(1000 * x.end) - round(1000 * x.start) for x in cues],
        }
        rows = (f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in document.items())
        return ("{\n" + ",\n".join(rows) + "\n}\n").encode()
