"""A server that answers as the desk's does, of clips that are made up: for tests of the page alone.

Made-up documents may be as long and as hostile as a test wants, and the server may be told to be slow, to refuse or to
die in the midst of an answer, which the real one does not do when asked.
"""

from __future__ import annotations

import copy
import json
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from visalign.desk.page import format_desk_page

Item = dict[str, Any]
Answer = tuple[int, bytes, str]
DECISIONS = ["accept", "reject", "needs fix", "not judged"]
VISEMES = {"A": "lip to teeth", "B": "lips rounded", "C": "lips together", "D": "mouth open", "E": "lips spread"}
LEAD = 0.127


def tier(labels: Sequence[str], step: float, *, first_id: int, start: float = 0.0) -> list[Item]:
    """Items of one length, one after the other."""
    return [
        {
            **{"id": first_id + k, "start": round(start + k * step, 6), "end": round(start + (k + 1) * step, 6)},
            **{"label": label, "pinned_start": False, "pinned_end": False, "by": "machine"},
        }
        for k, label in enumerate(labels)
    ]


@dataclass
class MadeUpClip:
    """One clip of the stand-in: its document, the documents before, and what was decided."""

    id: str
    name: str
    duration: float
    tiers: dict[str, list[Item]]
    media: Path | None = None
    error: str | None = None
    doubt: float = 0.5
    verdict: str = "audio-early"
    revision: int = 0
    past: list[dict[str, list[Item]]] = field(default_factory=list)
    future: list[dict[str, list[Item]]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)

    def judgement(self) -> dict[str, Any]:
        """A word that a person has set is in sync; the others are early."""
        words = [
            {"id": x["id"], "verdict": "in-sync", "lead_seconds": 0.004, "score": 0.9}
            if x["by"] == "person"
            else {"id": x["id"], "verdict": self.verdict, "lead_seconds": LEAD, "score": 0.2}
            for x in self.tiers["words"]
            if x["label"]
        ]
        n_set = sum(x["verdict"] == "in-sync" for x in words)
        lead = round(LEAD * (1 - n_set / max(len(words), 1)), 4)
        sentence = f"The audio is {1000 * lead:.0f} ms early. To fix it, delay the audio by {1000 * lead:.0f} ms."
        told = {"lead_seconds": lead, "low": lead - 0.02, "high": lead + 0.03, "probability": 0.97, "score": 0.8}
        return {"verdict": self.verdict, "sentence": sentence, **told, "limits": [0.06, 0.1], "words": words}

    def visemes(self) -> dict[str, Any]:
        """A row a phone; on the lips later."""
        rows = [(x["start"], x["end"], "ABCDE"[k % 5]) for k, x in enumerate(self.tiers.get("phones", []))]
        return {
            "expected": [{"start": a, "end": b, "label": label} for a, b, label in rows],
            "observed": [{"start": a + LEAD, "end": b + LEAD, "label": label} for a, b, label in rows],
        }

    def answer(self) -> dict[str, Any]:
        """What `api/clips/ID` gives."""
        times = np.arange(0, self.duration, 0.1).round(3).tolist()
        leads = [round(LEAD + 0.03 * float(np.sin(t)), 4) for t in times]
        curve = {"times": times, "leads": leads, "low": [x - 0.02 for x in leads], "high": [x + 0.02 for x in leads]}
        facts = {"id": self.id, "name": self.name, "duration": self.duration, "frame_rate": "25/1", "width": 320}
        rest = {"height": 240, "start_timecode": "01:00:00:00", "language": "en", "lead_curve": curve}
        text = " ".join(x["label"] for x in self.tiers["words"] if x["label"])
        return facts | rest | {"transcript": text, "decisions": self.decisions} | self.state()

    def state(self) -> dict[str, Any]:
        """What changes with an edit."""
        return {
            "revision": self.revision,
            "can_undo": bool(self.past),
            "can_redo": bool(self.future),
            "document": {"tiers": self.tiers},
            "judgement": self.judgement(),
            "visemes": self.visemes(),
        }

    def row(self) -> dict[str, Any]:
        """Its row of the queue."""
        latest = self.decisions[-1] if self.decisions else {}
        told = self.judgement()
        return {
            **{"id": self.id, "name": self.name, "verdict": self.verdict, "sentence": told["sentence"]},
            **{"lead_seconds": told["lead_seconds"], "probability": 0.97, "doubt": self.doubt, "error": self.error},
            **{"decision": latest.get("decision"), "who": latest.get("who")},
        }

    def edit(self, edit: dict[str, Any]) -> list[list[Any]]:
        """Change the document; what was changed."""
        before = copy.deepcopy(self.tiers)
        changed = _EDITS[edit["kind"]](self.tiers, edit)
        self.past.append(before)
        self.future.clear()
        self.revision += 1
        return changed

    def travel(self, from_: list[dict[str, list[Item]]], to: list[dict[str, list[Item]]]) -> list[list[Any]]:
        """Undo or redo."""
        if not from_:
            raise LookupError("there is nothing to undo")
        to.append(self.tiers)
        before, self.tiers = self.tiers, from_.pop()
        self.revision += 1
        return [[name, x["id"]] for name, rows in self.tiers.items() for x in rows if x not in before[name]]


