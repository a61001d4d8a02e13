"""The page of a clip in a real browser: click, play, step, and read the numbers back."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import visalign
from visalign import Audio, ClipReport, LipFeatures
from visalign.face.generated_clip import GeneratedClip
from visalign.files.timecode import in_frames, timecode_at
from visalign.reports.clip_info import FaceCandidate
from visalign.reports.html_report import write_clip_page
from visalign.reports.html_report.clip_data import openness

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def report(generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio) -> ClipReport:
    """Audio 120 ms early: every word is a fault."""
    return visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio, evidence=True)


@pytest.fixture(scope="module")
def written(report: ClipReport, generated_clip: GeneratedClip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip_page(tmp_path_factory.mktemp("page") / "clip.html", report, generated_clip.path)


@pytest.fixture
def opened(page: Page, written: Path) -> Page:
    page.goto(written.as_uri())
    page.locator("html[data-frame]").wait_for(state="attached")
    return page


def test_of_several_faces_the_judged_one_is_framed(
    page: Page, opened: Page, report: ClipReport, generated_clip: GeneratedClip, tmp_path: Path
) -> None:
    assert opened.locator("#place").is_hidden()  # there is but one
    evidence = report.evidence
    assert evidence is not None
    assert evidence.mouth is not None
    two = tuple(FaceCandidate(k, 0.5, 0.5, 1.0, 0.9, 1.0) for k in (1, 2))
    several = replace(report, clip=replace(report.clip, faces=two))
    page.goto(write_clip_page(tmp_path / "two.html", several, generated_clip.path).as_uri())
    page.locator("html[data-frame]").wait_for(state="attached")
    frame, screen = page.locator("#place").bounding_box(), page.locator("#screen").bounding_box()
    assert frame is not None
    assert screen is not None
    shown = int(page.locator("html").get_attribute("data-frame") or 0)
    x, y = evidence.mouth[shown].mean(axis=0) * screen["width"] / 480  # the generated picture is 480 x 480
    assert (frame["x"] + frame["width"] / 2 - screen["x"]) == pytest.approx(x, abs=6)
    assert (frame["y"] + frame["height"] / 2 - screen["y"]) == pytest.approx(y, abs=6)
    assert "there are 2" in page.locator(".details").inner_text()


def number(page: Page, name: str) -> str:
    return page.locator(f"#number-{name}").inner_text()


def shown_frame(page: Page) -> int:
    """Frame that the browser says is on its screen, from 0."""
    return int(page.locator("html").get_attribute("data-frame") or -1)


def wait_for_frame(page: Page, k: int) -> None:
    page.locator(f'html[data-frame="{k}"]').wait_for(state="attached")


def go_to_frame(page: Page, k: int) -> None:
    page.keyboard.press("Home")
    wait_for_frame(page, 0)
    for _ in range(k):
        page.keyboard.press("ArrowRight")
    wait_for_frame(page, k)


def test_the_verdict_is_read_in_passing(opened: Page, report: ClipReport) -> None:
    assert report.sync.lead_seconds is not None
    ms = round(1000 * report.sync.lead_seconds)
    assert opened.get_by_role("heading", level=1).inner_text() == f"Audio is {ms} ms early."
    assert f"delay the audio by {ms} ms" in opened.locator(".remedy").inner_text()
    assert opened.locator(".weakest li").count() == 3
    assert opened.locator(".weakest img").first.bounding_box() is not None


def test_frames_are_stepped_through_one_by_one(opened: Page, report: ClipReport) -> None:
    assert report.evidence is not None
    opened.keyboard.press("Home")
    wait_for_frame(opened, 0)
    for k in range(1, 8):
        opened.keyboard.press("ArrowRight")
        wait_for_frame(opened, k)
        assert number(opened, "frame") == f"{k + 1} of {report.clip.n_frames}"
        assert number(opened, "time") == f"{report.evidence.centres[k]:.3f} s"
    opened.locator("#back").click()
    wait_for_frame(opened, 6)
    opened.keyboard.press("End")
    wait_for_frame(opened, report.clip.n_frames - 1)


def test_the_numbers_are_those_of_the_report(opened: Page, report: ClipReport) -> None:
    evidence = report.evidence
    assert evidence is not None
    word = report.segments.iloc[1]
    k = int(np.searchsorted(evidence.centres, (word["start"] + word["end"]) / 2))
    go_to_frame(opened, k)
    time = evidence.centres[k]
    assert number(opened, "word") == word["label"]
    assert number(opened, "phone") == report.phones.label_at(time)
    expected = report.expected_visemes.label_at(time)
    assert number(opened, "expected") == f"{report.clip.names[expected]} ({expected})"
    assert number(opened, "timecode") == timecode_at(time, report.clip.frame_rate)
    row = evidence.posteriors[round((time - evidence.moments[0]) / 0.04)]
    seen = evidence.visemes[row.argmax()]
    assert number(opened, "observed") == f"{report.clip.names[seen]} ({seen}), {round(100 * row.max())} %"
    lead = evidence.local.lead[round((time - evidence.local.times[0]) / 0.1)]
    told = re.match(r"(\d+) ms early, ([\d.]+) frames? ", number(opened, "lead"))
    assert told is not None
    assert (int(told[1]), float(told[2])) == (round(1000 * lead), pytest.approx(25 * lead, abs=0.06))


def test_the_expected_mouth_is_that_of_what_is_heard_then(opened: Page, report: ClipReport) -> None:
    """Before the sound is moved into sync, the expected lips are those of what is heard at that moment."""
    evidence, lead = report.evidence, report.sync.lead_seconds
    assert evidence is not None
    assert lead is not None
    expected = openness(evidence)[1]
    heard = expected[np.clip(np.arange(len(expected)) + round(lead / 0.04), 0, len(expected) - 1)]
    k = int(np.abs(heard - expected).argmax())
    go_to_frame(opened, k)
    for is_moved, values in ((False, heard), (True, expected)):
        opened.locator("#moved").set_checked(is_moved)
        seen, shown = (int(x) for x in re.findall(r"(\d+) %", number(opened, "open")))
        assert seen == pytest.approx(100 * np.clip(openness(evidence)[0][k], 0, 1), abs=1)
        assert shown == pytest.approx(100 * np.clip(values[k], 0, 1), abs=1)


def test_a_click_on_a_word_plays_it_and_stops(opened: Page, report: ClipReport) -> None:
    row = 2
    word = report.segments.iloc[row]
    opened.locator(f'tr[data-row="{row}"] button').click()
    opened.locator("#play", has_text="Pause").wait_for()
    opened.locator("#play", has_text="Play").wait_for()
    stopped = float(number(opened, "time").removesuffix(" s"))
    assert word["end"] - 0.04 <= stopped <= word["end"] + 0.04  # its last frame, however busy the machine is
    said = wait_for_status(opened)  # once the picture stands: a busy machine shows a later one before
    assert f"Heard: {number(opened, 'word')}" in said


def wait_for_status(page: Page) -> str:
    status = page.locator("#status", has_text="Heard:")
    status.wait_for()
    return status.inner_text()


def test_a_click_on_the_words_track_plays_too(opened: Page, report: ClipReport) -> None:
    canvas = opened.locator(".track.words canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    word = report.segments.iloc[3]
    span = min(report.clip.duration, 10.0)
    x = box["x"] + (word["start"] + word["end"]) / 2 / span * box["width"]
    opened.mouse.click(x, box["y"] + box["height"] / 2)
    opened.locator("#status", has_text=f"Playing “{word['label']}”").wait_for()
    opened.locator("#play", has_text="Play").wait_for()


def test_playing_moves_on_and_pauses_at_a_key(opened: Page) -> None:
    opened.keyboard.press("Home")
    wait_for_frame(opened, 0)
    opened.keyboard.press(" ")
    for _ in range(200):  # a busy machine leaves frames out
        if shown_frame(opened) >= 10:
            break
        opened.wait_for_timeout(50)
    opened.keyboard.press(" ")
    opened.locator("#play", has_text="Play").wait_for()
    opened.wait_for_timeout(300)
    stopped = shown_frame(opened)
    assert stopped >= 10
    opened.wait_for_timeout(200)
    assert shown_frame(opened) == stopped


def test_the_remedy_can_be_heard(opened: Page, report: ClipReport) -> None:
    """As corrected, the sound comes later than the picture by the clip's lead; one key goes back to how it is."""
    lead = report.sync.lead_seconds
    assert lead is not None
    assert opened.locator("html").get_attribute("data-sound") is None
    opened.keyboard.press("Home")
    wait_for_frame(opened, 0)
    opened.locator("#play-corrected").click()
    opened.locator('html[data-sound="corrected"][data-moved]').wait_for(state="attached")
    assert opened.locator("#moved").is_checked()
    assert opened.locator("#video").evaluate("video => video.muted")
    moved = []
    for _ in range(10):
        moved.append(float(opened.locator("html").get_attribute("data-moved") or 0))
        opened.wait_for_timeout(80)
    assert float(np.median(moved)) == pytest.approx(lead, abs=0.06)  # a picture is put out every 40 ms
    opened.keyboard.press("m")
    opened.locator('html[data-sound="own"]').wait_for(state="attached")
    assert not opened.locator("#video").evaluate("video => video.muted")
    assert not opened.locator("#moved").is_checked()


