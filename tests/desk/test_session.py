"""Whole sessions at a desk with a clip of known truth: edit, judge, decide, write, go away and come back."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_documents import assert_whole, random_edit

import visalign
from visalign.acoustic_training.corpus import read_spoken_corpus
from visalign.corpora.manifest import listed_clips
from visalign.desk.clip import DeskClip
from visalign.desk.edit_values import Edit
from visalign.desk.history import Journal, NotNewest
from visalign.desk.material import ClipMaterial
from visalign.desk.places import JOURNAL_NAME, desk_of_clip
from visalign.desk.workplace import Desk
from visalign.desk.writing import DECISION_FORMATS, decisions_file, write_results
from visalign.errors import EditRefused
from visalign.face.generated_clip import GeneratedClip
from visalign.language.lexicon import embedded_lexicon
from visalign.media.clips import read_audio

SENTENCE = "bin blue at f two now"


@pytest.fixture(scope="module")
def material(generated_clip: GeneratedClip, tmp_path_factory: pytest.TempPathFactory) -> ClipMaterial:
    cache = tmp_path_factory.mktemp("lips")
    return ClipMaterial("c1", "clip.mp4", generated_clip.path, transcript=SENTENCE, lip_cache=cache)


@pytest.fixture
def desk(material: ClipMaterial, tmp_path: Path) -> Iterator[Desk]:
    with desk_of_clip(material, tmp_path, "anna") as found:
        yield found


def word(clip: DeskClip, label: str) -> int:
    return next(x.id for x in clip.document["words"] if x.label == label)


def test_a_moved_boundary_stays_and_the_words_beside_it_follow(desk: Desk) -> None:
    clip = desk.clip("c1")
    before = clip.document
    start = next(x.start for x in before["words"] if x.label == "blue")
    told = clip.edit(Edit("move", "words", word(clip, "blue"), "start", time=round(start + 0.03, 6)), 0, "anna")
    assert told["revision"] == 1
    after = clip.document
    assert_whole(after)
    blue = next(x for x in after["words"] if x.label == "blue")
    assert (blue.start, blue.pinned_start) == (round(start + 0.03, 6), True)
    # Those that are further than a word away are where they were.
    assert [x for x in after["words"] if x.label == "now"] == [x for x in before["words"] if x.label == "now"]
    # Its own edit does not move what is pinned.
    clip.edit(Edit("move", "words", blue.id, "end", time=round(blue.end + 0.02, 6)), 1, "anna")
    assert next(x.start for x in clip.document["words"] if x.label == "blue") == blue.start
    assert {tier for tier, _ in told["changed"]} >= {"words", "phones"}


def test_new_words_get_their_phones_and_times_from_the_sound(desk: Desk) -> None:
    clip = desk.clip("c1")
    before = [(x.label, x.start) for x in clip.document["words"] if x.label]
    clip.edit(Edit("transcript", text="bin red at f two now"), 0, "anna")
    clip.edit(Edit("transcript", text=SENTENCE), 1, "anna")
    after = [(x.label, x.start) for x in clip.document["words"] if x.label]
    assert [x for x, _ in after] == [x for x, _ in before]
    # Back to the same words, aligned between their neighbours: within two frames of where they were.
    assert all(abs(a - b) < 0.08 for (_, a), (_, b) in zip(after, before, strict=True))
    assert_whole(clip.document)


def test_a_word_that_nobody_can_say_changes_nothing(desk: Desk) -> None:
    clip = desk.clip("c1")
    before = clip.document.to_json()
    for label in ("<b>", "...", "12345678901234567890"):
        with pytest.raises(EditRefused) as told:
            clip.edit(Edit("relabel", "words", word(clip, "bin"), label=label), 0, "anna")
        assert "\n" not in str(told.value)
    assert (clip.document.to_json(), clip.history.revision) == (before, 0)


def test_check_says_of_what_was_written_what_the_desk_showed(desk: Desk, material: ClipMaterial) -> None:
    clip = desk.clip("c1")
    clip.edit(Edit("move", "words", word(clip, "at"), "end", time=round(_end(clip, "at") + 0.025, 6)), 0, "anna")
    clip.edit(Edit("pronounce", id=word(clip, "two"), phones="t iː"), 1, "anna")
    files = write_results(desk, "c1", ("TextGrid", "json", "csv", "eaf", "cues", "lexicon", "corpus"))
    shown = clip.state()["judgement"]
    for path in files[:3]:
        report = visalign.check(material.clip, alignment=path, lip_cache=material.lip_cache)
        assert report.sync.verdict == shown["verdict"]
        assert round(report.sync.lead_seconds or 0.0, 6) == shown["lead_seconds"], path
        told = [(x.verdict, round(x.lead_seconds, 6), round(x.score, 6)) for x in report.judged_words]
        assert told == [(x["verdict"], x["lead_seconds"], x["score"]) for x in shown["words"]], path
        assert report.summary().splitlines()[0] == shown["sentence"]
    eaf = visalign.check(material.clip, alignment=files[3], lip_cache=material.lip_cache)  # whole milliseconds
    assert eaf.sync.verdict == shown["verdict"]
    assert files[5].read_text(encoding="utf-8") == "two  T IY\n"
    cues = json.loads(files[4].read_text(encoding="utf-8"))["mouthCues"]
    assert [(x["value"], x["start"]) for x in cues] == [(x.label, round(x.start, 2)) for x in clip.document["cues"]]


def test_corrections_are_what_models_learn_from(desk: Desk, material: ClipMaterial) -> None:
    clip = desk.clip("c1")
    clip.edit(Edit("transcript", text="bin blue at f two soon"), 0, "anna")
    sound, grid, manifest = write_results(desk, "c1", ("corpus",))
    assert read_audio(sound).duration == pytest.approx(clip.document.duration, abs=0.001)
    # As `visalign acoustic adapt english corrected/corpus` and `visalign train corrected/corpus/clips.csv` read them.
    corpus = read_spoken_corpus(sound.parent, embedded_lexicon())
    assert [x.text for x in corpus.stretches] == ["bin blue at f two soon"]
    (listed,), missing = listed_clips(manifest)
    assert (listed.path, listed.transcript.split(), missing) == (
        material.clip.resolve(),
        ["bin", "blue", "at", "f", "two", "soon"],
        [],
    )
    assert grid.parent == sound.parent


def _end(clip: DeskClip, label: str) -> float:
    return next(x.end for x in clip.document["words"] if x.label == label)


def test_what_somebody_changed_is_not_overwritten(desk: Desk) -> None:
    clip = desk.clip("c1")
    (path,) = write_results(desk, "c1", ("TextGrid",))
    clip.edit(Edit("move", "words", word(clip, "at"), "end", time=round(_end(clip, "at") + 0.025, 6)), 0, "anna")
    first = path.read_bytes()
    assert write_results(desk, "c1", ("TextGrid",)) == [path]
    assert path.read_bytes() != first
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(EditRefused, match="changed since"):
        write_results(desk, "c1", ("TextGrid",))
    assert path.read_text(encoding="utf-8") == "mine"
    assert sorted(x.name for x in path.parent.iterdir()) == ["clip.mp4.TextGrid"]


def test_a_desk_goes_on_where_it_was(material: ClipMaterial, tmp_path: Path) -> None:
    with desk_of_clip(material, tmp_path, "anna") as first:
        clip = first.clip("c1")
        start = clip.document.to_json()
        clip.edit(Edit("move", "words", word(clip, "at"), "end", time=round(_end(clip, "at") + 0.025, 6)), 0, "anna")
        clip.edit(Edit("relabel", "words", word(clip, "bin"), label="been"), 1, "anna")
        clip.undo(2, "anna")
        left = clip.state()
    with desk_of_clip(material, tmp_path, "anna") as second:
        clip = second.clip("c1")
        assert clip.state() == left
        assert (clip.history.can_undo, clip.history.can_redo) == (True, True)
        clip.redo(3, "anna")
        assert any(x.label == "been" for x in clip.document["words"])
        clip.undo(4, "anna")
        clip.undo(5, "anna")
        assert clip.document.to_json() == start
        with pytest.raises(EditRefused, match="nothing to undo"):
            clip.undo(6, "anna")


def test_another_clip_under_the_same_name_is_refused(material: ClipMaterial, tmp_path: Path) -> None:
    with desk_of_clip(material, tmp_path, "anna") as first:
        journal, document = first.journal, first.clip("c1").document
        assert journal.revision("clip.mp4") == 0
        del document
    path = tmp_path / JOURNAL_NAME
    journal = Journal(path)
    (row,) = journal.entries("clip.mp4")
    shorter = row[2]
    shorter["document"]["duration"] += 1.0
    journal.append("longer.mp4", 0, "start", shorter, "anna")
    journal.close()
    other = ClipMaterial("c1", "longer.mp4", material.clip, transcript=SENTENCE, lip_cache=material.lip_cache)
    with desk_of_clip(other, tmp_path, "anna") as desk, pytest.raises(EditRefused, match=r"lasts|begin anew"):
        desk.clip("c1")


def test_two_desks_on_one_folder_see_each_other(material: ClipMaterial, tmp_path: Path) -> None:
    with desk_of_clip(material, tmp_path, "anna") as a, desk_of_clip(material, tmp_path, "ben") as b:
        mine, theirs = a.clip("c1"), b.clip("c1")
        edit = Edit("move", "words", word(mine, "at"), "end", time=round(_end(mine, "at") + 0.025, 6))
        mine.edit(edit, 0, "anna")
        with pytest.raises(NotNewest) as told:
            theirs.edit(edit, 0, "ben")
        assert told.value.revision == 1
        assert theirs.state() == mine.state()
        a.decide("c1", None, "needs fix", "late")
        b.decide("c1", None, "accept", "")
        assert [x["who"] for x in a.decisions_about(a.material("c1"))] == ["anna", "ben"]
        assert a.versions()["c1"] == b.versions()["c1"] == 1
        assert a.agreement()["table"][2][0] == 1


def test_decisions_in_all_forms(desk: Desk) -> None:
    clip = desk.clip("c1")
    clip.edit(Edit("insert", "lines", start=0.5, end=1.2, label='=cmd|"x" <b>bin</b>'), 0, "anna")
    line = clip.document["lines"][0].id
    desk.decide("c1", line, "reject", "too late\nby far")
    desk.decide("c1", None, "accept", "")
    files = {name: decisions_file(desk, name).data.decode() for name in DECISION_FORMATS}
    rows = list(csv.DictReader(io.StringIO(files["csv"], newline="")))
    assert [(x["decision"], x["who"], x["timecode"]) for x in rows] == [
        ("reject", "anna", "00:00:00:12"),
        ("accept", "anna", "00:00:00:00"),
    ]
    assert rows[0]["line_text"].startswith("'=")  # no formula
    assert [x["decision"] for x in json.loads(files["json"])["history"]] == ["reject", "accept"]
    assert "&lt;b&gt;" in files["html"]
    assert "<b>bin" not in files["html"]
    assert "* LOC: 01:00:00:12 RED     reject: too late by far" in files["edl"]
    clips = json.loads(files["otio"])["tracks"]["children"][0]["children"]
    assert [x["color"] for x in clips[0]["markers"]] == ["RED", "GREEN"]
    assert "00:00:00,480 --> 00:00:01,200" in files["srt"] or "00:00:00,480 --> 00:00:01,160" in files["srt"]
    with pytest.raises(EditRefused, match="decision is one of"):
        desk.decide("c1", None, "explode", "")
    with pytest.raises(EditRefused, match="no such line"):
        desk.decide("c1", 12345, "accept", "")


def test_any_edits_can_be_undone_to_the_start(desk: Desk) -> None:
    """With the machine's part: what was aligned again is undone with the edit."""
    clip, draw = desk.clip("c1"), random.Random(7)
    states = [clip.document.to_json()]
    while len(states) < 25:
        try:
            clip.edit(random_edit(draw, clip.document), clip.history.revision, "anna")
        except EditRefused:
            continue
        assert_whole(clip.document)
        states.append(clip.document.to_json())
    for state in reversed(states[:-1]):
        clip.undo(clip.history.revision, "anna")
        assert clip.document.to_json() == state
    for state in states[1:]:
        clip.redo(clip.history.revision, "anna")
        assert clip.document.to_json() == state


def test_the_clip_is_left_alone(generated_clip: GeneratedClip, tmp_path: Path) -> None:
    clip = tmp_path / "mine" / "clip.mp4"
    clip.parent.mkdir()
    shutil.copy(generated_clip.path, clip)
    before = clip.read_bytes()
    with desk_of_clip(ClipMaterial("c1", "clip.mp4", clip, transcript=SENTENCE), tmp_path / "kept", "anna") as desk:
        write_results(desk, "c1", ("TextGrid", "corpus"))
    assert clip.read_bytes() == before
    assert [x.name for x in clip.parent.iterdir()] == ["clip.mp4"]
