"""A separate recording finds its place in a clip; by sound, lips, timecode, or stretched."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from sample_report import make_report
from sample_sound import RATE_HZ, scene

import visalign
from visalign.correct.attach import attach, start_timecode
from visalign.errors import ConfigError, CorrectionRefused, MissingStream, OutputError
from visalign.face.generated_clip import GeneratedClip
from visalign.files.timecode import format_timecode, parse_timecode
from visalign.media.clips import probe, read_channels, read_frames, write_clip, write_wav
from visalign.reports.clip_report import ClipReport
from visalign.signals import Audio


def camera(path: Path, samples: npt.NDArray[np.float64] | None, seconds: float = 6.0) -> Path:
    """A clip with this sound, as from a camera across the room."""
    images = (np.full((64, 64, 3), i % 200, np.uint8) for i in range(round(seconds * 25)))
    sound = None
    if samples is not None:
        far = np.convolve(samples, np.concatenate([[0.3], np.zeros(300), [0.15], np.zeros(900), [0.1]]))[: len(samples)]
        sound = Audio((far + 0.005 * np.random.default_rng(9).normal(size=len(far))).astype(np.float32), RATE_HZ)
    return write_clip(path, images, Fraction(25), sound)


@pytest.mark.parametrize("n_start", [0, 12_345, -20_000])
@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "flac"), (".mov", "pcm_s24le"), (".mkv", "flac")])
def test_recording_lies_at_its_sample(tmp_path: Path, suffix: str, codec: str, n_start: int) -> None:
    """`n_start` samples after the picture the recorder was started (before it, if negative)."""
    events = scene(8.0)
    video = camera(tmp_path / "camera.mp4", events[RATE_HZ : 7 * RATE_HZ])
    taken = events[RATE_HZ + n_start : 6 * RATE_HZ]
    soundfile.write(tmp_path / "lapel.wav", np.stack([taken, -taken], 1), RATE_HZ, subtype="PCM_24")
    done = attach(video, tmp_path / "lapel.wav", tmp_path / f"scene{suffix}", codec=codec)
    assert done.method == "sound"
    assert done.offset_seconds * RATE_HZ == pytest.approx(n_start, abs=0.5)
    tracks = probe(tmp_path / f"scene{suffix}").audio
    heard = read_channels(tmp_path / f"scene{suffix}", track=tracks[-1].index).samples
    # in Matroska the whole file is later by what the camera's AAC needs before 0
    heard = heard[round(next(read_frames(tmp_path / f"scene{suffix}")).time * RATE_HZ) :]
    start, skipped = max(0, n_start), max(0, -n_start)
    assert np.array_equal(heard.shape, (6 * RATE_HZ, 2))
    length = len(taken) - skipped
    assert heard[start : start + length, 0] == pytest.approx(taken[skipped:], abs=2**-22)
    assert not np.any(heard[:start])
    assert not np.any(heard[start + length :])


def test_camera_sound_is_kept_or_dropped(tmp_path: Path) -> None:
    events = scene()
    video = camera(tmp_path / "camera.mp4", events)
    soundfile.write(tmp_path / "lapel.wav", events, RATE_HZ)
    attach(video, tmp_path / "lapel.wav", tmp_path / "both.mp4")
    attach(video, tmp_path / "lapel.wav", tmp_path / "one.mp4", replace_sound=True)
    assert len(probe(tmp_path / "both.mp4").audio) == 2
    assert len(probe(tmp_path / "one.mp4").audio) == 1
    # the new one is what players take
    assert np.corrcoef(read_channels(tmp_path / "both.mp4").mono.samples[: len(events)], events)[0, 1] > 0.99


def test_other_sound_and_silence_are_refused(tmp_path: Path) -> None:
    video = camera(tmp_path / "camera.mp4", scene(seed=1))
    soundfile.write(tmp_path / "other.wav", scene(seed=2), RATE_HZ)
    soundfile.write(tmp_path / "silence.wav", np.zeros(3 * RATE_HZ), RATE_HZ)
    for name in ("other.wav", "silence.wav"):
        with pytest.raises(CorrectionRefused, match="not certain"):
            attach(video, tmp_path / name, tmp_path / "scene.mp4", by="sound")
    assert not (tmp_path / "scene.mp4").exists()


def lips_say(lead: float | None, verdict: str) -> ClipReport:
    made = make_report()
    return replace(made, sync=replace(made.sync, lead_seconds=lead, verdict=verdict))


def test_lips_place_what_the_sound_cannot(tmp_path: Path) -> None:
    video = camera(tmp_path / "silent.mp4", None)
    soundfile.write(tmp_path / "take.wav", scene(4.0), RATE_HZ)
    done = attach(
        video, tmp_path / "take.wav", tmp_path / "a.mp4", measure=lambda _: lips_say(0.25, "audio-early"), codec="flac"
    )
    assert (done.method, done.offset_seconds) == ("lips", 0.25)
    heard = read_channels(tmp_path / "a.mp4").samples[:, 0]
    assert not np.any(heard[: RATE_HZ // 4])
    assert np.any(heard[RATE_HZ // 4 : RATE_HZ // 4 + 10])
    with pytest.raises(CorrectionRefused, match="by the lips the verdict is uncertain"):
        attach(video, tmp_path / "take.wav", tmp_path / "b.mp4", measure=lambda _: lips_say(0.25, "uncertain"))
    with pytest.raises(CorrectionRefused, match="no sound of its own"):
        attach(video, tmp_path / "take.wav", tmp_path / "b.mp4")


def test_lips_place_a_recording_of_a_silent_camera(
    tmp_path: Path, generated_clip: GeneratedClip, generated_audio: Audio
) -> None:
    """The lips of a generated face, whose sound was 120 ms early: the recording is placed by what they say."""
    images = (frame.image for frame in read_frames(generated_clip.path, colour=True))
    silence = Audio(np.zeros_like(generated_audio.samples), generated_audio.rate_hz)
    video = write_clip(tmp_path / "camera.mp4", images, probe(generated_clip.path).video[0].rate, silence)
    take = write_wav(tmp_path / "take.wav", generated_audio)
    done = attach(
        video,
        take,
        tmp_path / "scene.mp4",
        measure=lambda path: visalign.check(video, generated_clip.transcript, audio=path),
    )
    assert done.method == "lips"
    assert done.offset_seconds == pytest.approx(generated_clip.lead_seconds, abs=0.04)


def test_refused_inputs_and_outputs(tmp_path: Path) -> None:
    video = camera(tmp_path / "camera.mp4", scene())
    soundfile.write(tmp_path / "lapel.wav", scene(), RATE_HZ)
    with pytest.raises(OutputError, match="exists"):
        attach(video, tmp_path / "lapel.wav", video)
    with pytest.raises(ConfigError, match="adr"):
        attach(video, tmp_path / "lapel.wav", tmp_path / "b.mp4", by="magic")
    with pytest.raises(ConfigError, match=r"\.mkv"):
        attach(video, tmp_path / "lapel.wav", tmp_path / "b.avi")
    with pytest.raises(MissingStream, match="video"):
        attach(tmp_path / "lapel.wav", tmp_path / "lapel.wav", tmp_path / "b.mp4")


# ---- timecode ----


def with_timecode(path: Path, source: Path, timecode: str) -> Path:
    with av.open(str(source)) as clip, av.open(str(path), "w") as output:
        output.metadata["timecode"] = timecode
        twins = {s.index: output.add_stream_from_template(s, opaque=True) for s in clip.streams}
        for packet in clip.demux():
            if packet.size:
                packet.stream = twins[packet.stream_index]
                output.mux(packet)
    return path


def test_timecodes_place_a_recording(tmp_path: Path) -> None:
    video = with_timecode(tmp_path / "tc.mov", camera(tmp_path / "camera.mp4", scene()), "10:00:00:00")
    sound = with_timecode(tmp_path / "boom.mov", camera(tmp_path / "other.mp4", scene(seed=3)), "10:00:01:05")
    done = attach(video, sound, tmp_path / "scene.mov", by="timecode")
    assert done.offset_seconds == pytest.approx(1.2)
    assert done.timecode == "10:00:01:05"
    # and goes on into the new file
    assert start_timecode(tmp_path / "scene.mov")[0] == "10:00:00:00"
    with pytest.raises(CorrectionRefused, match="no timecode"):
        attach(video, tmp_path / "camera.mp4", tmp_path / "b.mov", by="timecode")


@given(st.integers(0, 24 * 3600 * 29), st.sampled_from([24, 25, 30, Fraction(30000, 1001), Fraction(60000, 1001)]))
def test_timecode_there_and_back(frame: int, rate: Fraction) -> None:
    assert parse_timecode(format_timecode(frame, Fraction(rate)), Fraction(rate)) == frame


@pytest.mark.parametrize("text", ["", "1:2:3", "00:00:00:25", "00:61:00:00", "00:01:00;00", "aa:bb:cc:dd"])
def test_impossible_timecodes_are_told(text: str) -> None:
    rate = Fraction(30000, 1001) if ";" in text else Fraction(25)
    with pytest.raises(ConfigError):
        parse_timecode(text, rate)
    with pytest.raises(ConfigError, match="drop-frame"):
        parse_timecode("00:00:10;00", Fraction(25))


# ---- new takes ----


def test_adr_fills_the_clip(tmp_path: Path) -> None:
    old = scene(6.0, 8)
    video = camera(tmp_path / "camera.mp4", old)
    soundfile.write(tmp_path / "adr.wav", np.interp(np.arange(0, len(old), 0.95), np.arange(len(old)), old), RATE_HZ)
    done = attach(video, tmp_path / "adr.wav", tmp_path / "a.mp4", by="adr", codec="flac")
    assert done.method == "adr"
    assert done.stretch is not None
    assert done.stretch[0] < 1.05 < done.stretch[1]
    assert len(read_channels(tmp_path / "a.mp4").samples) == 6 * RATE_HZ
