"""Tables as their readers see them: the documented recipe, the documented columns."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from sample_report import ROWS, Tier, judged, make_report

from visalign.files.text_files import plain_cell
from visalign.reports.writing import CSV_HEADER

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"
TEXTS = dict.fromkeys(["clip", "word", "phones", "expected_visemes", "observed_visemes", "verdict"], str)
# What pandas, R and spreadsheets like to take for something else.
TRICKY = ("null", "NA", "nan", "true", "1e5", "007", "may 1", "=1+1", "-b", "@x", 'say "a, b"', "größe", "一", "'twas")


def test_the_page_documents_the_columns_that_are_written() -> None:
    table = PAGE.read_text(encoding="utf-8").split("## Words of a clip")[1].split("## Reading them")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)) == CSV_HEADER


def test_the_documented_recipe_gives_back_every_word_and_number(tmp_path: Path) -> None:
    edges = tuple(0.1 * k for k in range(len(TRICKY) + 1))
    rows = [(w, edges[k], edges[k + 1], "B", "C", "C", 0.5, -0.04, 0.25, "uncertain") for k, w in enumerate(TRICKY)]
    report = make_report(words=Tier("words", edges, TRICKY), judged_words=judged(*rows))
    path = report.write(tmp_path / "words.csv")
    read = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=TEXTS)
    assert [plain_cell(word) for word in read["word"]] == list(TRICKY)
    assert read["lead_seconds"].tolist() == [-0.04] * len(TRICKY)
    assert read["start_seconds"].tolist() == pytest.approx(edges[:-1], abs=1e-6)


def test_what_can_not_be_told_is_missing(tmp_path: Path) -> None:
    path = make_report().write(tmp_path / "words.csv")
    read = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=TEXTS)
    assert read["word"].tolist() == [row[0] for row in ROWS]
    assert read["lead_seconds"].isna().tolist() == [False, True]
    assert read["score"].dtype == float


def test_the_bytes_are_those_of_rfc_4180(tmp_path: Path) -> None:
    data = make_report().write(tmp_path / "words.csv").read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n") == len(ROWS) + 1
