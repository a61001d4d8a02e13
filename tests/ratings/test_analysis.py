"""Scores, intervals and screening against numbers worked out by hand, and files of raters read with distrust."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sample_report import make_report
from scipy import stats

from visalign.cli import main
from visalign.errors import InputError, ParseError
from visalign.ratings import RatingDesign, Stimulus, analyse, read_sessions
from visalign.ratings.analysis import Mean, agreement, screened, unlike


def design(method: str = "acr", *, repeats: int = 0) -> RatingDesign:
    stimuli = tuple(
        Stimulus(f"{source}-{condition}", source, condition, role, f"{condition}/{source}.mp4")
        for source in ("a", "b")
        for condition, role in (("real", "reference"), ("dub", "test"))
    )
    trials = [(x.id,) for x in stimuli] if method == "acr" else [("a-real", "a-dub"), ("b-real", "b-dub")]
    return RatingDesign("d1", "t", method, ("sync",), stimuli, (*trials, *trials[:repeats]), ())


def session(rater: str, values: dict[str, str], **changes: Any) -> dict[str, Any]:
    answers = [{"clips": key.split("+"), "practice": False, "values": {"sync": x}} for key, x in values.items()]
    data = {"schema_version": 1, "design": "d1", "rater": rater, "answers": answers}
    return data | {"checks": {"headphones": {"right": 6, "of": 6}, "screen": {"right": 4, "of": 4}}} | changes


def read(plan: RatingDesign, tmp_path: Path, *sessions: Any) -> Any:
    paths = []
    for k, data in enumerate(sessions):
        paths.append(tmp_path / f"{k}.json")
        paths[-1].write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return read_sessions(plan, paths)


def grades(a_real: int, a_dub: int, b_real: int, b_dub: int) -> dict[str, str]:
    return {"a-real": str(a_real), "a-dub": str(a_dub), "b-real": str(b_real), "b-dub": str(b_dub)}


def test_mean_opinion_scores_by_hand(tmp_path: Path) -> None:
    rows = [session("r1", grades(5, 3, 5, 1)), session("r2", grades(4, 2, 5, 2)), session("r3", grades(5, 4, 4, 2))]
    found = analyse(design(), read(design(), tmp_path, *rows), "sync")
    assert found.n_raters == 3
    assert found.stimuli["a-dub"].value == pytest.approx(3.0)
    dub = found.conditions["dub"]  # the raters' means: 2, 2, 3
    half = stats.t.ppf(0.975, 2) * np.std([2, 2, 3], ddof=1) / math.sqrt(3)
    assert (dub.value, dub.low, dub.high, dub.n) == pytest.approx((7 / 3, 7 / 3 - half, 7 / 3 + half, 3))
    # differences to the reference of the same source by the same rater, plus 5: (3+1)/2, (3+2)/2, (4+3)/2
    assert found.differences["dub"].value == pytest.approx(np.mean([2.0, 2.5, 3.5]))
    assert "real" not in found.differences


def test_one_rater_has_no_interval(tmp_path: Path) -> None:
    found = analyse(design(), read(design(), tmp_path, session("r1", grades(5, 3, 5, 1))), "sync")
    assert found.conditions["real"] == Mean(5.0, None, None, 1)


def test_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    inside = [m.low <= 3.0 <= m.high for m in (Mean.of(rng.normal(3, 0.8, 8).tolist()) for _ in range(2000))]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


def panel(n: int, noise: float) -> dict[str, dict[str, float]]:
    """Raters who agree but for noise, one who is strict, one who guesses."""
    rng = np.random.default_rng(3)
    truth = np.tile([1.0, 2.0, 3.0, 4.0, 5.0], 8)
    table = {f"r{k}": np.clip(np.round(truth + rng.normal(0, noise, 40)), 1, 5) for k in range(n)}
    table["strict"] = np.clip(truth - 1, 1, 5)  # always lower: biased, but consistent
    table["guess"] = rng.integers(1, 6, 40).astype(float)
    return {rater: {f"s{i}": float(x) for i, x in enumerate(row)} for rater, row in table.items()}


def test_screening_finds_who_guesses_and_keeps_who_is_strict() -> None:
    rng = np.random.default_rng(0)
    middling = {f"r{k}": {f"s{i}": float(x) for i, x in enumerate(rng.normal(3, 0.7, 40))} for k in range(24)}
    wild = {f"s{i}": float(1 + 4 * (i % 2)) for i in range(40)}
    strict = {f"s{i}": 1.5 for i in range(40)}
    assert screened(middling | {"wild": wild, "strict": strict}) == ["wild"]
    assert [rater for rater, _ in unlike(panel(30, 0.5), 0.75)] == ["guess"]
    # few who agree closely: the recommendation's own rule can't reject anyone
    alike = {f"r{k}": dict.fromkeys(wild, 3.0) for k in range(10)}
    assert screened(alike | {"wild": wild}) == []
    assert [rater for rater, _ in unlike(panel(10, 0.4), 0.75)] == ["guess"]


def test_one_grade_for_all_is_no_opinion() -> None:
    rows = panel(5, 0.4) | {"bored": dict.fromkeys(panel(1, 0.4)["strict"], 3.0)}
    assert ("bored", 0.0) in unlike(rows, 0.75)


def test_screening_by_the_letter_of_the_recommendation() -> None:
    """A second, plain implementation of the same text."""
    rng = np.random.default_rng(5)
    table = np.clip(np.round(rng.normal(3, 0.8, (20, 30))), 1, 5)
    table[4] = 1 + 4 * rng.integers(0, 2, 30)
    expected = []
    for i in range(20):
        high = low = 0
        for j in range(30):
            column = table[:, j]
            mean, deviation = column.mean(), column.std(ddof=1)
            m2, m4 = ((column - mean) ** 2).mean(), ((column - mean) ** 4).mean()
            factor = 2.0 if 2 <= m4 / m2**2 <= 4 else math.sqrt(20)
            high += table[i, j] >= mean + factor * deviation
            low += table[i, j] <= mean - factor * deviation
        if (high + low) / 30 > 0.05 and abs(high - low) / (high + low) < 0.3:
            expected.append(f"r{i}")
    assert screened({f"r{i}": {f"s{j:02}": table[i, j] for j in range(30)} for i in range(20)}) == expected
    assert expected, "the example must reject someone, or it shows nothing"


def test_who_is_left_out_is_told(tmp_path: Path) -> None:
    deaf = {"headphones": {"right": 2, "of": 6}, "screen": None}
    rows = [
        session("r1", grades(5, 3, 5, 1)),
        session("r2", {"a-real": "5"}),
        session("r3", grades(5, 3, 5, 1), checks=deaf),
    ]
    found = analyse(design(), read(design(), tmp_path, *rows), "sync", min_headphones=0.8)
    assert found.rejected == (("r2", "not all trials answered"), ("r3", "headphone check failed"))
    assert found.n_raters == 1
    with pytest.raises(InputError, match="no rater is left: r2"):
        analyse(design(), read(design(), tmp_path, rows[1]), "sync")


def test_pairs_by_hand(tmp_path: Path) -> None:
    plan = design("pairs")
    rows = [session(f"r{k}", {"a-real+a-dub": "a-real", "b-dub+b-real": "b-real" if k else "b-dub"}) for k in range(5)]
    found = analyse(plan, read(plan, tmp_path, *rows), "sync")
    [pair] = found.pairs
    assert (pair.first, pair.second, pair.n_first, pair.n) == ("real", "dub", 9, 10)
    assert (pair.low, pair.high) == pytest.approx((0.5958, 0.9821), abs=1e-3)  # Wilson, by the published formula
    assert found.strengths["real"] - found.strengths["dub"] == pytest.approx(math.log(9.5 / 1.5), abs=1e-6)


def test_repeats_tell_how_consistent_raters_are(tmp_path: Path) -> None:
    plan = design(repeats=1)
    data = session("r1", grades(5, 3, 5, 1))
    data["answers"].append({"clips": ["a-real"], "practice": False, "values": {"sync": "3"}})
    found = analyse(plan, read(plan, tmp_path, data), "sync")
    assert found.consistency is not None
    assert found.consistency.value == 2.0
    assert found.stimuli["a-real"].value == 4.0


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ("hello", "not JSON"),
        ({}, "not a file that the page saved"),
        (session("r", grades(5, 3, 5, 1), design="other"), "answers of another test"),
        (session("r", {"x": "5"}), "it rates x, which this test does not show"),
        (session("r", {"a-real": "6"}), "no answer to sync"),
        (session("r", {"a-real+a-dub": "a-real"}), "which this test does not show"),
        (session("r", grades(5, 3, 5, 1), answers="x"), "not a file that the page saved"),
        (session("r", {}, answers=session("r", grades(5, 3, 5, 1))["answers"] * 2), "more often than it was shown"),
    ],
)
def test_files_that_the_page_did_not_write(tmp_path: Path, data: Any, complaint: str) -> None:
    with pytest.raises(ParseError, match=complaint):
        read(design(), tmp_path, data)


def test_a_rater_counts_once(tmp_path: Path) -> None:
    row = session("r1", grades(5, 3, 5, 1))
    with pytest.raises(InputError, match="rater r1 is in"):
        read(design(), tmp_path, row, row)
    with pytest.raises(InputError, match="no file of a rater"):
        read(design(), tmp_path)


def test_agreement() -> None:
    scores = {f"s{k}": Mean(float(k), None, None, 1) for k in range(6)}
    found = agreement(scores, {f"s{k}": -2.0 * k for k in range(6)} | {"other": 1.0, "s5": math.nan}, "lateness")
    assert found is not None
    assert (found.n, found.pearson, found.spearman) == pytest.approx((5, -1.0, -1.0))
    assert agreement(scores, {"s1": 1.0, "s2": 2.0}, "x") is None
    assert agreement(scores, dict.fromkeys(scores, 1.0), "x") is None


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(x) for x in arguments])
    return int(ended.value.code or 0)


def test_command_with_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = design()
    (tmp_path / "design.json").write_text(json.dumps(plan.to_dict()), encoding="utf-8")
    rows = [session(f"r{k}", grades(5, 3, 5 - k % 2, 1)) for k in range(3)]
    read(plan, tmp_path, *rows)
    leads = {"a-real": 0.01, "b-real": -0.02, "a-dub": 0.2, "b-dub": -0.5}
    for stimulus in plan.stimuli:
        path = (tmp_path / "reports" / stimulus.path).with_suffix(".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        report = make_report()
        replace(report, sync=replace(report.sync, lead_seconds=leads[stimulus.id])).write(path)
    answers = [tmp_path / f"{k}.json" for k in range(3)]
    arguments = ("ratings", "analyse", tmp_path / "design.json", *answers)
    outputs = ("--csv", tmp_path / "scores.csv", "--json", tmp_path / "all.json")
    assert run(*arguments, "--reports", tmp_path / "reports", *outputs) == 0
    assert "lateness" in capsys.readouterr().out
    [question] = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))["questions"]
    lateness = next(x for x in question["agreement"] if x["measure"] == "lateness")
    x, y = [5, 3, 14 / 3, 1], [0.01, 0.2, 0.02, 0.5]
    assert lateness["pearson"] == pytest.approx(stats.pearsonr(x, y).statistic)
    assert lateness["spearman"] == pytest.approx(-1.0)
    table = (tmp_path / "scores.csv").read_text(encoding="utf-8")
    assert "sync,dub,,test,2,,,3" in table or "sync,dub,,test,2,2,2,3" in table
    assert run(*arguments, "--reports", tmp_path / "nowhere") == 3
    assert run("ratings", "analyse", answers[0], *answers) == 3
