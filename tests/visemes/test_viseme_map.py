"""Loading and linting map files, looking phones up, comparing maps, and what the lips should show."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visalign.errors import ConfigError, ParseError, TimelineError, UnknownSymbol
from visalign.language.phones import ARPABET
from visalign.timeline import Tier
from visalign.visemes.comparison import compare_maps, describe_map
from visalign.visemes.lint import LintFinding, lint_viseme_map
from visalign.visemes.viseme_map import (
    VisemeMap,
    VisemeTarget,
    available_maps,
    expected_visemes,
    viseme_tier,
    words_without_place,
)

# A map of a language with seven phones, in IPA, without a fault. Tests change one thing at a time.
GOOD = """\
id = "tiny"
name = "Tiny"
alphabet = "ipa"
citation = "made for the tests"
confidence = "A"
silence = "rest"
inventory = ["p", "t", "k", "a", "i", "u", "ø"]
unlisted = ["k"]

[visemes]
closed = { phones = ["p"], articulator = "bilabial" }
open = { phones = ["a"], articulator = "open" }
narrow = { phones = ["i", "t"], articulator = "spread" }
round = { phones = ["u", "ø"], articulator = "rounded" }
rest = { phones = [], articulator = "silence" }

[fill]
k = "narrow"

[sequences]
u = { visemes = ["round", "narrow"], split = 0.6 }

