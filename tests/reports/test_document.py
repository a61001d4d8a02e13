"""What a page is made of: texts stay texts, data stay data."""

from __future__ import annotations

import base64
import json
import re
from importlib.resources import files

import numpy as np
import pytest
from hostile_texts import HOSTILE_TEXTS
from jinja2 import UndefinedError
from page_reader import Reader

from visalign.reports.html_report.document import as_data_script, format_document, packed, text


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS)
def test_texts_stay_texts(hostile: str) -> None:
    parts = Reader(f"<p>{text(hostile)}</p>")
    assert [tag for tag, _ in parts.tags] == ["p"]
    inside = Reader(f'<p title="{text(hostile)}">x</p>')
    assert list(inside.tags[0][1]) == ["title"]
    text(hostile).encode("utf-8")


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS)
def test_data_stay_data(hostile: str) -> None:
    script = as_data_script("x", {hostile: [hostile]})
    reader = Reader(script)
    assert [tag for tag, _ in reader.tags] == ["script"]
    assert json.loads(reader.texts[0]) == {hostile: [hostile]}
    script.encode("utf-8")


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS)
def test_values_of_a_template_are_escaped_and_not_filled_again(hostile: str) -> None:
    """Nobody has to remember to escape; a value that looks like a template is none."""
    braces = "{{ script }}{% include 'x' %}{# a #}"
    values = {"title": hostile, "name": braces + hostile, "statement": hostile, "more": hostile, "table": hostile}
    page = format_document("batch.html", ("page.css",), ("theme.js",), values | {"data": as_data_script("x", hostile)})
    plain = format_document("batch.html", ("page.css",), ("theme.js",), dict.fromkeys(values, "a") | {"data": "a"})
    assert [tag for tag, _ in Reader(page).tags if tag != "script"] == [
        tag for tag, _ in Reader(plain).tags if tag != "script"
    ]
    assert page.count("<script") == plain.count("<script") + 1
    assert braces.replace("'", "&#39;") in page
    page.encode("utf-8")


def test_a_value_that_is_missing_is_said() -> None:
    with pytest.raises(UndefinedError, match="statement"):
        format_document("batch.html", (), (), {"title": "a", "name": "a"})


@pytest.mark.parametrize(
    ("package", "template"),
    [
        *(("visalign.reports.html_report", name) for name in ("clip.html", "batch.html", "tune.html")),
        ("visalign.ratings", "rating.html"),
        ("visalign.live_view", "live.html"),
    ],
)
def test_no_template_writes_what_the_policy_forbids_or_lets_a_value_through(package: str, template: str) -> None:
    source = (files(package) / "assets" / template).read_text(encoding="utf-8")
    assert '{% extends "base.html" %}' in source  # where the policy is
    assert not re.search(r"\|\s*safe|autoescape|\sstyle=|\son\w+=", source)


def test_packing_keeps_within_the_range_of_the_numbers() -> None:
    written = base64.b64decode(packed(np.array([-1.0, 0.4, 0.6, 1000.0]), "u1"))
    assert list(written) == [0, 0, 1, 255]
