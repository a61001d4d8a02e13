"""Changes by hand, as values, and what each makes of a document.

An edit is pure: :func:`apply` knows neither the sound nor a lexicon. It keeps tiers whole – no gap, no overlap, no word
that begins where no phone does – and leaves phones where it can't know better to
:mod:`visalign.desk.realignment`: a word that is new has one phone, :data:`UNKNOWN`, until then.

Conventions
-----------
Seconds, rounded to a microsecond. A boundary that a person has set is pinned by that. An interval lasts at least
:data:`MIN_SECONDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from visalign.desk.document import GAPLESS, PERSON, Document, Item
from visalign.desk.edit_values import MAX_LABEL, MAX_TEXT, Edit
from visalign.desk.phone_input import phones_in, phones_of_text
from visalign.desk.rows import (
    UNKNOWN,
    inside,
    joined_pauses,
    place_of,
    refuse_unless,
    spread,
    stretched,
    with_boundary,
    with_flag,
)
from visalign.errors import quoted
from visalign.language.lexicon import normalise_word

__all__ = ["MIN_SECONDS", "UNKNOWN", "apply"]

MIN_SECONDS = 0.001
"""The shortest interval."""

_ANY_TEXT = {"lines", "closures"}


def apply(document: Document, edit: Edit) -> Document:
    """The document after an edit.

    Raises
    ------
    EditRefused
        If it can't be made.
    """
    return _MAKERS[edit.kind](document, edit)


# --- boundaries ---------------------------------------------------------------------------------------------------


def _move(document: Document, edit: Edit) -> Document:
    rows = document[edit.tier]
    at = place_of(rows, edit.tier, edit.id)
    if edit.tier not in GAPLESS:
        return _moved_alone(document, edit, rows, at)
    left, right = (at - 1, at) if edit.side == "start" else (at, at + 1)
    refuse_unless(
        left >= 0 and right < len(rows), f"the {edit.tier} {'begin' if left < 0 else 'end'} here; that stays as it is"
    )
    old, low, high = rows[right].start, rows[left].start + MIN_SECONDS, rows[right].end - MIN_SECONDS
    refuse_unless(
        low <= edit.time <= high,
        f"this boundary can be moved from {low:.3f} to {high:.3f} s; merge or delete what is in the way",
    )
    tiers = {edit.tier: with_boundary(rows, right, edit.time)}
    if edit.tier == "words":
        spans = (rows[left].start, old, rows[right].end)
        tiers["phones"] = _phones_moved(document["phones"], spans, edit.time)
    elif edit.tier == "phones":
        words = document["words"]
        both = next((n for n, x in enumerate(words) if n and x.start == old), None)
        if both is not None:
            tiers["words"] = with_boundary(words, both, edit.time)
    return document.with_tiers(tiers)


def _moved_alone(document: Document, edit: Edit, rows: tuple[Item, ...], at: int) -> Document:
    x = rows[at]
    start, end = (edit.time, x.end) if edit.side == "start" else (x.start, edit.time)
    low = rows[at - 1].end if at else 0.0
    high = rows[at + 1].start if at + 1 < len(rows) else document.duration
    refuse_unless(
        low <= start and end - start >= MIN_SECONDS and end <= high,
        f"this one has room from {low:.3f} to {high:.3f} s, and lasts {MIN_SECONDS} s at least",
    )
    pinned = {f"pinned_{edit.side}": True}
    moved = replace(x, start=start, end=end, by=PERSON, **pinned)  # type: ignore[arg-type]
    return document.with_tiers({edit.tier: [*rows[:at], moved, *rows[at + 1 :]]})


def _phones_moved(phones: tuple[Item, ...], spans: tuple[float, float, float], time: float) -> list[Item]:
    """The phones of two words whose boundary moves: those between it and the next pinned ones keep their shares."""
    first, old, last = spans
    meeting = next((n for n, x in enumerate(phones) if n and x.start == old), None)
    if meeting is None:
        return list(phones)
    low = max((x.start for x in phones if first < x.start < old and x.pinned_start), default=first)
    high = min((x.end for x in phones if old < x.end < last and x.pinned_end), default=last)
    for edge, room, n in ((low, time - low, _count(phones, low, old)), (high, high - time, _count(phones, old, high))):
        refuse_unless(
            room >= n * MIN_SECONDS,
            f"there is no room for {n} phone(s) up to {edge:.3f} s; unpin a boundary there, or delete phones first",
        )
    # Each part of the phones as they were: of those that have moved some lie in the other part's place.
    before, after = phones[:meeting], phones[meeting:]
    moved = [*stretched(before, (low, old), (low, time)), *stretched(after, (old, high), (time, high))]
    return with_flag(moved, meeting, flag=True)


def _count(phones: tuple[Item, ...], start: float, end: float) -> int:
    return sum(start <= x.start and x.end <= end for x in phones)


def _pin(document: Document, edit: Edit) -> Document:
    rows, flag = document[edit.tier], edit.kind == "pin"
    at = place_of(rows, edit.tier, edit.id)
    name = f"pinned_{edit.side}"
    if edit.tier not in GAPLESS:
        changed = replace(rows[at], **{name: flag})  # type: ignore[arg-type]
        return document.with_tiers({edit.tier: [*rows[:at], changed, *rows[at + 1 :]]})
    right = at if edit.side == "start" else at + 1
    tiers = {edit.tier: with_flag(rows, right, flag=flag)}
    other = {"words": "phones", "phones": "words"}.get(edit.tier)
    if other is not None and right < len(rows):
        same = next((n for n, x in enumerate(document[other]) if x.start == rows[right].start), None)
        if same is not None:
            tiers[other] = with_flag(document[other], same, flag=flag)
    return document.with_tiers(tiers)


# --- intervals ----------------------------------------------------------------------------------------------------


def _split(document: Document, edit: Edit) -> Document:
    rows = document[edit.tier]
    at = place_of(rows, edit.tier, edit.id)
    x = rows[at]
    refuse_unless(
        x.start + MIN_SECONDS <= edit.time <= x.end - MIN_SECONDS,
        f"it can be split from {x.start + MIN_SECONDS:.3f} to {x.end - MIN_SECONDS:.3f} s",
    )
    labels = edit.labels or (x.label, x.label)
    if edit.tier in ("words", "phones"):
        enough = any(labels) if edit.tier == "words" else all(labels)
        refuse_unless(enough, f"a pause can't be split; insert the {edit.tier.removesuffix('s')} that is heard in it")
    a, b = (_label(document, edit.tier, label, may_be_empty=True) for label in labels)
    parts = [
        replace(x, end=edit.time, label=a, pinned_end=True, by=PERSON),
        Item(0, edit.time, x.end, b, pinned_start=True, pinned_end=x.pinned_end, by=PERSON),
    ]
    found, at_id = document.numbered([*rows[:at], *parts, *rows[at + 1 :]])
    split = document.with_tiers({edit.tier: joined_pauses(found, edit.tier)}, next_id=at_id)
    if edit.tier != "words":
        return split
    split = _cut_phones(split, edit.time)
    for part in parts:
        split = _voiced(split, part) if part.label else _silenced(split, part.start, part.end)
    return split


def _cut_phones(document: Document, time: float) -> Document:
    """The phones with a boundary at a time."""
    rows = document["phones"]
    at = next((n for n, x in enumerate(rows) if x.start < time < x.end), None)
    if at is None:
        right = next((n for n, x in enumerate(rows) if x.start == time), None)
        return document if not right else document.with_tiers({"phones": with_flag(rows, right, flag=True)})
    x = rows[at]
    parts = [replace(x, end=time, pinned_end=True), replace(x, id=0, start=time, pinned_start=True)]
    found, next_id = document.numbered([*rows[:at], *parts, *rows[at + 1 :]])
    return document.with_tiers({"phones": found}, next_id=next_id)


def _merge(document: Document, edit: Edit) -> Document:
    rows = document[edit.tier]
    at = place_of(rows, edit.tier, edit.id)
    refuse_unless(at + 1 < len(rows), f"this is the last of the {edit.tier}; nothing follows that it could merge with")
    a, b = rows[at], rows[at + 1]
    if edit.tier == "phones" and document["words"]:
        between = any(x.start == b.start for x in document["words"])
        refuse_unless(not between, "these two belong to different words; merge the words first")
    label = _merged_label(edit.tier, a.label, b.label)
    merged = replace(a, end=b.end, label=label, pinned_end=b.pinned_end, by=PERSON)
    both = document.with_tiers({edit.tier: joined_pauses([*rows[:at], merged, *rows[at + 2 :]], edit.tier)})
    if edit.tier != "words" or not label:
        return both
    phones = document["phones"]
    meeting = next((n for n, x in enumerate(phones) if n and x.start == b.start), None)
    unpinned = phones if meeting is None else with_flag(phones, meeting, flag=False)
    return _without_inner_pauses(both.with_tiers({"phones": unpinned}), merged)


def _merged_label(tier: str, a: str, b: str) -> str:
    if tier == "lines":
        return f"{a} {b}".strip()
    return a + b if tier == "words" else a or b


def _without_inner_pauses(document: Document, word: Item) -> Document:
    """A pause that came into a word belongs to the phone beside it."""
    rows = list[Item]()
    for x in document["phones"]:
        is_inside = word.start <= x.start and x.end <= word.end
        if rows and is_inside and rows[-1].start >= word.start and (not x.label or not rows[-1].label):
            a = rows.pop()
            x = replace(a, end=x.end, label=a.label or x.label, pinned_end=x.pinned_end)
        rows.append(x)
    return document.with_tiers({"phones": rows})


def _relabel(document: Document, edit: Edit) -> Document:
    rows = document[edit.tier]
    at = place_of(rows, edit.tier, edit.id)
    changed = replace(rows[at], label=_label(document, edit.tier, edit.label), by=PERSON)
    found = document.with_tiers({edit.tier: [*rows[:at], changed, *rows[at + 1 :]]})
    return _voiced(found, changed) if edit.tier == "words" else found


def _insert(document: Document, edit: Edit) -> Document:
    label = _label(document, edit.tier, edit.label)
    refuse_unless(
        edit.start >= 0.0 and edit.end - edit.start >= MIN_SECONDS and edit.end <= document.duration,
        f"it has to lie between 0 and {document.duration:.3f} s and to last {MIN_SECONDS} s at least",
    )
    if edit.tier == "cues":
        return _painted(document, edit, label)
    rows = document[edit.tier]
    if edit.tier not in GAPLESS:
        taken = next((x for x in rows if x.start < edit.end and edit.start < x.end), None)
        refuse_unless(taken is None, f"there is {quoted(taken and taken.label)} already; move or delete that first")
        new = Item(0, edit.start, edit.end, label, pinned_start=True, pinned_end=True, by=PERSON)
        found, next_id = document.numbered([*rows, new])
        return document.with_tiers({edit.tier: found}, next_id=next_id)
    at = next((n for n, x in enumerate(rows) if x.start <= edit.start and edit.end <= x.end), None)
    refuse_unless(
        at is not None and not (edit.tier == "words" and rows[at].label),
        "a new word needs a pause that holds all of it, a new phone one that it is cut out of; make room first",
    )
    assert at is not None
    found, next_id = document.numbered([*rows[:at], *_cut_out(rows[at], edit, label), *rows[at + 1 :]])
    added = document.with_tiers({edit.tier: found}, next_id=next_id)
    if edit.tier != "words":
        return added
    word = next(x for x in found if x.id >= document.next_id and x.label == label)
    for time in (word.start, word.end):
        added = _cut_phones(added, time)
    return _voiced(added, word)


def _cut_out(x: Item, edit: Edit, label: str) -> list[Item]:
    """An interval with a new one in it; a rest that is too short goes to the new one."""
    start = x.start if edit.start - x.start < MIN_SECONDS else edit.start
    end = x.end if x.end - edit.end < MIN_SECONDS else edit.end
    pins = (start > x.start or x.pinned_start, end < x.end or x.pinned_end)
    new = Item(0, start, end, label, *pins, by=PERSON)
    parts = [replace(x, end=start, pinned_end=True)] if start > x.start else []
    parts.append(new)
    if end < x.end:
        rest = replace(x, start=end, pinned_start=True)
        parts.append(replace(rest, id=0) if start > x.start else rest)
    return parts


def _painted(document: Document, edit: Edit, label: str) -> Document:
    rows = list[Item]()
    for x in document["cues"]:
        if x.start < edit.start:
            rows.append(replace(x, end=min(x.end, edit.start)))
        if x.end > edit.end:
            after = replace(x, start=max(x.start, edit.end))
            rows.append(replace(after, id=0) if x.start < edit.start else after)
    rows.append(Item(0, edit.start, edit.end, label, pinned_start=True, pinned_end=True, by=PERSON))
    found, next_id = document.numbered(sorted(rows, key=lambda x: x.start))
    for right, x in enumerate(found):
        if x.start in (edit.start, edit.end):
            found = with_flag(found, right, flag=True)
    return document.with_tiers({"cues": found}, next_id=next_id)


def _delete(document: Document, edit: Edit) -> Document:
    rows = document[edit.tier]
    at = place_of(rows, edit.tier, edit.id)
    x = rows[at]
    if edit.tier not in GAPLESS:
        return document.with_tiers({edit.tier: [*rows[:at], *rows[at + 1 :]]})
    if edit.tier == "words":
        refuse_unless(bool(x.label), "this is a pause; move the words beside it")
        quiet = [*rows[:at], replace(x, label="", by=PERSON), *rows[at + 1 :]]
        return _silenced(document.with_tiers({"words": joined_pauses(quiet, "words")}), x.start, x.end)
    word = next((w for w in document["words"] if w.start <= x.start and x.end <= w.end), None)
    low, high = (word.start, word.end) if word is not None and edit.tier == "phones" else (0.0, document.duration)
    if at and rows[at - 1].start >= low:
        kept = [*rows[: at - 1], replace(rows[at - 1], end=x.end, pinned_end=x.pinned_end), *rows[at + 1 :]]
    else:
        refuse_unless(
            at + 1 < len(rows) and rows[at + 1].end <= high,
            "it is the only one there, and a word has one phone at least; delete the word",
        )
        following = replace(rows[at + 1], start=x.start, pinned_start=x.pinned_start)
        kept = [*rows[:at], following, *rows[at + 2 :]]
    return document.with_tiers({edit.tier: kept})


def _silenced(document: Document, start: float, end: float) -> Document:
    """Phones from `start` to `end` become a pause."""
    quiet = [replace(x, label="") if start <= x.start and x.end <= end else x for x in document["phones"]]
    edges = {x.start for x in document["words"]}
    return document.with_tiers({"phones": joined_pauses(quiet, "phones", edges)})


def _voiced(document: Document, word: Item) -> Document:
    """A word whose time holds nothing but a pause gets one phone, which is not known yet."""
    rows = document["phones"]
    mine = inside(rows, word.start, word.end)
    if any(x.label for x in mine):
        return _without_inner_pauses(document, word)
    refuse_unless(bool(mine), "there is no phone in the time of this word; correct the phones first")
    one = replace(mine[0], start=mine[0].start, end=mine[-1].end, label=UNKNOWN, pinned_end=mine[-1].pinned_end)
    ids = {x.id for x in mine}
    return document.with_tiers({"phones": [*(x for x in rows if x.id not in ids), one]})


# --- texts --------------------------------------------------------------------------------------------------------


def _transcript(document: Document, edit: Edit) -> Document:
    refuse_unless(bool(edit.text), "an empty transcript; delete words one by one where nothing is said")
    return replace(document, transcript=edit.text)


def _pronounce(document: Document, edit: Edit) -> Document:
    word = document["words"][place_of(document["words"], "words", edit.id)]
    refuse_unless(bool(word.label), "this is a pause, which nobody pronounces; insert a word first")
    phones = phones_of_text(edit.phones, document.alphabet)
    refuse_unless(
        word.end - word.start >= len(phones) * MIN_SECONDS, "the word is too short for so many phones; make it longer"
    )
    old = inside(document["phones"], word.start, word.end)
    refuse_unless(bool(old), "there is no phone in the time of this word; correct the phones first")
    new = spread(phones, word, pins=(old[0].pinned_start, old[-1].pinned_end), by=PERSON)
    found, next_id = document.numbered([*(x for x in document["phones"] if x not in old), *new])
    said = {**document.pronunciations, normalise_word(word.label): " ".join(phones)}
    return replace(document.with_tiers({"phones": found}, next_id=next_id), pronunciations=said)


def _label(document: Document, tier: str, label: str, *, may_be_empty: bool = False) -> str:
    refuse_unless(bool(label) or may_be_empty, "an empty label; delete it where nothing is there")
    most = MAX_TEXT if tier == "lines" else MAX_LABEL
    refuse_unless(len(label) <= most, f"a label of {len(label)} characters; {most} are possible here at most")
    if tier == "phones":
        return phones_in(label, document.alphabet) if label else ""
    if tier in _ANY_TEXT:
        return label
    refuse_unless(
        len(label.split()) < 2, f"{quoted(label)} has a space in it; what stands here is one {tier.removesuffix('s')}"
    )
    return normalise_word(label) if tier == "words" else label


_MAKERS: Mapping[str, Callable[[Document, Edit], Document]] = {
    "move": _move,
    "split": _split,
    "merge": _merge,
    "relabel": _relabel,
    "insert": _insert,
    "delete": _delete,
    "pin": _pin,
    "unpin": _pin,
    "transcript": _transcript,
    "pronounce": _pronounce,
}
