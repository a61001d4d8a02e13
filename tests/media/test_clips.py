"""Sound and picture on one clock, from whatever container; every clip is made here."""

from __future__ import annotations

import dataclasses
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from visalign.errors import ConfigError, MediaError, MissingStream, OutputError
from visalign.media.clips import probe, read_audio, read_frames, resize_luma, write_clip, write_wav
from visalign.signals import Audio

RATE_HZ = 48000
FLASH = CLICK = 1.0  # seconds
DURATION = 2.0
SIZE = (96, 128)  # height, width


def click(rate_hz: int = RATE_HZ) -> npt.NDArray[np.float32]:
    """Silence but for 5 ms from `CLICK` on."""
    samples = np.zeros(int(DURATION * rate_hz), np.float32)
    start = int(CLICK * rate_hz)
    samples[start : start + rate_hz // 200] = 0.9
    return samples


def flash(size: tuple[int, int] = SIZE) -> Iterator[npt.NDArray[np.uint8]]:
    """Dark pictures but for the one shown at `FLASH`, 25 a second; the top left quarter is always grey."""
    for index in range(int(DURATION * 25)):
        image = np.full((*size, 3), 255 if index == FLASH * 25 else 20, np.uint8)
        image[: size[0] // 2, : size[1] // 2] = 128
        yield image


def click_time(path: Path) -> float:
    audio = read_audio(path)
    loud = np.abs(audio.samples)
    return float(np.argmax(loud > 0.4 * loud.max()) / audio.rate_hz)


def flash_times(path: Path) -> list[float]:
    return [frame.time for frame in read_frames(path) if frame.image[-SIZE[0] // 4 :, -SIZE[1] // 4 :].mean() > 128]


def mux(
    path: Path,
    *,
    codec: str = "aac",
    video_codec: str = "libx264",
    pixel_format: str = "yuv420p",
    sound_delay: float = 0.0,
    picture_delay: float = 0.0,
    sound_jump: float = 0.0,
    time_of: Callable[[int], float] = lambda index: index / 25,
    rotation_degrees: int | None = None,
    layout: str = "stereo",
) -> Path:
    """A clip with a flash and a click, with everything under control that `write_clip` decides by itself."""
    with av.open(f"file:{path}", "w") as container:
        video = container.add_stream(video_codec, rate=25)
        video.height, video.width, video.pix_fmt = *SIZE, pixel_format
        video.codec_context.time_base = Fraction(1, 1000)
        if rotation_degrees is not None:
            video.set_display_rotation(rotation_degrees)
        sound = container.add_stream(codec, rate=RATE_HZ, layout=layout)
        for index, image in enumerate(flash()):
            frame = av.VideoFrame.from_ndarray(image)
            frame.pts, frame.time_base = round(1000 * (time_of(index) + picture_delay)), Fraction(1, 1000)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        widen = av.AudioResampler("s16" if codec.startswith("pcm") else "fltp", layout, RATE_HZ)
        samples = click()
        for start in range(0, len(samples), 1024):
            block = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], format="flt", layout="mono")
            jump = sound_jump if start >= 1.5 * RATE_HZ else 0.0
            block.pts, block.sample_rate = start, RATE_HZ
            for wide in widen.resample(block):
                wide.pts, wide.time_base = start + round((sound_delay + jump) * RATE_HZ), Fraction(1, RATE_HZ)
                container.mux(sound.encode(wide))
        container.mux(sound.encode(None))
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("media") / "clip.mp4"
    return write_clip(path, flash(), Fraction(25), Audio(click(), RATE_HZ))


# ---- one clock ----


@pytest.mark.parametrize("rate_hz", [11000, 16000, 44100, 48000])
def test_written_clip_reads_back_in_sync(tmp_path: Path, rate_hz: int) -> None:
    path = write_clip(tmp_path / "clip.mp4", flash(), Fraction(25), Audio(click(rate_hz), rate_hz))
    assert flash_times(path) == [pytest.approx(FLASH, abs=1e-6)]
    assert click_time(path) == pytest.approx(CLICK, abs=0.0005)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("clip.mp4", {}),
        ("clip.mkv", {}),
        ("clip.mov", {"codec": "pcm_s16le"}),
        ("clip.ts", {}),
        ("opus.mkv", {"codec": "libopus"}),
        ("clip.webm", {"codec": "libopus", "video_codec": "libvpx-vp9"}),
        ("ten_bit.mkv", {"pixel_format": "yuv420p10le"}),
        ("surround.mp4", {"layout": "5.1"}),
        ("cinema.mp4", {"layout": "7.1"}),
        ("late_sound.mp4", {"sound_delay": 0.1}),
        ("late_sound.mkv", {"sound_delay": 0.1}),
        ("late_sound.ts", {"sound_delay": 0.1}),
        ("late_picture.mp4", {"picture_delay": 0.1}),
        ("late_picture.mkv", {"picture_delay": 0.1}),
        ("late_start.mkv", {"picture_delay": 5.0, "sound_delay": 5.1}),
        ("phone.mp4", {"time_of": lambda i: i / 25 if i <= 25 else 1 + (i - 25) / 10}),
        ("phone.mkv", {"time_of": lambda i: i / 50 if i < 25 else 1 + (i - 25) / 10}),
    ],
)
def test_sound_and_picture_share_one_clock(tmp_path: Path, name: str, settings: dict[str, object]) -> None:
    path = mux(tmp_path / name, **settings)  # type: ignore[arg-type]
    delay = float(settings.get("sound_delay", 0.0)) - float(settings.get("picture_delay", 0.0))  # type: ignore[arg-type]
    flashes = flash_times(path)
    assert len(flashes) == 1
    assert click_time(path) - flashes[0] == pytest.approx(delay, abs=0.0012)


