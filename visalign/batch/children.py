"""The child processes in which a worker checks clips: started, given their limits, watched over, ended, paid.

Where a process may be forked (Linux) a child is a fork of its worker, with all that is loaded there. Elsewhere (macOS,
whose system libraries do not survive a fork) it is a program of its own, which loads everything anew and therefore
stays for more clips. ``VISALIGN_WORKERS`` set to ``spawn`` or ``fork`` chooses.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from visalign.batch.job import Job
from visalign.batch.ledger import Outcome
from visalign.files.limits import allowed

__all__ = [
    "SAY_DESCRIPTOR",
    "START_VARIABLE",
    "Children",
    "Cost",
    "Lines",
    "confine",
    "fetching_folder",
    "forks",
    "limit_memory",
    "memory_message",
    "tell",
    "write_all",
]

START_VARIABLE = "VISALIGN_WORKERS"
SAY_DESCRIPTOR = 3
"""Where a child that is no fork tells its news."""

# A fork costs about 0.04 s of processor time, most of it for pages of memory that are copied when they are first
# written to: a fiftieth of these seconds. A program of its own takes 3 s to load.
_FORK_SECONDS, _SPAWN_SECONDS = 2.0, 60.0

# Time that a clip gets where nothing else was asked for. A clip of GRID (3 s) takes 0.4 s. A search for faces in a 4K
# picture takes 0.4 s, so ten times its duration if every frame needs one; the rest is for machines that are loaded.
_SECONDS_FOR_ANY, _SECONDS_A_SECOND = 120.0, 30.0
_FETCHED_BYTES_A_SECOND = 1e6  # from object storage, at the slowest
_TAIL_BYTES = 8000  # of stderr
_POLL_SECONDS = 0.2
_LAST_POLL_SECONDS = 0.005  # once its pipes are closed a child is as good as gone
_PR_SET_PDEATHSIG = 1
_PEAK_FILE, _STATUS_FILE = "/proc/self/clear_refs", "/proc/self/status"
_MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024  # the unit of ru_maxrss

Work = Callable[[int, int], None]


def forks() -> bool:
    """Whether a child is a fork of its worker, and not a program of its own."""
    return os.environ.get(START_VARIABLE, "spawn" if sys.platform == "darwin" else "fork") != "spawn"


class Children:
    """The children of one worker, one at a time.

    Parameters
    ----------
    start : callable or sequence of str
        What a fork does with the descriptors that it reads jobs from and tells its news to; or the command of a
        program that reads jobs from stdin and tells its news to `SAY_DESCRIPTOR`.
    """

    def __init__(self, start: Work | Sequence[str]) -> None:
        self._start = start
        self._child: _Child | None = None

    def check(self, job: Job) -> Outcome | None:
        """What comes of a job; None if the batch went away meanwhile.

        A failure counts only where no other clip was in that process before. A clip that has used up its time has done
        so by itself.
        """
        try:
            return self._checked(job)
        finally:
            if job.objects:  # whoever fetched them may have been killed
                for place in Path(tempfile.gettempdir()).glob(f"{_fetched_by(os.getpid())}*"):
                    shutil.rmtree(place, ignore_errors=True)

    def _checked(self, job: Job) -> Outcome | None:
        fresh = self._child is None
        outcome = self._watched(job)
        if outcome is None or outcome.result is not None or fresh or outcome.reason == "timeout":
            return outcome
        self.end()
        return self._watched(job)

    def _watched(self, job: Job) -> Outcome | None:
        child = self._child = self._child if self._child is not None and self._child.is_there() else _begun(self._start)
        outcome = child.check(job)
        if outcome is None or outcome.result is None:
            self.end()
        return outcome

    def retire(self) -> None:
        """End the child if it has worked enough to be worth its start."""
        patience = _FORK_SECONDS if callable(self._start) else _SPAWN_SECONDS
        if self._child is not None and self._child.paid >= patience:
            self.end()

    def end(self) -> None:
        """End the child, if there is one."""
        if self._child is not None:
            self._child.end()
            self._child = None


def _begun(start: Work | Sequence[str]) -> _Child:
    """A new child with its pipes."""
    jobs, feed = os.pipe()
    news, say = os.pipe()
    noise, complain = os.pipe()
    ours = (feed, news, noise)
    if callable(start):
        pid = os.fork()
        if pid == 0:
            try:
                for descriptor in ours:
                    os.close(descriptor)
                for old, new in ((os.open(os.devnull, os.O_RDONLY), 0), (complain, 1), (complain, 2)):
                    os.dup2(old, new)
                start(jobs, say)
            finally:
                os._exit(70)  # never back into the worker's code, whatever happened
    else:
        wiring = [(os.POSIX_SPAWN_DUP2, *pair) for pair in ((jobs, 0), (complain, 1), (complain, 2))]
        wiring.append((os.POSIX_SPAWN_DUP2, say, SAY_DESCRIPTOR))
        pid = os.posix_spawn(start[0], list(start), os.environ, file_actions=wiring)
    for descriptor in (jobs, say, complain):
        os.close(descriptor)
    return _Child(pid, *ours)


class _Child:
    """One child, as its worker sees it; `paid` is the processor time that its clips have taken."""

    def __init__(self, pid: int, feed: int, news: int, noise: int) -> None:
        self._pid, self._feed, self._news, self._noise = pid, feed, news, noise
        self._open = {news, noise}
        self._heard, self._complaints = b"", b""
        self._answer: dict[str, Any] | None = None
        self.paid = 0.0
        self._deadline, self._patience, self._timed_out = 0.0, 0.0, False
        self._ended: tuple[int, resource.struct_rusage] | None = None

    def is_there(self) -> bool:
        """Whether it can take another clip."""
        self._look_whether_ended()
        return self._ended is None

    def check(self, job: Job) -> Outcome | None:
        """Hand it a clip and wait for what comes of it; None if the batch went away meanwhile (it is dead then)."""
        started = time.monotonic()
        self._heard, self._complaints, self._answer = b"", b"", None
        self._deadline, self._patience = _deadline(job, started, None), 0.0
        with contextlib.suppress(BrokenPipeError):  # it is dead: that shows below
            write_all(self._feed, (job.to_json() + "\n").encode())
        while self._answer is None and self._ended is None:
            if not self._look(job, started):
                return None
        return self._outcome(job, time.monotonic() - started)

    def _look(self, job: Job, started: float) -> bool:
        """Wait a moment for something to happen; False when the batch has gone."""
        ready = select.select([*self._open, 0], [], [], _POLL_SECONDS if self._open else _LAST_POLL_SECONDS)[0]
        if 0 in ready:  # nothing is sent while a clip is at work: this is the end
            return False
        for stream in self._open & set(ready):
            self._read(stream)
        self._take_news(job, started)
        if time.monotonic() > self._deadline and not self._timed_out:
            self._timed_out = True
            self._kill()
        if self._answer is None:
            self._look_whether_ended()
        return True

    def _read(self, stream: int) -> bool:
        data = os.read(stream, 65536)
        if not data:
            self._open.discard(stream)
            return False
        if stream == self._noise:
            self._complaints = (self._complaints + data)[-_TAIL_BYTES:]
        else:
            self._heard += data
        return True

    def _take_news(self, job: Job, started: float) -> None:
        *lines, self._heard = self._heard.split(b"\n")  # what follows the last line break is not whole
        for line in lines:
            news = json.loads(line)
            if "fetching" in news:
                if job.seconds is None:
                    self._patience = news["fetching"] / _FETCHED_BYTES_A_SECOND
                self._deadline = _deadline(job, started, None) + self._patience
            elif "duration" in news:
                self._deadline = _deadline(job, started, news["duration"]) + self._patience
            else:
                self._answer = news

    def _look_whether_ended(self) -> None:
        if self._ended is None:
            pid, status, cost = os.wait4(self._pid, os.WNOHANG)
            if pid:
                self._finish(status, cost)

    def _finish(self, status: int, cost: resource.struct_rusage) -> None:
        self._ended = (status, cost)
        self._kill()  # what it started and left behind
        for stream in tuple(self._open):
            os.set_blocking(stream, False)
            with contextlib.suppress(BlockingIOError):
                while self._read(stream):
                    pass
        *lines, _ = self._heard.split(b"\n")
        news = map(json.loads, reversed(lines))
        self._answer = next((x for x in news if not x.keys() & {"duration", "fetching"}), self._answer)
        for stream in (self._feed, self._news, self._noise):
            os.close(stream)

    def end(self) -> None:
        """Kill it, with what it has started."""
        if self._ended is None:
            self._kill()
            _, status, cost = os.wait4(self._pid, 0)
            self._finish(status, cost)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)
        if self._ended is None:  # it may not have had the time to lead a group
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    def _outcome(self, job: Job, wall: float) -> Outcome:
        detail = self._complaints.decode(errors="replace")
        if self._answer is not None:
            answer = self._answer if "result" in self._answer else {"detail": detail, **self._answer}
            found = Outcome(**answer)
        else:
            assert self._ended is not None
            status, cost = self._ended
            spent = cost.ru_utime + cost.ru_stime - self.paid
            found = replace(
                self._end_in_words(job, os.waitstatus_to_exitcode(status), detail),
                cpu_seconds=round(spent, 3),
                peak_mb=round(cost.ru_maxrss * _MAXRSS_BYTES / 1e6, 1),
            )
        self.paid += found.cpu_seconds or 0.0
        return replace(found, wall_seconds=round(wall, 3))

    def _end_in_words(self, job: Job, code: int, detail: str) -> Outcome:
        if self._timed_out:
            limit = f"{job.seconds:g} s" if job.seconds is not None else "for a clip of its duration"
            advice = "Give more with --time-limit, or look at the clip."
            return Outcome(reason="timeout", message=f"{job.clip}: took longer than the limit ({limit}). {advice}")
        if code == -signal.SIGKILL:
            advice = "Run fewer clips at once with --jobs, or lower --memory-limit."
            message = f"{job.clip}: its process was killed from outside, most likely for want of memory. {advice}"
            return Outcome(reason="killed", message=message, detail=detail)
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        message = f"{job.clip}: its process crashed ({how}). Convert the clip to another format and try again."
        return Outcome(reason="crash", message=message, detail=detail)


def _deadline(job: Job, started: float, duration: float | None) -> float:
    if job.seconds is not None:
        return started + float(job.seconds)
    # A duration is what the file claims.
    return started + _SECONDS_FOR_ANY + _SECONDS_A_SECOND * min(duration or 0.0, allowed("seconds"))


# --- within the child --------------------------------------------------------------------------------------------


def confine() -> None:
    """Make this process one that can be ended with all that it starts, and that leaves no core file."""
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_memory(n_bytes: int | None) -> None:
    """Limit the address space of this process; None takes the limit away, as far as the system lets it."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    with contextlib.suppress(ValueError, OSError):  # macOS does not know this limit
        resource.setrlimit(resource.RLIMIT_AS, (hard if n_bytes is None else n_bytes, hard))


