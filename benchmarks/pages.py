"""How soon the page of a long clip stands in the browser: by the clock, from the address to tracks and first frame.

The clip is the generated one, as often as fills the time; the page is made as `visalign check --html` makes it. Other
work on the machine only ever adds, so on a busy one give the browser priority and take the quickest::

    chrt -r 1 python benchmarks/pages.py --minutes 10
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

import visalign
from visalign.media.viewing_copy import make_viewing_copy
from visalign.reports.html_report.clip_page import format_clip_page

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from long_clip import FRAME_SECONDS, tiled_copy, tiled_report, tiled_sound

CHROMIUM = os.environ.get("VISALIGN_CHROMIUM") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def long_page(folder: Path, seconds: float) -> Path:
    """The page of the generated clip, repeated."""
    clip = visalign.generate_clip(folder / "clip.mp4", lead_seconds=0.12)
    report = visalign.check(clip.path, clip.transcript, evidence=True)
    assert report.evidence is not None
    sound, period = visalign.read_audio(clip.path, 32000), report.clip.n_frames * FRAME_SECONDS
    n = round(seconds / period)
    every = range(report.clip.n_frames)
    copy = make_viewing_copy(clip.path, report.evidence.times, report.evidence.mouth, sound, stills=every)
    page = format_clip_page(tiled_report(report, n), tiled_copy(copy, period, n), tiled_sound(sound, period, n))
    path = folder / "long.html"
    path.write_text(page, encoding="utf-8")
    words = page.count("<tr data-row")
    print(f"{path.stat().st_size / 1e6:.1f} MB, {round(n * period / FRAME_SECONDS)} frames, {words} words")
    return path


def opening(browser: Browser, path: Path) -> tuple[float, float]:
    """Seconds until verdict, table and tracks are drawn, and until the first frame is on the screen."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    began = time.monotonic()
    page.goto(path.as_uri(), wait_until="commit")
    page.locator(".track.overview canvas").wait_for()
    drawn = time.monotonic() - began
    page.locator("html[data-frame]").wait_for(state="attached")
    shown = time.monotonic() - began
    context.close()
    return drawn, shown


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = long_page(Path(folder), 60 * options.minutes)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for _ in range(options.times):
            drawn, shown = opening(browser, path)
            print(f"drawn after {drawn:.2f} s, first frame after {shown:.2f} s")
        browser.close()


if __name__ == "__main__":
    main()
