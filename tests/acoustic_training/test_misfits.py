"""Texts that are not what is said, told by their phones backwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from english_corpus import make_english

from visalign.acoustic_training.corpus import StretchOfSound, read_spoken_corpus
from visalign.acoustic_training.misfits import gain_of, misfits
from visalign.acoustic_training.pronunciations import NOISE, pronounce_words, spoken_utterances
from visalign.acoustic_training.utterance import Utterance
from visalign.forced_alignment.acoustic_model import SphinxAcoustics
from visalign.forced_alignment.sphinx_model import embedded_model
from visalign.language.lexicon import embedded_lexicon

MODEL = SphinxAcoustics(embedded_model())


@pytest.fixture(scope="module")
def utterances(made_once: Callable[..., Path]) -> list[Utterance]:
    read = read_spoken_corpus(made_once("english-corpus", make_english), embedded_lexicon())
    return spoken_utterances(read.stretches, pronounce_words(read.words, None))[0]


def with_text(one: Utterance, text: str) -> Utterance:
    words = tuple(text.split())
    found = pronounce_words(words, None)
    return replace(one, words=words, pronunciations=tuple(found.ways[x] for x in words))


WRONG = ("mister thompson bought yellow shoes", "sixty ships sailed home yesterday")


def test_the_text_of_another_is_doubted(utterances: list[Utterance]) -> None:
    mixed = [with_text(utterances[0], WRONG[0]), *utterances[1:3], with_text(utterances[3], WRONG[1])]
    again = [replace(x, name=f"{x.name} again") for x in utterances]
    told: list[str] = []
    found = misfits(MODEL, [*mixed, *again], lambda stage, _part: told.append(stage))
    assert [x.utterance for x in found] == [mixed[0].name, mixed[3].name]
    assert all("probably not what is said" in x.reason and x.utterance in x.reason for x in found)
    assert len(told) == 10


def test_in_a_small_corpus_a_text_must_gain_nothing_to_be_doubted(utterances: list[Utterance]) -> None:
    wrong = with_text(utterances[0], WRONG[0])
    gain = gain_of(MODEL, wrong)
    assert gain is not None
    assert bool(misfits(MODEL, [wrong, *utterances[1:3]])) is (gain < 0.0)


def test_right_texts_gain(utterances: list[Utterance]) -> None:
    gains = [gain_of(MODEL, x) for x in utterances]
    assert all(x is not None and x > 1.0 for x in gains)


def test_what_can_not_be_compared_is_not_doubted(utterances: list[Utterance], tmp_path: Path) -> None:
    one = utterances[0]
    noise = replace(one, words=("x",), pronunciations=(((NOISE,),),))
    gone = replace(one, sound=StretchOfSound(tmp_path / "gone.wav"))
    palindrome = replace(one, words=("oh",), pronunciations=((("OW",),),))
    short = replace(one, sound=replace(one.sound, end=0.15))  # type: ignore[type-var]
    assert [gain_of(MODEL, x) for x in (noise, gone, palindrome, short)] == [None] * 4
    assert misfits(MODEL, [noise, gone]) == []
