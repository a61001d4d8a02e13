"""Documents to edit, and edits at random, for the suites of the desk."""

from __future__ import annotations

import random
from itertools import pairwise

from visalign.desk.document import GAPLESS, TIERS, Document, microseconds
from visalign.desk.edit_values import Edit
from visalign.forced_alignment.alignment import Alignment
from visalign.timeline import Interval, Tier

WORDS = Tier("words", (0.0, 0.3, 0.6, 0.9, 1.2, 1.25, 1.6, 2.0), ("", "bin", "blue", "at", "", "two", ""))
PHONES = Tier(
    "phones",
    (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.25, 1.4, 1.6, 2.0),
    ("SIL", "B", "IH", "N", "B", "L", "UW", "AE", "T", "SIL", "T", "UW", "SIL"),
)
CUES = (Interval(0.0, 0.5, "X"), Interval(0.5, 1.0, "B"), Interval(1.0, 2.0, "A"))
CLOSURES = (Interval(0.28, 0.34, "closed"), Interval(0.58, 0.64, "closed"))
LINES = (Interval(0.2, 1.7, "bin blue at two"),)


def small_document() -> Document:
    """Four words in two seconds."""
    others = {"cues": CUES, "closures": CLOSURES, "lines": LINES}
    return Document.of(Alignment(WORDS, PHONES, "made up"), "bin blue at two", others)


def random_edit(draw: random.Random, document: Document) -> Edit:
    """An edit as a person, or somebody else, might try it; many are refused."""
    kind = draw.choice(("move",) * 6 + ("split", "merge", "relabel", "insert", "delete", "pin", "unpin", "pronounce"))
    tier = draw.choice(TIERS)
    rows = document["words" if kind == "pronounce" else tier]
    item = draw.choice(rows) if rows else None
    start = microseconds(draw.uniform(-0.1, document.duration))
    label = {
        "words": draw.choice(("now", "place", "red")),
        "phones": draw.choice(("B", "ɪ", "AA1")),
        "cues": draw.choice("ABC"),
    }
    near = item.start if item is not None else start
    return Edit(
        kind,
        tier=tier,
        id=0 if item is None else item.id,
        side=draw.choice(("start", "end")),
        time=microseconds(near + draw.uniform(-0.2, 0.2)),
        start=start,
        end=microseconds(start + draw.uniform(0.0, 0.2)),
        label=label.get(tier, "any text"),
        labels=draw.choice((None, ("one", "two") if tier == "words" else ("A", "B") if tier == "cues" else None)),
        phones=draw.choice(("K AE1 T", "ˈkæt", "b ɪ n")),
    )


def assert_whole(document: Document) -> None:
    """No gap, no overlap, no identity twice, no word that begins where no phone does, pins on both sides."""
    every = [x.id for name in TIERS for x in document[name]]
    assert len(every) == len(set(every))
    assert max(every, default=0) < document.next_id
    for name in TIERS:
        rows = document[name]
        assert all(x.end > x.start for x in rows), name
        for a, b in pairwise(rows):
            assert a.end == b.start if name in GAPLESS else a.end <= b.start, (name, a, b)
            assert name not in GAPLESS or a.pinned_end == b.pinned_start, (name, a, b)
        if name in GAPLESS and rows:
            assert (rows[0].start, rows[-1].end) == (0.0, document.duration)
    edges = {x.start for x in document["phones"]}
    assert all(x.start in edges for x in document["words"])
    for word in document["words"]:
        mine = [x for x in document["phones"] if word.start <= x.start and x.end <= word.end]
        assert not word.label or any(x.label for x in mine), word
