"""Models made from clips: of a synthetic world with known rules, and of a few generated clips."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from plain_sync import estimate_sync
from sample_lips import NAMES, make_lips

from visalign.corpora.training_data import TrainingClip
from visalign.errors import InputError
from visalign.face.generated_clip import GeneratedClip
from visalign.language.phones import ARPABET
from visalign.lips.lip_features import LipFeatures
from visalign.parameters import EvidenceParams
from visalign.pipeline import check
from visalign.signals import Audio
from visalign.sync.estimate import lag_evidence, spoken_frames
from visalign.sync.lip_model import LipModel
from visalign.sync.match import MatchEvidence, match_of
from visalign.sync.speech_context import SpeechContext
from visalign.sync.wide_search import SearchRange
from visalign.timeline import Tier
from visalign.training import calibration, match_calibration
from visalign.training.augmentation import augment, parse_augmentation
from visalign.training.fitting import MIN_CLIPS, fit_lip_model, held_out_streams, train_from_folder
from visalign.training.prepared_clips import PreparedClip
from visalign.visemes.viseme_map import VisemeMap

LIMITS = (0.04, 0.06)
PHONES = ("SIL", "B", "AA", "UW", "F", "S", "IY", "M")
SECONDS = 3.0


def world_clip(seed: int, speaker: str, lead: float = 0.0) -> PreparedClip:
    """A clip of a world in which each phone has a lip shape, shown `lead` seconds after it is heard; with noise."""
    shapes = np.random.default_rng(99).normal(size=(len(PHONES), len(NAMES)))  # the rule of this world
    rng = np.random.default_rng(seed)
    inner = np.cumsum(rng.uniform(0.07, 0.2, 60))
    boundaries = (0.0, *inner[inner < SECONDS - 0.1].tolist(), SECONDS)
    labels = [PHONES[k] for k in rng.integers(1, len(PHONES), len(boundaries) - 1)]
    labels[0] = labels[-1] = "SIL"
    phones = Tier("phones", boundaries, tuple(labels))
    audio = Audio(rng.normal(0, 0.05, round(SECONDS * 16000)).astype(np.float32), 16000)
    heard = np.arange(75) / 25 + 0.02 - lead
    # smooth as lips are: the mean of the shapes of 80 ms
    near = np.mean(
        [shapes[[PHONES.index(x) for x in phones.sample(heard + d, outside="SIL")]] for d in OFFSETS], axis=0
    )
    lips = make_lips(near + rng.normal(0, 0.5, near.shape))
    return PreparedClip(f"{speaker}{seed}.mp4", speaker, lips, SpeechContext.of(audio, phones), phones)


OFFSETS = np.linspace(-0.04, 0.04, 9)


@pytest.fixture(scope="module", autouse=True)
def _quick_calibration() -> Iterator[None]:
    """Temperature and scatter from 60 curves in place of 600, matches from short examples: most of a small training."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "_MAX_CURVES", 60)
        patch.setattr(match_calibration, "SECONDS", (1.6, 3.0))
        yield


@pytest.fixture(scope="module")
def world() -> list[PreparedClip]:
    return [world_clip(seed, speaker) for seed, speaker in enumerate("aaabbbcccc")]


@pytest.fixture(scope="module")
def world_model(world: list[PreparedClip]) -> LipModel:
    return fit_lip_model(world, provenance={"corpus": "a synthetic world"})[0]


def match(model: LipModel, clip: PreparedClip, context: SpeechContext) -> MatchEvidence:
    return match_of(model, clip.lips, context, SearchRange(0.0, 0.6), EvidenceParams(), recognised=False)


def test_the_model_finds_a_shift_it_never_saw(world_model: LipModel) -> None:
    for seed, lead in ((50, 0.12), (51, -0.23)):
        clip = world_clip(seed, "new", lead)
        evidence = lag_evidence(world_model.streams, clip.lips, clip.context, 0.6, EvidenceParams())
        own, spoken = match(world_model, clip, clip.context), spoken_frames(clip.lips, clip.phones)
        found = estimate_sync(evidence, spoken, world_model.calibration, LIMITS, match=own)
        assert found.lead_seconds == pytest.approx(lead, abs=0.015)
        assert found.verdict == ("audio-early" if lead > 0 else "audio-late")


def test_the_model_tells_lips_of_other_words(world_model: LipModel) -> None:
    clip, other = world_clip(50, "new"), world_clip(52, "new")
    foreign, calibration = match(world_model, clip, other.context), world_model.calibration
    assert foreign.probability(calibration) < 0.2
    assert match(world_model, clip, clip.context).probability(calibration) > 0.95


