"""Values of a Rive state machine's number input over time: which mouth shows when."""

from __future__ import annotations

import json
from fractions import Fraction

from visalign.exports.cue_track import cue_tier, mouth_rules
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["RiveInputs"]


class RiveInputs:
    """A number input (``--target``, else ``viseme``) and its ``[seconds, value]`` keys; a value stays until the next.

    Rive has no format for what drives a file from outside; a page sets ``input.value`` to that of the last key before
    the sound's time. The values count the viseme map's visemes, by default Oculus' fifteen from ``sil`` = 0 to ``ou`` =
    14, in the order that ``visemes`` lists.
    """

    name = "rive"
    title = "Rive, values of a number input"
    suffix = ".json"
    family = "cues"
    rate = Fraction(24)
    first_frame = 0
    verified = "values set on a state machine's input in Rive's runtime 2.43; the shape of the file is visalign's own"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        rules = mouth_rules(options, "oculus_15")
        codes = {name: i for i, name in enumerate(rules.shapes)}
        keys = [[round(x.start, 6), codes[x.label]] for x in cue_tier(utterance, options, self, rules)]
        document = {"input": options.target or "viseme", "duration": round(utterance.duration, 6)}
        text = json.dumps(document, ensure_ascii=False).removesuffix("}")
        return f'{text},\n "visemes": {json.dumps(list(codes))},\n "keys": {json.dumps(keys)}}}\n'.encode()
