"""Cues, phrases and runs of them: what a person reads of a long clip."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sample_report import NAN, judged, make_report

from visalign.commands import console
from visalign.commands.console import MOST_ROWS, MOST_WORDS, judged_parts
from visalign.forced_alignment.alignment import CueTimes
from visalign.reports.clip_report import ClipReport
from visalign.reports.passages import LONGEST_PHRASE, SAME_LEAD, Passage, notable_runs, passages, runs_of
from visalign.timeline import Interval, Tier


def long_report(verdicts: list[str], *, words: int = 3, with_cues: bool = False, pause: float = 1.0) -> ClipReport:
    """A report of one phrase for each of `verdicts`, of words of 0.3 s with a pause after the last."""
    rows, intervals, cues, at = list[tuple[Any, ...]](), list[Interval](), list[CueTimes](), 0.5
    leads = {"in-sync": 0.01, "audio-early": 0.12, "audio-late": -0.2, "mismatched": 0.0, "uncertain": 0.05}
    for k, verdict in enumerate(verdicts):
        start = at
        for n in range(words):
            known = verdict != ""
            intervals.append(Interval(at, at + 0.3, f"w{k}x{n}"))
            rows.append(
                (
                    f"w{k}x{n}", at, at + 0.3, "B", "C", "C", 0.9 if known else NAN,
                    leads[verdict] if known else NAN, 0.5 if known else NAN, verdict or "uncertain",
                )
            )  # fmt: skip
            at += 0.3
        cues.append(CueTimes(start - 0.2, at + 0.2, f"line\n  {k}", "", start, at))
        at += pause
    tier = Tier.from_intervals("words", intervals, start=0.0, end=max(at, 3.0))
    return make_report(words=tier, judged_words=judged(*rows), cues=tuple(cues) if with_cues else ())


def shown(report: ClipReport, monkeypatch: pytest.MonkeyPatch, capsys: Any, columns: int = 80) -> str:
    monkeypatch.setattr(console, "PIPE_WIDTH", columns)
    console.screen().print(judged_parts(report))
    return str(capsys.readouterr().out)


# --- passages ----------------------------------------------------------------------------------------------------


def test_without_cues_a_passage_is_a_phrase() -> None:
    found = passages(long_report(["in-sync", "audio-early", ""]))
    assert [(x.text, x.n_words, x.n_in_sync, x.verdict) for x in found] == [
        ("w0x0 w0x1 w0x2", 3, 3, "in-sync"),
        ("w1x0 w1x1 w1x2", 3, 0, "audio-early"),
        ("w2x0 w2x1 w2x2", 0, 0, ""),
    ]
    assert [x.lead_seconds for x in found] == [pytest.approx(0.01), pytest.approx(0.12), None]
    assert (found[1].start, found[1].end) == (pytest.approx(2.4), pytest.approx(3.3))


def test_with_cues_a_passage_is_a_cue_whatever_the_pauses() -> None:
    report = long_report(["in-sync", "audio-early"], with_cues=True, pause=0.0)
    assert [(x.text, x.verdict) for x in passages(report)] == [("line 0", "in-sync"), ("line 1", "audio-early")]
    assert len(passages(replace(report, cues=()))) == 1


def test_a_cue_whose_words_were_not_found_is_left_out() -> None:
    report = long_report(["in-sync", "audio-early"], with_cues=True)
    lost = CueTimes(9.0, 10.0, "elsewhere")
    assert passages(replace(report, cues=(*report.cues, lost))) == passages(report)


def test_words_that_do_not_agree_are_uncertain() -> None:
    report = long_report(["in-sync"], words=4)
    for n_early, verdict in ((1, "in-sync"), (2, "uncertain"), (3, "audio-early")):
        early = [replace(word, verdict="audio-early") for word in report.judged_words[:n_early]]
        found = passages(replace(report, judged_words=(*early, *report.judged_words[n_early:])))[0]
        assert (found.verdict, found.n_in_sync, found.n_words) == (verdict, 4 - n_early, 4)


def test_speech_without_pauses_is_cut_and_no_word_is_lost() -> None:
    report = long_report(["in-sync"] * 30, pause=0.1)
    found = passages(report)
    assert all(x.end - x.start <= LONGEST_PHRASE for x in found)
    assert " ".join(x.text for x in found).split() == [x.label for x in report.words if x.label]
    # It is cut at the pauses, which come after every third word.
    assert all(x.text.endswith("x2") for x in found)


def test_a_word_longer_than_any_phrase_is_one() -> None:
    words = Tier("words", (0.0, 9.0, 18.0, 18.5), ("long", "longer", "short"))
    rows = [(x.label, x.start, x.end, "B", "C", "C", 0.9, 0.0, 0.9, "in-sync") for x in words]
    found = passages(make_report(words=words, judged_words=judged(*rows)))
    assert [x.text for x in found] == ["long", "longer", "short"] or [x.text for x in found] == ["long", "longer short"]


# --- runs --------------------------------------------------------------------------------------------------------


def part(at: int, verdict: str, lead: float | None = 0.12, n_words: int = 5) -> Passage:
    n_in_sync = n_words if verdict == "in-sync" else 0
    return Passage(float(at), at + 0.9, f"line {at}", n_words, n_in_sync, lead, verdict)


def runs(*verdicts: str) -> list[tuple[str, int]]:
    return [(x.verdict, x.n_passages) for x in runs_of(part(k, verdict) for k, verdict in enumerate(verdicts))]


E, S, U, N = "audio-early", "in-sync", "uncertain", ""


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([S, S, E, E, E, S], [(S, 2), (E, 3), (S, 1)]),
        ([E, E, U, E], [(E, 4)]),
        ([E, U, N, E], [(E, 4)]),
        ([E, U, U, U, E], [(E, 1), (U, 3), (E, 1)]),
        ([E, S, E], [(E, 1), (S, 1), (E, 1)]),
        ([E, U, S], [(E, 1), (U, 1), (S, 1)]),
        ([S, U, S, E], [(S, 1), (U, 1), (S, 1), (E, 1)]),
        ([], []),
    ],
)
def test_neighbours_of_one_verdict_are_one_run(verdicts: list[str], expected: list[tuple[str, int]]) -> None:
    assert runs(*verdicts) == expected


def test_another_lead_is_another_run() -> None:
    near, far = 0.12 + SAME_LEAD - 0.001, 0.12 + SAME_LEAD + 0.001
    assert len(runs_of([part(0, E), part(1, E, near)])) == 1
    assert len(runs_of([part(0, E), part(1, E, far)])) == 2
    (drift,) = runs_of([part(k, E, 0.1 + 0.02 * k) for k in range(20)])
    assert drift.drifts
    assert drift.lead_at_ends == (pytest.approx(0.14), pytest.approx(0.44))
    (steady,) = runs_of([part(k, E, 0.1 + 0.03 * (k % 2)) for k in range(20)])
    assert not steady.drifts
    jump = runs_of([part(k, E, 0.1 if k < 10 else 0.3) for k in range(20)])
    assert [x.n_passages for x in jump] == [10, 10]


def test_a_run_adds_up() -> None:
    (run,) = runs_of([part(0, E, 0.1), part(1, U, 0.5, 2), part(2, E, 0.12), part(3, E, 0.13)])
    assert run == Passage(0.0, 3.9, "line 0", 17, 0, pytest.approx(0.12), E, 4, (pytest.approx(0.12),) * 2)


def test_what_is_worst_is_kept_and_shown_in_time() -> None:
    found = [part(0, U), part(2, E, n_words=2), part(4, S), part(6, "mismatched", n_words=9), part(8, N, None, 0)]
    assert [x.start for x in notable_runs(found, 9)] == [0, 2, 6, 8]
    assert [x.start for x in notable_runs(found, 3)] == [0, 2, 6]
    assert [x.start for x in notable_runs(found, 2)] == [2, 6]
    assert [x.start for x in notable_runs(found, 1)] == [6]


# --- in a terminal -----------------------------------------------------------------------------------------------


def test_up_to_so_many_words_there_is_a_row_a_word(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    few = long_report([S] * (MOST_WORDS // 3))
    assert len(few.judged_words) == MOST_WORDS
    assert "w3x1 " in shown(few, monkeypatch, capsys, 160)
    assert "w3x1 " in shown(long_report([S] * (MOST_WORDS // 3 + 1)), monkeypatch, capsys, 160)  # in its phrase


@pytest.mark.parametrize("columns", [80, 100, 160])
def test_above_it_a_row_a_passage_of_one_line(monkeypatch: pytest.MonkeyPatch, capsys: Any, columns: int) -> None:
    verdicts = [S] * 20 + [E] * 4 + [N]
    out = shown(long_report(verdicts, words=12, with_cues=True), monkeypatch, capsys, columns)
    rows = [line.rstrip() for line in out.splitlines() if "line" in line]
    assert len(rows) == len(verdicts)
    assert all(len(line) <= columns for line in out.splitlines())
    assert rows[20].split()[1:] == ["line", "20", "+120", "0", "of", "12", "audio-early"]
    assert rows[0].split() == ["0:00.5–0:04.1", "line", "0", "+10", "12", "of", "12", "in-sync"]
    assert rows[24].split()[1:] == ["line", "24"]  # no evidence, no numbers
    assert "--csv FILE" in out


def test_of_many_passages_only_what_is_not_in_sync(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    verdicts = [S] * 50 + [E] * 83 + [S] * 40 + ["audio-late"] + [S] * 10
    out = shown(long_report(verdicts, with_cues=True), monkeypatch, capsys)
    rows = [line.split() for line in out.splitlines() if "line" in line]
    assert [row[1:] for row in rows] == [
        ["83", "line", "50", "+120", "0", "of", "249", "audio-early"],
        ["1", "line", "173", "-200", "0", "of", "3", "audio-late"],
    ]
    assert "184 cues: 100 in-sync, 83 audio-early, 1 audio-late. Left out here: 100 in-sync." in " ".join(out.split())


def test_a_drift_is_one_row(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    report = long_report([S] * 10 + [E] * 80, with_cues=True)
    judged_words = tuple(replace(word, lead_seconds=word.start / 1000) for word in report.judged_words)
    out = shown(replace(report, judged_words=judged_words), monkeypatch, capsys)
    (row,) = [line.split() for line in out.splitlines() if "line" in line]
    # The third cue of the run, and the third last one, in the middle: 1.9 s each from 0.5 s on.
    assert row[1:] == ["80", "line", "10", "+24", "to", "+166", "0", "of", "240", "audio-early"]


def test_never_more_rows_than_a_screen_holds(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    verdicts = [S, E] * (MOST_ROWS + 5) + [S, U] * 9
    out = shown(long_report(verdicts, with_cues=True), monkeypatch, capsys)
    assert sum("line" in line for line in out.splitlines()) == MOST_ROWS
    left = f"Left out here: {MOST_ROWS + 14} in-sync, 5 audio-early, 9 uncertain."
    assert left in " ".join(out.split())


def test_all_in_sync_needs_no_table(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    out = shown(long_report([S] * 90), monkeypatch, capsys)
    assert "90 phrases: 90 in-sync." in out
    assert "w0x0" not in out


def test_cues_come_back_from_json() -> None:
    report = long_report([S, E], with_cues=True, pause=0.1)
    again = ClipReport.from_dict(report.to_dict())
    assert again.to_dict() == report.to_dict()
    assert [(x.text, x.verdict) for x in passages(again)] == [("line 0", S), ("line 1", E)]
    old = report.to_dict()
    del old["cues"]
    assert ClipReport.from_dict(old).cues == ()
