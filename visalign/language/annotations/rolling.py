"""Captions that roll: each line is shown again above the next one, or grows word by word.

YouTube's automatic captions show two lines, of which the upper is the last caption's; between two of them stands one of
10 ms that repeats. Live captions add a word at a time. Whisper shows a line once for each word that it marks. What is
shown again is said once, so each line is taken where it first appears.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from visalign.language.annotations.cues import Caption, Line, Piece

__all__ = ["without_repeats"]

TOUCH_SECONDS = 0.1
"""A caption that begins no later than this after the last one's end continues it."""

BRIEF_SECONDS = 0.05
"""What is shown for less than this is not meant to be read: it keeps a line on the screen."""

LEAST_WORDS = 2
"""A shorter line may well be said twice: "No. – No!" """

_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Step:
    """What a caption has of the last one: `again` of its lines, and of the next line so many characters."""

    again: int = 0
    grown: int = 0
    is_marked: bool = False

    @property
    def is_any(self) -> bool:
        return bool(self.again or self.grown)


def without_repeats(captions: Sequence[Caption]) -> tuple[list[Caption], int]:
    """The captions with each line once, and how many lines were shown again.

    Lines that come back are taken for rolling ones where the file shows that it rolls: a caption holds the last line of
    the one before and a new one, or time stamps of words, or the same with another word marked.
    """
    rows = sorted(captions, key=lambda x: (x.start, x.end))
    steps = [_Step()][: len(rows)] + [_step(a, b) for a, b in pairwise(rows)]
    if not _rolls(rows, steps):
        return rows, 0
    kept: list[Caption] = []
    n_again = 0
    for row, step in zip(rows, steps, strict=True):
        n_again += step.again + bool(step.grown)
        new = _new_part(row, step)
        if new is not None:
            kept.append(new)
        elif kept and step.is_marked:
            kept[-1] = replace(kept[-1], end=max(kept[-1].end, row.end))
    return kept, n_again


def _step(before: Caption, after: Caption) -> _Step:
    if after.start - before.end > TOUCH_SECONDS:
        return _Step()
    old, new = [x.text for x in before.shown], [x.text for x in after.shown]
    again = next((n for n in range(min(len(old), len(new)), 0, -1) if old[-n:] == new[:n]), 0)
    if again:
        is_same = again == len(new) == len(old)
        marked = is_same and [x.source for x in before.shown] != [x.source for x in after.shown]
        return _Step(again, is_marked=marked)
    for n in range(min(len(old), len(new)), 0, -1):
        if old[-n:-1] == new[: n - 1] and (grown := _grown(old[-1], new[n - 1])):
            return _Step(n - 1, grown=grown)
    return _Step()


def _grown(old: str, new: str) -> int:
    """How many characters of a line the one before has said, where it goes on; a recogniser may change its marks."""
    said, words = [x.lower() for x in _WORDS.findall(old)], list(_WORDS.finditer(new))
    if not said or len(words) <= len(said) or [x[0].lower() for x in words[: len(said)]] != said:
        return 0
    end = words[len(said) - 1].end()
    return end + len(new[end : words[len(said)].start()].rstrip())


def _rolls(rows: Sequence[Caption], steps: Sequence[_Step]) -> bool:
    has_stamps = any(piece.time is not None for row in rows for line in row.lines for piece in line.pieces)
    evidence = n_again = 0
    for row, step in zip(rows, steps, strict=True):
        if step.is_any:
            n_again += 1
            is_long = any(len(_WORDS.findall(line.text)) >= LEAST_WORDS for line in row.shown[: max(1, step.again)])
            adds = step.grown or (step.again < len(row.shown) and is_long)
            evidence += bool(adds or step.is_marked or row.end - row.start <= BRIEF_SECONDS or has_stamps)
    return evidence > 0 and 2 * evidence >= n_again


def _new_part(row: Caption, step: _Step) -> Caption | None:
    """What a caption shows for the first time, from the time stamp before it."""
    lines = row.shown[step.again :]
    if lines and step.grown:
        lines = (replace(lines[0], pieces=tuple(_behind(lines[0], step.grown))), *lines[1:])
    lines = tuple(line for line in lines if line.text)
    if not lines:
        return None
    first = lines[0].pieces[0].time
    start = first if first is not None and row.start < first < row.end else row.start
    return Caption(start, row.end, lines)


def _behind(line: Line, n_characters: int) -> Iterator[Piece]:
    """The pieces of a line behind so many characters of its text."""
    left = n_characters
    for piece in line.pieces:
        text = " ".join(piece.text.split())
        if left <= 0:
            yield piece
        elif len(text) > left:
            yield replace(piece, text=text[left:])
        left -= len(text) + 1
