"""ELAN's annotation files (EAF), with annotations that stand on their own times or share those of another tier."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from visalign.errors import AnyPath, ParseError
from visalign.files.data_files import parse_xml, read_bytes
from visalign.language.annotations.annotation import Annotation, collect_tracks, intervals_of, speaker_and_kind

__all__ = ["read_eaf_file"]


def read_eaf_file(path: AnyPath, _recording: str | None = None) -> Annotation:
    """Tiers by their names; a tier's participant, where it has one, is its speaker.

    Times that are not set (the inner ones of a subdivision) are spread evenly between those that are, as ELAN draws
    them. Annotations that refer to one of another tier have its time; several that refer to one share it evenly.

    Raises
    ------
    ParseError
        If it is no EAF file, or refers to what is not there.
    """
    root = _root(path)
    try:
        slots = _slot_times(root)
        spans = _own_spans(root, slots)
        _add_shared_spans(root, spans)
        tiers = [(*_tier_name(tier), intervals_of(path, _rows(tier, spans))) for tier in root.iter("TIER")]
    except ParseError:
        raise
    except (KeyError, ValueError) as error:
        raise ParseError(
            path, None, f"it refers to something that is not in it ({error}); save it from ELAN"
        ) from error
    tracks = collect_tracks(tiers)
    if not tracks:
        raise ParseError(path, None, "no tier of it holds an annotation of words, phones or utterances")
    return Annotation(str(path), "ELAN", tracks)


def _root(path: AnyPath) -> ElementTree.Element:
    root = parse_xml(path, read_bytes(path))
    if root.tag != "ANNOTATION_DOCUMENT":
        raise ParseError(path, None, f"not an EAF file: its root is <{root.tag}>, not <ANNOTATION_DOCUMENT>")
    return root


def _slot_times(root: ElementTree.Element) -> dict[str, float | None]:
    """Seconds of each time slot, in the order of the file; None where it has no time."""
    return {
        slot.attrib["TIME_SLOT_ID"]: int(slot.attrib["TIME_VALUE"]) / 1000 if "TIME_VALUE" in slot.attrib else None
        for slot in root.iter("TIME_SLOT")
    }


def _own_spans(root: ElementTree.Element, slots: dict[str, float | None]) -> dict[str, tuple[float, float]]:
    """Start and end of each annotation that has time slots."""
    spans: dict[str, tuple[float, float]] = {}
    for tier in root.iter("TIER"):
        chain = [
            (x.attrib["ANNOTATION_ID"], x.attrib["TIME_SLOT_REF1"], x.attrib["TIME_SLOT_REF2"])
            for x in tier.iter("ALIGNABLE_ANNOTATION")
        ]
        for group in _chains(chain, slots):
            start, end = slots[group[0][1]], slots[group[-1][2]]
            if start is None or end is None:
                raise ValueError(f"annotation {group[0][0]} has no time")
            step = (end - start) / len(group)
            for number, (name, _, _) in enumerate(group):
                spans[name] = (start + number * step, start + (number + 1) * step)
    return spans


def _chains(chain: list[tuple[str, str, str]], slots: dict[str, float | None]) -> Iterator[list[tuple[str, str, str]]]:
    """Annotations that follow each other over slots without a time, together; the others each alone."""
    group: list[tuple[str, str, str]] = []
    for row in chain:
        group.append(row)
        if slots[row[2]] is not None:
            yield group
            group = []
    if group:
        raise ValueError(f"annotation {group[-1][0]} has no end")


def _add_shared_spans(root: ElementTree.Element, spans: dict[str, tuple[float, float]]) -> None:
    """The times of annotations that refer to others; a tier may refer to one that itself refers to a third."""
    waiting: dict[tuple[str, str], list[str]] = {}
    for tier in root.iter("TIER"):
        for x in tier.iter("REF_ANNOTATION"):
            key = (tier.attrib["TIER_ID"], x.attrib["ANNOTATION_REF"])
            waiting.setdefault(key, []).append(x.attrib["ANNOTATION_ID"])
    while waiting:
        ready = [key for key in waiting if key[1] in spans]
        if not ready:
            raise ValueError(f"annotation {next(iter(waiting))[1]} is missing")
        for key in ready:
            names = waiting.pop(key)
            start, end = spans[key[1]]
            step = (end - start) / len(names)
            spans |= {name: (start + i * step, start + (i + 1) * step) for i, name in enumerate(names)}


def _tier_name(tier: ElementTree.Element) -> tuple[str, str]:
    speaker, kind = speaker_and_kind(tier.attrib["TIER_ID"])
    return tier.attrib.get("PARTICIPANT", "").strip() or speaker, kind


def _rows(tier: ElementTree.Element, spans: dict[str, tuple[float, float]]) -> Iterator[tuple[float, float, str]]:
    for holder in tier.iter("ANNOTATION"):
        for x in holder:
            start, end = spans[x.attrib["ANNOTATION_ID"]]
            yield start, end, x.findtext("ANNOTATION_VALUE") or ""
