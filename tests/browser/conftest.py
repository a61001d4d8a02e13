"""A real browser for the tests of pages: Debian's chromium, driven by Playwright; skipped, visibly, without either.

Every wait has a limit. The pages' own content-security policy stays in force, so tests read what the pages show instead
of running code inside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from real_browser import WAIT_MS, started_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser, started once."""
    with started_browser() as chromium:
        yield chromium


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
