"""Adapting to all recordings of a speaker."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.face.generated_speech import SpokenText, synthesise_speech
from visalign.forced_alignment import force_align, pooling
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.forced_alignment.mapped_acoustics import FIRST_MIXTURE, mapped_model
from visalign.forced_alignment.pocketsphinx import pcm_for_model
from visalign.forced_alignment.pooling import Pool, may_be_pooled
from visalign.forced_alignment.sphinx_model import WEIGHT_STEP, embedded_model

TEXTS = ("Mein Bruder kauft fünf blaue Pflaumen", "Über dem Fluss schwebt ein Ballon")


@pytest.fixture(scope="module")
def spoken() -> list[SpokenText]:
    return [synthesise_speech(text, seed=0, language="de") for text in TEXTS]


@pytest.fixture(scope="module")
def pool(spoken: list[SpokenText]) -> Pool:
    pool = Pool()
    for text, said in zip(TEXTS, spoken, strict=True):
        force_align(said.audio, text, language="de", aligner=pool.first)
        pool.n_recordings += 1
    return pool


def test_what_pulls_a_frame_is_the_mean_of_its_gaussians() -> None:
    model = embedded_model()
    state = model.phone_hmm("", "AA", "", "").pdfs[1]
    frames = np.random.default_rng(0).normal(size=(3, 39)).astype(np.float32)
    precisions, targets = model.pull(frames, state)
    book, width = int(model.codebook_of[state]), model.width
    for frame in range(3):
        for stream in range(model.n_streams):
            part = slice(stream * width, (stream + 1) * width)
            inverse = -2.0 * model.factors[book, stream][:, width:].astype(np.float64)
            means = model.factors[book, stream][:, :width] / inverse
            logs = -0.5 * (inverse * (frames[frame, part] - means) ** 2).sum(axis=1) + 0.5 * np.log(inverse).sum(axis=1)
            logs -= WEIGHT_STEP * model.weights[stream][:, state].astype(np.float64)
            shares = np.exp(logs - logs.max())
            shares /= shares.sum()
            assert precisions[frame, part] == pytest.approx(shares @ inverse, rel=1e-3)
            assert targets[frame, part] == pytest.approx(shares @ (inverse * means), rel=1e-3, abs=1e-3)


def test_an_adapted_model_explains_the_recordings_better(
    spoken: list[SpokenText], pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pooling, "LEAST_FRAMES", 100)
    second = pool.second()
    assert second is not None
    scores = []
    for aligner in (GmmHmmAligner(mapped_model()), second):
        model, found_there = aligner.model, list[float]()
        for text, said in zip(TEXTS, spoken, strict=True):
            found = force_align(said.audio, text, language="de", aligner=aligner)
            frames = model.features(said.audio, pcm_for_model(said.audio))
            for phone in found.phones:
                if phone.label != "SIL":
                    first, last = (round(100 * t) for t in (phone.start, phone.end))
                    pdfs = np.array(model.phone_hmm("", phone.label, "", "").pdfs)
                    found_there += model.log_likelihoods(frames[first:last], pdfs).max(axis=1).tolist()
        scores.append(float(np.mean(found_there)))
    assert scores[1] > scores[0] + 0.3  # nats a frame
    assert "adapted to 2 recordings" in force_align(spoken[0].audio, TEXTS[0], language="de", aligner=second).engine


def test_shares_stay_shares_and_the_plain_model_stays_as_it_is(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pooling, "LEAST_FRAMES", 100)
    second = pool.second()
    assert second is not None
    for phone in ("yː", "ʊ", "ts"):
        for pdf in second.model.phone_hmm("", phone, "", "").pdfs:
            assert pdf >= FIRST_MIXTURE
            assert np.exp(second.model.members_of(pdf)[1].astype(np.float64)).sum() == pytest.approx(1.0, rel=1e-4)
    before = [pool.first.model.members_of(pdf)[1] for pdf in pool.first.model.phone_hmm("", "a", "", "").pdfs]
    after = [mapped_model().members_of(pdf)[1] for pdf in mapped_model().phone_hmm("", "a", "", "").pdfs]
    assert all(map(np.array_equal, before, after))


def test_little_speech_adapts_nothing(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pooling, "LEAST_FRAMES", 100_000)
    assert pool.second() is None
    assert Pool().second() is None


def test_english_is_not_pooled() -> None:
    assert may_be_pooled(GmmHmmAligner())
    assert may_be_pooled(GmmHmmAligner(mapped_model()))
    assert not may_be_pooled("mfa")
