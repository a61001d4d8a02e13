"""NIST CTM: a line a word, as speech recognisers and Kaldi write it."""

from __future__ import annotations

import re
from fractions import Fraction

from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["Ctm"]


class Ctm:
    """``file channel start duration word``; the channel is 1. Without words, the phones."""

    name = "ctm"
    title = "NIST CTM"
    suffix = ".ctm"
    family = "annotation"
    rate = Fraction(1000)
    first_frame = 0
    verified = "read back by its grammar; written after NIST's sclite documentation, not opened in sclite"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        recording = _token(utterance.name)
        lines = [
            f"{recording} 1 {x.start:.3f} {x.end - x.start:.3f} {_token(x.label)}"
            + ("" if x.score is None else f" {x.score:.3f}")
            for x in utterance.spoken
        ]
        return "".join(f"{line}\n" for line in lines).encode()


def _token(text: str) -> str:
    return re.sub(r"\s+", "_", text)
