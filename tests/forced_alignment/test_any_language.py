"""Words in IPA, and phones in place of a text."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from visalign.errors import AlignmentError, ConfigError, InputError
from visalign.face.generated_clip import SpokenText, synthesise_speech
from visalign.forced_alignment import force_align
from visalign.forced_alignment.any_language import phones_aligner
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.language.lexicon import parse_lexicon
from visalign.language.phones import SILENCE, convert
from visalign.media.clips import read_audio
from visalign.signals import Audio

TEXT = "set red by m two please"


@pytest.fixture(scope="module")
def speech() -> SpokenText:
    return synthesise_speech(TEXT, seed=0)


def test_phones_come_back_as_given_and_where_they_are_spoken(speech: SpokenText) -> None:
    spoken = [x for x in speech.phones if x.label not in ("", SILENCE)]
    phones = [convert(x.label, "arpabet", "ipa") for x in spoken]
    found = force_align(speech.audio, phones=phones)
    placed = [x for x in found.phones if x.label != SILENCE]
    assert [x.label for x in placed] == phones
    errors = np.abs([a.start - b.start for a, b in zip(placed, spoken, strict=True)])
    assert np.median(errors) < 0.02
    assert errors.max() < 0.12
    assert (found.phones.start, found.phones.end) == (0.0, speech.audio.duration)
    assert all(x.score is not None and 0.0 <= x.score <= 1.0 for x in placed)


def test_groups_are_words(speech: SpokenText) -> None:
    found = force_align(speech.audio, phones="s ɛ t | ɹ ɛ d b aɪ | ɛ m t uː p l iː z".replace("|", "sil").split())
    assert [x for x in found.words.labels if x] == ["sɛt", "ɹɛdbaɪ", "ɛmtuːpliːz"]
    assert set(found.words.boundaries) <= set(found.phones.boundaries)
    assert found.alphabet == "ipa"


def test_a_lexicon_in_ipa_needs_no_english(speech: SpokenText) -> None:
    lexicon = parse_lexicon("set z ɛ t\nred ʁ ɛ t\nby b ˈyː\nm ɛ m\ntwo t͡s uː\nplease p l iː s")
    found = force_align(speech.audio, TEXT, lexicon=lexicon)
    assert [x for x in found.words.labels if x] == TEXT.split()
    assert [x for x in found.phones.labels if x != SILENCE] == [
        "z",
        "ɛ",
        "t",
        "ʁ",
        "ɛ",
        "t",
        "b",
        "ˈyː",
        "ɛ",
        "m",
        "t͡s",
        "uː",
        "p",
        "l",
        "iː",
        "s",
    ]
    in_english = force_align(speech.audio, TEXT)
    assert in_english.alphabet == "arpabet"
    starts = [[x.start for x in a.words if x.label] for a in (found, in_english)]
    assert np.abs(np.subtract(*starts)).max() < 0.06


def test_the_same_phones_give_the_same_times(speech: SpokenText) -> None:
    phones = ["s", "ɛ", "t", "ɹ", "ɛ", "d", "b", "aɪ", "ɛ", "m", "t", "uː", "p", "l", "iː", "z"]
    assert force_align(speech.audio, phones=phones) == force_align(speech.audio, phones=phones)


@pytest.mark.parametrize("phones", [[], ["sil", ""]])
def test_no_phones_are_refused(speech: SpokenText, phones: list[str]) -> None:
    with pytest.raises(InputError, match="no phones"):
        force_align(speech.audio, phones=phones)


def test_a_transcript_and_phones_exclude_each_other(speech: SpokenText) -> None:
    with pytest.raises(InputError, match="either as a transcript or as phones"):
        force_align(speech.audio, TEXT, phones=["a"])
    with pytest.raises(InputError, match="either as a transcript or as phones"):
        force_align(speech.audio)


def test_sound_that_is_too_short_or_silent_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(AlignmentError, match=r"200000 phones need at least 4000\.00 s, and the audio has 0\.10"):
        force_align(Audio(rng.normal(0, 0.1, 1600).astype(np.float32), 16000), phones=["a"] * 200_000)
    with pytest.raises(AlignmentError):
        force_align(Audio(rng.normal(0, 0.1, 1600).astype(np.float32), 16000), phones=["a"] * 5)
    with pytest.raises(AlignmentError):
        force_align(Audio(np.zeros(16000, np.float32), 16000), phones=["a", "b"])


def test_aligners_of_words_alone_are_refused() -> None:
    with pytest.raises(ConfigError, match="pocketsphinx"):
        phones_aligner("pocketsphinx")
    assert phones_aligner("gmm_hmm").name == phones_aligner(GmmHmmAligner()).name == "any_language"


@pytest.mark.corpus
def test_a_model_of_its_own_language_goes_first(corpus: Path) -> None:
    model = next(iter(sorted((corpus / "mfa_models").glob("*mono*.zip"))), None)
    if model is None:
        pytest.skip("no MFA model of monophones among the development data")
    engine = GmmHmmAligner(model)
    assert phones_aligner(engine) is engine
    phone = sorted(engine.model.phone_set)[0]
    audio = read_audio(sorted((corpus / "librivox").glob("*.wav"))[0])
    found = force_align(audio, phones=[phone, phone], aligner=engine)
    assert [x for x in found.phones.labels if x != SILENCE] == [phone, phone]
    with pytest.raises(InputError, match="has no phone 'ǂ'"):
        force_align(audio, phones=["ǂ"], aligner=engine)


@pytest.mark.corpus
@pytest.mark.parametrize("language", ["ace", "eus", "njm"])
def test_boundaries_of_words_in_languages_that_nobody_trained_on(corpus: Path, language: str) -> None:
    errors = list[float]()
    for path in sorted((corpus / "voxangeles" / language).glob("*.tsv"))[:3]:
        truth = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        found = force_align(read_audio(path.with_suffix(".flac")), phones=[label for _, _, label in truth])
        placed = [x for x in found.phones if x.label != SILENCE]
        assert [x.label for x in placed] == [label for _, _, label in truth]
        assert all(a.end <= b.start for a, b in pairwise(placed))
        errors += (abs(x.start - float(start)) for x, (start, _, _) in list(zip(placed, truth, strict=True))[1:])
    if not errors:
        pytest.skip("no words of this language among the development data")
    assert np.median(errors) < 0.012
    assert np.mean(np.array(errors) <= 0.05) >= 0.9
