"""What was done to a clip at the desk: an append-only journal, from which every state of its document follows.

The first entry is the document that the machine made; every other one is an edit with what it changed, an undo or a
redo. What an edit changed is kept with it, since the machine's part in it (:mod:`visalign.desk.realignment`) need not
be the same in another version. Nothing is ever taken out, so undoing has no end, across restarts too.

Conventions
-----------
One SQLite file for all clips of a folder, written with full synchronisation: an entry is there whole or not at all,
whenever the program is killed. The *revision* of a clip is the number of its entries after the first one. Whoever
appends says on which revision the entry rests; two programs that do so at the same time can't both, because revision
and clip are the key.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from visalign.batch.ledger import journal_mode
from visalign.desk.document import Change, Document
from visalign.errors import AnyPath, EditRefused, OutputError, ParseError

__all__ = ["History", "Journal", "NotNewest"]

_TABLES = """
CREATE TABLE IF NOT EXISTS entries (
    clip TEXT NOT NULL,
    revision INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('start', 'edit', 'undo', 'redo')),
    entry TEXT NOT NULL,
    who TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (clip, revision)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS written (path TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (path, sha256)) WITHOUT ROWID;
"""
_WAIT_SECONDS = 30.0


class NotNewest(EditRefused):
    """Somebody else was quicker.

    Parameters
    ----------
    revision : int
        The newest one.
    """

    def __init__(self, revision: int) -> None:
        self.revision = revision
        super().__init__("this clip was changed in another window meanwhile; look at it again and repeat your change")


class Journal:
    """The file of all histories of a folder.

    Parameters
    ----------
    path : path-like
        The SQLite file; it is made where it is missing.

    Raises
    ------
    OutputError
        If it can't be opened or written.
    ParseError
        If it is something else than a journal.
    """

    def __init__(self, path: AnyPath) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        with self._told():
            self._db = sqlite3.connect(self.path, timeout=_WAIT_SECONDS, check_same_thread=False, isolation_level=None)
            self._db.execute(f"PRAGMA journal_mode={journal_mode(self.path)}")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def revision(self, clip: str) -> int | None:
        """The newest revision of a clip; None before its first entry."""
        with self._told():
            found = self._db.execute("SELECT max(revision) FROM entries WHERE clip = ?", (clip,)).fetchone()[0]
        return None if found is None else int(found)

    def entries(self, clip: str, after: int = -1) -> list[tuple[int, str, dict[str, Any]]]:
        """Revision, kind and content of the entries of a clip."""
        query = "SELECT revision, kind, entry FROM entries WHERE clip = ? AND revision > ? ORDER BY revision"
        with self._told():
            rows = self._db.execute(query, (clip, after)).fetchall()
        return [(revision, kind, json.loads(entry)) for revision, kind, entry in rows]

    def append(self, clip: str, revision: int, kind: str, entry: Mapping[str, Any], who: str) -> None:
        """Add an entry.

        Raises
        ------
        NotNewest
            If there is an entry of that revision already.
        """
        row = (clip, revision, kind, json.dumps(entry, sort_keys=True, allow_nan=False), who, time.time())
        with self._told():
            try:
                self._db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", row)
            except sqlite3.IntegrityError as error:
                raise NotNewest(self.revision(clip) or 0) from error

    def wrote(self, path: str, sha256: str) -> bool:
        """Whether the desk ever wrote this to a file."""
        with self._told():
            query = "SELECT 1 FROM written WHERE path = ? AND sha256 = ?"
            return self._db.execute(query, (path, sha256)).fetchone() is not None

    def note_written(self, path: str, sha256: str) -> None:
        """Remember what is written to a file."""
        with self._told():
            self._db.execute("INSERT OR IGNORE INTO written VALUES (?, ?)", (path, sha256))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except sqlite3.OperationalError as error:
            advice = "free some space, or give another folder with --save"
            raise OutputError(self.path, f"the journal of the desk can't be written ({error}); {advice}") from error
        except sqlite3.DatabaseError as error:
            advice = "move this file away, or give another folder with --save"
            raise ParseError(self.path, None, f"not a journal of the desk ({error}); {advice}") from error


@dataclass(slots=True)
class _Step:
    """An edit and its reverse."""

    forward: Change
    backward: Change


@dataclass(slots=True)
class History:
    """The document of one clip, through all that was done to it.

    Parameters
    ----------
    journal : Journal
    clip : str
        Its name there.
    document : Document
        As it is now.
    revision : int
        How many entries led to it.
    """

    journal: Journal
    clip: str
    document: Document
    revision: int = 0
    _done: list[_Step] = field(default_factory=list)
    _undone: list[_Step] = field(default_factory=list)

    @classmethod
    def resumed(cls, journal: Journal, clip: str) -> History | None:
        """The history that stands in a journal; None where it has none of this clip."""
        rows = journal.entries(clip)
        if not rows:
            return None
        history = cls(journal, clip, Document.from_dict(rows[0][2]["document"]))
        history._follow(rows[1:])
        return history

    @classmethod
    def begun(cls, journal: Journal, clip: str, document: Document, who: str) -> History:
        """A new one; where another program has begun it meanwhile, that one."""
        with suppress(NotNewest):
            journal.append(clip, 0, "start", {"document": document.to_dict()}, who)
        found = cls.resumed(journal, clip)
        assert found is not None
        return found

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to undo."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is an undone edit to do again."""
        return bool(self._undone)

    def follow(self) -> bool:
        """Take in what other programs have appended; whether there was something."""
        rows = self.journal.entries(self.clip, self.revision)
        self._follow(rows)
        return bool(rows)

    def add(self, after: Document, edit: Mapping[str, Any], revision: int, who: str) -> None:
        """An edit has made `after` of the document of a revision.

        Raises
        ------
        NotNewest
            If that is not the newest one.
        """
        self._refuse_old(revision)
        change = self.document.change_to(after)
        entry = {"edit": dict(edit), "change": change.to_dict(), "next_id": after.next_id}
        self._append("edit", entry, who)

    def undo(self, revision: int, who: str) -> None:
        """Go back by one edit.

        Raises
        ------
        NotNewest
            If `revision` is not the newest one.
        EditRefused
            If there is nothing to undo.
        """
        self._refuse_old(revision)
        if not self._done:
            raise EditRefused("there is nothing to undo: this is how the machine left it")
        self._append("undo", {}, who)

    def redo(self, revision: int, who: str) -> None:
        """Do the edit again that was undone last.

        Raises
        ------
        NotNewest, EditRefused
            As for :meth:`undo`.
        """
        self._refuse_old(revision)
        if not self._undone:
            raise EditRefused("there is nothing to redo")
        self._append("redo", {}, who)

    def _refuse_old(self, revision: int) -> None:
        newest = self.journal.revision(self.clip) or 0
        if revision != newest or newest != self.revision:
            raise NotNewest(newest)

    def _append(self, kind: str, entry: Mapping[str, Any], who: str) -> None:
        self.journal.append(self.clip, self.revision + 1, kind, entry, who)
        self._follow([(self.revision + 1, kind, dict(entry))])

    def _follow(self, rows: list[tuple[int, str, dict[str, Any]]]) -> None:
        for revision, kind, entry in rows:
            if kind == "edit":
                self._do(Change.from_dict(entry["change"]))
                self.document = replace(self.document, next_id=max(self.document.next_id, entry["next_id"]))
                self._undone.clear()
            elif kind == "undo":
                self._undone.append(step := self._done.pop())
                self.document = self.document.changed(step.backward)
            else:
                step = self._undone.pop()
                self._done.append(step)
                self.document = self.document.changed(step.forward)
            self.revision = revision

    def _do(self, change: Change) -> None:
        after = self.document.changed(change)
        self._done.append(_Step(change, after.change_to(self.document)))
        self.document = after
