"""The search of the built documents, as a reader has it: whatever is typed leads to where it is told.

Needs `make docs`, which `.ci/run` does before the tests.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

from visalign.cli import app

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BUILT = Path(__file__).parents[2] / "docs" / "_build" / "html"
pytestmark = pytest.mark.skipif(not (BUILT / "searchindex.js").is_file(), reason="needs `make docs`")

RECORD = ("decisions/", "changelog", "benchmarks", "tuning_benchmark", "viseme_map_benchmark", "faults", "design")


@pytest.fixture(scope="module")
def index() -> dict[str, Any]:
    """What the search looks into."""
    found = re.fullmatch(r"Search\.setIndex\((.*)\)\s*;?\s*", (BUILT / "searchindex.js").read_text("utf-8"), re.DOTALL)
    assert found is not None
    read: dict[str, Any] = json.loads(found[1])
    return read


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The documents, served to this machine alone: a page from a file may not fetch what it shows parts of."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(BUILT)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def search(browser: Browser, address: str) -> Iterator[Callable[[str], list[str]]]:
    """What a search finds: the pages in their order, each as often as it stands there."""
    context = browser.new_context()
    page = context.new_page()

    def find(words: str) -> list[str]:
        page.goto(f"{address}/search.html?" + "q=" + words.replace(" ", "+"))
        page.wait_for_function("document.querySelector('.search-summary')?.innerText.match(/found|did not match/)")
        links = page.locator("#search-results li > a").evaluate_all("all => all.map(x => x.getAttribute('href'))")
        return [re.sub(r"\.html.*", "", link) for link in links]

    yield find
    context.close()


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("--max-lag", "commands/"),
        ("--no-cache", "commands/"),
        ("--shard", "commands/batch"),
        ("--lead-frames", "commands/"),
        ("install", "installation"),
        ("extras", "installation"),
        ("detect_every", "settings"),
        ("VISALIGN_CACHE", "settings"),
        ("container", "how-to/container"),
        ("cluster", "how-to/cluster"),
        ("archives", "index"),
        ("subtitles", "how-to/subtitles"),
    ],
)
def test_a_word_leads_to_where_it_is_told(search: Callable[[str], list[str]], words: str, first: str) -> None:
    found = search(words)
    assert found
    assert found[0].startswith(first), found[:6]


@pytest.mark.parametrize("words", ["offset", "viseme map", "lip model", "landmarks", "confidence", "drift"])
def test_guides_come_before_the_record(search: Callable[[str], list[str]], words: str) -> None:
    """Of decisions and measurements none stands before a page that tells how something is done or what it is."""
    found = search(words)
    is_record = [name.startswith(RECORD) for name in found]
    assert not is_record[0], found[:6]
    assert is_record == sorted(is_record), found


def test_every_option_of_every_command_is_in_the_index(index: dict[str, Any]) -> None:
    pages = {name: number for number, name in enumerate(index["docnames"])}
    entries: dict[str, set[int]] = {}
    for entry, places in index["indexentries"].items():
        entries[entry] = {int(place[0]) for place in places}
    command: Any = typer.main.get_command(app)
    n_options = 0
    for name, inner in command.commands.items():
        for parameter in (x for x in inner.params if x.param_type_name == "option" and not getattr(x, "hidden", False)):
            for option in (x for x in parameter.opts if x.startswith("--")):
                having = [places for entry, places in entries.items() if option in entry.split()]
                assert pages[f"commands/{name}"] in set().union(*having), (name, option)
                n_options += 1
    assert n_options > 200
