"""Long clips are read with flat memory, and what is read does not depend on where it lies: in memory or on disk."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import astuple
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from visalign.face.generated_clip import GeneratedClip
from visalign.files import scratch
from visalign.forced_alignment import force_align
from visalign.lips import clip_faces, landmarks, lip_features, visibility
from visalign.lips.clip_faces import ClipFaces, read_faces
from visalign.lips.landmarks import Landmarks
from visalign.lips.lip_cache import cached_faces
from visalign.lips.lip_features import LipFeatures, shown_at
from visalign.media.clips import read_audio, read_channels, read_frames, write_channels, write_clip
from visalign.media.remux.time_map import Piece, retimed
from visalign.signals import Audio, Channels
from visalign.sound.enhancement import enhance, enhance_channels, equaliser, level, noise_reduction, spectra
from visalign.sound.quality import audio_quality
from visalign.sound.speech import log_mel, stretch
from visalign.sound.voice_activity import find_speech, speech_probabilities, statistical
from visalign.timeline import FrameTimes

Result = TypeVar("Result")


@pytest.fixture
def in_both(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Result]], tuple[Result, Result]]:
    """What a function gives where everything lies in memory, and where everything lies on disk."""

    def run(function: Callable[[], Result]) -> tuple[Result, Result]:
        in_memory = function()
        with monkeypatch.context() as changed:
            changed.setattr(scratch, "MIN_BYTES", 1)
            return in_memory, function()

    return run


def on_disk(array: np.ndarray) -> bool:
    return scratch._mapping(array) is not None


def test_sound_is_the_same_on_disk(generated_clip: GeneratedClip, in_both: Callable) -> None:
    memory, disk = in_both(lambda: read_audio(generated_clip.path))
    assert not on_disk(memory.samples)
    assert on_disk(disk.samples)
    np.testing.assert_array_equal(memory.samples, disk.samples)
    assert astuple(audio_quality(memory)) == astuple(audio_quality(disk))
    assert find_speech(memory) == find_speech(disk)
    assert force_align(memory, generated_clip.transcript) == force_align(disk, generated_clip.transcript)


def test_the_spectrum_is_the_same_on_disk(generated_audio: Audio, in_both: Callable) -> None:
    memory, disk = in_both(lambda: log_mel(generated_audio))
    assert on_disk(disk)
    np.testing.assert_array_equal(memory, disk)


def test_channels_are_the_same_on_disk(generated_audio: Audio, in_both: Callable, tmp_path: Path) -> None:
    left = generated_audio.samples
    stereo = Channels(np.column_stack([left, -0.5 * left]), generated_audio.rate_hz, "stereo")

    def made() -> tuple[bytes, list[np.ndarray]]:
        path = write_channels(tmp_path / "stereo.wav", stereo)
        read = read_channels(path)
        louder = enhance_channels(read, "highpass:80,loudness:-30")
        moved = retimed(louder.samples, louder.rate_hz, [Piece(0.0, 0.1, 1.001)])
        return path.read_bytes(), [read.samples, read.mono.samples, read.channel(1).samples, louder.samples, moved]

    (file, arrays), (file_again, on_disk_now) = in_both(made)
    assert file == file_again
    for expected, found in zip(arrays, on_disk_now, strict=True):
        assert on_disk(found)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("chain", ["subtract", "wiener", "eq:speech", "highpass:80", "loudness:-23"])
def test_sound_is_cleared_alike_on_disk(generated_audio: Audio, chain: str, in_both: Callable) -> None:
    memory, disk = in_both(lambda: enhance(generated_audio, chain).samples)
    assert on_disk(disk)
    np.testing.assert_array_equal(memory, disk)


@pytest.mark.parametrize("chain", ["subtract", "wiener", "eq:speech", "highpass:80", "loudness:-23"])
@pytest.mark.parametrize("has_pauses", [True, False])
def test_sound_is_cleared_block_by_block(chain: str, has_pauses: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the rounding of running sums the noise of long sound, which is measured in blocks, is that of all at once."""
    noise = np.random.default_rng(0)
    loud = np.sin(np.arange(160_000) * 0.2) * (np.arange(160_000) % 40_000 < 25_000 if has_pauses else 1.0)
    audio = Audio((0.2 * loud + noise.normal(scale=0.02, size=160_000)).astype(np.float32), 16000)
    at_once = enhance(audio, chain).samples
    monkeypatch.setattr(spectra, "BLOCK", 64)
    for name, n_frames in (("BLOCK", 64), ("_AT_ONCE", 64), ("_NOISE_BLOCK", 128)):
        monkeypatch.setattr(noise_reduction, name, n_frames)
    for module in (equaliser, level):
        monkeypatch.setattr(module, "_BLOCK", 1001)
    np.testing.assert_allclose(enhance(audio, chain).samples, at_once, rtol=0, atol=1e-6)


