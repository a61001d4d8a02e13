"""One clip at the desk: its history, what the machine makes of each edit, and what it shows.

An edit is made on the document, the words that it touches are aligned again, the check is judged again, and only then
is it written down: what can't be judged is refused as a whole. All of that happens under one lock, so that two windows
come one after the other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from visalign.desk.document import TIERS, Change, Document, microseconds
from visalign.desk.edit_values import Edit
from visalign.desk.edits import apply
from visalign.desk.history import History, Journal, NotNewest
from visalign.desk.judging import ENGINE, judgement_of, lead_curve, report_of, viseme_tiers
from visalign.desk.material import ClipMaterial, Opened, open_material
from visalign.desk.realignment import Realigner
from visalign.errors import EditRefused
from visalign.reports.clip_report import ClipReport

__all__ = ["DeskClip"]


@dataclass(slots=True)
class DeskClip:
    """An open clip.

    Parameters
    ----------
    opened : Opened
    history : History
    realigner : Realigner
    report : ClipReport
        Of the document as it is now.
    """

    opened: Opened
    history: History
    realigner: Realigner
    report: ClipReport
    lock: threading.RLock = field(default_factory=threading.RLock)
    views: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, material: ClipMaterial, journal: Journal, key: str, who: str) -> DeskClip:
        """Open a clip: with its history, where the journal has one, else as the machine finds it.

        Parameters
        ----------
        material : ClipMaterial
        journal : Journal
        key : str
            The clip's name in the journal.
        who : str

        Raises
        ------
        VisalignError
            As :func:`visalign.check` does.
        """
        history = History.resumed(journal, key)
        if history is None:
            opened = open_material(material)
            history = History.begun(journal, key, opened.document(), who)
        else:
            opened = open_material(material, history.document.alignment(ENGINE))
            _refuse_other_clip(opened, history.document)
        realigner = Realigner.of(opened)
        return cls(opened, history, realigner, report_of(opened, history.document))

    @property
    def document(self) -> Document:
        """As it is now."""
        return self.history.document

    def follow(self) -> bool:
        """Take in what other desks did; whether there was something."""
        with self.lock:
            if not self.history.follow():
                return False
            self.report = report_of(self.opened, self.document)
            return True

    # --- what is done to it -----------------------------------------------------------------------------------

    def edit(self, edit: Edit, revision: int, who: str) -> dict[str, Any]:
        """Make an edit, and tell what became of it.

        Raises
        ------
        NotNewest
            If the edit rests on an older document.
        EditRefused
            If it can't be made.
        """

        def do(before: Document) -> str:
            found = self.realigner.realigned(before, apply(before, edit), edit)
            report = report_of(self.opened, found.document)
            self.history.add(found.document, edit.to_dict(), revision, who)
            self.report = report
            return found.message

        return self._done(do, revision)

    def undo(self, revision: int, who: str) -> dict[str, Any]:
        """Undo the last edit; errors are those of :meth:`edit`."""
        return self._done(lambda _: self._stepped(self.history.undo, revision, who), revision)

    def redo(self, revision: int, who: str) -> dict[str, Any]:
        """Do again what was undone; errors are those of :meth:`edit`."""
        return self._done(lambda _: self._stepped(self.history.redo, revision, who), revision)

    def _stepped(self, step: Callable[[int, str], None], revision: int, who: str) -> str:
        step(revision, who)
        self.report = report_of(self.opened, self.document)
        return ""

    def _done(self, do: Callable[[Document], str], revision: int) -> dict[str, Any]:
        with self.lock:
            began = time.perf_counter()
            self.follow()
            if revision != self.history.revision:
                raise NotNewest(self.history.revision)
            before = self.document
            message = do(before)
            change = before.change_to(self.document)
            took = 1000 * (time.perf_counter() - began)
            return {
                **self._now(change.tiers),
                "changed": _changed(change),
                "took_ms": round(took, 1),
                "message": message,
            }

    # --- what it shows ----------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """All that a page shows of it but sound and picture."""
        with self.lock:
            self.follow()
            info, seen, material = self.opened.info, self.opened.seen, self.opened.material
            video = info.video[0] if info.video else None
            is_turned = video is not None and video.rotation_degrees % 180 != 0
            size = (0, 0) if video is None else (video.width_px, video.height_px)
            width, height = size[::-1] if is_turned else size
            return {
                "id": material.id,
                "name": material.name,
                "duration": self.document.duration,
                "frame_rate": str(seen.lips.times.rate),
                "frame_times": [round(float(x), 6) for x in seen.lips.times.times],
                "width": width,
                "height": height,
                "start_timecode": "00:00:00:00",
                "language": material.settings.alignment.language or "en",
                "alphabet": self.document.alphabet,
                "cue_shapes": list(self.opened.rules.kinds),
                **self._now(TIERS),
            }

    def _now(self, tiers: tuple[str, ...]) -> dict[str, Any]:
        document = self.document
        return {
            "revision": self.history.revision,
            "can_undo": self.history.can_undo,
            "can_redo": self.history.can_redo,
            "transcript": document.transcript,
            "document": {"tiers": {name: [x.to_dict() for x in document[name]] for name in tiers}},
            "judgement": judgement_of(self.report, document),
            "visemes": viseme_tiers(self.report),
            "lead_curve": lead_curve(self.report),
        }


def _changed(change: Change) -> list[list[str | int]]:
    put: Mapping[str, Any] = change.put
    return [[name, x.id] for name in TIERS for x in put.get(name, ())] + [
        [name, n] for name in TIERS for n in change.gone.get(name, ())
    ]


def _refuse_other_clip(opened: Opened, document: Document) -> None:
    lasts = microseconds(opened.heard.sound.duration)
    if lasts != document.duration:
        raise EditRefused(
            f"{opened.material.name} lasted {document.duration:.3f} s when it was corrected, and lasts {lasts:.3f} s "
            "now: bring the former clip back, or begin anew with another folder (--save)"
        )