def test_the_decoder_reads_phones_off_the_lips(world_model: LipModel) -> None:
    """Seven visemes, of which silence is rare: chance is below a fifth."""
    clip, viseme_map = world_clip(53, "new"), VisemeMap.load("jeffers_1971")
    decoded = world_model.decoder.decode(clip.lips, viseme_map)
    said = [viseme_map[phone] for phone in clip.phones.sample(decoded.times)]
    seen = decoded.tier.sample(decoded.times)
    assert np.mean([a == b for a, b in zip(said, seen, strict=True)]) > 0.7


def test_the_report_counts(world: list[PreparedClip]) -> None:
    values = world[0].lips.values.copy()
    values[:5] = np.nan
    clips = [PreparedClip("x", "a", make_lips(values), world[0].context, world[0].phones), *world[1:]]
    model, report = fit_lip_model(clips, left_out=[("bad.mp4", "no face")], provenance={"licence": "mine"})
    assert (report.n_clips, report.n_frames) == (10, 745)
    assert report.speakers == ("a", "b", "c")
    assert report.left_out == (("bad.mp4", "no face"),)
    assert 0.3 < report.explained_variance < 1
    assert model.provenance["licence"] == "mine"
    assert model.provenance["n_frames"] == 745
    assert model.provenance["held_out"] == "speakers"
    assert set(model.decoder.phones) == set(PHONES)


def test_added_clips_are_learnt_from_and_recorded_but_not_counted(
    world: list[PreparedClip], world_model: LipModel
) -> None:
    sources = [TrainingClip(Path(clip.name), "", clip.speaker) for clip in world]
    faster = augment(sources, world, [clip.speaker for clip in world], [parse_augmentation("rate=1.1")])
    model, report = fit_lip_model(world, added=faster, provenance={"augmentation": {"seed": 0}})
    assert (report.n_clips, report.n_frames) == (len(world), sum(len(clip.lips) for clip in world))
    assert model.provenance["augmentation"] == {"seed": 0}
    assert not np.allclose(model.decoder.means, world_model.decoder.means)


def test_with_few_speakers_clips_are_held_out(world: list[PreparedClip]) -> None:
    clips = [PreparedClip(c.name, "one", c.lips, c.context, c.phones) for c in world[:MIN_CLIPS]]
    model, report = fit_lip_model(clips)
    assert report.speakers == ("one",)
    assert model.provenance["held_out"] == "clips"


def test_streams_of_a_speaker_never_met_him(world: list[PreparedClip]) -> None:
    """His sound turned round changes what is learnt for others, and hardly what is learnt for himself."""
    found = held_out_streams(world)
    speakers = sorted({clip.speaker for clip in world})
    assert sorted(found) == speakers
    backwards = [
        replace(clip, context=SpeechContext(clip.context.rows[::-1].copy())) if clip.speaker == speakers[0] else clip
        for clip in world
    ]
    changed = held_out_streams(backwards)
    parts = [[one[name][0].expect(world[0].context) for one in (found, changed)] for name in speakers[:2]]
    own, other = (float(np.corrcoef(a.ravel(), b.ravel())[0, 1]) for a, b in parts)
    assert own > other


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as data:
        return dict(data)


def test_the_same_clips_give_the_same_model(world: list[PreparedClip], world_model: LipModel, tmp_path: Path) -> None:
    again, _ = fit_lip_model(world, provenance={"corpus": "a synthetic world"})
    paths = [model.save(tmp_path / f"{k}.npz") for k, model in enumerate((world_model, again))]
    arrays = [arrays_of(path) for path in paths]
    assert arrays[0].keys() == arrays[1].keys()
    for name, array in arrays[0].items():
        assert array.tobytes() == arrays[1][name].tobytes(), name
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("n_clips", [0, 1, MIN_CLIPS - 1])
def test_too_few_clips_are_refused_with_the_reasons(world: list[PreparedClip], n_clips: int) -> None:
    left_out = [("a.mp4", "no transcript beside it"), ("b.mp4", "no face")]
    with pytest.raises(
        InputError, match=rf"{n_clips} clips can be used.*at least 8.*a\.mp4: no transcript.*b\.mp4: no face"
    ):
        fit_lip_model(world[:n_clips], left_out=left_out)


# --- folders -------------------------------------------------------------------------------------------------------


def write_folder(folder: Path, texts: Sequence[str], made_once: Any = None, **settings: Any) -> Path:
    for k, text in enumerate(texts):
        path = folder / f"speaker{k % 3}" / f"clip{k}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        if made_once is None:
            path.write_bytes(b"not a clip")
        else:
            shutil.copy(made_once.clip(text=text, seed=k, size_px=200, **settings).path, path)
        path.with_suffix(".txt").write_text(text, encoding="utf-8")
    return folder


def test_a_folder_of_damaged_clips_names_what_is_wrong(tmp_path: Path) -> None:
    folder, out = write_folder(tmp_path / "clips", ["bin blue", "lay green"]), tmp_path / "model.npz"
    (folder / "silent.mp4").write_bytes(b"")
    with pytest.raises(InputError, match="0 clips can be used") as few:
        train_from_folder(folder, out)
    assert all(name in str(few.value) for name in ("clip0.mp4", "clip1.mp4", "silent.mp4: no transcript beside it"))
    assert not out.exists()


