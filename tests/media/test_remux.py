"""Sound moved against picture, in every container and codec that is written; what else is in a file stays."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips_with_clicks import RATE_HZ, flash_time, make_clip, sound_delay
from hypothesis import given, settings
from hypothesis import strategies as st

from visalign.errors import ConfigError, MissingStream, OutputError, TimelineError
from visalign.media.clips import probe, read_channels, write_clip, write_wav
from visalign.media.remux import Piece, Recording, move_sound, put_sound, retime_sound, retimed
from visalign.media.remux.time_map import Retimer
from visalign.signals import Audio, Channels

# Matroska's times are whole milliseconds, so two of them can differ by one; all others are exact to a sample or two.
TOLERANCE = 0.0011

SAME_CONTAINER = [
    *[("mp4", codec) for codec in ("aac", "libmp3lame", "ac3", "libopus", "flac")],
    *[("mov", codec) for codec in ("aac", "pcm_s16le")],
    *[("mkv", codec) for codec in ("aac", "libmp3lame", "ac3", "libopus", "flac", "pcm_s16le")],
    ("webm", "libopus"),
    *[("ts", codec) for codec in ("aac", "mp2", "ac3")],
]
OTHER_CONTAINER = [
    ("mp4", "aac", "mkv"),
    ("mp4", "aac", "mov"),
    ("mkv", "aac", "mp4"),
    ("mkv", "libopus", "mp4"),
    ("mov", "pcm_s16le", "mkv"),
    ("ts", "mp2", "mkv"),
    ("ts", "aac", "mp4"),
    ("webm", "libopus", "mkv"),
]
DELAYS = (0.12, -0.12, 0.0333, -0.7)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("remux")


def _clip(folder: Path, container: str, codec: str) -> Path:
    path = folder / f"{codec}.{container}"
    return (
        path
        if path.exists()
        else make_clip(path, codec, video_codec="libvpx-vp9" if container == "webm" else "libx264")
    )


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize(("container", "codec"), SAME_CONTAINER)
def test_copied_sound_is_moved_by_the_delay(
    clips: Path, tmp_path: Path, container: str, codec: str, delay: float
) -> None:
    source, target = _clip(clips, container, codec), tmp_path / f"moved.{container}"
    move_sound(source, target, delay)
    assert sound_delay(target) - sound_delay(source) == pytest.approx(delay, abs=TOLERANCE)


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize(("container", "codec", "other"), OTHER_CONTAINER)
def test_sound_keeps_its_place_in_another_container(
    clips: Path, tmp_path: Path, container: str, codec: str, other: str, delay: float
) -> None:
    source, target = _clip(clips, container, codec), tmp_path / f"moved.{other}"
    move_sound(source, target, delay)
    assert sound_delay(target) - sound_delay(source) == pytest.approx(delay, abs=TOLERANCE)


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize(("container", "codec"), SAME_CONTAINER)
def test_padded_sound_is_exact_and_keeps_its_length(
    clips: Path, tmp_path: Path, container: str, codec: str, delay: float
) -> None:
    source, target = _clip(clips, container, codec), tmp_path / f"padded.{container}"
    retime_sound(source, target, [Piece(0.0, delay)])
    assert sound_delay(target) - sound_delay(source) == pytest.approx(delay, abs=0.0002)
    before, after = probe(source), probe(target)
    assert after.audio[0].start == pytest.approx(0.0, abs=1e-9)  # no player has to know when it starts
    assert after.audio[0].codec == before.audio[0].codec
    assert after.duration == pytest.approx(before.duration, abs=0.045)  # a frame of the codec and its padding


@pytest.mark.parametrize(("video_codec", "name"), [("libx265", "h.mp4"), ("mpeg4", "m.mkv"), ("libvpx-vp9", "v.mkv")])
def test_other_pictures_are_copied_too(tmp_path: Path, video_codec: str, name: str) -> None:
    source = make_clip(tmp_path / name, video_codec=video_codec)
    target = tmp_path / f"moved{source.suffix}"
    move_sound(source, target, -0.12)
    assert sound_delay(target) - sound_delay(source) == pytest.approx(-0.12, abs=TOLERANCE)


def _packets(path: Path) -> dict[int, list[bytes]]:
    with av.open(str(path)) as clip:
        held = dict[int, list[bytes]]()
        for packet in clip.demux():
            if packet.size:
                held.setdefault(packet.stream_index, []).append(bytes(packet))
        return held


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
def test_copied_packets_are_the_same_bytes(tmp_path: Path, name: str) -> None:
    source, target = make_clip(tmp_path / name), tmp_path / f"moved{Path(name).suffix}"
    move_sound(source, target, 0.12)
    assert _packets(target) == _packets(source)


def test_same_clip_gives_the_same_bytes(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mkv", rich=True)
    for name in ("b.mkv", "c.mkv"):
        move_sound(source, tmp_path / name, 0.12)
    assert (tmp_path / "b.mkv").read_bytes() == (tmp_path / "c.mkv").read_bytes()


@pytest.mark.parametrize("delay", [0.12, -0.12])
def test_everything_else_stays_in_matroska(tmp_path: Path, delay: float) -> None:
    source, target = make_clip(tmp_path / "rich.mkv", n_tracks=2, rich=True), tmp_path / "moved.mkv"
    left_out = move_sound(source, target, delay, track=2)
    assert left_out == ()
    # the other language is not moved
    assert sound_delay(target, 1) == pytest.approx(sound_delay(source, 1), abs=TOLERANCE)
    assert sound_delay(target, 2) - sound_delay(source, 2) == pytest.approx(delay, abs=TOLERANCE)
    with av.open(str(source)) as a, av.open(str(target)) as b:
        assert (
            [s.type for s in a.streams]
            == [s.type for s in b.streams]
            == ["video", *["audio"] * 2, "subtitle", "attachment"]
        )
        assert [s.metadata.get("language") for s in b.streams][1:4] == ["eng", "deu", "fra"]
        assert (b.metadata["title"], b.metadata["COMMENT"]) == ("Scène 1", "take 3")
        assert [c["metadata"]["title"] for c in b.chapters()] == ["One", "Two"]
        start = float(b.chapters()[1]["start"] * b.chapters()[1]["time_base"])
        subtitle = next(p for p in b.demux() if p.stream.type == "subtitle" and p.size)
        spoken = float(subtitle.pts * subtitle.time_base)
    # whatever the file was moved by as a whole, chapter and subtitle stay where they were in the picture
    shown = _picture_start(target)
    assert (start - shown, spoken - shown) == (pytest.approx(1.0, abs=TOLERANCE), pytest.approx(0.5, abs=TOLERANCE))


def _picture_start(path: Path) -> float:
    with av.open(str(path)) as clip:
        stream = clip.streams.video[0]
        return float(stream.start_time * stream.time_base)


@pytest.mark.parametrize("suffix", [".mov", ".mp4"])
@pytest.mark.parametrize("delay", [0.12, -0.12])
def test_everything_else_stays_in_mp4(tmp_path: Path, suffix: str, delay: float) -> None:
    source = make_clip(tmp_path / f"a{suffix}", rich=True, n_tracks=2, timecode="10:00:00:00", rotation_degrees=90)
    target = tmp_path / f"b{suffix}"
    assert move_sound(source, target, delay) == ()
    assert flash_time(target) == pytest.approx(1.0, abs=0.0005)
    with av.open(str(target)) as clip:
        assert clip.streams.video[0].metadata["timecode"] == "10:00:00:00"
        assert len(clip.streams.audio) == 2
        assert clip.metadata["title"] == "Scène 1"
        assert [float(c["start"] * c["time_base"]) for c in clip.chapters()] == [0.0, 1.0]
    assert probe(target).video[0].rotation_degrees == probe(source).video[0].rotation_degrees == 90


def test_all_tracks_can_be_moved(tmp_path: Path) -> None:
    source, target = make_clip(tmp_path / "a.mp4", n_tracks=2), tmp_path / "b.mp4"
    move_sound(source, target, 0.12, all_tracks=True)
    assert [sound_delay(target, i) for i in (1, 2)] == [pytest.approx(0.12, abs=TOLERANCE)] * 2


def test_padding_leaves_the_other_track_alone(tmp_path: Path) -> None:
    source, target = make_clip(tmp_path / "a.mkv", "flac", n_tracks=2, rich=True), tmp_path / "b.mkv"
    retime_sound(source, target, [Piece(0.0, -0.12)], track=1)
    assert [sound_delay(target, i) for i in (1, 2)] == [
        pytest.approx(-0.12, abs=TOLERANCE),
        pytest.approx(0.0, abs=TOLERANCE),
    ]
    assert [s.metadata.get("language") for s in av.open(str(target)).streams.audio] == ["eng", "deu"]


def test_padding_beside_a_track_that_needs_room(tmp_path: Path) -> None:
    # AAC's priming comes before 0, which Matroska can't hold: the whole file moves, and the new track must too
    source, target = make_clip(tmp_path / "a.mkv", "aac", n_tracks=2), tmp_path / "b.mkv"
    retime_sound(source, target, [Piece(0.0, 0.12)], track=2)
    assert sound_delay(target, 1) == pytest.approx(0.0, abs=TOLERANCE)
    assert sound_delay(target, 2) == pytest.approx(0.12, abs=TOLERANCE)


def test_what_a_container_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"subtitle.*\.mkv"):
        move_sound(make_clip(tmp_path / "a.mkv", rich=True), tmp_path / "b.mp4", 0.1)
    with pytest.raises(OutputError, match=r"b\.mov.*\.mkv"):
        move_sound(make_clip(tmp_path / "c.mkv", "flac"), tmp_path / "b.mov", 0.1)
    with pytest.raises(ConfigError, match=r"\.avi.*\.mkv"):
        move_sound(tmp_path / "a.mkv", tmp_path / "b.avi", 0.1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mkv", "c.mkv"]


def test_clip_without_sound_is_refused(tmp_path: Path) -> None:
    silent = write_clip(tmp_path / "a.mp4", [np.zeros((64, 64, 3), np.uint8)] * 3, Fraction(25), None)
    with pytest.raises(MissingStream):
        move_sound(silent, tmp_path / "b.mp4", 0.1)
    assert not (tmp_path / "b.mp4").exists()


# ---- time maps ----


@given(st.integers(-2000, 2000), st.integers(1, 3000))
def test_plain_delays_move_whole_samples(n_delay: int, n_samples: int) -> None:
    sound = np.arange(1, n_samples + 1, dtype=np.float32)[:, None]
    expected = np.zeros_like(sound)
    low, high = max(0, n_delay), min(n_samples, n_samples + n_delay)
    if low < high:
        expected[low:high] = sound[low - n_delay : high - n_delay]
    assert np.array_equal(retimed(sound, 1000, [Piece(0.0, n_delay / 1000)]), expected)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.integers(1, 3000), min_size=1, max_size=12),
    st.sampled_from([[Piece(0.0, 0.05)], [Piece(0.0, 0.1), Piece(0.5, -0.03)], [Piece(0.2, 0.01, 1.001)]]),
)
def test_blocks_of_any_size_give_the_same_sound(sizes: list[int], pieces: list[Piece]) -> None:
    sound = np.random.default_rng(0).normal(size=(sum(sizes), 2)).astype(np.float32)
    retimer, made = Retimer(8000, pieces), []
    for start, size in zip(np.cumsum([0, *sizes]), sizes, strict=False):
        made += list(retimer.push(sound[start : start + size]))
    made += list(retimer.finish())
    assert np.allclose(np.concatenate(made), retimed(sound, 8000, pieces), atol=1e-6)


@pytest.mark.parametrize("stretch", [0.96, 0.999, 1.00002, 1.001, 1.04])
@pytest.mark.parametrize("frequency_hz", [200, 3000, 15000])
def test_stretch_is_clean_interpolation(stretch: float, frequency_hz: int) -> None:
    t = np.arange(2 * RATE_HZ) / RATE_HZ
    tone = np.sin(2 * np.pi * frequency_hz * t).astype(np.float32)[:, None]
    made = retimed(tone, RATE_HZ, [Piece(0.0, 0.01, stretch)])[:, 0]
    expected = np.sin(2 * np.pi * frequency_hz * (t - 0.01) / stretch)
    inside = slice(1000, round(1.8 * RATE_HZ))
    assert np.abs(made - expected)[inside].max() < 1e-3  # -60 dB


def test_pieces_cut_and_leave_silence() -> None:
    sound = np.ones((1000, 1), np.float32)
    later = retimed(sound, 1000, [Piece(0.0, 0.0), Piece(0.5, 0.1)], 1100)[:, 0]
    assert np.all(later[510:590] == 0)
    assert np.all(later[610:] == 1)
    earlier = retimed(sound, 1000, [Piece(0.0, 0.0), Piece(0.5, -0.1)])[:, 0]
    assert np.all(earlier[420:890] == 1)
    assert np.all(earlier[910:] == 0)


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [Piece(0.0, float("nan"))],
        [Piece(0.0, 0.0, 2.0)],
        [Piece(1.0, 0.0), Piece(0.5, 0.0)],
        [Piece(0.0, 0.5), Piece(0.2, 0.0)],
    ],
)
def test_contradicting_pieces_are_refused(pieces: list[Piece]) -> None:
    with pytest.raises(TimelineError):
        retimed(np.zeros((10, 1), np.float32), 1000, pieces)


# ---- other sound ----


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mp4", "flac"), (".mov", "pcm_s24le"), (".mkv", "flac"), (".mkv", "pcm_s16le")]
)
def test_put_sound_is_there_to_the_sample(tmp_path: Path, suffix: str, codec: str) -> None:
    source = make_clip(tmp_path / f"a{suffix}", rich=True)
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (RATE_HZ, 2)).astype(np.float32)
    put_sound(source, tmp_path / f"b{suffix}", Recording.of(Channels(samples, RATE_HZ, "stereo"), codec))
    found = probe(tmp_path / f"b{suffix}").audio
    assert len(found) == 2
    heard = read_channels(tmp_path / f"b{suffix}", track=found[1].index)
    assert heard.layout == "stereo"
    start = round(flash_time(tmp_path / f"b{suffix}") * RATE_HZ) - RATE_HZ
    assert np.abs(heard.samples[start : start + RATE_HZ] - samples).max() < 2**-15
    assert sound_delay(tmp_path / f"b{suffix}", 1) == pytest.approx(sound_delay(source), abs=TOLERANCE)


def test_put_sound_can_replace(tmp_path: Path) -> None:
    source, tone = make_clip(tmp_path / "a.mp4"), np.full((RATE_HZ, 1), 0.25, np.float32)
    put_sound(source, tmp_path / "b.mp4", Recording([tone], RATE_HZ, "mono"), replace=1)
    put_sound(source, tmp_path / "c.mp4", Recording([tone], RATE_HZ, "mono"), drop_sound=True)
    for name in ("b.mp4", "c.mp4"):
        (sound,) = probe(tmp_path / name).audio
        assert (sound.n_channels, sound.codec) == (1, "aac")
        assert np.median(read_channels(tmp_path / name).samples) == pytest.approx(0.25, abs=0.01)


def test_wav_with_nameless_channels_can_be_put_in(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", Audio(np.zeros((4800, 2), np.float32), RATE_HZ))
    assert read_channels(tmp_path / "a.wav").layout == "stereo"
