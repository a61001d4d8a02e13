"""From the rows of an annotation file to tracks: one tolerance, and one way to tell what was left out, for all formats.

Conventions
-----------
Programs write times with two to six decimals, in single precision, or as a start and a duration, and some count frames.
So neighbours in a tier may overlap, or leave a gap, that nobody meant:

* An end that reaches a frame (`FRAME_SECONDS`) or less into the next interval is cut there; more is an error, which
  names the line.
* A gap shorter than `ROUNDING_SECONDS` is closed.
* What is shorter than that is left out, and told where it has a label.
* Whole numbers between which nobody could speak so slowly are milliseconds, and that is told.

A row without a start or an end has its time from its neighbours, see :meth:`RowReader.placed`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from visalign.errors import AnyPath, ParseError
from visalign.language.annotations.annotation import KINDS, Track, tracks_of
from visalign.language.phones import is_silence
from visalign.timeline import Interval

__all__ = ["FRAME_SECONDS", "ROUNDING_SECONDS", "Row", "RowReader", "listed", "overlap_of"]

FRAME_SECONDS = 0.02
"""The Montreal Forced Aligner lets phones overlap by a frame of 10 ms where the end of the recording cuts them, and
times of two decimals by as much; recognisers count frames of 20 ms. The one tolerance for every format."""

ROUNDING_SECONDS = 1e-4
"""Programs write times with 4 decimals at times; what is shorter than this is rounding."""

LONGEST_SECONDS = 1e9
"""Thirty years: what is beyond is no time in a recording."""

ROOM_SECONDS = 0.05
"""A word that has no time of its own needs so much between its neighbours; else it shares theirs."""

SLOWEST_LETTERS = 0.03
"""Letters a unit of time: who speaks says some ten to twenty a second, which are 0.01 to 0.02 a millisecond."""

MOST_NAMED = 5

CORRECT = "correct one of them, or give each speaker a tier"


class Row(NamedTuple):
    """A row of a file; `start` and `end` are None where it has no time of its own.

    `low` and `high` are times between which such a row lies in any case, where the file tells. `is_phrase`: the label
    holds several labels that have but this time in common.
    """

    start: float | None
    end: float | None
    label: str
    line: int | None = None
    score: float | None = None
    low: float | None = None
    high: float | None = None
    is_phrase: bool = False

    @property
    def is_timed(self) -> bool:
        """Whether it has a time of its own."""
        return self.start is not None and self.end is not None


def listed(names: Sequence[str]) -> str:
    """The first few of many names.

    Examples
    --------
    >>> listed(["a", "b"]), listed(list("abcdefgh"))
    ('a, b', 'a, b, c, d, e and 3 more')
    """
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


class RowReader:
    """Makes tracks of the rows of one file, and keeps what is to be told about it.

    Parameters
    ----------
    path : path-like
        The file, for messages.
    """

    def __init__(self, path: AnyPath) -> None:
        self.path = path
        self.warnings: list[str] = []
        self._without_length: list[str] = []

    def tell(self, warning: str) -> None:
        """Keep a warning; the same one counts once."""
        if warning not in self.warnings:
            self.warnings.append(warning)

    def all_warnings(self) -> tuple[str, ...]:
        """Everything that is to be told."""
        if not self._without_length:
            return tuple(self.warnings)
        n = len(self._without_length)
        return (*self.warnings, f"{n} label(s) that last no time were left out: {listed(self._without_length)}")

    def tracks(self, tiers: Iterable[tuple[str, str, Iterable[Row]]], *, shares: bool = True) -> tuple[Track, ...]:
        """Tracks from rows of speaker, kind and rows; what is of no kind, or empty, is left out.

        Of two tiers for the same thing the first counts, as it stands on top in Praat and ELAN, and a warning says so.
        Words without times of their own are made phrases (`shares` as in :meth:`placed`).

        Raises
        ------
        ParseError
            As :meth:`intervals`.
        """
        kept: dict[tuple[str, str], tuple[list[Interval], list[Interval]]] = {}
        for speaker, kind, rows in self._in_seconds([(who, kind, list(rows)) for who, kind, rows in tiers]):
            if kind not in KINDS:
                continue
            if (speaker, kind) in kept:
                if any(row.label.strip() for row in rows):
                    whose = f" of {speaker}" if speaker else ""
                    self.tell(f"several tiers hold {kind}{whose}; the first one counts")
            elif any(found := self._parted(rows, kind, shares=shares)):
                kept[speaker, kind] = found
        parts = [(who, name, x[n]) for (who, kind), x in kept.items() for n, name in enumerate((kind, "phrases"))]
        return tracks_of(parts)

    def _in_seconds(self, tiers: list[tuple[str, str, list[Row]]]) -> list[tuple[str, str, list[Row]]]:
        """The tiers, from milliseconds where they can't be seconds."""
        rows = [x for _, kind, mine in tiers if kind in KINDS for x in mine if x.label.strip() and x.is_timed]
        times = [x for row in rows for x in (row.start, row.end) if x is not None]
        if len(rows) < 2 or not all(map(math.isfinite, times)) or any(x % 1 for x in times):
            return tiers
        spent = sum(times[1::2]) - sum(times[::2])
        if sum(len(x.label.strip()) for x in rows) >= SLOWEST_LETTERS * spent:
            return tiers
        self.tell("its times are whole numbers too large for seconds, and were read as milliseconds")
        return [(who, kind, [_thousandth(x) for x in mine]) for who, kind, mine in tiers]

    def _parted(self, rows: Iterable[Row], kind: str, *, shares: bool = True) -> tuple[list[Interval], list[Interval]]:
        """What has times of its own, and phrases."""
        every = list(rows)
        if kind == "words":
            timed, phrases = self.placed((x for x in every if not x.is_phrase), shares=shares)
            return self.intervals(timed), self.intervals([*phrases, *(x for x in every if x.is_phrase)])
        has_time = [x.is_timed and not (x.is_phrase and kind == "phones") for x in every]
        lost = [x.label.strip() for x, yes in zip(every, has_time, strict=True) if not yes and x.label.strip()]
        if lost:
            self.tell(f"{len(lost)} label(s) of {kind} have no time of their own; they were left out: {listed(lost)}")
        return self.intervals(x for x, yes in zip(every, has_time, strict=True) if yes), []

    def intervals(self, rows: Iterable[Row]) -> list[Interval]:
        """Labelled rows as intervals in order; those without a label are left out.

        Raises
        ------
        ParseError
            If a row ends before it starts, a time is none, or two rows overlap by more than a frame.
        """
        fitted = list[Row]()
        for row in sorted(self._labelled(rows), key=lambda row: (row.start, row.end)):
            if fitted:
                self._fit(fitted, row)
            fitted.append(row)
        return [Interval(x.start or 0.0, x.end or 0.0, x.label, _confidence(x.score)) for x in fitted]

    def _labelled(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            label, start, end = row.label.strip(), row.start, row.end
            if not label or start is None or end is None:
                continue
            if not (math.isfinite(start) and math.isfinite(end) and max(abs(start), abs(end)) < LONGEST_SECONDS):
                raise ParseError(self.path, row.line, f"{_quoted(label)} has a time that is none; wanted: seconds")
            if end - start < -ROUNDING_SECONDS:
                reason = f"{_quoted(label)} runs from {start:g} to {end:g} s; the end must come after the start"
                raise ParseError(self.path, row.line, reason)
            if end - start > ROUNDING_SECONDS:
                yield row._replace(label=label)
            elif not is_silence(label):
                self._without_length.append(f"{_quoted(label)} at {start:.3f} s")

    def _fit(self, fitted: list[Row], row: Row) -> None:
        """Cut, or lengthen, the last of some rows up to the next one."""
        last = fitted[-1]
        assert last.start is not None
        assert last.end is not None
        assert row.start is not None
        over = last.end - row.start
        if over > FRAME_SECONDS:
            raise ParseError(self.path, row.line or last.line, overlap_of(last, row))
        if over <= -ROUNDING_SECONDS:
            return
        if row.start - last.start > ROUNDING_SECONDS:
            fitted[-1] = last._replace(end=row.start)
        else:  # both begin at once, so that nothing is left of the first one, which is no longer than a frame
            self._without_length.append(f"{_quoted(last.label)} at {last.start:.3f} s")
            fitted.pop()

    def placed(self, rows: Iterable[Row], *, shares: bool = True) -> tuple[list[Row], list[Row]]:
        """Rows of words that have times, and phrases of those that lie between them.

        A run of words without times has the time between the end of the word before and the start of the one after,
        or the limits that its own rows give. Where that is less than `ROOM_SECONDS` a word, it is joined with those
        neighbours to one phrase. Words with nothing on one side of them are left out.

        Parameters
        ----------
        rows : iterable of Row
            In the order in which they are said.
        shares : bool
            Whether words may take time from their neighbours; without it those that have no room are left out.
        """
        found, given = list[tuple[Row, bool]](), list[str]()
        lost: dict[str, list[str]] = {}
        every = [row for row in rows if row.label.strip()]
        at = 0
        while at < len(every):
            if every[at].is_timed:
                found.append((every[at], False))
                at += 1
                continue
            stop = at
            while stop < len(every) and not every[stop].is_timed:
                stop += 1
            run, after = every[at:stop], every[stop] if stop < len(every) else None
            names = [row.label.strip() for row in run]
            phrase, n_before, n_after = _between(found[-1][0] if found else None, run, after, shares=shares)
            if isinstance(phrase, str):
                lost.setdefault(phrase, []).extend(names)
            else:
                given += names
                found[len(found) - n_before :] = [(phrase, True)]
            at = stop + n_after
        if given:
            self.tell(f"{len(given)} word(s) have no time in the file; it is looked for between: {listed(given)}")
        for reason, names in lost.items():
            self.tell(f"{len(names)} word(s) have no time in the file and {reason}; left out: {listed(names)}")
        return [row for row, is_phrase in found if not is_phrase], [row for row, is_phrase in found if is_phrase]


def _between(before: Row | None, run: Sequence[Row], after: Row | None, *, shares: bool) -> tuple[Row | str, int, int]:
    """A phrase of the words of a run, and how many rows before and after are joined with it; without one the reason."""
    lows = [x for x in (None if before is None else before.end, run[0].low) if x is not None]
    highs = [x for x in (None if after is None else after.start, run[-1].high) if x is not None]
    if not lows or not highs:
        return f"no neighbour {'after' if lows else 'before'} them", 0, 0
    start, end, text = max(lows), min(highs), " ".join(row.label.strip() for row in run)
    if end - start >= ROOM_SECONDS * len(run):
        return Row(start, end, text, run[0].line), 0, 0
    if not shares or (before is None and after is None):
        return "no room between their neighbours", 0, 0
    if before is not None and before.start is not None:
        start, text = before.start, f"{before.label.strip()} {text}"
    if after is not None and after.end is not None:
        end, text = after.end, f"{text} {after.label.strip()}"
    return Row(start, end, text, run[0].line), int(before is not None), int(after is not None)


def _thousandth(row: Row) -> Row:
    start, end, low, high = (None if x is None else x / 1000 for x in (row.start, row.end, row.low, row.high))
    return row._replace(start=start, end=end, low=low, high=high)


def _confidence(score: float | None) -> float | None:
    """A score that is a confidence; others (log likelihoods, percents) say nothing here."""
    return score if score is not None and 0 <= score <= 1 else None


def _quoted(label: str) -> str:
    return repr(label if len(label) <= 40 else label[:39] + "…")


def overlap_of(a: Row | Interval, b: Row | Interval) -> str:
    """What is wrong with two rows of a tier that overlap."""
    return (
        f"{_quoted(a.label)} ({a.start:.3f} to {a.end:.3f} s) and {_quoted(b.label)} ({b.start:.3f} to {b.end:.3f} s) "
        f"overlap in one tier; {CORRECT}"
    )
