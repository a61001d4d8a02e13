"""The words that an edit touches, aligned again round the boundaries that are fixed.

Method
------
A *region* is what an edit touches: the words beside a boundary that was moved, words that are new or renamed, and of
each side the word next to these, up to a boundary that is pinned or the far edge of a pause. The edges of a region and
all pinned boundaries in it are fixed; between two of them the words are aligned by their phones with the acoustic model
(:mod:`visalign.forced_alignment.stretches`), which also finds the pauses. A word keeps the phones that it has; one that
is new or has another label is said in any of the ways that the lexicon knows, or that are guessed. An edit of phones
touches the inside of their word alone.

Where a stretch has no room for its phones they share the time of their word evenly, and the answer says so. Mouth cues
follow the phones, but for those that a person has set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import pairwise

from visalign.desk.document import Document, Item, microseconds
from visalign.desk.edit_values import Edit
from visalign.desk.edits import UNKNOWN
from visalign.desk.material import Opened, cues_of
from visalign.desk.pronouncing import Pronouncer
from visalign.desk.rows import inside, joined_pauses
from visalign.errors import AlignmentError, EditRefused
from visalign.exports.hand_edits import Edit as HandEdit
from visalign.exports.hand_edits import apply_edits
from visalign.forced_alignment.stretches import SpokenPart, StretchAligner
from visalign.language.lexicon import Pronunciation
from visalign.timeline import Interval

__all__ = ["Realigned", "Realigner"]

_PHONES_ALONE = {"pronounce"}
_ELSEWHERE = {"cues", "closures", "lines"}
_SHORTEST_PAUSE = 0.005


@dataclass(frozen=True, slots=True)
class Realigned:
    """A document after the machine's part.

    Parameters
    ----------
    document : Document
    message : str
        What to tell of it; empty where there is nothing.
    """

    document: Document
    message: str = ""


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A word of a region: its item, and its phones; None for those of the lexicon."""

    item: Item
    phones: tuple[Item, ...] | None


