"""The alignment that a training begins with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from toy_language import corpus

from visalign.acoustic_training import first_paths
from visalign.acoustic_training.first_paths import aligned_path, even_path
from visalign.acoustic_training.paths import Path
from visalign.acoustic_training.tied_states import NOISES, TiedStates
from visalign.acoustic_training.utterance import NotAligned
from visalign.forced_alignment.kaldi_features import FeatureOptions
from visalign.forced_alignment.mapped_acoustics import MappedAcoustics
from visalign.forced_alignment.sphinx_model import embedded_model

TIED = TiedStates.monophones((*NOISES, "a", "i", "m", "s", "t", "u"))
(SPOKEN,) = corpus(1)


def test_from_nothing_all_phones_are_of_one_length() -> None:
    path = even_path(SPOKEN.utterance, 100, TIED)
    assert isinstance(path, Path)
    n = 2 + sum(len(ways[0]) for ways in SPOKEN.utterance.pronunciations)
    assert (len(path.phones), path.n_frames) == (n, 100)
    assert path.phones[[0, -1]].tolist() == [1, 1]
    assert path.words[[0, -1]].tolist() == [-1, -1]
    assert path.lengths.max() - path.lengths.min() <= 1


def test_too_few_frames_are_named() -> None:
    found = even_path(SPOKEN.utterance, 20, TIED)
    assert isinstance(found, NotAligned)
    assert found.reason.startswith("its 20 frames are too few for 10 phones")


@pytest.fixture(scope="module")
def english() -> MappedAcoustics:
    return MappedAcoustics(embedded_model())


def test_another_model_says_where_the_phones_are(english: MappedAcoustics) -> None:
    n_frames = round(100 * SPOKEN.utterance.read().duration)
    path = aligned_path(SPOKEN.utterance, n_frames, english, FeatureOptions(), TIED)
    assert isinstance(path, Path)
    assert path.n_frames == n_frames
    said = [TIED.number[phone] for ways in SPOKEN.utterance.pronunciations for phone in ways[0]]
    assert path.phones[path.words >= 0].tolist() == said
    starts = 0.01 * (np.cumsum(path.lengths) - path.lengths)
    found = [float(starts[path.words == k][0]) for k in range(4)]
    assert np.median(np.abs(np.array(found) - SPOKEN.starts)) < 0.04
    assert len(path.moves(TIED, path.pdfs(TIED))) == n_frames


def test_a_word_that_the_other_model_can_not_say_is_named(english: MappedAcoustics) -> None:
    strange = replace(SPOKEN.utterance, pronunciations=((("q7",),), *SPOKEN.utterance.pronunciations[1:]))
    found = aligned_path(strange, 160, english, FeatureOptions(), TIED)
    assert isinstance(found, NotAligned)
    assert found.stage == "first alignment"
    word = SPOKEN.utterance.words[0]
    assert found.reason == f"no pronunciation of {word!r} is in phones of PocketSphinx en-us, phones of any language"


@dataclass(frozen=True)
class Case:
    """Segments as word and end in seconds, and the frames that they come to."""

    segments: list[tuple[int, float]]
    n_frames: int
    lengths: list[int] | None


@pytest.mark.parametrize(
    "case",
    [
        Case([(-1, 0.05), (0, 0.10), (0, 0.20), (-1, 0.25)], 25, [5, 5, 10, 5]),
        Case([(-1, 0.02), (0, 0.10), (0, 0.20)], 20, [0, 10, 10]),  # a pause of 20 ms is none
        Case([(0, 0.10), (-1, 0.12), (1, 0.20)], 20, [12, 0, 8]),
        Case([(0, 0.10), (0, 0.104), (1, 0.20)], 20, [10, 1, 9]),  # a phone has a frame at least
        Case([(0, 0.10), (1, 0.20)], 22, [10, 12]),  # the last one has what is left
        Case([(0, 0.01), (0, 0.01), (0, 0.01)], 2, None),
    ],
)
def test_times_become_frames(case: Case) -> None:
    starts = [0.0, *(end for _, end in case.segments)]
    segments = [("a", word, start, end) for (word, end), start in zip(case.segments, starts, strict=False)]
    assert first_paths._frames(segments, case.n_frames, FeatureOptions()) == case.lengths
