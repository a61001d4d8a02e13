"""The mouth track: each step on an example, and what holds for any clip."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visalign.animation.coarticulation import (
    CLOSURE_LAGS,
    CLOSURE_LEADS,
    MouthParams,
    mouth_track,
    split_sequences,
    time_closures,
)
from visalign.errors import ConfigError
from visalign.language.phones import ARPABET
from visalign.timeline import Tier
from visalign.visemes.expected import expected_visemes, viseme_tier
from visalign.visemes.viseme_map import VisemeMap, available_maps

SYMBOLS = sorted(ARPABET)


def targets_of(spoken, viseme_map, words="", alphabet="arpabet"):
    """Targets of ``"SIL:0.5 B:0.1"``: phones with their durations; `words` names the word of each phone, or none."""
    pairs = [item.rsplit(":", 1) for item in spoken.split()]
    boundaries = [0.0]
    for _, seconds in pairs:
        boundaries.append(boundaries[-1] + float(seconds))
    labels = tuple(phone for phone, _ in pairs)
    names = tuple(words.split()) if words else tuple("" if x == "SIL" else "word" for x in labels)
    phones, spoken_words = Tier("phones", tuple(boundaries), labels), Tier("words", tuple(boundaries), names)
    return expected_visemes(phones, spoken_words, viseme_map, alphabet=alphabet)


def shown(targets):
    return [(x.viseme, round(x.interval.start, 3)) for x in targets]


@pytest.fixture
def jeffers():
    return VisemeMap.load("jeffers_1971")


@pytest.fixture
def oculus():
    return VisemeMap.load("oculus_15")


@pytest.mark.parametrize("phone", ["P", "B"])
@pytest.mark.parametrize(("before", "kind"), [("SIL", "silence"), ("N", "consonant"), ("AA", "vowel")])
def test_a_closure_begins_before_its_burst(jeffers, phone, before, kind):
    first, closure = time_closures(targets_of(f"{before}:0.5 {phone}:0.1", jeffers), jeffers)
    assert closure.interval.start == pytest.approx(0.5 - CLOSURE_LEADS[phone.lower()][kind])
    assert first.interval.end == closure.interval.start


@pytest.mark.parametrize(("before", "start"), [("S", 0.02), ("N", 0.008), ("SIL", 0.02)])
def test_a_closure_takes_a_part_of_what_comes_before(jeffers, before, start):
    """Half, and more of what the tongue can do behind closed lips."""
    _, closure = time_closures(targets_of(f"{before}:0.04 B:0.1", jeffers), jeffers)
    assert closure.interval.start == pytest.approx(start)


@pytest.mark.parametrize("phone", ["P", "B", "M", "F", "V"])
def test_closures_are_seen_longer_than_heard(jeffers, phone):
    _, closure, _ = time_closures(targets_of(f"AA:0.2 {phone}:0.1 AA:0.2", jeffers), jeffers)
    leads = CLOSURE_LEADS.get(phone.lower(), {"vowel": 0.0})
    start, end = closure.interval.start, closure.interval.end
    assert (start, end) == pytest.approx((0.2 - leads["vowel"], 0.3 + CLOSURE_LAGS[phone.lower()]))


def test_tongue_sounds_are_left_where_they_are(jeffers):
    targets = targets_of("AA:0.2 T:0.1 AA:0.2", jeffers)
    assert time_closures(targets, jeffers) == targets


def test_closures_leave_one_another_alone(jeffers):
    targets = targets_of("AA:0.2 M:0.1 P:0.1 F:0.1 AA:0.2", jeffers)
    timed = time_closures(targets, jeffers)
    assert [x.interval.start for x in timed[:4]] == [x.interval.start for x in targets[:4]]


def test_a_diphthong_is_split_once(oculus):
    targets = targets_of("EY:0.2", oculus)
    pieces = split_sequences(targets, oculus)
    sequence = oculus.sequences["EY"]
    assert [x.viseme for x in pieces] == list(sequence.visemes)
    assert pieces[1].interval.start == pytest.approx(0.2 * sequence.split)
    assert [x.phone for x in pieces] == ["EY", "EY"]
    assert split_sequences(pieces, oculus) == pieces


def test_a_breath_has_the_mouth_of_its_vowel(jeffers):
    track = mouth_track(targets_of("SIL:0.5 HH:0.1 UW:0.2 SIL:0.5", jeffers), jeffers)
    assert [x.viseme for x in track] == ["S", jeffers["UW"], "S"]
    assert track[1].phone == "HH UW"


def test_rounded_lips_come_early_and_stay_late(jeffers):
    track = mouth_track(targets_of("AA:0.4 T:0.05 UW:0.2 SIL:1", jeffers), jeffers)
    # 0.15 s of reach: all of T, then up to a quarter of AA; and into the silence.
    assert shown(track) == [(jeffers["AA"], 0.0), (jeffers["UW"], 0.3), ("S", 0.8)]


def test_rounded_lips_do_not_spread_over_a_closure(jeffers):
    track = mouth_track(targets_of("AA:0.4 B:0.1 UW:0.2 M:0.1 SIL:1", jeffers), jeffers)
    assert [x.viseme for x in track] == ["I", "C", "B", "C", "S"]
    assert track[3].interval.start == pytest.approx(0.7)


def test_a_tongue_only_sound_looks_ahead_within_its_word_and_back_at_its_end(jeffers):
    targets = targets_of("AA:0.2 T:0.1 AO:0.2 D:0.1 AA:0.2", jeffers, words="one two two two three")
    targets = [replace(x, word=w) for x, w in zip(targets, ("one", "two", "two", "two", "three"), strict=True)]
    track = mouth_track(targets, jeffers, MouthParams(spread=0.0))
    assert shown(track) == [(jeffers["AA"], 0.0), (jeffers["AO"], 0.2), (jeffers["AA"], 0.6)]


def test_a_long_tongue_only_sound_shows_its_own_mouth():
    preston_blair = VisemeMap.load("preston_blair_papagayo")
    for seconds, viseme in ((0.1, "AI"), (0.25, "L")):
        assert mouth_track(targets_of(f"L:{seconds} AA:0.2", preston_blair), preston_blair)[0].viseme == viseme


@pytest.mark.parametrize(
    ("seconds", "visemes"),
    [(0.1, ["PP", "ih"]), (0.3, ["PP", "aa", "ih"]), (0.35, ["PP", "aa", "ih"]), (0.4, ["PP", "sil", "ih"])],
)
def test_pauses_by_their_length(oculus, seconds, visemes):
    """Held, relaxed, at rest."""
    track = mouth_track(targets_of(f"M:0.3 SIL:{seconds} IY:0.3", oculus), oculus)
    assert [x.viseme for x in track] == visemes


def test_a_short_pause_holds_the_mouth_before_it(jeffers):
    track = mouth_track(targets_of("M:0.3 SIL:0.1 AA:0.3", jeffers), jeffers)
    assert shown(track) == [("C", 0.0), ("I", 0.4)]


def test_lips_stay_closed_in_a_pause_between_closures(oculus):
    track = mouth_track(targets_of("IY:0.2 P:0.1 SIL:0.2 M:0.1 UW:0.2", oculus), oculus)
    assert [x.viseme for x in track] == ["ih", "PP", "ou"]
    assert track[1].phone == "P M"


def test_a_middle_pause_is_relaxed_unlike_what_follows(oculus):
    relaxed, after_open = (
        mouth_track(targets_of(f"M:0.2 SIL:0.3 {after}:0.3", oculus), oculus)[1].viseme for after in ("IY", "AA")
    )
    assert (relaxed, after_open) == (oculus["AH"], "sil")


def test_a_brief_mouth_gives_way_to_a_closure(jeffers):
    track = mouth_track(targets_of("AA:0.3 S:0.02 M:0.01 AA:0.3", jeffers), jeffers)
    assert [x.viseme for x in track] == ["I", "C", "I"]
    assert track[1].interval.duration == pytest.approx(MouthParams().minimum_closure)


def test_phones_in_ipa():
    ipa = VisemeMap.load("oculus_15_ipa")
    track = mouth_track(targets_of("SIL:0.5 b:0.1 y:0.2 n:0.1", ipa, alphabet="ipa"), ipa, alphabet="ipa")
    assert [x.viseme for x in track] == ["sil", "PP", ipa["y"]]
    assert track[1].interval.start == pytest.approx(0.5 - CLOSURE_LEADS["b"]["silence"])


@pytest.mark.parametrize("wrong", [{"spread": -0.1}, {"minimum": float("nan")}, {"hold_pause": 0.5}])
def test_impossible_times_are_refused(wrong):
    with pytest.raises(ConfigError):
        MouthParams(**wrong)


def test_expected_visemes_keep_the_times_of_their_phones(jeffers):
    """Sync is measured against these: no step of the mouth track may reach them."""
    targets = targets_of("SIL:0.5 B:0.1 UW:0.2 SIL:0.2 HH:0.1 IY:0.3", jeffers)
    before = list(targets)
    mouth_track(targets, jeffers)
    assert targets == before
    assert [x.interval.start for x in targets] == pytest.approx([0.0, 0.5, 0.6, 0.8, 1.0, 1.1])


@settings(deadline=None)
@given(
    st.sampled_from(available_maps()),
    st.lists(st.tuples(st.sampled_from(SYMBOLS), st.integers(1, 60)), min_size=1, max_size=30),
)
def test_any_track_is_whole_and_keeps_its_closures(name, spoken):
    viseme_map = VisemeMap.load(name)
    targets = targets_of(" ".join(f"{phone}:{hundredths / 100}" for phone, hundredths in spoken), viseme_map)
    track = mouth_track(targets, viseme_map)
    tier = viseme_tier(track)
    assert (tier.start, tier.end) == (targets[0].interval.start, targets[-1].interval.end)
    assert all(a.viseme != b.viseme for a, b in pairwise(track))
    assert all(x.viseme in x.acceptable or x.viseme in viseme_map.classes for x in track)
    closures = {"bilabial", "labiodental"}
    for target in targets:
        if viseme_map.classes[target.viseme].articulator in closures:
            near = [x for x in track if x.interval.overlap(target.interval) > 0]
            assert target.viseme in [x.viseme for x in near] or _crowded(target, targets, viseme_map)
    short = [x for x in track if x.interval.duration < MouthParams().minimum - 1e-6]
    assert all(viseme_map.classes[x.viseme].articulator in closures for x in short) or len(track) == 1


def _crowded(target, targets, viseme_map):
    """Whether another closure stands so close that both can't be shown where they sound."""
    others = [
        x
        for x in targets
        if x is not target and viseme_map.classes[x.viseme].articulator in {"bilabial", "labiodental"}
    ]
    return any(
        x.interval.start - 0.16 < target.interval.end and target.interval.start < x.interval.end + 0.16 for x in others
    )
