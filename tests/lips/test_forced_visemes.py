"""Times of given visemes: lips whose phones are known, pauses that are shown or not, and a search of all ways."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from test_decoder_training import CLIPS, make_clip

from visalign.errors import AlignmentError, ConfigError, FaceNotFound, OutOfVocabulary
from visalign.language.languages import language_lexicon
from visalign.language.lexicon import parse_lexicon
from visalign.lips import forced_visemes
from visalign.lips.forced_visemes import FINE_STEP, PARTS, Shown, force_visemes, said_visemes, shown_visemes
from visalign.lips.viseme_decoder import STEP, VisemeDecoder
from visalign.training.decoder_training import fit_decoder
from visalign.visemes.viseme_map import VisemeMap

MAP = VisemeMap.load("neti_2000")
LEXICON = parse_lexicon("bab B AA B\nfoo F UW\nboof B UW F\n", name="small")


@pytest.fixture(scope="module")
def decoder() -> VisemeDecoder:
    return fit_decoder(CLIPS)


@pytest.mark.parametrize("seed", [70, 71, 72])
def test_boundaries_are_found_where_the_lips_change(decoder: VisemeDecoder, seed: int) -> None:
    clip = make_clip("somebody", seed)
    said = clip.phones.relabel(lambda x: MAP[x]).merge_equal()
    found = force_visemes(clip.lips, shown_visemes(said.labels, MAP), decoder)
    assert found.tier.labels == said.labels
    errors = np.abs(np.array(found.tier.boundaries) - np.array(said.boundaries))
    assert np.median(errors) < 0.03
    assert errors.max() < 0.1
    assert (found.tier.start, found.tier.end) == pytest.approx((said.start, clip.lips.times.duration), abs=1e-9)
    assert found.words is None


def test_a_wrong_sequence_fits_worse(decoder: VisemeDecoder) -> None:
    clip = make_clip("somebody", 70)
    said = clip.phones.relabel(lambda x: MAP[x]).merge_equal().labels
    right = force_visemes(clip.lips, shown_visemes(said, MAP), decoder)
    wrong = force_visemes(clip.lips, shown_visemes(said[::-1], MAP), decoder)
    assert right.score > wrong.score + 1


def test_pauses_are_shown_or_left_out_as_the_lips_have_them(decoder: VisemeDecoder) -> None:
    """The clip begins and ends in silence; none is between its phones."""
    clip = make_clip("somebody", 73, n_phones=4)
    words = [f"w{k}" for k in range(4)]
    one_each = parse_lexicon(
        "\n".join(f"{w} {p}" for w, p in zip(words, clip.phones.labels[1:-1], strict=True)), name="x"
    )
    found = force_visemes(clip.lips, said_visemes(words, one_each, MAP), decoder, words=words)
    assert found.words is not None
    assert [x for x in found.words.labels if x] == words
    assert found.words.labels[0] == found.words.labels[-1] == ""
    assert found.words.labels[1:-1] == tuple(words)
    assert found.words.boundaries == pytest.approx(clip.phones.boundaries, abs=0.06)


def test_the_way_is_the_best_of_all(decoder: VisemeDecoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against every way to divide a short clip between two visemes with an optional pause between."""
    clip = make_clip("somebody", 74, n_phones=1)
    lips = clip.lips.crop(0.0, 0.2)
    shown = [Shown("p", ("B",)), Shown("s", ("SIL",), None, optional=True), Shown("a", ("AA",))]
    plain = replace(decoder, adaptation_frames=0.0)
    found = force_visemes(lips, shown, plain)
    chain = forced_visemes._Chain.of(shown, plain)
    times, seen = forced_visemes._grid(lips)
    emissions = chain.emissions(plain.rows(lips, times), seen, plain)
    stay, leave = chain.log_stay, np.log(-np.expm1(chain.log_stay))

    def score(states: list[int]) -> float:
        total = emissions[0, chain.kind[states[0]]]
        for t, (a, b) in enumerate(itertools.pairwise(states), start=1):
            step = stay[a] if a == b else leave[a]
            if b != a and b % PARTS == 0 and (b == PARTS or b - a > 1):
                step += np.log(forced_visemes.PAUSE if b == PARTS else 1 - forced_visemes.PAUSE)
            total += step + emissions[t, chain.kind[b]]
        return float(total)

    n = len(times)
    ways = []
    for visited in (list(range(9)), [0, 1, 2, 6, 7, 8]):
        for cuts in itertools.combinations(range(1, n), len(visited) - 1):
            lengths = np.diff([0, *cuts, n])
            ways.append(np.repeat(visited, lengths).tolist())
    assert found.score * FINE_STEP * n == pytest.approx(max(map(score, ways)), abs=1e-6)