def test_clock_starts_with_the_first_stream(tmp_path: Path) -> None:
    path = mux(tmp_path / "clip.mkv", picture_delay=5.0, sound_delay=5.1)
    info = probe(path)
    assert info.video[0].start == pytest.approx(0.0, abs=1e-9)
    assert info.audio[0].start == pytest.approx(0.1, abs=0.002)
    assert info.duration == pytest.approx(DURATION + 0.1, abs=0.05)  # Matroska's own says 5 s more
    assert next(read_frames(path)).time == pytest.approx(0.0, abs=1e-9)
    assert not np.any(read_audio(path).samples[: int(0.09 * 16000)])


def test_variable_frame_rate_keeps_each_time(tmp_path: Path) -> None:
    path = mux(tmp_path / "phone.mkv", time_of=lambda i: i / 50 if i < 25 else 1 + (i - 25) / 10)
    times = [frame.time for frame in read_frames(path)]
    expected = [i / 50 if i < 25 else 1 + (i - 25) / 10 for i in range(50)]
    assert times == pytest.approx(expected, abs=0.001)


def test_gap_in_the_sound_becomes_silence(tmp_path: Path) -> None:
    whole, torn = mux(tmp_path / "whole.mkv"), mux(tmp_path / "torn.mkv", sound_jump=0.5)
    assert click_time(torn) == pytest.approx(CLICK, abs=0.0005)
    assert read_audio(torn).duration - read_audio(whole).duration == pytest.approx(0.5, abs=0.002)


# ---- sound ----


@pytest.mark.parametrize("rate_hz", [8000, 16000, 22050, 44100])
def test_resampling_adds_no_delay(tmp_path: Path, rate_hz: int) -> None:
    path = write_wav(tmp_path / "click.wav", Audio(click(rate_hz), rate_hz))
    audio = read_audio(path)
    assert audio.rate_hz == 16000
    assert audio.duration == pytest.approx(DURATION, abs=1 / 16000)
    assert click_time(path) == pytest.approx(CLICK, abs=2 / 16000)


def test_wav_keeps_sixteen_bits(tmp_path: Path) -> None:
    samples = np.linspace(-1, 1, 5000, dtype=np.float32)
    audio = read_audio(write_wav(tmp_path / "ramp.wav", Audio(samples, 16000)))
    assert audio.samples.dtype == np.float32
    np.testing.assert_allclose(audio.samples, samples, atol=1.01 / 32768)


@pytest.mark.parametrize("n_channels", [1, 2, 3, 6, 8, 16])
def test_any_number_of_channels(tmp_path: Path, n_channels: int) -> None:
    path = tmp_path / "wide.wav"
    soundfile.write(path, np.repeat(click()[:, None], n_channels, axis=1), RATE_HZ)
    assert click_time(path) == pytest.approx(CLICK, abs=2 / 16000)
    assert np.abs(read_audio(path).samples).max() > 0.3


def test_channels_of_opposite_polarity_do_not_cancel(tmp_path: Path) -> None:
    path = tmp_path / "inverted.wav"
    soundfile.write(path, np.stack([0.5 * click(), -click()], axis=1), RATE_HZ)
    soundfile.write(tmp_path / "mono.wav", -click(), RATE_HZ)
    mono = read_audio(tmp_path / "mono.wav").samples
    np.testing.assert_allclose(read_audio(path).samples, mono / 4, atol=1e-3)
    soundfile.write(path, np.stack([0.9 * click(), -click()], axis=1), RATE_HZ)
    np.testing.assert_allclose(read_audio(path).samples, mono, atol=1e-4)