@pytest.mark.parametrize("n_samples", [300, 513, 16000, 16001, 16159, 24081])
@pytest.mark.parametrize("is_mirrored", [False, True])
def test_stretches_are_those_of_the_padded_sound(n_samples: int, is_mirrored: bool) -> None:
    samples, n_pad = np.random.default_rng(0).normal(size=n_samples).astype(np.float32), 256
    padded = np.pad(samples, n_pad, mode="reflect" if is_mirrored else "constant")
    for first in range(-n_pad, n_samples - n_pad + 1, 97):
        for last in {first + 2 * n_pad, min(first + 700, n_samples + n_pad), n_samples + n_pad}:
            found = stretch(samples, first, last, is_mirrored=is_mirrored)
            np.testing.assert_array_equal(found, padded[first + n_pad : last + n_pad])


def test_speech_in_blocks_of_rows_is_that_at_once(generated_audio: Audio, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = speech_probabilities(generated_audio)
    monkeypatch.setattr(statistical, "_BLOCK", (len(whole) - 1) // 3)  # few rows are left for the last
    np.testing.assert_array_equal(speech_probabilities(generated_audio), whole)


def arrays_of(lips: LipFeatures) -> dict[str, np.ndarray]:
    """All that was read of a face, and what is made of it."""
    kept = {name: getattr(lips, name) for name in ("values", "centre", "scale", "mouth", "visibility")}
    made = {"has_face": lips.has_face, "normalised": lips.normalised, "visible": lips.visible}
    return {**kept, **made, "column": lips.column(lips.names[-1])}


def assert_same_lips(one: LipFeatures, other: LipFeatures) -> None:
    np.testing.assert_array_equal(one.times.times, other.times.times)
    for name, expected in arrays_of(one).items():
        np.testing.assert_array_equal(arrays_of(other)[name], expected, err_msg=name)


def assert_same_faces(one: ClipFaces, other: ClipFaces) -> None:
    np.testing.assert_array_equal(one.shots, other.shots)
    for face, again in zip(one.faces, other.faces, strict=True):
        assert (face.number, face.centre, face.width) == (again.number, again.centre, again.width)
        assert_same_lips(face.lips, again.lips)


@pytest.fixture(scope="module")
def two_faces(generated_clip: GeneratedClip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two faces side by side, the second one gone after a second."""
    pictures = [frame.image for frame in read_frames(generated_clip.path, colour=True)][:50]
    doubled = (np.hstack([x, x if k < 25 else np.full_like(x, 128)]) for k, x in enumerate(pictures))
    return write_clip(tmp_path_factory.mktemp("two") / "two.mp4", doubled, Fraction(25), None)


def test_faces_are_the_same_on_disk_and_in_the_cache(two_faces: Path, in_both: Callable, tmp_path: Path) -> None:
    memory, disk = in_both(lambda: read_faces(two_faces))
    assert len(memory.faces) == 2
    assert not on_disk(memory.faces[0].lips.values)
    assert all(on_disk(x) for x in (disk.faces[1].lips.values, disk.faces[1].lips.mouth, disk.shots))
    assert_same_faces(memory, disk)
    stored, loaded = in_both(lambda: cached_faces(two_faces, tmp_path))
    (file,) = tmp_path.rglob("*.npz")
    with np.load(file) as data, (tmp_path / "again.npz").open("wb") as again:
        np.savez(again, **data)
    plain = (tmp_path / "again.npz").read_bytes()[:-2]  # before its length of the comment, which holds the seal
    assert file.read_bytes()[: len(plain)] == plain
    assert on_disk(loaded.faces[0].lips.values)
    assert_same_faces(memory, stored)
    assert_same_faces(memory, loaded)
    chosen = np.where(np.arange(len(memory.times)) % 3, 1, 2)
    assert_same_lips(*in_both(lambda: memory.joined(chosen)))


@pytest.mark.parametrize("n_frames", [2, 9, 71])
def test_features_block_by_block_are_those_at_once(n_frames: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where faces are lost for longer than a block."""
    noise = np.random.default_rng(n_frames)
    points = (200 + noise.normal(scale=50, size=(68, 2)) + noise.normal(size=(n_frames, 68, 2))).astype(np.float32)
    points[20:45], points[60:61] = np.nan, np.nan
    pictures = np.abs(noise.normal(size=(n_frames, 24)))
    pictures[np.isnan(points[:, 0, 0])] = np.nan
    times = [FrameTimes(np.arange(n_frames) / rate, n_frames / rate, Fraction(rate)) for rate in (50, 30)]

    def made() -> tuple[LipFeatures, LipFeatures]:
        lips = lip_features.lip_features(Landmarks(points, times[0]), pictures)
        return lips, shown_at(lips, times[1])

    at_once = made()
    for module in (clip_faces, landmarks, lip_features, visibility):
        monkeypatch.setattr(module, "_BLOCK", 7)
    for whole, in_blocks in zip(at_once, made(), strict=True):
        assert_same_lips(whole, in_blocks)


LISTENING = """
import resource, sys
import numpy as np
from visalign.lips import clip_faces
from visalign.lips import landmarks
from visalign.lips import lip_features
from visalign.lips import visibility
from visalign.files import scratch
from visalign.sound.quality import audio_quality
from visalign.lips.clip_faces import ClipFaces, read_faces
from visalign.sound.enhancement import enhance
from visalign.signals import Audio
from visalign.files.scratch import GrowingArray
from visalign.sound.speech import log_mel
from visalign.sound.voice_activity import find_speech

sound, noise = GrowingArray((), np.float32), np.random.default_rng(0)
for second in range(60 * int(sys.argv[1])):
    sound.extend(noise.normal(scale=0.1 if second % 3 else 0.001, size=16000).astype(np.float32))
audio = Audio(sound.array(), 16000)
audio_quality(audio), find_speech(audio), log_mel(audio), enhance(audio, "highpass:80,subtract,loudness:-23")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


LOOKING = """
import resource, sys
from fractions import Fraction
import numpy as np
from visalign.lips.landmarks import Landmarks
from visalign.lips.lip_features import lip_features
from visalign.files.scratch import GrowingArray
from visalign.timeline import FrameTimes

n, noise = 1500 * int(sys.argv[1]), np.random.default_rng(0)
points, pictures = GrowingArray((68, 2), np.float32), GrowingArray((24,), np.float64)
face = noise.normal(200, 50, (68, 2))
for _ in range(0, n, 500):
    points.extend(face + noise.normal(size=(500, 68, 2)))
    pictures.extend(np.abs(noise.normal(size=(500, 24))))
lips = lip_features(Landmarks(points.array(), FrameTimes(np.arange(n) / 25, n / 25, Fraction(25))), pictures.array())
lips.normalised, lips.has_face
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


def peak_bytes(program: str, minutes: int) -> int:
    command = [sys.executable, "-c", program, str(minutes)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True, timeout=250).stdout)


@pytest.mark.slow
def test_six_minutes_more_of_sound_take_hardly_more_memory() -> None:
    """Their samples alone are 23 MB; what stays in memory is their spectrum, 3 MB."""
    assert peak_bytes(LISTENING, 12) < peak_bytes(LISTENING, 6) + 10e6


@pytest.mark.slow
def test_twenty_minutes_more_of_a_face_take_hardly_more_memory() -> None:
    """Their table alone is 26 MB, and their landmarks 16 MB."""
    assert peak_bytes(LOOKING, 30) < peak_bytes(LOOKING, 10) + 20e6
