"""Where the work of a batch is done: the engine's protocol, and worker processes on this machine.

An engine takes jobs up to its number of slots and hands back outcomes in the order in which they come. Whatever happens
to a clip, the engine answers for it exactly once. It takes more jobs than it works on, so that a worker that has
finished gets its next one at once, and not after the ledger has been written to the disk.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from visalign.batch.job import Job
from visalign.batch.ledger import Outcome
from visalign.batch.wishes import two_ends, wish_for_worker
from visalign.errors import BackendUnavailable

if TYPE_CHECKING:
    import socket

__all__ = ["WORKER", "Engine", "LocalEngine", "Worker", "Zygote", "available_cpus"]

WORKER = (sys.executable, "-m", "visalign.batch.worker")
"""The command that starts the zygote, which forks the workers."""

_PATIENCE_SECONDS, _KILL_SECONDS = 5.0, 0.5
_ONE_THREAD = {
    # One thread for the linear algebra of each worker, whatever is asked for elsewhere: the clips are what is done side
    # by side, and what has threads must not be forked.
    **dict.fromkeys(
        (
            *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
            *("BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"),
        ),
        "1",
    ),
    # Where pyarrow is installed pandas loads it, and its allocator would keep a thread.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
# Large pages for the memory of a clip's process, which is all new: of 0.05 s that a fork adds to a clip of GRID
# they save 0.02 s. Other systems ignore it.
_LARGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}


class Engine(Protocol):
    """What can work on clips."""

    def free_slots(self) -> int:
        """How many more jobs it takes now."""
        ...

    def submit(self, name: str, job: Job) -> None:
        """Begin with a job."""
        ...

    def finished(self, timeout: float) -> Iterator[tuple[str, Outcome]]:
        """What has ended; waits up to `timeout` seconds for the first."""
        ...

    def withdraw(self) -> list[str]:
        """Give back the jobs that nobody has begun with, as far as that can be told."""
        ...

    def close(self, *, kill: bool) -> None:
        """Let go of everything; with `kill` without waiting for what is at work."""
        ...


class LocalEngine:
    """Workers on this machine.

    Parameters
    ----------
    jobs : int
        Clips at once.
    worker : sequence of str
        The command that starts their zygote.
    """

    def __init__(self, jobs: int, worker: Sequence[str] = WORKER) -> None:
        self._zygote = Zygote(worker)
        self._workers: list[Worker] = []
        self._jobs = jobs
        self._busy: dict[Worker, str] = {}
        self._waiting: deque[tuple[str, Job]] = deque()
        self._selector = selectors.DefaultSelector()

    def free_slots(self) -> int:
        """How many more jobs it takes now: one waits for each that is at work."""
        return 2 * self._jobs - len(self._busy) - len(self._waiting)

    def submit(self, name: str, job: Job) -> None:
        """Begin with a job, or keep it until a worker is free."""
        self._waiting.append((name, job))
        self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting and len(self._busy) < self._jobs:
            name, job = self._waiting.popleft()
            worker = next((w for w in self._workers if w not in self._busy), None)
            if worker is None:
                worker = self._zygote.worker(job)
                self._workers.append(worker)
                self._selector.register(worker.answers, selectors.EVENT_READ, worker)
            self._busy[worker] = name
            worker.send(job)

    def finished(self, timeout: float) -> Iterator[tuple[str, Outcome]]:
        """What has ended; waits up to `timeout` seconds for the first."""
        for key, _ in self._selector.select(timeout):
            worker: Worker = key.data
            answer = worker.receive()
            if answer is None and worker.is_alive:
                continue
            if answer is None:
                self._dismiss(worker)
            name = self._busy.pop(worker, None)
            self._hand_out()
            if name is not None:
                yield name, answer or _worker_died(name)

    def withdraw(self) -> list[str]:
        """Give back the jobs that nobody has begun with."""
        names = [name for name, _ in self._waiting]
        self._waiting.clear()
        return names

    def _dismiss(self, worker: Worker) -> None:
        self._workers.remove(worker)
        self._selector.unregister(worker.answers)
        worker.close()

    def close(self, *, kill: bool) -> None:
        """Let go of everything; with `kill` without waiting for what is at work."""
        self._waiting.clear()
        for worker in self._workers:
            worker.leave()
        deadline = time.monotonic() + (_KILL_SECONDS if kill else _PATIENCE_SECONDS)
        gone = all(worker.is_gone(deadline - time.monotonic()) for worker in self._workers)
        self._zygote.close(kill=not gone)
        for worker in self._workers:
            self._selector.unregister(worker.answers)
            worker.close()
        self._workers.clear()
        self._busy.clear()
        self._selector.close()


class Zygote:
    """The process that has loaded everything and forks workers; started when the first one is wanted.

    Parameters
    ----------
    command : sequence of str
    """

    def __init__(self, command: Sequence[str] = WORKER) -> None:
        self._command = tuple(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._wishes: socket.socket | None = None

    def worker(self, first: Job) -> Worker:
        """A new worker, which is made ready for jobs such as `first`.

        Raises
        ------
        BackendUnavailable
            Where there is no `fork`.
        """
        if not hasattr(os, "fork"):
            raise BackendUnavailable("fork", "Batches need Linux, macOS, or Windows' subsystem for Linux.")
        theirs, feed = os.pipe()
        answers, tell = os.pipe()
        try:
            if self._process is None or self._process.poll() is not None:
                self._start()
            assert self._wishes is not None
            try:
                wish_for_worker(self._wishes, first, theirs, tell)
            except OSError:  # it has died just now
                self._start()
                wish_for_worker(self._wishes, first, theirs, tell)
        finally:
            os.close(theirs)
            os.close(tell)
        return Worker(feed, answers)

    def _start(self) -> None:
        self.close(kill=True)
        self._wishes, theirs = two_ends()
        with theirs:
            self._process = subprocess.Popen(
                self._command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                # Ctrl-C at the terminal is for the batch alone, which lets its workers finish.
                start_new_session=True,
                env=_LARGE_PAGES | os.environ | _ONE_THREAD,
            )

    @property
    def pid(self) -> int | None:
        """Its process, where it has been started."""
        return None if self._process is None else self._process.pid

    def close(self, *, kill: bool) -> None:
        """End it: it leaves by itself when no wish can come any more; with `kill` it and its workers are made to."""
        if self._wishes is not None:
            self._wishes.close()
        if self._process is None:
            return
        try:
            self._process.wait(0 if kill else _PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            kill = True
        if kill:  # workers are of its group, also where it is gone itself
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._wishes = self._process = None


class Worker:
    """One worker process, seen from here.

    Parameters
    ----------
    feed, answers : int
        Descriptors of its pipes, which are closed with it.
    """

    def __init__(self, feed: int, answers: int) -> None:
        self._feed: int | None = feed
        self.answers = answers
        self._received = b""
        self._ended = False

    @property
    def is_alive(self) -> bool:
        """Whether answers may still come."""
        return not self._ended

    def send(self, job: Job) -> None:
        """Hand over a job; one at a time."""
        assert self._feed is not None
        data = (job.to_json() + "\n").encode()
        with contextlib.suppress(BrokenPipeError):  # it has died: that shows when its answer is read
            while data:
                data = data[os.write(self._feed, data) :]

    def receive(self) -> Outcome | None:
        """Read what has come; None if that is no whole answer yet, or the end."""
        data = os.read(self.answers, 1 << 16)
        self._ended = self._ended or not data
        self._received += data
        if not self._received.endswith(b"\n"):
            return None
        line, self._received = self._received, b""
        return Outcome(**json.loads(line))

    def leave(self) -> None:
        """Tell it that no other job will come: it kills what is at work, and goes."""
        if self._feed is not None:
            os.close(self._feed)
            self._feed = None

    def is_gone(self, seconds: float) -> bool:
        """Whether it goes within so many seconds, after it was told to."""
        deadline = time.monotonic() + seconds
        while not self._ended and select.select([self.answers], [], [], max(0.0, deadline - time.monotonic()))[0]:
            self._ended = not os.read(self.answers, 1 << 16)
        return self._ended

    def close(self) -> None:
        """Let go of its pipes."""
        self.leave()
        os.close(self.answers)


def available_cpus() -> int:
    """Processors that this process may use: what the system, its affinity and its control group allow, at least 1."""
    n_allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _cgroup_quota()
    return max(1, n_allowed if quota is None else min(n_allowed, int(quota)))


def _cgroup_quota(path: str = "/sys/fs/cgroup/cpu.max") -> float | None:
    """Processors that the control group grants (containers, Slurm); None where there is no limit."""
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123 - not a path of the user's
            quota, period = file.read().split()[:2]
        return None if quota == "max" else float(quota) / float(period)
    except (OSError, ValueError):
        return None


def _worker_died(name: str) -> Outcome:
    message = f"{name}: the worker that watched over this clip died. Run the batch again with --retry-failed worker."
    return Outcome(reason="worker", message=message)
