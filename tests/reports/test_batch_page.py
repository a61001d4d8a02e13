"""The page of a batch as text: what it takes from the results, and what it does without."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from pathlib import Path, PurePosixPath

import pytest
from hostile_texts import HOSTILE_TEXTS
from large_batch import write_batch

from visalign.batch import BatchSettings, run_batch
from visalign.errors import InputError, ParseError
from visalign.face.generated_clip import GeneratedClip
from visalign.reports.html_report import write_batch_page
from visalign.reports.html_report.batch_page import batch_data, clip_page_name, way_back


def rows_of(folder: Path) -> list[dict[str, object]]:
    data = batch_data(folder)
    return [dict(zip(data["columns"], row, strict=True)) for row in data["rows"]]


def test_a_row_holds_what_the_summary_says(tmp_path: Path) -> None:
    write_batch(tmp_path, 100)
    with (tmp_path / "summary.csv").open(encoding="utf-8", newline="") as file:
        summary = list(csv.DictReader(file))
    rows = rows_of(tmp_path)
    assert [row["id"] for row in rows] == [line["id"] for line in summary]
    for row, line in zip(rows, summary, strict=True):
        assert row["verdict"] == (line["verdict"] or line["state"])
        assert row["lead"] == (float(line["lead_seconds"]) if line["lead_seconds"] else None)
    words = json.loads((tmp_path / summary[3]["report"]).read_text(encoding="utf-8"))["words"]
    assert rows[3]["leads"] == [round(1000 * word["lead_seconds"]) for word in words]
    assert rows[99]["note"] == "no face"


def test_a_clip_links_to_its_page_and_else_to_its_report(tmp_path: Path) -> None:
    write_batch(tmp_path, 3)
    page = tmp_path / clip_page_name("reports/0/clip00001.json")
    page.parent.mkdir(parents=True)
    page.write_text("<!doctype html>", encoding="utf-8")
    page.with_suffix(".jpg").write_bytes(b"x")
    plain, paged, _ = rows_of(tmp_path)
    assert (plain["page"], plain["picture"]) == ("reports/0/clip00000.json", "")
    assert (paged["page"], paged["picture"]) == ("pages/0/clip00001.html", "pages/0/clip00001.jpg")


@pytest.mark.parametrize(
    "name",
    [
        "//host/x.json",
        "/etc/hostname",
        "\\\\host\\x",
        "../elsewhere.json",
        "reports/../../elsewhere.json",
        "https://host/x",
        "javascript:alert(1)",
        "data:text/html,x",
        "reports/no\0such.json",
        "reports/" + "a" * 5000,
    ],
)
def test_links_stay_in_the_batch(tmp_path: Path, name: str) -> None:
    """A summary may name anything: an address that begins with two strokes is another host's."""
    folder = tmp_path / "batch"
    folder.mkdir()
    write_batch(folder, 2)
    (tmp_path / "elsewhere.json").write_text("{}", encoding="utf-8")
    (folder / "pages").mkdir()
    summary = folder / "summary.csv"
    text = summary.read_text(encoding="utf-8")
    summary.write_text(text.replace("reports/0/clip00000.json", name), encoding="utf-8")
    row = rows_of(folder)[0]
    assert (row["page"], row["picture"], row["leads"]) == ("", "", [])
    assert write_batch_page(folder).is_file()


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999", "9" * 400, "x"])
def test_numbers_that_are_none_cost_no_page(tmp_path: Path, number: str) -> None:
    write_batch(tmp_path, 2)
    summary = tmp_path / "summary.csv"
    with summary.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    rows[1][rows[0].index("lead_seconds")] = rows[1][rows[0].index("n_words")] = number
    with summary.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    assert rows_of(tmp_path)[0]["lead"] is None
    assert write_batch_page(tmp_path).is_file()


def test_a_report_that_is_gone_or_damaged_costs_its_row_the_sparkline_only(tmp_path: Path) -> None:
    write_batch(tmp_path, 3)
    (tmp_path / "reports/0/clip00000.json").unlink()
    (tmp_path / "reports/0/clip00001.json").write_text('{"words": 3', encoding="utf-8")
    assert [bool(row["leads"]) for row in rows_of(tmp_path)] == [False, False, True]
    assert write_batch_page(tmp_path) == tmp_path / "index.html"


def test_ids_come_back_as_they_were_written(tmp_path: Path) -> None:
    """The summary neutralises formulas; the page shows the id itself."""
    write_batch(tmp_path, 4, ids=["=1+1", "'twas", "+49", "plain"])
    assert [row["id"] for row in rows_of(tmp_path)] == ["=1+1", "'twas", "+49", "plain"]