@dataclass(slots=True)
class Realigner:
    """Aligns parts of one clip.

    Parameters
    ----------
    aligner : StretchAligner
    pronouncer : Pronouncer
    opened : Opened
    """

    aligner: StretchAligner
    pronouncer: Pronouncer
    opened: Opened
    _told: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, opened: Opened) -> Realigner:
        """For an open clip."""
        alphabet = opened.heard.alignment.alphabet
        return cls(StretchAligner.of(opened.heard.sound, alphabet), Pronouncer.of(opened.material.settings), opened)

    def realigned(self, before: Document, after: Document, edit: Edit) -> Realigned:
        """The document after an edit: `after` is what :func:`~visalign.desk.edits.apply` made of `before`.

        Raises
        ------
        EditRefused
            If a word can't be pronounced, or there is no room for the words of a transcript.
        """
        self._told.clear()
        if edit.kind == "transcript":
            found = self._said_anew(before, after)
        elif edit.tier in _ELSEWHERE or edit.kind == "pin" or not any(x.label for x in after["words"]):
            found = after
        else:
            found = self._aligned_again(before, after, edit)
        if found["phones"] != before["phones"]:
            found = self._with_cues(found)
        return Realigned(found, " ".join(dict.fromkeys(self._told)))

    # --- which words ------------------------------------------------------------------------------------------

    def _aligned_again(self, before: Document, after: Document, edit: Edit) -> Document:
        words = after["words"]
        touched = _touched(before, after, edit)
        if not touched:
            return after
        old = {x.id: x.label for x in before["words"]}
        fresh = {x.id for x in (words[n] for n in touched) if x.label and old.get(x.id) != x.label}
        if edit.kind == "split" and edit.tier == "words":
            fresh = {words[n].id for n in touched if words[n].label}
        first, last = min(touched), max(touched)
        if edit.tier != "phones":
            first, last = _widened(after, first, last)
        spoken = [
            _Spoken(x, None if x.id in fresh else _phones_of(after, x)) for x in words[first : last + 1] if x.label
        ]
        if not spoken:
            return after
        return self._placed(after, spoken, words[first].start, words[last].end)

    def _said_anew(self, before: Document, after: Document) -> Document:
        """Words of another transcript: those that stay keep their places, the others are aligned between them."""
        new = self.pronouncer.words_of(after.transcript)
        items = [x for x in before["words"] if x.label]
        found = after
        matcher = SequenceMatcher(None, [x.label for x in items], new, autojunk=False)
        for kind, a, b, c, d in reversed(matcher.get_opcodes()):
            if kind == "equal":
                continue
            low, high, left, right = _room(found, items, a, b)
            found = _without_strays(found, low, high)
            fixed = [
                _pins(found, [_Spoken(x, _phones_of(found, x)) for x in side], low, high) for side in (left, right)
            ]
            span = (max([low, *fixed[0]]), min([high, *fixed[1]]))
            fresh = [Item(found.next_id + n, *span, word) for n, word in enumerate(new[c:d])]
            spoken = [
                *(_Spoken(x, _phones_of(found, x)) for x in left),
                *(_Spoken(x, None) for x in fresh),
                *(_Spoken(x, _phones_of(found, x)) for x in right),
            ]
            gone = replace(found, next_id=found.next_id + len(fresh))
            found = self._placed(gone, spoken, low, high) if spoken else _emptied(gone, low, high)
        return found

    # --- in time ----------------------------------------------------------------------------------------------

    def _placed(self, document: Document, spoken: Sequence[_Spoken], start: float, end: float) -> Document:
        """The document with these words aligned from `start` to `end`, and none but these there."""
        found: dict[int, list[Interval]] = {x.item.id: [] for x in spoken}
        fixed = [start, *_pins(document, spoken, start, end), end]
        for a, b in pairwise(fixed):
            parts = [(x, part) for x in spoken if (part := self._part(document, x, a, b)) is not None]
            if not parts:
                continue
            edges = _pause_at(spoken, a, b)
            for (x, _), phones in zip(parts, self._stretch(a, b, parts, edges), strict=True):
                found[x.item.id] += phones
        return _rebuilt(document, spoken, found, start, end)

    def _part(self, document: Document, x: _Spoken, a: float, b: float) -> SpokenPart | None:
        """What of a word is said from `a` to `b`."""
        if x.phones is None:
            is_here = a <= x.item.start and x.item.end <= b
            return SpokenPart(x.item.label, self.pronouncer.ways(x.item.label, document)) if is_here else None
        mine = tuple(p.label for p in x.phones if p.label and a <= p.start and p.end <= b)
        return SpokenPart(x.item.label, (Pronunciation(mine),)) if mine else None

    def _stretch(
        self, a: float, b: float, parts: Sequence[tuple[_Spoken, SpokenPart]], edges: tuple[bool, bool]
    ) -> list[list[Interval]]:
        said = [part for _, part in parts]
        try:
            return self.aligner.align(a, b, said, pause_before=edges[0], pause_after=edges[1])
        except AlignmentError:
            self._told.append(f"There is little room from {a:.2f} to {b:.2f} s: the phones there share it evenly.")
            return _shared_out(a, b, said)

    # --- cues -------------------------------------------------------------------------------------------------

    def _with_cues(self, document: Document) -> Document:
        """Mouth cues of the phones as they are now, with those on top that a person has set."""
        by_hand = [x for x in document["cues"] if x.is_touched]
        tier = cues_of(document.alignment(""), self.opened.rules)
        painted = apply_edits(tier, [HandEdit(x.start, x.end, x.label) for x in by_hand])
        known = {(x.start, x.end, x.label): x for x in document["cues"]}
        spare = {x.id: x for x in document["cues"] if not x.is_touched}
        pins = {t for x in by_hand for t, flag in ((x.start, x.pinned_start), (x.end, x.pinned_end)) if flag}
        rows = list[Item]()
        for x in painted:
            span = (microseconds(x.start), microseconds(x.end), x.label)
            if span[1] > span[0]:
                old = known.get(span) or next((y for y in spare.values() if _is_same(y, span)), None)
                spare.pop(0 if old is None else old.id, None)
                rows.append(
                    replace(
                        old or Item(0, *span),
                        start=span[0],
                        end=span[1],
                        pinned_start=span[0] in pins,
                        pinned_end=span[1] in pins,
                    )
                )
        found, next_id = document.numbered(_meeting(_once(rows)))
        return document.with_tiers({"cues": found}, next_id=next_id)


def _once(rows: Sequence[Item]) -> list[Item]:
    """Each identity once: of a cue that was cut in two the second part is a new one."""
    seen, found = set[int](), list[Item]()
    for x in rows:
        found.append(replace(x, id=0) if x.id in seen else x)
        seen.add(x.id)
    return found


def _is_same(cue: Item, span: tuple[float, float, str]) -> bool:
    """Whether a cue has only moved a little."""
    shared = min(cue.end, span[1]) - max(cue.start, span[0])
    return cue.label == span[2] and 2 * shared > max(cue.end - cue.start, span[1] - span[0])


def _meeting(rows: Sequence[Item]) -> list[Item]:
    """Neighbours of one mind about whether the boundary between them is pinned."""
    found = list(rows)
    for n in range(1, len(found)):
        flag = found[n - 1].pinned_end or found[n].pinned_start
        found[n - 1], found[n] = replace(found[n - 1], pinned_end=flag), replace(found[n], pinned_start=flag)
    return found


