"""Phones of any language in the states of the English model."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from visalign.errors import AlignmentError, ParseError, UnknownSymbol
from visalign.forced_alignment.mapped_acoustics import (
    MappedAcoustics,
    State,
    is_english,
    mapped_model,
    sounds_as,
    states_of,
)
from visalign.forced_alignment.sphinx_model import embedded_model
from visalign.language.lexicon import parse_lexicon


@pytest.fixture(scope="module")
def model() -> MappedAcoustics:
    return MappedAcoustics(embedded_model())


@pytest.mark.parametrize("phone", ["b", "y", "ʔ", "t͡s", "k͡p", "ǃ", "kʼ", "aːˑ", "ⁿd", "ʕʷː", "ɬ", "aɪ̯ə"])
def test_every_phone_has_states_that_share_one(phone: str) -> None:
    states = states_of(sounds_as(phone))
    assert all(sum(state.values()) == pytest.approx(1.0) for state in states)


def test_likelihoods_are_those_of_the_mixture(model: MappedAcoustics) -> None:
    hmm = model.phone_hmm("", "y", "", "S")
    frames = np.random.default_rng(0).normal(size=(7, 39)).astype(np.float32)
    native = embedded_model()
    wanted = np.zeros(7)
    for (name, at), share in states_of("y")[1].items():
        (score,) = native.log_likelihoods(frames, np.array([native.phone_hmm("", name, "", "").pdfs[at]])).T
        wanted += share * np.exp(score.astype(np.float64))
    silence = model.phone_hmm("", "SIL", "", "").pdfs[0]
    found = model.log_likelihoods(frames, np.array([silence, hmm.pdfs[1]]))
    assert found[:, 1] == pytest.approx(np.log(wanted), rel=1e-4)
    assert found[:, 0] == pytest.approx(native.log_likelihoods(frames, np.array([silence]))[:, 0])


def test_a_long_phone_stays_longer(model: MappedAcoustics) -> None:
    def staying(phone: str) -> float:
        return next(weight for a, b, weight in model.phone_hmm("", phone, "", "").arcs if a == b)

    assert staying("aː") > staying("a")


@pytest.mark.parametrize(
    ("before", "after"), [("p", "a"), ("kʰ", "ɪ"), ("d", "l"), ("ɡ͡b", "o"), ("ɗ", "u"), ("t͡ʃ", "j")]
)
def test_a_burst_is_no_beginning_of_a_vowel(model: MappedAcoustics, before: str, after: str) -> None:
    assert model.keeps(before, after) == (before != "t͡ʃ")
    assert not model.keeps(after, before)
    assert not model.keeps(before, "SIL")


def test_pronunciations_may_be_ipa_or_arpabet(model: MappedAcoustics) -> None:
    lexicon = parse_lexicon("bin B IH1 N\nschön ʃ ˈøː n")
    assert [model.variants(x, lexicon[x])[0].phones for x in ("bin", "schön")] == [("b", "ˈɪ", "n"), ("ʃ", "ˈøː", "n")]
    assert sounds_as("y") == "y"
    assert sounds_as("Y") == "j"


def test_what_is_neither_is_named_with_its_place(model: MappedAcoustics) -> None:
    lexicon = parse_lexicon("a a\nbad b Q7 d", name="mine.dict")
    with pytest.raises(ParseError, match=r"mine\.dict:2: 'bad' has the phone 'Q7'"):
        model.variants("bad", lexicon["bad"])
    with pytest.raises(UnknownSymbol):
        sounds_as("Q7")
    with pytest.raises(AlignmentError, match="only silence"):
        model.variants("hush", parse_lexicon("hush SIL")["hush"])


@pytest.mark.parametrize(
    ("lexicon", "english"), [("x B IH N", True), ("x b ɪ n", True), ("x b ø n", False), ("x b Q7 n", True)]
)
def test_english_is_what_english_has_phones_for(lexicon: str, english: bool) -> None:
    assert is_english(["x"], parse_lexicon(lexicon)) == english


def test_what_was_placed_before_changes_nothing() -> None:
    assert mapped_model() is mapped_model()
    fresh, used = MappedAcoustics(embedded_model()), MappedAcoustics(embedded_model())
    frames = np.random.default_rng(1).normal(size=(5, 39)).astype(np.float32)
    for phone in ("ø", "x", "ⁿd", "ɬ"):  # mixtures are numbered as they come
        used.phone_hmm("", phone, "", "S")
    scores = []
    for model in (fresh, used):
        pdfs = [pdf for phone in ("ʁ", "ø", "ɬ") for pdf in model.phone_hmm("", phone, "", "S").pdfs]
        scores.append(model.log_likelihoods(frames, np.array(pdfs)))
    assert np.array_equal(*scores)


def mass(state: State, *names: str) -> float:
    return sum(share for (name, _), share in state.items() if name in names)


def test_targets_that_english_does_not_join_follow_one_another() -> None:
    for phone, begins, ends in (
        ("ts", "TDP", ("S", "Z", "SH")),
        ("ⁿd", ("N", "M", "NG"), "DTBG"),
        ("ŋǃ", ("NG",), "TKDP"),
    ):
        first, middle, last = states_of(phone)
        assert mass(first, *begins) > 0.7 > 0.4 > mass(last, *begins)
        assert mass(last, *ends) > 0.7 > 0.4 > mass(first, *ends)
        assert 0.3 < mass(middle, *begins) < 0.7
    for phone in ("tʃ", "aɪ"):  # English has these: all states are of the same phones
        assert (
            len({tuple(sorted((name, share) for (name, _), share in state.items())) for state in states_of(phone)}) == 1
        )


def test_a_sonorant_without_a_voice_is_an_h_in_part() -> None:
    for phone in ("l̥", "i̥", "ʍ"):
        assert all(mass(state, "HH") >= 0.3 for state in states_of(phone))
    for phone in ("l", "p", "s", "m", "ɦ"):
        assert all(mass(state, "HH") < 0.2 for state in states_of(phone))


def test_it_goes_into_another_process(model: MappedAcoustics) -> None:
    again = pickle.loads(pickle.dumps(model))
    frames = np.random.default_rng(1).normal(size=(3, 39)).astype(np.float32)
    pdfs = np.array(model.phone_hmm("", "ø", "", "S").pdfs)
    assert again.phone_hmm("", "ø", "", "S").arcs == model.phone_hmm("", "ø", "", "S").arcs
    own = np.array(again.phone_hmm("", "ø", "", "S").pdfs)
    assert again.log_likelihoods(frames, own).tolist() == model.log_likelihoods(frames, pdfs).tolist()
