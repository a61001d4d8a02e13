"""ELAN's annotation files (EAF): on the clock of their medium, with the times that somebody has set.

Conventions
-----------
ELAN keeps times of the *document*. A medium may begin elsewhere in it: time in the medium = time in the document +
``TIME_ORIGIN`` of its descriptor. Of several media the one that is called as the recording counts.

A time slot without a value, and annotations that share the time of one of another tier (symbolic subdivisions), have no
time of their own: ELAN draws them spread evenly, which says nothing about when they are spoken. Words of these are
phrases (:mod:`visalign.language.annotations.annotation`). An annotation that alone refers to another one (a symbolic
association) has the time of that one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import unquote
from xml.etree import ElementTree

from visalign.errors import AnyPath, ParseError
from visalign.files.data_files import parse_xml
from visalign.language.annotations.annotation import Annotation, speaker_and_kind
from visalign.language.annotations.content import Content
from visalign.language.annotations.rows import LONGEST_SECONDS, Row, RowReader, listed

__all__ = ["TITLE", "is_eaf", "read_eaf_file"]

TITLE = "ELAN"

_ROOT = "ANNOTATION_DOCUMENT"
_SAVE = "save it from ELAN"
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{0,30})?", re.ASCII)


def is_eaf(content: Content) -> bool:
    """Whether a file is an ELAN document."""
    return f"<{_ROOT}" in content.head


def read_eaf_file(content: Content, recording: str | None = None) -> Annotation:
    """Tiers by their names; a tier's participant, where it has one, is its speaker.

    Raises
    ------
    ParseError
        If it is no EAF file, or refers to what is not there.
    """
    path, reader = content.path, RowReader(content.path)
    root = parse_xml(path, content.data)
    if root.tag != _ROOT:
        raise ParseError(path, None, f"not an EAF file: its root is <{root.tag[:40]}>, not <{_ROOT}>")
    document = _Document(path, root, _origin(root, recording, reader))
    tracks = reader.tracks((*_tier_name(tier), document.rows(tier)) for tier in root.iter("TIER"))
    if not tracks:
        raise ParseError(path, None, "no tier of it holds an annotation of words, phones or utterances")
    return Annotation(str(path), TITLE, tracks, warnings=reader.all_warnings())


def _tier_name(tier: ElementTree.Element) -> tuple[str, str]:
    speaker, kind = speaker_and_kind(tier.get("TIER_ID", ""))
    return tier.get("PARTICIPANT", "").strip() or speaker, kind


# ---- media ----


def _origin(root: ElementTree.Element, recording: str | None, reader: RowReader) -> float:
    """Milliseconds from the document's clock to that of the recording."""
    media = [
        (_media_name(x), _milliseconds(reader.path, x.get("TIME_ORIGIN", "0"))) for x in root.iter("MEDIA_DESCRIPTOR")
    ]
    if not media:
        return 0.0
    called = None if recording is None else recording.lower()
    mine = [origin for name, origin in media if called in (name.lower(), PurePosixPath(name).stem.lower())]
    if mine:
        return mine[0]
    name, origin = media[0]
    if any(other != origin for _, other in media):
        told = listed([f"{name or 'one without a name'} ({start:+g} ms)" for name, start in media])
        reader.tell(
            f"its media begin at different times of the document, and none is called as this recording: {told}; the "
            "times were taken as those of the first. Call the clip as its medium, or move the times: --alignment-shift"
        )
    elif origin:
        whose = f"the time origin of {name}" if name else "its time origin"
        reader.tell(f"its times were moved by {origin:+g} ms, {whose}")
    return origin


def _media_name(descriptor: ElementTree.Element) -> str:
    address = descriptor.get("MEDIA_URL") or descriptor.get("RELATIVE_MEDIA_URL") or ""
    return unquote(address).replace("\\", "/").rstrip("/").rpartition("/")[2]


# ---- times ----


def _milliseconds(path: AnyPath, text: str) -> float:
    bare = text.strip() or "0"
    # Thousands of digits are not made a number first: that takes long.
    number = float(bare) if _NUMBER.fullmatch(bare) else math.inf
    if not abs(number) < 1000 * LONGEST_SECONDS:
        raise ParseError(path, None, f"{bare[:40]!r} is no time in milliseconds of any recording; {_SAVE}")
    return number


@dataclass(frozen=True, slots=True)
class _Span:
    """The time of an annotation; None where nothing tells it. Where it is not its own, others have the same one."""

    start: float | None
    end: float | None
    is_own: bool