def test_where_there_is_no_face_only_durations_decide(decoder: VisemeDecoder) -> None:
    clip = make_clip("somebody", 70)
    said = clip.phones.relabel(lambda x: MAP[x]).merge_equal().labels
    values = clip.lips.values.copy()
    values[10:20] = np.nan
    found = force_visemes(replace(clip.lips, values=values), shown_visemes(said, MAP), decoder)
    assert found.tier.labels == said
    nobody = replace(clip.lips, values=np.full_like(values, np.nan))
    with pytest.raises(FaceNotFound):
        force_visemes(nobody, shown_visemes(said, MAP), decoder)


def test_a_viseme_whose_phones_the_model_never_met_is_still_placed(decoder: VisemeDecoder) -> None:
    clip = make_clip("somebody", 70)
    thumb = MAP["TH"]
    found = force_visemes(clip.lips, shown_visemes([thumb, MAP["B"]], MAP), decoder)
    assert thumb in found.tier.labels


def test_the_given_words_are_spelt_out() -> None:
    shown = said_visemes(["bab", "foo"], LEXICON, MAP)
    assert [(x.phones, x.word, x.optional) for x in shown] == [
        (("SIL",), None, True),
        *((("B",), 0, False), (("AA",), 0, False), (("B",), 0, False)),
        (("SIL",), None, True),
        *((("F",), 1, False), (("UW",), 1, False)),
        (("SIL",), None, True),
    ]
    with pytest.raises(OutOfVocabulary, match="zebra"):
        said_visemes(["bab", "zebra"], LEXICON, MAP)
    with pytest.raises(ConfigError, match="transcript"):
        said_visemes([], LEXICON, MAP)


def test_words_of_other_languages_show_the_visemes_of_their_phones() -> None:
    shown = said_visemes(["mütze", "pfau"], language_lexicon("de"), MAP)
    words = [x for x in shown if x.word == 0]
    assert [x.label for x in words] == [MAP.lookup(x, "ipa") for x in ("m", "ʏ", "ts", "ə")]
    assert "M" in words[0].phones
    assert set(words[1].phones) <= {"UH", "UW", "OW", "AO", "ER"}  # rounded
    assert words[1].phones


def test_impossible_sequences_are_refused(decoder: VisemeDecoder) -> None:
    clip = make_clip("somebody", 70, n_phones=2)
    with pytest.raises(ConfigError, match="neti_2000"):
        shown_visemes(["nonsense"], MAP)
    with pytest.raises(ConfigError, match="at least one"):
        shown_visemes([], MAP)
    with pytest.raises(AlignmentError, match="200 visemes take at least"):
        force_visemes(clip.lips, shown_visemes([MAP.silence, *[MAP["B"], MAP["AA"]] * 99, MAP.silence], MAP), decoder)


def test_the_mean_duration_is_that_of_the_training(decoder: VisemeDecoder) -> None:
    """Phones of the clips last 0.16 s on average, and every fourth is said again at once."""
    chain = forced_visemes._Chain.of([Shown("a", ("AA",))], decoder)
    duration = PARTS * FINE_STEP / -np.expm1(chain.log_stay[0])
    assert duration == pytest.approx(0.16 * 4 / 3, abs=STEP / 2)
