"""A model trained on a language whose boundaries are known, the same each time, however often it was stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from toy_language import Spoken, corpus

from visalign.acoustic_training.settings import StageSettings, TrainingSettings
from visalign.acoustic_training.trained_model import TrainedModel, archive_bytes
from visalign.acoustic_training.trainer import train
from visalign.acoustic_training.utterance import Progress, Utterance
from visalign.errors import InputError, MediaError
from visalign.forced_alignment.acoustic_model import KaldiAcoustics
from visalign.signals import Audio

STAGES = (
    StageSettings("monophone", 8, 80, 0, (2, 3, 4, 5, 6, 7)),
    StageSettings("triphone", 4, 90, 40, (2, 3)),
    StageSettings("lda", 4, 90, 40, (3,), (2,)),
    StageSettings("sat", 4, 90, 40, (3,), (2,)),
)
SETTINGS = TrainingSettings(stages=STAGES, held_out=0.0, n_lda=12, split_gain=30.0, split_count=10.0)


class Stopped(Exception):
    """Somebody pulled the plug."""


def stop_after(stage: str, number: int) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        if (progress.stage, progress.round) == (stage, number):
            raise Stopped

    return tell


@pytest.fixture(scope="module")
def spoken() -> list[Spoken]:
    return corpus()


@pytest.fixture(scope="module")
def utterances(spoken: list[Spoken]) -> list[Utterance]:
    return [x.utterance for x in spoken]


@pytest.fixture(scope="module")
def trained(utterances: list[Utterance]) -> TrainedModel:
    return train(utterances, SETTINGS)


def word_starts(trained: TrainedModel, name: str) -> list[float]:
    path = trained.paths[name]
    starts = np.cumsum(path.lengths) - path.lengths
    return [0.01 * float(starts[path.words == k][0]) for k in range(int(path.words.max()) + 1)]


def test_words_begin_where_they_do(trained: TrainedModel, spoken: list[Spoken]) -> None:
    errors = [
        abs(found - known)
        for x in spoken
        if x.utterance.name in trained.paths
        for found, known in zip(word_starts(trained, x.utterance.name), x.starts, strict=True)
    ]
    assert len(errors) > 80
    assert np.median(errors) < 0.015
    assert np.mean(errors) < 0.025


def test_likelihood_grows_within_a_stage(trained: TrainedModel) -> None:
    rows = [x for x in trained.rounds if x.stage == "monophone"]
    assert [x.round for x in rows] == list(range(1, 9))
    assert rows[-1].log_likelihood > rows[0].log_likelihood + 5
    assert all(np.isnan(x.held_out) for x in trained.rounds)
    assert {x.stage for x in trained.rounds} == {"monophone", "triphone", "lda", "sat"}


def test_held_out_utterances_say_that_context_brings_nothing_here(utterances: list[Utterance]) -> None:
    # The phones of this language do not depend on their neighbours at all.
    found = train(utterances, replace(SETTINGS, held_out=0.1))
    assert len(found.held_out) == 2
    assert not set(found.held_out) & found.paths.keys()
    measured = {
        stage: [x.held_out for x in found.rounds if x.stage == stage and not np.isnan(x.held_out)]
        for stage in ("monophone", "triphone", "lda")
    }
    assert [len(rows) for rows in measured.values()] == [4, 2, 0]
    assert max(measured["triphone"]) < max(measured["monophone"])
    assert not found.model.uses_context


def test_the_same_again_to_the_byte(trained: TrainedModel, utterances: list[Utterance]) -> None:
    again = train(list(reversed(utterances)), SETTINGS)
    assert again.files == trained.files
    assert archive_bytes("m", again.files) == archive_bytes("m", trained.files)


def test_another_seed_makes_another_model(trained: TrainedModel, utterances: list[Utterance]) -> None:
    settings = replace(SETTINGS, seed=1, stages=STAGES[:1])
    assert train(utterances, settings).files["final.mdl"] != trained.files["final.mdl"]


@pytest.mark.slow
def test_any_number_of_workers_make_the_same_model(trained: TrainedModel, utterances: list[Utterance]) -> None:
    assert train(utterances, SETTINGS, workers=2).files == trained.files


@pytest.mark.parametrize(
    ("stage", "number"),
    [
        ("triphone", 1),
        *(
            pytest.param(*place, marks=pytest.mark.slow)
            for place in (("monophone", 3), ("monophone", 8), ("lda", 2), ("sat", 1), ("sat", 4))
        ),
    ],
)
def test_a_training_that_was_stopped_goes_on_to_the_same_bytes(
    trained: TrainedModel, utterances: list[Utterance], tmp_path: Path, stage: str, number: int
) -> None:
    with pytest.raises(Stopped):
        train(utterances, SETTINGS, folder=tmp_path, progress=stop_after(stage, number))
    told = list[Progress]()
    resumed = train(utterances, SETTINGS, folder=tmp_path, progress=told.append)
    assert resumed.files == trained.files
    assert (told[0].stage, told[0].round) == (stage, number)  # what was being done when it stopped, and nothing before
    assert len(told) == len(trained.rounds) - sum(len_before(trained, stage, number))


def len_before(trained: TrainedModel, stage: str, number: int) -> list[int]:
    """A one for each round before the given one."""
    places = [(x.stage, x.round) for x in trained.rounds]
    return [1] * places.index((stage, number))


def test_a_folder_of_another_training_is_refused(utterances: list[Utterance], tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        train(utterances, SETTINGS, folder=tmp_path, progress=stop_after("monophone", 2))
    with pytest.raises(InputError, match=r"training\.npz: the state of a training with other utterances or settings"):
        train(utterances[1:], SETTINGS, folder=tmp_path)


def test_the_model_read_back_aligns_as_the_training_did(trained: TrainedModel, utterances: list[Utterance]) -> None:
    from visalign.acoustic_training.front_end import FrontEnd, centred, cepstra
    from visalign.acoustic_training.graphs import COSTS, PAUSE
    from visalign.forced_alignment.decoding_graph import Variant, build_graph
    from visalign.forced_alignment.viterbi import best_path
    from visalign.hmm_training.fmllr import apply_transform

    model = trained.model
    engine = KaldiAcoustics(model, model.model.mixtures)
    assert model.options.uses_adaptation
    frames = centred([cepstra(u, SETTINGS.features) for u in utterances], [u.speaker for u in utterances])
    n = 0
    for utterance, rows in zip(utterances, frames, strict=True):
        if utterance.name not in trained.paths:
            continue
        features = apply_transform(engine.transformed(rows), trained.transforms[utterance.speaker])
        words = [[Variant(w, before_silence=PAUSE, before_speech=PAUSE) for w in x] for x in utterance.pronunciations]
        graph = build_graph(words, engine, COSTS)
        states = best_path(graph, 0.1 * engine.log_likelihoods(features, graph.pdf_ids)).states
        begins = np.flatnonzero(np.diff(graph.instances[states], prepend=-1))
        phones = [model.symbols[graph.phones[i]] for i in graph.instances[states][begins].tolist()]
        path = trained.paths[utterance.name]
        assert phones == path.phones.tolist()
        assert begins.tolist() == (np.cumsum(path.lengths) - path.lengths).tolist()
        n += 1
    assert n == 24
    assert FrontEnd((3, 3)).features(frames[0]).shape[1] == 39


def test_a_user_aligns_with_the_model(trained: TrainedModel, spoken: list[Spoken], tmp_path: Path) -> None:
    from visalign.acoustic_training.trained_model import write_trained
    from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
    from visalign.language.lexicon import read_lexicon

    path = tmp_path / "toy.zip"
    write_trained(path, trained)
    dictionary = tmp_path / "toy.dict"
    words = {w: ways[0] for x in spoken for w, ways in zip(x.utterance.words, x.utterance.pronunciations, strict=True)}
    dictionary.write_text("".join(f"{word}\t{' '.join(phones)}\n" for word, phones in sorted(words.items())))
    unseen = corpus(4, seed=99)
    errors = []
    for x in unseen:
        audio = x.utterance.read()
        found = GmmHmmAligner(path).align(audio, list(x.utterance.words), read_lexicon(dictionary))
        spans = [word for word in found.words if word.label]
        errors += [abs(word.start - known) for word, known in zip(spans, x.starts, strict=True)]
    assert np.median(errors) < 0.03


# --- what can't be used -----------------------------------------------------------------------------------------


def unreadable(name: str) -> Audio:
    raise MediaError(name, "no sound in it")


def test_what_can_not_be_heard_or_aligned_is_named_with_its_reason(utterances: list[Utterance]) -> None:
    silent = replace(utterances[0], name="z1", sound=partial(unreadable, "z1.wav"))
    short = replace(utterances[0], name="z2", sound=Audio(utterances[0].read().samples[:1000], 16000))
    settings = replace(SETTINGS, stages=STAGES[:1])
    found = train([*utterances, silent, short], settings).not_aligned
    assert [x.utterance for x in found] == ["z1", "z2"]
    assert found[0].reason == "z1.wav: no sound in it."
    assert "too few" in found[1].reason or "do not fit into its sound" in found[1].reason


def test_an_utterance_with_the_words_of_another_is_named(utterances: list[Utterance]) -> None:
    wrong = replace(
        utterances[3],
        words=("sam",) * 5,
        pronunciations=((("s", "a", "m"),),) * 5,
    )
    given = [*utterances[:3], wrong, *utterances[4:]]
    settings = replace(SETTINGS, stages=STAGES[:1], held_out=0.0)
    assert "u03" in [x.utterance for x in train(given, settings).not_aligned]
    assert not train(utterances, settings).not_aligned


def test_sound_that_is_no_word_may_stand_among_the_words(utterances: list[Utterance]) -> None:
    rng = np.random.default_rng(3)
    given = []
    for i, utterance in enumerate(utterances):
        samples = utterance.read().samples
        cough = 0.3 * np.cumsum(rng.standard_normal(3200)).astype(np.float32) / 60
        audio = Audio(np.concatenate([samples, cough, samples[:2000] * 0]).astype(np.float32), 16000)
        words, ways = (*utterance.words, "[cough]"), (*utterance.pronunciations, (("spn",),))
        given.append(replace(utterance, sound=audio, words=words, pronunciations=ways) if i % 2 else utterance)
    trained = train(given, replace(SETTINGS, stages=STAGES[:1], held_out=0.0))
    path = trained.paths["u01"]
    assert path.phones[path.words == 4].tolist() == [2]
    start = 0.01 * float((np.cumsum(path.lengths) - path.lengths)[path.words == 4][0])
    assert start == pytest.approx(utterances[1].read().duration, abs=0.05)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda u: [], "the corpus is empty"),
        (lambda u: [u[0], u[0]], "utterances of one name: u00"),
        (lambda u: [replace(u[0], words=("ma",))], "u00: 1 words with pronunciations of others"),
        (lambda u: [replace(u[0], pronunciations=((),) * 4)], "u00: a word without a pronunciation"),
        (lambda u: [replace(u[0], pronunciations=((("sil",),),) * 4)], "u00: 'sil' can't be the name of a phone"),
        (lambda u: [replace(u[0], pronunciations=((("a b",),),) * 4)], "u00: 'a b' can't be the name of a phone"),
        (lambda u: [replace(u[0], sound=partial(unreadable, "a.wav"))], r"none of 1 utterances could be heard"),
    ],
)
def test_a_corpus_that_teaches_nothing_is_refused(
    utterances: list[Utterance], change: Callable[[list[Utterance]], list[Utterance]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        train(change(utterances), SETTINGS)


def test_sound_in_which_nothing_can_be_told_apart_is_refused(utterances: list[Utterance]) -> None:
    settings = replace(SETTINGS, stages=(STAGES[0], replace(STAGES[2], transform_in=())), n_lda=91)
    nothing = replace(utterances[0], sound=Audio(np.zeros(16000, np.float32), 16000))
    with pytest.raises(InputError, match="too little speech for LDA"):
        train([nothing], settings)


def test_digital_silence_is_borne(utterances: list[Utterance]) -> None:
    given = []
    for utterance in utterances:
        audio = utterance.read()
        samples = np.concatenate([np.zeros(3200, np.float32), audio.samples, np.zeros(1600, np.float32)])
        given.append(replace(utterance, sound=Audio(samples, audio.rate_hz)))
    trained = train(given, replace(SETTINGS, stages=STAGES[:1]))
    assert not trained.not_aligned
    assert np.isfinite(trained.rounds[-1].log_likelihood)


# --- from another model -----------------------------------------------------------------------------------------


def test_a_training_that_begins_with_the_english_model(spoken: list[Spoken]) -> None:
    from visalign.forced_alignment.mapped_acoustics import MappedAcoustics
    from visalign.forced_alignment.sphinx_model import embedded_model

    settings = replace(SETTINGS, stages=(StageSettings("monophone", 6, 60, 0, (3, 5)),))
    told = list[Progress]()
    start = MappedAcoustics(embedded_model())
    found = train([x.utterance for x in spoken], settings, start=start, progress=told.append)
    assert [(x.stage, x.round, x.n_rounds) for x in told[:3]] == [("bootstrap", i, 3) for i in (1, 2, 3)]
    assert told[2].n_aligned == 24
    errors = [abs(a - b) for x in spoken for a, b in zip(word_starts(found, x.utterance.name), x.starts, strict=True)]
    assert np.median(errors) < 0.02


@pytest.mark.slow
def test_a_training_that_begins_with_a_trained_model(trained: TrainedModel, utterances: list[Utterance]) -> None:
    settings = replace(SETTINGS, stages=(StageSettings("monophone", 2, 40, 0, (2,)),))
    alone, shared = (train(utterances, settings, start=KaldiAcoustics(trained.model), workers=n) for n in (1, 2))
    assert not alone.not_aligned
    assert alone.files == shared.files
