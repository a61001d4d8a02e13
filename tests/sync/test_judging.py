"""The stages of a check: whoever calls them finds the same verdict and the same scores.

The cases are those in which copies of the stages had drifted apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import visalign
import visalign.evaluation.known_faults as known_faults
import visalign.explanation as explanation
import visalign.training.prepared_clips as prepared_clips
import visalign.tuning.material as material
from visalign.config import AlignmentParams, Config, EvidenceParams, SyncParams, ThresholdParams
from visalign.corpora.training_data import TrainingClip
from visalign.errors import InputError, OutOfVocabulary
from visalign.evaluation.known_faults import evaluate
from visalign.face.generated_clip import GeneratedClip
from visalign.files.text_files import write_textgrid
from visalign.lips.clip_faces import ClipFaces, SeenFace
from visalign.lips.lip_features import LipFeatures
from visalign.live_view import analysis
from visalign.media.clips import resampled
from visalign.reports.clip_report import ClipReport
from visalign.signals import Audio
from visalign.sync.judging import Instruments, hear, judge, see
from visalign.sync.lip_model import LipModel
from visalign.sync.verdict import Cause
from visalign.timeline import FrameTimes, Tier
from visalign.tuning.outcome import try_clip

N_TIMES = 14  # of the sentence: an offset that changes can be told from 36 s on


@dataclass(frozen=True)
class Case:
    """Faces and sound, what is said, and with what settings."""

    faces: ClipFaces
    audio: Audio
    transcript: str
    config: Config

    def check(self, transcript: str | None = "", **options: object) -> ClipReport:
        said = self.transcript if transcript == "" else transcript
        return visalign.check(self.faces, said, audio=self.audio, config=self.config, **options)  # type: ignore[arg-type]


def lips_of(values: np.ndarray, like: LipFeatures) -> LipFeatures:
    """The same lips with other features."""
    return LipFeatures(values, like.names, like.times, like.centre, like.scale, like.source)


def backwards_and_noisy(lips: LipFeatures, audio: Audio, text: str) -> Case:
    noise = np.random.default_rng(0).normal(0, 0.1 * np.abs(audio.samples).max(), len(audio.samples))
    sound = replace(audio, samples=(audio.samples[::-1] + noise).astype(np.float32))
    # as if fitting nowhere were easy to tell: what was measured on faces holds for drawn ones by chance only
    sure = ThresholdParams(min_match=0.75, likely_match=0.8, min_confidence=0.0)
    return Case(ClipFaces.of(lips), sound, text, Config(thresholds=sure))


def mouth_at_rest(lips: LipFeatures, audio: Audio, text: str) -> Case:
    still = np.tile(lips.values[10], (len(lips), 1))
    return Case(ClipFaces.of(lips_of(still, lips)), audio, text, Config())


def wide_search(lips: LipFeatures, audio: Audio, text: str) -> Case:
    return Case(ClipFaces.of(lips), audio, text, Config(sync=SyncParams(max_lag_seconds=2.0)))


def unknown_word(lips: LipFeatures, audio: Audio, text: str) -> Case:
    said = text.replace("blue", "blorfu")
    return Case(ClipFaces.of(lips), audio, said, Config(alignment=AlignmentParams(oov="g2p")))


def two_faces(lips: LipFeatures, audio: Audio, text: str) -> Case:
    """The one that is shown first moves as the other does, two thirds of a second later; the settings weigh oddly."""
    late = lips_of(np.roll(lips.values, 17, axis=0), lips)
    faces = (SeenFace(1, late, (0.3, 0.5), 0.2), SeenFace(2, replace(lips), (0.7, 0.5), 0.2))
    config = Config(evidence=EvidenceParams(temperature_factor=0.5, geometry_factor=2.0))
    return Case(ClipFaces(faces, np.zeros(len(lips), np.int64)), audio, text, config)


def drifting(lips: LipFeatures, audio: Audio, text: str) -> Case:
    """The sentence over and over, its sound played 4 % too slow: 1.6 s late after 42 s."""
    n, step = N_TIMES * len(lips), 1 / float(lips.times.rate)
    times = FrameTimes(step * np.arange(n), step * n, lips.times.rate)
    long = LipFeatures(np.tile(lips.values, (N_TIMES, 1)), lips.names, times, lips.centre, lips.scale)
    length = round(len(lips) * step * audio.rate_hz)
    once = np.resize(np.append(audio.samples, np.zeros(length, np.float32))[:length], length)
    slow = resampled(np.tile(once, N_TIMES), 2400, 2500).astype(np.float32)
    return Case(ClipFaces.of(long), replace(audio, samples=slow), " ".join([text] * N_TIMES), Config())


CASES: dict[str, Callable[[LipFeatures, Audio, str], Case]] = {
    "noisy reversed sound": backwards_and_noisy,
    "a mouth at rest": mouth_at_rest,
    "max_lag_seconds = 2": wide_search,
    'oov = "g2p"': unknown_word,
    "two faces": two_faces,
    "a drifting clip": drifting,
}
EXPECTED = {
    "noisy reversed sound": ("uncertain", Cause.NOISY_SOUND),
    "a mouth at rest": ("uncertain", Cause.OFF_SCREEN),
    "max_lag_seconds = 2": ("audio-early", None),
    'oov = "g2p"': ("audio-early", None),
    "two faces": ("audio-early", None),
    "a drifting clip": ("uncertain", Cause.DRIFT),
}
SLOW = {"a drifting clip"}


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW), id=name) for name in CASES]
)
def case(
    request: pytest.FixtureRequest, generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> Case:
    return CASES[request.param](generated_lips, generated_audio, generated_clip.transcript)


@pytest.fixture(scope="module")
def report(case: Case) -> ClipReport:
    return case.check()


@pytest.fixture
def shown(case: Case, monkeypatch: pytest.MonkeyPatch) -> TrainingClip:
    """A clip that reads as the case, whoever reads it."""
    for module in (known_faults, material, prepared_clips):
        monkeypatch.setattr(module, "read_audio", lambda *_, **__: case.audio)
        monkeypatch.setattr(module, "read_faces", lambda *_, **__: case.faces, raising=False)
        monkeypatch.setattr(module, "read_lips", lambda *_, **__: case.faces.faces[0].lips, raising=False)
    return TrainingClip(Path("case.mp4"), case.transcript, "somebody")


def scores_of(report: ClipReport) -> np.ndarray:
    return report.segments["score"].fillna(0.5).to_numpy(float)


def test_the_stages_are_what_check_composes(case: Case, report: ClipReport, request: pytest.FixtureRequest) -> None:
    tools = Instruments.of(case.config)
    heard = hear(case.audio, case.transcript, case.config)
    judged = judge(heard, see(case.faces, heard, tools), tools, is_own=False)
    assert judged.sync.verdict == report.sync.verdict
    assert judged.sync.cause is report.sync.cause
    assert [word.score for word in judged.words] == pytest.approx(report.segments["score"].tolist(), nan_ok=True)
    name = request.node.callspec.id
    assert (report.sync.verdict, report.sync.cause) == EXPECTED[name]


def test_tuning_finds_the_same(case: Case, report: ClipReport, shown: TrainingClip) -> None:
    clip = material.prepare_clip(shown, model=LipModel.load(), config=case.config)
    found = try_clip(clip, case.config, {"words"})
    assert found.good.scores == pytest.approx(scores_of(report), abs=1e-12)
    assert found.good.called == tuple(report.segments["verdict"])
    assert found.passed == (report.sync.verdict == "in-sync")
    assert found.own_visemes == report.score


def test_evaluation_finds_the_same(case: Case, report: ClipReport, shown: TrainingClip) -> None:
    found = evaluate([shown], config=case.config, windows=False)
    assert found.left_out == ()
    genuine = found.clips[found.clips["condition"] == "genuine"].iloc[0]
    assert genuine["verdict"] == report.sync.verdict
    assert genuine["lead_seconds"] == pytest.approx(report.sync.lead_seconds, nan_ok=True)
    words = found.words[found.words["condition"] == "genuine"]
    assert words["score"].tolist() == pytest.approx(scores_of(report).tolist())


def test_an_explanation_is_of_the_same(case: Case, report: ClipReport) -> None:
    found, told = explanation.explain_clip(case.faces, case.transcript, audio=case.audio, config=case.config)
    assert found.sync == report.sync
    assert told.summary[0] == report.summary().splitlines()[0]
    assert scores_of(found) == pytest.approx(scores_of(report))


def test_training_hears_the_same(case: Case, report: ClipReport, shown: TrainingClip) -> None:
    if case.config.alignment.oov == "error":  # a training has no settings: words that nobody knows are left out
        assert prepared_clips.prepare(shown).phones == report.phones
    else:
        with pytest.raises(OutOfVocabulary):
            prepared_clips.prepare(shown)


def test_the_live_view_finds_what_check_does_without_a_text(case: Case) -> None:
    """Over the stretch that it keeps, with its range of search and its limits."""
    lips = case.faces.faces[-1].lips
    limits = (0.045, 0.125)
    found = analysis.rolling_offset(lips, case.audio, 3.0, limits)
    config = Config.from_dict(
        {
            "sync": {"max_lag_seconds": 0.5},
            "verdict": {"max_lead_seconds": limits[0], "max_lag_seconds": limits[1]},
        }
    )
    if found.sync is None:  # too little speech in it, as of noise
        assert found.speech_seconds < analysis.ENOUGH_SPEECH
        return
    report = visalign.check(lips, None, audio=case.audio, config=config)
    assert found.sync == report.sync


def test_phones_of_no_alphabet_are_refused_in_words(generated_audio: Audio) -> None:
    words = Tier("words", (0.0, 1.0), ("bin",))
    phones = Tier("phones", (0.0, 0.5, 1.0), ("b", "9x"))
    given = visalign.force_align(generated_audio, "bin")
    foreign = replace(given, words=words, phones=phones, notes=(), cues=())
    with pytest.raises(InputError, match=r"phone '9x'.*neither ARPABET nor IPA"):
        hear(generated_audio, None, Config(), alignment=foreign)


def test_an_alignment_may_be_a_file(generated_clip: GeneratedClip, generated_audio: Audio, tmp_path: Path) -> None:
    own = visalign.force_align(generated_audio, generated_clip.transcript)
    write_textgrid(tmp_path / "a.TextGrid", [own.words, own.phones])
    heard = hear(generated_audio, None, Config(), alignment=tmp_path / "a.TextGrid")
    assert [word.label for word in heard.words] == generated_clip.transcript.split()
    assert [word.start for word in heard.words] == pytest.approx([x.start for x in own.words if x.label], abs=1e-3)
