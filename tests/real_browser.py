"""A real browser for tests: Debian's chromium, driven by Playwright; they are skipped, visibly, without either."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = Path(os.environ.get("VISALIGN_CHROMIUM") or "/usr/bin/chromium")
WAIT_MS = 30_000
FLAGS = (
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"),
)
NO_GPU = ("--disable-gpu",)
DRAWN_BY_PROCESSOR = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
"""For pages that draw in three dimensions."""


@contextmanager
def started_browser(drawing: Sequence[str] = NO_GPU) -> Iterator[Browser]:
    """The browser, until the block ends."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.is_file():
        pytest.skip(f"no browser: {CHROMIUM} is missing (apt-get install chromium, or set VISALIGN_CHROMIUM)")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS, *drawing], timeout=60_000)
        try:
            yield chromium
        finally:
            chromium.close()
