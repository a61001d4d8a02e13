"""Desks of a batch, a report and a clip: what is found where, and what is never written."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from visalign.batch.decisions import Decisions
from visalign.batch.ledger import LEDGER_NAME, Ledger, Outcome
from visalign.batch.summary import write_summary
from visalign.corpora.clip_list import BatchClip
from visalign.desk.answers import answer_get, answer_post
from visalign.desk.clip import DeskClip
from visalign.desk.edit_values import Edit
from visalign.desk.material import ClipMaterial, clip_id
from visalign.desk.places import Doorway, desk_of_batch, is_batch, material_of_report, own_place
from visalign.errors import InputError, MediaError, ParseError
from visalign.face.generated_clip import GeneratedClip
from visalign.reports.html_report import write_batch_page

RESULTS = {
    "a": {"verdict": "in-sync", "lead_seconds": 0.01, "confidence": 0.99},
    "b": {"verdict": "uncertain", "lead_seconds": None, "confidence": 0.3, "sync_reason": "too short"},
    "c": {"verdict": "audio-late", "lead_seconds": -0.2, "confidence": 0.95},
    "e": {"verdict": "audio-early", "lead_seconds": 0.4, "confidence": 0.95},
}


@pytest.fixture
def results(tmp_path: Path, generated_clip: GeneratedClip) -> Path:
    """The folder of a batch of five clips, as `visalign batch` leaves it; one of them failed."""
    out, clips = tmp_path / "results", tmp_path / "clips"
    out.mkdir()
    clips.mkdir()
    with Ledger(out / LEDGER_NAME) as ledger:
        rows = [BatchClip(f"{name}.mp4", name, text="bin blue at f two now") for name in "abcde"]
        ledger.enter(enumerate(rows))
        for row in rows:
            path = clips / row.clip
            shutil.copy(generated_clip.path, path)
            ledger.keep_digest(str(path), path.stat(), "0" * 64)
            ledger.claim(row.id, "key", f"reports/{row.id}.json")
            result = RESULTS.get(row.id)
            failed = Outcome(reason="no-face", message="no face was found")
            ledger.record(row.id, failed if result is None else Outcome(result=result))
        write_summary(out, ledger)
    return out


def test_the_queue_of_a_batch_begins_with_what_is_in_doubt(results: Path) -> None:
    assert is_batch(results)
    pattern = ClipMaterial("", "", results)
    with desk_of_batch(results, pattern, "anna") as desk:
        queue = desk.queue("", "")
        assert [x["name"] for x in queue["clips"]] == ["b", "d", "e", "c", "a"]
        assert (queue["total"], queue["decided"]) == (5, 0)
        told = {x["name"]: x["sentence"] for x in queue["clips"]}
        assert (told["c"], told["b"]) == ("Audio 200 ms late", "Uncertain: too short")
        assert next(x for x in queue["clips"] if x["name"] == "d")["error"] == "no face was found"
        assert [x["name"] for x in desk.queue("fault", "")["clips"]] == ["e", "c"]
        sent = json.dumps({"line": None, "decision": "reject", "comment": "200 ms"}).encode()
        answer = answer_post(desk, ("clips", clip_id("c"), "decide"), sent)
        assert answer is not None
        assert (answer.code, json.loads(answer.body)["message"]) == (200, "")
        assert [x["name"] for x in desk.queue("undecided", "")["clips"]] == ["b", "d", "e", "a"]
        assert [x["name"] for x in desk.queue("", "")["clips"]][-1] == "c"
        assert desk.queue("decided", "")["clips"][0]["who"] == "anna"
        with Ledger(results / LEDGER_NAME, read_only=True) as ledger:
            assert ledger.counts()["done"] == 4
    made = Decisions(results / LEDGER_NAME)
    assert [(x.clip, x.decision) for x in made.all()] == [("c", "reject")]
    made.close()
    page = write_batch_page(results).read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="batch-data">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    shown = {row[0]: row[data["columns"].index("decision")] for row in data["rows"]}
    assert shown == {"a": "", "b": "", "c": "reject (anna)", "d": "", "e": ""}


def test_a_clip_of_a_batch_is_opened_with_its_words(results: Path) -> None:
    with desk_of_batch(results, ClipMaterial("", "", results), "anna") as desk:
        clip = desk.clip(clip_id("a"))
        assert isinstance(clip, DeskClip)
        assert [x.label for x in clip.document["words"] if x.label] == ["bin", "blue", "at", "f", "two", "now"]
        first = clip.document["words"][1]
        clip.edit(Edit("pin", "words", first.id, "start"), 0, "anna")
        # The queue says what the clip is judged as now, not as the batch had it.
        row = next(x for x in desk.queue("", "")["clips"] if x["name"] == "a")
        assert row["verdict"] == "audio-early"
        gone = answer_get(desk, ("clips", "nobody"), {})
        assert gone is not None
        assert gone.code == 400


def test_a_clip_that_is_no_longer_there_is_told(results: Path) -> None:
    (results.parent / "clips" / "a.mp4").unlink()
    with (
        desk_of_batch(results, ClipMaterial("", "", results), "anna") as desk,
        pytest.raises(MediaError, match=r"a\.mp4"),
    ):
        desk.clip(clip_id("a"))


def test_the_clip_of_a_report_lies_beside_it(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    pattern = ClipMaterial("", "", report)
    report.write_text('{"clip": {"name": "/somewhere/clip.mp4"}}')
    with pytest.raises(InputError, match="--alignment"):
        material_of_report(report, pattern)
    (tmp_path / "clip.mp4").touch()
    assert material_of_report(report, pattern).clip == tmp_path / "clip.mp4"
    for text in ("[]", "{}", "no json", '{"clip": 3}'):
        report.write_text(text)
        with pytest.raises(ParseError):
            material_of_report(report, pattern)


def test_what_is_kept_of_a_clip_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"some content")
    place = own_place(clip)
    assert place.is_dir()
    assert place.parent.stat().st_mode & 0o077 == 0
    moved = tmp_path / "elsewhere.mp4"
    shutil.copy(clip, moved)
    assert own_place(moved) == place  # it is the clip that counts, not where it lies
    with pytest.raises(MediaError):
        own_place(tmp_path / "missing.mp4")
    door = Doorway.of(place)
    Doorway(door.token, 8123).keep(place)
    assert Doorway.of(place) == Doorway(door.token, 8123)
    (place / "desk.json").write_text("[]")
    assert Doorway.of(place).token != door.token
