"""Where the work of a batch is done: the engine's protocol, and worker processes on this machine.

An engine takes jobs up to its number of slots and hands back outcomes in the order in which they come. Whatever happens
to a clip, the engine answers for it exactly once.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Protocol

from visalign.batch.job import Job
from visalign.batch.ledger import Outcome
from visalign.errors import BackendUnavailable

__all__ = ["WORKER", "Engine", "LocalEngine", "Worker", "available_cpus"]

WORKER = (sys.executable, "-m", "visalign.batch.worker")
"""The command that starts a worker."""

_PATIENCE_SECONDS = 5.0
_ENVIRONMENT = {
    # One thread for the linear algebra of each worker: the clips are what is done side by side.
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    # Large pages for the memory of a clip's process, which is all new: of 0.05 s that a fork adds to a clip of GRID
    # they save 0.02 s. Other systems ignore it.
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}


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
        The command that starts a worker.
    """

    def __init__(self, jobs: int, worker: Sequence[str] = WORKER) -> None:
        self._command = tuple(worker)
        self._workers: list[Worker] = []
        self._jobs = jobs
        self._busy: dict[Worker, str] = {}
        self._selector = selectors.DefaultSelector()

    def free_slots(self) -> int:
        """How many more jobs it takes now."""
        return self._jobs - len(self._busy)

    def submit(self, name: str, job: Job) -> None:
        """Begin with a job."""
        worker = next((w for w in self._workers if w not in self._busy), None)
        if worker is None:
            worker = Worker(self._command)
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
            if name is not None:
                yield name, answer or _worker_died(name)

    def _dismiss(self, worker: Worker) -> None:
        self._selector.unregister(worker.answers)
        self._workers.remove(worker)
        worker.close(kill=True)

    def close(self, *, kill: bool) -> None:
        """Let go of everything; with `kill` without waiting for what is at work."""
        for worker in tuple(self._workers):
            if kill:
                self._busy.pop(worker, None)
            self._dismiss(worker)
        self._selector.close()


class Worker:
    """One worker process and its pipes.

    Parameters
    ----------
    command : sequence of str
        What starts it.

    Raises
    ------
    BackendUnavailable
        On a system without `fork`.
    """

    def __init__(self, command: Sequence[str] = WORKER) -> None:
        if not hasattr(os, "fork"):
            raise BackendUnavailable("`visalign batch` on this system", "Run it on Linux or macOS, or in WSL.")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C at the terminal is for the batch alone, which lets its workers finish.
            start_new_session=True,
            env=_ENVIRONMENT | os.environ,
        )
        assert self._process.stdout is not None
        self.answers = self._process.stdout
        self._received = b""
        self._ended = False

    @property
    def is_alive(self) -> bool:
        """Whether answers may still come."""
        return not self._ended

    def send(self, job: Job) -> None:
        """Hand over a job; one at a time."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has died: that shows when its answer is read
            self._process.stdin.write((job.to_json() + "\n").encode())
            self._process.stdin.flush()

    def receive(self) -> Outcome | None:
        """Read what has come; None if that is no whole answer yet, or the end."""
        data = os.read(self.answers.fileno(), 1 << 16)
        self._ended = self._ended or not data
        self._received += data
        if not self._received.endswith(b"\n"):
            return None
        line, self._received = self._received, b""
        return Outcome(**json.loads(line))

    def close(self, *, kill: bool) -> None:
        """End it: it leaves by itself when its input ends; with `kill` it is made to."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(0.5 if kill else _PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self.answers.close()


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
