"""The live page in a real browser: it draws, counts, measures its delay, and shows the offset."""

from __future__ import annotations

import threading
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from visalign.face.generated_clip import GeneratedClip
from visalign.live_view import LiveAnalyser, LiveStats, open_source, run_live
from visalign.live_view.analysis import RollingOffset
from visalign.live_view.page import format_live_page
from visalign.live_view.server import LiveServer
from visalign.live_view.viewer import offset_message
from visalign.media.clips import read_audio, read_frames, write_clip
from visalign.signals import Audio
from visalign.visemes.naming import names_of
from visalign.visemes.viseme_map import VisemeMap

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WAIT_MS = 60_000
JEFFERS = VisemeMap.load("jeffers_1971")


def test_the_page_follows_the_clip(browser: Browser, generated_clip: GeneratedClip, tmp_path: Path) -> None:
    frames = [frame.image for frame in read_frames(generated_clip.path, colour=True)]
    audio = read_audio(generated_clip.path)
    sound = Audio(np.tile(audio.samples[: round(len(frames) / 25 * 16000)], 3), 16000)
    clip = write_clip(tmp_path / "<b>long<i>.mp4", frames * 3, Fraction(25), sound)
    counted: list[LiveStats] = []
    found: list[RollingOffset | None] = []

    def watch() -> None:
        with LiveAnalyser(JEFFERS) as analyser:
            for _, stats in run_live(open_source(str(clip)), analyser, server.show):
                counted[:] = [stats]
            found.append(analyser.finish())
        server.end({"offset": offset_message(found[0], counted[0].rate)})

    with LiveServer(format_live_page(clip.name, names_of(JEFFERS))) as server:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        try:
            page, complaints = context.new_page(), list[str]()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text))
            page.on("request", lambda x: None if x.url.startswith((server.url, "data:")) else complaints.append(x.url))
            page.goto(server.url)
            page.locator('html[data-state="open"]').wait_for(state="attached", timeout=WAIT_MS)
            thread = threading.Thread(target=watch, daemon=True)
            thread.start()
            page.locator('html[data-state="ended"]').wait_for(state="attached", timeout=WAIT_MS)
            thread.join(timeout=60)
            page.wait_for_timeout(700)
            assert page.locator("header .file").inner_text() == "<b>long<i>.mp4"
            assert int(page.locator("html").get_attribute("data-drawn") or 0) > 10
            assert page.locator("#dropped").inner_text() == "0", "a file waits"
            assert page.locator("#offset").inner_text() != "listening"
            assert "speech" in page.locator("#offset-note").inner_text()
            grounds = []
            for theme in ("light", "dark"):
                page.locator("#theme-button").click()
                assert page.locator("html").get_attribute("data-theme") == theme
                grounds.append(page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor"))
            assert grounds[0] != grounds[1]
            assert page.locator("#delay").inner_text().endswith(" ms")
            assert not [x for x in complaints if "favicon" not in x], complaints
        finally:
            context.close()
        assert not thread.is_alive()
        [stats] = counted
        assert len(server.delays_ms) > 10
        assert stats.n_pictures == 3 * len(frames)
