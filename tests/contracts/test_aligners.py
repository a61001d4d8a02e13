"""What every aligner has to keep, whoever wrote it: add a new one to `ALIGNERS` and it is tested here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from visalign.errors import AlignmentError, BackendUnavailable, InputError, OutOfVocabulary
from visalign.exports.result_files import write_alignment
from visalign.face.generated_clip import synthesise_speech
from visalign.forced_alignment import ALIGNERS, Aligner, PrecomputedAligner, load_aligner
from visalign.language.lexicon import embedded_lexicon
from visalign.language.phones import ARPABET, SILENCE, is_phone
from visalign.signals import Audio

WORDS = ["set", "red", "by", "m", "two", "please"]
# Speech that eSpeak makes; two aligners agree with its own times to about 50 ms.
TOLERANCE_SECONDS = 0.08


@pytest.fixture(scope="module")
def audio() -> Audio:
    speech = synthesise_speech(" ".join(WORDS), seed=0).audio
    silence = np.zeros(speech.rate_hz // 4, np.float32)
    return Audio(np.concatenate([silence, speech.samples, silence]), speech.rate_hz)


Maker = Callable[[Audio], Aligner]


@pytest.fixture(params=sorted(ALIGNERS))
def maker(request: pytest.FixtureRequest, tmp_path: Path) -> Maker:
    """Makes the aligner for a recording; a precomputed alignment has to be one of that recording."""

    def precomputed(audio: Audio) -> Aligner:
        path = tmp_path / f"{audio.duration}.TextGrid"
        write_alignment(path, load_aligner("gmm_hmm").align(audio, WORDS, embedded_lexicon()))
        return PrecomputedAligner(path)

    return precomputed if request.param == "precomputed" else lambda _: load_aligner(request.param)


@pytest.fixture
def aligner(maker: Maker, audio: Audio) -> Aligner:
    try:
        return maker(audio)
    except BackendUnavailable as error:
        pytest.skip(str(error))


def test_is_an_aligner(aligner: Aligner) -> None:
    assert isinstance(aligner, Aligner)
    assert aligner.name in ALIGNERS


def test_words_come_back_in_order_over_the_whole_audio(aligner: Aligner, audio: Audio) -> None:
    found = aligner.align(audio, WORDS, embedded_lexicon())
    assert [label for label in found.words.labels if label] == WORDS
    assert (found.words.start, found.words.end) == (0.0, audio.duration)
    assert (found.phones.start, found.phones.end) == (0.0, audio.duration)
    assert set(found.words.boundaries) <= set(found.phones.boundaries)
    assert found.engine.startswith(aligner.name)


def test_phones_are_arpabet_or_ipa_with_confidences(aligner: Aligner, audio: Audio) -> None:
    found = aligner.align(audio, WORDS, embedded_lexicon())
    phones = found.phones
    if aligner.name == "any_language":
        assert found.alphabet == "ipa"
        assert all(x == SILENCE or is_phone(x, "ipa") for x in phones.labels)
    else:
        assert set(phones.labels) <= set(ARPABET)
    assert all(phone.score is None for phone in phones if phone.label == SILENCE)
    assert all(phone.score is None or 0 <= phone.score <= 1 for phone in phones)


def test_times_are_on_the_clock_of_the_audio(aligner: Aligner, maker: Maker, audio: Audio) -> None:
    later = Audio(np.concatenate([np.zeros(audio.rate_hz // 2, np.float32), audio.samples]), audio.rate_hz)
    here, there = (maker(sound).align(sound, WORDS, embedded_lexicon()).words for sound in (audio, later))
    for word in WORDS:
        moved = there.boundaries[there.labels.index(word)] - here.boundaries[here.labels.index(word)]
        assert moved == pytest.approx(0.5, abs=TOLERANCE_SECONDS)


def test_same_input_same_output(aligner: Aligner, maker: Maker, audio: Audio) -> None:
    first = aligner.align(audio, WORDS, embedded_lexicon())
    with suppress(AlignmentError):  # a precomputed alignment has all words or none
        aligner.align(audio, WORDS[:3], embedded_lexicon())
    assert aligner.align(audio, WORDS, embedded_lexicon()) == first
    assert maker(audio).align(audio, WORDS, embedded_lexicon()) == first


def test_missing_words_are_named_together(aligner: Aligner, audio: Audio) -> None:
    with pytest.raises((OutOfVocabulary, AlignmentError), match=r"zzyzzx.*qwrtp") as caught:
        aligner.align(audio, ["set", "zzyzzx", "qwrtp"], embedded_lexicon())
    # What has its phones already needs no lexicon; its own words are what it misses.
    assert aligner.name == "precomputed" or isinstance(caught.value, OutOfVocabulary)


def test_no_words_and_silence_are_refused(aligner: Aligner, audio: Audio) -> None:
    with pytest.raises(InputError):
        aligner.align(audio, [], embedded_lexicon())
    with pytest.raises(AlignmentError):
        aligner.align(Audio(np.zeros(16000, np.float32), 16000), WORDS, embedded_lexicon())
