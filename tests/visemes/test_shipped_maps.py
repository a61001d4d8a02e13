"""The shipped viseme maps: what the linter, the literature and a reader may expect of each file."""

import re
from pathlib import Path

import pytest

from visalign.language.phones import ARPABET
from visalign.visemes.comparison import english_gap
from visalign.visemes.lint import lint_viseme_map
from visalign.visemes.viseme_map import VisemeMap, available_maps

FOLDER = Path(__file__).parents[2] / "viseme_maps"
FILES = sorted(FOLDER.glob("*.toml"))
PHONES = frozenset(ARPABET) - {"SIL"}
VOWELS = {symbol for symbol in PHONES if ARPABET[symbol].is_vowel}

# Visemes with silence, and the CMU phones that the source leaves out: counted by hand in the tables of the sources.
EXPECTED = {
    "annosoft_17": (17, ""),
    "azure_en_us": (22, ""),
    "bozkurt_2007": (16, ""),
    "cmu39": (40, ""),
    "disney_lander": (13, "AA AE AW DH ER EY IH JH OW OY ZH"),
    "fisher_1968_final": (7, " ".join({*VOWELS, "HH", "W", "Y"})),
    "fleming_dobbs_papagayo": (11, ""),
    "franks_kimble_1972": (6, " ".join(PHONES - {"P", "B", "M", "F", "R", "W", "SH", "JH", "CH"})),
    "hazen_2004": (15, ""),
    "jali_cmu": (18, ""),
    "jeffers_1971": (12, "HH"),
    "lee_yook_2002": (14, ""),
    "mpeg4_fap1": (15, "AE AH AW AY ER EY HH IY NG OW OY UW W Y ZH"),
    "neti_2000": (13, ""),
    "oculus_15": (15, "HH NG OW OY"),
    "polly_en_us": (17, ""),
    "preston_blair_papagayo": (10, ""),
    "rhubarb_static": (9, ""),
    "sapi5_22": (22, ""),
    "walden_1977": (11, " ".join({*VOWELS, "CH", "JH", "NG", "HH"})),
    "woodward_barber_1960": (6, " ".join({*VOWELS, "NG"})),
}


def test_the_expectations_cover_all_files_in_arpabet():
    assert {path.stem for path in FILES} == {*EXPECTED, "oculus_15_ipa", "mpeg4_fap1_xsampa"}
    assert available_maps() == [path.stem for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_is_faultless(path):
    assert lint_viseme_map(path) == []


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_size_and_gap(name):
    loaded = VisemeMap.load(name)
    n_visemes, unlisted = EXPECTED[name]
    assert len(loaded.visemes) == n_visemes
    assert set(loaded.unlisted) == set(unlisted.split())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_phone_has_a_viseme(name):
    loaded = VisemeMap.load(name)
    assert {loaded[phone] for phone in ARPABET} <= set(loaded.visemes)
    assert loaded["SIL"] == loaded[""] == loaded.silence


@pytest.mark.parametrize("name", sorted(set(EXPECTED) - {"cmu39", "hazen_2004", "fisher_1968_final"}))
def test_the_bilabials_look_alike(name):
    loaded = VisemeMap.load(name)
    assert loaded["P"] == loaded["B"] == loaded["M"]


def test_exceptions_that_the_sources_make():
    assert VisemeMap.load("fisher_1968_final")["M"] == "F5"  # with the velars
    assert VisemeMap.load("neti_2000")["W"] == VisemeMap.load("neti_2000")["K"]
    assert VisemeMap.load("azure_en_us")["TH"] != VisemeMap.load("sapi5_22")["TH"]
    assert VisemeMap.load("polly_en_us")["AX"] == "@"
    assert VisemeMap.load("polly_en_us")["AH"] == "E"


def test_articulators_agree_with_the_phones():
    for name in EXPECTED:
        for key, entry in VisemeMap.load(name).classes.items():
            places = {ARPABET[phone].place for phone in entry.phones if phone in ARPABET}
            if entry.articulator in ("bilabial", "labiodental", "dental"):
                assert places == {entry.articulator}, (name, key)
            if entry.articulator == "tongue-only":
                shaping = [x for x in entry.phones if x in ARPABET and ARPABET[x].shapes_lips]
                # Neti puts W and R, and Fisher M, among tongue sounds: the source decides.
                assert set(shaping) <= {"W", "R"}, (name, key)


def test_recipes_name_real_channels():
    recipes = VisemeMap.load("oculus_15").recipes
    assert set(recipes) == {"arkit_talkinghead", "arkit_openfacefx"}
    for recipe in recipes.values():
        assert set(recipe.weights) == set(VisemeMap.load("oculus_15").visemes)
    openfacefx = recipes["arkit_openfacefx"].weights
    assert openfacefx["PP"]["mouthPressLeft"] == openfacefx["PP"]["mouthPressRight"] == 0.5
    assert not any("*" in channel for weights in openfacefx.values() for channel in weights)


def test_the_ipa_map_follows_the_english_one():
    english, any_language = VisemeMap.load("oculus_15"), VisemeMap.load("oculus_15_ipa")
    differing = {
        phone
        for phone in english.phones
        if phone in ARPABET and english[phone] != any_language.lookup(phone, "arpabet")
    }
    # The two sources place these differently: N and L, AE, AW, IH.
    assert differing == {"L", "AE", "AW", "IH"}


def test_the_x_sampa_map_is_the_one_in_arpabet():
    arpabet, xsampa = VisemeMap.load("mpeg4_fap1"), VisemeMap.load("mpeg4_fap1_xsampa")
    assert all(arpabet[phone] == xsampa.lookup(phone, "arpabet") for phone in ARPABET)
    assert xsampa["A:"] == "10"
    assert xsampa["dZ"] == xsampa.lookup("dʒ", "ipa") == "6"


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_gap_is_told(name):
    assert set(english_gap(VisemeMap.load(name))) == set(EXPECTED[name][1].split())


def test_the_documentation_table_is_right():
    page = (FOLDER.parent / "docs" / "viseme_maps.md").read_text(encoding="utf-8")
    rows = {row[0]: row[1:] for row in re.findall(r"^\| `(\w+)` \| (\w) \| (\d+) \| (\S+)", page, re.MULTILINE)}
    assert sorted(rows) == available_maps()
    for name, (grade, n_visemes, covered) in rows.items():
        loaded = VisemeMap.load(name)
        assert (grade, int(n_visemes)) == (loaded.confidence, len(loaded.visemes)), name
        if loaded.alphabet == "arpabet":
            assert int(covered) == 39 - len(loaded.unlisted), name
