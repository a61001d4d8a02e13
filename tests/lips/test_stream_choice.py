"""Several video streams in a clip: those without a face are passed over, named, and can be chosen."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from typer.testing import CliRunner

import visalign
from visalign import cli
from visalign.errors import ConfigError, FaceNotFound
from visalign.face.generated_clip import GeneratedClip
from visalign.lips.clip_faces import read_faces
from visalign.lips.lip_cache import cached_faces
from visalign.media.clips import read_audio, video_tracks
from visalign.reports.clip_report import ClipReport

BLANK = "mpeg4, 160 x 120"


def with_slides(source: Path, target: Path, *, n_blank: int = 1, keep_picture: bool = True) -> Path:
    """A clip with grey pictures before its own, as a lecture with slides has them."""
    with av.open(str(source)) as clip, av.open(str(target), "w") as output:
        blanks = [output.add_stream("mpeg4", rate=25, options={"b": "100k"}) for _ in range(n_blank)]
        for blank in blanks:
            blank.width, blank.height, blank.pix_fmt = 160, 120, "yuv420p"
        kept = [s for s in clip.streams if s.type == "audio" or keep_picture]
        copies = {s.index: output.add_stream_from_template(s) for s in kept}
        picture = np.full((120, 160, 3), 128, np.uint8)
        for blank in blanks:
            for n in range(60):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts = n
                output.mux(blank.encode(frame))
            output.mux(blank.encode(None))
        for packet in clip.demux(kept):
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                output.mux(packet)
    return target


@pytest.fixture(scope="module")
def lecture(generated_clip: GeneratedClip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_slides(generated_clip.path, tmp_path_factory.mktemp("streams") / "lecture.mkv")


def test_the_stream_with_a_face_is_read(
    lecture: Path, generated_lips: visalign.LipFeatures, generated_clip: GeneratedClip, tmp_path: Path
) -> None:
    assert [x.index for x in video_tracks(lecture)] == [0, 1]
    faces = cached_faces(lecture, tmp_path)
    assert (faces.track, faces.without_face) == (1, (0,))
    assert faces.streams[1] == f"0 ({BLANK})"
    assert faces.streams[0].startswith("1 (")
    assert np.array_equal(faces.most_shown.lips.has_face, generated_lips.has_face)
    again = cached_faces(lecture, tmp_path)
    assert (again.track, again.streams, again.without_face) == (1, faces.streams, (0,))

    report = visalign.check(faces, generated_clip.transcript, audio=read_audio(lecture))
    assert report.clip.video_track == 1
    (told,) = [x for x in report.warnings if "video streams" in x]
    assert told.startswith("2 video streams: 1 (")
    assert "as 0 shows no face; choose another with --video-track N" in told
    assert ClipReport.from_dict(report.to_dict()).clip.video_track == 1


def test_a_clip_with_one_stream_says_nothing_of_streams(generated_clip: GeneratedClip) -> None:
    (stream,) = video_tracks(generated_clip.path)
    faces = read_faces(generated_clip.path)
    assert (faces.track, faces.streams, faces.without_face) == (stream.index, (), ())


def test_a_stream_can_be_chosen(lecture: Path) -> None:
    with pytest.raises(FaceNotFound, match="found in 0% of the frames, too few"):
        read_faces(lecture, track=0)
    assert visalign.read_lips(lecture, track=1).has_face.any()
    with pytest.raises(ConfigError, match=r"video track = 7 is not possible; allowed: 0, 1"):
        read_faces(lecture, track=7)


def test_where_no_stream_shows_a_face_all_are_named(generated_clip: GeneratedClip, tmp_path: Path) -> None:
    path = with_slides(generated_clip.path, tmp_path / "slides.mkv", n_blank=2, keep_picture=False)
    with pytest.raises(FaceNotFound, match=rf"at most 0% of the frames of each of its 2 .* \(0 \({BLANK}\), 1 "):
        visalign.read_lips(path)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["check", "observe", "explain", "lipread", "overlay", "plot", "fix"])
def test_commands_that_read_pictures_take_the_option(command: str, lecture: Path, tmp_path: Path) -> None:
    out = {
        "check": ["check", str(lecture)],
        "observe": ["observe", str(lecture), "-o", str(tmp_path / "o.csv")],
        "explain": ["explain", str(lecture)],
        "lipread": ["lipread", str(lecture), "--grammar", "grid"],
        "overlay": ["overlay", str(lecture), "-o", str(tmp_path / "o.mkv")],
        "plot": ["plot", "stages", str(lecture), "-o", str(tmp_path / "o.png")],
        "fix": ["fix", str(lecture), "-o", str(tmp_path / "f.mkv")],
    }[command]
    result = CliRunner().invoke(cli.app, [*out, "--video-track", "0"])
    assert isinstance(result.exception, FaceNotFound), result.output
    result = CliRunner().invoke(cli.app, [*out, "--video-track", "7"])
    assert isinstance(result.exception, ConfigError)


@pytest.mark.slow
def test_what_is_drawn_is_the_stream_that_was_read(
    lecture: Path, generated_clip: GeneratedClip, tmp_path: Path
) -> None:
    """The overlay, the figure and the page show the speaker, and not the slides."""
    report = visalign.check(lecture, generated_clip.transcript, evidence=True)
    from visalign.media.clips import read_frames
    from visalign.plots.overlay import write_overlay

    write_overlay(lecture, report, tmp_path / "o.mkv")
    shown = next(read_frames(tmp_path / "o.mkv")).image[:200]
    assert shown.std() > 10  # the slides are of one grey
    report.write(tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size > 20_000
