"""What a page is made of: texts stay texts, data stay data."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from hostile_texts import HOSTILE_TEXTS
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


def test_values_of_a_template_are_not_filled_again() -> None:
    names = {"title", "name", "verdict_class", "kind", "statement", "remedy", "sure", "warnings", "scale", "weakest"}
    names |= {"table", "details", "data", "spectrum", "video"}
    page = format_document("clip.html", (), (), dict.fromkeys(names, "{{script}}"))
    assert page.count("{{script}}") == len(names)


def test_packing_keeps_within_the_range_of_the_numbers() -> None:
    written = base64.b64decode(packed(np.array([-1.0, 0.4, 0.6, 1000.0]), "u1"))
    assert list(written) == [0, 0, 1, 255]
