"""The words that an edit touches, aligned again round the boundaries that are fixed."""

from __future__ import annotations

from dataclasses import dataclass

from visalign.desk.document import Document
from visalign.desk.edits import Edit
from visalign.desk.material import Opened

__all__ = ["Realigned", "Realigner"]


@dataclass(frozen=True, slots=True)
class Realigned:
    """A document after the machine's part, and what to tell of it."""

    document: Document
    message: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Realigner:
    """Aligns parts of one clip."""

    opened: Opened

    @classmethod
    def of(cls, opened: Opened) -> Realigner:
        """For an open clip."""
        return cls(opened)

    def realigned(self, before: Document, after: Document, edit: Edit) -> Realigned:
        """The document after an edit."""
        return Realigned(after)
