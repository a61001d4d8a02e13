"""A watched folder: what arrives is done once it is whole."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests_of_batches import QUICK, n_worked, rows_of

from visalign.batch import BatchEvent, BatchResult, BatchSettings
from visalign.batch.engines import LocalEngine
from visalign.batch.watching import WatchSettings, watch_folder
from visalign.errors import ConfigError, InputError

QUICKLY = WatchSettings(interval_seconds=0.1, settle_seconds=0.8, transcript_seconds=1.5, idle_seconds=4.0)


class Watching:
    """A watch in a thread, and what it told."""

    def __init__(self, inbox: Path, out: Path) -> None:
        self.events: list[BatchEvent] = []
        self.result: BatchResult | None = None
        self._thread = threading.Thread(target=self._watch, args=(inbox, out), daemon=True)
        self._thread.start()

    def _watch(self, inbox: Path, out: Path) -> None:
        engine = LocalEngine(1, QUICK)
        settings = BatchSettings(time_limit_seconds=60)
        self.result = watch_folder(inbox, out, settings, QUICKLY, engine=engine, on_event=self.events.append)

    def wait(self) -> BatchResult:
        self._thread.join(timeout=100)
        assert self.result is not None
        return self.result

    def finished(self) -> list[str]:
        return [event.clip for event in self.events if event.kind == "clip"]


def put(path: Path, text: str = "0", said: str | None = "hello") -> None:
    if said is not None:
        path.with_suffix(".txt").write_text(said)
    path.write_text(text)


@pytest.mark.slow
def test_what_arrives_is_done_and_what_grows_waits(tmp_path: Path) -> None:
    inbox, out = tmp_path / "inbox", tmp_path / "inbox/results"
    inbox.mkdir()
    put(inbox / "first.mp4")
    watching = Watching(inbox, out)
    with growing(inbox / "grows.mp4", 3.0) as growth:
        (inbox / "grows.txt").write_text("hello")
        time.sleep(1.0)
        put(inbox / "second.mp4", "100")
        growth.wait(timeout=60)
        ended = len(watching.finished())
    assert "grows" not in watching.finished()[:ended]  # never begun while it was written to
    put(inbox / "crash.mp4")
    result = watching.wait()
    assert (result.done, result.failed) == (3, 1)
    assert sorted(watching.finished()) == ["crash", "first", "grows", "second"]
    assert n_worked(inbox) == {"first": 1, "grows": 1, "second": 1}
    assert rows_of(out)["second"]["verdict"] == "audio-early"
    assert rows_of(out)["crash"]["failure"] == "crash"

    (inbox / "first.mp4").unlink()  # moved on by its owner: its row stays
    put(inbox / "second.mp4", "-100")  # another content: done again
    result = Watching(inbox, out).wait()
    assert (result.run_done, result.done) == (1, 3)
    assert rows_of(out)["second"]["verdict"] == "audio-late"


@contextmanager
def growing(path: Path, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    """A file that another process writes to, a digit every 0.1 s."""
    program = (
        "import sys, time\nwith open(sys.argv[1], 'w') as file:\n"
        " for _ in range(int(10 * float(sys.argv[2]))):\n  file.write('0'); file.flush(); time.sleep(0.1)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(path), str(seconds)]) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_transcript_that_comes_late(tmp_path: Path) -> None:
    inbox, out = tmp_path / "inbox", tmp_path / "results"
    inbox.mkdir()
    put(inbox / "a.mp4", said=None)
    watching = Watching(inbox, out)
    time.sleep(1.0)
    assert watching.finished() == []  # it waits for a transcript
    deadline = time.monotonic() + 60
    while not watching.finished() and time.monotonic() < deadline:
        time.sleep(0.05)
    (inbox / "a.txt").write_text("hello")
    watching.wait()
    assert watching.finished() == ["a", "a"]
    assert n_worked(inbox) == {"a": 2}


def test_what_can_not_be_watched(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a folder"):
        watch_folder(tmp_path / "none", tmp_path / "out")
    with pytest.raises(ConfigError, match="settle"):
        WatchSettings(settle_seconds=0)