def _find(tiers: dict[str, list[Item]], edit: dict[str, Any]) -> tuple[list[Item], int]:
    rows = tiers[edit["tier"]]
    return rows, next(k for k, x in enumerate(rows) if x["id"] == edit["id"])


def _new_id(tiers: dict[str, list[Item]]) -> int:
    return 1 + max(x["id"] for rows in tiers.values() for x in rows)


def _move(tiers: dict[str, list[Item]], edit: dict[str, Any]) -> list[list[Any]]:
    rows, k = _find(tiers, edit)
    side, time = edit["side"], edit["time"]
    at, changed = rows[k][side], [[edit["tier"], edit["id"]]]
    other = k - 1 if side == "start" else k + 1
    rows[k] = {**rows[k], side: time, f"pinned_{side}": True, "by": "person"}
    if 0 <= other < len(rows):
        their = "end" if side == "start" else "start"
        if abs(rows[other][their] - at) < 1e-6:
            rows[other] = {**rows[other], their: time, f"pinned_{their}": True}
            changed.append([edit["tier"], rows[other]["id"]])
    return changed


def _split(tiers: dict[str, list[Item]], edit: dict[str, Any]) -> list[list[Any]]:
    rows, k = _find(tiers, edit)
    new = {**rows[k], "id": _new_id(tiers), "start": edit["time"], "by": "person"}
    rows[k : k + 1] = [{**rows[k], "end": edit["time"], "by": "person"}, new]
    return [[edit["tier"], edit["id"]], [edit["tier"], new["id"]]]


def _merge(tiers: dict[str, list[Item]], edit: dict[str, Any]) -> list[list[Any]]:
    rows, k = _find(tiers, edit)
    following = rows.pop(k + 1)
    rows[k] = {**rows[k], "end": following["end"], "label": rows[k]["label"] + following["label"], "by": "person"}
    return [[edit["tier"], edit["id"]]]


def _relabel(tiers: dict[str, list[Item]], edit: dict[str, Any]) -> list[list[Any]]:
    rows, k = _find(tiers, edit)
    rows[k] = {**rows[k], "label": edit["label"], "by": "person"}
    return [[edit["tier"], edit["id"]]]


def _insert(tiers: dict[str, list[Item]], edit: dict[str, Any]) -> list[list[Any]]:
    rows = tiers[edit["tier"]]
    [new] = tier([edit["label"]], edit["end"] - edit["start"], first_id=_new_id(tiers), start=edit["start"])
    kept = [x for x in rows if x["label"] or x["start"] < edit["start"] or x["end"] > edit["end"]]
    rows[:] = sorted([*kept, new | {"by": "person"}], key=lambda x: float(x["start"]))
    return [[edit["tier"], new["id"]]]


