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
from scipy.signal import butter, sosfilt

import visalign
from visalign.correct.attach import attach, start_timecode
from visalign.errors import AlignmentError, ConfigError, CorrectionRefused, MissingStream, OutputError
from visalign.face.generated_clip import GeneratedClip
from visalign.files.timecode import format_timecode, parse_timecode
from visalign.media.clips import probe, read_channels, read_frames, write_clip, write_wav
from visalign.reports.clip_report import ClipReport
from visalign.signals import Audio, Channels
from visalign.sound.matching import match_sounds
from visalign.sound.time_stretch import match_dialogue, stretched

RATE_HZ = 48000


def scene(seconds: float = 6.0, seed: int = 0, rate_hz: int = RATE_HZ) -> npt.NDArray[np.float64]:
    """Sound with events: bursts of noise through changing filters, at irregular times."""
    rng = np.random.default_rng(seed)
    made = 0.001 * rng.normal(size=round(seconds * rate_hz))
    at = 0.1
    while at < seconds - 0.4:
        length = rng.uniform(0.05, 0.3)
        low = rng.uniform(200, 2500)
        band = butter(2, [low, 2 * low], "bandpass", fs=rate_hz, output="sos")
        burst = sosfilt(band, rng.normal(size=round(length * rate_hz))) * np.hanning(round(length * rate_hz))
        start = round(at * rate_hz)
        made[start : start + len(burst)] += burst * rng.uniform(0.2, 0.8)
        at += length + rng.uniform(0.02, 0.25)
    return made / np.abs(made).max() * 0.5


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


# ---- matching ----


@pytest.mark.parametrize("rates_hz", [(16000, 16000), (48000, 16000), (44100, 48000)])
def test_match_is_exact_to_a_part_of_a_sample(rates_hz: tuple[int, int]) -> None:
    one = scene(6.0, 4, rates_hz[0])
    other = scene(6.0, 4, rates_hz[1]) if rates_hz[0] == rates_hz[1] else _resampled(one, *rates_hz)
    start = round(0.75 * rates_hz[1])
    first, second = (Audio(x.astype(np.float32), r) for x, r in zip((one, other[start:]), rates_hz, strict=True))
    match = match_sounds(first, second)
    assert match is not None
    assert match.is_certain
    assert match.offset_seconds == pytest.approx(0.75, abs=1e-5)
    back = match_sounds(second, first)
    assert back is not None
    assert back.offset_seconds == pytest.approx(-0.75, abs=1e-5)


def _resampled(samples: npt.NDArray[np.float64], old_hz: int, new_hz: int) -> npt.NDArray[np.float64]:
    from scipy.signal import resample_poly

    divisor = int(np.gcd(old_hz, new_hz))
    return np.asarray(resample_poly(samples, new_hz // divisor, old_hz // divisor))


def test_nothing_to_match() -> None:
    silence, short = Audio(np.zeros(RATE_HZ * 2, np.float32), RATE_HZ), Audio(np.ones(10, np.float32), RATE_HZ)
    assert match_sounds(silence, silence) is None
    assert match_sounds(short, silence) is None


# ---- new takes ----


def test_new_take_is_stretched_onto_the_old_one() -> None:
    old = scene(6.0, 5, 16000)
    t = np.arange(len(old)) / 16000
    spoken = 1.06 * t + 0.05 * np.sin(2 * np.pi * t / 2.0)  # where in the new take each moment lies
    u = np.arange(round(spoken[-1] * 16000)) / 16000
    new = np.interp(np.interp(u, spoken, t), t, old)
    curve = match_dialogue(Audio(old.astype(np.float32), 16000), Audio(new.astype(np.float32), 16000))
    inside = np.arange(0.3, 5.5, 0.05)
    truth = np.interp(inside, t, spoken)
    assert np.mean(np.abs(curve(inside) - truth)) < 0.02
    made = stretched(Channels(np.stack([new, new], 1).astype(np.float32), 16000, "stereo"), curve, len(old))
    assert made.samples.shape == (len(old), 2)
    envelope = [
        np.sqrt(np.convolve(x**2, np.ones(400) / 400, "same")) for x in (old, made.samples[:, 0], new[: len(old)])
    ]
    assert np.corrcoef(envelope[0], envelope[1])[0, 1] > 0.9 > np.corrcoef(envelope[0], envelope[2])[0, 1]


def test_stretching_by_nothing_changes_nothing() -> None:
    old = scene(3.0, 6, 16000)
    curve = match_dialogue(Audio(old.astype(np.float32), 16000), Audio(old.astype(np.float32), 16000))
    times = np.arange(0, 3, 0.1)
    assert curve(times) == pytest.approx(times, abs=0.006)


def test_takes_that_cannot_be_matched() -> None:
    long, short = (
        Audio(scene(6.0, 7, 16000).astype(np.float32), 16000),
        Audio(scene(1.0, 7, 16000).astype(np.float32), 16000),
    )
    with pytest.raises(AlignmentError, match="same words"):
        match_dialogue(long, short)
    with pytest.raises(AlignmentError, match="hold speech"):
        match_dialogue(long, Audio(np.zeros(16000 * 5, np.float32), 16000))


def test_adr_fills_the_clip(tmp_path: Path) -> None:
    old = scene(6.0, 8)
    video = camera(tmp_path / "camera.mp4", old)
    soundfile.write(tmp_path / "adr.wav", np.interp(np.arange(0, len(old), 0.95), np.arange(len(old)), old), RATE_HZ)
    done = attach(video, tmp_path / "adr.wav", tmp_path / "a.mp4", by="adr", codec="flac")
    assert done.method == "adr"
    assert done.stretch is not None
    assert done.stretch[0] < 1.05 < done.stretch[1]
    assert len(read_channels(tmp_path / "a.mp4").samples) == 6 * RATE_HZ
