"""Final Cut Pro's XML: a project with one clip and markers."""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree

from visalign.exports.editorial import clip_frames, editorial_rate, markers
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance

__all__ = ["FcpXml"]


class FcpXml:
    """FCPXML 1.9; times are rational seconds on frame boundaries. Premiere and Resolve read it too."""

    name = "fcpxml"
    title = "FCPXML 1.9 with markers"
    suffix = ".fcpxml"
    family = "editorial"
    rate = Fraction(25)
    first_frame = 0
    verified = "opened with OpenTimelineIO's FCPXML adapter, markers compared; not tried in Final Cut Pro itself"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        rate = editorial_rate(utterance, options, self)
        duration = _seconds(clip_frames(utterance, rate), rate)
        root = ElementTree.Element("fcpxml", version="1.9")
        resources = ElementTree.SubElement(root, "resources")
        ElementTree.SubElement(
            resources, "format", id="r1", name="FFVideoFormatRateUndefined", frameDuration=_seconds(1, rate)
        )
        facts = {"id": "r2", "name": utterance.name, "start": "0s", "duration": duration, "format": "r1"}
        asset = ElementTree.SubElement(resources, "asset", facts, hasVideo="1", hasAudio="1")
        ElementTree.SubElement(asset, "media-rep", kind="original-media", src=f"./{utterance.media}")
        event = ElementTree.SubElement(ElementTree.SubElement(root, "library"), "event", name="visalign")
        project = ElementTree.SubElement(event, "project", name=utterance.name)
        sequence = ElementTree.SubElement(
            project, "sequence", format="r1", duration=duration, tcStart="0s", tcFormat="NDF"
        )
        spine = ElementTree.SubElement(sequence, "spine")
        place = {"ref": "r2", "offset": "0s", "start": "0s", "duration": duration, "name": utterance.name}
        clip = ElementTree.SubElement(spine, "asset-clip", place)
        for x in markers(utterance, rate):
            length = _seconds(x.n_frames, rate)
            ElementTree.SubElement(clip, "marker", start=_seconds(x.frame, rate), duration=length, value=x.name)
        ElementTree.indent(root)
        text = ElementTree.tostring(root, encoding="unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{text}\n'.encode()


def _seconds(frames: int, rate: Fraction) -> str:
    time = frames / rate
    return f"{time.numerator}s" if time.denominator == 1 else f"{time.numerator}/{time.denominator}s"
