"""Leads and the truth about them, as plots take them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sample_report import make_report
from typer.testing import CliRunner

from visalign.batch import summary as batch_summary
from visalign.cli import app
from visalign.errors import ConfigError, ParseError
from visalign.plots.samples import (
    SUMMARY_COLUMNS,
    LeadSample,
    clip_leads,
    judged,
    read_summary,
    read_truth,
    word_leads,
)
from visalign.sync.verdict import SyncEstimate


def lead(seconds: float, verdict: str = "in-sync", confidence: float = 0.9, name: str = "a.mp4") -> LeadSample:
    return LeadSample((name,), seconds, verdict, confidence)


def test_leads_of_clips_and_of_words() -> None:
    run = {"a.json": make_report(), "b.json": make_report(sync=SyncEstimate(None, None, 0.0, "uncertain"))}
    assert [(x.names, x.seconds, x.confidence) for x in clip_leads(run)] == [
        (("a.json", "bbaf2n.mpg"), 0.0830001, 0.93)
    ]
    assert [x.seconds for x in word_leads(run)] == [0.071, 0.071]  # "blue" has none


def test_a_lead_is_right_within_a_frame_of_the_truth() -> None:
    samples = [lead(0.0), lead(0.04), lead(0.041), lead(-0.04)]
    assert judged(samples, 0.0) == ([0.9] * 4, [True, True, False, True])
    assert judged([lead(0.1, name="a.mp4")], {"a.mp4": 0.12})[1] == [True]
    with pytest.raises(ConfigError, match=r"b\.mp4"):
        judged([lead(0.1, name="b.mp4")], {"a.mp4": 0.12})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("clip,lead\na,1\n", "lead_seconds"),
        ("clip,lead_seconds\na,soon\n", "'soon'"),
        ("", "'clip'"),
        ("clip,lead_seconds\na\n", "''"),
    ],
)
def test_a_table_of_truth_with_faults_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "truth.csv"
    path.write_text(text)
    with pytest.raises(ParseError, match=reason):
        read_truth(path)


def run(*words: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["plot", *map(str, words)])
    return result.exit_code, result.output


def test_the_columns_of_the_summary_are_those_of_a_batch() -> None:
    assert set(SUMMARY_COLUMNS) <= set(batch_summary.SUMMARY_COLUMNS)


def test_a_summary_with_faults_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "summary.csv"
    path.write_text("id,clip,verdict,lead_seconds,confidence\na,a.mp4,in-sync,0.1,high\n")
    with pytest.raises(ParseError, match=r"summary\.csv:2: confidence is 'high'"):
        read_summary(path)