TEXTS = (
    "maybe papa will move my boats",
    "we saw a famous baby panda",
    "bob would buy five apples now",
    "my father made soup in a pot",
    "both of my blue boats move",
    "papa saw five purple apples",
    "we move before my baby wakes",
    "bin blue at f two now",
)


@pytest.mark.slow
def test_a_model_of_one_s_own_measures_another_clip(
    generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, made_once: Any,
) -> None:  # fmt: skip
    """Eight clips of three to four seconds; a damaged one costs nothing but itself."""
    folder, out = write_folder(tmp_path / "clips", TEXTS, made_once), tmp_path / "model.npz"
    (folder / "bad.mp4").write_bytes(b"not a clip")
    (folder / "bad.txt").write_text("bin blue")
    told: list[str] = []
    how = ("rate=1.1", "recombine=0.5")
    report = train_from_folder(folder, out, augmentation=how, seed=3, progress=lambda stage, _: told.append(stage))
    assert report.n_clips == len(TEXTS)
    made = dict(report.added)
    assert made["rate=1.1"] == len(TEXTS)
    assert LipModel.load(out).provenance["augmentation"] == {"seed": 3, "n_clips": made}
    assert report.to_dict()["augmentation"] == {"seed": 3, "n_clips": made}
    assert report.speakers == ("speaker0", "speaker1", "speaker2")
    assert [name for name, _ in report.left_out] == ["bad.mp4"]
    assert told[-1] == "fitting"
    monkeypatch.setenv("VISALIGN_LIP_MODEL", str(out))
    measured = check(generated_lips, generated_clip.transcript, audio=generated_audio)
    assert measured.sync.lead_seconds == pytest.approx(generated_clip.lead_seconds, abs=0.03)
    assert measured.clip.models[1].name == "lip model trained on the user's own clips"
    assert measured.score.viseme_accuracy is not None
    assert measured.score.viseme_accuracy > 0.4


def test_a_model_tells_which_foreign_phones_it_met(world: list[PreparedClip]) -> None:
    foreign = {"B": "b", "AA": "a", "UW": "yː", "F": "f", "S": "ʃ", "IY": "ʁ", "M": "ˈø", "SIL": "SIL"}
    clips = [replace(clip, phones=clip.phones.relabel(foreign.__getitem__)) for clip in world]
    model, _ = fit_lip_model(clips)
    assert model.provenance["foreign_phones"] == ["a", "yː", "ø", "ʁ"]
    assert model.measured_none_of(["y", "øː", "ɥ", "a"]) == ("ɥ",)
    assert set(model.decoder.phones) <= set(ARPABET)
    english, _ = fit_lip_model(world)
    assert "foreign_phones" not in english.provenance
    assert english.measured_none_of(["y"]) == ("y",)
    odd = replace(model, provenance={"foreign_phones": [1, None, "y"]})
    assert odd.measured_none_of(["y", "ø"]) == ("ø",)


GERMAN = (
    "Mein Bruder möchte fünf blaue Pflaumen kaufen",
    "Bitte bringen Sie morgen früh Ihre Bücher mit",
    "Über dem Fluss schwebt ein bunter Ballon",
    "Meine Mutter putzt am Abend die Küche",
    "Wir bummeln im Mai oft über die Brücke",
    "Papa baut im Sommer ein weißes Boot",
    "Viele Vögel fliegen über das Moor",
    "Am Montag muss Oma wieder zum Bus",
)


@pytest.mark.slow
def test_a_model_of_another_language(tmp_path: Path, made_once: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, out = write_folder(tmp_path / "clips", GERMAN, made_once, language="de"), tmp_path / "model.npz"
    with pytest.raises(InputError, match=r"0 clips can be used.*clip0\.mp4"):  # as English nobody knows these words
        train_from_folder(folder, out)
    report = train_from_folder(folder, out, language="de", viseme_map="jeffers_1971")
    assert (report.n_clips, report.left_out) == (len(GERMAN), ())
    assert report.held_out is not None
    assert report.held_out.total.n_closures > 20
    met = LipModel.load(out).provenance["foreign_phones"]
    assert {"ç", "x"} & set(met)
    monkeypatch.setenv("VISALIGN_LIP_MODEL", str(out))
    text = "Am Abend baut mein Papa fünf Boote"
    clip = made_once.clip(text=text, seed=11, size_px=200, language="de", lead_seconds=0.12)
    measured = check(clip.path, text, language="de")
    assert measured.sync.lead_seconds == pytest.approx(0.12, abs=0.04)
    assert not [x for x in measured.warnings if "no lips of this language" in x]
