"""What the lips should show, phone by phone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_map import GOOD

from visalign.errors import TimelineError, UnknownSymbol
from visalign.language.phones import ARPABET
from visalign.timeline import Tier
from visalign.visemes.expected import REST_AFTER_S, VisemeTarget, expected_visemes, viseme_tier, words_without_place
from visalign.visemes.viseme_map import VisemeMap


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


@pytest.mark.parametrize(("seconds", "visible"), [(REST_AFTER_S, False), (REST_AFTER_S + 0.01, True), (0.05, False)])
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
