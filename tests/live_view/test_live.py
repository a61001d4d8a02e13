"""The live view without a page: pacing, drops, what is known of a picture, the rolling offset, the server's doors."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from visalign.cli import main
from visalign.errors import BackendUnavailable, ConfigError, MediaError, MissingStream
from visalign.face.generated_clip import GeneratedClip
from visalign.lips.lip_features import LipFeatures
from visalign.live_view import LiveAnalyser, LiveStats, Picture, Sound, open_source, run_live
from visalign.live_view.analysis import RollingOffset
from visalign.live_view.server import HOST, LiveServer
from visalign.live_view.source import RATE_HZ
from visalign.live_view.viewer import offset_message
from visalign.media.clips import read_audio, read_frames, write_clip, write_wav
from visalign.signals import Audio
from visalign.sync.verdict import SyncEstimate
from visalign.visemes.viseme_map import VisemeMap

JEFFERS = VisemeMap.load("jeffers_1971")


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(x) for x in arguments])
    return int(ended.value.code or 0)


class SlowAnalyser:
    """Takes its time, and knows nothing."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.heard, self.looked = seconds, 0.0, 0

    def hear(self, sound: Sound) -> None:
        self.heard += len(sound.samples) / RATE_HZ

    def look(self, picture: Picture) -> Any:
        time.sleep(self.seconds)
        self.looked += 1
        return type(
            "Moment",
            (),
            {
                "number": self.looked,
                "picture": picture,
                "points": None,
                "viseme": "",
                "aperture": None,
                "loudness_db": -90.0,
                "offset": None,
            },
        )()


@pytest.fixture(scope="module")
def grey_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frames = (np.full((48, 64, 3), k, np.uint8) for k in range(50))
    sound = Audio(np.full(32000, 0.1, np.float32), 16000)
    return write_clip(tmp_path_factory.mktemp("grey") / "grey.mp4", frames, Fraction(25), sound)


def watch(path: Path, analyser: Any, **settings: Any) -> tuple[LiveStats, list[dict[str, Any]]]:
    shown: list[dict[str, Any]] = []
    all_stats = [stats for _, stats in run_live(open_source(str(path)), analyser, shown.append, **settings)]
    return all_stats[-1], shown


# --- pacing ---------------------------------------------------------------------------------------------------


def test_a_file_runs_at_its_own_pace(grey_clip: Path) -> None:
    began = time.perf_counter()
    stats, shown = watch(grey_clip, SlowAnalyser(0.0))
    assert time.perf_counter() - began >= 49 / 25 - 0.05, "two seconds of clip can't be over sooner"
    assert stats.n_pictures == 50
    assert len(shown) == 50 - stats.n_dropped
    assert [x["time"] for x in shown] == sorted(x["time"] for x in shown)