def test_numbers_that_are_none_become_silence(tmp_path: Path) -> None:
    samples = click()
    samples[100:200], samples[300:310], samples[400] = np.nan, np.inf, 1e30
    soundfile.write(tmp_path / "float.wav", samples, RATE_HZ, subtype="FLOAT")
    audio = read_audio(tmp_path / "float.wav")
    assert np.all(np.abs(audio.samples) <= 1)
    assert np.argmax(np.abs(audio.samples[1000:]) > 0.4) + 1000 == pytest.approx(CLICK * 16000, abs=2)


def test_audio_can_be_replaced() -> None:
    audio = Audio(click(), RATE_HZ)
    half = dataclasses.replace(audio, samples=audio.samples[: RATE_HZ // 2])
    assert half.duration == pytest.approx(0.5)
    assert audio.duration == pytest.approx(DURATION)


# ---- pictures ----


@pytest.mark.parametrize(("degrees", "corner"), [(0, (0, 0)), (90, (-1, 0)), (180, (-1, -1)), (-90, (0, -1))])
def test_pictures_stand_upright(tmp_path: Path, degrees: int, corner: tuple[int, int]) -> None:
    path = mux(tmp_path / "phone.mp4", rotation_degrees=degrees)
    image = next(read_frames(path)).image
    assert image.shape == (SIZE if degrees in (0, 180) else SIZE[::-1])
    quarters = {(y, x): image[y * 10 :, x * 10 :][:10, :10].mean() for y in (0, -1) for x in (0, -1)}
    assert max(quarters, key=lambda key: quarters[key]) == corner
    assert probe(path).video[0].rotation_degrees == degrees % 360
    assert next(read_frames(path, colour=True)).image.shape == (*image.shape, 3)


def test_luma_and_colour(clip: Path) -> None:
    luma, colour = next(read_frames(clip)).image, next(read_frames(clip, colour=True)).image
    assert luma.dtype == colour.dtype == np.uint8
    assert luma.shape == SIZE
    assert colour.shape == (*SIZE, 3)
    assert luma.flags.c_contiguous
    assert colour.flags.c_contiguous
    assert colour[-1, -1] == pytest.approx([20, 20, 20], abs=3)
    assert luma[5, 5] > luma[-1, -1]


def test_colours_survive_writing(tmp_path: Path) -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:] = (200, 60, 30)
    path = write_clip(tmp_path / "red.mp4", [image] * 3, Fraction(25), None)
    assert next(read_frames(path, colour=True)).image[32, 32] == pytest.approx([200, 60, 30], abs=6)


def test_odd_sizes_gain_a_row_and_a_column(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "odd.mp4", flash((95, 127)), Fraction(25), None)
    assert next(read_frames(path)).image.shape == SIZE


def test_wide_pixels_become_square(tmp_path: Path) -> None:
    path = tmp_path / "anamorphic.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.height, video.width, video.pix_fmt = *SIZE, "yuv420p"
        video.codec_context.sample_aspect_ratio = Fraction(64, 45)
        for image in flash():
            container.mux(video.encode(av.VideoFrame.from_ndarray(image)))
        container.mux(video.encode(None))
    assert next(read_frames(path)).image.shape == (SIZE[0], round(SIZE[1] * 64 / 45))


def test_times_increase_strictly(clip: Path) -> None:
    times = [frame.time for frame in read_frames(clip)]
    assert np.all(np.diff(times) > 0)
    assert len(times) == int(DURATION * 25)


def test_file_is_closed_when_the_reader_is(clip: Path) -> None:
    open_files = Path("/proc/self/fd")
    before = len(list(open_files.iterdir())) if open_files.is_dir() else 0
    reader = read_frames(clip)
    next(reader)
    reader.close()
    with pytest.raises(StopIteration):
        next(reader)
    if open_files.is_dir():
        assert len(list(open_files.iterdir())) == before


def test_frames_outlive_their_reader(clip: Path) -> None:
    frames = list(read_frames(clip))
    assert frames[25].image[-1, -1] > 200 > frames[24].image[-1, -1]


def test_resize_luma_keeps_the_picture() -> None:
    ramp = np.repeat(np.arange(0, 200, 2, dtype=np.uint8)[None], 50, axis=0)
    large = resize_luma(ramp, 400, 200)
    assert large.shape == (200, 400)
    assert large[100, 200] == pytest.approx(100, abs=2)
    assert resize_luma(ramp, 50, 25)[12, 25] == pytest.approx(101, abs=3)


# ---- probe and tracks ----


def test_probe_lists_the_streams(clip: Path) -> None:
    info = probe(clip)
    assert info.duration == pytest.approx(DURATION, abs=0.03)
    assert "mp4" in info.container
    (video,), (audio,) = info.video, info.audio
    assert (video.codec, video.width_px, video.height_px, video.rate) == ("h264", SIZE[1], SIZE[0], Fraction(25))
    assert (audio.codec, audio.rate_hz, audio.n_channels) == ("aac", RATE_HZ, 1)


def test_track_is_chosen_by_index(clip: Path) -> None:
    index = probe(clip).audio[0].index
    np.testing.assert_array_equal(read_audio(clip, track=index).samples, read_audio(clip).samples)
    with pytest.raises(ConfigError, match="audio track = 7 is not possible; allowed: 1"):
        read_audio(clip, track=7)


def test_cover_picture_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "song.mka"
    with av.open(str(path), "w", format="mp4") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.height, cover.width, cover.pix_fmt = *SIZE, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        sound = container.add_stream("aac", rate=RATE_HZ, layout="mono")
        container.mux(cover.encode(av.VideoFrame.from_ndarray(next(flash()))))
        container.mux(cover.encode(None))
        block = av.AudioFrame.from_ndarray(click()[None], format="fltp", layout="mono")
        block.sample_rate = RATE_HZ
        container.mux(sound.encode(block))
        container.mux(sound.encode(None))
    assert probe(path).video == ()
    with pytest.raises(MissingStream):
        next(read_frames(path))


# ---- files that are not what they should be ----


@pytest.mark.parametrize(
    "name",
    ["12:30.mp4", "-dash.mp4", "%03d.mp4", "new\nline.mp4", "😀.mp4", "concat:a|b.mp4", "a b#?&%20.mp4", "x" * 250],
)
def test_odd_names(tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    shutil.copy(clip, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert click_time(Path(name)) == pytest.approx(CLICK, abs=0.0005)
    assert flash_times(Path(name)) == [pytest.approx(FLASH, abs=1e-6)]


@pytest.fixture
def bad_file(tmp_path: Path, clip: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "bad.mp4"
    kind = request.param
    texts = {
        "text": "hello\n" * 500,
        "ffconcat": f"ffconcat version 1.0\nfile '{clip}'\n",
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:2,\n{clip}\n#EXT-X-ENDLIST\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 96\n",
    }
    if kind in texts:
        path.write_text(texts[kind])
    elif kind == "half":
        path.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    elif kind == "empty":
        path.touch()
    elif kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "broken link":
        path.symlink_to("nowhere")
    elif kind == "picture":
        image = av.VideoFrame.from_ndarray(next(flash())).to_ndarray(format="rgb24")
        path.write_bytes(b"P6 %d %d 255\n" % (image.shape[1], image.shape[0]) + image.tobytes())
    return path


BAD_FILES = {
    "missing": "no such file",
    "empty": "empty",
    "folder": "folder",
    "fifo": "not a regular file",
    "broken link": "link",
    "text": "not a media file",
    "ffconcat": "not a media file",
    "hls": "not a media file",
    "sdp": "not a media file",
    "picture": "not a media file",
    "half": "recording finished",
}


@pytest.mark.parametrize("read", [probe, read_audio, lambda path: next(read_frames(path))])
@pytest.mark.parametrize(("bad_file", "reason"), BAD_FILES.items(), indirect=["bad_file"])
def test_bad_files_are_named_with_cause_and_next_step(
    bad_file: Path, reason: str, read: Callable[[Path], object]
) -> None:
    with pytest.raises(MediaError, match=reason) as caught:
        read(bad_file)
    assert str(bad_file) in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("name", ["http://127.0.0.1/clip.mp4", "pipe:0", "nul\0.mp4", "/dev/zero"])
def test_addresses_and_devices_are_not_opened(name: str) -> None:
    with pytest.raises(MediaError):
        read_audio(name)


def test_missing_streams(tmp_path: Path) -> None:
    silent = write_clip(tmp_path / "silent.mp4", flash(), Fraction(25), None)
    with pytest.raises(MissingStream, match="or the sound as a separate file") as caught:
        read_audio(silent)
    assert caught.value.kind == "audio"
    blind = write_wav(tmp_path / "blind.wav", Audio(click(), RATE_HZ))
    with pytest.raises(MissingStream, match="no video stream"):
        next(read_frames(blind))


def test_damaged_packets_are_skipped_and_counted(tmp_path: Path) -> None:
    path = mux(tmp_path / "damaged.mkv", codec="flac")
    with av.open(str(path)) as container:
        packets = [(packet.pos, bytes(packet)) for packet in container.demux() if packet.size]
    data = path.read_bytes()
    for near, payload in packets[len(packets) // 2 :: 3]:
        start = data.index(payload, near)
        data = data[:start] + bytes(byte ^ 0xFF for byte in payload) + data[start + len(payload) :]
    path.write_bytes(data)
    audio, reader = read_audio(path), read_frames(path)
    frames = list(reader)
    assert audio.decode_errors > 0
    assert reader.decode_errors > 0
    assert len(frames) > 20
    assert np.all(np.diff([frame.time for frame in frames]) > 0)


def test_absurd_sizes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.avi"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mjpeg", rate=25)
        video.height, video.width, video.pix_fmt = 64, 64, "yuvj420p"
        container.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))))
        container.mux(video.encode(None))
    data = path.read_bytes()
    start = data.index(b"\xff\xc0") + 5  # JPEG's start of frame: height and width, two bytes each
    data = data[:start] + (16000).to_bytes(2, "big") * 2 + data[start + 4 :]
    start = data.index(b"strf") + 12  # AVI's stream format: width and height, four bytes each
    data = data[:start] + (16000).to_bytes(4, "little") * 2 + data[start + 8 :]
    path.write_bytes(data)
    with pytest.raises(MediaError, match="16000 x 16000 pixels are too large"):
        next(read_frames(path))


