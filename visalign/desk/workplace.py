"""The desk as a whole: which clips there are, which are open, who sits at it, and what was decided.

A few clips stay open; one that is left for others is opened anew from its journal. What other desks on the same folder
do is seen by looking at their files, a few times a second while somebody listens.
"""

from __future__ import annotations

import datetime
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from visalign.batch.decisions import DECISIONS, Decision, Decisions, agreement, latest
from visalign.desk.clip import DeskClip
from visalign.desk.history import Journal
from visalign.desk.material import ClipMaterial
from visalign.desk.queue import QueueRow, chosen_rows, doubt_of, with_decisions
from visalign.errors import EditRefused

__all__ = ["Desk", "decision_item"]

_OPEN_CLIPS = 4

Rows = Callable[[], Sequence[QueueRow]]


def decision_item(x: Decision) -> dict[str, Any]:
    """A decision as the page shows it; its time in UTC."""
    when = datetime.datetime.fromtimestamp(x.when, datetime.UTC).isoformat(timespec="seconds")
    return {"line": x.line, "decision": x.decision, "comment": x.comment, "who": x.who, "when": when}


@dataclass(slots=True)
class Desk:
    """A desk.

    Parameters
    ----------
    who : str
        Who sits at it.
    materials : mapping of str to ClipMaterial
        The clips by their identity, in their order.
    journal : Journal
    decisions : Decisions
    rows : callable
        Gives the rows of the queue as they are now.
    mode : {"clip", "queue"}
    results : Path
        Folder that files are written to.
    """

    who: str
    materials: Mapping[str, ClipMaterial]
    journal: Journal
    decisions: Decisions
    rows: Rows
    mode: str
    results: Path
    _open: OrderedDict[str, DeskClip] = field(default_factory=OrderedDict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _opening: dict[str, threading.Lock] = field(default_factory=dict)

    def clip(self, id: str) -> DeskClip:
        """An open clip.

        Raises
        ------
        EditRefused
            If there is none of that identity.
        VisalignError
            If it can't be analysed.
        """
        material = self.material(id)
        with self._lock:
            own = self._opening.setdefault(id, threading.Lock())
        with own:  # two windows at once open it once
            with self._lock:
                if (found := self._open.get(id)) is not None:
                    self._open.move_to_end(id)
                    return found
            opened = DeskClip.open(material, self.journal, material.name, self.who)
            with self._lock:
                self._open[id] = opened
                while len(self._open) > _OPEN_CLIPS:
                    self._open.popitem(last=False)
            return opened

    def material(self, id: str) -> ClipMaterial:
        """What a clip is made of.

        Raises
        ------
        EditRefused
            If there is none of that identity.
        """
        if id not in self.materials:
            raise EditRefused("there is no such clip on this desk")
        return self.materials[id]

    def queue(self, state: str, words: str) -> dict[str, Any]:
        """The clips in the order in which to look at them."""
        rows = with_decisions(self._rows_now(), self.decisions.all())
        shown = chosen_rows(rows, state, words)
        return {
            "clips": [x.to_dict() for x in shown],
            "total": len(rows),
            "decided": sum(bool(x.decision) for x in rows),
        }

    def _rows_now(self) -> list[QueueRow]:
        """Rows of the queue; of an open clip as it is after what was corrected."""
        rows = []
        for row in self.rows():
            with self._lock:
                mine = self._open.get(row.id)
            rows.append(row if mine is None else _row_of(row, mine))
        return rows

    def decisions_about(self, material: ClipMaterial) -> list[dict[str, Any]]:
        """What counts about a clip and its lines, of each reviewer the latest."""
        return [decision_item(x) for x in latest(self.decisions.all(material.name))]

    def decide(self, id: str, line: int | None, decision: str, comment: str) -> list[dict[str, Any]]:
        """Decide about a clip or one of its lines.

        Raises
        ------
        EditRefused
            If there is no such clip, line or decision.
        """
        material = self.material(id)
        if decision not in DECISIONS:
            raise EditRefused(f"a decision is one of {', '.join(DECISIONS)}")
        if line is not None and all(x.id != line for x in self.clip(id).document["lines"]):
            raise EditRefused("there is no such line in this clip any more; look at it again")
        self.decisions.add(material.name, line, decision, comment, self.who)
        return self.decisions_about(material)

    def agreement(self, reviewers: Sequence[str] = ()) -> dict[str, Any]:
        """How far two reviewers agree: those who are named, else the two who decided most."""
        made = self.decisions.all()
        counts = dict[str, int]()
        for x in latest(made):
            counts[x.who] = counts.get(x.who, 0) + 1
        names = sorted(counts, key=lambda name: (-counts[name], name))
        first, second = list(reviewers) if len(reviewers) == 2 else [*names, "", ""][:2]
        return {**agreement(made, first, second).to_dict(), "all": names, "decisions": list(DECISIONS)}

    def versions(self) -> dict[str, int]:
        """What listeners watch: the revision of each open clip, and how many decisions there are."""
        with self._lock:
            clips = {id: self.materials[id].name for id in self._open}
        found = {id: self.journal.revision(name) or 0 for id, name in clips.items()}
        return {**found, "": self.decisions.count}


def _row_of(row: QueueRow, clip: DeskClip) -> QueueRow:
    sync = clip.report.sync
    return QueueRow(
        row.id,
        row.name,
        sync.verdict,
        clip.report.summary().splitlines()[0],
        sync.lead_seconds,
        sync.confidence,
        doubt_of(sync.verdict, sync.confidence),
    )
