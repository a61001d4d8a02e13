"""A cluster: a real scheduler and real worker processes, some of them killed in mid-run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests_of_batches import QUICK, make_clips, n_worked, run

from visalign.batch.ledger import LEDGER_NAME, Ledger

pytest.importorskip("distributed")

PARENT = """
import sys
from visalign.batch import BatchSettings, run_batch
from visalign.batch.dask_engine import DaskEngine
say = lambda event: print(event.kind, event.clip, flush=True)
engine = DaskEngine(sys.argv[3], sys.argv[4:])
result = run_batch(sys.argv[1], sys.argv[2], BatchSettings(time_limit_seconds=8), engine=engine, on_event=say)
print(result.done, result.failed)
"""


@contextmanager
def process(*command: str | Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environment},
    ) as started:
        try:
            yield started
        finally:
            started.kill()


class Cluster:
    """A scheduler and workers, each a process of its own."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack, self._folder = stack, folder
        self.file = folder / "scheduler.json"
        arguments = ("--port", "0", "--no-dashboard", "--scheduler-file", self.file)
        stack.enter_context(process("-m", "dask", "scheduler", *arguments))
        wait_until(self.file.is_file)

    def add_worker(self) -> subprocess.Popen[str]:
        arguments = ("--scheduler-file", self.file, "--nthreads", "1", "--no-nanny", "--no-dashboard")
        where = ("--local-directory", self._folder)
        return self._stack.enter_context(process("-m", "dask", "worker", *arguments, *where, SLOW_SECONDS="0.4"))


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with ExitStack() as stack:
        yield Cluster(stack, tmp_path)


def wait_until(condition: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lines_of_clips(parent: subprocess.Popen[str], n: int) -> None:
    assert parent.stdout is not None
    seen = 0
    while seen < n:
        line = parent.stdout.readline()
        assert line, "the batch ended"
        seen += line.startswith("clip")


@pytest.mark.slow
def test_workers_that_are_killed_lose_nothing(cluster: Cluster, tmp_path: Path) -> None:
    names = [f"slow{n:02}" for n in range(18)] + ["crash", "hang", "raise"]
    folder, out = make_clips(tmp_path / "clips", names), tmp_path / "out"
    workers = [cluster.add_worker() for _ in range(3)]
    with process("-c", PARENT, folder, out, cluster.file, *QUICK) as parent:
        lines_of_clips(parent, 4)
        workers[0].send_signal(signal.SIGKILL)
        lines_of_clips(parent, 3)
        workers[1].send_signal(signal.SIGKILL)
        workers.append(cluster.add_worker())
        said, _ = parent.communicate(timeout=200)
    assert said.endswith("18 3\n")
    with Ledger(out / LEDGER_NAME) as ledger:
        assert ledger.is_intact()
        assert ledger.failures() == {"crash": 1, "internal": 1, "timeout": 1}  # each by its own fault, none by a kill
    assert set(n_worked(folder)) == set(names[:18])
    run(folder, tmp_path / "local")
    for name in ("summary.csv", "groups.csv"):
        here = (tmp_path / "local" / name).read_text().replace("60 s", "8 s")  # the limit stands in a message
        assert (out / name).read_text() == here


@pytest.mark.slow
def test_a_killed_driver_leaves_a_ledger_that_goes_on(cluster: Cluster, tmp_path: Path) -> None:
    names = [f"slow{n:02}" for n in range(16)]
    folder, out = make_clips(tmp_path / "clips", names), tmp_path / "out"
    for _ in range(2):
        cluster.add_worker()
    with process("-c", PARENT, folder, out, cluster.file, *QUICK) as parent:
        lines_of_clips(parent, 3)
        parent.send_signal(signal.SIGKILL)
    with process("-c", PARENT, folder, out, cluster.file, *QUICK) as parent:
        said, _ = parent.communicate(timeout=200)
    assert said.endswith("16 0\n")
    worked = n_worked(folder)
    assert sum(worked.values()) - 16 <= 4 + 2  # two tasks a thread, and what was running on


@pytest.mark.slow
def test_scheduler_that_is_not_there(tmp_path: Path) -> None:
    """From the command line, with the address of a scheduler that is gone."""
    folder = make_clips(tmp_path / "clips", "a")
    address = tmp_path / "scheduler.json"
    address.write_text(json.dumps({"address": "tcp://127.0.0.1:9"}))
    command = [sys.executable, "-m", "visalign", "batch", folder, "--out", tmp_path / "out", "--engine", "dask"]
    for arguments in ([], ["--scheduler", address]):
        done = subprocess.run(
            [*map(str, command), *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == (3 if arguments else 2)
    assert "the Dask scheduler failed" in done.stderr
    assert "dask scheduler" in done.stderr
    assert "Traceback" not in done.stderr
