"""What is edited at the desk: the tiers of one clip as values, each interval with an identity that outlives its times.

Conventions
-----------
Seconds on the clip's clock, rounded to a microsecond, as files have them. Words, phones and cues fill their tier
without a gap, a pause has the label ``""``; closures and lines lie apart. A boundary that two intervals share is pinned
in both of them or in neither: a pinned one is where a person wants it, and the machine never moves it. Identities count
up and are never given twice, in none of the pasts that were undone either.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from visalign.errors import BAD_DATA, ParseError
from visalign.files.text_files import N_DECIMALS
from visalign.forced_alignment.alignment import Alignment
from visalign.language.phones import SILENCE, is_silence
from visalign.timeline import Interval, Tier

__all__ = ["GAPLESS", "TIERS", "Change", "Document", "Item", "microseconds"]

TIERS = ("words", "phones", "cues", "closures", "lines")
"""The tiers of a document."""

GAPLESS = ("words", "phones", "cues")
"""Those without gaps: two neighbours share their boundary."""

MACHINE, PERSON = "machine", "person"


def microseconds(time: float) -> float:
    """A time as it is kept.

    Examples
    --------
    >>> microseconds(0.1234567891), microseconds(-1e-9)
    (0.123457, 0.0)
    """
    return round(time, N_DECIMALS) + 0.0


@dataclass(frozen=True, slots=True)
class Item:
    """A labelled interval of a tier.

    Parameters
    ----------
    id : int
        Its identity in the document.
    start, end : float
        Seconds.
    label : str
        What is there; ``""`` for a pause.
    pinned_start, pinned_end : bool
        Whether the machine has to leave this boundary where it is.
    by : {"machine", "person"}
        Whose label it is.
    """

    id: int
    start: float
    end: float
    label: str
    pinned_start: bool = False
    pinned_end: bool = False
    by: str = MACHINE

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Item:
        """The inverse of :meth:`to_dict`."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__})

    @property
    def is_touched(self) -> bool:
        """Whether a person had a hand in it."""
        return self.by == PERSON or self.pinned_start or self.pinned_end


