"""A real browser for the tests of pages: Debian's chromium, driven by Playwright; skipped, visibly, without either.

Every wait has a limit. The pages' own content-security policy stays in force, so tests read what the pages show instead
of running code inside them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path(os.environ.get("VISALIGN_CHROMIUM") or "/usr/bin/chromium")
WAIT_MS = 30_000
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"),
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser, started once."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.is_file():
        pytest.skip(f"no browser: {CHROMIUM} is missing (apt-get install chromium, or set VISALIGN_CHROMIUM)")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS), timeout=60_000)
        try:
            yield chromium
        finally:
            chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page that must neither complain nor ask for anything but its own file."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    context.set_default_timeout(WAIT_MS)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    opened.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
    opened.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    opened.on("request", lambda request: _note_foreign(request, complaints))
    try:
        yield opened
        assert not complaints, "\n".join(complaints)
    finally:
        context.close()


def _note_foreign(request: Any, complaints: list[str]) -> None:
    if not request.url.startswith(("file:", "blob:", "data:")):
        complaints.append(f"asked for {request.url}")
