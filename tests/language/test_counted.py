"""Figures of languages whose numbers num2words knows, and of those that it does not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visalign.errors import OutOfVocabulary
from visalign.language.g2p.unknown_words import settle_vocabulary
from visalign.language.languages import known_languages, language_lexicon
from visalign.language.normalisation import normaliser_of
from visalign.language.normalisation.counted import can_count
from visalign.language.transcript import read_aloud

READINGS = [
    ("de", "Am 3. Mai", "am dritten mai"),
    ("de", "das war 1989. Dann", "das war neunzehnhundertneunundachtzig dann"),
    ("de", "um 14:30 Uhr und 14.30 Uhr", "um vierzehn uhr dreißig und vierzehn uhr dreißig"),
    ("de", "um 8:00", "um acht uhr"),
    ("de", "25,5 % von 1.200 Leuten", "fünfundzwanzig komma fünf prozent von eintausendzweihundert leuten"),
    ("de", "5,50 € & 3 $", "fünf euro fünfzig und drei dollar"),
    ("de", "§ 5, §5", "paragraf fünf paragraf fünf"),
    ("de", "10–12 oder 10-12", "zehn bis zwölf oder zehn bis zwölf"),
    ("de", "0171", "null eins sieben eins"),
    ("de", "Er hat 3.", "er hat drei"),
    ("de", "1\u00a0000\u202f000 und 1'000", "eine million und eintausend"),
    ("fr", "le 1er mai, le 2e", "le premier mai le deuxième"),
    ("fr", "14h30, 80 €", "quatorze heures trente quatre vingts euros"),
    ("es", "el 2º, 1.200 y 3,5", "el segundo mil doscientos y tres punto cinco"),
    ("it", "il 3º di 21", "il terzo di ventuno"),
    ("pt", "em 2026", "em dois mil e vinte e seis"),
    ("pt-br", "16", "dezesseis"),
    ("pt", "16", "dezasseis"),
    ("nl", "de 3e, 14:30 uur", "de derde veertien uur dertig"),
    ("ru", "50 %", "пятьдесят процентов"),
    ("pl", "2,5 litra", "dwa przecinek pięć litra"),
    ("cs", "2026", "dva tisíce dvacet šest"),
    ("tr", "%50", "yüzde elli"),
    ("ar", "٣", "ثلاثة"),
    ("he", "3", "שלוש"),
    ("ja", "25％、２６。", "にじゅうご ぱーせんと にじゅうろく"),
    ("ko", "25", "이십오"),
    ("fi", "3,5", "kolme pilkku viisi"),
]


@pytest.mark.parametrize(("code", "written", "said"), READINGS, ids=[f"{x[0]}: {x[1]}" for x in READINGS])
def test_figures_are_said_as_in_their_language(code: str, written: str, said: str) -> None:
    assert " ".join(read_aloud(written, language_lexicon(code)).words) == said


def test_the_sound_may_choose_between_ways() -> None:
    said = read_aloud("1984, am 3. Mai", language_lexicon("de"))
    assert said.choices[0].ways == (("neunzehnhundertvierundachtzig",), ("eintausendneunhundertvierundachtzig",))
    assert ("dritter",) in said.choices[1].ways
    assert ("drei",) in said.choices[1].ways
    assert "line 1: '3.' as \"dritten\"" in said.warnings()[0]


@pytest.mark.parametrize(
    ("code", "text", "figure", "line"),
    [
        ("de", "eins\nzwei H2O", "H2O", 2),
        ("de", "am\n\n3.10.2026", "3.10.2026", 3),
        ("de", "50 % und 5@6", "5@6", 1),
        ("sw", "Nina\nvitabu 3", "3", 2),
        ("hi", "मेरे पास ३ किताबें", "३", 1),
        ("zh", "我有3本书", "我有3本书", 1),
        ("cs", "dne 3. května", "3", 1),
        ("ko", "6 & 7", "&", 1),
        ("ja", "りんごを 3つ たべた", "3つ", 1),  # which is no さんつ
    ],
)
def test_figures_that_nobody_can_read_are_named_with_their_line(code: str, text: str, figure: str, line: int) -> None:
    lexicon = language_lexicon(code)
    said = read_aloud(text, lexicon)
    assert f"line {line}: {figure!r}" in " ".join(said.warnings())
    with pytest.raises(OutOfVocabulary, match="can't be read aloud") as refused:
        settle_vocabulary(said.words, lexicon, figures=said.unread)
    assert f"line {line}" in str(refused.value)
    assert "nineteen" not in str(refused.value)


@pytest.mark.parametrize("code", sorted(x for x in known_languages() if can_count(x)))
def test_numbers_are_words_that_the_voice_can_say(code: str) -> None:
    lexicon = language_lexicon(code)
    unread = [n for n in (0, 1, 7, 13, 25, 100, 999, 2026) if not normaliser_of(code)(str(n), lexicon)[0].ways]
    assert unread in ([], UNSAID.get(code, []))


UNSAID: dict[str, list[int]] = {}


@settings(max_examples=150, deadline=None)
@given(
    code=st.sampled_from(["de", "fr", "ja", "ar", "sw", "tr"]),
    text=st.text(alphabet="0123456789.,:-–%€$&+ '\n()ab٣º", max_size=40),
)
def test_whatever_stands_there_no_figure_is_lost(code: str, text: str) -> None:
    found = normaliser_of(code)(text, language_lexicon(code))
    covered = set()
    for before, after in pairwise(found):
        assert before.end <= after.start
    for stretch in found:
        covered |= set(range(stretch.start, stretch.end))
    assert all(n in covered for n, x in enumerate(text) if x.isdecimal()), (text, found)
