"""The pictures of pages in `docs/images/`, of generated clips, made and opened here: python docs/make_screenshots.py

With `clip` those of a clip's page alone, which is the one that the README's command writes; with `desk` those of the
desk.

Needs the extras ``demo`` and ``test``, and chromium (``apt-get install chromium``, or VISALIGN_CHROMIUM).
"""

from __future__ import annotations

import io
import itertools
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import visalign
from visalign.commands.demo import DEMO_TEXT
from visalign.media.clips import read_frames
from visalign.media.images import jpeg_bytes
from visalign.reports.html_report import write_batch_page

IMAGES = Path(__file__).parent / "images"
CHROMIUM = os.environ.get("VISALIGN_CHROMIUM") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SIZE = {"width": 1280, "height": 1080}
FRAME = 16  # "b" of "bin" is heard while the lips are still open


def clip_page(folder: Path) -> Path:
    """The page that `visalign demo` writes, and the README's command."""
    clip = visalign.generate_clip(folder / "clip.mp4", text=DEMO_TEXT, lead_seconds=0.12)
    report = visalign.check(clip.path, clip.transcript, evidence=True)
    return report.write(folder / "clip.html")


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


def batch_page(folder: Path, browser: Browser) -> None:
    """The page of ten thousand clips, as the tests make them up."""
    sys.path.insert(0, str(IMAGES.parents[1] / "tests"))
    # Stands with the tests.
    from large_batch import write_batch

    folder.mkdir()
    write_batch(folder, 10_000)
    faces = [visalign.generate_clip(folder / f"face{k}.mp4", text="bin blue", seed=k) for k in range(8)]
    pictures = [picture_of(clip.path) for clip in faces]
    for k in range(10_000):
        path = folder / "pages" / str(k // 1000) / f"clip{k:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pictures[k % 20 % len(pictures)])
    page = browser.new_context(viewport=SIZE).new_page()
    page.goto(write_batch_page(folder).as_uri())
    page.locator(".body .row").first.wait_for(timeout=30_000)
    page.wait_for_timeout(1000)
    page.screenshot(path=IMAGES / "batch_page.png")


def picture_of(clip: Path) -> bytes:
    """A small picture of the clip's 20th frame."""
    frame = next(itertools.islice(read_frames(clip, colour=True), 20, None))
    return jpeg_bytes(frame.image[::4, ::4], quality=6)


@contextmanager
def desk(*arguments: str) -> Iterator[str]:
    """The address of a desk that runs meanwhile."""
    command = [sys.executable, "-m", "visalign", "desk", *arguments, "--who", "anna", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+/", process.stdout.readline())
        assert found
        try:
            yield found[0]
        finally:
            process.kill()


def smaller(page: Page, path: Path) -> None:
    """A picture of the page in 256 colours, which is a third of the bytes."""
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def desk_pages(folder: Path, browser: Browser) -> None:
    """A clip after a word was corrected, and the queue of a small batch in which one decision was made."""
    clips = folder / "clips"
    clips.mkdir()
    texts = ("bin blue at f two now", "lay white with z nine again", "set red in a four please", "place green by m six")
    for k, (text, lead) in enumerate(zip(texts, (0.12, 0.0, -0.16, 0.06), strict=True)):
        visalign.generate_clip(clips / f"scene {k + 1}.mp4", text=text, lead_seconds=lead, seed=k)
        (clips / f"scene {k + 1}.txt").write_text(text, encoding="utf-8")
    results = folder / "results"
    subprocess.run([sys.executable, "-m", "visalign", "batch", clips, "--output", results], check=False)
    with desk(str(results)) as url:
        page = browser.new_context(viewport={"width": 1280, "height": 420}).new_page()
        page.set_default_timeout(120_000)
        page.goto(url)
        page.locator("#queue-body .name", has_text="scene 1").click()
        page.locator("html[data-clip]").wait_for(state="attached")
        page.keyboard.press("3")
        page.locator("html[data-decided]").wait_for(state="attached")
        page.keyboard.press("Escape")
        page.locator("#queue-body .badge").wait_for()
        smaller(page, IMAGES / "desk_queue.png")
    with desk(str(clips / "scene 1.mp4"), "--text", texts[0], "--save", str(folder / "desk")) as url:
        page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
        page.set_default_timeout(120_000)
        page.goto(url)
        page.locator("html[data-clip]").wait_for(state="attached")
        page.wait_for_timeout(3000)
        for key in ("Shift+ArrowRight", "Shift+ArrowRight", *["."] * 4):
            page.keyboard.press(key)
        page.locator('html[data-edits="1"]').wait_for(state="attached")
        page.wait_for_timeout(500)
        smaller(page, IMAGES / "desk_clip.png")


def main() -> None:
    """Write all of them."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        if sys.argv[1:] != ["clip"]:
            desk_pages(Path(folder), browser)
        if sys.argv[1:] == ["desk"]:
            return
        page_file = clip_page(Path(folder))
        for scheme, name in (("light", "clip_page.png"), ("dark", "clip_page_dark.png")):
            opened(browser, page_file, scheme).screenshot(path=IMAGES / name)
        page = opened(browser, page_file, "light")
        for key in ("s", "+"):
            page.keyboard.press(key)
        page.locator(".track.spectrum").wait_for()
        page.wait_for_timeout(500)
        page.locator("#tracks").screenshot(path=IMAGES / "clip_page_tracks.png")
        if sys.argv[1:] != ["clip"]:
            batch_page(Path(folder, "large"), browser)
        browser.close()


if __name__ == "__main__":
    main()
