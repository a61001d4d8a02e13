"""Maps learnt from lips and maps judged by lips, on made-up lips whose visemes are known; plots and map files."""

from fractions import Fraction

import numpy as np
import pytest

from visalign.animation.weight_curves import WeightCurves
from visalign.errors import BackendUnavailable, ConfigError, InputError
from visalign.language.phones import ARPABET
from visalign.lips.lip_features import FEATURES, LipFeatures
from visalign.plots.maps import plot_learnt_map, plot_map_fits, plot_mouth
from visalign.plots.style import save_plot
from visalign.timeline import FrameTimes, Tier
from visalign.training.lip_confusions import LipConfusions, LipFrames, lip_confusions
from visalign.training.map_evaluation import FIT_COLUMNS, evaluate_map, evaluate_maps
from visalign.training.map_learning import learn_map
from visalign.training.prepared_clips import PreparedClip
from visalign.visemes.lint import lint_viseme_map
from visalign.visemes.map_files import write_viseme_map
from visalign.visemes.viseme_map import VisemeClass, VisemeMap

# What the made-up lips do: phones of one group move them alike.
TRUTH = {"P": 0, "B": 0, "M": 0, "F": 1, "V": 1, "AA": 2, "AE": 2, "UW": 3, "W": 3, "S": 4, "Z": 4}
N_GROUPS = 5
STEP = 0.04
FRAMES_A_PHONE = 4


def made_up_clip(speaker, number, noise=0.3, phones=tuple(TRUTH)):
    random = np.random.default_rng([number, len(speaker), *speaker.encode()])
    spoken = ["SIL", *random.permutation(list(phones) * 2).tolist(), "SIL"]
    n_frames = FRAMES_A_PHONE * len(spoken)
    # Each group has a place of its own in the space of features, the same for all speakers.
    places = np.random.default_rng(7).normal(size=(N_GROUPS + 1, len(FEATURES)))
    rows = np.repeat([places[TRUTH.get(x, N_GROUPS)] for x in spoken], FRAMES_A_PHONE, axis=0)
    values = rows + noise * random.normal(size=rows.shape)
    times = FrameTimes(np.arange(n_frames) * STEP, n_frames * STEP, Fraction(25))
    names = tuple(feature.name for feature in FEATURES)
    lips = LipFeatures(values, names, times, np.zeros(len(names)), np.ones(len(names)))
    boundaries = tuple(k * FRAMES_A_PHONE * STEP for k in range(len(spoken) + 1))
    return PreparedClip(f"{speaker}_{number}", speaker, lips, None, Tier("phones", boundaries, tuple(spoken)))


@pytest.fixture(scope="module")
def clips():
    return [made_up_clip(speaker, number) for speaker in ("ann", "bea", "cid") for number in range(2)]


@pytest.fixture(scope="module")
def confusions(clips):
    return lip_confusions(clips)


def map_of(groups, name="mine"):
    classes = {f"v{k}": VisemeClass(tuple(group.split())) for k, group in enumerate(groups)}
    classes["rest"] = VisemeClass(("SIL",), "silence")
    return VisemeMap(name, name, "arpabet", "made for the tests", "A", "rest", classes, fallback="rest")


TRUE_MAP = map_of(["P B M", "F V", "AA AE", "UW W", "S Z"], "true")
WRONG_MAP = map_of(["P F AA", "B V", "M UW", "AE S", "W Z"], "wrong")


def test_frames_are_speech_with_a_face(clips):
    frames = LipFrames.of(clips)
    assert set(frames.phones) == set(TRUTH)
    assert len(frames.rows) == len(frames.phones) == len(frames.groups) == 6 * 2 * len(TRUTH) * FRAMES_A_PHONE
    assert frames.speakers == ("ann", "bea", "cid")


