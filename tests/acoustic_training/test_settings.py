"""Stages by the amount of speech."""

from __future__ import annotations

import pytest

from visalign.acoustic_training.settings import stages_for


@pytest.mark.parametrize(
    ("seconds", "kinds"),
    [
        (30, ["monophone"]),
        (90, ["monophone", "triphone"]),
        (150, ["monophone", "triphone", "lda"]),
        (600, ["monophone", "triphone", "lda", "sat"]),
    ],
)
def test_more_speech_allows_more_stages(seconds: float, kinds: list[str]) -> None:
    assert [stage.kind for stage in stages_for(seconds, 40, bootstrapped=True)] == kinds


def test_sizes_grow_with_the_speech_up_to_those_of_mfa() -> None:
    small, large, huge = (stages_for(seconds, 40, bootstrapped=False)[-1] for seconds in (600, 7200, 360_000))
    assert small.n_leaves < large.n_leaves <= huge.n_leaves == 2500
    assert small.n_gaussians < large.n_gaussians <= huge.n_gaussians == 15_000


def test_from_nothing_alignments_are_made_more_often() -> None:
    flat, started = (stages_for(600, 40, bootstrapped=x)[0] for x in (False, True))
    assert len(flat.align_in) > len(started.align_in)
    assert flat.n_rounds > started.n_rounds


def test_rounds_that_are_named_exist() -> None:
    for stage in stages_for(3600, 40, bootstrapped=False):
        named = (*stage.align_in, *stage.transform_in)
        assert all(1 <= number <= stage.n_rounds for number in named)
        assert bool(stage.transform_in) == (stage.kind in ("lda", "sat"))
