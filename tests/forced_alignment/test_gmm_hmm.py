"""The GMM-HMM aligner: times, confidence, other people's models, what goes wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import kaldi_writer as writer
import numpy as np
import pytest

from visalign.errors import AlignmentError, ConfigError, InputError, ParseError
from visalign.face.generated_clip import synthesise_speech
from visalign.forced_alignment import Alignment, chosen_aligner, force_align, gmm_hmm
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
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


def test_phones_of_x_sampa_may_be_figures(speech: Audio, tmp_path: Path) -> None:
    files = writer.mfa_files()
    files["phones.txt"] = files["phones.txt"].replace(b"aa", b"2").replace(b"b ", b"1 ")
    aligner = GmmHmmAligner(writer.write_zip(tmp_path / "sampa.zip", files))
    found = force_align(speech, "oeufs une", aligner=aligner, dictionary=parse_lexicon("oeufs 2 s\nune 1 s"))
    assert [phone.label for phone in found.phones if phone.label != "SIL"] == ["2", "s", "1", "s"]


def test_words_that_german_tells_apart_by_sharp_s_are_pronounced_apart(speech: Audio, tmp_path: Path) -> None:
    aligner = GmmHmmAligner(writer.write_zip(tmp_path / "tiny.zip", writer.mfa_files()))
    dictionary = parse_lexicon("maße b aa s\nmasse s aa b")
    found = force_align(speech, "Maße Masse", aligner=aligner, dictionary=dictionary)
    assert [phone.label for phone in found.phones if phone.label != "SIL"] == ["B", "AA", "S", "S", "AA", "B"]
    assert [word.label for word in found.words if word.label] == ["maße", "masse"]


# --- boundaries of the model ---------------------------------------------------------------------------------------


def in_frames(found: Alignment) -> np.ndarray:
    return np.array(found.phones.boundaries[1:-1]) / 0.01


@pytest.mark.parametrize("snip_edges", [False, True])
def test_boundaries_may_stay_where_the_model_has_them(speech: Audio, tmp_path: Path, snip_edges: bool) -> None:
    """On whole frames, counted as MFA counts them: from 0, wherever the windows lie."""
    features = {"type": "mfcc", "uses_deltas": True, "snip_edges": snip_edges}
    path = writer.write_zip(tmp_path / "tiny.zip", writer.mfa_files(features=features))
    dictionary = parse_lexicon("bab b aa b\nsab s aa b")
    moved, left = (
        force_align(speech, "bab sab bab", aligner=chosen_aligner(None, path, refine=refine), dictionary=dictionary)
        for refine in (True, False)
    )
    np.testing.assert_allclose(in_frames(left), np.round(in_frames(left)), rtol=0, atol=1e-6)
    assert np.abs(in_frames(moved) - np.round(in_frames(moved))).max() > 0.01
    assert moved.phones.labels == left.phones.labels
    assert moved.phones.scores == left.phones.scores
    assert left.engine == "gmm_hmm, tiny.zip, boundaries not refined"
    assert (left.phones.start, left.phones.end) == (0.0, speech.duration)


def test_long_recordings_are_aligned_whole_where_boundaries_stay(speech: Audio, tmp_path: Path) -> None:
    """As MFA does it: one mean, one adaptation, one grid of frames."""
    path = writer.write_zip(tmp_path / "tiny.zip", writer.mfa_files())
    n = int(np.ceil(61.0 / speech.duration))
    long = replace(speech, samples=np.tile(speech.samples, n))
    dictionary = parse_lexicon("bab b aa b\nsab s aa b")
    found = force_align(long, "bab sab bab " * n, aligner=GmmHmmAligner(path, refine=False), dictionary=dictionary)
    np.testing.assert_allclose(in_frames(found), np.round(in_frames(found)), rtol=0, atol=1e-6)
    assert sum(bool(x) for x in found.words.labels) == 3 * n


def test_an_aligner_whose_boundaries_do_not_stay_is_named() -> None:
    with pytest.raises(ConfigError, match="not refined"):
        chosen_aligner("pocketsphinx", refine=False)
    assert chosen_aligner(None, refine=False).name == "gmm_hmm"


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
