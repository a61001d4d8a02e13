"""The ledger of a batch: what is done, what failed and why, what is missing. One SQLite file, written by one process.

Method
------
A clip is *pending*, *running*, *done* or *failed*. It is claimed (running) before its child process starts, and
recorded (done or failed) after its report has been written whole under its final name; so whatever is killed when, a
row never claims more than what is on the disk. Rows that are still running when a batch starts belong to a run that
died: they are pending again, after all others, and their interruptions are counted. A clip that was in flight each
time the run died (:data:`MAX_INTERRUPTIONS`) may be what takes the machine down: it becomes a failure of its own.

Each row keeps the *key* under which it was worked on: a digest of the clip's content, everything that decides about
the result, and the version. A row whose key is another one now is pending again.

Conventions
-----------
SQLite in WAL mode with full synchronisation, so that a loss of power costs no recorded row; on a network file system,
where WAL is unsafe, a rollback journal. An exclusive lock on a file beside it keeps a second run out; the system lets
go of it when the process ends, however it ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from visalign.corpora.clip_list import BatchClip
from visalign.errors import AnyPath, ConfigError, OutputError, ParseError
from visalign.files.outputs import legible

__all__ = ["LEDGER_NAME", "MAX_INTERRUPTIONS", "Entry", "Ledger", "Outcome", "is_running", "journal_mode", "only_run"]

LEDGER_NAME = "ledger.sqlite"
LOCK_NAME = "ledger.lock"

MAX_INTERRUPTIONS = 3
"""A clip that was in flight so many times when the run died is not tried again by itself."""

_FORMAT = 1
_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "gpfs", "beegfs", "ceph", "fuse.sshfs", "9p"}
_COST = ("wall_seconds", "cpu_seconds", "peak_mb")
_CLIP_FIELDS = tuple(field.name for field in fields(BatchClip))
_TABLES = f"""
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS clips (
    {", ".join(f"{name} TEXT NOT NULL" for name in _CLIP_FIELDS)},
    position INTEGER NOT NULL,
    listed INTEGER NOT NULL DEFAULT 1,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'running', 'done', 'failed')),
    key TEXT,
    interruptions INTEGER NOT NULL DEFAULT 0,
    runs INTEGER NOT NULL DEFAULT 0,
    report TEXT,
    result TEXT,
    reason TEXT,
    message TEXT,
    detail TEXT,
    started_at REAL,
    finished_at REAL,
    wall_seconds REAL,
    cpu_seconds REAL,
    peak_mb REAL,
    PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS clips_by_state ON clips (listed, state, interruptions, position);
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    sha256 TEXT NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the work on one clip ended.

    Parameters
    ----------
    result : mapping or None
        The facts that the summary shows; None for a failure.
    reason : str
        Code of the failure; empty without one.
    message : str
        What happened and what to do, in a line.
    detail : str
        What a developer wants to see: a stack, the last lines on stderr.
    wall_seconds, cpu_seconds, peak_mb : float or None
        What it cost.
    """

    result: Mapping[str, Any] | None = None
    reason: str = ""
    message: str = ""
    detail: str = ""
    wall_seconds: float | None = None
    cpu_seconds: float | None = None
    peak_mb: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the ledger; see the module's text for its meaning."""

    clip: BatchClip
    state: str
    key: str | None
    report: str | None
    result: Mapping[str, Any] | None
    reason: str | None
    message: str | None
    detail: str | None
    runs: int
    interruptions: int
    position: int
    wall_seconds: float | None
    cpu_seconds: float | None
    peak_mb: float | None


