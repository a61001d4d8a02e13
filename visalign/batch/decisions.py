"""What people decided about clips and their lines: accepted, rejected, in need of a fix; append-only.

A decision stands in a table of its own in the ledger of a batch, or in the file of a desk. None is ever changed or
taken out: of each reviewer the latest one about a clip or a line counts, and the earlier ones tell how it came about.

References
----------
.. [1] J. Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20 (1960):
   kappa, the agreement of two reviewers beyond what chance would give.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from visalign.batch.ledger import journal_mode
from visalign.errors import AnyPath, ConfigError, OutputError, ParseError

__all__ = ["DECISIONS", "Agreement", "Decision", "Decisions", "agreement", "latest"]

DECISIONS = ("accept", "reject", "needs fix", "not judged")
"""What can be decided."""

MAX_COMMENT, MAX_NAME = 5000, 100
"""Characters of a comment, and of a reviewer's name."""

_TABLE = """
CREATE TABLE IF NOT EXISTS decisions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    clip TEXT NOT NULL,
    line INTEGER,
    decision TEXT NOT NULL CHECK (decision IN ('accept', 'reject', 'needs fix', 'not judged')),
    comment TEXT NOT NULL,
    who TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS decisions_by_clip ON decisions (clip);
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided.

    Parameters
    ----------
    clip : str
        Name of the clip.
    line : int or None
        Which of its lines, by identity; None for the clip as a whole.
    decision : str
        One of :data:`DECISIONS`.
    comment : str
    who : str
    when : float
        Seconds since the epoch.
    """

    clip: str
    line: int | None
    decision: str
    comment: str
    who: str
    when: float

    def __post_init__(self) -> None:
        if self.decision not in DECISIONS:
            raise ConfigError("decision", self.decision, DECISIONS)
        for name, text, most in (("comment", self.comment, MAX_COMMENT), ("who", self.who, MAX_NAME)):
            if len(text) > most or not all(x.isprintable() or x == "\n" for x in text):
                raise ConfigError(name, text, f"text of {most} characters at most that can be seen")
        if not self.who.strip():
            raise ConfigError("who", self.who, "the name of who decides")

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


class Decisions:
    """The decisions in a file.

    Parameters
    ----------
    path : path-like
        The ledger of a batch, or another SQLite file, which is made where it is missing.

    Raises
    ------
    OutputError
        If it can't be written.
    ParseError
        If it is no such file.
    """

    def __init__(self, path: AnyPath) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        with self._told():
            self._db = sqlite3.connect(self.path, timeout=30, check_same_thread=False, isolation_level=None)
            self._db.execute(f"PRAGMA journal_mode={journal_mode(self.path)}")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_TABLE)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def add(self, clip: str, line: int | None, decision: str, comment: str, who: str) -> Decision:
        """Write a decision down.

        Raises
        ------
        ConfigError
            If it is none.
        """
        made = Decision(clip, line, decision, comment, who, round(time.time(), 3))
        with self._told():
            self._db.execute(
                "INSERT INTO decisions (clip, line, decision, comment, who, at) VALUES (?, ?, ?, ?, ?, ?)",
                (made.clip, made.line, made.decision, made.comment, made.who, made.when),
            )
        return made

    def all(self, clip: str | None = None) -> list[Decision]:
        """Every decision that was made, the first one first; about one clip, if it is named."""
        where = "" if clip is None else "WHERE clip = ? "
        query = f"SELECT clip, line, decision, comment, who, at FROM decisions {where}ORDER BY number"
        with self._told():
            return [Decision(*row) for row in self._db.execute(query, () if clip is None else (clip,))]

    @property
    def count(self) -> int:
        """How many were made: it grows with each, whoever makes it."""
        with self._told():
            return int(self._db.execute("SELECT coalesce(max(number), 0) FROM decisions").fetchone()[0])

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except sqlite3.OperationalError as error:
            raise OutputError(self.path, f"a decision can't be written ({error}); free some space") from error
        except sqlite3.DatabaseError as error:
            raise ParseError(self.path, None, f"no file of decisions ({error}); move it away") from error


def latest(decisions: Iterable[Decision]) -> list[Decision]:
    """Of each reviewer, clip and line the decision that counts: the last one."""
    found = dict[tuple[str, int | None, str], Decision]()
    for x in decisions:
        found[x.clip, x.line, x.who] = x
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two reviewers agree.

    Parameters
    ----------
    reviewers : (str, str)
    n : int
        Clips and lines that both have decided.
    kappa : float or None
        Cohen's; None where nothing was decided by both, or both always decided the same one thing.
    table : mapping of (str, str) to int
        How often the first one decided this and the second one that.
    """

    reviewers: tuple[str, str]
    n: int
    kappa: float | None
    table: dict[tuple[str, str], int]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it; rows of the table are the first reviewer's decisions, columns the second one's."""
        rows = [[self.table.get((a, b), 0) for b in DECISIONS] for a in DECISIONS]
        kappa = None if self.kappa is None else round(self.kappa, 6)
        return {"reviewers": list(self.reviewers), "n": self.n, "kappa": kappa, "table": rows}


def agreement(decisions: Iterable[Decision], first: str, second: str) -> Agreement:
    """How far two reviewers agree on what both have decided.

    Examples
    --------
    >>> rows = [Decision(clip, None, what, "", who, 0.0) for who, said in (("a", "ynyn"), ("b", "ynnn"))
    ...         for clip, what in zip("1234", ({"y": "accept", "n": "reject"}[x] for x in said))]
    >>> found = agreement(rows, "a", "b")
    >>> found.n, found.kappa
    (4, 0.5)
    """
    counted = latest(decisions)
    mine, theirs = ({(x.clip, x.line): x.decision for x in counted if x.who == who} for who in (first, second))
    pairs = [(mine[key], theirs[key]) for key in mine if key in theirs]
    table = Counter(pairs)
    return Agreement((first, second), len(pairs), _kappa(table, len(pairs)), dict(table))


def _kappa(table: Counter[tuple[str, str]], n: int) -> float | None:
    if not n:
        return None
    same = sum(count for (a, b), count in table.items() if a == b) / n
    firsts, seconds = Counter[str](), Counter[str]()
    for (a, b), count in table.items():
        firsts[a] += count
        seconds[b] += count
    chance = sum(firsts[x] * seconds[x] for x in DECISIONS) / n**2
    return None if chance == 1.0 else (same - chance) / (1.0 - chance)
