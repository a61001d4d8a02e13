"""The copy of a clip that a page shows: pictures and sound stay where they are in time."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from visalign import Audio, LipFeatures, read_audio
from visalign.face.generated_clip import GeneratedClip
from visalign.media.clips import read_frames
from visalign.media.ffmpeg import encoding
from visalign.media.viewing_copy import PICTURE_PX, ViewingCopy, make_viewing_copy, mouth_boxes


@pytest.fixture(scope="module")
def copy(generated_clip: GeneratedClip, generated_lips: LipFeatures) -> ViewingCopy:
    sound = read_audio(generated_clip.path, 32000)
    return make_viewing_copy(generated_clip.path, generated_lips.times.times, generated_lips.mouth, sound, stills=(7,))


@pytest.fixture(scope="module")
def copied(copy: ViewingCopy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("copy") / "copy.mp4"
    path.write_bytes(copy.data)
    return path


def test_every_picture_is_shown_at_its_time(copied: Path, generated_lips: LipFeatures) -> None:
    times = [frame.time for frame in read_frames(copied)]
    assert times == pytest.approx(generated_lips.times.times.tolist(), abs=1e-4)


def test_the_sound_is_not_moved_by_a_sample(copied: Path, generated_clip: GeneratedClip) -> None:
    before, after = (read_audio(path, 32000).samples for path in (generated_clip.path, copied))
    n = min(len(before), len(after))
    spectra = (np.fft.rfft(samples[:n], 2 * n) for samples in (before, after))
    a, b = spectra
    assert np.fft.irfft(np.conj(a) * b).argmax() == 0


def test_the_mouth_stands_below_the_picture(copy: ViewingCopy, copied: Path, generated_clip: GeneratedClip) -> None:
    left, top, width, height = copy.mouth_px
    assert (left, width / height) == (0, pytest.approx(4 / 3, abs=0.02))
    assert copy.picture_height_px <= top
    assert copy.height_px == top + height
    frame = next(iter(read_frames(copied, colour=True))).image
    whole = next(iter(read_frames(generated_clip.path, colour=True))).image
    x, y, w, h = copy.boxes[0]
    cut = whole[round(y) : round(y + h), round(x) : round(x + w)]
    assert frame[top:, :width].mean(axis=(0, 1)) == pytest.approx(cut.mean(axis=(0, 1)), abs=4)
    assert frame[: copy.picture_height_px].shape[:2] == whole.shape[:2]


def test_stills_are_pictures_of_the_mouth(copy: ViewingCopy) -> None:
    assert list(copy.stills) == [7]
    with av.open(io.BytesIO(copy.stills[7]), format="mjpeg") as container:
        picture = next(container.decode(video=0))
    assert (picture.width, picture.height) == copy.mouth_px[2:]


def test_the_same_clip_gives_the_same_bytes(
    copy: ViewingCopy, generated_clip: GeneratedClip, generated_lips: LipFeatures
) -> None:
    sound = read_audio(generated_clip.path, 32000)
    again = make_viewing_copy(generated_clip.path, generated_lips.times.times, generated_lips.mouth, sound, stills=(7,))
    assert again.data == copy.data
    assert again.stills == copy.stills


def uneven_clip(path: Path, times_ms: list[int], size: tuple[int, int]) -> Path:
    """A silent clip of grey pictures, each a shade brighter, at these times."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = (*size, "yuv420p")
        stream.codec_context.time_base = Fraction(1, 1000)
        for k, ms in enumerate(times_ms):
            frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), 60 + 10 * k, np.uint8), format="rgb24")
            frame.pts, frame.time_base = ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_varying_frame_rate_stays_as_it_is_and_large_pictures_shrink(tmp_path: Path) -> None:
    times = [0, 40, 57, 300, 301, 900]
    clip = uneven_clip(tmp_path / "uneven.mp4", times, (1280, 720))
    seconds = np.array(times) / 1000
    copy = make_viewing_copy(clip, seconds, None, Audio(np.zeros(32000, np.float32), 32000))
    (tmp_path / "copy.mp4").write_bytes(copy.data)
    frames = list(read_frames(tmp_path / "copy.mp4"))
    assert [frame.time for frame in frames] == pytest.approx(seconds.tolist(), abs=1e-4)
    assert (copy.width_px, copy.picture_height_px) == (PICTURE_PX, 270)
    shades = [float(frame.image[:200].mean()) for frame in frames]
    assert shades == sorted(shades)
    assert np.isnan(copy.boxes).all()


def test_boxes_are_steady_and_bridge_frames_without_a_face() -> None:
    rng = np.random.default_rng(0)
    shape = np.stack([np.linspace(-20, 20, 20), np.zeros(20)], axis=1)
    mouth = (np.array([100.0, 80.0]) + shape + rng.normal(0, 1, (100, 1, 2))).astype(np.float32)
    mouth[40:50] = np.nan
    boxes = mouth_boxes(mouth, np.arange(100) * 0.04)
    assert np.isfinite(boxes).all()
    assert np.abs(np.diff(boxes, axis=0)).max() < 0.5
    assert boxes[:, 0] + boxes[:, 2] / 2 == pytest.approx(np.full(100, 100.0), abs=1.0)


def test_boxes_jump_with_the_face_and_do_not_glide_to_it() -> None:
    shape = np.stack([np.linspace(-20, 20, 20), np.zeros(20)], axis=1)
    centres = np.where(np.arange(100)[:, None] < 60, [100.0, 80.0], [460.0, 90.0])
    mouth = (centres[:, None, :] + shape).astype(np.float32)
    mouth[55:60] = np.nan  # nobody is seen for a moment
    boxes = mouth_boxes(mouth, np.arange(100) * 0.04)
    middles = boxes[:, 0] + boxes[:, 2] / 2
    assert set(np.round(middles).tolist()) == {100.0, 460.0}
    seen = np.isfinite(mouth[:, 0, 0])
    assert middles[seen] == pytest.approx(centres[seen, 0], abs=0.1)
    alone = mouth_boxes(mouth[:1], np.zeros(1))
    assert alone[0, 0] + alone[0, 2] / 2 == pytest.approx(100.0)


def test_an_encoder_that_fails_had_too_little_memory() -> None:
    """What x264 raises where it gets none: no error of the file's, and nothing that says so."""
    with pytest.raises(MemoryError), encoding():
        raise av.error.ExternalError(542398533, "Generic error in an external library")
