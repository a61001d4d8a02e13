"""Speech that no word of the transcript accounts for: left without words, and told, in place of stretched words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from visalign.forced_alignment import Alignment, force_align
from visalign.forced_alignment.acoustic_model import FILLER_PDF, SphinxAcoustics
from visalign.forced_alignment.decoding_graph import FILLER, build_graph
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.language.lexicon import embedded_lexicon
from visalign.media.clips import read_audio
from visalign.signals import Audio

SENTENCE = "she had your dark suit in greasy wash water all year"


def times(found: Alignment) -> list[float]:
    return [x.start for x in found.words if x.label]


def repeated(audio: Audio, n: int) -> Audio:
    return Audio(np.tile(audio.samples, n), audio.rate_hz)


@pytest.fixture(scope="module")
def recorded(corpus: Path) -> Audio:
    return read_audio(corpus / "timit/fvmh0_sa1.wav")


@pytest.mark.corpus
@pytest.mark.parametrize(("heard", "said"), [(2, 1), (3, 1), (3, 2)])
def test_a_sentence_that_is_said_more_often_than_it_is_written(recorded: Audio, heard: int, said: int) -> None:
    found = force_align(repeated(recorded, heard), " ".join([SENTENCE] * said))
    once = np.array(times(force_align(recorded, SENTENCE)))
    copies = np.array(times(found)).reshape(said, 11)
    places = [round(float((copy - once).mean()) / recorded.duration) for copy in copies]
    assert len({*places}) == said
    for place, copy in zip(places, copies, strict=True):
        assert copy - place * recorded.duration == pytest.approx(once, abs=0.04)
    (told,) = [x for x in found.warnings if "without words of the transcript" in x]
    assert told.count(" to ") == heard - said
    assert not any("may not belong" in x for x in found.warnings)


@pytest.mark.corpus
def test_words_that_are_missing_in_the_middle(recorded: Audio) -> None:
    whole = times(force_align(recorded, SENTENCE))
    found = times(force_align(recorded, "she had your dark wash water all year"))
    assert found == pytest.approx([*whole[:4], *whole[7:]], abs=0.03)


@pytest.mark.corpus
def test_the_right_text_is_aligned_as_without_fillers(recorded: Audio, monkeypatch: pytest.MonkeyPatch) -> None:
    found = force_align(recorded, SENTENCE)
    monkeypatch.setattr(SphinxAcoustics, "has_filler", False)
    plain = force_align(recorded, SENTENCE)
    assert found.words == plain.words
    assert found.phones == plain.phones


@pytest.mark.corpus
def test_another_text_is_doubted_and_not_squeezed(corpus: Path) -> None:
    """Fillers would explain any sound: they count only where the words between them fit."""
    clips = sorted((corpus / "grid/s1").glob("*.mpg"))[:6]
    doubted = [force_align(read_audio(path), "she had your dark suit in").warnings for path in clips]
    assert sum(any("may not belong" in x for x in warnings) for warnings in doubted) >= 5


def test_a_made_voice(generated_audio: Audio) -> None:
    found = force_align(repeated(generated_audio, 3), "bin blue at f two now")
    once = times(force_align(generated_audio, "bin blue at f two now"))
    copy = np.array(times(found)) - np.array(once)
    assert np.ptp(copy) < 0.05
    assert any("without words of the transcript" in x for x in found.warnings)


def test_a_graph_with_fillers() -> None:
    """Before, between and after the words, as a pause to their neighbours; without one asked for there is none."""
    aligner = GmmHmmAligner()
    variants = aligner.variants(["bin", "blue"], embedded_lexicon())
    model = aligner.model
    plain = build_graph(variants, model, model.silence_costs)
    graph = build_graph(variants, model, model.silence_costs, filler=-20.0)
    is_filler = graph.pdf_ids[graph.pdfs] == FILLER_PDF
    assert not (plain.pdf_ids == FILLER_PDF).any()
    words_before = np.maximum.accumulate(graph.words)[graph.instances[is_filler]]
    assert {*words_before.tolist()} == {-1, 0, 1}
    assert (graph.words[graph.instances[is_filler]] == -1).all()
    assert {graph.phones[i] for i in graph.instances[is_filler].tolist()} == {model.silence}
    into = np.isin(graph.targets, np.flatnonzero(is_filler)) & (graph.sources != graph.targets)
    assert (graph.weights[into] <= -20.0).all()
    hmm = model.phone_hmm("", model.silence, "", FILLER)
    frames = np.zeros((3, 39), dtype=np.float32)
    rivals = model.rivals(plain.pdf_ids)
    score = model.log_likelihoods(frames, np.array(hmm.pdfs))
    assert score[:, 0] == pytest.approx(model.log_likelihoods(frames, rivals).max(axis=1) - 4.0)