def _touched(before: Document, after: Document, edit: Edit) -> list[int]:
    """Numbers of the items among the words that an edit touches."""
    words = after["words"]
    if edit.tier == "phones" or edit.kind in _PHONES_ALONE:
        old = {x.id: x for x in before["phones"]}
        new = [x for x in after["phones"] if old.get(x.id) != x] or [x for x in after["phones"] if x.id == edit.id]
        spans = [(x.start, x.end) for x in new]
        return [n for n, w in enumerate(words) if w.label and any(w.start < b and a < w.end for a, b in spans)]
    known = {x.id: x for x in before["words"]}
    changed = [n for n, x in enumerate(words) if known.get(x.id) != x]
    if edit.kind == "delete":  # the words beside the pause that it left
        changed = sorted({m for n in changed for m in (n - 1, n, n + 1) if 0 <= m < len(words)})
    return changed


def _widened(document: Document, first: int, last: int) -> tuple[int, int]:
    """A region with the word next to it on either side, up to what is pinned."""
    words = document["words"]
    if first > 0 and not words[first].pinned_start and not _is_kept(document, words[first - 1]):
        first -= 1
    if last + 1 < len(words) and not words[last].pinned_end and not _is_kept(document, words[last + 1]):
        last += 1
    return first, last


def _is_kept(document: Document, item: Item) -> bool:
    """Whether it is a pause in which a person has put phones."""
    return not item.label and any(x.label for x in inside(document["phones"], item.start, item.end))


def _phones_of(document: Document, word: Item) -> tuple[Item, ...] | None:
    found = tuple(x for x in inside(document["phones"], word.start, word.end) if x.label)
    return None if not found or any(x.label == UNKNOWN for x in found) else found


def _room(
    document: Document, items: Sequence[Item], a: int, b: int
) -> tuple[float, float, Sequence[Item], Sequence[Item]]:
    """Where new words go that stand in place of the a-th to the b-th: start, end, and the words there that stay."""
    now = {x.id: x for x in document["words"]}
    left, right = [now[x.id] for x in items[max(a - 1, 0) : a]], [now[x.id] for x in items[b : b + 1]]
    if left and left[0].pinned_end:
        low, left = left[0].end, []
    else:
        low = left[0].start if left else 0.0
    if right and right[0].pinned_start:
        high, right = right[0].start, []
    else:
        high = right[0].end if right else document.duration
    if high <= low:
        raise EditRefused("there is no room for the new words between boundaries that are pinned; unpin one")
    return low, high, left, right


def _without_strays(document: Document, start: float, end: float) -> Document:
    """Phones that a person put into pauses give way to words that are said there."""
    pauses = [x for x in inside(document["words"], start, end) if not x.label]
    strays = {p.id for x in pauses for p in inside(document["phones"], x.start, x.end)}
    phones = [replace(x, label="") if x.id in strays else x for x in document["phones"]]
    edges = {x.start for x in document["words"]}
    return document.with_tiers({"phones": joined_pauses(phones, "phones", edges)})


def _emptied(document: Document, start: float, end: float) -> Document:
    words = [replace(x, label="") if start <= x.start and x.end <= end else x for x in document["words"]]
    phones = [replace(x, label="") if start <= x.start and x.end <= end else x for x in document["phones"]]
    return document.with_tiers({"words": joined_pauses(words, "words"), "phones": joined_pauses(phones, "phones")})


def _pins(document: Document, spoken: Sequence[_Spoken], start: float, end: float) -> list[float]:
    """The fixed times within a region: pinned boundaries of its words and phones."""
    here = {x.item.id for x in spoken}
    found = set[float]()
    for x in document["words"]:
        if x.id in here:
            found |= {t for t, flag in ((x.start, x.pinned_start), (x.end, x.pinned_end)) if flag}
        elif not x.label and start <= x.start and x.end <= end and _is_kept(document, x):
            found |= {x.start, x.end}
    for word in spoken:
        for x in word.phones or ():
            found |= {t for t, flag in ((x.start, x.pinned_start), (x.end, x.pinned_end)) if flag}
    return sorted(t for t in found if start < t < end)


def _pause_at(spoken: Sequence[_Spoken], a: float, b: float) -> tuple[bool, bool]:
    """Whether a pause may stand at the start of a stretch, and at its end: not where a word begins or goes on."""
    settled = [(x.item, x.phones is not None) for x in spoken]
    begins = any(x.start <= a < x.end and (is_known or x.pinned_start) for x, is_known in settled)
    ends = any(x.start < b <= x.end and (is_known or x.pinned_end) for x, is_known in settled)
    return not begins, not ends


