"""What a notebook shows: short lines, tables, and a report as a cell."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hostile_texts import HOSTILE_TEXTS
from page_reader import Reader
from sample_report import CLIP, EARLY, PHONES, ROWS, WORDS, judged, make_report

from visalign import LipFeatures, Tier
from visalign.forced_alignment.alignment import Alignment
from visalign.reports.html_report.notebook import MOST_WORDS
from visalign.sync.verdict import SyncEstimate

ALIGNED = Alignment(WORDS, PHONES, "by hand")


def test_reprs_are_a_line() -> None:
    many = tuple(float(x) for x in range(500))
    report = make_report(sync=SyncEstimate(0.083, (0.06, 0.1), 0.9, "audio-early", "", many, many))
    assert repr(report) == "<ClipReport 'bbaf2n.mpg': audio-early, 83 ms early (2.1 frames), 2 words>"
    assert repr(WORDS) == "<Tier words: 4 intervals, 0 to 3 s: 'bin blue'>"
    assert repr(ALIGNED) == "<Alignment by by hand: 2 words, 6 phones, 0 to 3 s: 'bin blue'>"
    assert all(len(repr(x)) < 500 and "\n" not in repr(x) for x in (report.sync, report.clip))
    assert "no offset" in repr(make_report(sync=SyncEstimate(0.1, None, 0.0, "mismatched")))


def test_a_repr_obeys_nobody() -> None:
    tier = Tier("words", (0.0, 1.0), ("a\x1b[2Jb",))
    assert "\x1b" not in repr(tier)


def test_tables_have_a_row_each() -> None:
    table = WORDS.to_frame()
    assert list(table.columns) == ["label", "start", "end", "score"]
    assert table["label"].tolist() == ["", "bin", "blue", ""]
    assert table.loc[1, ["start", "end", "score"]].tolist() == [0.3, 0.7, 0.9]
    assert np.isnan(table.loc[0, "score"])
    phones = ALIGNED.to_frame()
    assert phones[["word", "phone"]].to_numpy().tolist() == [
        ["bin", "B"], ["bin", "IH"], ["bin", "N"], ["blue", "B"], ["blue", "L"], ["blue", "UW"],
    ]  # fmt: skip
    assert phones["word_number"].tolist() == [0, 0, 0, 1, 1, 1]
    assert phones["end"].tolist() == [0.4, 0.5, 0.7, 0.8, 0.9, 1.1]
    pd.testing.assert_frame_equal(make_report().to_frame(), make_report().segments)


def test_features_are_indexed_by_time(generated_lips: LipFeatures) -> None:
    table = generated_lips.to_frame()
    assert table.shape == generated_lips.values.shape
    assert table.index.tolist() == generated_lips.times.times.tolist()
    assert table["inner_aperture"].equals(
        pd.Series(generated_lips.column("inner_aperture"), table.index, name="inner_aperture")
    )
    assert len(repr(generated_lips)) < 120
    assert "<table" in generated_lips._repr_html_()


def test_a_report_is_a_cell_with_verdict_scale_and_words() -> None:
    reader = Reader(make_report()._repr_html_())
    tags = [tag for tag, _ in reader.tags]
    assert {"svg", "table"} <= set(tags)
    assert not {"script", "link", "img", "meta"} & set(tags)
    text = " ".join(reader.texts)
    for words in ("Audio is 83 ms early.", "bin", "lips together", "71 ms early"):
        assert words in text
    assert all(rule.startswith(".visalign-report") for rule in _rules(reader)), "a notebook has a style of its own"


def _rules(reader: Reader) -> list[str]:
    (style,) = [text for (tag, _), text in zip(reader.tags, reader.texts, strict=True) if tag == "style"]
    lines = (line.strip() for line in style.splitlines())
    return [line for line in lines if line and not line.startswith(("/*", "}"))]


def test_a_mismatch_has_no_scale_and_no_leads() -> None:
    cell = make_report(sync=SyncEstimate(0.119, (0.0, 0.2), 0.01, "mismatched", "why"))._repr_html_()
    assert "<svg" not in cell
    assert "Lips and sound do not fit." in cell
    assert " early" not in cell


def test_a_long_report_is_cut_and_counted() -> None:
    n = MOST_WORDS + 7
    edges = tuple(0.1 * k for k in range(n + 1))
    words = Tier("words", edges, ("a",) * n)
    rows = [("a", s, e, *ROWS[0][3:]) for s, e in pairwise(edges)]
    cell = make_report(words=words, judged_words=judged(*rows))._repr_html_()
    assert cell.count("<tr>") == MOST_WORDS + 1
    assert "and 7 more words" in cell


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS)
def test_texts_of_users_stay_texts(hostile: str) -> None:
    tags = {tag for tag, _ in Reader(make_report()._repr_html_()).tags}
    words = Tier("words", WORDS.boundaries, ("", hostile, "blue", ""))
    rows = [(hostile, *ROWS[0][1:]), ROWS[1]]
    sync = SyncEstimate(EARLY.lead_seconds, EARLY.lead_interval, 0.5, "uncertain", hostile)
    report = make_report(sync=sync, words=words, judged_words=judged(*rows), clip=replace(CLIP, name=hostile))
    assert {tag for tag, _ in Reader(report._repr_html_()).tags} == tags
    assert "<script" not in words._repr_html_()
