"""A change by hand as a value, and how it is read from what a page sends.

Kinds
-----
``move`` a boundary with both its neighbours · ``split`` an interval · ``merge`` it with the next one · ``relabel`` ·
``insert`` · ``delete`` · ``pin`` and ``unpin`` a boundary · ``transcript`` · ``pronounce`` a word.

Conventions
-----------
Seconds, rounded to a microsecond.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from visalign.desk.document import TIERS, microseconds
from visalign.errors import EditRefused, quoted

__all__ = ["KINDS", "MAX_LABEL", "MAX_TEXT", "Edit", "parse_edit"]

MAX_LABEL, MAX_TEXT = 100, 20_000
"""Characters of a label, and of a line or a transcript."""

_SPAN = ("start", "end", "label")

KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "move": ("tier", "id", "side", "time"),
        "split": ("tier", "id", "time"),
        "merge": ("tier", "id"),
        "relabel": ("tier", "id", "label"),
        "insert": ("tier", *_SPAN),
        "delete": ("tier", "id"),
        "pin": ("tier", "id", "side"),
        "unpin": ("tier", "id", "side"),
        "transcript": ("text",),
        "pronounce": ("id", "phones"),
    }
)
"""What each kind has to say."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change by hand.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`, which tells what else counts.
    tier : str
        Where.
    id : int
        Of the interval.
    side : {"start", "end"}
        Which of its boundaries.
    time, start, end : float
        Seconds.
    label : str
        What is there.
    labels : (str, str) or None
        Of the two parts of a split; both as before by default.
    text : str
        A transcript.
    phones : str
        A pronunciation, ARPABET or IPA, with spaces between the phones.
    """

    kind: str
    tier: str = ""
    id: int = 0
    side: str = ""
    time: float = 0.0
    start: float = 0.0
    end: float = 0.0
    label: str = ""
    labels: tuple[str, str] | None = None
    text: str = ""
    phones: str = ""

    def to_dict(self) -> dict[str, Any]:
        """What counts, as JSON has it."""
        names = [*KINDS[self.kind], *(["labels"] if self.labels else [])]
        told = {name: getattr(self, name) for name in names}
        return {"kind": self.kind, **told} | ({"labels": list(self.labels)} if self.labels else {})


def parse_edit(data: object) -> Edit:
    """The edit that plain data describe, as they come from a page.

    Raises
    ------
    EditRefused
        If they describe none.
    """
    if not isinstance(data, Mapping) or data.get("kind") not in KINDS:
        raise EditRefused(f"an edit has a kind, one of {', '.join(KINDS)}")
    kind = str(data["kind"])
    values: dict[str, Any] = {name: _READERS[name](name, data.get(name)) for name in KINDS[kind]}
    if kind == "split" and data.get("labels") is not None:
        labels = data["labels"]
        if not isinstance(labels, list) or len(labels) != 2:
            raise EditRefused("a split has two labels, or none to keep the one that is there")
        values["labels"] = (_text("labels", labels[0]), _text("labels", labels[1]))
    return Edit(kind, **values)


def _tier(_name: str, value: object) -> str:
    if value not in TIERS:
        raise EditRefused(f"there is no tier {quoted(value)}; there are {', '.join(TIERS)}")
    return str(value)


def _side(_name: str, value: object) -> str:
    if value not in ("start", "end"):
        raise EditRefused('the side of a boundary is "start" or "end"')
    return str(value)


def _number(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise EditRefused(f"{name} is a whole number, not {quoted(value)}")
    return value


def _seconds(name: str, value: object) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not abs(value) < 1e7 or not math.isfinite(value):  # type: ignore[arg-type]
        raise EditRefused(f"{name} is a time in seconds, not {quoted(value)}")
    return microseconds(float(value))  # type: ignore[arg-type]


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise EditRefused(f"{name} is a text, not {quoted(value)}")
    if len(value) > MAX_TEXT:
        raise EditRefused(f"{name} has {len(value)} characters; {MAX_TEXT} are possible at most")
    strange = next((x for x in value if not x.isprintable() and x not in "\n\t\u200c\u200d"), None)
    if strange is not None:
        raise EditRefused(f"{name} holds the character U+{ord(strange):04X}, which nobody can see; leave it out")
    return value.strip()


_READERS: Mapping[str, Callable[[str, object], Any]] = {
    "tier": _tier,
    "side": _side,
    "id": _number,
    **dict.fromkeys(("time", "start", "end"), _seconds),
    **dict.fromkeys(("label", "text", "phones"), _text),
}
