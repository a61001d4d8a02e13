"""The scorer of word faults, with answers by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from visalign.evaluation.fault_scores import (
    JUDGED,
    MORE_TRUTH,
    TRUTH,
    best_threshold,
    f1_at,
    matched,
    precision_at,
    scores_by,
    scores_of,
)
from visalign.evaluation.word_faults import CLEAN, FAULT, TOUCHED


def truth(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(TRUTH))


def judged(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(JUDGED))


def test_a_word_takes_what_was_found_over_it_by_the_time_shared() -> None:
    words = matched(
        truth(("c", "s", "", 0.0, "a", 0.0, 1.0, CLEAN, 0.0), ("c", "s", "", 0.0, "b", 2.0, 3.0, CLEAN, 0.0)),
        judged(("c", 0.0, 0.75, 0.8, False, 0.1), ("c", 0.75, 1.5, 0.4, True, 0.3)),
    )
    assert words["score"].iloc[0] == pytest.approx((0.75 * 0.8 + 0.25 * 0.4) / 1.0)
    assert words["judged_lead_seconds"].iloc[0] == 0.1
    assert not words["is_flagged"].iloc[0]  # the flagged one shares a quarter of it, and a third of itself
    assert np.isnan(words["score"].iloc[1])  # nothing was found there


def test_a_flag_counts_where_half_of_either_is_shared() -> None:
    one = truth(("c", "s", "", 0.0, "a", 0.0, 1.0, CLEAN, 0.0))
    assert matched(one, judged(("c", 0.5, 2.5, 0.1, True, 0.0)))["is_flagged"].iloc[0]
    assert matched(one, judged(("c", 0.9, 1.05, 0.1, True, 0.0)))["is_flagged"].iloc[0]
    assert not matched(one, judged(("c", 0.6, 2.5, 0.1, True, 0.0)))["is_flagged"].iloc[0]


def test_words_of_another_clip_do_not_count() -> None:
    one = truth(("c", "s", "", 0.0, "a", 0.0, 1.0, CLEAN, 0.0))
    assert np.isnan(matched(one, judged(("d", 0.0, 1.0, 0.3, True, 0.0)))["score"].iloc[0])


def test_scores_by_hand() -> None:
    rows, found = [], []
    # Clean words of two speakers, six seconds each, and words at fault by 120 ms. (score, flagged)
    clean = {"x": [(0.9, False), (0.4, True)], "y": [(0.8, False), (0.7, False)]}
    faults = {"x": [(0.3, True, 0.10)], "y": [(0.75, False, 0.0), (0.1, True, 0.17)]}
    for speaker, words in clean.items():
        for k, (score, flagged) in enumerate(words):
            rows.append((speaker, speaker, "", 0.0, "w", 3.0 * k, 3.0 * k + 3, CLEAN, 0.0))
            found.append((speaker, 3.0 * k, 3.0 * k + 3, score, flagged, 0.0))
    for speaker, bad in faults.items():
        for k, (score, flagged, lead) in enumerate(bad):
            clip = f"{speaker} {k}"
            rows.append((clip, speaker, "shifted", -0.12, "w", 0.0, 1.0, FAULT, 0.12))
            rows.append((clip, speaker, "shifted", -0.12, "v", 1.0, 2.0, TOUCHED, 0.05))
            found.append((clip, 0.0, 1.0, score, flagged, lead))
            found.append((clip, 1.0, 2.0, 0.0, True, 0.5))  # a touched word counts neither way
    table = scores_of(matched(truth(*rows), judged(*found))).set_index("kind")
    one = table.loc["shifted"]
    assert one["size_seconds"] == 0.12
    assert one["n_at_fault"] == 3
    # x: 0.3 lies below 0.9 and 0.4: 1. y: 0.75 lies below 0.8 alone, 0.1 below both: 0.75. Weights 1 and 2.
    assert one["auc"] == pytest.approx((1 * 1.0 + 2 * 0.75) / 3)
    # Threshold for x from y: best F1 at (0.75, 0.8): both faults, one alarm: 0.8. In x: one hit, one alarm.
    # Threshold for y from x: between 0.3 and 0.4. In y: one hit, no alarm. In all 2 hits, 3 said, 3 true.
    assert one["f1"] == pytest.approx(2 * 2 / (3 + 3))
    assert one["flagged"] == pytest.approx(2 / 3)
    # Two thirds of the faults are flagged, a quarter of the clean words.
    assert one["precision_at_1_percent"] == pytest.approx(0.01 * 2 / 3 / (0.01 * 2 / 3 + 0.99 / 4))
    assert one["precision_at_10_percent"] == pytest.approx(0.1 * 2 / 3 / (0.1 * 2 / 3 + 0.9 / 4))
    assert one["lead_error_seconds"] == pytest.approx((0.02 + 0.05) / 2)
    assert table.loc["all"]["false_alarms_a_minute"] == pytest.approx(1 / (12 / 60))
    assert table.loc["all"]["untold"] == 0


def test_a_word_that_cannot_be_told_stands_in_the_middle() -> None:
    rows = truth(
        ("g", "x", "", 0.0, "w", 0.0, 1.0, CLEAN, 0.0),
        ("g", "x", "", 0.0, "w", 1.0, 2.0, CLEAN, 0.0),
        ("f", "x", "dropped", 0.0, "w", 0.0, 1.0, FAULT, np.nan),
    )
    table = scores_of(matched(rows, judged(("g", 0.0, 1.0, 0.9, False, 0.0), ("f", 0.0, 1.0, np.nan, False, np.nan))))
    everything = table.set_index("kind").loc["all"]
    assert everything["untold"] == 0.5
    assert everything["auc"] == 0.75  # below 0.9, and level with the other one that can't be told


def test_the_threshold_is_the_one_of_the_highest_f1() -> None:
    assert best_threshold([0.1, 0.2, 0.9], [0.3, 0.5]) == pytest.approx(0.25)
    assert f1_at(0.25, [0.1, 0.2, 0.9], [0.3, 0.5]) == pytest.approx(2 * 2 / (2 + 0 + 3))
    assert best_threshold([0.9], [0.1]) == np.inf  # all or nothing: all


def test_precision_without_a_flag_is_not_known() -> None:
    assert np.isnan(precision_at(0.1, 0.0, 0.0))
    assert precision_at(0.5, 1.0, 1.0) == 0.5


def test_scores_by_length_and_closure() -> None:
    rows = [
        ("g", "x", "", 0.0, "bin", 0.0, 0.1, CLEAN, 0.0, True),
        ("g", "x", "", 0.0, "red", 1.0, 1.5, CLEAN, 0.0, False),
        ("f", "x", "shifted", 0.12, "bin", 0.0, 0.1, FAULT, 0.12, True),
        ("h", "x", "shifted", 0.12, "red", 1.0, 1.5, FAULT, 0.12, False),
    ]
    found = judged(
        ("g", 0.0, 0.1, 0.9, False, 0.0),
        ("g", 1.0, 1.5, 0.2, True, 0.0),
        ("f", 0.0, 0.1, 0.1, True, 0.1),
        ("h", 1.0, 1.5, 0.8, False, 0.1),
    )
    table = scores_by(matched(pd.DataFrame(rows, columns=[*TRUTH, *MORE_TRUTH]), found)).set_index("part")
    assert table.loc["0 to 0.15 s", ["n_at_fault", "auc", "flagged"]].tolist() == [1, 1.0, 1.0]
    assert table.loc["0.15 to 0.3 s", "n_at_fault"] == 0
    assert table.loc["0.3 to 100 s", ["auc", "flagged"]].tolist() == [0.0, 0.0]
    assert table.loc["0.3 to 100 s", "false_alarms_a_minute"] == pytest.approx(1 / (0.5 / 60))
    assert table.loc["with a closure", ["auc", "false_alarms_a_minute"]].tolist() == [1.0, 0.0]
    assert table.loc["without a closure", "auc"] == 0.0
