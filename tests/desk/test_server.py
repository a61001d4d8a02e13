"""The desk's server: real answers, and whoever is not the desk's own page is kept out."""

from __future__ import annotations

import http.client
import io
import json
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from visalign.desk.material import ClipMaterial
from visalign.desk.page import format_desk_page
from visalign.desk.places import Doorway, desk_of_clip
from visalign.desk.server import MAX_BODY, DeskServer
from visalign.face.generated_clip import GeneratedClip

SENTENCE = "bin blue at f two now"


@pytest.fixture(scope="module")
def server(generated_clip: GeneratedClip, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskServer]:
    place = tmp_path_factory.mktemp("desk")
    material = ClipMaterial("c1", "clip.mp4", generated_clip.path, transcript=SENTENCE, lip_cache=place / "lips")
    with desk_of_clip(material, place, "anna") as desk, DeskServer(desk, format_desk_page("clip")) as found:
        yield found


def ask(
    server: DeskServer,
    path: str,
    *,
    data: object = None,
    headers: dict[str, str] | None = None,
    base: str | None = None,
    method: str = "",
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    body = data if isinstance(data, bytes) else None if data is None else json.dumps(data).encode()
    sent = {"X-Visalign": "1"} | (headers or {})
    where = f"/{server.token}/{path}" if base is None else base + path
    connection.request(method or ("GET" if body is None else "POST"), where, body, sent)
    answer = connection.getresponse()
    read = answer.read()
    connection.close()
    return answer.status, {key.lower(): value for key, value in answer.getheaders()}, read


def told(server: DeskServer, path: str, **given: Any) -> tuple[int, Any]:
    code, headers, body = ask(server, path, **given)
    assert headers["content-type"].startswith("application/json"), body
    found = json.loads(body)
    if code >= 400:
        assert "\n" not in found["error"]
    return code, found


def test_the_page_and_what_it_asks_for(server: DeskServer) -> None:
    code, headers, page = ask(server, "")
    assert (code, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert headers["x-frame-options"] == "DENY"
    assert b"Content-Security-Policy" in page
    about = told(server, "api/desk")[1]
    assert (about["who"], about["mode"], about["decisions"][0]) == ("anna", "clip", "accept")
    queue = told(server, "api/queue?state=&q=")[1]
    assert [x["id"] for x in queue["clips"]] == ["c1"]
    clip = told(server, "api/clips/c1")[1]
    assert [x["label"] for x in clip["document"]["tiers"]["words"] if x["label"]] == SENTENCE.split()
    assert clip["judgement"]["verdict"] == "audio-early"
    assert set(clip) >= {
        *("id", "name", "duration", "frame_rate", "width", "height", "start_timecode", "transcript", "revision"),
        *("can_undo", "can_redo", "decisions", "visemes", "lead_curve", "language"),
    }


def test_sound_and_picture(server: DeskServer) -> None:
    code, headers, whole = ask(server, "api/clips/c1/media")
    assert (code, headers["content-type"], headers["accept-ranges"]) == (200, "video/mp4", "bytes")
    for asked, part in (("bytes=0-99", whole[:100]), ("bytes=100-", whole[100:]), ("bytes=-50", whole[-50:])):
        code, headers, body = ask(server, "api/clips/c1/media", headers={"Range": asked})
        assert (code, body) == (206, part)
    assert ask(server, "api/clips/c1/media", headers={"Range": f"bytes={len(whole)}-"})[0] == 416
    _, headers, wav = ask(server, "api/clips/c1/sound.wav")
    samples, rate = soundfile.read(io.BytesIO(wav))
    assert (rate, headers["content-type"]) == (16000, "audio/wav")
    peaks = told(server, "api/clips/c1/waveform?n=50&from=-1&to=10")[1]
    assert (len(peaks["low"]), len(peaks["high"])) == (50, 50)
    assert max(peaks["high"]) == pytest.approx(float(np.max(samples)), abs=1e-3)
    assert peaks["high"][:4] == peaks["low"][:4] == [0.0] * 4  # before the clip
    _, headers, png = ask(server, "api/clips/c1/spectrogram.png?from=0&to=20&w=300&h=100")
    assert (headers["content-type"], struct.unpack(">II", png[16:24])) == ("image/png", (300, 100))


def test_edits_come_back_with_a_judgement_and_one_is_first(server: DeskServer) -> None:
    clip = told(server, "api/clips/c1")[1]
    word = next(x for x in clip["document"]["tiers"]["words"] if x["label"] == "blue")
    edit = {"kind": "move", "tier": "words", "id": word["id"], "side": "end", "time": word["end"] + 0.03}
    code, answer = told(server, "api/clips/c1/edits", data={"revision": clip["revision"], "edit": edit})
    assert (code, answer["revision"]) == (200, clip["revision"] + 1)
    assert answer["judgement"]["verdict"] in ("audio-early", "uncertain")
    assert ["words", word["id"]] in answer["changed"]
    code, late = told(server, "api/clips/c1/edits", data={"revision": clip["revision"], "edit": edit})
    assert (code, late["revision"]) == (409, answer["revision"])
    code, back = told(server, "api/clips/c1/undo", data={"revision": answer["revision"]})
    assert (code, back["can_redo"]) == (200, True)
    assert told(server, "api/clips/c1")[1]["document"] == clip["document"]


def test_hostile_edits_are_refused_in_a_line(server: DeskServer) -> None:
    revision = told(server, "api/clips/c1")[1]["revision"]
    labels = ("a\x00b", "\x1b[31m", "\u202eevil", "x" * 900_000, "<script>alert(1)</script>", "", " ", "\ud800")
    for label in labels:
        edit = {"kind": "relabel", "tier": "words", "id": 2, "label": label}
        code, answer = told(server, "api/clips/c1/edits", data={"revision": revision, "edit": edit})
        assert code == 400, (label[:20], answer)
    for data in (b"", b"null", b"[]", b"{", b'{"revision":NaN}', b"\xff\xfe", b"[" * 100_000, b'{"revision":true}'):
        assert told(server, "api/clips/c1/edits", data=data)[0] == 400, data[:20]
    arabic = {"kind": "insert", "tier": "lines", "start": 0.1, "end": 0.2, "label": "مرحبا <b>"}
    code, answer = told(server, "api/clips/c1/edits", data={"revision": revision, "edit": arabic})
    assert code == 200  # what is written from right to left is no attack, and the page shows it as text
    told(server, "api/clips/c1/undo", data={"revision": answer["revision"]})


def test_nobody_else_gets_in(server: DeskServer) -> None:
    edit = {"revision": 0, "edit": {"kind": "delete", "tier": "words", "id": 2}}
    assert ask(server, "api/desk", base="/")[0] == 404
    assert ask(server, "api/desk", base=f"/{'x' * len(server.token)}/")[0] == 404
    # A name of somebody else's that leads to this machine (DNS rebinding).
    for host in ("evil.example", f"evil.example:{server.port}", "127.0.0.1", f"localhost:{server.port}"):
        assert ask(server, "api/desk", headers={"Host": host})[0] == 403
    # A form of another page: no header of its own, and a browser would have to ask first.
    assert ask(server, "api/clips/c1/edits", data=edit, headers={"X-Visalign": "0"})[0] == 403
    plain = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    plain.request("POST", f"/{server.token}/api/clips/c1/edits", json.dumps(edit), {"Content-Type": "text/plain"})
    assert plain.getresponse().status == 403
    plain.close()
    assert ask(server, "api/clips/c1/edits", method="OPTIONS")[0] == 501
    _, headers, _ = ask(server, "api/desk")
    assert not any(name.startswith("access-control") for name in headers)
    large = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    large.putrequest("POST", f"/{server.token}/api/clips/c1/edits")
    for name, value in (("X-Visalign", "1"), ("Content-Length", str(MAX_BODY + 1))):
        large.putheader(name, value)
    large.endheaders()
    assert large.getresponse().status == 413
    large.close()


@pytest.mark.parametrize(
    "path",
    [
        *("api/clips/../../etc/passwd", "api/clips/..%2f..%2fetc%2fpasswd/media", "api/clips/%2fetc%2fpasswd/media"),
        *("../etc/passwd", "api/clips/c1/%2e%2e", "static/../server.py", "api/clips/c1/media/x", "api/", "api"),
        *("api/clips/nobody", "api/decisions.../../x", "api/decisions.exe", "\x7f", "api/clips/c1\x00"),
    ],
)
def test_no_address_is_a_path(server: DeskServer, path: str) -> None:
    quoted = path.replace("\x7f", "%7f").replace("\x00", "%00")
    code, answer = told(server, quoted)
    assert code in (400, 404)
    assert "root:" not in json.dumps(answer)


def test_windows_hear_of_what_others_did(server: DeskServer) -> None:
    heard, ready = list[dict[str, Any]](), threading.Event()

    def listen() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("GET", f"/{server.token}/api/events")
        answer = connection.getresponse()
        answer.readline()
        ready.set()
        while len(heard) < 2:
            line = answer.readline()
            if line.startswith(b"data: "):
                heard.append(json.loads(line[6:]))
        connection.close()

    told(server, "api/clips/c1")
    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert ready.wait(30)
    assert told(server, "api/clips/c1/decide", data={"line": None, "decision": "accept", "comment": "fine"})[0] == 200
    revision = told(server, "api/clips/c1")[1]["revision"]
    edit = {"kind": "insert", "tier": "closures", "start": 0.01, "end": 0.02, "label": "closed"}
    told(server, "api/clips/c1/edits", data={"revision": revision, "edit": edit})
    thread.join(30)
    assert {x["kind"] for x in heard} == {"clip", "decision"}
    assert told(server, "api/queue?state=decided")[1]["decided"] == 1


def test_files_of_decisions_come_with_a_name(server: DeskServer) -> None:
    told(server, "api/clips/c1/decide", data={"line": None, "decision": "accept", "comment": "<i>fine</i>"})
    for name in ("csv", "json", "html", "edl", "otio", "srt"):
        code, headers, body = ask(server, f"api/decisions.{name}")
        assert code == 200, body
        assert headers["content-disposition"] == f'attachment; filename="decisions.{name}"'
        assert b"accept" in body


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_desk_that_is_killed_in_mid_edit_goes_on(generated_clip: GeneratedClip, tmp_path: Path) -> None:
    """The command itself, with a window that keeps sending edits: what was answered is there after kill -9."""
    place = tmp_path / "kept"
    # a program that was started in the background, as these tests may be, hands on that Ctrl-C is ignored
    plain = "import signal, visalign.cli as x; signal.signal(signal.SIGINT, signal.default_int_handler); x.main()"
    command = [sys.executable, "-c", plain, "desk", str(generated_clip.path), "--text", SENTENCE]
    command += ["--save", str(place), "--no-browser", "--who", "anna", "--no-cache"]

    def started() -> tuple[subprocess.Popen[str], int, str]:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert child.stdout is not None
        line = child.stdout.readline()
        if line.startswith("It goes on as it was left"):
            line = child.stdout.readline()
        door = Doorway.of(place)
        assert f"127.0.0.1:{door.port}/{door.token}/" in line
        return child, door.port, door.token

    def send(port: int, token: str, path: str, data: object = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        body = None if data is None else json.dumps(data)
        connection.request("GET" if data is None else "POST", f"/{token}/api/{path}", body, {"X-Visalign": "1"})
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    child, port, token = started()
    try:
        id = send(port, token, "queue")["clips"][0]["id"]
        clip = send(port, token, f"clips/{id}")
        answered = [0]

        def write() -> None:
            try:
                while True:
                    edit = {"kind": "relabel", "tier": "cues", "id": clip["document"]["tiers"]["cues"][0]["id"]}
                    edit["label"] = "AB"[answered[-1] % 2]
                    told = send(port, token, f"clips/{id}/edits", {"revision": answered[-1], "edit": edit})
                    answered.append(told["revision"])
            except (OSError, http.client.HTTPException, ValueError):
                pass

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        until = time.monotonic() + 60
        while len(answered) < 4 and time.monotonic() < until:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        thread.join(30)
        child, again, same = started()
        assert (again, same) == (port, token)  # an open window goes on
        resumed = send(port, token, f"clips/{id}")
        assert resumed["revision"] in (answered[-1], answered[-1] + 1)
        assert resumed["document"]["tiers"]["words"] == clip["document"]["tiers"]["words"]
        assert resumed["can_undo"]
        child.send_signal(signal.SIGINT)
        assert "kept" in child.communicate(timeout=30)[0]
        assert child.returncode == 0
        # `kill`, while a window listens: it ends what is under way, and says nothing.
        child, port, token = started()
        listening = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        listening.request("GET", f"/{token}/api/events")
        events = listening.getresponse()
        assert events.readline() == b": listening\n"
        child.send_signal(signal.SIGTERM)
        assert child.communicate(timeout=30)[1] == ""
        assert child.returncode == 128 + signal.SIGTERM
        listening.close()
    finally:
        child.kill()
        child.communicate()
    assert (place / "desk.json").stat().st_mode & 0o077 == 0
