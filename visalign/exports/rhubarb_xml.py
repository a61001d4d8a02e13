"""Rhubarb Lip Sync's XML."""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree

from visalign.exports.cue_track import cue_tier, mouth_rules
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["RhubarbXml"]


class RhubarbXml:
    """``rhubarbResult`` with ``metadata`` and ``mouthCues``; seconds with two decimals."""

    name = "rhubarb-xml"
    title = "Rhubarb Lip Sync, XML"
    suffix = ".xml"
    family = "cues"
    rate = Fraction(24)
    first_frame = 0
    verified = "opened with OpenFaceFX 0.24 and xml.etree, cues compared"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        root = ElementTree.Element("rhubarbResult")
        metadata = ElementTree.SubElement(root, "metadata")
        ElementTree.SubElement(metadata, "soundFile").text = utterance.media
        ElementTree.SubElement(metadata, "duration").text = f"{utterance.duration:.2f}"
        cues = ElementTree.SubElement(root, "mouthCues")
        for x in cue_tier(utterance, options, self, mouth_rules(options)):
            cue = ElementTree.SubElement(cues, "mouthCue", start=f"{x.start:.2f}", end=f"{x.end:.2f}")
            cue.text = x.label
        ElementTree.indent(root)
        return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
