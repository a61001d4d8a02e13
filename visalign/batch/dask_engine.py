"""Work on a cluster by Dask distributed: the same workers and child processes, inside Dask's tasks.

A task keeps one worker of :mod:`visalign.batch.worker` for its thread and hands it the job, so a clip that crashes,
hangs or eats memory ends its own child process and never the Dask worker. If a Dask worker dies all the same, Dask
gives its tasks to another one, and the report is written anew, the same to the byte.

Only the process that runs the batch writes the ledger. Reports go to the folder of the results, which every machine
must see under the same path; nothing large goes through the scheduler. Every worker must run the same version of
visalign; one that does not refuses the job.
"""

from __future__ import annotations

import importlib
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from visalign.batch.engines import WORKER, Worker, Zygote
from visalign.batch.job import Job, code_digest
from visalign.batch.ledger import Outcome
from visalign.errors import BackendFailed, BackendUnavailable

__all__ = ["DaskEngine", "run_task"]

# Tasks beyond those at work, so that no Dask worker waits for the next one; few, so that a stop is quick.
_TASKS_A_THREAD = 2
_CONNECT_SECONDS = 10
_COUNT_SECONDS = 2.0  # how long the number of threads is believed

# The threads of a Dask worker share a zygote, and each has a worker of its own.
_OF_THREAD = threading.local()
_ZYGOTES: dict[tuple[str, ...], Zygote] = {}
_ONE_AT_A_TIME = threading.Lock()


class DaskEngine:
    """Workers of a Dask cluster.

    Parameters
    ----------
    scheduler : str
        Address of the scheduler (``tcp://host:8786``), or the path of its scheduler file.
    worker : sequence of str
        The command that starts a worker there; this module's interpreter is replaced by the one of the Dask worker.

    Raises
    ------
    BackendUnavailable
        If Dask distributed is not installed.
    BackendFailed
        If the scheduler does not answer.
    """

    def __init__(self, scheduler: str, worker: Sequence[str] = WORKER) -> None:
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError as error:
            raise BackendUnavailable("Dask distributed", 'Install it: pip install "visalign[dask]".') from error
        self._scheduler, self._arguments = scheduler, tuple(worker[1:])
        where = {"scheduler_file": scheduler} if Path(scheduler).is_file() else {"address": scheduler}
        try:
            self._client = distributed.Client(**where, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            advice = "Start it with `dask scheduler`, and give its address with --scheduler."
            raise BackendFailed("the Dask scheduler", [scheduler], f"{error}. {advice}") from error
        self._futures: dict[str, Any] = {}
        self._ended: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._attempt = 0
        self._counted = (0.0, 0)

    def free_slots(self) -> int:
        """How many more jobs it takes now."""
        return _TASKS_A_THREAD * self._n_threads() - len(self._futures)

    def _n_threads(self) -> int:
        moment, n = self._counted
        if time.monotonic() - moment > _COUNT_SECONDS:
            n = sum(self._client.nthreads().values()) if self._client.status == "running" else 0
            self._counted = (time.monotonic(), n)
        return n

    def submit(self, name: str, job: Job) -> None:
        """Begin with a job."""
        self._attempt += 1
        key = f"visalign-{self._attempt}-{name}"
        future = self._client.submit(run_task, job.to_json(), self._arguments, code_digest(), key=key, pure=False)
        self._futures[name] = future
        future.add_done_callback(lambda _: self._ended.put(name))

    def finished(self, timeout: float) -> Iterator[tuple[str, Outcome]]:
        """What has ended; waits up to `timeout` seconds for the first."""
        try:
            name = self._ended.get(timeout=timeout)
            while True:
                future = self._futures.pop(name)
                if future.status in {"cancelled", "lost"}:
                    self._check_scheduler()
                yield name, _outcome_of(future)
                future.release()
                name = self._ended.get_nowait()
        except queue.Empty:
            self._check_scheduler()

    def _check_scheduler(self) -> None:
        if self._client.status != "running":
            advice = "start it again, and run the same command: it does what is missing"
            raise BackendFailed("the Dask scheduler", [self._scheduler], f"The connection is lost; {advice}.")

    def withdraw(self) -> list[str]:
        """Nothing: which tasks have begun only their workers know."""
        return []

    def close(self, *, kill: bool) -> None:
        """Let go of everything; tasks that have begun end by themselves, and what they write is whole."""
        if kill and self._client.status == "running":
            self._client.cancel(list(self._futures.values()), force=True)
        self._futures.clear()
        self._client.close(timeout=5)


def run_task(line: str, arguments: Sequence[str], digest: str) -> dict[str, Any]:
    """What runs on a Dask worker: one clip, in a child of this thread's worker process.

    The job comes as text, so that another version meets the question for the version and not a failure to read it.

    Returns
    -------
    dict
        The fields of an :class:`~visalign.batch.ledger.Outcome`.
    """
    if digest != code_digest():
        message = "a Dask worker runs another version of visalign; install the same everywhere and restart the workers"
        return asdict(Outcome(reason="backend", message=message))
    job = Job.from_json(line)
    worker: Worker | None = getattr(_OF_THREAD, "worker", None)
    if worker is None or not worker.is_alive:
        with _ONE_AT_A_TIME:
            zygote = _ZYGOTES.setdefault(tuple(arguments), Zygote((WORKER[0], *arguments)))
            worker = _OF_THREAD.worker = zygote.worker(job)
    worker.send(job)
    answer = None
    while answer is None and worker.is_alive:
        answer = worker.receive()
    if answer is None:
        worker.close()
        answer = Outcome(reason="worker", message=f"{job.id}: the worker that watched over this clip died")
    return asdict(answer)


def _outcome_of(future: Any) -> Outcome:
    if future.status == "finished":
        return Outcome(**future.result())
    error = future.exception() if future.status == "error" else None
    if isinstance(error, ImportError):
        message = f"a Dask worker lacks something ({error}); install visalign there as it is here"
        return Outcome(reason="backend", message=message)
    said = f"{type(error).__name__}: {error}" if error is not None else f"Dask gave it up ({future.status})"
    return Outcome(reason="worker", message=f"the Dask worker at work on this clip died. {' '.join(said.split())}")
