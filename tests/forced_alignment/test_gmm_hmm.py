"""The GMM-HMM aligner: times, confidence, other people's models, what goes wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import kaldi_writer as writer
import numpy as np
import pytest

from visalign.errors import AlignmentError, ConfigError, InputError, ParseError
from visalign.face.generated_clip import synthesise_speech
from visalign.forced_alignment import chosen_aligner, force_align, gmm_hmm
from visalign.forced_alignment.acoustic_model import KaldiAcoustics, SphinxAcoustics
from visalign.forced_alignment.adaptation import FmllrStatistics, apply_transform, gather_statistics
from visalign.forced_alignment.gaussians import DiagonalMixtures
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.forced_alignment.kaldi_features import FeatureOptions, add_deltas, as_stored, mfcc, splice, subtract_mean
from visalign.forced_alignment.mfa_archive import read_mfa_model
from visalign.forced_alignment.sphinx_model import embedded_model
from visalign.language.lexicon import embedded_lexicon, parse_lexicon
from visalign.media.clips import read_audio
from visalign.signals import Audio

WORDS = ["bin", "blue", "at", "f", "two", "now"]


@pytest.fixture(scope="module")
def speech() -> Audio:
    found = synthesise_speech(" ".join(WORDS), seed=0).audio
    silence = np.zeros(found.rate_hz // 4, np.float32)
    return Audio(np.concatenate([silence, found.samples, silence]), found.rate_hz)


def test_long_audio_is_aligned_like_short(speech: Audio, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search with a beam, and the boundaries found stretch by stretch, give what the exact ones give."""
    aligner = GmmHmmAligner()
    exact = aligner.align(speech, WORDS, embedded_lexicon())
    monkeypatch.setattr(gmm_hmm, "EXACT_SECONDS", 0.5)
    monkeypatch.setattr(gmm_hmm, "STRETCH", 5)
    found = aligner.align(speech, WORDS, embedded_lexicon())
    assert found.phones.labels == exact.phones.labels
    np.testing.assert_allclose(found.phones.boundaries, exact.phones.boundaries, rtol=0, atol=0.005)


def test_boundaries_are_finer_than_frames(speech: Audio) -> None:
    inner = np.array(GmmHmmAligner().align(speech, WORDS, embedded_lexicon()).phones.boundaries[1:-1])
    steps = np.diff(inner) / 0.01
    assert np.abs(steps - np.round(steps)).max() > 0.1


def test_an_unstressed_h_may_be_missing() -> None:
    model = SphinxAcoustics(embedded_model())
    lexicon = embedded_lexicon()
    weak = {variant.phones for variant in model.variants("his", lexicon["his"])}
    assert {("HH", "IH", "Z"), ("IH", "Z")} <= weak
    assert all(variant.phones[0] == "HH" for variant in model.variants("house", lexicon["house"]))


def test_a_silent_or_too_short_sound_is_refused(speech: Audio) -> None:
    aligner = GmmHmmAligner()
    with pytest.raises(AlignmentError, match="silent"):
        aligner.align(replace(speech, samples=np.zeros(16000, np.float32)), WORDS, embedded_lexicon())
    with pytest.raises(AlignmentError, match="too short"):
        aligner.align(replace(speech, samples=speech.samples[4000:7000]), WORDS, embedded_lexicon())


def test_a_model_and_its_dictionary_align(speech: Audio, tmp_path: Path) -> None:
    path = writer.write_zip(tmp_path / "tiny.zip", writer.mfa_files())
    dictionary = parse_lexicon("bab 0.5 0.2 1.1 0.9 b aa b\nbab 0.5 b aa s\nsab s aa b")
    found = force_align(speech, "Bab sab, bab!", aligner=chosen_aligner(None, path), dictionary=dictionary)
    assert [word.label for word in found.words if word.label] == ["bab", "sab", "bab"]
    assert found.engine == "gmm_hmm, tiny.zip"
    assert set(found.phones.labels) <= {"SIL", "AA", "B", "S"}
    assert found.phones.end == speech.duration


def test_phones_of_other_languages_stay_as_they_are(speech: Audio, tmp_path: Path) -> None:
    files = writer.mfa_files()
    files["phones.txt"] = files["phones.txt"].replace(b"aa", "ɑ̃ː".encode())
    path = writer.write_zip(tmp_path / "nasal.zip", files)
    found = force_align(speech, "an", aligner=GmmHmmAligner(path), dictionary=parse_lexicon("an b ɑ̃ː s"))
    assert [phone.label for phone in found.phones if phone.label != "SIL"] == ["b", "ɑ̃ː", "s"]


def test_english_words_fall_back_to_the_phones_of_a_model_that_has_them(tmp_path: Path) -> None:
    model = KaldiAcoustics(read_mfa_model(writer.write_zip(tmp_path / "tiny.zip", writer.mfa_files())))
    lexicon = parse_lexicon("boss B AA1 S\nbuzz B AH Z")
    assert [v.phones for v in model.variants("boss", lexicon["boss"])] == [("b", "aa", "s")]
    assert model.variants("buzz", lexicon["buzz"]) == []