@dataclass(frozen=True, slots=True)
class Change:
    """From one document to another: what goes and what comes, of each tier that differs.

    Parameters
    ----------
    gone : mapping of str to tuple of int
        Identities that are no longer there.
    put : mapping of str to tuple of Item
        Items that are new, or other than they were.
    transcript : str or None
        The new text, where it is another one.
    pronunciations : mapping or None
        All pronunciations, where they are others.
    """

    gone: Mapping[str, tuple[int, ...]]
    put: Mapping[str, tuple[Item, ...]]
    transcript: str | None = None
    pronunciations: Mapping[str, str] | None = None

    @property
    def tiers(self) -> tuple[str, ...]:
        """Names of the tiers that differ."""
        return tuple(name for name in TIERS if self.gone.get(name) or self.put.get(name))

    def to_dict(self) -> dict[str, Any]:
        """As the journal has it."""
        return {
            "gone": {name: list(ids) for name, ids in self.gone.items()},
            "put": {name: [x.to_dict() for x in items] for name, items in self.put.items()},
            "transcript": self.transcript,
            "pronunciations": None if self.pronunciations is None else dict(self.pronunciations),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Change:
        """The inverse of :meth:`to_dict`."""
        return cls(
            {name: tuple(ids) for name, ids in data["gone"].items()},
            {name: tuple(map(Item.from_dict, items)) for name, items in data["put"].items()},
            data["transcript"],
            data["pronunciations"],
        )


@dataclass(frozen=True, slots=True)
class Document:
    """The tiers of one clip.

    Parameters
    ----------
    duration : float
        Seconds of the tiers without gaps.
    alphabet : {"arpabet", "ipa"}
        Of the phones.
    tiers : mapping of str to tuple of Item
        By the names of :data:`TIERS`, each in the order of time.
    transcript : str
        What is said.
    pronunciations : mapping of str to str
        Words that a person pronounced otherwise, and their phones with spaces between.
    next_id : int
        The next identity; no part of what the document says.
    """

    duration: float
    alphabet: str
    tiers: Mapping[str, tuple[Item, ...]]
    transcript: str = ""
    pronunciations: Mapping[str, str] = field(default_factory=dict)
    next_id: int = field(default=1, compare=False)

    def __getitem__(self, tier: str) -> tuple[Item, ...]:
        return self.tiers.get(tier, ())

    def with_tiers(self, tiers: Mapping[str, Iterable[Item]], *, next_id: int | None = None) -> Document:
        """The document with other items in some tiers."""
        changed = {name: tuple(sorted(items, key=lambda x: (x.start, x.end))) for name, items in tiers.items()}
        return replace(self, tiers={**self.tiers, **changed}, next_id=self.next_id if next_id is None else next_id)

    def numbered(self, items: Sequence[Item]) -> tuple[list[Item], int]:
        """Items with new identities in place of 0, and the identity after them."""
        at, rows = self.next_id, list[Item]()
        for x in items:
            rows.append(x if x.id else replace(x, id=at))
            at += not x.id
        return rows, at

    # --- what it says as plain data -------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "duration": self.duration,
            "alphabet": self.alphabet,
            "transcript": self.transcript,
            "pronunciations": dict(sorted(self.pronunciations.items())),
            "tiers": {name: [x.to_dict() for x in self[name]] for name in TIERS},
        }

    def to_json(self) -> str:
        """The same in one line, always the same for the same document."""
        return json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Document:
        """The inverse of :meth:`to_dict`.

        Raises
        ------
        ParseError
            If it is something else.
        """
        try:
            tiers = {name: tuple(map(Item.from_dict, data["tiers"][name])) for name in TIERS}
            last = max((x.id for items in tiers.values() for x in items), default=0)
            return cls(
                data["duration"], data["alphabet"], tiers, data["transcript"], dict(data["pronunciations"]), last + 1
            )
        except BAD_DATA as error:
            raise ParseError("journal of the desk", None, f"not a document of the desk ({error})") from error

    # --- from one to another ---------------------------------------------------------------------------------

    def change_to(self, other: Document) -> Change:
        """What has to be done to this document to make the other one of it."""
        gone, put = dict[str, tuple[int, ...]](), dict[str, tuple[Item, ...]]()
        for name in TIERS:
            if self[name] is other[name]:
                continue
            mine, theirs = {x.id: x for x in self[name]}, {x.id for x in other[name]}
            if left := tuple(n for n in mine if n not in theirs):
                gone[name] = left
            if new := tuple(x for x in other[name] if mine.get(x.id) != x):
                put[name] = new
        same_text, same_phones = self.transcript == other.transcript, self.pronunciations == other.pronunciations
        return Change(gone, put, None if same_text else other.transcript, None if same_phones else other.pronunciations)

    def changed(self, change: Change) -> Document:
        """The document after a change."""
        tiers = {}
        for name in change.tiers:
            away = {*change.gone.get(name, ()), *(x.id for x in change.put.get(name, ()))}
            tiers[name] = [*(x for x in self[name] if x.id not in away), *change.put.get(name, ())]
        highest = max((x.id for items in change.put.values() for x in items), default=0)
        return replace(
            self.with_tiers(tiers, next_id=max(self.next_id, highest + 1)),
            transcript=self.transcript if change.transcript is None else change.transcript,
            pronunciations=self.pronunciations if change.pronunciations is None else change.pronunciations,
        )

    # --- from and to an alignment ----------------------------------------------------------------------------

    @classmethod
    def of(cls, alignment: Alignment, transcript: str, others: Mapping[str, Iterable[Interval]]) -> Document:
        """The document that a person begins with.

        Parameters
        ----------
        alignment : Alignment
            Words and phones.
        transcript : str
            What is said.
        others : mapping of str to iterable of Interval
            The other tiers.
        """
        rows = {"words": iter(alignment.words), "phones": iter(alignment.phones), **others}
        tiers, at = dict[str, tuple[Item, ...]](), 1
        for name in TIERS:
            spans = [(microseconds(x.start), microseconds(x.end), _plain(x.label)) for x in rows.get(name, ())]
            spans = [x for x in spans if x[1] > x[0]]
            tiers[name] = tuple(Item(at + n, *x) for n, x in enumerate(spans))
            at += len(spans)
        return cls(microseconds(alignment.words.end), alignment.alphabet, tiers, transcript, next_id=at)

    def tier(self, name: str, silence: str = "") -> Tier:
        """A tier without gaps as the rest of visalign has it."""
        rows = self[name]
        if not rows:
            return Tier(name, (0.0, self.duration), (silence,))
        return Tier(name, (rows[0].start, *(x.end for x in rows)), tuple(x.label or silence for x in rows))

    def alignment(self, engine: str) -> Alignment:
        """Words and phones, as :func:`visalign.forced_alignment.read_alignment` reads them from a file of them."""
        return Alignment(self.tier("words"), self.tier("phones", SILENCE), engine)


def _plain(label: str) -> str:
    return "" if is_silence(label) else label
