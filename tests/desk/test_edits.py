"""What edits make of a document: the right values, and what is refused in one line."""

from __future__ import annotations

import random

import pytest
from desk_documents import assert_whole, random_edit, small_document

from visalign.desk.document import Document
from visalign.desk.edit_values import Edit, parse_edit
from visalign.desk.edits import UNKNOWN, apply
from visalign.errors import EditRefused


def shown(document: Document, tier: str) -> list[tuple[float, float, str]]:
    return [(x.start, x.end, x.label) for x in document[tier]]


def id_of(document: Document, tier: str, label: str) -> int:
    return next(x.id for x in document[tier] if x.label == label)


def test_a_boundary_of_words_takes_its_phones_along_and_is_pinned() -> None:
    start = small_document()
    found = apply(start, Edit("move", "words", id_of(start, "words", "blue"), "start", time=0.66))
    assert shown(found, "words")[1:3] == [(0.3, 0.66, "bin"), (0.66, 0.9, "blue")]
    assert shown(found, "phones")[1:7] == [
        *((0.3, 0.42, "B"), (0.42, 0.54, "IH"), (0.54, 0.66, "N")),
        *((0.66, 0.74, "B"), (0.74, 0.82, "L"), (0.82, 0.9, "UW")),
    ]
    word = found["words"][2]
    assert (word.pinned_start, word.pinned_end, found["words"][1].pinned_end) == (True, False, True)
    assert [x.id for x in found["words"]] == [x.id for x in start["words"]]
    assert_whole(found)


def test_pinned_phones_stay_and_refuse_a_word_that_would_cross_them() -> None:
    start = small_document()
    pinned = apply(start, Edit("pin", "phones", start["phones"][2].id, "start"))
    found = apply(pinned, Edit("move", "words", id_of(start, "words", "blue"), "start", time=0.5))
    assert shown(found, "phones")[1:4] == [(0.3, 0.4, "B"), (0.4, 0.45, "IH"), (0.45, 0.5, "N")]
    with pytest.raises(EditRefused, match="unpin"):
        apply(pinned, Edit("move", "words", id_of(start, "words", "blue"), "start", time=0.4005))


def test_a_phone_at_the_edge_of_a_word_moves_the_word() -> None:
    start = small_document()
    found = apply(start, Edit("move", "phones", start["phones"][4].id, "start", time=0.63))
    assert shown(found, "words")[1:3] == [(0.3, 0.63, "bin"), (0.63, 0.9, "blue")]
    assert_whole(found)


def test_split_merge_insert_delete_of_words() -> None:
    start = small_document()
    two = apply(start, Edit("split", "words", id_of(start, "words", "blue"), time=0.75, labels=("be", "low")))
    assert shown(two, "words")[2:4] == [(0.6, 0.75, "be"), (0.75, 0.9, "low")]
    one = apply(two, Edit("merge", "words", id_of(two, "words", "be")))
    assert shown(one, "words")[2] == (0.6, 0.9, "below")
    new = apply(start, Edit("insert", "words", start=1.7, end=1.9, label="Now"))
    assert shown(new, "words")[-3:] == [(1.6, 1.7, ""), (1.7, 1.9, "now"), (1.9, 2.0, "")]
    assert shown(new, "phones")[-2:] == [(1.7, 1.9, UNKNOWN), (1.9, 2.0, "")]
    gone = apply(start, Edit("delete", "words", id_of(start, "words", "two")))
    assert shown(gone, "words")[-2:] == [(0.9, 1.2, "at"), (1.2, 2.0, "")]
    assert shown(gone, "phones")[-1] == (1.2, 2.0, "")
    for found in (two, one, new, gone):
        assert_whole(found)


def test_phones_in_ipa_become_those_of_the_document() -> None:
    start = small_document()
    found = apply(start, Edit("relabel", "phones", start["phones"][2].id, label="æ"))
    assert found["phones"][2].label == "AE"
    said = apply(start, Edit("pronounce", id=id_of(start, "words", "two"), phones="tʃ uː"))
    assert [x[2] for x in shown(said, "phones")][-3:-1] == ["CH", "UW"]
    assert said.pronunciations == {"two": "CH UW"}
    with pytest.raises(EditRefused, match="neither ARPABET"):
        apply(start, Edit("relabel", "phones", start["phones"][2].id, label="ʡ"))


