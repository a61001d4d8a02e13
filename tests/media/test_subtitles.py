"""Subtitles inside a clip as a transcript, and one channel of its sound."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

import visalign
from visalign import cli
from visalign.errors import ConfigError, MediaError
from visalign.media.clips import read_audio
from visalign.media.subtitles import list_subtitles, read_subtitles

ENGLISH = """1
00:00:00,300 --> 00:00:01,700
ANNA: <i>bin</i> blue
at f

2
00:00:01,700 --> 00:00:02,500
two now
"""
GERMAN = "1\n00:00:00,500 --> 00:00:01,000\nja\n"
ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname
Style: Default,Arial

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.30,0:00:01.70,Default,Ben,0,0,0,,{\\i1}bin{\\i0} blue\\Nat f
Dialogue: 0,0:00:00.30,0:00:01.70,Default,,0,0,0,,{\\p1}m 0 0 l 10 10{\\p0}
"""


def with_subtitles(target: Path, *files: tuple[str, str, str], start: float = 0.0) -> Path:
    """A sound with subtitles: of each the text, the kind of file and the language."""
    sources = []
    for n, (text, suffix, _) in enumerate(files):
        path = target.with_name(f"{target.stem}-{n}{suffix}")
        path.write_text(text, encoding="utf-8")
        sources.append(av.open(str(path)))
    with av.open(str(target), "w") as output:
        sound = output.add_stream("pcm_s16le", rate=16000)
        sound.layout = "mono"
        streams = [output.add_stream_from_template(x.streams.subtitles[0]) for x in sources]
        for stream, (_, _, language) in zip(streams, files, strict=True):
            stream.metadata["language"] = language
        frame = av.AudioFrame.from_ndarray(np.full((1, 48000), 1000, np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts = 16000, round(16000 * start)
        output.mux(sound.encode(frame))
        output.mux(sound.encode(None))
        for source, stream in zip(sources, streams, strict=True):
            for packet in source.demux(source.streams.subtitles[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    output.mux(packet)
    for source in sources:
        source.close()
    return target


def test_subtitles_are_cues(tmp_path: Path) -> None:
    clip = with_subtitles(tmp_path / "a.mkv", (ENGLISH, ".srt", "eng"), (GERMAN, ".srt", "ger"))
    assert [(x.index, x.language, x.is_text) for x in list_subtitles(clip)] == [(1, "eng", True), (2, "ger", True)]
    for which in ("default", "eng", "en", 1, "1"):
        found = read_subtitles(clip, which)
        assert [(x.start, x.end, x.text, x.speaker) for x in found] == [
            (0.3, 1.7, "bin blue at f", "ANNA"),
            (1.7, 2.5, "two now", ""),
        ]
    assert [x.text for x in visalign.read_subtitles(clip, "ger")] == ["ja"]
    with pytest.raises(ConfigError, match=r"subtitles = 'fra' is not possible; allowed: default, 1 \(eng\), 2 \(ger\)"):
        read_subtitles(clip, "fra")


def test_times_are_those_of_the_clips_clock(tmp_path: Path) -> None:
    """What starts the clip is its sound: here it begins a quarter of a second after the file's own zero."""
    clip = with_subtitles(tmp_path / "a.mkv", (ENGLISH, ".srt", "eng"), start=0.25)
    assert [x.start for x in read_subtitles(clip)] == pytest.approx([0.05, 1.45])


def test_styled_subtitles(tmp_path: Path) -> None:
    clip = with_subtitles(tmp_path / "a.mkv", (ASS, ".ass", "eng"))
    (cue,) = read_subtitles(clip)
    assert (cue.start, cue.end, cue.text, cue.speaker) == (0.3, 1.7, "bin blue at f", "Ben")


def test_what_must_be_known_of_them_is_told(tmp_path: Path) -> None:
    """Captions that roll, as converted broadcasts have them."""
    rolling = "".join(
        f"{n}\n00:00:0{n},000 --> 00:00:0{n + 1},000\n{a}\n{b}\n\n"
        for n, (a, b) in enumerate([("bin blue now", "at f two soon"), ("at f two soon", "again and again")])
    )
    found = read_subtitles(with_subtitles(tmp_path / "a.mkv", (rolling, ".srt", "eng")))
    assert [x.text for x in found] == ["bin blue now at f two soon", "again and again"]
    assert found.warnings == ("the captions roll: 1 line(s) that are shown again were taken once",)


def test_clips_without_subtitles_say_so(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(16000), 16000)
    with pytest.raises(MediaError, match=r"no subtitles in this file\. Give what is said with --transcript or --text"):
        read_subtitles(tmp_path / "a.wav")


def test_the_commands_take_them(tmp_path: Path) -> None:
    clip = with_subtitles(tmp_path / "a.mkv", (ENGLISH, ".srt", "eng"))
    result = CliRunner().invoke(cli.app, ["align", str(clip), "--subtitles", "fra"])
    assert isinstance(result.exception, ConfigError)
    result = CliRunner().invoke(cli.app, ["align", str(clip), "--subtitles", "eng", "--text", "hello"])
    assert "give --text or --subtitles, not both" in " ".join(result.output.split())


# ---- one channel ----


def stereo(path: Path, n_channels: int = 2) -> Path:
    """Another tone in each channel."""
    t = np.arange(16000) / 16000
    soundfile.write(path, np.stack([0.3 * np.sin(2 * np.pi * 200 * (n + 1) * t) for n in range(n_channels)], 1), 16000)
    return path


def tone_hz(samples: np.ndarray) -> int:
    return int(np.argmax(np.abs(np.fft.rfft(samples))))  # a second at 16 kHz: a bin a hertz


@pytest.mark.parametrize(
    ("channel", "hz"), [("left", 200), ("right", 400), (0, 200), (1, 400), ("1", 400), ("Left", 200)]
)
def test_one_channel_alone(tmp_path: Path, channel: int | str, hz: int) -> None:
    assert tone_hz(read_audio(stereo(tmp_path / "a.wav"), channel=channel).samples) == hz


def test_one_of_many_channels(tmp_path: Path) -> None:
    path = stereo(tmp_path / "a.wav", 6)
    assert [tone_hz(read_audio(path, channel=n).samples) for n in range(6)] == [200, 400, 600, 800, 1000, 1200]


@pytest.mark.parametrize(
    ("n", "channel", "allowed"),
    [
        (2, 2, r"left \(0\) or right \(1\)"),
        (2, "middle", "left"),
        (1, "right", "mono"),
        (6, -1, "0 to 5"),
        (2, "9" * 5000, "left"),
    ],
)
def test_channels_that_are_not_there(tmp_path: Path, n: int, channel: int | str, allowed: str) -> None:
    with pytest.raises(ConfigError, match=f"is not possible; allowed: .*{allowed}"):
        read_audio(stereo(tmp_path / "a.wav", n), channel=channel)


def test_an_interview_is_aligned_channel_by_channel(tmp_path: Path, generated_audio: visalign.Audio) -> None:
    """Two people on two channels, at once: each is aligned as if alone."""
    said = generated_audio.samples
    other = np.roll(said, 4000)
    soundfile.write(tmp_path / "a.wav", np.stack([said, other], 1), 16000)
    words = [
        [
            x.start
            for x in visalign.force_align(read_audio(tmp_path / "a.wav", channel=n), "bin blue at f two now").words
        ]
        for n in (0, 1)
    ]
    assert np.array(words[1][1:]) - np.array(words[0][1:]) == pytest.approx(0.25, abs=0.03)
