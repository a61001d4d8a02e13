"""Runs of the command line with a fault, each killed when its time is over."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from visalign.files.outputs import is_draft

WARM = Path(__file__).with_name("warm.py")
PATIENCE_SECONDS = 100.0


@dataclass(frozen=True)
class Ended:
    """How a command ended; a negative code is the signal that killed it."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """What was said on stderr, if it is one line of visalign's and no traceback."""
        lines = self.err.strip().splitlines()
        assert "Traceback" not in self.err, self.err
        assert len(lines) == 1, self.err
        assert lines[0].startswith("visalign: "), self.err
        return lines[0]


class Warm:
    """The process that forks for each command (see :mod:`warm`)."""

    def __init__(self, scratch: Path) -> None:
        self._scratch, self._n = scratch, 0
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: str | Path, cwd: Path, seconds: float = 60.0, **how: Any) -> Ended:
        """Run a command to its end.

        `how`: ``fault``, ``env``, ``limits``, ``closed``, ``uid``, ``out`` as :mod:`warm` knows them.
        """
        self._n += 1
        out, err = (self._scratch / f"{self._n}.{name}" for name in ("out", "err"))
        request = {"arguments": [str(x) for x in arguments], "cwd": str(cwd), "seconds": seconds}
        request |= {"out": str(out), "err": str(err)} | how
        process = self._started()
        assert process.stdin is not None
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        self._answer(seconds)
        code = self._answer(seconds + 10)["code"]
        texts = [x.read_text(encoding="utf-8", errors="replace") if x.is_file() else "" for x in (out, err)]
        return Ended(code, *texts)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            environment = {**os.environ, "COLUMNS": "100"}
            self._process = subprocess.Popen(
                [sys.executable, str(WARM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
            )
            assert self._answer(PATIENCE_SECONDS)["ready"]
        return self._process

    def _answer(self, seconds: float) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line, deadline = b"", time.monotonic() + seconds
        while not line.endswith(b"\n"):
            if not select.select([self._process.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
                self.close()
                raise TimeoutError(f"no answer within {seconds} s")
            data = os.read(self._process.stdout.fileno(), 1)
            assert data, "the warm process has died"
            line += data
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()
            self._process = None


def cold(*arguments: str | Path | bytes, seconds: float = PATIENCE_SECONDS, **how: Any) -> Ended:
    """Run a command in an interpreter of its own, killed with all it has started when its time is over."""
    command = [sys.executable, "-m", "visalign", *arguments]
    process = subprocess.Popen(
        command,
        start_new_session=True,
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | how,
    )
    try:
        out, err = process.communicate(timeout=seconds)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return Ended(process.returncode, *((text or b"").decode("utf-8", "replace") for text in (out, err)))


def drafts(folder: Path) -> list[Path]:
    """Temporary files of :func:`visalign.files.outputs.whole_file` that were left behind."""
    return [path for path in folder.rglob("*") if is_draft(path.name) and path.is_file()]


def tree(folder: Path, *, but: Sequence[str] = ()) -> dict[str, bytes]:
    """All files of a folder with their bytes, drafts left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not is_draft(path.name) and path.name not in but
    }


def processes_marked(mark: str) -> list[int]:
    """Processes with a text in their environment or command line (Linux)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        text = b""
        for name in ("cmdline", "environ"):
            with suppress(OSError):
                text += (entry / name).read_bytes()
        if mark.encode() in text and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found