def _delete(tiers: dict[str, list[Item]], edit: dict[str, Any]) -> list[list[Any]]:
    rows, k = _find(tiers, edit)
    gone = rows.pop(k)
    rows.insert(k, {**gone, "id": _new_id(tiers), "label": ""})
    return [[edit["tier"], rows[k]["id"]]]


def _pin(tiers: dict[str, list[Item]], edit: dict[str, Any]) -> list[list[Any]]:
    rows, k = _find(tiers, edit)
    rows[k] = {**rows[k], f"pinned_{edit['side']}": edit["kind"] == "pin"}
    return [[edit["tier"], edit["id"]]]


def _nothing(tiers: dict[str, list[Item]], edit: dict[str, Any]) -> list[list[Any]]:
    return []


_EDITS: dict[str, Callable[[dict[str, list[Item]], dict[str, Any]], list[list[Any]]]] = {
    **{"move": _move, "split": _split, "merge": _merge, "relabel": _relabel, "insert": _insert, "delete": _delete},
    **{"pin": _pin, "unpin": _pin, "transcript": _nothing, "pronounce": _nothing},
}


class StandInDesk:
    """Serves made-up clips to any number of windows; a context manager."""

    def __init__(self, clips: Sequence[MadeUpClip], *, mode: str = "clip", port: int = 0, who: str = "ann") -> None:
        self.clips = {clip.id: clip for clip in clips}
        self.mode, self.who = mode, who
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.refuse: str | None = None
        self.dies_before_answering = False
        self.is_dying = False
        self._changed = threading.Condition()
        self._events: list[dict[str, Any]] = []
        self._is_open = True
        self._lines = set[socket.socket]()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler_of(self))
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self.port}/token/"

    def close(self) -> None:
        """As a process that is killed: nobody listens any more, open lines are cut."""
        self._is_open = False
        with self._changed:
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        for line in list(self._lines):
            _cut(line)

    def __enter__(self) -> StandInDesk:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_open:
            self.close()

    def tell(self, event: dict[str, Any]) -> None:
        """To all windows."""
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def events(self) -> Iterator[bytes]:
        """As they come, from now on."""
        n = len(self._events)
        yield b": open\n\n"
        while self._is_open:
            with self._changed:
                self._changed.wait(0.5)
            while n < len(self._events):
                yield f"data: {json.dumps(self._events[n])}\n\n".encode()
                n += 1
            yield b": still here\n\n"

    def get(self, path: str, asked: dict[str, str]) -> Answer:
        """Answer a question."""
        if path == "":
            return 200, format_desk_page().encode(), "text/html; charset=utf-8"
        if path == "api/desk":
            names = {
                "A": "lip to teeth",
                "B": "lips rounded",
                "C": "lips together",
                "D": "mouth open",
                "E": "lips spread",
            }
            return _json(
                {"version": "0", "mode": self.mode, "who": self.who, "viseme_names": names, "decisions": DECISIONS}
            )
        if path == "api/queue":
            return _json(self._queue(asked))
        if path == "api/agreement":
            return _json({"reviewers": ["ann", "<b>bob</b>"], "n": 12, "kappa": 0.71, "table": []})
        _, _, id_, *rest = path.split("/")
        return self._of_clip(self.clips[unquote(id_)], rest[0] if rest else "", asked)

    def _queue(self, asked: dict[str, str]) -> dict[str, Any]:
        rows = sorted(
            (clip.row() for clip in self.clips.values()), key=lambda row: (row["decision"] is not None, -row["doubt"])
        )
        tests: dict[str, Callable[[dict[str, Any]], bool]] = {
            "": lambda row: True,
            "decided": lambda row: row["decision"] is not None,
            "undecided": lambda row: row["decision"] is None,
            "fault": lambda row: row["verdict"] not in ("in-sync", "uncertain"),
            "uncertain": lambda row: row["verdict"] == "uncertain",
            "error": lambda row: row["error"] is not None,
        }
        wanted = [x for x in rows if tests[asked.get("state", "")](x) and asked.get("q", "") in x["name"]]
        return {"clips": wanted, "total": len(rows), "decided": sum(x["decision"] is not None for x in rows)}

    def _of_clip(self, clip: MadeUpClip, what: str, asked: dict[str, str]) -> Answer:
        if what == "":
            return _json(clip.answer())
        if what == "media" and clip.media is not None:
            return 200, clip.media.read_bytes(), "video/mp4"
        if what == "waveform":
            n, start, end = int(asked["n"]), float(asked["from"]), float(asked["to"])
            at = np.linspace(start, end, n)
            loud = np.abs(np.sin(7 * at)) * np.abs(np.sin(0.9 * at)) * (at < clip.duration)
            return _json({"rate": n / (end - start), "low": (-loud).round(3).tolist(), "high": loud.round(3).tolist()})
        if what == "spectrogram.png":
            return 200, _grey_png(int(asked["w"]), int(asked["h"])), "image/png"
        return 404, b"{}", "application/json"

    def post(self, path: str, body: dict[str, Any]) -> Answer | None:
        """Do what is told; None where the answer gets lost."""
        self.posted.append((path, body))
        _, _, id_, what = path.split("/")
        clip = self.clips[unquote(id_)]
        if self.refuse is not None:
            return _json({"error": self.refuse}, 400)
        if what == "write":
            return _json({"files": [f"{clip.name}.{x}" for x in body["formats"]]})
        if what == "decide":
            clip.decisions.append({**body, "who": self.who, "when": "2026-01-02T03:04:05Z"})
            self.tell({"kind": "decision", "id": clip.id, "revision": clip.revision})
            return _json({"decisions": clip.decisions})
        if body["revision"] != clip.revision:
            return _json({"error": "another window was quicker", "revision": clip.revision}, 409)
        try:
            changed = self._change(clip, what, body)
        except LookupError as error:
            return _json({"error": str(error)}, 400)
        if self.dies_before_answering:
            self.is_dying = True
            return None
        self.tell({"kind": "clip", "id": clip.id, "revision": clip.revision})
        return _json({**clip.state(), "changed": changed, "took_ms": 12.3, "message": ""})

    def _change(self, clip: MadeUpClip, what: str, body: dict[str, Any]) -> list[list[Any]]:
        if what == "undo":
            return clip.travel(clip.past, clip.future)
        if what == "redo":
            return clip.travel(clip.future, clip.past)
        return clip.edit(body["edit"])


