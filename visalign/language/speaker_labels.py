"""Who speaks, as lines of captions and transcripts say it before a colon.

Sure labels are taken wherever they stand: capitals (``ANNA:``, ``DR. SMITH (V.O.):``), brackets (``[SPEAKER_00]:``),
what follows the sign of a change of speaker (``>> Anna:``), and words for speakers (``Speaker 1:``, ``Interviewer:``).

A name in mixed case may as well be the beginning of a sentence ("Remember: be good"). It is taken for a label where the
text as a whole speaks for it: it comes back, others label their lines as well, or it is a whole name ("Anna Smith:").
In doubt, what was taken is told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["DoubtfulLabel", "SpeakerLabels", "find_labels"]

_LETTERS = r"[^\W\d_]"
_WORD = rf"{_LETTERS}[^\s:<>\[\](){{}}\"“”]{{0,30}}"
_NAME = rf"{_WORD}(?:[ ]{{1,2}}(?:{_WORD}|&)){{0,3}}(?:[ ]{{0,2}}\#?[0-9]{{1,4}})?"
_ASIDE = r"(?P<aside>[ ]{0,2}(?:\([^()\n]{0,40}\)|\[[^\[\]\n]{0,40}\]))?"
_LEAD = r"[ \t\u00a0]{0,40}(?P<mark>>{2,3}[ ]{0,2}|[-–—•*][ ]{0,2})?(?:♪[ ]?)?"
_NOTE = r"(?:(?:\([^()\n]{0,60}\)|\[[^\[\]\n]{0,60}\])[ ]{0,2})?"
# Not that of 10:30, of C:\\, or of a face :)
_COLON = r"(?:[ ]{1,2}:(?=\s|$)|:(?=[\s♪]|$|[^\W\d_]|[\"“'‘(\[¿¡…]))"
_LABEL = re.compile(
    rf"{_LEAD}(?:"
    rf"[\[(](?P<bracketed>{_NAME})[\])]{_COLON}"
    rf"|\[(?P<numbered>(?i:speaker|spk|spkr|voice|s)[ _-]?[0-9]{{1,4}})\](?:{_COLON})?"
    rf"|{_NOTE}(?P<name>{_NAME}){_ASIDE}{_COLON})"
)
_CHANGE = re.compile(r"[ \t]{0,40}>{2,3}[ ]{0,2}")
_CLOCK_FIRST = re.compile(r"[ \t]{0,20}(?:[0-9]{1,2}:)?[0-9]{1,2}:[0-9]{2}(?:[.,][0-9]{1,3})?(?:[ \t]{1,4}|$)")
_NAME_AND_CLOCK = re.compile(
    rf"[ \t]{{0,20}}(?P<name>{_NAME})[ \t]{{1,8}}\(?(?:[0-9]{{1,2}}:)?[0-9]{{1,2}}:[0-9]{{2}}\)?[ \t]*"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words for somebody who speaks; with a number behind them they are labels for sure.
_ROLES = _words("""
speaker spk spkr interviewer interviewee narrator announcer host guest moderator presenter reporter anchor
commentator operator caller voice voiceover voice-over man woman boy girl male female child kid student teacher
doctor patient nurse officer judge lawyer witness clerk audience crowd group all both everyone everybody chorus
participant respondent subject unknown unidentified translator interpreter
""")
# Words with which a sentence may go on behind a colon.
_NO_NAMES = _words("""
remember note notice notes listen look see question questions answer answers warning caution tip tips hint reminder
first second third fourth fifth finally next then today now so but and or yes no well ok okay again also because
example examples result results conclusion summary problem problems solution fact facts truth rule rules point
points step steps part parts chapter verse title subject re from to cc bcc date time place update edit ps p.s thing
things that this these those there here it i you he she we they what why who how when where which guess imagine
think wait stop attention breaking news fun spoiler important bottom line case plus meaning namely said says read
quote unquote new old my your his her our their one two three four five six seven eight nine ten the a an in on at
for with as if after before once let just only even still not nothing everything something anything okay right left
image photo music lyrics source sources credit credits translation subtitles captions transcript recipe ingredients
monday tuesday wednesday thursday friday saturday sunday hello hi hey dear please thanks sorry oh ah
""")
_SMALL_WORDS = _words("de da di du del della der den van von zu le la el al bin ibn y e of the and & mac mc")


@dataclass(frozen=True, slots=True)
class DoubtfulLabel:
    """A name before a colon that may be speech, on line `line` (from 0), and whether it was taken for a label."""

    line: int
    name: str
    is_label: bool


@dataclass(frozen=True, slots=True)
class SpeakerLabels:
    """The names that are labels in one text.

    Parameters
    ----------
    names : frozenset of str
        Those that need the text as a whole to be told from speech.
    doubts : tuple of DoubtfulLabel
    first_clock : int or None
        The first of the lines that begin with the time at which they are said, where lines do.
    """

    names: frozenset[str] = frozenset()
    doubts: tuple[DoubtfulLabel, ...] = ()
    first_clock: int | None = None

    @property
    def has_clocks(self) -> bool:
        """Lines begin with the time at which they are said."""
        return self.first_clock is not None

    def split(self, line: str) -> tuple[str | None, str]:
        """The speaker that a line names, and what is said in it.

        Returns
        -------
        speaker : str or None
            ``""`` where somebody else begins who is not named (``>>``); None where the line says nothing of it.
        text : str
            Without the label.

        Examples
        --------
        >>> labels = find_labels(["[SPEAKER_00]: Hello.", ">> Anna: Hi.", ">> Well."])
        >>> [labels.split(x) for x in ("[SPEAKER_00]: Hello.", ">> Anna: Hi.", ">> Well.", "Go on.")]
        [('SPEAKER_00', 'Hello.'), ('Anna', 'Hi.'), ('', 'Well.'), (None, 'Go on.')]
        """
        clock = _CLOCK_FIRST.match(line) if self.has_clocks else None
        bare = line[clock.end() :] if clock else line
        heading = _NAME_AND_CLOCK.fullmatch(line) if self.has_clocks else None
        if heading:
            return heading["name"].strip(), ""
        found = _LABEL.match(bare)
        if found and (_is_sure(found) or _name_of(found) in self.names):
            return _name_of(found), bare[found.end() :].lstrip()
        change = _CHANGE.match(bare)
        return ("", bare[change.end() :]) if change else (None, bare)


def find_labels(lines: Iterable[str]) -> SpeakerLabels:
    """Which names before colons are labels in a text, line by line."""
    rows = list(lines)
    clock = _first_clock(rows)
    behind = [_behind_clock(line, clock is not None) for line in rows]
    found = [(n, label) for n, line in enumerate(behind) if (label := _LABEL.match(line))]
    unsure = [(n, label) for n, label in found if not _is_sure(label)]
    counts = Counter(_name_of(label) for _, label in unsure)
    candidates = {name for name in counts if _may_be_name(name) or (counts[name] > 1 and _may_be_nickname(name))}
    n_labelled = len(found) - len(unsure) + sum(counts[name] for name in candidates)
    n_lines = sum(bool(line.strip()) for line in rows)
    is_labelled = n_labelled >= 2 and 2 * n_labelled >= n_lines
    taken = {name for name in candidates if is_labelled or counts[name] > 1 or _is_whole_name(name) or n_lines == 1}
    return SpeakerLabels(frozenset(taken), tuple(_doubts(unsure, counts, taken, is_labelled)), clock)


def _doubts(
    unsure: Sequence[tuple[int, re.Match[str]]], counts: Counter[str], taken: set[str], is_labelled: bool
) -> Iterable[DoubtfulLabel]:
    told = set[str]()
    for n, label in unsure:
        name = _name_of(label)
        is_clear = is_labelled and name in taken and _may_be_name(name) and len(taken) + (counts[name] > 1) > 1
        if name not in told and not is_clear and (name in taken or _may_be_name(name)):
            told.add(name)
            yield DoubtfulLabel(n, name, name in taken)


def _first_clock(rows: Sequence[str]) -> int | None:
    """The first line that begins with a time, where so many do that these are no part of what is said."""
    with_clock = [n for n, row in enumerate(rows) if _CLOCK_FIRST.match(row) or _NAME_AND_CLOCK.fullmatch(row)]
    enough = len(with_clock) >= 2 and 3 * len(with_clock) >= sum(bool(row.strip()) for row in rows)
    return with_clock[0] if enough else None


def _behind_clock(line: str, has_clocks: bool) -> str:
    clock = _CLOCK_FIRST.match(line) if has_clocks else None
    return line[clock.end() :] if clock else line


def _name_of(label: re.Match[str]) -> str:
    return (label["bracketed"] or label["numbered"] or label["name"]).strip()


def _is_sure(label: re.Match[str]) -> bool:
    if label["bracketed"] or label["numbered"] or (label["aside"] and _may_be_name(_name_of(label))):
        return True
    name = label["name"].strip()
    if name == name.upper() and len(name.split()) <= 3 + name.split()[-1].lstrip("#").isdigit():
        return True
    if (label["mark"] or "").startswith(">"):
        return name[:1].isupper() and len(name.split()) <= 3
    words = re.split(r"[ _-]+", name.lower())
    role = words[-1].rstrip("0123456789#") or (words[-2] if len(words) > 1 else "")
    return role in _ROLES and len(words) <= 3 and (name[:1].isupper() or name[-1:].isdigit())


def _may_be_name(name: str) -> bool:
    words = name.split()
    if words[0].lower().rstrip(".,'") in _NO_NAMES or any(x.lower() in _NO_NAMES for x in words[1:]):
        return False
    return all(x[:1].isupper() or x.lower() in _SMALL_WORDS for x in words) and words[0][:1].isupper()


def _may_be_nickname(name: str) -> bool:
    return len(name.split()) == 1 and name.lower() not in _NO_NAMES


def _is_whole_name(name: str) -> bool:
    """A first and a last name, or a title and a name."""
    words = [x for x in name.split() if x.lower() not in _SMALL_WORDS]
    return len(words) >= 2 and all(x[:1].isupper() for x in words)