def _shared_out(a: float, b: float, parts: Sequence[SpokenPart]) -> list[list[Interval]]:
    phones = [part.ways[0].phones for part in parts]
    total = sum(map(len, phones))
    at, found = 0, list[list[Interval]]()
    for mine in phones:
        edges = [a + (b - a) * (at + n) / total for n in range(len(mine) + 1)]
        found.append([Interval(x, y, p) for x, y, p in zip(edges, edges[1:], mine, strict=False)])
        at += len(mine)
    return found


def _rebuilt(
    document: Document, spoken: Sequence[_Spoken], found: Mapping[int, list[Interval]], start: float, end: float
) -> Document:
    """The document with words and phones at their new times, and pauses where nothing is left."""
    pins = _all_pins(document)
    words, phones = list[Item](), list[Item]()
    for x in spoken:
        rows = found[x.item.id]
        edges = [microseconds(rows[0].start), *(microseconds(p.end) for p in rows)]
        words.append(replace(x.item, start=edges[0], end=edges[-1]))
        phones += _phones_at(x, rows, edges)
    words, phones = _closed(words, phones, start, end)
    tiers, at = dict[str, list[Item]](), document.next_id
    for name, new in (("words", words), ("phones", phones)):
        old = document[name]
        spare = [x for x in inside(old, start, end) if not x.label]
        filled = _filled(new, spare, start, end)
        if name == "phones":
            filled = _with_strays(document, filled, start, end)
        outside = [x for x in old if not (start <= x.start and x.end <= end)]
        every = [*outside, *(replace(x, pinned_start=x.start in pins, pinned_end=x.end in pins) for x in filled)]
        numbered, at = replace(document, next_id=at).numbered(sorted(every, key=lambda x: x.start))
        tiers[name] = numbered
    return document.with_tiers(tiers, next_id=at)


def _all_pins(document: Document) -> set[float]:
    return {
        t
        for name in ("words", "phones")
        for x in document[name]
        for t, flag in ((x.start, x.pinned_start), (x.end, x.pinned_end))
        if flag
    }


def _phones_at(x: _Spoken, rows: Sequence[Interval], edges: Sequence[float]) -> list[Item]:
    same = x.phones is not None and [p.label for p in x.phones] == [p.label for p in rows]
    old: Iterable[Item] = x.phones if same and x.phones is not None else [Item(0, 0.0, 1.0, p.label) for p in rows]
    return [replace(item, start=a, end=b) for item, a, b in zip(old, edges, edges[1:], strict=False)]


def _closed(words: list[Item], phones: list[Item], start: float, end: float) -> tuple[list[Item], list[Item]]:
    """Gaps that are too short to be pauses go to the word before them, or the first one."""
    ends = [x.start for x in words[1:]] + [end]
    moved = {}
    for n, (x, following) in enumerate(zip(words, ends, strict=True)):
        if 0.0 < following - x.end < _SHORTEST_PAUSE:
            moved[x.end] = following
            words[n] = replace(x, end=following)
    if words and 0.0 < words[0].start - start < _SHORTEST_PAUSE:
        phones[0] = replace(phones[0], start=start)
        words[0] = replace(words[0], start=start)
    last_of = {x.end: x for x in phones}
    for old, new in moved.items():
        n = phones.index(last_of[old])
        phones[n] = replace(phones[n], end=new)
    return words, phones


def _filled(rows: Sequence[Item], spare: Sequence[Item], start: float, end: float) -> list[Item]:
    """The rows with pauses between them, which keep the identities of those that were there as far as they go."""
    pauses, found, at = iter(spare), list[Item](), start
    for x in [*rows, Item(-1, end, end, "")]:
        if x.start > at:
            old = next(pauses, Item(0, 0.0, 1.0, ""))
            found.append(replace(old, start=at, end=x.start, label=""))
        if x.id != -1:
            found.append(x)
            at = x.end
    return found


def _with_strays(document: Document, filled: Sequence[Item], start: float, end: float) -> list[Item]:
    """The phones of a region with those that a person has put into pauses."""
    pauses = [x for x in inside(document["words"], start, end) if _is_kept(document, x)]
    rows = list(filled)
    for pause in pauses:
        rows = [x for x in rows if not (pause.start <= x.start and x.end <= pause.end)]
        rows += inside(document["phones"], pause.start, pause.end)
    ids = set[int]()
    unique = []
    for x in sorted(rows, key=lambda x: x.start):
        unique.append(replace(x, id=0) if x.id in ids else x)
        ids.add(x.id)
    return unique