# ---- writing ----


def test_same_input_gives_the_same_bytes(tmp_path: Path, clip: Path) -> None:
    again = write_clip(tmp_path / "again.mp4", flash(), Fraction(25), Audio(click(), RATE_HZ))
    assert again.read_bytes() == clip.read_bytes()


def test_fractional_rate(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "ntsc.mp4", flash(), Fraction(30000, 1001), None)
    assert probe(path).video[0].rate == Fraction(30000, 1001)
    times = [frame.time for frame in read_frames(path)]
    assert times == pytest.approx([i * 1001 / 30000 for i in range(50)], abs=1e-4)


def test_interrupted_clip_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[npt.NDArray[np.uint8]]:
        yield from flash()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_clip(tmp_path / "clip.mp4", broken(), Fraction(25), Audio(click(), RATE_HZ))
    assert not list(tmp_path.iterdir())


def test_clip_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no picture"):
        write_clip(tmp_path / "clip.mp4", [], Fraction(25), None)
    assert not list(tmp_path.iterdir())


def test_full_disk(tmp_path: Path) -> None:
    program = (
        "import resource, sys\nimport numpy as np\nfrom fractions import Fraction\n"
        "from visalign.errors import OutputError\nfrom visalign.signals import Audio\n"
        "from visalign.media.clips import write_clip, write_wav\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "noise = np.random.default_rng(0)\n"
        "images = (noise.integers(0, 255, (96, 128, 3), dtype=np.uint8) for _ in range(50))\n"
        "for write in (lambda: write_clip(sys.argv[1] + '/a.mp4', images, Fraction(25), None),\n"
        "              lambda: write_wav(sys.argv[1] + '/a.wav', Audio(np.ones(90000, np.float32), 16000))):\n"
        "    try:\n        write()\n    except OutputError as error:\n        print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=False, timeout=200
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("writing failed") == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_memory_does_not_grow_with_the_clip(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 255, (360, 640, 3), dtype=np.uint8)
    path = write_clip(tmp_path / "long.mp4", (np.roll(image, i, 1) for i in range(300)), Fraction(25), None)
    for _ in read_frames(path):  # the decoder's own buffers
        pass
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in read_frames(path):
        pass
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kb < 20_000  # all 300 pictures would be 69 MB


@pytest.mark.corpus
def test_grid_clip(corpus: Path) -> None:
    clip = min((corpus / "grid/speakers").glob("*.mpg"))
    frames = list(read_frames(clip))
    assert [frame.time for frame in frames] == pytest.approx(np.arange(75) / 25, abs=1e-6)
    assert frames[0].image.shape == (288, 360)
    assert read_audio(clip).duration == pytest.approx(2.98, abs=0.02)
