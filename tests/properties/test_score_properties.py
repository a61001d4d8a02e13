"""What holds for every score: counts add up, whatever is grouped with what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visalign.sync.scoring import SyncScore

COUNTS = st.integers(0, 10_000)


@st.composite
def scores(draw: st.DrawFn) -> SyncScore:
    n_frames, n_words = draw(COUNTS), draw(COUNTS)
    return SyncScore(n_frames, draw(st.integers(0, n_frames)), n_words, draw(st.integers(0, n_words)))


@given(scores(), scores(), scores())
def test_scores_add_up_in_any_order(a: SyncScore, b: SyncScore, c: SyncScore) -> None:
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + SyncScore.zero() == a


@given(scores(), scores())
def test_a_sum_is_counts_over_counts_not_a_mean_of_means(a: SyncScore, b: SyncScore) -> None:
    total = a + b
    right, frames = a.n_frames_right + b.n_frames_right, a.n_frames + b.n_frames
    assert total.viseme_accuracy == (right / frames if frames else None)
    words = a.n_words + b.n_words
    assert total.proportion_in_sync == ((a.n_words_in_sync + b.n_words_in_sync) / words if words else None)


@given(scores())
def test_measures_are_proportions_or_absent(score: SyncScore) -> None:
    for value, n in ((score.viseme_accuracy, score.n_frames), (score.proportion_in_sync, score.n_words)):
        assert (value is None) == (n == 0)
        assert value is None or 0 <= value <= 1


@given(COUNTS, st.integers(1, 100))
def test_more_right_than_there_are_is_refused(n: int, excess: int) -> None:
    for counts in ((n, n + excess, 0, 0), (0, 0, n, n + excess), (n, -excess, 0, 0)):
        with pytest.raises(ValueError, match="impossible counts"):
            SyncScore(*counts)
