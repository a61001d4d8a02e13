"""What strangers wrote, on a terminal."""

from __future__ import annotations

import json

import pytest

from visalign.files.display import harmless, harmless_json, one_line

ORDERS = [
    "\x1b[2J",  # clear the screen
    "\x1b]0;title\x07",
    "\x1b]52;c;aGk=\x07",  # into the clipboard
    "\x1b[8m",  # hide what follows
    "\x9b2J",
    "\x9d0;title\x9c",
    "\x90q",
    "\b" * 9,
    "\x7f",
    "\x00",
    "\x0e",
    "\u202egpm.",
    "\u2066a\u2069",
    "\u200f",
    "\u061c",
    "\udc9b",  # a byte of a file name that is no UTF-8
    "\ud800",
]


@pytest.mark.parametrize("order", ORDERS)
def test_nothing_is_obeyed(order: str) -> None:
    for show in (harmless, one_line):
        shown = show(f"a{order}b")
        assert shown.startswith("a")
        assert shown.endswith("b")
        assert all(c.isprintable() for c in shown), ascii(shown)
        assert shown.encode()
    assert show(show(order)) == show(order)


@pytest.mark.parametrize("text", ["", "bin blue", "שלום", "é", "日本", "👩‍🚀", "re\u00adlief", "می\u200cخواهم"])
def test_text_stays(text: str) -> None:
    assert harmless(text) == one_line(text) == text


@pytest.mark.parametrize("mark", ["\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\t"])
def test_a_name_is_one_line(mark: str) -> None:
    shown = one_line(f"a.mp4{mark}Wrote secrets")
    assert shown == "a.mp4 Wrote secrets"
    assert len(shown.splitlines()) == 1


def test_lines_stay_where_they_are_wanted() -> None:
    assert harmless("a\tb\nc") == "a\tb\nc"
    assert "\r" not in harmless("a\rb")


@pytest.mark.parametrize("order", [x for x in ORDERS if not x.startswith(("\ud800", "\udc9b"))])
def test_json_says_the_same(order: str) -> None:
    text = json.dumps({"word": order}, ensure_ascii=False)
    assert all(c.isprintable() for c in harmless_json(text))
    assert json.loads(harmless_json(text)) == {"word": order}
