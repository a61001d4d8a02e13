"""Languages by their names, and what their voices say: 18 of them word by word, all of them by their figures."""

from __future__ import annotations

import importlib.util
import unicodedata
from pathlib import Path

import pytest

from visalign.errors import ConfigError, OutOfVocabulary
from visalign.language.articulation import targets_of
from visalign.language.g2p.unknown_words import chosen_g2p, settle_vocabulary
from visalign.language.languages import (
    AMERICAN_ENGLISH,
    advice_on_words,
    chosen_language,
    known_languages,
    language_lexicon,
    lexicon_with,
    measured,
)
from visalign.language.lexicon import embedded_lexicon, parse_lexicon
from visalign.language.phones import is_phone
from visalign.language.transcript import read_aloud

NAMED = ("de", "fr", "es", "it", "pt", "nl", "ru", "pl", "cs", "tr", "ar", "he", "hi", "ja", "ko", "cmn", "fi", "sw")

# What a speaker of each language says, in broad phones.
SAID = {
    "de": {"straße": "ʃ t ɾ ˈɑː s ə", "zürich": "ts ˈyː r ɪ ç", "pfeffer": "pf ˈɛ f ɐ", "job": "dʒ ˈɒ b"},
    "fr": {"oiseau": "w a z ˈo", "aujourd'hui": "o ʒ u ʁ d y ˈi", "l'homme": "l ˈɔ m"},
    "es": {"llave": "ʎ ˈa β e", "año": "ˈa ɲ o"},
    "it": {"pizza": "p ˈi tsː a", "bello": "b ˈɛ l l o"},
    "pt": {"não": "n ˈɐ̃ʊ̃", "mãe": "m ˈɐ̃ j"},
    "nl": {"huis": "h ˈœy s", "schip": "s x ˈɪ p"},
    "ru": {"молоко": "m ʌ ɭ ʌ k ˈo", "щи": "ɕ ˈɪ", "песню": "pʲ ˈe sʲ nʲ ʉ"},
    "pl": {"szczęście": "ʃ tʃ ˈɛ ɲ ɕ tɕ ɛ"},
    "cs": {"řeka": "r̝ ˈe k a", "tři": "t r̝̥ ˈi"},
    "tr": {"güneş": "ɟ y n ˈɛ ʃ", "ırmak": "ɯ r m ˈa k"},
    "ar": {"كِتَابٌ": "k i t ˌaː b u n"},
    "he": {"שלום": "ʃ a l ˈo m"},
    "hi": {"भारत": "bʰ ˈaː ɾ ə t", "पढ़ना": "p ˈʌ ɽ h ə n ˌaː"},
    "ja": {"にほん": "n ˈi h o̞ ɴ", "さんぽ": "s ä m p o̞", "ラーメン": "ɽ ˈäː m e̞ ɴ", "ｶﾅ": "k ˈä n ä"},
    "ko": {"밥": "p ˈɐ p", "한국어": "h ˈɐ n k u k ˌʌ"},
    "cmn": {"你好": "n i x ˈɑu", "中国": "ʈʂ ˈʊ ŋ k ˈuo", "喝": "x ˈɤ"},
    "fi": {"hyvää": "h ˈy v æː", "yö": "ˈyø"},
    "sw": {"jambo": "ɟ ˈa m b o", "mtu": "ˈm̩ t u"},
}


def phones_of(code: str, word: str) -> str:
    return " ".join(unicodedata.normalize("NFD", x) for x in language_lexicon(code)[word][0].phones)


@pytest.mark.parametrize("code", NAMED)
def test_words_are_said_as_in_their_language(code: str) -> None:
    for word, said in SAID[code].items():
        assert phones_of(code, word) == unicodedata.normalize("NFD", said), word


def test_the_table_lists_voices_that_there_are() -> None:
    found = importlib.util.find_spec("espeakng_loader")
    assert found is not None
    assert found.origin is not None
    data = Path(found.origin).parent / "espeak-ng-data"
    for code, language in known_languages().items():
        assert (data / "lang" / language.voice).is_file(), code
        assert (data / f"{EXCEPTIONAL.get(code, language.voice.split('/')[-1].split('-')[0])}_dict").is_file(), code


EXCEPTIONAL = {"nb": "no"}  # voices whose dictionary has another name


