"""ELAN's documents: the clock of the medium, times that nobody has set, and references in any order."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from visalign.errors import ParseError
from visalign.language.annotations import Annotation, read_annotation

SLOTS = {"t1": 100, "t2": 500, "t3": None, "t4": 900}


def document(*tiers: str, media: str = "", units: str = "milliseconds", slots: dict[str, int | None] = SLOTS) -> str:
    order = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="{name}"' + ("" if value is None else f' TIME_VALUE="{value}"') + "/>"
        for name, value in slots.items()
    )
    head = f'<HEADER MEDIA_FILE="" TIME_UNITS="{units}">{media}</HEADER><TIME_ORDER>{order}</TIME_ORDER>'
    return f"<ANNOTATION_DOCUMENT>{head}{''.join(tiers)}</ANNOTATION_DOCUMENT>"


def tier(name: str, *annotations: str) -> str:
    return f'<TIER TIER_ID="{name}">' + "".join(f"<ANNOTATION>{x}</ANNOTATION>" for x in annotations) + "</TIER>"


def own(name: str, start: str, end: str, label: str) -> str:
    times = f'TIME_SLOT_REF1="{start}" TIME_SLOT_REF2="{end}"'
    value = f"<ANNOTATION_VALUE>{label}</ANNOTATION_VALUE>"
    return f'<ALIGNABLE_ANNOTATION ANNOTATION_ID="{name}" {times}>{value}</ALIGNABLE_ANNOTATION>'


def shared(name: str, parent: str, label: str, before: str = "") -> str:
    previous = f' PREVIOUS_ANNOTATION="{before}"' if before else ""
    value = f"<ANNOTATION_VALUE>{label}</ANNOTATION_VALUE>"
    return f'<REF_ANNOTATION ANNOTATION_ID="{name}" ANNOTATION_REF="{parent}"{previous}>{value}</REF_ANNOTATION>'


def medium(name: str, origin: int | None = None) -> str:
    told = "" if origin is None else f' TIME_ORIGIN="{origin}"'
    return f'<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/my%20clips/{name}" MIME_TYPE="video/mp4"{told}/>'


def read(folder: Path, text: str, recording: str | None = None) -> Annotation:
    path = folder / "a.eaf"
    path.write_text(text, encoding="utf-8")
    return read_annotation(path, recording)


def rows(found: Annotation, kind: str = "words") -> list[tuple[float, float, str]]:
    return [(x.start, x.end, x.label) for track in found.tracks for x in getattr(track, kind)]


WORDS = tier("words", own("a1", "t1", "t2", "oh"))


# ---- the clock ----


def test_time_in_the_medium_is_that_of_the_document_and_the_origin(tmp_path: Path) -> None:
    assert rows(read(tmp_path, document(WORDS))) == [(0.1, 0.5, "oh")]
    later = read(tmp_path, document(WORDS, media=medium("clip.mp4", 300)), "clip")
    assert rows(later) == [(0.4, 0.8, "oh")]
    assert not later.warnings
    earlier = read(tmp_path, document(WORDS, media=medium("clip.mp4", -50)))
    assert rows(earlier) == [(0.05, 0.45, "oh")]
    assert earlier.warnings == ("its times were moved by -50 ms, the time origin of clip.mp4",)


def test_of_several_media_the_one_of_that_name_counts(tmp_path: Path) -> None:
    media = medium("left cam.mp4") + medium("right%20cam.mp4", 300) + medium("talk.wav", 5000)
    linked = '<LINKED_FILE_DESCRIPTOR LINK_URL="file:///x/left cam.tsv" TIME_ORIGIN="77"/>'
    text = document(WORDS, media=media + linked)
    for name, start in (("left cam", 0.1), ("right cam", 0.4), ("Right Cam.mp4", 0.4), ("talk", 5.1)):
        found = read(tmp_path, text, name)
        assert rows(found)[0][0] == start, name
        assert not found.warnings
    for name in ("other", None):
        found = read(tmp_path, text, name)
        assert rows(found)[0][0] == 0.1
        (told,) = found.warnings
        assert "left cam.mp4 (+0 ms), right cam.mp4 (+300 ms), talk.wav (+5000 ms)" in told
        assert "--alignment-shift" in told


def test_media_that_agree_need_no_name(tmp_path: Path) -> None:
    found = read(tmp_path, document(WORDS, media=medium("a.mp4", 300) + medium("a.wav", 300)), "b")
    assert rows(found) == [(0.4, 0.8, "oh")]
    assert found.warnings == ("its times were moved by +300 ms, the time origin of a.mp4",)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (document(WORDS, media=medium("a.mp4").replace("/>", ' TIME_ORIGIN="soon"/>')), "'soon' is no time"),
        (document(WORDS, units="PAL-frames"), "times are in PAL-frames"),
        (document(WORDS).replace('"100"', '"' + "9" * 400 + '"'), "'9{40}' is no time"),
        (document(WORDS).replace('"100"', '"' + "9" * 20 + '"'), "is no time"),
        (document(WORDS).replace('"100"', '"0x10"'), "'0x10' is no time"),
        (document(WORDS).replace('REF1="t1"', 'REF1="t9"'), "refers to 't9', which is not in it"),
        (document(tier("words", shared("a1", "a9", "oh"))), "refers to 'a9', which is not in it"),
        (document(tier("words", shared("a1", "a1", "oh"))), "annotation a1 refers to itself"),
        (document(tier("words", shared("a1", "a2", "oh"), shared("a2", "a1", "no"))), "refers to itself"),
        (document(tier("words", own("a1", "t2", "t1", "oh"))), "runs from 0.5 to 0.1 s"),
        (document(tier("words", "<X ANNOTATION_ID='a'/>")), "has no name, or no kind"),
        (document(), "no tier of it"),
    ],
)
def test_what_makes_no_sense(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ParseError, match=complaint) as caught:
        read(tmp_path, text)
    assert len(str(caught.value)) < 400


# ---- times that nobody has set ----


def test_words_that_share_the_time_of_an_utterance_are_a_phrase(tmp_path: Path) -> None:
    utterance = tier("utterances", own("a1", "t1", "t4", "oh no then"))
    parts = [shared("w1", "a1", "oh"), shared("w3", "a1", "then", "w2"), shared("w2", "a1", "no", "w1")]
    found = read(tmp_path, document(utterance, tier("words", *parts)))
    assert rows(found) == []
    assert rows(found, "phrases") == [(0.1, 0.9, "oh no then")]  # in the order of the references, not of the file


def test_words_over_a_slot_without_a_time_are_a_phrase_and_others_are_not(tmp_path: Path) -> None:
    words = [own("a1", "t1", "t2", "oh"), own("a2", "t2", "t3", "no"), own("a3", "t3", "t4", "then")]
    found = read(tmp_path, document(tier("words", *words)))
    assert rows(found) == [(0.1, 0.5, "oh")]
    assert rows(found, "phrases") == [(0.5, 0.9, "no then")]


def test_what_refers_alone_has_the_time_of_the_other(tmp_path: Path) -> None:
    spoken = tier("utterances", own("a1", "t1", "t2", "x"), own("a2", "t2", "t4", "y"))
    found = read(tmp_path, document(spoken, tier("words", shared("w1", "a1", "oh"), shared("w2", "a2", "no"))))
    assert rows(found) == [(0.1, 0.5, "oh"), (0.5, 0.9, "no")]
    assert rows(found, "phrases") == []


def test_what_refers_to_a_part_of_a_phrase_has_no_time_either(tmp_path: Path) -> None:
    """Utterance, chunks without times, words of each chunk: one phrase, in one time."""
    chunks = tier("chunks", shared("c1", "a1", "oh no"), shared("c2", "a1", "then", "c1"))
    words = tier("words", shared("w1", "c1", "oh"), shared("w2", "c1", "no", "w1"), shared("w3", "c2", "then"))
    found = read(tmp_path, document(words, chunks, tier("utterances", own("a1", "t1", "t4", "x"))))
    assert rows(found, "phrases") == [(0.1, 0.9, "oh no then")]


def test_phones_without_times_are_left_out_and_told(tmp_path: Path) -> None:
    words = tier("words", own("a1", "t1", "t2", "oh"))
    phones = tier("phones", shared("p1", "a1", "OW"), shared("p2", "a1", "W", "p1"))
    found = read(tmp_path, document(words, phones))
    assert rows(found) == [(0.1, 0.5, "oh")]
    assert rows(found, "phones") == []
    assert found.warnings == ("1 label(s) of phones have no time of their own; they were left out: OW W",)


def test_an_annotation_without_an_end_lies_between_its_neighbours(tmp_path: Path) -> None:
    words = tier("words", own("a1", "t1", "t2", "oh"), own("a2", "t2", "t3", "no"))
    found = read(tmp_path, document(words))
    assert rows(found) == [(0.1, 0.5, "oh")]
    assert found.warnings == ("1 word(s) have no time in the file and no neighbour after them; left out: no",)


def test_long_chains_of_references_take_no_time(tmp_path: Path) -> None:
    """Four times the chain takes four times as long, and not sixteen times."""

    def seconds(n: int) -> float:
        tiers = [tier("utterances", own("a0", "t1", "t2", "oh"))]
        links = [tier(f"level{k}", shared(f"a{k}", f"a{k - 1}", "x")) for k in range(1, n)]
        tiers += [*reversed(links), tier("words", shared("w", f"a{n - 1}", "oh"))]
        text, started = document(*tiers), time.process_time()
        assert rows(read(tmp_path, text)) == [(0.1, 0.5, "oh")]
        return time.process_time() - started

    short, long = (min(seconds(n) for _ in range(3)) for n in (3000, 12000))
    assert long < 10 * short
