"""Which faults are made, and what is said of their words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sample_lips import frame_times, make_lips
from sample_report import make_report
from sample_words import spoken

from visalign.evaluation.fault_runs import (
    correlated_rows,
    heard_in,
    judged_rows,
    planned_faults,
    truth_rows,
    words_that_close,
)
from visalign.evaluation.word_faults import FAULT


def test_a_clip_comes_as_it_is_and_with_each_fault_that_can_be_made() -> None:
    clip, donor = spoken(), spoken("two", pitch=1.1)
    made = dict(planned_faults(clip, 0, [donor], [donor]))
    assert next(iter(made)) == "one"
    assert made["one"].kind == ""
    assert np.array_equal(made["one"].audio.samples, clip.audio.samples)
    kinds = [one.kind for one in made.values()]
    assert kinds.count("shifted") == 8
    assert kinds.count("replaced") == 2
    assert {"dropped", "doubled", "swapped", "opened", "stretched", "early", "late"} < set(kinds)
    assert [heard_in(clip, one) is None for one in made.values()] == [one.kind != "opened" for one in made.values()]
    # The next clip begins with its next word.
    first = next(one for one in made.values() if one.kind == "dropped")
    second = next(one for _, one in planned_faults(clip, 1, [donor], [donor]) if one.kind == "dropped")
    at_fault = [[word.state for word in one.words].index(FAULT) for one in (first, second)]
    assert (at_fault[1] - at_fault[0]) % 4 == 1


def test_the_truth_tells_which_words_close_the_lips() -> None:
    clip = spoken()
    closing = words_that_close([clip])
    assert closing == {"bob", "me"}
    faulty = next(one for _, one in planned_faults(clip, 0, [], []) if one.kind == "shifted")
    rows = list(truth_rows("one 1", "s", faulty, closing))
    assert [row[4] for row in rows] == ["bob", "sees", "me", "now"]
    assert [row[-1] for row in rows] == [True, False, True, False]
    assert {row[:3] for row in rows} == {("one 1", "s", "shifted")}


def test_a_report_tells_both_probabilities_its_flags_and_the_own_lead_beside_those_in_step() -> None:
    report = make_report()
    first, second = report.judged_words
    stray = replace(second, in_step=0.01, own_lead_seconds=0.2, score=0.5, verdict="out-of-step")
    rows = list(judged_rows("one", replace(report, judged_words=(first, stray))))
    assert rows[0] == ("one", 0.3, 0.7, pytest.approx(0.75 * 0.97), True, pytest.approx(0.0))
    assert rows[1] == ("one", 0.7, 1.1, pytest.approx(0.5 * 0.01), True, pytest.approx(0.2 - 0.08))
    # With no word in step it is told beside the clip's lead; what is not known stays so.
    alone, unknown = judged_rows("one", replace(report, judged_words=(stray, second)))
    assert alone[5] == pytest.approx(0.2 - 0.0830001)
    assert (unknown[4], np.isnan(unknown[3])) == (False, True)


def test_the_baseline_is_the_correlation_of_loudness_and_opening() -> None:
    """Lips that open as the sound gets loud agree fully; lips that close then, not at all."""
    clip = spoken()
    faulty = next(one for _, one in planned_faults(clip, 0, [], []))
    times = frame_times(65)
    is_loud = np.array([any(word.start <= at < word.end for word in clip.said) for at in times.centres], float)
    with_it = list(correlated_rows("one", make_lips(is_loud[:, None], ("inner_aperture",)), faulty))
    against = list(correlated_rows("one", make_lips(1 - is_loud[:, None], ("inner_aperture",)), faulty))
    assert [row[1] for row in with_it] == [word.start for word in clip.said]
    assert min(float(str(row[3])) for row in with_it) > 0.8
    assert [row[3] for row in against] == pytest.approx([1 - float(str(row[3])) for row in with_it])
    assert ([row[4] for row in with_it], [row[4] for row in against]) == ([False] * 4, [True] * 4)
    still = list(correlated_rows("one", make_lips(0 * is_loud[:, None], ("inner_aperture",)), faulty))
    assert still == []
