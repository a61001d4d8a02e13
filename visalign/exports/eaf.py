"""ELAN's annotation format (EAF 2.8) with the media linked beside it."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from fractions import Fraction
from xml.etree import ElementTree

from visalign.exports.annotation_tiers import annotation_map, annotation_tiers
from visalign.exports.exporter import ExportOptions
from visalign.exports.utterance import Utterance
from visalign.timeline import Tier

__all__ = ["ElanEaf", "format_eaf"]

_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv2.8.xsd"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_TYPE = "time-aligned"


class ElanEaf:
    """Whole milliseconds, which is what ELAN stores; stretches without a label have no annotation.

    The date is the epoch, so that the same input gives the same bytes; ELAN sets its own when it saves.
    """

    name = "eaf"
    title = "ELAN, EAF 2.8"
    suffix = ".eaf"
    family = "annotation"
    rate = Fraction(1000)
    first_frame = 0
    verified = "opened with pympi-ling 1.71, tiers and linked media compared; not tried in ELAN itself"

    def render(self, utterance: Utterance, options: ExportOptions) -> bytes:
        """See :meth:`visalign.exports.exporter.Exporter.render`."""
        return format_eaf(annotation_tiers(utterance, annotation_map(utterance, options)), utterance.media)


def format_eaf(tiers: Iterable[Tier], media: str = "") -> bytes:
    """An EAF document of `tiers`, with the file `media` linked, by its path from where the document lies."""
    ElementTree.register_namespace("xsi", _XSI)
    attributes = {"AUTHOR": "", "DATE": "1970-01-01T00:00:00+00:00", "FORMAT": "2.8", "VERSION": "2.8"}
    root = ElementTree.Element("ANNOTATION_DOCUMENT", attributes)
    root.set(f"{{{_XSI}}}noNamespaceSchemaLocation", _SCHEMA)
    header = ElementTree.SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    if media:
        mime = mimetypes.guess_type(media)[0] or "audio/x-wav"
        link = {"MEDIA_URL": media, "MIME_TYPE": mime, "RELATIVE_MEDIA_URL": f"./{media}"}
        ElementTree.SubElement(header, "MEDIA_DESCRIPTOR", link)
    _add_tiers(root, tiers)
    kind = {"GRAPHIC_REFERENCES": "false", "LINGUISTIC_TYPE_ID": _TYPE, "TIME_ALIGNABLE": "true"}
    ElementTree.SubElement(root, "LINGUISTIC_TYPE", kind)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _add_tiers(root: ElementTree.Element, tiers: Iterable[Tier]) -> None:
    order = ElementTree.SubElement(root, "TIME_ORDER")
    slots: dict[int, str] = {}
    number = 0

    def slot(seconds: float) -> str:
        milliseconds = round(1000 * seconds)
        if milliseconds not in slots:
            slots[milliseconds] = f"ts{len(slots) + 1}"
        return slots[milliseconds]

    for tier in tiers:
        parent = ElementTree.SubElement(root, "TIER", LINGUISTIC_TYPE_REF=_TYPE, TIER_ID=tier.name)
        for x in tier:
            if not x.label or round(1000 * x.start) == round(1000 * x.end):
                continue
            number += 1
            holder = ElementTree.SubElement(parent, "ANNOTATION")
            ids = {"ANNOTATION_ID": f"a{number}", "TIME_SLOT_REF1": slot(x.start), "TIME_SLOT_REF2": slot(x.end)}
            annotation = ElementTree.SubElement(holder, "ALIGNABLE_ANNOTATION", ids)
            ElementTree.SubElement(annotation, "ANNOTATION_VALUE").text = x.label
    # The schema wants the slots in the order of their times.
    for milliseconds, name in sorted(slots.items()):
        ElementTree.SubElement(order, "TIME_SLOT", TIME_SLOT_ID=name, TIME_VALUE=str(milliseconds))
