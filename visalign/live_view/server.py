"""The live page's server: for this machine alone, for whoever knows the token.

It binds to 127.0.0.1, so no other machine reaches it. Each address begins with a token drawn anew at each start, so
no other user or page of this machine finds it; requests whose Host is another name are refused, so that no page from
elsewhere gets in by giving this machine's address a name of its own (DNS rebinding). It gives out the page and the
stream of moments, and takes the delays that the page has measured; it never reads a path.
"""

from __future__ import annotations

import json
import queue
import re
import secrets
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from visalign.errors import BAD_DATA

__all__ = ["HEADERS", "HOST", "LiveServer", "LocalServer"]

HOST = "127.0.0.1"
_MAX_BODY = 100_000
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_MAX_DELAYS = 1_000_000


class LiveServer:
    """Serves one page to any number of windows on this machine; a context manager.

    Parameters
    ----------
    page : str
        The page.
    port : int
        0 lets the system choose.
    """

    def __init__(self, page: str, port: int = 0) -> None:
        self.token = secrets.token_urlsafe(24)
        self.delays_ms: list[float] = []
        self._page = page.encode("utf-8")
        self._windows: set[queue.Queue[bytes | None]] = set()
        self._lock = threading.Lock()
        self._server = LocalServer((HOST, port), _handler_of(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://{HOST}:{self._server.server_address[1]}/{self.token}/"

    @property
    def n_windows(self) -> int:
        """Windows that are watching."""
        with self._lock:
            return len(self._windows)

    def __enter__(self) -> LiveServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def show(self, message: dict[str, Any]) -> None:
        """Send a message to all windows; one that is not fast enough misses it."""
        data = f"data: {json.dumps(message, separators=(',', ':'), allow_nan=False)}\n\n".encode()
        with self._lock:
            for window in self._windows:
                _put_newest(window, data)

    def end(self, message: dict[str, Any] | None = None) -> None:
        """Tell all windows that the source has ended, and what was found last."""
        data = json.dumps(message or {}, separators=(",", ":"), allow_nan=False)
        with self._lock:
            for window in self._windows:
                _put_newest(window, f"event: end\ndata: {data}\n\n".encode())

    def _watch(self) -> queue.Queue[bytes | None]:
        window: queue.Queue[bytes | None] = queue.Queue(maxsize=2)
        with self._lock:
            self._windows.add(window)
        return window

    def _leave(self, window: queue.Queue[bytes | None]) -> None:
        with self._lock:
            self._windows.discard(window)


class LocalServer(ThreadingHTTPServer):
    """A server for whoever sits at this machine; a thread a connection."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A window that is closed in the midst of an answer is no fault, and costs nobody else anything."""
        if not isinstance(sys.exc_info()[1], OSError):
            # As of any thread: the command line puts it into one line.
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))


def _put_newest(window: queue.Queue[bytes | None], data: bytes) -> None:
    while True:
        try:
            window.put_nowait(data)
        except queue.Full:
            try:
                window.get_nowait()
            except queue.Empty:
                continue
        else:
            return


def _handler_of(live: LiveServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            if not self._is_allowed():
                return
            if self.path == f"/{live.token}/":
                self._answer(200, live._page, "text/html; charset=utf-8")
            elif self.path == f"/{live.token}/events":
                self._stream()
            else:
                self._answer(404, b"", "text/plain")

        def do_POST(self) -> None:
            if not self._is_allowed():
                return
            length = self.headers.get("Content-Length", "")
            if self.path != f"/{live.token}/drawn" or not re.fullmatch("[0-9]{1,9}", length) or int(length) > _MAX_BODY:
                self.close_connection = True
                self._answer(404, b"", "text/plain")
                return
            self._take_delays(self.rfile.read(int(length)))
            self._answer(204, b"", "text/plain")

        def _is_allowed(self) -> bool:
            port = live._server.server_address[1]
            if self.headers.get("Host") == f"{HOST}:{port}":
                return True
            self.close_connection = True
            self._answer(403, b"", "text/plain")
            return False

        def _take_delays(self, body: bytes) -> None:
            try:
                values = json.loads(body)
            except BAD_DATA:
                return
            for value in values if isinstance(values, list) else ():
                if isinstance(value, (int, float)) and 0 <= value < 1e6 and len(live.delays_ms) < _MAX_DELAYS:
                    live.delays_ms.append(float(value))

        def _answer(self, code: int, body: bytes, kind: str) -> None:
            self.send_response(code)
            for name, value in {**HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def _stream(self) -> None:
            self.send_response(200)
            for name, value in {**HEADERS, "Content-Type": "text/event-stream", "Connection": "close"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.close_connection = True
            window = live._watch()
            try:
                while True:
                    self._send(window)
            except OSError:  # the window was closed
                pass
            finally:
                live._leave(window)

        def _send(self, window: queue.Queue[bytes | None]) -> None:
            try:
                data = window.get(timeout=5.0)
            except queue.Empty:
                data = b": still here\n\n"  # tells whether the window is
            self.wfile.write(data or b"")
            self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the token would stand in the log."""

    return Handler
