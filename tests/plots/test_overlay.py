"""Overlays, read back: every picture at its time, the clip's own sound, and words and tracks that are really there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import av
import numpy as np
import pytest
from clips_with_clicks import FLASH, SIZE, flash_time, make_clip, sound_delay
from sample_report import make_report
from typer.testing import CliRunner

pytest.importorskip("matplotlib")

from visalign.cli import app
from visalign.errors import ConfigError, MediaError, MissingStream, OutputError
from visalign.face.generated_clip import GeneratedClip
from visalign.lips.lip_features import LipFeatures
from visalign.media.clips import probe, read_frames
from visalign.media.ffmpeg import resize_rgb
from visalign.media.remux import put_picture
from visalign.media.viewing_copy import cut_out, mouth_boxes
from visalign.pipeline import check
from visalign.plots.overlay import write_overlay
from visalign.plots.style import VERDICT_INKS
from visalign.reports.clip_report import ClipReport
from visalign.signals import Audio, Frame

WIDTH = 720


@pytest.fixture(scope="module")
def report(generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio) -> ClipReport:
    """Of the generated clip, with its evidence; as if its own sound had been read."""
    made = check(generated_lips, generated_clip.transcript, audio=generated_audio, evidence=True)
    return replace(made, clip=replace(made.clip, audio=None))


@pytest.fixture(scope="module")
def overlay(generated_clip: GeneratedClip, report: ClipReport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The overlay of the generated clip, the picture alone above."""
    out = tmp_path_factory.mktemp("overlay") / "shown.mp4"
    return write_overlay(generated_clip.path, report, out, mouth=False)


def frames_of(path: Path) -> list[Frame]:
    return list(read_frames(path, colour=True))


def sound_of(path: Path) -> list[list[bytes]]:
    """The packets of each sound track."""
    with av.open(str(path)) as clip:
        tracks: dict[int, list[bytes]] = {stream.index: [] for stream in clip.streams.audio}
        for packet in clip.demux():
            if packet.stream_index in tracks and packet.size:
                tracks[packet.stream_index].append(bytes(packet))
    return list(tracks.values())


def report_of(clip: Path, duration: float = 2.0) -> ClipReport:
    """A report made by hand, as if it were of this clip."""
    made = make_report()
    return replace(made, clip=replace(made.clip, name=clip.name, duration=duration))


def as_rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])


# --- sound and time ---------------------------------------------------------------------------------------------


def test_every_picture_keeps_its_time_and_the_sound_its_bytes(generated_clip: GeneratedClip, overlay: Path) -> None:
    before, after = frames_of(generated_clip.path), frames_of(overlay)
    assert [x.time for x in after] == pytest.approx([x.time for x in before], abs=1e-4)
    assert sound_of(overlay) == sound_of(generated_clip.path)
    assert probe(overlay).duration == pytest.approx(probe(generated_clip.path).duration, abs=0.04)


def test_the_original_is_only_read(generated_clip: GeneratedClip, report: ClipReport, tmp_path: Path) -> None:
    before = sha256(generated_clip.path.read_bytes()).hexdigest()
    first = write_overlay(generated_clip.path, report, tmp_path / "a.mp4").read_bytes()
    second = write_overlay(generated_clip.path, report, tmp_path / "b.mp4").read_bytes()
    assert sha256(generated_clip.path.read_bytes()).hexdigest() == before
    assert first == second


@pytest.mark.parametrize(
    ("source", "codec", "target"),
    [
        ("a.mp4", "aac", "b.mp4"),
        ("a.mp4", "aac", "b.mkv"),
        ("a.mkv", "flac", "b.mkv"),
        ("a.mov", "pcm_s16le", "b.mov"),
        ("a.mpg", "mp2", "b.mp4"),
        ("a.ts", "aac", "b.mkv"),
    ],
)
def test_click_and_flash_stay_together_in_every_container(tmp_path: Path, source: str, codec: str, target: str) -> None:
    video_codec = "mpeg1video" if source.endswith("mpg") else "libx264"
    clip = make_clip(tmp_path / source, codec, video_codec=video_codec, click_at=1.1)
    put_picture(clip, tmp_path / target, black_but_for_the_flash(clip))
    assert sound_delay(tmp_path / target) == pytest.approx(sound_delay(clip), abs=1e-3)
    # A container without times below 0 puts sound and picture later together, by what an AAC encoder's priming takes.
    assert flash_time(tmp_path / target) == pytest.approx(FLASH, abs=0.03)


def black_but_for_the_flash(clip: Path) -> Iterator[Frame]:
    for frame in read_frames(clip):
        yield Frame(frame.time, np.full((48, 64, 3), 255 if frame.image.mean() > 128 else 0, np.uint8))


