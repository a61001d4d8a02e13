"""PocketSphinx's model: byte-level facts, its own cepstra and its own alignment, damaged files."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from pocketsphinx import Decoder, get_model_path

from visalign.errors import ParseError, UnknownSymbol
from visalign.face.generated_clip import synthesise_speech
from visalign.forced_alignment.acoustic_model import SphinxAcoustics
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.forced_alignment.pocketsphinx import PocketSphinxAligner, Settings, pcm_for_model
from visalign.forced_alignment.sphinx_features import cepstra, with_slopes
from visalign.forced_alignment.sphinx_model import embedded_model, read_sphinx_model
from visalign.language.lexicon import embedded_lexicon
from visalign.signals import Audio

FOLDER = Path(get_model_path("en-us/en-us"))
WORDS = ["please", "put", "the", "blue", "boat", "near", "five", "green", "stones"]


@pytest.fixture(scope="module")
def speech() -> Audio:
    found = synthesise_speech(" ".join(WORDS), seed=1).audio
    silence = np.zeros(found.rate_hz // 4, np.float32)
    return Audio(np.concatenate([silence, found.samples, silence]), found.rate_hz)


def test_the_files_hold_what_their_headers_say() -> None:
    model = embedded_model()
    assert len(model.definition.names) == 42
    assert len(model.phone_set) == 39 + len({"SIL"} & model.phone_set)
    assert len(model.definition.entries) == 137095
    assert model.weights.shape == (3, 128, 5126)
    assert model.factors.shape == (42, 3, 128, 26)
    np.testing.assert_allclose(model.matrices.sum(axis=2), 1.0, rtol=0, atol=1e-9)
    shares = np.exp(-1024 * np.log(1.0001) * model.weights.astype(float)).sum(axis=1)
    assert np.median(shares) == pytest.approx(1.0, abs=0.06)  # weights are kept in coarse steps


def test_states_belong_to_the_codebook_of_their_phone() -> None:
    model = embedded_model()
    for phone in ("AA", "T", "SIL"):
        book = model.definition.names.index(phone)
        for left, right, position in (("", "", "S"), ("B", "K", "I"), ("SIL", "M", "B")):
            states = model.phone_hmm(left, phone, right, "" if phone == "SIL" else position).pdfs
            assert (model.codebook_of[list(states)] == book).all()


def test_a_triphone_differs_by_neighbours_and_falls_back_to_the_phone() -> None:
    model = embedded_model()
    assert model.phone_hmm("B", "AA", "T", "I") != model.phone_hmm("M", "AA", "NG", "I")
    assert model.phone_hmm("ZH", "ZH", "ZH", "I").pdfs == model.phone_hmm("", "ZH", "", "").pdfs
    with pytest.raises(UnknownSymbol, match="QX"):
        model.phone_hmm("", "QX", "", "S")


def test_likelihoods_are_those_of_the_plain_formula() -> None:
    model = embedded_model()
    frames = np.random.default_rng(0).normal(0, 1, (4, 39)).astype(np.float32)
    states = np.array([7, 1000, 5125])
    found = model.log_likelihoods(frames, states)
    precisions = -2.0 * model.factors[..., 13:].astype(float)
    means = model.factors[..., :13] / precisions
    for i, frame in enumerate(frames.astype(float)):
        for j, state in enumerate(states.tolist()):
            book, value = int(model.codebook_of[state]), 0.0
            for stream in range(3):
                x = frame[13 * stream : 13 * stream + 13]
                p, m = precisions[book, stream], means[book, stream]
                density = 0.5 * (np.log(p / (2 * np.pi)) - p * (x - m) ** 2).sum(axis=1)
                weight = -1024 * np.log(1.0001) * model.weights[stream][:, state].astype(float)
                value += np.logaddexp.reduce(density + weight)
            assert found[i, j] == pytest.approx(value, rel=1e-4, abs=1e-2)


def test_cepstra_are_those_of_pocketsphinx(speech: Audio, tmp_path: Path) -> None:
    pcm = pcm_for_model(speech)
    decoder = Decoder(lm=None, bestpath=False, loglevel="FATAL", mfclogdir=str(tmp_path))
    decoder.set_align_text("please")
    decoder.start_utt()
    decoder.process_raw(pcm.tobytes(), full_utt=True)
    decoder.end_utt()
    theirs = np.fromfile(next(tmp_path.iterdir()), dtype=">f4", offset=4).reshape(-1, 13)
    ours = cepstra(pcm)
    n = min(len(ours), len(theirs)) - 1  # the last window is cut off in PocketSphinx
    assert n > 200
    np.testing.assert_allclose(ours[:n], theirs[:n], rtol=0, atol=1e-2)


@pytest.mark.parametrize("n_phases", [2, 4])
def test_phases_are_the_same_frames_and_more_between(speech: Audio, n_phases: int) -> None:
    pcm = pcm_for_model(speech)
    once, more = cepstra(pcm), cepstra(pcm, n_phases)
    np.testing.assert_allclose(more[::n_phases], once, rtol=0, atol=1e-3)
    slopes = with_slopes(more, n_phases)[::n_phases, 13:]
    # The edges, where frames stand in for missing ones, are those of the finer grid.
    np.testing.assert_allclose(slopes[3:-3], with_slopes(once)[3:-3, 13:], rtol=0, atol=1e-2)


def test_words_lie_where_pocketsphinx_puts_them(speech: Audio) -> None:
    ours, theirs = (
        aligner.align(speech, WORDS, embedded_lexicon()).words
        for aligner in (GmmHmmAligner(), PocketSphinxAligner((Settings(100),)))
    )
    differences = [
        abs(a.start - b.start)
        for a, b in zip((x for x in ours if x.label), (x for x in theirs if x.label), strict=True)
    ]
    assert np.median(differences) < 0.01
    assert max(differences) < 0.08  # PocketSphinx's pass over the phones can't leave the words of its first pass


def test_more_frames_a_second_place_the_same_words(speech: Audio) -> None:
    once, twice = (
        [
            word.start
            for word in GmmHmmAligner(SphinxAcoustics(embedded_model(), n))
            .align(speech, WORDS, embedded_lexicon())
            .words
            if word.label
        ]
        for n in (1, 2)
    )
    assert np.median(np.abs(np.subtract(once, twice))) < 0.01


@pytest.mark.parametrize("name", ["mdef", "means", "variances", "sendump", "transition_matrices"])
def test_a_damaged_or_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(FOLDER, folder)
    data = (folder / name).read_bytes()
    for content in (data[: len(data) // 2], b"", b"nothing of the kind" * 10):
        (folder / name).write_bytes(content)
        with pytest.raises(ParseError, match=name):
            read_sphinx_model(folder)
    (folder / name).unlink()
    with pytest.raises(ParseError, match=name):
        read_sphinx_model(folder)
