"""The desk's server: for this machine alone, for whoever knows the token.

The guards are those of the live page (:mod:`visalign.live_view.server`): 127.0.0.1, a token in every address, no other
Host. Whatever changes something has to come with the header ``X-Visalign: 1``, which no page from elsewhere can send
without asking first, and nobody answers that question; its body is JSON of 1 MB at most. No part of an address is a
path, and what is sent back is never a page but the desk's own.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
import webbrowser
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from visalign.desk.answers import Answer, answer_get, answer_post
from visalign.desk.workplace import Desk
from visalign.errors import ConfigError, OutputError
from visalign.live_view.server import HEADERS, HOST, LocalServer

__all__ = ["DeskServer"]

MAX_BODY = 1_000_000
_BLOCK = 1 << 18
_LOOK_SECONDS, _PULSE_SECONDS = 0.25, 5.0
_TOKEN = re.compile(r"[\w-]{20,100}")
_LENGTH = re.compile(r"[0-9]{1,9}")
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_POLICY = "frame-ancestors 'none'"


class DeskServer:
    """Serves one desk to any number of windows on this machine; a context manager.

    Parameters
    ----------
    desk : Desk
    page : str
        The page.
    port : int
        0 lets the system choose.
    token : str, optional
        Of an earlier start, so that a window that is still open goes on; drawn anew by default.

    Raises
    ------
    OutputError
        If the port is taken.
    ConfigError
        If the token is too short to keep anybody out.
    """

    def __init__(self, desk: Desk, page: str, port: int = 0, token: str | None = None) -> None:
        if token is not None and not _TOKEN.fullmatch(token):
            raise ConfigError("token", token, "20 to 100 letters, digits, - or _")
        self.desk, self.token = desk, token or secrets.token_urlsafe(24)
        self.page = page.encode("utf-8")
        try:
            self._server = LocalServer((HOST, port), _handler_of(self))
        except OSError as error:
            raise OutputError(f"port {port}", f"can't be used ({error.strerror}); give another with --port") from error
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://{HOST}:{self.port}/{self.token}/"

    def __enter__(self) -> DeskServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def show(self) -> bool:
        """Open the page in the user's browser; whether there is one."""
        try:
            return webbrowser.open(self.url)
        except (webbrowser.Error, OSError):
            return False

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the server ends, or for so long."""
        self._thread.join(seconds)

    def events(self) -> Iterator[bytes]:
        """What changes, whoever changed it: windows of this desk, or other desks on the same folder."""
        known, told = self.desk.versions(), time.monotonic()
        yield b": listening\n\n"
        while True:
            time.sleep(_LOOK_SECONDS)
            now = self.desk.versions()
            for id, revision in now.items():
                if known.get(id, revision if id else None) != revision:
                    kind = "clip" if id else "decision"
                    data = json.dumps({"kind": kind, "id": id, "revision": revision}, separators=(",", ":"))
                    yield f"data: {data}\n\n".encode()
                    told = time.monotonic()
            known = {**known, **now}
            if time.monotonic() - told > _PULSE_SECONDS:
                yield b": still here\n\n"
                told = time.monotonic()


def _handler_of(server: DeskServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def do_GET(self) -> None:
            parts = self._parts()
            if parts is None:
                return
            query = {key: values[-1] for key, values in parse_qs(urlsplit(self.path).query, max_num_fields=20).items()}
            if parts == ("",):
                self._send(Answer(server.page, "text/html; charset=utf-8"))
            elif parts == ("api", "events"):
                self._stream()
            elif parts[0] == "api" and (answer := answer_get(server.desk, parts[1:], query)) is not None:
                self._send(answer)
            else:
                self._refuse(404, "there is nothing at this address")

        def do_POST(self) -> None:
            parts = self._parts()
            if parts is None:
                return
            length = self.headers.get("Content-Length", "")
            if self.headers.get("X-Visalign") != "1":
                self._refuse(403, "a change has to come from the desk's own page")
            elif not _LENGTH.fullmatch(length):
                self._refuse(411, "how long it is has to be said")
            elif int(length) > MAX_BODY:
                self._refuse(413, f"{MAX_BODY} bytes are possible at most")
            else:
                body = self.rfile.read(int(length))
                answer = answer_post(server.desk, parts[1:], body) if parts[0] == "api" else None
                if answer is None:
                    self._refuse(404, "there is nothing at this address")
                else:
                    self._send(answer)

        def _parts(self) -> tuple[str, ...] | None:
            """The address below the desk's own; None where it was refused."""
            if self.headers.get("Host") != f"{HOST}:{server.port}":
                self._refuse(403, "this desk answers to its own address alone")
                return None
            first, *parts = urlsplit(self.path).path.removeprefix("/").split("/")
            if not secrets.compare_digest(first.encode(), server.token.encode()) or not parts:
                self._refuse(404, "there is nothing at this address")
                return None
            return tuple(map(unquote, parts))

        def _refuse(self, code: int, why: str) -> None:
            self.close_connection = True  # what was sent beside it is not read
            self._send(Answer(json.dumps({"error": why}).encode(), code=code))

        def _send(self, answer: Answer) -> None:
            if answer.path is not None:
                try:
                    with answer.path.open("rb") as file:
                        size = file.seek(0, 2)
                        self._send_part(answer, size, lambda a, n: (file.seek(a), file.read(n))[1])
                except OSError:
                    self.close_connection = True
                return
            self._send_part(answer, len(answer.body), lambda a, n: answer.body[a : a + n])

        def _send_part(self, answer: Answer, size: int, read: Any) -> None:
            first, last, code = _wanted(self.headers.get("Range"), size, answer.code)
            self.send_response(code)
            headers = {**HEADERS, "Content-Security-Policy": _POLICY, "Content-Type": answer.kind}
            headers |= {"Content-Length": str(last - first), "Accept-Ranges": "bytes"}
            if code == 206:
                headers["Content-Range"] = f"bytes {first}-{last - 1}/{size}"
            if code == 416:
                headers["Content-Range"] = f"bytes */{size}"
            if answer.name:
                headers["Content-Disposition"] = f'attachment; filename="{answer.name}"'
            if self.close_connection:
                headers["Connection"] = "close"
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            for at in range(first, last, _BLOCK):
                self.wfile.write(read(at, min(_BLOCK, last - at)))

        def _stream(self) -> None:
            self.close_connection = True
            self.send_response(200)
            for name, value in {**HEADERS, "Content-Type": "text/event-stream", "Connection": "close"}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for data in server.events():
                    self.wfile.write(data)
                    self.wfile.flush()
            except OSError:  # the window was closed
                pass

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the token would stand in the log."""

    return Handler


def _wanted(asked: str | None, size: int, code: int) -> tuple[int, int, int]:
    """First and last byte (exclusive) that are asked for, and the code to say so."""
    found = _RANGE.fullmatch(asked or "")
    if found is None or code != 200 or found[0] == "bytes=-":
        return 0, size, code
    if not found[1]:
        first, last = max(size - int(found[2]), 0), size
    else:
        first, last = int(found[1]), min(int(found[2]) + 1, size) if found[2] else size
    return (first, last, 206) if first < last else (0, 0, 416)