def test_all_tracks_their_languages_and_chapters_are_kept(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", n_tracks=2, rich=True)
    out = write_overlay(clip, report_of(clip), tmp_path / "b.mkv")
    assert sound_of(out) == sound_of(clip)
    with av.open(str(out)) as shown:
        assert [s.metadata.get("language") for s in shown.streams.audio] == ["eng", "deu"]
        assert [s.type for s in shown.streams].count("subtitle") == 1
        assert len(shown.chapters()) == 2


def test_pictures_at_uneven_times_stay_there(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv")
    times = [0.0, 0.04, 0.5, 0.533, 1.9]
    frames = (Frame(time, np.full((48, 64, 3), 40 * k, np.uint8)) for k, time in enumerate(times))
    put_picture(clip, tmp_path / "b.mp4", frames)
    assert [x.time for x in read_frames(tmp_path / "b.mp4")] == pytest.approx(times, abs=1e-3)


def test_a_clip_without_sound_gets_one_without_sound(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", n_tracks=0)
    out = write_overlay(clip, report_of(clip), tmp_path / "b.mp4")
    assert not probe(out).audio
    assert len(frames_of(out)) == 50


# --- what is drawn ----------------------------------------------------------------------------------------------


def test_the_picture_is_on_top_and_the_verdict_below_it(
    generated_clip: GeneratedClip, overlay: Path, report: ClipReport
) -> None:
    before, after = frames_of(generated_clip.path)[30], frames_of(overlay)[30]
    height = round(WIDTH * before.image.shape[0] / before.image.shape[1])
    assert after.image.shape[1] == WIDTH
    wanted = resize_rgb(before.image, WIDTH, height).astype(float)
    assert np.abs(after.image[:height].astype(float) - wanted).mean() < 4.0
    banner = after.image[height + 4 : height + 44].reshape(-1, 3).astype(int)
    is_ground = np.abs(banner - as_rgb(VERDICT_INKS[report.sync.verdict])).max(axis=1) < 30
    is_ink = banner.min(axis=1) > 200
    assert is_ground.mean() > 0.7  # the colour of the verdict
    assert is_ink.mean() > 0.01  # and words on it


def test_the_words_of_the_verdict_depend_on_it(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4")
    made = report_of(clip)
    early = write_overlay(clip, made, tmp_path / "early.mp4")
    late = replace(made, sync=replace(made.sync, lead_seconds=-0.2, lead_interval=(-0.22, -0.18), verdict="audio-late"))
    after = write_overlay(clip, late, tmp_path / "late.mp4")
    top = round(WIDTH * SIZE[0] / SIZE[1])
    one, two = (frames_of(x)[10].image[top + 4 : top + 48].astype(int) for x in (early, after))
    assert np.abs(one - two).max() > 60


def test_beside_the_picture_are_the_mouth_that_is_seen_and_the_one_that_is_heard(
    generated_clip: GeneratedClip, report: ClipReport, tmp_path: Path
) -> None:
    shown = frames_of(write_overlay(generated_clip.path, report, tmp_path / "shown.mp4"))
    evidence, lead = report.evidence, report.sync.lead_seconds
    assert evidence is not None
    assert evidence.mouth is not None
    assert lead is not None
    boxes = mouth_boxes(evidence.mouth, evidence.times)
    across, high, caption = 244, 184, 20  # two mouths with captions, as high as a square picture lets them be
    seen, heard = [], []
    for k, (before, after) in enumerate(zip(frames_of(generated_clip.path), shown, strict=True)):
        cut = cut_out(before.image, boxes[k])
        assert cut is not None
        wanted = resize_rgb(cut, across, high).astype(float).mean(axis=2)
        there = after.image[caption : caption + high, -across:].astype(float).mean(axis=2)
        seen.append(np.corrcoef(wanted.ravel(), there.ravel())[0, 1])
        below = after.image[2 * caption + high + 50 : 2 * caption + 2 * high - 40, 40 - across : -40]
        heard.append((below.max(axis=2) < 110).sum())  # the dark inside of the open mouth
    assert np.median(seen) > 0.95
    expected = np.interp(evidence.centres + lead, evidence.centres, evidence.expected_aperture)
    at_the_picture = np.corrcoef(evidence.expected_aperture, heard)[0, 1]
    assert np.corrcoef(expected, heard)[0, 1] > max(0.9, at_the_picture)


def line_column(frame: Frame, height: int) -> int:
    """The column of the line that runs along, by its darkness from top to bottom of the tracks."""
    tracks = frame.image[height + 70 : -70].astype(int).max(axis=2)
    return int((tracks < 70).mean(axis=0).argmax())


def test_the_line_runs_along_with_the_clip(overlay: Path, generated_clip: GeneratedClip) -> None:
    frames = frames_of(overlay)
    source = frames_of(generated_clip.path)[0].image
    height = round(WIDTH * source.shape[0] / source.shape[1])
    times = np.array([x.time for x in frames])
    columns = np.array([line_column(x, height) for x in frames])
    slope, start = np.polyfit(times, columns, 1)
    assert slope * probe(overlay).duration > 0.6 * WIDTH  # it crosses the tracks
    assert np.abs(columns - (start + slope * times)).max() < 3.0  # evenly


def test_long_clips_turn_the_page(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4")
    out = write_overlay(clip, report_of(clip), tmp_path / "b.mp4", page_seconds=1.0)
    frames, height = frames_of(out), round(WIDTH * SIZE[0] / SIZE[1])
    columns = [line_column(x, height) for x in frames]
    assert columns[24] > columns[0] + 300
    assert columns[25] == pytest.approx(columns[0], abs=3)
    # "bin" and "blue" are on the first page (0.3 to 1.1 s), and hardly anything on the second
    first, second = (frames[k].image[height + 60 :].astype(int) for k in (24, 49))
    assert (first.min(axis=2) < 235).mean() > (second.min(axis=2) < 235).mean()


def test_a_tall_picture_has_dark_sides(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4")
    put_picture(clip, tmp_path / "tall.mp4", (Frame(k / 25, np.full((640, 160, 3), 200, np.uint8)) for k in range(50)))
    out = write_overlay(tmp_path / "tall.mp4", report_of(clip), tmp_path / "b.mp4")
    image = frames_of(out)[10].image
    assert image.shape[1] == WIDTH
    assert image[200, 20].max() < 60
    assert image[200, WIDTH // 2].min() > 170


def test_a_rotated_clip_is_shown_upright(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", rotation_degrees=90)
    out = write_overlay(clip, report_of(clip), tmp_path / "b.mp4")
    assert probe(out).video[0].rotation_degrees == 0
    bright = next(x for x in frames_of(out) if x.image[:300].mean() > 200 or x.time >= FLASH)
    sides = bright.image[100, [5, -5]].mean()
    assert sides < 60 < bright.image[100, WIDTH // 2].mean()  # 64 x 96 is upright: taller than 1.4 times its width


@pytest.mark.parametrize("width", [319, 4000])
def test_impossible_settings_are_refused(tmp_path: Path, width: int) -> None:
    clip = make_clip(tmp_path / "a.mp4")
    with pytest.raises(ConfigError):
        write_overlay(clip, report_of(clip), tmp_path / "b.mp4", width_px=width)
    with pytest.raises(ConfigError):
        write_overlay(clip, report_of(clip), tmp_path / "b.mp4", page_seconds=0.0)
    assert not (tmp_path / "b.mp4").exists()


def test_a_report_of_another_clip_or_another_sound_is_refused(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4")
    with pytest.raises(MediaError, match=r"2\.00 s long.*3\.00 s"):
        write_overlay(clip, report_of(clip, duration=3.0), tmp_path / "b.mp4")
    dubbed = report_of(clip)
    with pytest.raises(ConfigError, match="visalign attach"):
        write_overlay(clip, replace(dubbed, clip=replace(dubbed.clip, audio="dub.wav")), tmp_path / "b.mp4")


def test_what_can_not_be_written_leaves_nothing(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", "flac")
    with pytest.raises(OutputError):
        put_picture(clip, tmp_path / "b.mp4", iter(()))
    with pytest.raises(ConfigError):
        put_picture(clip, tmp_path / "b.gif", black_but_for_the_flash(clip))
    assert [x.name for x in tmp_path.iterdir()] == ["a.mkv"]


def test_sound_alone_has_no_overlay(tmp_path: Path, generated_clip: GeneratedClip) -> None:
    from visalign.media.clips import read_audio, write_wav

    sound = write_wav(tmp_path / "a.wav", read_audio(generated_clip.path))
    with pytest.raises(MissingStream):
        write_overlay(sound, make_report(), tmp_path / "b.mp4")


# --- the command ------------------------------------------------------------------------------------------------


def test_the_command_takes_a_report(tmp_path: Path, generated_clip: GeneratedClip, report: ClipReport) -> None:
    path, clip = report.write(tmp_path / "report.json"), str(generated_clip.path)
    out = tmp_path / "shown.mp4"
    result = CliRunner().invoke(app, ["overlay", clip, "--json", str(path), "-o", str(out), "--width", "480"])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Audio is 1")
    info = probe(out)
    assert info.video[0].width_px == 480
    assert info.audio[0].codec == probe(clip).audio[0].codec
    both = ["overlay", clip, "--json", str(path), "--text", "bin", "-o", str(tmp_path / "both.mp4")]
    assert CliRunner().invoke(app, both).exit_code == 2
    assert isinstance(CliRunner().invoke(app, ["overlay", clip, "-o", clip]).exception, ConfigError | OutputError)


def test_rates_that_are_no_whole_number(tmp_path: Path) -> None:
    clip, black = make_clip(tmp_path / "a.mp4"), np.zeros((48, 64, 3), np.uint8)
    times = [float(k / Fraction(30000, 1001)) for k in range(60)]
    put_picture(clip, tmp_path / "b.mp4", (Frame(time, black) for time in times))
    assert [x.time for x in read_frames(tmp_path / "b.mp4")] == pytest.approx(times, abs=1e-4)