[recipes.rig]
source = "made for the tests"
[recipes.rig.visemes]
closed = { "mouthPress*" = 0.5, jawOpen = 0 }
"""


@pytest.fixture
def write(tmp_path):
    def write_file(text: str) -> Path:
        path = tmp_path / "tiny.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def jeffers():
    return VisemeMap.load("jeffers_1971")


# Loading


def test_a_file_is_loaded_whole(write):
    tiny = VisemeMap.load(write(GOOD))
    assert tiny.visemes == ("closed", "open", "narrow", "round", "rest")
    assert tiny.classes["narrow"].phones == ("i", "t")
    assert [tiny[phone] for phone in ("p", "ˈa", "iː", "k", "ø", "")] == [
        "closed",
        "open",
        "narrow",
        "narrow",
        "round",
        "rest",
    ]
    assert tiny.recipes["rig"].weights["closed"] == {"mouthPressLeft": 0.5, "mouthPressRight": 0.5, "jawOpen": 0.0}
    assert tiny.sequences["u"].split == 0.6


def test_a_map_survives_pickling(jeffers):
    assert pickle.loads(pickle.dumps(jeffers)) == jeffers


def test_an_unknown_name_suggests_near_ones_and_lists_all():
    with pytest.raises(ConfigError, match=r"the nearest is jeffers_1971\.") as caught:
        VisemeMap.load("jefers_1971")
    assert all(name in caught.value.allowed for name in available_maps())


def test_a_missing_file_is_a_parse_error_of_that_file(tmp_path):
    with pytest.raises(ParseError, match="can't be read") as caught:
        VisemeMap.load(tmp_path / "none.toml")
    assert caught.value.path.endswith("none.toml")


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "latin.toml"
    path.write_bytes('id = "é"'.encode("latin-1"))
    with pytest.raises(ParseError, match="UTF-8"):
        VisemeMap.load(path)


# Look-ups


@given(st.sampled_from(sorted(ARPABET)), st.sampled_from(["", "0", "1", "2"]))
def test_stress_never_changes_a_viseme(symbol, stress):
    jeffers = VisemeMap.load("jeffers_1971")
    if ARPABET[symbol].is_vowel:
        assert jeffers[symbol + stress] == jeffers[symbol]


def test_a_stressed_map_keeps_schwa_apart(write):
    text = GOOD.replace('alphabet = "ipa"', 'alphabet = "arpabet"\nstrip_stress = false\nfallback = "rest"')
    text = text.replace('inventory = ["p", "t", "k", "a", "i", "u", "ø"]\n', "").replace('unlisted = ["k"]\n', "")
    text = text[: text.index("[fill]")].replace('["p"]', '["P"]').replace('["a"]', '["AH1", "AH2"]')
    text = text.replace('["i", "t"]', '["AH0", "T"]').replace('["u", "ø"]', '["UW1"]')
    tiny = VisemeMap.load(write(text))
    assert [tiny[x] for x in ("AH1", "AH0", "T", "K")] == ["open", "narrow", "narrow", "rest"]


def test_fallback_serves_only_real_phones(jeffers):
    assert jeffers["HH"] == "I"
    assert not jeffers.places("HH")
    with pytest.raises(UnknownSymbol):
        jeffers["QQ"]


def test_without_a_fallback_an_unplaced_phone_is_refused(write):
    tiny = VisemeMap.load(write(GOOD))
    with pytest.raises(UnknownSymbol, match="'x'"):
        tiny["x"]


def test_finer_phones_count_as_the_one_that_holds_them():
    annosoft, neti = VisemeMap.load("annosoft_17"), VisemeMap.load("neti_2000")
    assert annosoft["AXR"] == annosoft["ER"]
    assert neti["AX"] == "V4"  # listed on its own
    assert neti["AH"] == "V1"


def test_maps_take_phones_of_another_alphabet(jeffers, write):
    assert [jeffers.lookup(x, "ipa") for x in ("b", "ɹ", "t͡ʃ", "ə")] == ["C", "B", "F", "I"]
    assert jeffers.lookup("r\\", "xsampa") == "B"
    tiny = VisemeMap.load(write(GOOD))
    assert [tiny.lookup(x, "arpabet") for x in ("P", "IY1", "UW", "SIL")] == ["closed", "narrow", "round", "rest"]
    assert tiny.lookup("2:", "xsampa") == "round"


def test_a_map_in_ipa_finds_english_diphthongs_in_any_spelling(write):
    tiny = VisemeMap.load(write(GOOD.replace('"i", "t"]', '"i", "t", "aj"]')))
    assert tiny.lookup("AY", "arpabet") == "narrow"


# The linter


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('name = "Tiny"\n', "", 0, "name is missing"),
        ('name = "Tiny"', "name = 7", 2, "name must be text"),
        ('silence = "rest"', 'silense = "rest"', 6, "did you mean silence?"),
        ('silence = "rest"', 'silence = "rset"', 6, "did you mean rest"),
        ('alphabet = "ipa"', 'alphabet = "sampa"', 3, "arpabet, ipa, xsampa"),
        ('confidence = "A"', 'confidence = "high"', 5, "A, B, C"),
        ('["p"]', '["p", "ж"]', 11, "unknown symbol 'ж'"),
        ('["i", "t"]', '["i", "t", "p"]', 13, "listed 2 times: closed and narrow"),
        ('["p"]', '["p", "sil"]', 11, "belongs to 'rest'"),
        ('["p"]', '"p"', 11, "must be a list"),
        ('["p"]', '["p", 3]', 11, "must be text"),
        ('"bilabial"', '"billabial"', 11, "articulator 'billabial'"),
        ('articulator = "bilabial"', 'artikulator = "bilabial"', 11, "did you mean articulator?"),
        ('["u", "ø"]', '["u"]', 8, "no viseme lists ø"),
        ('unlisted = ["k"]', 'unlisted = ["k", "u"]', 8, "'u' is declared as unlisted, yet"),
        ('unlisted = ["k"]', 'unlisted = ["k", "q"]', 8, "not in the inventory"),
        ('k = "narrow"\n', "", 8, "k have no viseme"),
        ('k = "narrow"', 'k = "narow"', 18, "did you mean narrow"),
        ('k = "narrow"', 'k = "narrow"\np = "open"', 19, "only phones declared as unlisted"),
        ("split = 0.6", "split = 1.0", 21, "between 0 and 1"),
        ("split = 0.6", "split = true", 21, "must be a number"),
        ('["round", "narrow"]', '["round"]', 21, "two visemes"),
        ('["round", "narrow"]', '["open", "narrow"]', 21, "must list 'u'"),
        ("= 0.5", "= 1.5", 26, "weights 0 to 1"),
        ("[visemes]", "[visemes", 10, "not a TOML file"),
        ('closed = { phones = ["p"], articulator = "bilabial" }', "closed = 1", 11, "must be a table"),
    ],
)  # fmt: skip
def test_each_fault_is_found_on_its_line_and_refused_by_the_loader(write, old, new, line, message):
    assert old in GOOD
    path = write(GOOD.replace(old, new, 1))
    errors = [finding for finding in lint_viseme_map(path) if finding.severity == "error"]
    assert [(x.line, message in x.message) for x in errors if message in x.message] == [(line, True)]
    with pytest.raises(ParseError) as caught:
        VisemeMap.load(path)
    assert caught.value.line == (errors[0].line or None)


def test_a_fault_in_a_long_list_is_found_on_its_own_line(write):
    """The list begins in line 11 and a wrong phone stands in line 13; what it lists twice is told at the other list."""
    text = GOOD.replace('["p"]', '[\n"p",\n"ж",\n"i"]')
    errors = {finding.message[:15]: finding.line for finding in lint_viseme_map(write(text))}
    assert errors == {"unknown symbol ": 13, "phone 'i' is li": 16}


def test_all_faults_are_reported_at_once(write):
    text = GOOD.replace('["p"]', '["p", "a"]').replace('k = "narrow"', 'k = "narow"').replace("0.6", "6")
    findings = lint_viseme_map(write(text))
    assert len(findings) == 3
    assert findings == sorted(findings)
    with pytest.raises(ParseError, match="and 2 more"):
        VisemeMap.load(write(text))


def test_a_unknown_arpabet_symbol_comes_with_a_suggestion(write):
    text = (Path(__file__).parents[1] / "viseme_maps" / "jeffers_1971.toml").read_text(encoding="utf-8")
    path = write(text.replace('id = "jeffers_1971"', 'id = "tiny"').replace('"DH", "TH"', '"DH", "TTH"'))
    messages = [finding.message for finding in lint_viseme_map(path)]
    assert any("'TTH'" in text and "TH" in text.split("Did you mean")[1] for text in messages if "TTH" in text)
    assert any("no viseme lists TH" in text for text in messages)


def test_warnings_do_not_stop_a_map(write):
    path = write(GOOD.replace('id = "tiny"', 'id = "small"').replace("[fill]", "spare = { phones = [] }\n\n[fill]"))
    assert [(x.line, x.severity) for x in lint_viseme_map(path)] == [(1, "warning"), (17, "warning")]
    assert VisemeMap.load(path).id == "small"


def test_a_finding_reads_like_a_compiler_message():
    assert str(LintFinding(3, "error", "no")) == "line 3: error: no"
    assert str(LintFinding(0, "warning", "no")) == "warning: no"


# Comparison


def test_a_map_loses_nothing_against_itself(jeffers):
    same = compare_maps(jeffers, jeffers)
    assert same.lost == same.gained == {}
    assert all(first == second for first, second in same.cells)


def test_the_cross_table_holds_every_shared_phone_once(jeffers):
    found = compare_maps(jeffers, VisemeMap.load("woodward_barber_1960"))
    phones = [phone for cell in found.cells.values() for phone in cell]
    assert len(phones) == len(set(phones)) == 38 - 15 - 1 + 1 - 1  # 38 of Jeffers less 15 vowels and NG
    assert set(found.uncompared) == {symbol for symbol in ARPABET if ARPABET[symbol].is_vowel} | {"NG"}
    assert ("S", "Z") in found.lost["C4"]


def test_losses_mirror_gains(jeffers):
    cmu = VisemeMap.load("cmu39")
    gained, lost = compare_maps(jeffers, cmu).gained, compare_maps(cmu, jeffers).lost
    assert {key: set(groups) for key, groups in gained.items()} == {key: set(groups) for key, groups in lost.items()}
    assert "A" in gained


def test_the_description_is_plain_data(jeffers):
    described = describe_map(jeffers)
    assert described["n_visemes"] == 12
    assert described["unlisted"] == ["HH"]
    assert described["visemes"][2]["phones"] == ["B", "P", "M", "EM"]


# Expected visemes


def tiers(*phones: tuple[str, float], word: str = "word") -> tuple[Tier, Tier]:
    boundaries = [0.0]
    for _, seconds in phones:
        boundaries.append(round(boundaries[-1] + seconds, 6))
    labels = tuple(label for label, _ in phones)
    words = tuple("" if label == "SIL" else word for label in labels)
    return Tier("phones", tuple(boundaries), labels), Tier("words", tuple(boundaries), words).merge_equal()


def test_one_target_a_phone_with_its_times_and_origin(jeffers):
    phones, words = tiers(("SIL", 0.5), ("P", 0.1), ("B", 0.1), ("AE1", 0.2), ("SIL", 0.4))
    targets = expected_visemes(phones, words, jeffers)
    assert [(x.viseme, x.phone, x.word) for x in targets] == [
        ("S", "SIL", ""),
        ("C", "P", "word"),
        ("C", "B", "word"),
        ("I", "AE", "word"),
        ("S", "SIL", ""),
    ]
    assert [(x.interval.start, x.interval.end) for x in targets] == [(y.start, y.end) for y in phones]
    assert viseme_tier(targets) == Tier("expected visemes", phones.boundaries, ("S", "C", "C", "I", "S"))


def test_tongue_only_sounds_borrow_up_to_the_nearest_lips(jeffers):
    targets = expected_visemes(*tiers(("UW", 0.1), ("S", 0.1), ("T", 0.1), ("P", 0.1), ("IY", 0.1)), jeffers)
    s, t = targets[1], targets[2]
    assert not s.is_visible
    assert not t.is_visible
    assert s.acceptable == t.acceptable == {"B", "H", "J", "C"}  # UW, S, T, P; not IY behind the closed lips
    assert targets[3].is_visible
    assert targets[3].acceptable == {"C"}


@pytest.mark.parametrize(("seconds", "visible"), [(0.35, False), (0.36, True), (0.05, False)])
def test_a_short_pause_says_nothing_and_a_long_one_rests(jeffers, seconds, visible):
    pause = expected_visemes(*tiers(("UW", 0.1), ("SIL", seconds), ("B", 0.1)), jeffers)[1]
    assert pause.viseme == "S"
    assert pause.is_visible == visible
    assert pause.acceptable == ({"S"} if visible else {"S", "B", "C"})


def test_a_diphthong_accepts_both_its_visemes():
    azure = VisemeMap.load("azure_en_us")
    target = expected_visemes(*tiers(("OW", 0.2)), azure)[0]
    assert target.viseme == "8"
    assert target.acceptable == {"8", "4"}


def test_phones_in_ipa_with_a_map_in_ipa(write):
    phones, words = tiers(("p", 0.1), ("øː", 0.1), ("t", 0.1), word="pøt")
    targets = expected_visemes(phones, words, VisemeMap.load(write(GOOD)), alphabet="ipa")
    assert [(x.viseme, x.phone, x.is_visible) for x in targets] == [
        ("closed", "p", True),
        ("round", "øː", True),
        ("narrow", "t", False),
    ]


def test_scores_of_phones_stay_with_their_targets(jeffers):
    phones = Tier("phones", (0.0, 0.5, 1.0), ("B", "SIL"), (0.75, None))
    targets = expected_visemes(phones, Tier("words", (0.0, 1.0), ("",)), jeffers)
    assert [x.interval.score for x in targets] == [0.75, None]
    assert viseme_tier(targets).scores == (0.75, None)


def test_an_unplaced_phone_is_named(write):
    with pytest.raises(UnknownSymbol):
        expected_visemes(*tiers(("ZH", 0.1)), VisemeMap.load(write(GOOD)))


def test_words_whose_phones_have_no_place_are_named_once():
    """This map has no vowels: each word names its own, each of them once; words are named once too."""
    phones = Tier("phones", (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7), ("B", "AA", "SIL", "AA", "AA", "IY", "AE"))
    words = Tier("words", (0.0, 0.2, 0.3, 0.4, 0.6, 0.7), ("ba", "", "a", "ay", ""))
    woodward = VisemeMap.load("woodward_barber_1960")
    assert words_without_place(words, phones, woodward, "arpabet") == (
        "the viseme map woodward_barber_1960 has no place for phones of 4 word(s), shown as "
        '"other": ba (AA), a (AA), ay (AA IY), (no word) (AE)',
    )
    assert words_without_place(words, phones, VisemeMap.load("cmu39"), "arpabet") == ()


def test_of_many_words_ten_are_named():
    edges = tuple(0.1 * k for k in range(13))
    names = tuple(f"w{k}" for k in range(12))
    (said,) = words_without_place(
        Tier("words", edges, names), Tier("phones", edges, ("AA",) * 12), VisemeMap.load("walden_1977"), "arpabet"
    )
    assert "of 12 word(s)" in said
    assert said.endswith("w9 (AA) and 2 more")
    (said,) = words_without_place(
        Tier("words", edges[:11], names[:10]), Tier("phones", edges[:11], ("AA",) * 10), VisemeMap.load("walden_1977"),
        "arpabet",
    )  # fmt: skip
    assert said.endswith("w9 (AA)")


def test_no_targets_make_no_tier():
    with pytest.raises(TimelineError):
        viseme_tier([])


@given(
    st.sampled_from(["jeffers_1971", "rhubarb_static", "mpeg4_fap1", "franks_kimble_1972"]),
    st.lists(st.tuples(st.sampled_from(sorted(ARPABET)), st.floats(0.02, 0.8)), min_size=1, max_size=12),
)
def test_targets_cover_the_tier_and_accept_what_they_name(name, phones):
    phone_tier, words = tiers(*phones)
    viseme_map = VisemeMap.load(name)
    targets = expected_visemes(phone_tier, words, viseme_map)
    assert viseme_tier(targets).boundaries == phone_tier.boundaries
    for target in targets:
        assert isinstance(target, VisemeTarget)
        assert target.viseme in target.acceptable <= set(viseme_map.visemes)
        assert target.viseme == viseme_map[target.phone]
