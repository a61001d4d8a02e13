"""The words of a text as they are spoken, with what may be said otherwise and what a user has to know of it.

Conventions
-----------
Words as in :mod:`visalign.language.transcript`. Of a stretch that may be said in several ways (``1905``: "nineteen oh
five", "nineteen hundred five") the words hold the likeliest, until the sound has told which one it is
(:mod:`visalign.forced_alignment.readings`).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

__all__ = ["Choice", "Remark", "SpokenText", "joined_texts", "remarks_in_words"]

MOST_NAMED = 5
"""Places that a warning lists; it counts the others."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Words ``[first, last)`` of a text that stand for something written otherwise.

    Parameters
    ----------
    first, last : int
    ways : tuple of tuple of str
        The ways to say it; the words of the text are the first.
    written : str
        As it stands in the text.
    line : int
        Where; 0 where that is not known.
    is_doubtful : bool
        A user has to be told how it was read.
    """

    first: int
    last: int
    ways: tuple[tuple[str, ...], ...]
    written: str
    line: int = 0
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """Something in a text of which a user has to know.

    Parameters
    ----------
    kind : str
        A key of `KINDS`.
    written : str
        As it stands in the text.
    line : int
        Where; 0 where that is not known.
    said : str
        How it was read, where it was.
    """

    kind: str
    written: str
    line: int = 0
    said: str = ""


KINDS = {
    "unread": "{n} figure(s) can't be read aloud: {places}. Write them as they are said",
    "read": "{n} place(s) of the text can be read in several ways, and were read as follows: {places}. Where something "
    "else is said, write it in words",
    "left out": "{n} note(s) in brackets hold figures and were left out, as notes are: {places}. Take what is said out "
    "of the brackets",
    "starred": "{n} place(s) between asterisks were taken for speech: {places}. Put what is not said in brackets",
    "label": "{n} name(s) before a colon were taken for speakers and are not aligned: {places}. Where one is said, "
    "write a comma for the colon",
    "no label": "{n} name(s) before a colon were taken for speech: {places}. Where one is a speaker, write it in "
    "capitals",
    "clock": "{n} line(s) begin with a time, which was left out: {places}",
}
"""What a warning says of the remarks of each kind."""


@dataclass(frozen=True, slots=True)
class SpokenText:
    """The words of a text.

    Parameters
    ----------
    words : tuple of str
    choices : tuple of Choice
        In order, without overlaps; also those that have one way to say them and are doubtful.
    remarks : tuple of Remark
    """

    words: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def has_ways(self) -> bool:
        """True if something in it may be said in more than one way."""
        return any(len(choice.ways) > 1 for choice in self.choices)

    @property
    def most_words(self) -> int:
        """How many words it has where each choice takes its longest way."""
        return len(self.words) + sum(max(map(len, x.ways)) - len(x.ways[0]) for x in self.choices)

    @property
    def unread(self) -> dict[str, int]:
        """Figures that can't be read, as they stand among the words, and their lines."""
        return {remark.said: remark.line for remark in reversed(self.remarks) if remark.kind == "unread"}

    def part(self, first: int, last: int) -> SpokenText:
        """The words ``[first, last)``, without the remarks; a choice that is cut in two is none any more."""
        inside = (x for x in self.choices if first <= x.first and x.last <= last)
        moved = tuple(replace(x, first=x.first - first, last=x.last - first) for x in inside)
        return SpokenText(self.words[first:last], moved)

    def without(self, left_out: Container[str]) -> SpokenText:
        """The same without some of the words, none of which stands in a choice."""
        kept = [n for n, word in enumerate(self.words) if word not in left_out]
        place = {old: new for new, old in enumerate(kept)}
        choices = (
            replace(x, first=place[x.first], last=place[x.first] + x.last - x.first)
            for x in self.choices
            if all(n in place for n in range(x.first, x.last))
        )
        return SpokenText(tuple(self.words[n] for n in kept), tuple(choices), self.remarks)

    def told(self, ways: Sequence[int]) -> SpokenText:
        """The same with the way of each choice that was said."""
        words: list[str] = []
        choices: list[Choice] = []
        at = 0
        for choice, way in zip(self.choices, ways, strict=True):
            words += self.words[at : choice.first]
            said = choice.ways[way]
            choices.append(replace(choice, first=len(words), last=len(words) + len(said), ways=(said,)))
            words += said
            at = choice.last
        return SpokenText((*words, *self.words[at:]), tuple(choices), self.remarks)

    def as_said(self, labels: Sequence[str]) -> SpokenText:
        """The same with the ways that the words of an alignment show; words may be missing there."""
        return self.told([way for _, way in _ways_in(self, labels)])

    def warnings(self) -> tuple[str, ...]:
        """What a user has to know of how the text was read."""
        read = (
            Remark("read", x.written, x.line, " ".join(self.words[x.first : x.last]))
            for x in self.choices
            if x.is_doubtful
        )
        return remarks_in_words([*self.remarks, *read])


def joined_texts(texts: Iterable[SpokenText]) -> SpokenText:
    """One text of several that follow each other."""
    words: list[str] = []
    choices: list[Choice] = []
    remarks: list[Remark] = []
    for text in texts:
        choices += (replace(x, first=x.first + len(words), last=x.last + len(words)) for x in text.choices)
        words += text.words
        remarks += text.remarks
    return SpokenText(tuple(words), tuple(choices), tuple(remarks))


def _ways_in(text: SpokenText, labels: Sequence[str]) -> Iterator[tuple[Choice, int]]:
    at, word = 0, 0
    for choice in text.choices:
        for expected in text.words[word : choice.first]:
            at += at < len(labels) and labels[at] == expected
        word = choice.last
        fitting = [n for n, way in enumerate(choice.ways) if tuple(labels[at : at + len(way)]) == way]
        way = max(fitting, key=lambda n: len(choice.ways[n]), default=0)
        at += len(choice.ways[way]) if fitting else 0
        yield choice, way


def remarks_in_words(remarks: Iterable[Remark]) -> tuple[str, ...]:
    """One warning for each kind of remark."""
    rows = list(remarks)
    found = []
    for kind, form in KINDS.items():
        mine = [x for x in rows if x.kind == kind]
        if mine:
            shown = [_place(x) for x in dict.fromkeys(mine)]
            more = f" and {len(shown) - MOST_NAMED} more" if len(shown) > MOST_NAMED else ""
            found.append(form.format(n=len(shown), places="; ".join(shown[:MOST_NAMED]) + more))
    return tuple(found)


def _place(remark: Remark) -> str:
    written = remark.written if len(remark.written) <= 60 else remark.written[:57] + "…"
    where = f"line {remark.line}: " if remark.line else ""
    said = f' as "{remark.said}"' if remark.kind == "read" else ""
    return f"{where}{' '.join(written.split())!r}{said}"