class Camera:
    """A source that does not wait: two seconds of pictures and sound, each there from its time on."""

    is_live, name = True, "camera"

    def items(self) -> Iterator[Picture | Sound]:
        began = time.perf_counter()
        for k in range(50):
            time.sleep(max(0.0, began + k / 25 - time.perf_counter()))
            yield Sound(k / 25, np.zeros(RATE_HZ // 25, np.float32))
            yield Picture(k / 25, np.zeros((48, 64, 3), np.uint8))


def test_what_comes_too_late_is_dropped_and_counted() -> None:
    analyser, shown = SlowAnalyser(0.1), list[dict[str, Any]]()  # 10 pictures a second at most, of 25
    *_, (_, stats) = run_live(Camera(), analyser, shown.append)
    assert 20 <= stats.n_dropped < 45
    assert stats.n_dropped + analyser.looked == stats.n_pictures == 50
    assert shown[-1]["dropped"] > 0, "the page is told"
    assert analyser.heard == pytest.approx(2.0, abs=0.1), "sound is never dropped"


def test_a_file_waits_for_a_slow_machine_and_drops_nothing(grey_clip: Path) -> None:
    stats, shown = watch(grey_clip, SlowAnalyser(0.08))
    assert (stats.n_pictures, stats.n_dropped, len(shown)) == (50, 0, 50)
    assert max(stats.ready_seconds[25:]) < 1.0, "it runs slower, and does not fall two seconds behind"


def test_nothing_is_dropped_unpaced(grey_clip: Path) -> None:
    stats, _ = watch(grey_clip, SlowAnalyser(0.02), paced=False)
    assert (stats.n_pictures, stats.n_dropped) == (50, 0)
    assert watch(grey_clip, SlowAnalyser(0), paced=False, seconds=1.0)[0].n_pictures == 25


# --- what is known --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory, generated_clip: GeneratedClip) -> Path:
    """The generated clip four times in a row; its audio is 120 ms early."""
    audio = read_audio(generated_clip.path)
    frames = [frame.image for frame in read_frames(generated_clip.path, colour=True)]
    n = round(len(frames) / 25 * audio.rate_hz)
    sound = np.tile(np.pad(audio.samples, (0, max(0, n - len(audio.samples))))[:n], 4)
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    return write_clip(path, frames * 4, Fraction(25), Audio(sound, audio.rate_hz))


def test_every_picture_has_its_facts_and_the_offset_is_found(long_clip: Path, generated_lips: LipFeatures) -> None:
    shown: list[dict[str, Any]] = []
    with LiveAnalyser(JEFFERS) as analyser:
        moments = [moment for moment, _ in run_live(open_source(str(long_clip)), analyser, shown.append, paced=False)]
        last = analyser.finish()
    assert len(moments) == len(shown)
    assert np.mean([x.points is not None for x in moments]) > 0.9
    assert {x.viseme for x in moments} <= {*JEFFERS.visemes, ""}
    assert len({x.viseme for x in moments}) > 3
    # the same lips as `read_lips` sees, picture by picture
    expected = generated_lips.column("inner_aperture")
    found = np.array([np.nan if x.aperture is None else x.aperture for x in moments[: len(expected)]])
    both = np.isfinite(found) & np.isfinite(expected)
    assert np.corrcoef(found[both], expected[both])[0, 1] > 0.9
    assert max(x.loudness_db for x in moments) > -40
    assert min(x.loudness_db for x in moments) >= -90
    assert last is not None
    assert last.sync is not None
    assert last.sync.lead_seconds == pytest.approx(0.12, abs=0.08)
    assert moments[20].offset is None, "nothing is told in the first second"
    json.dumps(shown, allow_nan=False)


def test_a_short_clip_has_an_offset_once_it_has_ended(generated_clip: GeneratedClip) -> None:
    """It is over before one has been computed on the way, or holds less speech than would do: then it says so."""
    with LiveAnalyser(JEFFERS) as analyser:
        moments = [x for x, _ in run_live(open_source(str(generated_clip.path)), analyser, lambda _: None, paced=False)]
        last = analyser.finish()
    assert last is not None
    assert last.time == pytest.approx(moments[-1].picture.time, abs=0.3)
    told = offset_message(last, Fraction(25))
    assert told is not None
    assert told["told"] not in ("", "Not enough speech yet.")
    assert "s of speech in the last 10 s" in told["note"]


def test_an_offset_is_told_in_the_words_of_a_report() -> None:
    early = SyncEstimate(0.12, (0.1, 0.14), 0.97, "audio-early")
    told = offset_message(RollingOffset(4.0, 2.5, early, 0.1), Fraction(25))
    assert told is not None
    assert (told["told"], told["lead_ms"], told["interval_ms"]) == ("Audio is 120 ms early.", 120, [100, 140])
    assert told["note"].startswith("120 ms early (3 frames), 95 % interval from 100 ms early to 140 ms early")
    mismatch = offset_message(
        RollingOffset(4.0, 2.5, replace(early, verdict="mismatched", reason="why"), 0.1), Fraction(25)
    )
    assert mismatch is not None
    assert (mismatch["told"], mismatch["note"]) == (
        "Lips and sound do not fit.",
        "why; 2.5 s of speech in the last 10 s",
    )
    assert "lead_ms" not in mismatch
    none = offset_message(RollingOffset(1.0, 0.2, None, 0.1), Fraction(25))
    assert none is not None
    assert none["note"].startswith("0.2 s of speech in the last 10 s; an offset is looked for from 0.5 s on")


def test_silence_has_no_offset(grey_clip: Path) -> None:
    with LiveAnalyser(JEFFERS) as analyser:
        moments = [moment for moment, _ in run_live(open_source(str(grey_clip)), analyser, lambda _: None, paced=False)]
        last = analyser.finish()
    assert {x.viseme for x in moments} == {""}
    assert {x.aperture for x in moments} == {None}
    assert last is None or last.sync is None


def test_gaps_in_the_sound_become_silence() -> None:
    with LiveAnalyser(JEFFERS) as analyser:
        analyser.hear(Sound(0.0, np.ones(1600, np.float32)))
        analyser.hear(Sound(0.5, np.ones(1600, np.float32)))
        moment = analyser.look(Picture(0.5, np.zeros((48, 64, 3), np.uint8)))
    assert moment.loudness_db == -90.0


# --- sources --------------------------------------------------------------------------------------------------


def test_sources_that_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--allow-network"):
        open_source("rtsp://localhost/stream")
    with pytest.raises(MediaError, match="no such file"):
        open_source(str(tmp_path / "none.mp4"))
    (tmp_path / "list.mp4").write_text("ffconcat version 1.0\nfile /etc/passwd\n")
    with pytest.raises(MediaError):
        open_source(str(tmp_path / "list.mp4"))
    write_wav(tmp_path / "a.wav", Audio(np.zeros(1600, np.float32), 16000))
    with pytest.raises(MissingStream):
        open_source(str(tmp_path / "a.wav"))


def test_without_a_driver_the_way_to_a_camera_is_told() -> None:
    import av

    if {"v4l2", "avfoundation", "dshow"} & set(av.formats_available):
        pytest.skip("FFmpeg has a driver for cameras here")
    with pytest.raises(BackendUnavailable, match=r"\| visalign live -"):
        open_source("camera")


# --- the server's doors ---------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[LiveServer]:
    with LiveServer("<p>page</p>") as started:
        yield started


def ask(
    server: LiveServer, path: str, *, method: str = "GET", body: bytes = b"", host: str | None = None
) -> tuple[int, bytes]:
    port = int(server.url.split(":")[2].split("/")[0])
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request(method, path, body=body, headers={"Host": host or f"{HOST}:{port}"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_only_who_knows_the_token_gets_in(server: LiveServer) -> None:
    assert ask(server, f"/{server.token}/") == (200, b"<p>page</p>")
    assert server.url.startswith("http://127.0.0.1:")
    assert len(server.token) >= 32
    for path in ("/", "/events", "/x/events", f"/{server.token}/../", f"/{server.token}/../../etc/passwd"):
        assert ask(server, path)[0] == 404
    assert ask(server, f"/{server.token}/", host="evil.example")[0] == 403
    assert ask(server, f"/{server.token}/drawn", method="POST", body=b"[1]", host="evil.example")[0] == 403


def test_delays_are_numbers(server: LiveServer) -> None:
    for body in (b"[40, 41.5]", b"{}", b"nonsense", b'["x", null, -1, 1e9]', b"[" * 5000):
        assert ask(server, f"/{server.token}/drawn", method="POST", body=body)[0] == 204
    assert server.delays_ms == [40.0, 41.5]
    assert ask(server, f"/{server.token}/drawn", method="POST", body=b" " * 200_000)[0] == 404


def test_a_connection_that_is_reset_is_no_fault(server: LiveServer, capfd: pytest.CaptureFixture[str]) -> None:
    """In the midst of a request, of an answer, and of the stream; and what else a stranger may send."""
    host, port = HOST, int(server.url.split(":")[2].split("/")[0])
    name = f"Host: {HOST}:{port}\r\n"
    requests = [
        b"",
        b"GET /",
        f"GET /{server.token}/ HTTP/1.1\r\n{name}\r\n".encode(),
        f"GET /{server.token}/events HTTP/1.1\r\n{name}\r\n".encode(),
        f"POST /{server.token}/drawn HTTP/1.1\r\n{name}Content-Length: 90000\r\n\r\n[".encode(),
        f"POST /{server.token}/drawn HTTP/1.1\r\n{name}Content-Length: \u00b2\r\n\r\n[".encode("latin-1"),
        b"\xff\xfe\x00" * 100,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET " + b"a" * 70_000,
    ]
    for request in requests * 3:
        with socket.create_connection((host, port), timeout=5) as caller:
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closed by a reset
            with contextlib.suppress(OSError):
                caller.sendall(request)
            time.sleep(0.02)
    server.show({"x": 1})
    time.sleep(0.3)
    assert capfd.readouterr() == ("", "")
    assert ask(server, f"/{server.token}/")[0] == 200


def test_no_other_address_is_bound(server: LiveServer) -> None:
    assert server._server.server_address[0] == "127.0.0.1"


# --- command --------------------------------------------------------------------------------------------------


def test_command(grey_clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("live", grey_clip, "--wait", "0", "--stats", tmp_path / "stats.json") == 0
    assert "Open http://127.0.0.1:" in capsys.readouterr().out
    found = json.loads((tmp_path / "stats.json").read_text(encoding="utf-8"))
    assert found["n_pictures"] == 50
    assert found["n_drawn"] == 0
    assert found["analysis_ms"]["p50"] > 0
    assert run("live", "http://localhost/", "--wait", "0") == 2


@pytest.mark.corpus
@pytest.mark.parametrize("lead", [pytest.param(-0.2, marks=pytest.mark.slow), 0.12])
def test_rolling_offset_of_joined_clips(corpus: Path, tmp_path: Path, lead: float) -> None:
    """GRID's clips one after the other, the sound moved: the offset follows."""
    pictures, sounds = [], []
    for path in sorted((corpus / "grid/s1").glob("*.mpg"))[:6]:
        frames, audio = [frame.image for frame in read_frames(path, colour=True)], read_audio(path)
        n = round(len(frames) / 25 * audio.rate_hz)
        pictures += frames
        sounds.append(np.pad(audio.samples, (0, max(0, n - len(audio.samples))))[:n])
    sound = np.roll(np.concatenate(sounds), -round(lead * 16000))
    clip = write_clip(tmp_path / "joined.mp4", pictures, Fraction(25), Audio(sound, 16000))
    leads = []
    with LiveAnalyser(JEFFERS) as analyser:
        for moment, _ in run_live(open_source(str(clip)), analyser, lambda _: None, paced=False):
            if moment.offset is not None and moment.offset.sync is not None:
                leads.append(moment.offset.sync.lead_seconds)
        last = analyser.finish()
    assert last is not None
    assert last.sync is not None
    assert last.sync.lead_seconds == pytest.approx(lead, abs=0.05)
