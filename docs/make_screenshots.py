"""The pictures of pages in `docs/images/`, of generated clips, made and opened here: python docs/make_screenshots.py

Needs the extras ``demo`` and ``test``, and chromium (``apt-get install chromium``, or VISALIGN_CHROMIUM).
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

import visalign

IMAGES = Path(__file__).parent / "images"
CHROMIUM = os.environ.get("VISALIGN_CHROMIUM") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SIZE = {"width": 1280, "height": 1080}
FRAME = 21  # "b" of "maybe" is heard while the lips are still open


def clip_page(folder: Path) -> Path:
    """The page that `visalign demo` writes."""
    clip = visalign.generate_clip(folder / "clip.mp4", lead_seconds=0.083)
    report = visalign.check(clip.path, clip.transcript, evidence=True)
    return visalign.write_clip_page(folder / "clip.html", report, clip.path)


def opened(browser: Browser, page_file: Path, scheme: str) -> Page:
    """The page at the frame that is shown in the documentation."""
    page = browser.new_context(viewport=SIZE, color_scheme=scheme).new_page()
    page.set_default_timeout(30_000)
    page.goto(page_file.as_uri())
    page.locator("html[data-frame]").wait_for(state="attached")
    page.keyboard.press("Home")
    page.locator('html[data-frame="0"]').wait_for(state="attached")
    for _ in range(FRAME):
        page.keyboard.press("ArrowRight")
    page.locator(f'html[data-frame="{FRAME}"]').wait_for(state="attached")
    return page


def main() -> None:
    """Write all of them."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = clip_page(Path(folder))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for scheme, name in (("light", "clip_page.png"), ("dark", "clip_page_dark.png")):
            opened(browser, page_file, scheme).screenshot(path=IMAGES / name)
        page = opened(browser, page_file, "light")
        for key in ("s", "+"):
            page.keyboard.press(key)
        page.locator(".track.spectrum").wait_for()
        page.wait_for_timeout(500)
        page.locator("#tracks").screenshot(path=IMAGES / "clip_page_tracks.png")
        browser.close()


if __name__ == "__main__":
    main()