def test_no_name_means_two_languages() -> None:
    names = [name for x in known_languages().values() for name in (x.code, *x.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("de", "de"), ("DE", "de"), ("de_AT", "de"), ("de-Latn-CH-1996", "de"), ("deu", "de"), ("German", "de"),
        ("gmw/de", "de"), ("pt-BR", "pt-br"), ("pt-PT", "pt"), ("fr-CA", "fr"), ("fr-CH", "fr-ch"), ("zh", "cmn"),
        ("zh-Hant-TW", "cmn"), ("zh-HK", "yue"), ("no", "nb"), ("iw", "he"), ("es-MX", "es-419"), ("en-GB", "en-gb"),
        ("", ""), (None, ""), ("en", ""), ("en-US", ""), ("en_NZ", ""), ("English", ""),
    ],
)  # fmt: skip
def test_languages_have_many_names(asked: str | None, code: str) -> None:
    assert chosen_language(asked).code == code


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("auto", "none is guessed"),
        ("xx", "`visalign languages` lists all"),
        ("germn", "did you mean german"),
        ("../de", "lists all"),
        ("de\nfr", "lists all"),
        ("x" * 10_000, "lists all"),
    ],
)
def test_what_is_no_language_is_refused_with_a_way_out(asked: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        chosen_language(asked)


def test_english_is_the_dictionary_as_ever() -> None:
    assert language_lexicon() is language_lexicon("en-US") is embedded_lexicon()
    assert language_lexicon().spoken == "" == AMERICAN_ENGLISH.code
    assert str(language_lexicon()["bin"][0]) == "B IH N"


def test_own_pronunciations_come_first(tmp_path: Path) -> None:
    own = tmp_path / "own.dict"
    own.write_text("job j ɔ p\n", encoding="utf-8")
    known = lexicon_with(own, "de")
    assert (str(known["job"][0]), str(known["ich"][0]), known.spoken) == ("j ɔ p", "ɪ ç", "de")
    assert lexicon_with(None, "de").over(parse_lexicon("a b")).spoken == "de"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("de", ["жук", "日本", "2026", "nord-süd", "wort.", "'wort", "", "☃", "a" * 3 + "\u0000"]),
        ("ja", ["日本", "今日は", "に2"]),
        ("ko", ["韓國", "日本"]),
        ("cmn", ["にほん", "ภาษา"]),
        ("ru", ["日本", "ελληνικά"]),
        ("he", ["عربي", "日本"]),
    ],
)
def test_what_a_voice_would_spell_out_is_no_word(code: str, words: list[str]) -> None:
    assert [x for x in words if x in language_lexicon(code)] == []


def test_words_that_no_voice_says_are_named_with_what_to_do() -> None:
    with pytest.raises(OutOfVocabulary) as refused:
        settle_vocabulary(["にほん", "日本"], language_lexicon("ja"))
    told = str(refused.value)
    assert "日本" in told
    assert "にほん" not in told
    assert "Kana only" in told
    assert "--lexicon FILE" in told
    assert "phones in IPA" in told
    with pytest.raises(OutOfVocabulary, match="in Latin letters"):
        settle_vocabulary(["жук"], language_lexicon("de"), "g2p", chosen_g2p("", "de"))


def test_words_may_be_left_out_as_in_english() -> None:
    kept = settle_vocabulary(["ich", "жук", "bin"], language_lexicon("de"), "skip")
    assert (kept.words, kept.skipped) == (("ich", "bin"), ("жук",))


@pytest.mark.parametrize("code", [x for x in known_languages() if x not in ("cv", "my", "th")])
def test_all_that_a_voice_says_is_ipa_with_an_articulation(code: str) -> None:
    """The letters of the voice's own scripts, one by one and in pairs, and Latin words."""
    lexicon, language = language_lexicon(code), known_languages()[code]
    words = ["mama", "papa", "foto", "taxi", "radio"] if not language.scripts or code == "hak" else []
    letters = [chr(x) for x in range(0x100, 0x10000) if _is_of(chr(x), language.scripts)][:120]
    said = [
        x for word in (*words, *letters, *(a + b for a, b in zip(letters, letters[7:], strict=False))) for x in (word,)
    ]
    found = [word for word in said if word in lexicon]
    assert len(found) > 0.15 * len(said)  # Arabic and Burmese letters are those of several languages
    for word in found:
        for phone in lexicon[word][0].phones:
            assert is_phone(phone, "ipa"), (word, phone)
            assert targets_of(phone).max() > 0


def _is_of(letter: str, scripts: tuple[str, ...]) -> bool:
    return unicodedata.category(letter) in ("Lo", "Ll") and unicodedata.name(letter, "?").split(" ")[0] in scripts


def test_text_of_each_named_language_has_nothing_that_can_not_be_said() -> None:
    texts = {
        "de": "Der Fuchs springt über den faulen Hund – „schnell!“",
        "fr": "Qu’est-ce que c’est ? C'est l'été, n’est-ce pas…",
        "es": "¿Dónde está el niño? ¡Aquí!",
        "it": "Perché no? È un po' tardi.",
        "pt": "Não há pão, mas há vinho.",
        "nl": "'s Morgens drinkt hij koffie met zo'n koekje.",
        "ru": "Ёлка стоит — и всё!",
        "pl": "Żółta gęś je źdźbło trawy.",
        "cs": "Příliš žluťoučký kůň úpěl ďábelské ódy.",
        "tr": "İstanbul'da ılık bir gün.",
        "ar": "\u200fمَرْحَبًا، كَيْفَ حَالُكَ؟",
        "he": "\u202bשלום, מה שלומך?\u202c",
        "hi": "नमस्ते, आप कैसे हैं?",
        "ja": "きょうは、いい てんきですね。",
        "ko": "안녕하세요! 잘 지내요?",
        "cmn": "你好，今天天气很好。",
        "fi": "Hyvää huomenta, ystäväni!",
        "sw": "Habari za asubuhi, rafiki yangu?",
    }
    for code in NAMED:
        lexicon = language_lexicon(code)
        said = read_aloud(texts[code], lexicon)
        assert said.words, code
        assert [x for x in said.words if x not in lexicon] == [], code
        assert said.warnings() == (), code


def test_what_a_user_has_to_know_is_a_sentence() -> None:
    for code, language in known_languages().items():
        assert advice_on_words(code).endswith(".")
        assert not language.note or language.note.endswith(".")


def test_what_was_measured_is_of_languages_that_there_are() -> None:
    found = {code: measured(code) for code in (*known_languages(), "en-us")}
    for row in (x for x in found.values() if x is not None):
        assert 0 <= row["within_20_ms"] <= row["within_50_ms"] <= 1
        assert row["n_phones"] > 20
        assert row["against"]
    assert measured("xx") is None