def _json(data: dict[str, Any], status: int = 200) -> Answer:
    return status, json.dumps(data).encode(), "application/json"


def _grey_png(width: int, height: int) -> bytes:
    shades = (np.add.outer(np.arange(height) * 5, np.arange(width) * 3) % 256).astype(np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in shades)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _handler_of(desk: StandInDesk) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            desk._lines.add(self.connection)

        def finish(self) -> None:
            desk._lines.discard(self.connection)
            super().finish()

        def parse_request(self) -> bool:
            if not desk.is_dying:
                return super().parse_request()
            _cut(self.connection)
            return False

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            path = asked.path.removeprefix("/token/")
            if path == "api/events":
                self._stream()
            elif not asked.path.startswith("/token/"):
                self._answer(404, b"", "text/plain")
            else:
                self._answer(*desk.get(path, {key: value[0] for key, value in parse_qs(asked.query).items()}))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.headers["X-Visalign"] == "1"
            answer = desk.post(self.path.removeprefix("/token/"), body)
            if answer is None:
                _cut(self.connection)
            else:
                self._answer(*answer)

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            whole, ranged = len(body), self.headers.get("Range", "")
            if ranged and kind == "video/mp4":
                first = int(ranged.removeprefix("bytes=").split("-")[0])
                status, body = 206, body[first:]
            self.send_response(status)
            if status == 206:
                self.send_header("Content-Range", f"bytes {whole - len(body)}-{whole - 1}/{whole}")
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _stream(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            for sent in desk.events():
                self.wfile.write(sent)
                self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    return Handler


@contextmanager
def restarted(desk: StandInDesk) -> Iterator[StandInDesk]:
    """Another server where the former one was, with what that one had kept."""
    with StandInDesk(list(desk.clips.values()), mode=desk.mode, port=desk.port, who=desk.who) as again:
        yield again