def test_a_dictionary_for_another_model_is_refused(speech: Audio, tmp_path: Path) -> None:
    aligner = GmmHmmAligner(writer.write_zip(tmp_path / "tiny.zip", writer.mfa_files()))
    with pytest.raises(InputError, match=r"tiny\.zip: blue, now"):
        aligner.align(speech, ["blue", "now"], embedded_lexicon())


def test_what_the_command_line_asks_for_is_chosen(tmp_path: Path) -> None:
    path = writer.write_zip(tmp_path / "tiny.zip", writer.mfa_files())
    assert chosen_aligner("pocketsphinx").name == "pocketsphinx"
    assert chosen_aligner("gmm_hmm", path).name == "gmm_hmm"
    with pytest.raises(ConfigError, match="gmm_hmm"):
        chosen_aligner("pocketsphinx", path)
    with pytest.raises(ParseError):
        chosen_aligner(None, tmp_path / "none.zip")


# --- adaptation and features -------------------------------------------------------------------------------------


def test_fmllr_undoes_what_was_done_to_the_features() -> None:
    rng = np.random.default_rng(0)
    means = rng.normal(0, 3, (12, 3)).astype(np.float32)
    precisions = rng.uniform(0.5, 2, (12, 3)).astype(np.float32)
    mixtures = DiagonalMixtures.from_precisions(np.ones(12, np.float32), means * precisions, precisions, np.arange(13))
    pdfs = rng.integers(0, 12, 4000)
    clean = means[pdfs] + rng.normal(0, 1, (4000, 3)) / np.sqrt(precisions[pdfs])
    change = np.array([[1.2, 0.3, 0.0], [-0.2, 0.9, 0.1], [0.0, 0.2, 1.1]])
    heard = (clean @ change.T + [1.0, -2.0, 0.5]).astype(np.float32)
    transform = gather_statistics(heard, pdfs, mixtures, mixtures).transform()
    assert transform is not None
    np.testing.assert_allclose(apply_transform(heard, transform), clean, rtol=0, atol=0.25)
    before, after = (
        mixtures.log_likelihoods(x, np.arange(12))[np.arange(4000), pdfs].mean()
        for x in (heard, apply_transform(heard, transform))
    )
    assert after > before + 1.0


def test_too_little_speech_is_not_adapted_to() -> None:
    statistics = FmllrStatistics(499.0, np.zeros((3, 4)), np.stack([np.eye(4)] * 3))
    assert statistics.transform() is None
    frames = np.ones((2, 3), np.float32)
    assert apply_transform(frames, None) is frames


def test_frames_have_neighbours_and_slopes() -> None:
    frames = np.arange(12, dtype=np.float32).reshape(6, 2)
    wide = splice(frames, 1, 2)
    assert wide.shape == (6, 8)
    np.testing.assert_array_equal(wide[0], [0, 1, 0, 1, 2, 3, 4, 5])
    slopes = add_deltas(frames)
    np.testing.assert_allclose(slopes[2, 2:4], [2, 2], rtol=0, atol=1e-5)
    np.testing.assert_allclose(subtract_mean(frames).mean(axis=0), 0, rtol=0, atol=1e-6)


def test_stored_features_lose_less_than_a_step() -> None:
    frames = np.random.default_rng(0).normal(0, 10, (200, 5)).astype(np.float32)
    stored = as_stored(frames)
    quartiles = np.quantile(frames, [0, 0.25, 0.75, 1], axis=0)
    assert np.abs(stored - frames).max() <= np.diff(quartiles, axis=0).max() / 63
    assert np.abs(stored - frames).max() > 1e-3


def test_features_repeat_even_with_dither(speech: Audio) -> None:
    options = FeatureOptions(dither=1.0)
    np.testing.assert_array_equal(mfcc(speech, options), mfcc(speech, options))
    with pytest.raises(AlignmentError, match="window"):
        mfcc(replace(speech, samples=speech.samples[:50]), FeatureOptions(snip_edges=True))


# --- real speech -------------------------------------------------------------------------------------------------


@pytest.mark.corpus
def test_a_wrong_sentence_is_doubted(corpus: Path) -> None:
    audio = read_audio(corpus / "grid/s1/bbir6n.mpg")
    right, wrong = (
        force_align(audio, text, aligner="gmm_hmm")
        for text in ("bin blue in r six now", "place white with j nine please again")
    )
    assert right.warnings == ()
    assert "may not belong" in wrong.warnings[0]
    means = [np.mean([phone.score for phone in found.phones if phone.score is not None]) for found in (right, wrong)]
    assert means[0] > means[1] + 0.1


@pytest.mark.corpus
def test_a_trained_mfa_model_puts_words_where_mfa_does(corpus: Path) -> None:
    folder = corpus / "mfa_oracle/grid_s1_trim_model"
    if not folder.is_dir():
        pytest.skip("no mfa_oracle among the development clips")
    aligner = chosen_aligner(None, folder / "grid_s1_trim_model.zip")
    audio = read_audio(corpus / "grid/s1/bbir6n.mpg")
    found = force_align(audio, "bin blue in r six now", aligner=aligner, dictionary=folder / "dictionary.dict")
    starts = [word.start for word in found.words if word.label]
    # `align_one` of the real MFA, see its dump.
    np.testing.assert_allclose(starts, [0.81, 1.02, 1.22, 1.35, 1.45, 1.78], rtol=0, atol=0.025)