def test_a_mismatch_has_no_offset_in_its_row(tmp_path: Path) -> None:
    write_batch(tmp_path, 3)
    summary = tmp_path / "summary.csv"
    rows = list(csv.DictReader(io.StringIO(summary.read_text(encoding="utf-8"))))
    rows[1]["verdict"] = "mismatched"
    with summary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    plain, mismatched, _ = rows_of(tmp_path)
    assert plain["lead"] is not None
    assert (mismatched["lead"], mismatched["confidence"], mismatched["leads"]) == (None, None, [])


@pytest.mark.parametrize("folder", ["/home/anna b/secret/", "C:\\Users\\anna\\"])
def test_notes_name_files_as_the_manifest_does(tmp_path: Path, folder: str) -> None:
    message = f"{folder}s19/clip00099.mp4: can't be read. Convert {folder}s19/clip00099.mp4 first."
    write_batch(tmp_path, 100, message=message)
    note = str(rows_of(tmp_path)[99]["note"])
    assert note.startswith("s19/clip00099.mp4: can't be read. Convert")
    assert "anna" not in note


def test_the_way_back_from_a_page_leads_to_the_batch() -> None:
    for report in ("reports/a.json", "reports/s1/b/c.json"):
        page = PurePosixPath(clip_page_name(report))
        assert os.path.normpath(page.parent / way_back(report)) == "index.html"


def test_lengths_and_the_table_are_on_the_page(tmp_path: Path) -> None:
    write_batch(tmp_path, 2)
    summary = tmp_path / "summary.csv"
    rows = list(csv.reader(io.StringIO(summary.read_text(encoding="utf-8"))))
    for row in rows[1:]:
        row[rows[0].index("duration_seconds")] = "61.5"
    with summary.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    page = write_batch_page(tmp_path).read_text(encoding="utf-8")
    assert [row["seconds"] for row in rows_of(tmp_path)] == [61.5, 61.5]
    assert [row["rate"] for row in rows_of(tmp_path)] == [[25, 1], [25, 1]]
    assert "2:03.0 in all." in page
    assert '<a href="summary.csv" download>' in page


def test_the_headline_counts(tmp_path: Path) -> None:
    page = write_batch_page(write_batch(tmp_path, 1000)).read_text(encoding="utf-8")
    rows = rows_of(tmp_path)
    good, failed = (sum(row["verdict"] == verdict for row in rows) for verdict in ("in-sync", "failed"))
    assert f"{good:,} of 1,000 clips are in sync." in page
    assert f"{failed} could not be analysed" in page
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert "unsafe" not in policy[1]
    assert "http" not in policy[1]


def test_the_same_results_give_the_same_page(tmp_path: Path) -> None:
    first = write_batch_page(write_batch(tmp_path, 20)).read_bytes()
    assert write_batch_page(tmp_path).read_bytes() == first


def test_hostile_ids_stay_data(tmp_path: Path) -> None:
    ids = [text.encode("utf-8", "replace").decode() for text in HOSTILE_TEXTS]
    page = write_batch_page(write_batch(tmp_path, len(ids), ids=ids)).read_text(encoding="utf-8")
    assert page.count("<script") == 2
    assert "<img" not in page


@pytest.mark.parametrize(
    ("content", "error"), [(None, InputError), ("a,b\n1,2\n", ParseError), (b"\xff\xfe\x00", ParseError)]
)
def test_what_is_no_summary_is_refused(tmp_path: Path, content: str | bytes | None, error: type[Exception]) -> None:
    if content is not None:
        (tmp_path / "summary.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(error, match="summary"):
        write_batch_page(tmp_path)


@pytest.mark.slow
def test_a_batch_writes_the_pages_that_it_was_asked_for(tmp_path: Path, generated_clip: GeneratedClip) -> None:
    """A clip that was done without a page, or whose page is gone, is done again; one that has it is left alone."""
    manifest, out = tmp_path / "clips.csv", tmp_path / "out"
    manifest.write_text(f"clip,id,text\n{generated_clip.path},s1/a,{generated_clip.transcript}\n", encoding="utf-8")
    page = out / "pages" / "s1" / "a.html"
    assert run_batch(manifest, out, BatchSettings(jobs=1)).run_done == 1
    assert not page.exists()
    with_pages = BatchSettings(jobs=1, pages=True)
    report = (out / "reports/s1/a.json").read_bytes()
    assert [run_batch(manifest, out, with_pages).run_done for _ in range(2)] == [1, 0]
    assert "early" in page.read_text(encoding="utf-8")
    assert page.with_suffix(".jpg").read_bytes()[:2] == b"\xff\xd8"
    assert (out / "reports/s1/a.json").read_bytes() == report
    assert rows_of(out)[0]["page"] == "pages/s1/a.html"
    assert (out / "index.html").is_file()
