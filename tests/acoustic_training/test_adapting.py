"""Models moved to speech: likelier to speech that did not move them, aligned as before, the same each time."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import kaldi_writer as writer
import numpy as np
import pytest
from english_corpus import make_english

from visalign.acoustic_training.adapting import Adapted, Strength, adapt
from visalign.acoustic_training.corpus import Stretch, StretchOfSound, read_spoken_corpus
from visalign.errors import InputError
from visalign.forced_alignment import force_align
from visalign.forced_alignment.acoustic_model import KaldiAcoustics, SphinxAcoustics
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.forced_alignment.mapped_acoustics import MappedAcoustics
from visalign.forced_alignment.mfa_archive import read_mfa_model
from visalign.forced_alignment.sphinx_model import embedded_model
from visalign.language.lexicon import embedded_lexicon, parse_lexicon


@pytest.fixture(scope="module")
def stretches(made_once: Callable[..., Path]) -> tuple[Stretch, ...]:
    folder = made_once("english-corpus", make_english)
    return read_spoken_corpus(folder, embedded_lexicon()).stretches


@pytest.fixture(scope="module")
def adapted(stretches: tuple[Stretch, ...]) -> Adapted:
    return adapt(SphinxAcoustics(embedded_model()), stretches[:-1], embedded_lexicon(), n_rounds=1)


def test_speech_that_was_left_out_becomes_likelier(adapted: Adapted) -> None:
    (done,) = adapted.rounds
    assert done.strength is not None
    assert done.after > done.before + 1.0
    assert (done.n_stretches, adapted.left_out) == (5, ())
    assert adapted.means.shape == embedded_model().means.shape


def test_another_utterance_is_likelier_and_aligned_as_before(adapted: Adapted, stretches: tuple[Stretch, ...]) -> None:
    last = stretches[-1]
    audio, text = last.sound(), " ".join(last.words)
    before = force_align(audio, text)
    after = force_align(audio, text, aligner=GmmHmmAligner(adapted.model))
    assert before.words.labels == after.words.labels
    for a, b in zip(before.words, after.words, strict=True):
        assert a.start == pytest.approx(b.start, abs=0.06)
    rows = [adapt(x, [last], embedded_lexicon(), n_rounds=1).rounds[0] for x in (adapted.model, base())]
    assert rows[0].before > rows[1].before + 1.0


def base() -> SphinxAcoustics:
    return SphinxAcoustics(embedded_model())


def test_the_same_corpus_gives_the_same_means(adapted: Adapted, stretches: tuple[Stretch, ...]) -> None:
    again = adapt(base(), stretches[:-1][::-1], embedded_lexicon(), n_rounds=1)
    assert again.means.tobytes() == adapted.means.tobytes()


def test_a_strong_model_hardly_moves(stretches: tuple[Stretch, ...]) -> None:
    found = adapt(base(), stretches[:2], embedded_lexicon(), n_rounds=1, strength=Strength(1e9, 1e9))
    assert found.means == pytest.approx(embedded_model().means, abs=1e-4)
    (done,) = found.rounds
    assert done.after == pytest.approx(done.before, abs=1e-3)


def test_one_utterance_alone_moves_little(stretches: tuple[Stretch, ...]) -> None:
    (done,) = adapt(base(), stretches[:1], embedded_lexicon(), n_rounds=1).rounds
    assert math.isnan(done.after)
    assert done.strength is not None
    assert done.strength.tau >= 300.0


def test_what_can_not_be_aligned_is_named(stretches: tuple[Stretch, ...], tmp_path: Path) -> None:
    missing = Stretch("gone.wav", "ana", StretchOfSound(tmp_path / "gone.wav"), ("bin",))
    short = Stretch("short", "ana", StretchOfSound(stretches[0].sound.path, 0.0, 0.2), ("seven", "green", "again"))
    found = adapt(base(), [*stretches[:2], missing, short], embedded_lexicon(), n_rounds=1)
    reasons = {x.name: x.reason for x in found.left_out}
    assert set(reasons) == {"gone.wav", "short"}
    assert "gone.wav" in reasons["gone.wav"]
    assert "its 3 words could not be aligned with" in reasons["short"]
    with pytest.raises(InputError, match=r"no stretch of the corpus can be aligned with this model: gone\.wav"):
        adapt(base(), [missing], embedded_lexicon())


def test_a_model_of_mfa_moves_as_well(stretches: tuple[Stretch, ...], tmp_path: Path) -> None:
    model = KaldiAcoustics(read_mfa_model(writer.write_zip(tmp_path / "tiny.zip", writer.mfa_files())))
    said = parse_lexicon("\n".join(f"{word} aa b s" for x in stretches for word in x.words))
    found = adapt(model, stretches, said, n_rounds=2)
    assert isinstance(found.model, KaldiAcoustics)
    assert found.rounds[-1].after > found.rounds[0].before
    assert not np.allclose(found.means, model.mixtures.means)
    assert found.first_means.tolist() == found.means.tolist() == found.model.mixtures.means.tolist()
    weights = found.model.mixtures.weights
    assert weights.tolist() == model.mixtures.weights.tolist()


def test_other_models_are_refused(stretches: tuple[Stretch, ...]) -> None:
    with pytest.raises(InputError, match="phones of any language can't be adapted"):
        adapt(MappedAcoustics(embedded_model()), stretches[:1], embedded_lexicon())
