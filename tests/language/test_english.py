"""What is written in figures and signs, as Americans read it aloud; and what no reading may do with hostile text."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visalign.language.lexicon import embedded_lexicon
from visalign.language.normalisation import NORMALISERS, normaliser_of
from visalign.language.normalisation.english_tables import english_tables
from visalign.language.transcript import parse_transcript, read_aloud

LEXICON = embedded_lexicon()

# What is written, and what is said, as most American readers do.
READINGS = {
    "whole numbers": [
        ("25 days", "twenty five days"),
        ("1,200", "one thousand two hundred"),
        ("3000 men", "three thousand men"),
        ("007", "oh oh seven"),
        ("-5", "minus five"),
        ("0", "zero"),
        ("12 000", "twelve thousand"),
        ("12\u00a0000", "twelve thousand"),
        ("12\u202f000 km", "twelve thousand kilometers"),
        ("1'000'000", "one million"),
        ("1’000’000", "one million"),
        ("1234567890123456", "one two three four five six seven eight nine oh one two three four five six"),
        ("٣ apples", "three apples"),
    ],
    "letters and symbols": [
        ("No. I won't. No. 5 is.", "no i won't number five is"),
        ("Just a sec. I think so.", "just a sec i think so"),
        ("vol. I, p. 5 and Ch. I.", "volume one page five and chapter one"),
        ("x² + y²", "x squared plus y squared"),
        ("E=mc²", "e equals m c squared"),
        ("x = 3", "x equals three"),
        ("per m²", "per square meters"),
        ("the time¹ is", "the time is"),
        ("10⁻³", "ten to the minus three"),
        ("CO₂ and H₂O", "c o two and h two o"),
        ("π, Σ and λ", "pi sigma and lambda"),
        ("3 \u03bcm", "three micrometers"),
        ("AD 79 and 44 BC", "a d seventy nine and forty four b c"),
        ("300 BCE, an ad", "three hundred b c e an ad"),
        ("R.I.P. F.B.I.", "r i p f b i"),
        ("the GPU of WWII", "the g p u of world war two"),
        ("on Tues. May 5, Thurs too", "on tuesday may fifth thursday too"),
        ("2h 30m and 5m 30s", "two hours thirty minutes and five minutes thirty seconds"),
        ("$5/mo, 2 wks", "five dollars per month two weeks"),
        ("30 mpg", "thirty miles per gallon"),
        ("₹1,00,000", "one hundred thousand rupees"),
        (
            "Rs. 500 and Rs 12,34,567, yes",
            "five hundred rupees and one million two hundred thirty four thousand five hundred sixty seven rupees yes",
        ),
        ("50-50 and 24-7", "fifty fifty and twenty four seven"),
    ],
    "decimals": [
        ("3.14", "three point one four"),
        (".5", "point five"),
        ("0.5", "zero point five"),
        ("0.05", "zero point zero five"),
        ("98.6", "ninety eight point six"),
        ("I have 5.", "i have five"),
    ],
    "money": [
        ("$5.50", "five dollars fifty cents"),
        ("$1", "one dollar"),
        ("£1.50", "one pound fifty pence"),
        ("€2 million", "two million euros"),
        ("$2,000", "two thousand dollars"),
        ("$1,200.50", "one thousand two hundred dollars fifty cents"),
        ("20 €", "twenty euros"),
        ("20€", "twenty euros"),
        ("$5m", "five million dollars"),
        ("$5M", "five million dollars"),
        ("$5bn", "five billion dollars"),
        ("$5k", "five thousand dollars"),
        ("$1.5 million", "one point five million dollars"),
        ("50¢", "fifty cents"),
        ("$0.99", "ninety nine cents"),
        ("20 EUR", "twenty euros"),
        ("USD 20", "twenty dollars"),
        ("US$5", "five dollars"),
        ("¥500", "five hundred yen"),
        ("-$5", "minus five dollars"),
        ("$5–10", "five to ten dollars"),
        ("$1-2M", "one to two million dollars"),
        ("$5/hr", "five dollars per hour"),
        ("£5$5", "five pounds five dollars"),
        ("5€50", "five euros fifty cents"),
        ("$100k–$200k", "one hundred thousand dollars to two hundred thousand dollars"),
    ],
    "measures": [
        ("5kg", "five kilograms"),
        ("5 kg", "five kilograms"),
        ("1 kg", "one kilogram"),
        ("a 5-kg bag", "a five kilogram bag"),
        ("20 °C", "twenty degrees celsius"),
        ("20°C", "twenty degrees celsius"),
        ("98.6°F", "ninety eight point six degrees fahrenheit"),
        ("20°", "twenty degrees"),
        ("10 km/h", "ten kilometers per hour"),
        ("60 mph", "sixty miles per hour"),
        ("5mg/ml", "five milligrams per milliliter"),
        ("5 m²", "five square meters"),
        ("5GHz", "five gigahertz"),
        ("8 GB", "eight gigabytes"),
        ("5'10\"", "five feet ten inches"),
        ("5’10”", "five feet ten inches"),
        ("6 ft 2 in", "six feet two inches"),
        ("6″", "six inches"),
        ("5 lbs. of flour", "five pounds of flour"),
        ("100%", "one hundred percent"),
        ("50 %", "fifty percent"),
        ("10-20%", "ten to twenty percent"),
        ("20–25 °C", "twenty to twenty five degrees celsius"),
        ("½ kg", "one half kilogram"),
        ("5 in the morning", "five in the morning"),
        ("at 7 I go", "at seven i go"),
        ("2x4", "two by four"),
        ("5x8?", "five by eight"),
        ("10 ft × 12 ft", "ten feet by twelve feet"),
        ("10x", "ten times"),
        ('"I have 5" he said', "i have five he said"),
        ("3-in-1", "three in one"),
        ("5 l/100km", "five liters per hundred kilometers"),
        ("33 1/3 rpm", "thirty three and a third revolutions per minute"),
    ],
    "dates": [
        ("May 5", "may fifth"),
        ("May 12th", "may twelfth"),
        ("Jan. 3rd", "january third"),
        ("May 12, 2020", "may twelfth twenty twenty"),
        ("12 May 2020", "the twelfth of may twenty twenty"),
        ("12th of May", "twelfth of may"),
        ("3/4/2020", "march fourth twenty twenty"),
        ("12/31/1999", "december thirty first nineteen ninety nine"),
        ("31/12/1999", "december thirty first nineteen ninety nine"),
        ("2020-05-12", "may twelfth twenty twenty"),
        ("12.5.2020", "may twelfth twenty twenty"),
        ("May 2020", "may twenty twenty"),
        ("May 5–7", "may fifth to seventh"),
        ("Sept. 11, 2001", "september eleventh two thousand one"),
    ],
    "years": [
        ("in 1984", "in nineteen eighty four"),
        ("1905", "nineteen oh five"),
        ("1900", "nineteen hundred"),
        ("2009 and 2024", "two thousand nine and twenty twenty four"),
        ("2010", "twenty ten"),
        ("2000", "two thousand"),
        ("the 1980s and '90s", "the nineteen eighties and nineties"),
        ("mid-1980s", "mid nineteen eighties"),
        ("'68", "sixty eight"),
        ("1,984 people", "one thousand nine hundred eighty four people"),
    ],
    "times": [
        ("10:05", "ten oh five"),
        ("7:30", "seven thirty"),
        ("7 pm", "seven p m"),
        ("7:30am", "seven thirty a m"),
        ("10:30 p.m.", "ten thirty p m"),
        ("9 a.m. today", "nine a.m. today"),
        ("14:05", "fourteen oh five"),
        ("12:00", "twelve o'clock"),
        ("7-9pm", "seven to nine p m"),
        ("9am–5pm", "nine a m to five p m"),
        ("2:1", "two to one"),
    ],
    "ranges": [
        ("1914-18", "nineteen fourteen to eighteen"),
        ("1914–1918", "nineteen fourteen to nineteen eighteen"),
        ("1905-06", "nineteen oh five to oh six"),
        ("1999-00", "nineteen ninety nine to two thousand"),
        ("'98–'99", "ninety eight to ninety nine"),
        ("10–20", "ten to twenty"),
        ("pp. 3–5", "pages three to five"),
    ],
    "ordinals": [
        ("the 1st", "the first"),
        ("the 22nd", "the twenty second"),
        ("23rd", "twenty third"),
        ("100th", "one hundredth"),
        ("1st–3rd", "first to third"),
    ],
    "fractions": [
        ("3/4 of it", "three quarters of it"),
        ("½", "one half"),
        ("1½", "one and a half"),
        ("2 3/4", "two and three quarters"),
        ("24/7", "twenty four seven"),
        ("9/11", "nine eleven"),
        ("50/50", "fifty fifty"),
    ],
    "abbreviations": [
        ("No. 5", "number five"),
        ("No.5", "number five"),
        ("no. It is not", "no it is not"),
        ("Nos. 3 and 5", "numbers three and five"),
        ("#5", "number five"),
        ("№ 5", "number five"),
        ("p. 5", "page five"),
        ("vol. IV", "volume four"),
        ("§ 5", "section five"),
        ("St. John on Main St.", "saint john on main street"),
        ("42nd St.", "forty second street"),
        ("Mt. Everest", "mount everest"),
        ("Sgt. Smith vs. Lt. Jones", "sergeant smith versus lieutenant jones"),
        ("this vs that", "this versus that"),
        ("w/ or w/o", "with or without"),
        ("AT&T", "a t and t"),
    ],
    "Roman numerals": [
        ("Henry VIII", "henry the eighth"),
        ("Chapter IV", "chapter four"),
        ("World War II", "world war two"),
        ("World Wars I and II", "world wars one and two"),
        ("Elizabeth II's", "elizabeth the second's"),
        ("an IV drip", "an i v drip"),
        ("I, II and III, or IX", "i two and three or nine"),
        ("Am I ill?", "am i ill"),
    ],
    "names in figures": [
        ("call 555-1234", "call five five five one two three four"),
        ("(555) 123-4567", "five five five one two three four five six seven"),
        ("1-800-FLOWERS", "one eight hundred flowers"),
        ("MP3", "m p three"),
        ("H2O", "h two o"),
        ("3D", "three d"),
        ("B52", "b fifty two"),
        ("401(k)", "four hundred one k"),
        ("COVID-19", "covid nineteen"),
        ("20-year-old", "twenty year old"),
        ("MP3s", "m p threes"),
        ("v2.0", "version two point zero"),
        ("0800 hours", "oh eight hundred hours"),
        ("+44 20 7946 0958", "plus four four two oh seven nine four six oh nine five eight"),
    ],
    "sums": [
        ("2+2=4", "two plus two equals four"),
        ("5²", "five squared"),
        ("10^6", "ten to the sixth"),
        ("±5", "plus or minus five"),
        ("≥5", "at least five"),
    ],
}
CASES = [pytest.param(*case, id=f"{kind}: {case[0]}") for kind, cases in READINGS.items() for case in cases]


@pytest.mark.parametrize(("written", "said"), CASES)
def test_it_is_said_as_it_is_read(written: str, said: str) -> None:
    assert " ".join(parse_transcript(written, known=LEXICON)) == said


@pytest.mark.parametrize(
    ("written", "otherwise"),
    [
        ("1905", "nineteen hundred and five"),
        ("2010", "two thousand and ten"),
        ("1,200", "twelve hundred"),
        ("125", "one hundred and twenty five"),
        ("0.5", "point five"),
        ("$5.50", "five fifty"),
        ("5'10\"", "five ten"),
        ("7:30", "half past seven"),
        ("14:05", "two oh five"),
        ("May 5", "may the fifth"),
        ("3/4/2020", "the third of april twenty twenty"),
        ("12 May 2020", "may twelfth twenty twenty"),
        ("20 °C", "twenty degrees"),
        ("1914-18", "nineteen fourteen to nineteen eighteen"),
        ("10 km/h", "ten kilometers an hour"),
        ("12 345", "twelve three hundred forty five"),
        ("No.", "no"),
    ],
)
def test_other_ways_to_say_it_are_kept(written: str, otherwise: str) -> None:
    text = written + " 5" * (written == "No.")
    assert any(" ".join(way) == otherwise for choice in read_aloud(text, LEXICON).choices for way in choice.ways)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("3/4/2020", "march fourth twenty twenty"),
        ("1.2.3", "one point two point three"),
        ("1.234,56", "one thousand two hundred thirty four point five six"),
        ("20,5", "twenty point five"),
        ("€5,50", "five euros fifty cents"),
        ("10 000,50 €", "ten thousand euros fifty cents"),
        ("1.000 €", "one thousand euros"),
        ("1,2,3", "one two three"),
        ("120/80", "one hundred twenty over eighty"),
        ("10:30:15", "ten thirty fifteen"),
        ("anna@example.com", "anna at example dot com"),
        ("www.example.com", "w w w dot example dot com"),
        ("#MeToo", "hashtag me too"),
        ("Rocky III", "rocky three"),
        ("12 345", "twelve thousand three hundred forty five"),
    ],
)
def test_in_doubt_it_is_told(written: str, said: str) -> None:
    text = read_aloud(f"one\n{written} two", LEXICON)
    assert said in " ".join(text.words)
    (warning,) = text.warnings()
    assert f"line 2: '{written.removeprefix('Rocky ')}' as" in warning


@pytest.mark.parametrize("written", ["01:02:03:04", "1e-5", "5:5:5", "25:00", "13/13/2013", "4.5.6.7/8"])
def test_what_nobody_can_read_is_named(written: str) -> None:
    text = read_aloud(f"one\ntwo {written}? three", LEXICON)
    assert list(text.unread.values()) == [2]
    (warning,) = text.warnings()
    assert "can't be read aloud: line 2: " in warning
    assert written.rstrip("?") in warning


def test_capitals_are_spelt_where_they_are_no_shouting() -> None:
    found = read_aloud("the RTX and the USA", LEXICON)
    assert found.words == ("the", "r", "t", "x", "and", "the", "usa")
    assert "line 1: 'RTX' as \"r t x\"" in found.warnings()[0]
    assert read_aloud("THE RTX", LEXICON).words == ("the", "rtx")


def test_the_lexicon_goes_first() -> None:
    assert parse_transcript("at 24/7", {"at", "24/7", "twenty", "four", "seven"}) == ["at", "24/7"]
    assert parse_transcript("Mr. Smith vs. Lt. Wu", {"mister", "versus", "smith", "wu"}) == [
        *("mister", "smith", "versus", "lt", "wu")
    ]
    assert parse_transcript("Mr. Smith", {"mr.", "mister"}) == ["mr.", "smith"]
    assert parse_transcript("at 42", {"forty", "two"}) == ["at", "forty", "two"]
    assert parse_transcript("at 42", {"forty"}) == ["at", "42"]


def test_other_languages_are_left_alone() -> None:
    german = {"im", "jahr", "und"}
    assert parse_transcript("im Jahr 1984 und 25", known=german) == ["im", "jahr", "1984", "und", "25"]


def test_every_word_of_the_tables_can_be_said() -> None:
    tables = english_tables()
    counted = [*tables.units.values(), *tables.glued_units.values()]
    counted += [x.unit for x in tables.currencies.values()] + [x.part for x in tables.currencies.values()]
    ways = [name for unit in counted for pair in unit for name in pair]
    ways += [*tables.months.values(), *tables.weekdays.values(), *tables.scales.values()]
    for table in (tables.abbreviations, tables.before_numbers, tables.signs, tables.signs_before, tables.signs_between):
        ways += [way for several in table.values() for way in several]
    missing = {word for way in ways for word in way.split() if word not in LEXICON}
    assert not missing


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_whole_numbers_can_be_said(number: int) -> None:
    assert all(word in LEXICON for word in parse_transcript(f"{number:,}", known=LEXICON))


# --- what every normaliser keeps ----------------------------------------------------------------------------------

WRITTEN = "0123456789" * 3 + ".,:/-–+'\"’$€£%#°½ \n" * 2 + "kgmstnrdhpaxIVMay&@()[]*"


@pytest.mark.parametrize("language", sorted(NORMALISERS))
@settings(max_examples=300)
@given(text=st.text(alphabet=WRITTEN, max_size=40))
def test_no_figure_is_lost(language: str, text: str) -> None:
    found = normaliser_of(language)(text, LEXICON)
    for a, b in pairwise(found):
        assert a.end <= b.start
    inside = {n for x in found for n in range(x.start, x.end)}
    assert all(n in inside for n, sign in enumerate(text) if sign.isdigit() and sign.isascii())
    for stretch in found:
        assert 0 <= stretch.start < stretch.end <= len(text)
        assert all(word in LEXICON for way in stretch.ways for word in way.split()) or text.strip().isdigit()


@settings(max_examples=300)
@given(st.text(alphabet=WRITTEN, max_size=40))
def test_every_figure_is_read_or_named(text: str) -> None:
    said = read_aloud(text, LEXICON)
    left = [word for word in said.words if any(x.isdigit() for x in word)]
    assert set(left) <= set(said.unread)
    assert bool(left) <= any("can't be read aloud" in x for x in said.warnings())


@settings(max_examples=300)
@given(st.text(alphabet=WRITTEN, max_size=40) | st.text(max_size=40))
def test_spoken_words_are_read_as_themselves(text: str) -> None:
    said = [word for word in read_aloud(text, LEXICON).words if word in LEXICON]
    assert parse_transcript(" ".join(said), LEXICON) == said


PIECES = ["1", "$1", "1 000 ", "[1", "½", "May 1 ", "a@b.", "<v "]
MORE_PIECES = [
    *("1,", "1 ", "1-", "1/", "1:", "1.", "1'", "A1", "a1b2", "#1 ", "(1)", '1"', "--1", "I V X ", "St. ", "www.", "§"),
    *(
        "https://",
        "'1",
        "A: ",
        "1:00\n",
        "Anna B C D ",
        "12 May ",
        "&amp;",
        "&#",
        "*a ",
        "\u00ad\n",
        "((((",
        "{\\",
        "5x",
    ),
    *("12:34:56:", "10^", "No. ", "a.", "1-800-"),
]


@pytest.mark.parametrize("piece", [*PIECES, *(pytest.param(x, marks=pytest.mark.slow) for x in MORE_PIECES)])
def test_hostile_text_takes_linear_time(piece: str) -> None:
    def seconds(n: int) -> float:
        begin = time.process_time()
        read_aloud(" ".join([piece * 20] * (n // len(piece) // 20 + 1)), LEXICON)
        return time.process_time() - begin

    seconds(1000)
    assert seconds(20_000) < 5.0  # quadratic behaviour would take minutes
