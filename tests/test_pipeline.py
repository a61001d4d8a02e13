"""The contract of `check` and `observe`: what goes in, what comes out, and what does not depend on what."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import visalign
from visalign import Audio, ClipReport, Config, LipFeatures
from visalign.errors import (
    BackendUnavailable,
    ConfigError,
    FaceNotFound,
    InputError,
    MediaError,
    MissingStream,
    OutOfVocabulary,
    ParseError,
)
from visalign.face.generated_clip import GeneratedClip
from visalign.lips.viseme_decoder import UNSEEN
from visalign.media.clips import write_wav
from visalign.reports.clip_report import SEGMENT_COLUMNS
from visalign.sound.quality import audio_quality
from visalign.sync.lip_model import LipModel
from visalign.sync.verdict import VERDICTS

MAP = "neti_2000"


@pytest.fixture(scope="module")
def report(generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio) -> ClipReport:
    return visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio, viseme_map=MAP)


def items(tier: visalign.Tier) -> list[tuple[float, float, str, float | None]]:
    return [(x.start, x.end, x.label, x.score) for x in tier]


# --- what comes out ------------------------------------------------------------------------------------------------


def test_the_parameters_are_those_of_the_contract() -> None:
    parameters = inspect.signature(visalign.check).parameters
    assert list(parameters)[:4] == ["path_or_lips", "transcript", "audio", "viseme_map"]
    assert parameters["transcript"].default is None
    assert all(p.kind is p.KEYWORD_ONLY for name, p in parameters.items() if name not in ("path_or_lips", "transcript"))


def test_python_takes_what_the_command_takes() -> None:
    from test_vocabulary import commands

    named = {"map": "viseme_map", "enhance": "enhancement"}
    options = {
        name[2:].replace("-", "_") for x in commands()["check"].params for name in x.opts if name.startswith("--")
    }
    wanted = {named.get(name, name) for name in options} - {"video", "text", "subtitles"}
    written = {"json", "csv", "segments", "textgrid", "html", "overwrite", "quiet", "no_cache"}
    assert wanted - written <= set(inspect.signature(visalign.check).parameters)


def test_a_path_is_a_file_and_a_text_is_what_is_said(
    generated_lips: LipFeatures, generated_audio: Audio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clip.txt").write_text("bin blue at f two now\n", encoding="utf-8")
    found = visalign.check(generated_lips, Path("clip.txt"), audio=generated_audio, profile="film", strict=True)
    assert [x.label for x in found.words if x.label] == ["bin", "blue", "at", "f", "two", "now"]
    assert found.clip.profile == "film"
    for call in (
        lambda: visalign.check(generated_lips, "clip.txt", audio=generated_audio),
        lambda: visalign.force_align(generated_audio, "clip.txt"),
        lambda: visalign.observe(generated_lips, transcript="clip.txt"),
    ):
        with pytest.raises(ConfigError, match=r"Path\('clip.txt'\)"):
            call()
    words = visalign.force_align(generated_audio, Path("clip.txt")).words
    assert [x.label for x in words if x.label] == ["bin", "blue", "at", "f", "two", "now"]


def test_a_clip_alone_is_enough(generated_lips: LipFeatures, generated_audio: Audio) -> None:
    found = visalign.check(generated_lips, audio=generated_audio)
    assert found.clip.transcript is None
    assert found.sync.lead_seconds == pytest.approx(0.12, abs=0.04)


def test_a_report_holds_what_the_contract_says(report: ClipReport, generated_clip: GeneratedClip) -> None:
    sync, words = report.sync, report.segments
    assert isinstance(sync.lead_seconds, float)
    assert sync.lead_interval is not None
    assert sync.lead_interval[0] < sync.lead_seconds < sync.lead_interval[1]
    assert 0 <= sync.confidence <= 1
    assert sync.verdict in VERDICTS
    assert isinstance(words, pd.DataFrame)
    assert tuple(words.columns) == SEGMENT_COLUMNS
    assert words["label"].tolist() == generated_clip.transcript.split() == [x.label for x in report.words if x.label]
    assert words["start"].is_monotonic_increasing
    assert words["score"].between(0, 1).all()
    assert words["viseme_accuracy"].dropna().between(0, 1).all()
    assert set(words["verdict"]) <= set(VERDICTS)


def test_tiers_of_a_report_lie_on_the_clips_clock(report: ClipReport, generated_clip: GeneratedClip) -> None:
    """The words within 80 ms of the truth, at the median within 40; the tiers over the whole clip."""
    found, truth = ([x for x in tier if x.label] for tier in (report.words, generated_clip.words))
    errors = [abs(a.start - b.start) for a, b in zip(found, truth, strict=True)]
    assert np.median(errors) < 0.04
    assert max(errors) < 0.12
    assert report.expected_visemes.boundaries[0] == report.phones.boundaries[0] == 0
    assert report.expected_visemes.end == report.phones.end
    assert report.observed_visemes.start == pytest.approx(0, abs=1e-9)
    assert report.observed_visemes.end == pytest.approx(report.clip.duration, abs=0.04)
    known = set(visalign.VisemeMap.load(MAP).visemes)
    assert set(report.expected_visemes.labels) <= known
    assert set(report.observed_visemes.labels) <= known | {UNSEEN}


def test_the_lips_of_the_generated_face_are_read(report: ClipReport) -> None:
    """More than half the frames right, where the commonest of the expected visemes would be right in fewer."""
    accuracy = report.score.viseme_accuracy
    assert accuracy is not None
    assert accuracy > 0.5
    assert report.score.n_frames > 15
    assert report.score.n_words == len(report.segments)


def test_a_report_comes_back_from_its_dictionary(report: ClipReport) -> None:
    data = report.to_dict()
    again = ClipReport.from_dict(json.loads(json.dumps(data, allow_nan=False)))
    assert again.to_dict() == data
    assert again.sync.verdict == report.sync.verdict
    assert again.sync.lead_seconds == pytest.approx(report.sync.lead_seconds, abs=1e-6)
    assert again.segments["label"].tolist() == report.segments["label"].tolist()
    assert set(data) >= {
        "schema_version", "clip", "sync", "score", "words", "phones", "expected_visemes", "observed_visemes", "warnings"
    }  # fmt: skip
    assert set(data["sync"]) >= {"lead_seconds", "lead_interval_seconds", "confidence", "verdict"}
    assert set(data["score"]) >= {"viseme_accuracy", "proportion_in_sync"}
    for name in ("words", "phones", "expected_visemes", "observed_visemes"):
        assert all({"label", "start", "end"} <= set(item) for item in data[name])


def test_a_second_run_gives_the_same_bytes(
    report: ClipReport, generated_clip: GeneratedClip, generated_audio: Audio, tmp_path: Path
) -> None:
    """Lips read anew, everything anew."""
    again = visalign.check(generated_clip.path, generated_clip.transcript, audio=generated_audio, viseme_map=MAP)
    paths = [x.write(tmp_path / f"{k}.json") for k, x in enumerate((report, again))]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_clip_by_its_path_is_its_lips_and_its_sound(report: ClipReport, generated_clip: GeneratedClip) -> None:
    whole = visalign.check(generated_clip.path, generated_clip.transcript, viseme_map=MAP).to_dict()
    parts = report.to_dict()
    assert (whole["clip"].pop("audio"), parts["clip"].pop("audio")) == (None, "in memory")
    assert whole == parts


@pytest.mark.parametrize("suffix", [".csv", ".json", ".TextGrid"])
def test_reports_are_written_by_their_ending(report: ClipReport, tmp_path: Path, suffix: str) -> None:
    path = report.write(tmp_path / f"report{suffix}")
    text = path.read_text(encoding="utf-8")
    assert all(word in text for word in report.segments["label"])


# --- what does not depend on what ----------------------------------------------------------------------------------


def test_the_observed_track_comes_from_the_lips_alone(
    report: ClipReport, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    backwards = replace(generated_audio, samples=generated_audio.samples[::-1].copy())
    blind = visalign.check(generated_lips, None, audio=backwards, viseme_map=MAP)
    other = visalign.check(generated_lips, "place red in a two now", audio=generated_audio, viseme_map=MAP)
    assert items(blind.observed_visemes) == items(report.observed_visemes) == items(other.observed_visemes)


def test_observe_sees_the_same(report: ClipReport, generated_clip: GeneratedClip) -> None:
    seen = visalign.observe(generated_clip.path, viseme_map=MAP)
    assert items(seen.visemes) == items(report.observed_visemes)
    assert seen.silence == visalign.VisemeMap.load(MAP).silence
    assert len(seen.lips) == report.clip.n_frames


def test_the_map_does_not_move_the_lead(
    report: ClipReport, generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    """A map by name and by object, and the default one."""
    for viseme_map in (visalign.VisemeMap.load("lee_yook_2002"), None):
        other = visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio, viseme_map=viseme_map)
        assert other.sync == report.sync
        assert other.clip.viseme_map == ("jeffers_1971" if viseme_map is None else "lee_yook_2002")
        assert items(other.expected_visemes) != items(report.expected_visemes)


def test_sound_from_a_file_is_the_same_sound(
    report: ClipReport,
    generated_clip: GeneratedClip,
    generated_lips: LipFeatures,
    generated_audio: Audio,
    tmp_path: Path,
) -> None:
    path = write_wav(tmp_path / "sound.wav", generated_audio)
    other = visalign.check(generated_lips, generated_clip.transcript, audio=path, viseme_map=MAP)
    assert other.clip.audio == "sound.wav"
    assert other.sync.lead_seconds == pytest.approx(report.sync.lead_seconds, abs=0.002)


def test_without_a_transcript_there_are_phones_and_no_words(
    generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    report = visalign.check(generated_lips, None, audio=generated_audio)
    assert report.clip.transcript is None
    assert len(report.segments) == report.score.n_words == 0
    assert set(report.words.labels) == {""}
    assert len(report.phones) > 5


# --- the sound -----------------------------------------------------------------------------------------------------


def noisy(audio: Audio, snr_db: float) -> Audio:
    """With steady noise this far below the mean power of the sound."""
    noise = np.random.default_rng(0).normal(size=len(audio.samples))
    level = np.sqrt(np.mean(audio.samples**2) / 10 ** (snr_db / 10))
    return replace(audio, samples=(audio.samples + level * noise).astype(np.float32))


def test_a_report_tells_how_good_the_sound_is(report: ClipReport, generated_audio: Audio) -> None:
    sound, measured = report.clip.sound, audio_quality(generated_audio)
    assert sound is not None
    assert (sound.snr_db, sound.loudness_lufs) == (measured.snr_db, measured.loudness_lufs)
    assert (sound.clipped_fraction, sound.enhancement, sound.before) == (0.0, None, None)


def test_noisy_sound_is_cleared_where_asked(
    report: ClipReport, generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    """Quality before and after is in the report; sound without noise is left alone, to the byte."""
    sound = noisy(generated_audio, 8)
    cleared = visalign.check(generated_lips, generated_clip.transcript, audio=sound, viseme_map=MAP, enhancement="auto")
    told = cleared.clip.sound
    assert told is not None
    assert told.before is not None
    assert told.enhancement == "align"
    assert told.snr_db is not None
    assert told.before.snr_db == pytest.approx(audio_quality(sound).snr_db)
    assert told.snr_db > told.before.snr_db + 5
    assert cleared.sync.lead_seconds == pytest.approx(report.sync.lead_seconds, abs=0.04)
    assert ClipReport.from_dict(cleared.to_dict()).to_dict() == cleared.to_dict()
    clean = visalign.check(
        generated_lips, generated_clip.transcript, audio=generated_audio, viseme_map=MAP, enhancement="auto"
    )
    assert clean.to_dict() == report.to_dict()


# --- settings ------------------------------------------------------------------------------------------------------


def test_limits_decide_the_verdict_and_nothing_else(
    report: ClipReport, generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    """An audio that is 120 ms early is in sync where 160 ms are allowed."""
    config = Config.from_dict({"verdict": {"max_lead_seconds": 0.16, "max_lag_seconds": 0.04}})
    wide = visalign.check(
        generated_lips, generated_clip.transcript, audio=generated_audio, viseme_map=MAP, config=config
    )
    assert (report.sync.verdict, wide.sync.verdict) == ("audio-early", "in-sync")
    assert wide.sync.lead_seconds == report.sync.lead_seconds
    assert (wide.clip.profile, wide.clip.max_lead_seconds) == ("custom", 0.16)
    assert wide.segments["score"].mean() > report.segments["score"].mean()


def test_strict_withholds_in_sync_where_the_interval_reaches_across_a_limit(
    report: ClipReport, generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    assert report.sync.lead_seconds is not None
    just_wide_enough = {"max_lead_seconds": report.sync.lead_seconds + 0.001}

    def checked(**verdict: float) -> ClipReport:
        config = Config.from_dict({"verdict": {**just_wide_enough, **verdict}})
        return visalign.check(
            generated_lips, generated_clip.transcript, audio=generated_audio, viseme_map=MAP, config=config
        )

    plain, strict = checked(), checked(strict=True)
    assert (plain.sync.verdict, plain.clip.strict) == ("in-sync", False)
    assert (strict.sync.verdict, strict.clip.strict) == ("uncertain", True)
    assert "reaches across a limit" in strict.sync.reason
    assert strict.sync.lead_interval == plain.sync.lead_interval
    assert list(strict.segments["verdict"]) == list(plain.segments["verdict"])  # the rule is about clips
    assert checked(strict=True, max_lead_seconds=0.3).sync.verdict == "in-sync"
    assert ClipReport.from_dict(strict.to_dict()).clip.strict


def test_a_lead_outside_the_search_is_not_called(
    generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    config = Config.from_dict({"sync": {"max_lag_seconds": 0.1}})
    narrow = visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio, config=config)
    assert narrow.sync.verdict == "uncertain"
    assert "max_lag_seconds" in narrow.sync.reason
    assert max(narrow.sync.lags) == pytest.approx(0.1, abs=1e-9)


def test_progress_is_told(generated_clip: GeneratedClip) -> None:
    told: list[tuple[str, float | None]] = []
    visalign.check(generated_clip.path, generated_clip.transcript, progress=lambda *x: told.append(x))
    stages = list(dict.fromkeys(stage for stage, _ in told))
    assert stages == ["aligning", "reading lips", "decoding visemes", "comparing"]
    parts = [part for stage, part in told if stage == "reading lips"]
    assert all(part is not None and 0 <= part <= 1 for part in parts)
    assert parts == sorted(parts, key=lambda x: x or 0)


def test_a_report_names_its_models(report: ClipReport) -> None:
    names = " ".join(model.name for model in report.clip.models)
    assert "landmark model of visalign" in names
    assert "GRID" in names
    assert all(model.licence for model in report.clip.models)
    assert report.clip.version == visalign.__version__


# --- part of the picture -------------------------------------------------------------------------------------------


def test_frames_without_a_face_are_said_and_not_judged(
    report: ClipReport, generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    """The face is gone from the middle on: words there have no measures, the others are judged."""
    values = generated_lips.values.copy()
    half = len(values) // 2
    values[half:] = np.nan
    lips = replace(generated_lips, values=values)
    found = visalign.check(lips, generated_clip.transcript, audio=generated_audio, viseme_map=MAP)
    assert any(f"a face was found in {lips.face_fraction:.0%}" in warning for warning in found.warnings)
    assert found.segments["score"].isna().any()
    assert found.segments["score"].notna().any()
    assert set(found.segments["verdict"][found.segments["score"].isna()]) == {"uncertain"}
    assert found.observed_visemes.labels[-1] == UNSEEN
    assert found.score.n_words == found.segments["score"].notna().sum()
    assert ClipReport.from_dict(found.to_dict()).to_dict() == found.to_dict()


# --- what can not be done ------------------------------------------------------------------------------------------


@pytest.fixture
def quick(generated_lips: LipFeatures) -> LipFeatures:
    return generated_lips.crop(0.5, 1.5)


def test_lips_without_audio_are_a_mistake_of_the_caller(quick: LipFeatures) -> None:
    with pytest.raises(ConfigError, match="lips were given") as wrong:
        visalign.check(quick, "bin blue")
    assert wrong.value.key == "audio"


def test_lips_without_a_face_are_an_input_error(quick: LipFeatures, generated_audio: Audio) -> None:
    nobody = replace(quick, values=np.full_like(quick.values, np.nan), source="nobody.mp4")
    for lips in (nobody, quick.crop(5.0, 6.0)):
        with pytest.raises(FaceNotFound) as missing:
            visalign.check(lips, None, audio=generated_audio)
        assert missing.value.fraction == 0
        assert missing.value.path == lips.source


def test_all_unknown_words_are_named_at_once(quick: LipFeatures, generated_audio: Audio) -> None:
    with pytest.raises(OutOfVocabulary) as unknown:
        visalign.check(quick, "bin xyzzy blue plugh", audio=generated_audio)
    assert unknown.value.words == ("xyzzy", "plugh")


@pytest.mark.parametrize("text", ["", "  \n", "[laughs] -- ..."])
def test_a_transcript_without_words_is_an_input_error(quick: LipFeatures, generated_audio: Audio, text: str) -> None:
    with pytest.raises(InputError, match="transcript"):
        visalign.check(quick, text, audio=generated_audio)


def test_settings_that_do_not_exist_are_told_before_anything_is_read(tmp_path: Path) -> None:
    missing = tmp_path / "none.mp4"
    with pytest.raises(ConfigError, match="neti_2000"):
        visalign.check(missing, None, viseme_map="netti_2000")
    with pytest.raises(BackendUnavailable, match="visalign train"):
        visalign.check(missing, None, model=tmp_path / "none.npz")
    (tmp_path / "bad.npz").write_text("no model")
    with pytest.raises(ParseError):
        visalign.check(missing, None, model=tmp_path / "bad.npz")
    with pytest.raises(MediaError):
        visalign.check(missing, None)


def test_sound_alone_is_no_clip(generated_audio: Audio, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "sound.wav", generated_audio)
    with pytest.raises(MissingStream) as missing:
        visalign.check(path, None)
    assert missing.value.kind == "video"


def test_a_model_may_be_given_by_path_or_in_memory(quick: LipFeatures, generated_audio: Audio, tmp_path: Path) -> None:
    model = LipModel.load()
    marked = replace(model, provenance={"corpus": "three friends", "licence": "mine"})
    path = marked.save(tmp_path / "mine.npz")
    reports = [visalign.check(quick, None, audio=generated_audio, model=x) for x in (marked, path)]
    assert [x.clip.models[1].name for x in reports] == ["lip model trained on three friends"] * 2
    assert reports[0].to_dict() == reports[1].to_dict()


def test_words_that_a_map_has_no_place_for_are_named(
    generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    text = generated_clip.transcript
    report = visalign.check(generated_lips, text, audio=generated_audio, viseme_map="walden_1977")
    (warning,) = [x for x in report.warnings if "has no place" in x]
    assert "walden_1977 has no place for phones of" in warning
    assert "two (UW)" in warning
    complete = visalign.check(generated_lips, text, audio=generated_audio, viseme_map="neti_2000")
    assert not any("has no place" in x for x in complete.warnings)
