"""Pages as text: escaped, allowed by their hashes, the same each time."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from page_reader import Reader

import visalign
from visalign import Audio, ClipReport, LipFeatures
from visalign.errors import ConfigError
from visalign.face.generated_clip import GeneratedClip
from visalign.files.timecode import in_frames, timecode_at
from visalign.reports.html_report.clip_page import clip_page, write_clip_page
from visalign.reports.html_report.lead_scale import lead_scale
from visalign.reports.wording import certainty, remedy, statement
from visalign.sync.verdict import SyncEstimate


@pytest.fixture(scope="module")
def report(generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio) -> ClipReport:
    return visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio, evidence=True)


@pytest.fixture(scope="module")
def page(report: ClipReport, generated_clip: GeneratedClip) -> str:
    return clip_page(report, generated_clip.path)


def test_only_its_own_script_and_style_may_run(page: str) -> None:
    reader = Reader(page)
    policy = next(a["content"] for tag, a in reader.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    hashes = set(re.findall(r"sha256-([\w+/=]+)", policy))
    inline = [
        base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        for (tag, attributes), source in zip(reader.tags, reader.texts, strict=True)
        if tag == "style" or (tag == "script" and "type" not in attributes)
    ]
    assert len(inline) == 2
    assert set(inline) == hashes


def test_nothing_is_loaded_from_elsewhere(page: str) -> None:
    reader = Reader(page)
    for tag, attributes in reader.tags:
        assert "style" not in attributes, tag
        assert not any(name.startswith("on") for name in attributes), tag
        for name in ("src", "href"):
            address = attributes.get(name) or ""
            assert address.startswith(("data:image/jpeg;base64,", "#")) or not address, (tag, address)
    assert not {"link", "iframe", "object", "embed", "base", "form"} - {"form"} & {tag for tag, _ in reader.tags}


def test_the_same_report_gives_the_same_page(page: str, report: ClipReport, generated_clip: GeneratedClip) -> None:
    assert clip_page(report, generated_clip.path) == page


def test_the_page_says_what_in_sync_means(page: str, report: ClipReport, generated_clip: GeneratedClip) -> None:
    limits = "at most 40 ms early or 60 ms late (profile ebu_r37"
    strict = clip_page(replace(report, clip=replace(report.clip, strict=True)), generated_clip.path)
    assert f"<dd dir=auto>{limits})</dd>" in page
    assert f"<dd dir=auto>{limits}; strict: with the whole 95 % interval)</dd>" in strict


def test_a_report_writes_its_page(page: str, report: ClipReport, generated_clip: GeneratedClip, tmp_path: Path) -> None:
    assert report.evidence is not None
    known = replace(report, evidence=replace(report.evidence, clip=generated_clip.path, audio=None))
    assert known.write(tmp_path / "page.HTML").read_text(encoding="utf-8") == page


def test_a_report_of_a_file_has_its_page_unless_it_was_made_without(
    generated_clip: GeneratedClip, tmp_path: Path
) -> None:
    """As the contract has it: check, then write, whatever the ending."""
    said = generated_clip.transcript
    kept = visalign.check(generated_clip.path, said)
    assert kept.write(tmp_path / "kept.html").read_text(encoding="utf-8") == clip_page(kept, generated_clip.path)
    plain = visalign.check(generated_clip.path, said, evidence=False)
    with pytest.raises(ConfigError, match="evidence=True"):
        plain.write(tmp_path / "plain.html")


def test_a_report_of_lips_does_not_know_its_clip(report: ClipReport, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="clip's file"):
        report.write(tmp_path / "page.html")


def test_a_report_without_evidence_is_refused(report: ClipReport, generated_clip: GeneratedClip) -> None:
    with pytest.raises(ConfigError, match="evidence=True"):
        clip_page(replace(report, evidence=None), generated_clip.path)


def test_a_clip_without_words_has_a_page(
    generated_lips: LipFeatures, generated_audio: Audio, generated_clip: GeneratedClip, tmp_path: Path
) -> None:
    found = visalign.check(generated_lips, None, audio=generated_audio, evidence=True)
    written = write_clip_page(tmp_path / "page.html", found, generated_clip.path).read_text(encoding="utf-8")
    assert "No words were judged" in written


@pytest.mark.parametrize(
    ("verdict", "lead", "words"),
    [
        ("in-sync", 0.012, ("In sync: audio is 12 ms early.", "Nothing to fix.")),
        ("audio-early", 0.083, ("Audio is 83 ms early.", "To fix, delay the audio by 83 ms.")),
        ("audio-late", -0.12, ("Audio is 120 ms late.", "To fix, advance the audio by 120 ms.")),
        (
            "uncertain",
            -0.12,
            ("Uncertain.", "The best guess is that audio is 120 ms late; look before you correct by it."),
        ),
        ("uncertain", None, ("Uncertain: there is no evidence for any offset.", "")),
    ],
)
def test_the_sign_is_told_in_words(verdict: str, lead: float | None, words: tuple[str, str]) -> None:
    interval = None if lead is None else (lead - 0.02, lead + 0.02)
    sync = SyncEstimate(lead, interval, 0.9, verdict)
    assert (statement(sync), remedy(sync)) == words


def test_how_sure_is_told_in_words() -> None:
    told = [certainty(SyncEstimate(0.0, (-0.01, 0.01), x, "in-sync")) for x in (0.998, 0.96, 0.85, 0.4)]
    assert [line.split(":")[0] for line in told] == [
        "Sure (over 99 %)",
        "Sure (96 %)",
        "Fairly sure (85 %)",
        "Not sure (40 %)",
    ]


def test_the_scale_shows_early_on_the_right(report: ClipReport, page: str) -> None:
    assert report.evidence is not None
    drawn = lead_scale(report, report.evidence)
    assert drawn is not None
    assert drawn["best"]["x"] > drawn["zero"]
    assert f'class="zero" x1="{drawn["zero"]}"' in page
    assert f'cx="{drawn["best"]["x"]}"' in page


def page_of(report: ClipReport, clip: GeneratedClip, verdict: str, lead: float, **changes: object) -> str:
    """The page as it would be with another verdict."""
    sync = SyncEstimate(lead, (lead - 0.02, lead + 0.02), 0.99, verdict, str(changes.pop("reason", "")))
    return clip_page(replace(report, sync=sync, **changes), clip.path)


def shown(page: str, tag: str) -> list[str]:
    reader = Reader(page)
    return [text.strip() for (name, _), text in zip(reader.tags, reader.texts, strict=True) if name == tag]


def test_in_sync_is_said_large_and_its_offset_small(report: ClipReport, generated_clip: GeneratedClip) -> None:
    good = tuple(replace(word, verdict="in-sync", score=1.0, lead_seconds=0.003) for word in report.judged_words)
    page = page_of(report, generated_clip, "in-sync", 0.003, judged_words=good)
    assert shown(page, "h1") == ["In sync."]
    assert '<p class="offset">The audio is 3 ms early (0.1 frames).</p>' in page
    assert "weakest" not in " ".join(shown(page, "h2"))  # none is weak
    one = (replace(good[0], verdict="audio-early", score=0.2), *good[1:])
    assert shown(page_of(report, generated_clip, "in-sync", 0.003, judged_words=one), "h2")[0] == "The weakest word"


def test_a_mismatch_tells_one_story(report: ClipReport, generated_clip: GeneratedClip) -> None:
    page = page_of(report, generated_clip, "mismatched", 0.119, reason="at no lag do the lips fit what is heard")
    body = page[page.index("<main>") : page.index("</main>")]
    assert shown(page, "h1") == ["Lips and sound do not fit."]
    for told in (" early", " late", "best guess", "95 %", "Lead here", "<svg"):
        assert told not in body.replace("at most 40 ms early or 60 ms late", "").replace("or late", ""), told
    assert body.count("Does not fit") == len(report.judged_words)
    data = json.loads(page.partition('id="clip-data">')[2].partition("</script>")[0])
    assert data["sync"]["isTold"] is False
    assert {row[7] for row in data["words"]} == {None}


def test_shapes_of_the_lips_are_named_before_their_letters(report: ClipReport, page: str) -> None:
    word = report.judged_words[0]
    first = word.expected.split()[0]
    words = report.clip.names[first]
    assert f'<span class="viseme" title="{words} ({first})">{words.split(",")[0]} <small>{first}</small></span>' in page
    assert f"<li><b>{first}</b> {words}</li>" in page


def test_frames_and_timecode_stand_beside_seconds(report: ClipReport, page: str) -> None:
    word = report.judged_words[1]
    rate = report.clip.frame_rate
    assert f"{word.start:.2f} <small>{timecode_at(word.start, rate)}</small>" in page
    assert f"<small>{in_frames(word.lead_seconds, rate)}</small>" in page
    assert f"That is {in_frames(report.sync.lead_seconds, rate)} at 25 fps." in page


def test_the_page_of_a_batch_is_one_click_away(
    report: ClipReport, generated_clip: GeneratedClip, tmp_path: Path
) -> None:
    path = write_clip_page(tmp_path / "page.html", report, generated_clip.path, back="../../index.html")
    assert '<a class="back" href="../../index.html">' in path.read_text(encoding="utf-8")


_RIGHT_TO_LEFT = ("שלום", "مَرْحَبًا", "צה״ל")


def _in_other_scripts(report: ClipReport) -> ClipReport:
    """The report with words that are written from right to left, every third with a Latin one between."""
    names = {old: _RIGHT_TO_LEFT[n % 3] for n, old in enumerate(dict.fromkeys(x for x in report.words.labels if x))}
    judged = tuple(replace(x, label=names[x.label]) for x in report.judged_words)
    said = " ".join(names[x] for x in report.words.labels if x)
    clip = replace(report.clip, transcript=f"{said}?", name="סרט 1.mp4")
    return replace(report, clip=clip, judged_words=judged, words=report.words.relabel(lambda x: names.get(x, x)))


def test_words_from_right_to_left_do_not_turn_what_stands_beside_them(
    report: ClipReport, generated_clip: GeneratedClip
) -> None:
    page = clip_page(_in_other_scripts(report), generated_clip.path)
    for word in _RIGHT_TO_LEFT:
        cells = re.findall(r"<td class=.?label.?>.*?</td>", page)
        assert any(cell.endswith(f"<bdi>{word}</bdi></td>") for cell in cells), word
    assert "<dt>Transcript</dt><dd dir=auto>" in page
    assert re.search(r"<bdi class=.?file.?>", page)