class _Document:
    """The times of all annotations of a document."""

    def __init__(self, path: AnyPath, root: ElementTree.Element, origin_ms: float) -> None:
        self.path, self.origin_ms = path, origin_ms
        units = next((x.get("TIME_UNITS", "milliseconds") for x in root.iter("HEADER")), "milliseconds")
        if units != "milliseconds":
            raise ParseError(path, None, f"its times are in {units[:40]}; {_SAVE}, which writes milliseconds")
        self.spans = dict[str, _Span]()
        try:
            self._add_own(root)
            self._add_shared(root)
        except KeyError as error:
            raise ParseError(path, None, f"it refers to {error}, which is not in it; {_SAVE}") from error

    def rows(self, tier: ElementTree.Element) -> Iterator[Row]:
        """The annotations of a tier; those that have but one time in common come as one phrase."""
        shared = dict[_Span, list[str]]()
        for x in _in_order(tier):
            span, label = self.spans.get(x.get("ANNOTATION_ID", "")), x.findtext("ANNOTATION_VALUE") or ""
            if span is None:
                raise ParseError(self.path, None, f"annotation {label[:40]!r} has no name, or no kind; {_SAVE}")
            if span.is_own:
                yield Row(span.start, span.end, label)
            elif label.strip():
                shared.setdefault(span, []).append(label.strip())
        for span, labels in shared.items():
            yield Row(span.start, span.end, " ".join(labels), is_phrase=True)

    def _add_own(self, root: ElementTree.Element) -> None:
        """Annotations with time slots; those over slots without a time have that from the first to the last."""
        slots = {x.attrib["TIME_SLOT_ID"]: self._time_of(x) for x in root.iter("TIME_SLOT")}
        for tier in root.iter("TIER"):
            for group in _chains(tier, slots):
                start, end = slots[group[0].attrib["TIME_SLOT_REF1"]], slots[group[-1].attrib["TIME_SLOT_REF2"]]
                span = _Span(start, end, len(group) == 1) if None not in (start, end) else _Span(None, None, True)
                self.spans |= dict.fromkeys([x.attrib["ANNOTATION_ID"] for x in group], span)

    def _time_of(self, slot: ElementTree.Element) -> float | None:
        """Seconds in the medium; None where the slot has no time."""
        value = slot.get("TIME_VALUE")
        return None if value is None else (_milliseconds(self.path, value) + self.origin_ms) / 1000

    def _add_shared(self, root: ElementTree.Element) -> None:
        """Annotations that refer to others, which may themselves refer to a third, and so on."""
        children: dict[tuple[str, str], list[str]] = {}
        parents: dict[str, tuple[str, str]] = {}
        for tier in root.iter("TIER"):
            for x in tier.iter("REF_ANNOTATION"):
                key, name = (tier.get("TIER_ID", ""), x.attrib["ANNOTATION_REF"]), x.attrib["ANNOTATION_ID"]
                children.setdefault(key, []).append(name)
                parents[name] = key
        for name in parents:
            for key in self._unsettled(name, parents):
                span = self.spans[key[1]]
                mine = span if len(children[key]) == 1 else replace(span, is_own=span.start is None)
                self.spans |= dict.fromkeys(children[key], mine)

    def _unsettled(self, name: str, parents: Mapping[str, tuple[str, str]]) -> list[tuple[str, str]]:
        """From an annotation up to the first one whose time is known: what refers to what, from there down."""
        steps = list[tuple[str, str]]()
        while name not in self.spans:
            steps.append(parents[name])
            if len(steps) > len(parents):
                raise ParseError(self.path, None, f"annotation {name[:40]} refers to itself; {_SAVE}")
            name = parents[name][1]
        return steps[::-1]


def _in_order(tier: ElementTree.Element) -> list[ElementTree.Element]:
    """The annotations of a tier; those that name the one before them after that, wherever they stand."""
    every = [x for holder in tier.iter("ANNOTATION") for x in holder]
    after = {x.attrib["PREVIOUS_ANNOTATION"]: x for x in every if "PREVIOUS_ANNOTATION" in x.attrib}
    if not after:
        return every
    found = dict[int, ElementTree.Element]()
    for x in [*(x for x in every if "PREVIOUS_ANNOTATION" not in x.attrib), *every]:
        following: ElementTree.Element | None = x
        while following is not None and id(following) not in found:
            found[id(following)] = following
            following = after.get(following.get("ANNOTATION_ID", ""))
    return list(found.values())


def _chains(tier: ElementTree.Element, slots: Mapping[str, float | None]) -> Iterator[list[ElementTree.Element]]:
    """Annotations that follow each other over slots without a time, together; the others each alone."""
    group: list[ElementTree.Element] = []
    for x in tier.iter("ALIGNABLE_ANNOTATION"):
        group.append(x)
        if slots[x.attrib["TIME_SLOT_REF2"]] is not None:
            yield group
            group = []
    if group:
        yield group
