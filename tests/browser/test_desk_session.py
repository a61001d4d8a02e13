"""Whole sessions at the desk: the command, a real clip, real browsers; killed, started again, gone on."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import visalign
from visalign.face.generated_clip import GeneratedClip

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WAIT_MS = 120_000  # the first opening reads the lips
NAME = "<img src=x onerror=alert(1)>.mp4"
EXPECTED = ("favicon", "net::ERR", "Failed to load resource")  # said while the server is away


@pytest.fixture
def place(generated_clip: GeneratedClip, tmp_path: Path) -> Path:
    shutil.copy(generated_clip.path, tmp_path / NAME)
    return tmp_path


@contextmanager
def desk(place: Path, text: str, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, and the address that it prints."""
    package = str(Path(visalign.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": package, "XDG_CACHE_HOME": str(place / "cache"), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "visalign", "desk", str(place / NAME), "--text", text]
    options = ["--save", str(place / "desk"), "--who", "ann", "--no-browser", *more]
    with subprocess.Popen([*command, *options], env=environment, text=True, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            lines: list[str] = []
            while not (found := re.search(r"http://127\.0\.0\.1:\d+/\S+/", "".join(lines))):
                line = process.stdout.readline()
                assert line, "".join(lines)
                lines.append(line)
            yield process, found[0]
        finally:
            if process.poll() is None:
                process.kill()


@contextmanager
def window(browser: Browser, url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(WAIT_MS)
    page, complaints = context.new_page(), list[str]()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text))
    page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    try:
        page.goto(url)
        page.locator("html[data-clip]").wait_for(state="attached")
        page.locator('html[data-events="open"]').wait_for(state="attached")
        yield page
        assert not [x for x in complaints if not any(words in x for words in EXPECTED)], complaints
    finally:
        context.close()


def revision(page: Page, n: int) -> None:
    page.locator(f'html[data-revision="{n}"]').wait_for(state="attached")


@pytest.mark.slow
def test_corrected_judged_decided_killed_and_gone_on(
    browser: Browser, generated_clip: GeneratedClip, place: Path
) -> None:
    with desk(place, generated_clip.transcript) as (process, url), window(browser, url) as page:
        assert page.locator("#clip-name").inner_text() == NAME
        sentence = page.locator("#sentence").inner_text()
        assert "early" in sentence
        first = int(page.locator("html").get_attribute("data-revision") or -1)

        # a word is corrected: the machine aligns round it, judges again, and the page says what has changed
        label = page.locator("#label").input_value()
        start = float(page.locator("#to").input_value())
        for key in ("e", *["."] * 4):
            page.keyboard.press(key)
        revision(page, first + 1)
        assert float(page.locator("#to").input_value()) == pytest.approx(start + 0.04, abs=1e-3)
        assert f"“{label}”" in page.locator("#change-list").inner_text()
        assert re.fullmatch(r"\d+ ms", page.locator("#took").inner_text())
        assert page.locator("#pin-end").get_attribute("aria-pressed") == "true"

        # the decision, and the files
        page.keyboard.press("k")
        page.keyboard.type("<b>late by ear</b>")
        page.keyboard.press("Escape")
        page.keyboard.press("3")
        page.locator("#decided li", has_text="<b>late by ear</b>").wait_for()
        page.click("#write-form button")
        page.locator("#files li").first.wait_for()
        [written] = (place / "desk").rglob("*.TextGrid")
        ends = [float(x) for x in re.findall(r"xmax = ([\d.]+)", written.read_text(encoding="utf-8"))]
        assert any(abs(end - start - 0.04) < 1e-3 for end in ends)

        # killed in mid-edit: it holds still with the edit under way, and dies before it answers
        process.send_signal(signal.SIGSTOP)
        page.keyboard.press("Enter")
        page.keyboard.type("blew")
        page.keyboard.press("Enter")
        page.fill("#comment", "typed while it was away")
        page.keyboard.press("Escape")
        process.kill()
        process.wait(timeout=60)
        page.locator('html[data-server="lost"]').wait_for(state="attached")
        assert "does not answer" in page.locator("#lost").inner_text()

        with desk(place, generated_clip.transcript) as (_, again):
            assert again == url
            page.click("#try-again")
            revision(page, first + 2)
            page.locator('html[data-server="there"][data-unsent="0"]').wait_for(state="attached")
            assert page.locator("#label").input_value() == "blew"
            assert float(page.locator("#to").input_value()) == pytest.approx(start + 0.04, abs=1e-3)
            assert page.locator("#comment").input_value() == "typed while it was away"
            assert page.locator("#decided").inner_text().count("needs fix") == 1
            # undone across the restart, back to what the machine had found
            page.keyboard.press("z")
            revision(page, first + 3)
            page.keyboard.press("z")
            revision(page, first + 4)
            assert page.locator("#label").input_value() == label
            assert float(page.locator("#to").input_value()) == pytest.approx(start, abs=1e-3)
            assert page.locator("#sentence").inner_text() == sentence


@pytest.mark.slow
def test_two_browsers_at_one_desk(browser: Browser, generated_clip: GeneratedClip, place: Path) -> None:
    with (
        desk(place, generated_clip.transcript) as (_, url),
        window(browser, url) as one,
        window(browser, url) as other,
    ):
        one.keyboard.press("Enter")
        one.keyboard.type("been")
        one.keyboard.press("Enter")
        one.locator('html[data-edits="1"]').wait_for(state="attached")
        other.locator("#words-grid .label", has_text="been").wait_for()
        other.keyboard.press("1")
        one.locator("#decided", has_text="accept").wait_for()
        other.keyboard.press("z")
        other.locator('html[data-edits="1"]').wait_for(state="attached")
        one.locator("#words-grid .label", has_text="been").wait_for(state="detached")
        assert (
            one.locator("#words-grid .label").all_inner_texts() == other.locator("#words-grid .label").all_inner_texts()
        )