@pytest.mark.parametrize(
    ("over", "under", "frame"), [(25, 1, 1799), (30000, 1001, 1799), (30000, 1001, 17982), (60000, 1001, 3600)]
)
def test_timecode_counts_as_elsewhere(opened: Page, over: int, under: int, frame: int) -> None:
    seconds = (frame + 0.5) * under / over
    told = opened.evaluate(f"timecodeAt({seconds!r}, [{over}, {under}])")
    assert told == timecode_at(seconds, Fraction(over, under))
    assert opened.evaluate(f"framesInWords({seconds!r}, [{over}, {under}])") == in_frames(
        seconds, Fraction(over, under)
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_verdict_and_offset_of_clip_and_words(page: Page, written: Path, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(written.as_uri())
    page.locator("html[data-frame]").wait_for(state="attached")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    row = page.locator('tr[data-row="1"]')
    row.scroll_into_view_if_needed()
    for place in (page.locator("h1"), page.locator(".remedy"), row.locator("td").nth(2), row.locator("td").nth(3)):
        box = place.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390, place
    assert "early" in row.locator("td").nth(3).inner_text()
    assert page.locator(".scroll-hint").is_visible()
    heights = {round(x.bounding_box()["height"]) for x in page.locator("tr[data-row]").all()}  # type: ignore[index]
    assert len(heights) == 1


def test_the_next_fault_is_one_key_away(opened: Page, report: ClipReport) -> None:
    faults = report.segments[~report.segments["verdict"].isin(["in-sync", "uncertain"])]
    assert len(faults) > 1
    opened.keyboard.press("Home")
    wait_for_frame(opened, 0)
    # what is told while a short word plays may be gone before a busy machine looks again
    opened.evaluate(
        """() => {
            const status = document.getElementById("status");
            window.told = [];
            new MutationObserver(() => window.told.push(status.textContent))
                .observe(status, {childList: true, characterData: true, subtree: true});
        }"""
    )
    for _, word in faults.iloc[:2].iterrows():
        opened.keyboard.press("n")
        for _ in range(300):
            if any(f"Playing “{word['label']}”" in told for told in opened.evaluate("window.told")):
                break
            opened.wait_for_timeout(100)
        else:
            raise AssertionError(word["label"])
        opened.locator("#play", has_text="Play").wait_for()


def test_zooming_and_scrolling_change_what_is_drawn(opened: Page) -> None:
    track = opened.locator(".track.sound canvas")
    track.scroll_into_view_if_needed()
    pictures = [track.screenshot()]
    for key in ("+", "+", "]", "0"):
        opened.keyboard.press(key)
        opened.wait_for_timeout(100)
        pictures.append(track.screenshot())
    assert len({*pictures[:4]}) == 4
    assert pictures[0] == pictures[4]


def test_the_spectrogram_comes_when_asked_for(opened: Page) -> None:
    track = opened.locator(".track.spectrum")
    assert not track.is_visible()
    opened.keyboard.press("s")
    track.wait_for(state="visible")
    picture = track.locator("canvas").screenshot()
    opened.keyboard.press("m")
    opened.wait_for_timeout(100)
    assert track.locator("canvas").screenshot() != picture  # moved with the sound
    opened.keyboard.press("s")
    track.wait_for(state="hidden")


def test_light_and_dark(opened: Page) -> None:
    ground = opened.locator("body")
    colours = [ground.evaluate("e => getComputedStyle(e).backgroundColor")]
    for name in ("light", "dark"):
        opened.locator("#theme-button").click()
        assert opened.locator("html").get_attribute("data-theme") == name
        colours.append(ground.evaluate("e => getComputedStyle(e).backgroundColor"))
    assert colours[0] == colours[1] != colours[2]


def test_it_prints(opened: Page) -> None:
    pdf = opened.pdf(format="A4", print_background=True)
    assert pdf.startswith(b"%PDF")
    assert 1 <= pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type/Page/") <= 4


def test_all_of_it_is_reached_by_keyboard(opened: Page) -> None:
    """From the top: every control takes the focus in turn, and each has a name."""
    reached = set()
    for _ in range(60):
        opened.keyboard.press("Tab")
        focused = opened.locator(":focus")
        if focused.count() == 0:
            break
        reached.add(focused.get_attribute("id") or focused.get_attribute("data-play") or focused.get_attribute("class"))
    assert {"help-button", "theme-button", "play", "back", "forth", "next-fault", "zoom-in", "moved"} <= reached
    names = [button.get_attribute("aria-label") or button.inner_text() for button in opened.get_by_role("button").all()]
    assert all(name.strip() for name in names)
    assert opened.get_by_role("table").count() == 1


def test_without_scripts_the_words_are_there(browser: object, written: Path, report: ClipReport) -> None:
    context = browser.new_context(java_script_enabled=False)  # type: ignore[attr-defined]
    try:
        page = context.new_page()
        page.goto(written.as_uri(), timeout=15_000)
        assert "early" in page.locator("h1").inner_text(timeout=15_000)
        assert page.locator("tbody tr").count() == len(report.segments)
    finally:
        context.close()