def test_a_cue_is_painted_over_what_was_there() -> None:
    start = small_document()
    found = apply(start, Edit("insert", "cues", start=0.4, end=0.6, label="C"))
    assert shown(found, "cues") == [(0.0, 0.4, "X"), (0.4, 0.6, "C"), (0.6, 1.0, "B"), (1.0, 2.0, "A")]
    inside = apply(start, Edit("insert", "cues", start=0.6, end=0.7, label="C"))
    assert shown(inside, "cues")[1:4] == [(0.5, 0.6, "B"), (0.6, 0.7, "C"), (0.7, 1.0, "B")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (None, "kind"),
        ({"kind": "explode"}, "kind"),
        ({"kind": "move", "tier": "../x", "id": 1, "side": "end", "time": 1}, "no tier"),
        ({"kind": "move", "tier": "words", "id": "1", "side": "end", "time": 1}, "whole number"),
        ({"kind": "move", "tier": "words", "id": 1, "side": "end", "time": float("nan")}, "seconds"),
        ({"kind": "move", "tier": "words", "id": 1, "side": "end", "time": 10**400}, "seconds"),
        ({"kind": "move", "tier": "words", "id": True, "side": "end", "time": 1}, "whole number"),
        ({"kind": "relabel", "tier": "words", "id": 2, "label": "a\x00b"}, r"U\+0000"),
        ({"kind": "relabel", "tier": "words", "id": 2, "label": "a\x1b[31mb"}, r"U\+001B"),
        ({"kind": "relabel", "tier": "words", "id": 2, "label": "a\u202eb"}, r"U\+202E"),
        ({"kind": "relabel", "tier": "lines", "id": 2, "label": "x" * 1_000_000}, "1000000 characters"),
        ({"kind": "split", "tier": "words", "id": 2, "time": 1, "labels": ["a"]}, "two labels"),
        ({"kind": "transcript", "text": 3}, "text"),
    ],
)
def test_what_is_no_edit_is_refused_in_one_line(data: object, why: str) -> None:
    with pytest.raises(EditRefused, match=why) as told:
        parse_edit(data)
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 300


def test_what_can_not_be_done_is_refused() -> None:
    start = small_document()
    word = id_of(start, "words", "bin")
    refused = (
        (Edit("move", "words", 10_000, "end", time=1.0), "no interval"),
        (Edit("move", "words", start["words"][0].id, "start", time=0.1), "begin here"),
        (Edit("move", "words", word, "start", time=1.9), "can be moved from"),
        (Edit("relabel", "words", word, label="two words"), "space"),
        (Edit("relabel", "words", word, label="x" * 101), "100 are possible"),
        (Edit("relabel", "words", word, label=""), "delete"),
        (Edit("insert", "words", start=0.5, end=0.7, label="now"), "make room"),
        (Edit("insert", "words", start=1.9, end=2.1, label="now"), "between 0 and"),
        (Edit("merge", "phones", start["phones"][3].id), "different words"),
        (Edit("delete", "words", start["words"][0].id), "pause"),
        (Edit("insert", "lines", start=0.5, end=0.7, label="x"), "already"),
        (Edit("pronounce", id=word, phones=""), "phones"),
        (Edit("transcript", text=""), "empty"),
    )
    for edit, why in refused:
        with pytest.raises(EditRefused, match=why):
            apply(start, edit)


@pytest.mark.parametrize("seed", range(4))
def test_a_document_stays_whole_whatever_is_tried(seed: int) -> None:
    draw, document, n_made = random.Random(seed), small_document(), 0
    for _ in range(600):
        edit = random_edit(draw, document)
        try:
            after = apply(document, edit)
        except EditRefused:
            continue
        assert_whole(after)
        n_made += 1
        assert document.changed(document.change_to(after)).to_json() == after.to_json()
        assert after.changed(after.change_to(document)).to_json() == document.to_json()
        # As a page sends it.
        assert apply(document, parse_edit(edit.to_dict())) == after
        document = after
    assert n_made > 100
