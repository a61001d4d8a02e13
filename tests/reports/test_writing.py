"""The report as a file: its CSV, its TextGrid, and where it may go. The page has its own tests, test_html_report.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from praatio import textgrid
from sample_report import OBSERVED, PHONES, WORDS, judged, make_report

from visalign.errors import ConfigError, OutputError
from visalign.reports import writing
from visalign.reports.clip_report import ClipReport
from visalign.reports.writing import CSV_HEADER, REPORT_SUFFIXES
from visalign.timeline import Tier


def test_a_second_run_gives_the_same_bytes(tmp_path: Path) -> None:
    for suffix in set(REPORT_SUFFIXES) - {".html"}:  # a page needs a clip
        first, second = (make_report().write(tmp_path / f"{name}{suffix}").read_bytes() for name in "ab")
        assert first == second


def test_no_folder_and_no_date_is_written(tmp_path: Path) -> None:
    text = make_report().write(tmp_path / "out.json").read_text()
    assert str(tmp_path) not in text
    assert not re.search(r"20\d\d-\d\d-\d\d", text)


def test_csv_has_one_row_a_word(tmp_path: Path) -> None:
    text = make_report().write(tmp_path / "out.CSV").read_text(encoding="utf-8")
    assert text == (
        "clip,word,start_seconds,end_seconds,phones,expected_visemes,observed_visemes,"
        "viseme_accuracy,lead_seconds,score,verdict,expected_in_words,observed_in_words,"
        "in_step,own_lead_seconds,own_lead_low_seconds,own_lead_high_seconds\n"
        "bbaf2n.mpg,bin,0.3,0.7,B IH N,C I J,C I,0.8,0.071,0.75,audio-early,"
        '"lips together; lips relaxed, narrow opening; tongue up or down",'
        '"lips together; lips relaxed, narrow opening",0.97,0.08,0.06,0.1\n'
        "bbaf2n.mpg,blue,0.7,1.1,B L UW,C J B,I B,,,0.25,uncertain,"
        'lips together; tongue up or down; lips puckered,"lips relaxed, narrow opening; lips puckered",,,,\n'
    )


def test_the_documented_columns_are_the_written_ones() -> None:
    documented = re.findall(r"^(\w+)  +\S", writing.__doc__ or "", flags=re.MULTILINE)
    assert tuple(documented) == CSV_HEADER


def test_the_textgrid_holds_the_four_tiers(tmp_path: Path) -> None:
    path = make_report().write(tmp_path / "out.TextGrid")
    grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=True)
    assert grid.tierNames == ("words", "phones", "expected visemes", "observed visemes")
    assert [tuple(x) for x in grid.getTier("words").entries] == [
        (0.0, 0.3, ""),
        (0.3, 0.7, "bin"),
        (0.7, 1.1, "blue"),
        (1.1, 3.0, ""),
    ]
    phones = grid.getTier("phones").entries
    assert [x.label for x in phones] == ["", *PHONES.labels[1:-1], ""]
    assert [x.label for x in grid.getTier("observed visemes").entries] == ["", "C", "I", "B", ""]


def test_tiers_of_different_length_are_filled_up(tmp_path: Path) -> None:
    longer = Tier.from_intervals("observed visemes", list(OBSERVED), end=3.2, gap_label="S")
    path = make_report(observed_visemes=longer).write(tmp_path / "out.textgrid")
    grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=True)
    assert {grid.getTier(name).entries[-1].end for name in grid.tierNames} == {3.2}


def test_quotes_and_other_scripts_survive_the_textgrid(tmp_path: Path) -> None:
    words = WORDS.relabel({"": "", "bin": 'say "ß"', "blue": "été"}.__getitem__)
    path = make_report(words=words, judged_words=judged()).write(tmp_path / "out.TextGrid")
    grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=False)
    assert [x.label for x in grid.getTier("words").entries] == ['say "ß"', "été"]


@pytest.mark.parametrize("name", ["out.xlsx", "out", ".json"])
def test_an_unknown_ending_names_the_possible_ones(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"\.csv or \.json or \.TextGrid or \.html"):
        make_report().write(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_page_needs_evidence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="evidence=True"):
        make_report().write(tmp_path / "out.html")
    with pytest.raises(ConfigError, match="evidence=True"):
        ClipReport.from_dict(make_report().to_dict()).write(tmp_path / "out.html")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no folder"):
        make_report().write(tmp_path / "none" / "out.json")