@dataclass(slots=True)
class Cost:
    """What is spent from now on, by this process and what it starts."""

    _before: float = 0.0

    def __post_init__(self) -> None:
        self._before = _spent()
        with contextlib.suppress(OSError), open(_PEAK_FILE, "wb") as file:  # noqa: PTH123 - not a path of the user's
            file.write(b"5")  # the peak begins anew (Linux)

    def so_far(self) -> dict[str, float]:
        """Processor seconds and the peak of memory, by the names of an :class:`~visalign.batch.ledger.Outcome`."""
        return {"cpu_seconds": round(_spent() - self._before, 3), "peak_mb": round(_peak_bytes() / 1e6, 1)}


def _spent() -> float:
    own, others = (resource.getrusage(x) for x in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def _peak_bytes() -> float:
    with contextlib.suppress(OSError, ValueError), open(_STATUS_FILE, encoding="ascii", errors="replace") as file:  # noqa: PTH123
        peak = next((line for line in file if line.startswith("VmHWM")), None)
        if peak is not None:
            return float(peak.split()[1]) * 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_BYTES)


def fetching_folder(worker: int) -> str:
    """A new folder for a file from object storage, which the worker with this process number removes."""
    return tempfile.mkdtemp(prefix=_fetched_by(worker))


def _fetched_by(worker: int) -> str:
    return f"visalign-fetched-{worker}-"


def tell(say: int, news: Mapping[str, Any]) -> None:
    """Write news for the worker."""
    write_all(say, (json.dumps(news) + "\n").encode())


def memory_message(job: Job) -> str:
    """What is said of a clip that needs too much memory."""
    return (
        f"{job.clip}: needs more than the limit of {job.memory_bytes / 2**20:.0f} MiB. Give more with "
        "--memory-limit, or a smaller picture."
    )


# --- pipes -------------------------------------------------------------------------------------------------------


class Lines:
    """Lines of a file descriptor, without a buffer that would hide from `select` what has come."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._rest = descriptor, b""

    def next(self) -> bytes | None:
        """The next line; None at the end."""
        while b"\n" not in self._rest:
            data = os.read(self._descriptor, 1 << 20)
            if not data:
                return None
            self._rest += data
        line, self._rest = self._rest.split(b"\n", 1)
        return line


def write_all(descriptor: int, data: bytes) -> None:
    """Write it whole."""
    while data:
        data = data[os.write(descriptor, data) :]
