"""What the desk writes: corrected tiers of a clip, and decisions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from visalign.desk.workplace import Desk
from visalign.errors import EditRefused

__all__ = ["FORMATS", "DecisionsFile", "decisions_file", "write_results"]

FORMATS = ("TextGrid", "eaf", "csv", "json", "cues")


@dataclass(frozen=True, slots=True)
class DecisionsFile:
    """A file of decisions."""

    data: bytes
    kind: str
    name: str


def decisions_file(desk: Desk, format: str) -> DecisionsFile:
    """Decisions."""
    raise EditRefused("not yet")


def write_results(desk: Desk, id: str, formats: tuple[str, ...]) -> list[Path]:
    """Tiers."""
    raise EditRefused("not yet")
