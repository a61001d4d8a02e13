"""Speech that is made here: the times of its phones in other languages than English (which test_generated_clip has)."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.errors import ConfigError, InputError, OutOfVocabulary
from visalign.face.generated_speech import synthesise_speech

TEXTS = {
    "de": ("Mama kauft am 3. Mai blaue Pflaumen", ["mama", "kauft", "am", "dritten", "mai", "blaue", "pflaumen"]),
    "ja": ("パンと たまごを、たべました", ["パンと", "たまごを", "たべました"]),
    "zh": ("你好，朋友", ["你好", "朋友"]),
    "ar": ("مَرْحَبًا يَا صَدِيقِي", ["مَرْحَبًا", "يَا", "صَدِيقِي"]),
    "he": ("שלום חבר", ["שלום", "חבר"]),
    "tr": ("Babam yeni bir ev buldu", ["babam", "yeni", "bir", "ev", "buldu"]),
}


@pytest.mark.parametrize("language", TEXTS)
def test_words_of_other_languages_are_spoken_with_their_times(language: str) -> None:
    text, words = TEXTS[language]
    said = synthesise_speech(text, language=language)
    assert [x for x in said.words.labels if x] == words
    assert said.phones.end == said.words.end == pytest.approx(said.audio.duration, abs=1e-6)
    assert all(x.duration > 0 for x in said.phones)


def test_closed_lips_are_silent_or_hum() -> None:
    """The times are those of the sound: a German p is quieter than the vowel behind it."""
    said = synthesise_speech("Papa kauft Pappe", language="de")
    rows = list(said.phones)
    loudness = [
        np.abs(said.audio.samples[round(x.start * said.audio.rate_hz) : round(x.end * said.audio.rate_hz)]).mean()
        for x in rows
    ]
    closures = [n for n, x in enumerate(rows[:-1]) if x.label == "p"]
    assert len(closures) == 4
    assert all(loudness[n] < 0.5 * loudness[n + 1] for n in closures)


def test_the_same_text_sounds_the_same() -> None:
    first, again = (synthesise_speech("Guten Morgen", language="de", seed=3) for _ in range(2))
    assert np.array_equal(first.audio.samples, again.audio.samples)
    assert first.phones == again.phones


def test_what_can_not_be_said_is_refused() -> None:
    with pytest.raises(InputError, match="nothing to say"):
        synthesise_speech("…", language="de")
    with pytest.raises(InputError, match="'h2o' can't be read aloud in German"):
        synthesise_speech("Trink H2O", language="de")
    with pytest.raises(OutOfVocabulary, match="日本"):
        synthesise_speech("日本", language="ja")
    with pytest.raises(ConfigError, match="language"):
        synthesise_speech("hello", language="xx")