class Ledger:
    """An open ledger.

    Parameters
    ----------
    path : path-like
        The SQLite file.
    read_only : bool
        For those who only look; the file must exist.

    Raises
    ------
    OutputError
        If it can't be opened or created.
    ParseError
        If it is no ledger, is damaged, or is one of another version.
    """

    def __init__(self, path: AnyPath, *, read_only: bool = False) -> None:
        self.path, self._read_only, self._is_grouped = Path(path), read_only, False
        if read_only and not self.path.is_file():
            raise ParseError(self.path, None, "there is no ledger; `visalign batch … -o FOLDER` makes it")
        try:
            self._open()
        except sqlite3.OperationalError as error:
            raise _refused(self.path, error) from error
        except sqlite3.DatabaseError as error:
            advice = "give another folder, or move this file away"
            raise ParseError(self.path, None, f"not a ledger of visalign ({error}); {advice}") from error
        kept = self.facts().get("format")
        if kept != str(_FORMAT):
            raise ParseError(self.path, None, f"a ledger of format {kept}, this visalign keeps {_FORMAT}")

    def _open(self) -> None:
        mode = "ro" if self._read_only else "rwc"
        # Waiting is for those who look on: the writer may be in the midst of a transaction.
        self._db = sqlite3.connect(f"{self.path.resolve().as_uri()}?mode={mode}", uri=True, timeout=30)
        self._db.row_factory = sqlite3.Row
        if self._read_only:
            return
        self._db.execute(f"PRAGMA journal_mode={journal_mode(self.path)}")
        self._db.execute("PRAGMA synchronous=FULL")
        with self._db:
            self._db.executescript(_TABLES)
            there = {row["name"] for row in self._db.execute("PRAGMA table_info(clips)")}
            for name in (x for x in _CLIP_FIELDS if x not in there):  # a ledger of before manifests had this column
                self._db.execute(f"ALTER TABLE clips ADD COLUMN {name} TEXT NOT NULL DEFAULT ''")
            self._db.execute("INSERT OR IGNORE INTO facts VALUES ('format', ?)", (str(_FORMAT),))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self.close()
        if isinstance(error, sqlite3.OperationalError):
            raise _refused(self.path, error) from error

    # --- what stands in it ------------------------------------------------------------------------------------

    def facts(self) -> dict[str, str]:
        """What the ledger says about the run as a whole."""
        return {row["name"]: row["value"] for row in self._db.execute("SELECT name, value FROM facts")}

    def entries(self, *, states: Sequence[str] = ("pending", "running", "done", "failed")) -> Iterator[Entry]:
        """The rows of the present manifest, in its order."""
        marks = ",".join("?" * len(states))
        query = f"SELECT * FROM clips WHERE listed AND state IN ({marks}) ORDER BY position"
        return map(_entry, self._db.execute(query, states))

    def find(self, name: str) -> Entry | None:
        """The row of one clip, by its id; None where there is none."""
        row = self._db.execute("SELECT * FROM clips WHERE id = ?", (name,)).fetchone()
        return None if row is None else _entry(row)

    def entry(self, name: str) -> Entry:
        """The row of one clip, by its id.

        Raises
        ------
        ConfigError
            If there is none of that name.
        """
        found = self.find(name)
        if found is None:
            raise ConfigError("clip", name, "the id of a clip of this batch, as the summary has it")
        return found

    def queue(self) -> list[str]:
        """Ids in the order of work: the manifest's, but those that were in flight when a run died come last."""
        query = "SELECT id FROM clips WHERE listed ORDER BY interruptions, position"
        return [row["id"] for row in self._db.execute(query)]

    def counts(self) -> dict[str, int]:
        """How many clips there are in each state."""
        query = "SELECT state, count(*) AS n FROM clips WHERE listed GROUP BY state"
        found = {row["state"]: row["n"] for row in self._db.execute(query)}
        return {state: found.get(state, 0) for state in ("done", "failed", "running", "pending")}

    def failures(self) -> dict[str, int]:
        """How many clips failed for each reason."""
        query = (
            "SELECT reason, count(*) AS n FROM clips WHERE listed AND state = 'failed' GROUP BY reason ORDER BY reason"
        )
        return {row["reason"]: row["n"] for row in self._db.execute(query)}

    def finished_since(self, moment: float) -> int:
        """How many clips were recorded after `moment` (seconds since the epoch)."""
        query = "SELECT count(*) FROM clips WHERE listed AND finished_at > ?"
        return int(self._db.execute(query, (moment,)).fetchone()[0])

    def running(self) -> list[tuple[str, float]]:
        """Ids of the clips in flight, and when each was claimed (seconds since the epoch)."""
        query = "SELECT id, started_at FROM clips WHERE listed AND state = 'running' ORDER BY started_at"
        return [(row["id"], row["started_at"]) for row in self._db.execute(query)]

    def paths(self) -> list[str]:
        """Where the files lie that were read, in their order."""
        return [_told(row["path"]) for row in self._db.execute("SELECT path FROM files ORDER BY path")]

    def is_intact(self) -> bool:
        """SQLite's own check of the whole file."""
        return bool(self._db.execute("PRAGMA integrity_check").fetchone()[0] == "ok")

    # --- what changes it --------------------------------------------------------------------------------------

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written within goes to the disk together at the end, at the price of one change; or not at all."""
        self._is_grouped = True
        try:
            with self._db:
                yield
        finally:
            self._is_grouped = False

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with contextlib.nullcontext() if self._is_grouped else self._db:
            yield

    def note(self, facts: Mapping[str, str]) -> None:
        """Write down facts about the run."""
        with self._writing():
            self._db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", list(facts.items()))

    def enter(self, clips: Iterable[tuple[int, BatchClip]]) -> None:
        """Take in the clips of a manifest with their places in it; rows that are known keep their state.

        Rows that are not among them are no longer listed: they keep their state for the day they come back, but count
        nowhere.
        """
        with self._writing():
            self._db.execute("UPDATE clips SET listed = 0")
            self._enter(clips)

    def add(self, clips: Iterable[BatchClip]) -> None:
        """Take in some more clips, after those that there are."""
        with self._writing():
            last = self._db.execute("SELECT coalesce(max(position), -1) FROM clips").fetchone()[0]
            self._enter(enumerate(clips, start=last + 1))

    def _enter(self, clips: Iterable[tuple[int, BatchClip]]) -> None:
        names = ", ".join(_CLIP_FIELDS)
        marks = ", ".join("?" * len(_CLIP_FIELDS))
        changes = ", ".join(f"{name} = excluded.{name}" for name in (*_CLIP_FIELDS, "position", "listed"))
        query = f"INSERT INTO clips ({names}, position) VALUES ({marks}, ?) ON CONFLICT (id) DO UPDATE SET {changes}"
        self._db.executemany(query, ((*map(_kept, astuple(clip)), position) for position, clip in clips))

    def recover(self) -> int:
        """Make rows that a dead run left behind pending again; returns how many there were."""
        message = (
            f"was being worked on when the run died, {MAX_INTERRUPTIONS} times; run it alone with "
            "--retry-failed interrupted"
        )
        with self._writing():
            found = self._db.execute(
                "UPDATE clips SET state = 'pending', interruptions = interruptions + 1 WHERE state = 'running'"
            ).rowcount
            self._db.execute(
                "UPDATE clips SET state = 'failed', reason = 'interrupted', message = ?, interruptions = 0 "
                "WHERE state = 'pending' AND interruptions >= ?",
                (message, MAX_INTERRUPTIONS),
            )
        return found

    def claim(self, name: str, key: str, report: str) -> None:
        """The work on a clip begins."""
        query = (
            "UPDATE clips SET state = 'running', key = ?, report = ?, result = NULL, reason = NULL, message = NULL, "
            "detail = NULL, runs = runs + 1, started_at = ?, finished_at = NULL WHERE id = ?"
        )
        with self._writing():
            self._db.execute(query, (key, report, time.time(), name))

    def release(self, names: Iterable[str]) -> None:
        """Claimed clips are given back unfinished, by a run that was told to stop."""
        with self._writing():
            self._db.executemany("UPDATE clips SET state = 'pending' WHERE id = ?", [(name,) for name in names])

    def record(self, name: str, outcome: Outcome, *, was_claimed: bool = True) -> None:
        """The work on a clip ended, or could not begin."""
        result = None if outcome.result is None else json.dumps(outcome.result, sort_keys=True, allow_nan=False)
        query = (
            "UPDATE clips SET state = ?, key = CASE WHEN ? THEN key END, result = ?, reason = ?, message = ?, "
            "detail = ?, finished_at = ?, wall_seconds = ?, cpu_seconds = ?, peak_mb = ?, interruptions = 0 "
            "WHERE id = ?"
        )
        words = [legible(x) or None for x in (outcome.reason, outcome.message, outcome.detail)]
        cost = (outcome.wall_seconds, outcome.cpu_seconds, outcome.peak_mb)
        state = "failed" if outcome.result is None else "done"
        with self._writing():
            self._db.execute(query, (state, was_claimed, result, *words, time.time(), *cost, name))

    def adopt(self, entry: Entry) -> None:
        """Take over a row that is done or failed in another ledger."""
        result = None if entry.result is None else json.dumps(entry.result, sort_keys=True, allow_nan=False)
        names = ("state", "key", "report", "reason", "message", "detail", "runs", *_COST)
        changes = ", ".join(f"{name} = ?" for name in (*names, "result"))
        row = (*(getattr(entry, name) for name in names), result, entry.clip.id)
        with self._writing():
            self._db.execute(f"UPDATE clips SET {changes} WHERE id = ?", row)

    def known_digest(self, path: str, facts: os.stat_result) -> str | None:
        """SHA-256 of a file, if it was read before and has not changed since by size, time and inode."""
        query = "SELECT sha256 FROM files WHERE path = ? AND size = ? AND mtime_ns = ? AND inode = ?"
        row = self._db.execute(query, (_kept(path), facts.st_size, facts.st_mtime_ns, facts.st_ino)).fetchone()
        return None if row is None else str(row["sha256"])

    def keep_digest(self, path: str, facts: os.stat_result, sha256: str) -> None:
        """Remember the digest of a file as it is now (a ledger that is only looked at forgets it)."""
        if self._read_only:
            return
        row = (_kept(path), facts.st_size, facts.st_mtime_ns, facts.st_ino, sha256)
        with self._writing():
            self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", row)


def _refused(path: Path, error: sqlite3.OperationalError) -> OutputError:
    return OutputError(
        path, f"the ledger can't be written ({error}); free some space or repair the disk, and run again"
    )


def _kept(value: str) -> str | bytes:
    """A text as SQLite takes it: as it is, or for the name of a file that is no UTF-8 its bytes."""
    return value if legible(value) == value else value.encode("utf-8", "surrogateescape")


def _told(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "surrogateescape")


def _entry(row: sqlite3.Row) -> Entry:
    result = row["result"]
    others = ("state", "key", "report", "reason", "message", "detail", "runs", "interruptions", "position")
    there = set(row.keys())  # a ledger of before, that is only looked at, has fewer columns
    return Entry(
        clip=BatchClip(**{name: _told(row[name]) for name in _CLIP_FIELDS if name in there}),
        result=None if result is None else json.loads(result),
        **{name: row[name] for name in (*others, *_COST)},
    )


@contextmanager
def only_run(folder: AnyPath) -> Iterator[None]:
    """Hold the folder for one run.

    Raises
    ------
    OutputError
        If another process holds it.
    """
    lock = _lock(folder)
    if lock is None:
        raise OutputError(
            folder, "another run is at work on this folder; wait for it (see `visalign status`), or stop it"
        )
    try:
        yield
    finally:
        lock.close()


def is_running(folder: AnyPath) -> bool:
    """Whether a run holds the folder now."""
    if not Path(folder, LOCK_NAME).exists():
        return False
    lock = _lock(folder)
    if lock is not None:
        lock.close()
    return lock is None


def _lock(folder: AnyPath) -> sqlite3.Connection | None:
    # A database that is never filled: SQLite knows how to lock a file on every system, for exactly as long as the
    # process lives.
    lock = sqlite3.connect(Path(folder, LOCK_NAME), timeout=0, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        if "locked" in str(error):
            return None
        raise OutputError(folder, f"can't be locked for a run ({error}); choose another place") from error
    return lock


def journal_mode(path: Path) -> str:
    """How SQLite has to keep a file that a killed program must not harm: WAL is not safe on a network."""
    return "TRUNCATE" if _on_network(path) else "WAL"


def _on_network(path: Path, mounts: Path = Path("/proc/mounts")) -> bool:
    """Whether `path` lies on a network file system, where that can be told (Linux)."""
    try:
        lines = [line.split() for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return False
    place = path.resolve()
    above = [(len(row[1]), row[2]) for row in lines if len(row) > 2 and place.is_relative_to(row[1])]
    return bool(above) and max(above)[1] in _NETWORK_FILE_SYSTEMS
