"""A page of a real browser in which runtimes for the web play exported files."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from players import HERE, node_modules
from real_browser import DRAWN_BY_PROCESSOR, WAIT_MS, started_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

HOST = "http://runtimes.test/"
"""Where the page finds npm's packages (``node_modules/…``) and the players: no such host exists, nothing is sent."""


@pytest.fixture(scope="session")
def drawing_browser() -> Iterator[Browser]:
    """The browser, started once, which draws in three dimensions without a graphics card."""
    node_modules()
    with started_browser(DRAWN_BY_PROCESSOR) as browser:
        yield browser


@pytest.fixture
def web_page(drawing_browser: Browser) -> Iterator[Page]:
    """An empty page with the packages of npm beside it; whatever else it asks for is refused."""
    modules = node_modules()

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(HOST).partition("?")[0]
        if name == "":
            route.fulfill(body="<!DOCTYPE html><meta charset=utf-8><body style=margin:0>", content_type="text/html")
            return
        home = modules.parent if name.startswith("node_modules/") else HERE / "players"
        path = modules / name.removeprefix("node_modules/") if home == modules.parent else home / name
        if not route.request.url.startswith(HOST) or not path.is_file():
            route.abort()
            return
        kind = "text/javascript" if path.suffix == ".mjs" else mimetypes.guess_type(path.name)[0]
        route.fulfill(path=path, content_type=kind or "application/octet-stream")

    page = drawing_browser.new_page(viewport={"width": 480, "height": 360})
    page.set_default_timeout(WAIT_MS)
    page.route("**/*", answer)
    page.goto(HOST)
    try:
        yield page
    finally:
        page.close()
