"""Markers as text for Pro Tools and Avid Media Composer.

References
----------
.. [1] Pro Tools' "export session info as text", with its section of markers; ptulsconv and others read it.
.. [2] Avid Media Composer's text of exported markers: user, timecode, track, colour, comment and length, with tabs.
"""

from __future__ import annotations

import re
from fractions import Fraction

from visalign.errors import ConfigError
from visalign.exports.editorial import clip_frames, editorial_rate, first_record_frame, markers
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance
from visalign.files.timecode import can_drop_frames, format_timecode

__all__ = ["AvidMarkers", "ProTools"]

_SAMPLE_RATE = 48_000
_TAB = re.compile(r"\s+")  # a tab would begin another column
# The rates that Pro Tools has, as it spells them.
_SPELT = {Fraction(24000, 1001): "23.976", Fraction(30000, 1001): "29.97", Fraction(60000, 1001): "59.94"}
_SPELT |= {Fraction(x): str(x) for x in (24, 25, 30, 60)}


class ProTools:
    """Session info with a list of markers; locations are timecode from 01:00:00:00, references samples of 48 kHz."""

    name = "protools"
    title = "Pro Tools session text with markers"
    suffix = ".txt"
    family = "editorial"
    rate = Fraction(25)
    first_frame = 0
    verified = "parsed by ptulsconv 4.0, which makes reports of Pro Tools' texts; markers compared"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`.

        Raises
        ------
        ConfigError
            If Pro Tools has no such rate.
        """
        rate = editorial_rate(utterance, options, self)
        if rate not in _SPELT:
            raise ConfigError("fps", str(rate), f"a rate that Pro Tools has: {', '.join(sorted(_SPELT.values()))}")
        first = first_record_frame(rate)
        lines = [
            f"SESSION NAME:\t{_cell(utterance.name)}",
            f"SAMPLE RATE:\t{_SAMPLE_RATE}.000000",
            "BIT DEPTH:\t24-bit",
            f"SESSION START TIMECODE:\t{format_timecode(first, rate)}",
            f"TIMECODE FORMAT:\t{_SPELT[rate]}{' Drop' * can_drop_frames(rate)} Frame",
            "# OF AUDIO TRACKS:\t0",
            "# OF AUDIO CLIPS:\t0",
            "# OF AUDIO FILES:\t0",
            "",
            "",
            "M A R K E R S  L I S T I N G",
            f"{'#':<4}\t{'LOCATION':<13}\t{'TIME REFERENCE':<18}\t{'UNITS':<9}\t{'NAME':<33}\tCOMMENTS",
        ]
        for i, x in enumerate(markers(utterance, rate), start=1):
            samples = round(_SAMPLE_RATE * x.frame / rate)
            place = format_timecode(first + x.frame, rate)
            comment = "out of sync" if x.is_fault else "word"
            lines.append(f"{i:<4}\t{place:<13}\t{samples:<18}\t{'Samples':<9}\t{_cell(x.name):<33}\t{comment}")
        return ("\n".join(lines) + "\n").encode()


class AvidMarkers:
    """A marker a line on track V1, red for faults and green for words; timecode from 01:00:00:00."""

    name = "avid-markers"
    title = "Avid Media Composer markers"
    suffix = ".txt"
    family = "editorial"
    rate = Fraction(25)
    first_frame = 0
    verified = "read back by its columns; written after texts that Media Composer exports, not opened in it"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        rate = editorial_rate(utterance, options, self)
        first = first_record_frame(rate)
        last = first + clip_frames(utterance, rate)
        rows = []
        for x in markers(utterance, rate):
            place = first + x.frame
            length = min(x.n_frames, last - place)
            colour = "red" if x.is_fault else "green"
            rows.append(f"visalign\t{format_timecode(place, rate)}\tV1\t{colour}\t{_cell(x.name)}\t{length}\n")
        return "".join(rows).encode()


def _cell(text: str) -> str:
    return _TAB.sub(" ", text)
