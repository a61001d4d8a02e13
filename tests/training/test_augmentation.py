"""Clips made of others: what changes, what stays, and that chance comes from the seed alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sample_lips import NAMES, frame_times, make_lips

from visalign.corpora.training_data import TrainingClip
from visalign.errors import ConfigError
from visalign.face.generated_clip import GeneratedClip
from visalign.lips.lip_features import LipFeatures, shown_at, with_own_yardstick
from visalign.sync.speech_context import SpeechContext
from visalign.timeline import FrameTimes, Tier
from visalign.training.augmentation import KINDS, Augmentation, augment, parse_augmentation, worse_lips
from visalign.training.prepared_clips import AddedClip, PreparedClip

PHONES = ("B", "AA", "F", "UW")


def clip(number: int, speaker: str = "ann") -> PreparedClip:
    """Two seconds; each feature rises by its own number a second, so that it is known where a frame comes from."""
    rng = np.random.default_rng(number)
    times = frame_times(50)
    values = times.times[:, None] * np.arange(1, len(NAMES) + 1) + 100.0 * number
    values[:, [name.endswith("_change") for name in NAMES]] = np.arange(1, len(NAMES) // 2 + 1)
    cuts = np.cumsum(rng.uniform(0.1, 0.2, 20))
    edges = (0.0, *cuts[cuts < 1.9].tolist(), 2.0)
    labels = ("SIL", *rng.choice(PHONES, len(edges) - 3).tolist(), "SIL")
    lips = with_own_yardstick(make_lips(values, times=times))
    context = SpeechContext(np.column_stack([np.arange(200), np.full(200, number)]).astype(np.float32))
    return PreparedClip(f"{number}.mp4", speaker, lips, context, Tier("phones", edges, labels))


CLIPS = [clip(k) for k in range(6)]
SOURCES = [TrainingClip(Path(x.name), "", x.speaker) for x in CLIPS]


def made(text: str, seed: int = 0, groups: Sequence[str] | None = None) -> list[AddedClip]:
    return augment(SOURCES, CLIPS, groups or ["one"] * 6, [parse_augmentation(text)], seed=seed)


@pytest.mark.parametrize(
    "text", ["", "noise", "noise=loud", "noise=-3", "rate=0", "speed=2", "rate=nan", "recombine=99"]
)
def test_what_makes_no_sense_is_refused_with_what_does(text: str) -> None:
    with pytest.raises(ConfigError, match="augment"):
        parse_augmentation(text)


def test_every_kind_is_read_back_as_it_was_asked_for() -> None:
    for name, kind in KINDS.items():
        for amount in (kind.least, kind.greatest):
            assert parse_augmentation(str(Augmentation(name, amount))) == Augmentation(name, amount)


@pytest.mark.parametrize("rate", [0.8, 1.25])
def test_a_rate_moves_lips_sounds_and_phones_alike(rate: float) -> None:
    found = made(f"rate={rate}")
    assert [x.origin for x in found] == list(range(6))
    assert {x.how for x in found} == {f"rate={rate}"}
    before, after = CLIPS[2], found[2].clip
    assert after.lips.times.times == pytest.approx(before.lips.times.times / rate, abs=1e-9)
    assert after.phones.boundaries == pytest.approx(np.array(before.phones.boundaries) / rate, abs=1e-9)
    assert after.phones.labels == before.phones.labels
    assert len(after.context.rows) == int(200 / rate)
    assert after.context.rows[:, 0] == pytest.approx(np.minimum(np.arange(int(200 / rate)) * rate, 199), abs=1e-3)
    column = NAMES.index("outer_width")
    assert after.lips.values[:, column] == pytest.approx(before.lips.values[:, column], abs=1e-9)
    assert after.lips.column("outer_width_change") == pytest.approx(np.full(50, rate * (column + 1)), rel=1e-6)
    flow = NAMES.index("flow_opening")
    assert after.lips.values[1:, flow] == pytest.approx(rate * before.lips.values[1:, flow], rel=1e-6)


def test_frames_shown_at_their_own_times_are_as_they_were() -> None:
    lips = CLIPS[1].lips
    again = shown_at(lips, lips.times)
    assert again.values == pytest.approx(lips.values, abs=1e-6)


def test_recombined_clips_change_over_at_the_end_of_a_phone_that_both_have() -> None:
    found = made("recombine=3")
    assert len(found) > 12
    for one in found:
        lips, rows = one.clip.lips, one.clip.context.rows
        sounds = rows[:, 1]
        first, second = int(sounds[0]), int(sounds[-1])
        change = int(np.argmax(sounds != first))
        assert first == one.origin != second
        assert (sounds[change:] == second).all()
        assert np.diff(lips.times.times) == pytest.approx(np.full(len(lips) - 1, 0.04), abs=1e-6)
        # frames give way where sounds do, to within one of them
        raw = lips.values[:, 0] - 100.0 * first
        own = np.abs(raw - lips.times.times) < 1e-6
        assert abs(0.04 * np.argmin(own) - 0.01 * change) <= 0.011
        # both stay together: the second clip's frames are as late as its sounds
        jump = rows[change, 0] - rows[change - 1, 0] - 1
        assert len(rows) == pytest.approx(200 - jump, abs=1)
        assert one.clip.phones.end == pytest.approx(lips.times.duration, abs=0.05)


def test_only_clips_of_one_speaker_and_group_are_put_together() -> None:
    speakers = ["ann", "ann", "bob", "bob", "cleo", "ann"]
    clips = [replace(x, speaker=name) for x, name in zip(CLIPS, speakers, strict=True)]
    groups = ["1", "1", "1", "1", "1", "2"]
    found = augment(SOURCES, clips, groups, [parse_augmentation("recombine=5")])
    pairs = {(int(x.clip.context.rows[0, 1]), int(x.clip.context.rows[-1, 1])) for x in found}
    assert pairs == {(0, 1), (1, 0), (2, 3), (3, 2)}


def test_the_seed_alone_decides() -> None:
    first, again, other = made("recombine=1", 3), made("recombine=1", 3), made("recombine=1", 4)
    assert all(np.array_equal(a.clip.lips.values, b.clip.lips.values) for a, b in zip(first, again, strict=True))
    assert [x.origin for x in first] != [x.origin for x in other]


# --- pictures of a generated clip ----------------------------------------------------------------------------------


def worse(path: Path, text: str, seed: int = 0) -> LipFeatures:
    return worse_lips(path, parse_augmentation(text), np.random.default_rng(seed))


def test_pictures_are_turned_thinned_out_and_shrunk(generated_clip: GeneratedClip, generated_lips: LipFeatures) -> None:
    assert generated_lips.visibility is not None
    plain = np.nanmean(generated_lips.visibility, axis=0)
    half = worse(generated_clip.path, "scale=0.5")
    assert half.visibility is not None
    assert np.nanmean(half.visibility[:, 0]) == pytest.approx(plain[0] / 2, rel=0.1)
    turned = [worse(generated_clip.path, "rotation=8", seed) for seed in range(3)]
    rolls = {round(float(np.nanmean(x.visibility[:, 2]) - plain[2]), 1) for x in turned if x.visibility is not None}
    assert rolls == {0.1, -0.1}
    thin = worse(generated_clip.path, "frame-rate=12.5")
    assert len(thin) == pytest.approx(len(generated_lips) / 2, abs=1)
    assert np.diff(thin.times.times) == pytest.approx(np.full(len(thin) - 1, 0.08), abs=1e-3)
    assert thin.times.rate == FrameTimes(thin.times.times, thin.times.duration, thin.times.rate).rate == 12.5


@pytest.mark.parametrize("text", ["noise=12", "compression=31"])
def test_worse_pictures_make_landmarks_tremble(
    text: str, generated_clip: GeneratedClip, generated_lips: LipFeatures
) -> None:
    def tremble(lips: LipFeatures) -> float:
        assert lips.mouth is not None
        return float(np.nanmean(np.abs(np.diff(lips.mouth, n=2, axis=0))))

    changed = worse(generated_clip.path, text)
    assert tremble(changed) > tremble(generated_lips)
    again = worse(generated_clip.path, text)
    assert np.array_equal(changed.values, again.values, equal_nan=True)


def test_a_clip_whose_face_is_lost_is_left_out(generated_clip: GeneratedClip, generated_lips: LipFeatures) -> None:
    one = PreparedClip("x", "ann", generated_lips, CLIPS[0].context, CLIPS[0].phones)
    source = TrainingClip(generated_clip.path, "", "ann")
    noisier = augment([source], [one], ["1"], [parse_augmentation("sound-noise=0"), parse_augmentation("scale=0.1")])
    assert [x.how for x in noisier] == ["sound-noise=0"]
    assert noisier[0].clip.lips is generated_lips