def test_frames_without_a_face_are_left_out(clips):
    seen = clips[0].lips
    values = seen.values.copy()
    values[: len(values) // 2] = np.nan
    lips = LipFeatures(values, seen.names, seen.times, seen.centre, seen.scale)
    half = PreparedClip("half", "ann", lips, None, clips[0].phones)
    assert 0 < len(LipFrames.of([half]).rows) < 0.6 * len(LipFrames.of(clips[:1]).rows)


def test_with_few_speakers_parts_are_left_out_in_turn():
    frames = LipFrames.of([made_up_clip("ann", number) for number in range(6)])
    assert set(frames.groups) == {f"part {k}" for k in range(1, 6)}


def test_posteriors_are_of_unseen_speakers_and_sum_to_one(confusions):
    assert confusions.posteriors.sum(axis=1) == pytest.approx(np.ones(len(confusions.spoken)))
    assert confusions.frequencies.sum(axis=1) == pytest.approx(np.ones(len(confusions.spoken)))
    assert confusions.matrix.sum(axis=1) == pytest.approx(np.ones(len(confusions.phones)))
    assert sum(confusions.n_frames.values()) == len(confusions.spoken)


def test_a_speaker_who_mumbles_is_judged_by_the_others():
    """Were a speaker's own clips in the training, noise could be learnt by heart; held out, it is chance."""
    phones = ("P", "AA")
    noisy = [made_up_clip(speaker, k, noise=80.0, phones=phones) for speaker in ("ann", "bea", "cid") for k in range(3)]
    found = lip_confusions(noisy)
    right = (found.posteriors.argmax(axis=1) == found.spoken).mean()
    assert 0.35 < right < 0.65


def test_seldom_phones_are_left_out_and_named(clips):
    rare = made_up_clip("ann", 99, phones=("P", "JH"))
    found = lip_confusions([*clips, rare])
    assert found.phones == tuple(sorted(TRUTH))
    assert dict(found.left_out) == {"JH": 2 * FRAMES_A_PHONE}


def test_nothing_to_compare_is_an_input_error(clips):
    with pytest.raises(InputError, match="too few to compare"):
        lip_confusions([made_up_clip("ann", 0, phones=("P",))])
    silent = PreparedClip("x", "ann", clips[0].lips, None, Tier("phones", (0.0, 9.0), ("SIL",)))
    with pytest.raises(InputError, match="nothing to learn"):
        lip_confusions([silent])


# --- learning -------------------------------------------------------------------------------------------------


def test_the_true_visemes_are_found(confusions):
    learnt = learn_map(confusions, N_GROUPS + 1, "ours", corpus="made-up clips")
    found = {frozenset(x.phones) for key, x in learnt.viseme_map.classes.items() if key != "rest"}
    assert found == {frozenset(p for p in TRUTH if TRUTH[p] == k) for k in range(N_GROUPS)}
    kinds = {frozenset(x.phones): x.articulator for x in learnt.viseme_map.classes.values()}
    assert kinds[frozenset("PBM")] == "bilabial"
    assert kinds[frozenset("FV")] == "labiodental"
    assert kinds[frozenset({"UW", "W"})] == "rounded"


def test_a_learnt_map_is_a_faultless_file_with_its_evidence(confusions, tmp_path):
    learnt = learn_map(confusions, N_GROUPS + 1, "ours", corpus="made-up clips")
    path = write_viseme_map(tmp_path / "ours.toml", learnt.viseme_map)
    assert lint_viseme_map(path) == []
    again = VisemeMap.load(path)
    assert again == learnt.viseme_map
    assert {again[phone] for phone in ARPABET} <= set(again.visemes)
    assert "made-up clips" in again.citation
    assert "6 clips, 3 speaker(s)" in again.source
    bilabials = again.classes[again["P"]]
    n_frames = 6 * 2 * FRAMES_A_PHONE * 3
    assert bilabials.description.startswith(f"{n_frames} frames; taken for itself")


def test_phones_that_a_corpus_lacks_stand_with_those_made_alike(confusions):
    learnt = learn_map(confusions, N_GROUPS + 1, "ours", corpus="made-up clips").viseme_map
    assert "SH" in learnt.unlisted
    assert learnt["T"] == learnt["S"]
    assert learnt["UH"] == learnt["UW"]
    assert learnt["HH"] == learnt["AA"]


def test_the_cut_gives_the_visemes_that_were_asked_for(confusions):
    for size in (3, 5, len(TRUTH) + 1):
        learnt = learn_map(confusions, size, "ours", corpus="made-up clips")
        assert len(learnt.viseme_map.visemes) == size
        assert int((learnt.tree[:, 2] < learnt.cut).sum()) == len(TRUTH) - (size - 1)
    assert sorted(learnt.order) == list(range(len(TRUTH)))


@pytest.mark.parametrize("size", [0, 2, len(TRUTH) + 2])
def test_an_impossible_number_of_visemes_is_refused(confusions, size):
    with pytest.raises(ConfigError, match="visemes"):
        learn_map(confusions, size, "ours", corpus="made-up clips")


# --- evaluation -----------------------------------------------------------------------------------------------


def test_the_true_map_comes_first(confusions):
    first, second = evaluate_maps(confusions, [WRONG_MAP, TRUE_MAP])
    assert (first.name, second.name) == ("true", "wrong")
    assert first.gain > second.gain
    assert first.gain_over_random > 3 * first.random_gain_spread
    assert first.accuracy > 0.95
    assert first.n_visemes == second.n_visemes == N_GROUPS


def test_what_lips_show_without_doubt_is_worth_its_entropy():
    """Perfect lips: information and gain are the entropy of the visemes, accuracy 1, chance the largest share."""
    spoken = np.repeat([0, 1, 2, 3], 100)
    sure = np.eye(4)[spoken]
    flat = np.full((400, 4), 0.25)
    groups = np.tile(["a", "b"], 200)
    found = LipConfusions(("AA", "B", "P", "S"), spoken, sure, flat, groups, (), 4, ("a", "b"))
    fit = evaluate_map(found, map_of(["P B", "AA", "S"]))
    entropy = 0.5 * 1 + 2 * 0.25 * 2
    assert fit.gain == pytest.approx(entropy)
    assert fit.information == pytest.approx(entropy, abs=0.01)
    assert (fit.accuracy, fit.chance, fit.above_chance) == (1.0, 0.5, 1.0)
    assert fit.gain_error == pytest.approx(0.0, abs=1e-9)


def test_lips_that_show_nothing_are_worth_nothing():
    spoken = np.tile([0, 1], 200)
    flat = np.full((400, 2), 0.5)
    found = LipConfusions(("AA", "P"), spoken, flat, flat, np.repeat(["a", "b"], 200), (), 4, ("a", "b"))
    fit = evaluate_map(found, map_of(["P", "AA"]))
    assert fit.gain == pytest.approx(0.0)
    assert fit.information == 0.0
    assert fit.above_chance == pytest.approx(0.0)


def test_a_map_that_merges_nothing_has_no_random_rival(confusions):
    fit = evaluate_map(confusions, VisemeMap.load("cmu39"))
    assert fit.gain_over_random == pytest.approx(0.0)


# --- files and plots ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "begins"),
    [(".png", b"\x89PNG"), (".svg", b"<?xml"), pytest.param(".pdf", b"%PDF", marks=pytest.mark.slow)],
)
def test_plots_are_files_and_the_same_twice(confusions, tmp_path, suffix, begins):
    pytest.importorskip("matplotlib")
    learnt = learn_map(confusions, N_GROUPS + 1, "ours", corpus="made-up clips")
    fits = evaluate_maps(confusions, [TRUE_MAP, WRONG_MAP])
    for draw in (
        lambda: plot_learnt_map(learnt),
        lambda: plot_map_fits(fits, corpus="made-up clips"),
        lambda: plot_mouth(
            Tier("phones", (0.0, 0.5, 1.0), ("B", "IY")),
            Tier("mouth", (0.0, 0.5, 1.0), ("PP", "ih")),
            WeightCurves(("PP", "ih"), np.array([0.0, 0.9]), np.eye(2)),
            np.array([0.0, 0.5]),
            np.array([0.0, 0.1]),
            title="b",
            closed=frozenset({"PP"}),
        ),
    ):
        first, second = (save_plot(draw(), tmp_path / f"{name}{suffix}").read_bytes() for name in "ab")
        assert first.startswith(begins)
        assert first == second


def test_without_matplotlib_the_remedy_is_named(confusions, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    learnt = learn_map(confusions, N_GROUPS + 1, "ours", corpus="made-up clips")
    with pytest.raises(BackendUnavailable, match=r"visalign\[plot\]"):
        plot_learnt_map(learnt)


def test_the_columns_of_the_table_exist(confusions):
    fit = evaluate_map(confusions, TRUE_MAP)
    assert all(isinstance(getattr(fit, column), str | int | float) for column in FIT_COLUMNS)
