"""The worker of a batch: keeps models at hand, and checks each clip in a child process of its own, within limits.

``python -m visalign.batch.worker`` reads one job a line (JSON) from stdin and answers each with one line on stdout.

Method
------
The worker loads libraries and models once and forks for every clip (it has one thread of Python, so a fork is safe).
So a clip has a process for itself at the price of a fork, and all the memory that it took goes with it. The child gets

* a limit of address space (``RLIMIT_AS``), so that a clip that needs too much meets a ``MemoryError`` instead of taking
  the machine's memory,
* a limit of time, after which it is killed with whatever it has started (it leads a process group),
* no core file, and a handler that writes the stack to stderr if it crashes; the end of stderr goes into the ledger.

When the batch goes away, however it ends, stdin ends: the worker kills its child and follows. When the worker itself is
killed, the kernel kills the child (Linux; elsewhere it works on to its end).

Conventions
-----------
A :class:`~visalign.batch.job.Job` comes as a JSON object; the answer is an
:class:`~visalign.batch.ledger.Outcome` as a JSON object. What libraries print to stdout goes to stderr.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from visalign.batch.job import Job
from visalign.batch.ledger import Outcome
from visalign.batch.reasons import reason_of
from visalign.batch.rehearsal import rehearse
from visalign.config import Config
from visalign.corpora.training_data import read_said
from visalign.errors import VisalignError
from visalign.files.inputs import refuse_changed
from visalign.files.limits import allowed
from visalign.media.clips import probe
from visalign.pipeline import check
from visalign.reports.clip_report import ClipReport
from visalign.reports.html_report import write_clip_page
from visalign.reports.html_report.batch_page import way_back
from visalign.sync.lip_model import LipModel

__all__ = ["analyse", "serve"]

Analysis = Callable[[Job], Mapping[str, Any]]

# Time that a clip gets where nothing else was asked for. A clip of GRID (3 s) takes 0.4 s. A search for faces in a 4K
# picture takes 0.4 s, so ten times its duration if every frame needs one; the rest is for machines that are loaded.
_SECONDS_FOR_ANY, _SECONDS_A_SECOND = 120.0, 30.0
_TAIL_BYTES = 8000  # of stderr
_POLL_SECONDS = 0.2
_LAST_POLL_SECONDS = 0.005  # once its pipes are closed a child is as good as gone
_PR_SET_PDEATHSIG = 1


def serve(analysis: Analysis | None = None) -> None:
    """Answer jobs from stdin until it ends.

    Parameters
    ----------
    analysis : callable, optional
        What to do with a job in the child; :func:`analyse` by default. It returns the facts of the summary.
    """
    # Python 3.12 warns of forks beside other threads; the only one here is that of pyarrow's allocator, which is made
    # for forks.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    answers = os.dup(1)
    os.dup2(2, 1)  # from here on stdout is for answers only
    jobs = _Lines(0)
    warm: set[str] = set()
    while (line := jobs.next()) is not None:
        job = Job.from_json(line)
        _warm_up(job, warm)
        outcome = _in_child(job, analysis or analyse)
        if outcome is None:
            return
        _write_all(answers, (json.dumps(asdict(outcome)) + "\n").encode())


def analyse(job: Job) -> Mapping[str, Any]:
    """Check the clip of a job and write its report.

    Returns
    -------
    mapping
        The facts that the summary shows.

    Raises
    ------
    VisalignError
        As :func:`visalign.pipeline.check` does, and if a file changed while it was read.
    """
    transcript = job.transcript
    said = job.text if transcript is None else read_said(transcript)
    report = check(
        job.clip,
        said,
        audio=job.audio,
        viseme_map=job.viseme_map,
        model=_model(job.model),
        config=Config.from_dict(job.config),
        enhancement=job.enhancement,
        lip_cache=job.lip_cache,
        evidence=job.page is not None,
    )
    refuse_changed({Path(path): state for path, state in job.files.items()})
    if job.page is not None:
        page = Path(job.page)
        page.parent.mkdir(parents=True, exist_ok=True)
        out = os.path.commonpath([job.page, job.report])
        back = way_back(Path(job.report).relative_to(out).as_posix())
        write_clip_page(page, report, job.clip, audio=job.audio, picture=page.with_suffix(".jpg"), back=back)
    report.write(job.report)
    return facts_of(report)


def facts_of(report: ClipReport) -> dict[str, Any]:
    """What the ledger keeps of a report, and the summary shows."""
    data = report.to_dict()
    sync, score, clip = data["sync"], data["score"], data["clip"]
    low, high = sync["lead_interval_seconds"] or (None, None)
    sound = clip["sound"] or {}
    return {
        "verdict": sync["verdict"],
        "lead_seconds": sync["lead_seconds"],
        "lead_low_seconds": low,
        "lead_high_seconds": high,
        "confidence": sync["confidence"],
        "sync_reason": sync["reason"],
        "viseme_accuracy": score["viseme_accuracy"],
        "proportion_in_sync": score["proportion_in_sync"],
        **score["counts"],
        **_read_off_lips(data["lip_reading"]),
        "viseme_map": clip["viseme_map"],
        "duration_seconds": clip["duration"],
        "face_fraction": clip["face_fraction"],
        "snr_db": sound.get("snr_db"),
        "n_warnings": len(data["warnings"]),
        **_gated((data.get("dubbing") or {}).get("gate")),
    }


def _gated(gate: Mapping[str, Any] | None) -> dict[str, Any]:
    if gate is None:
        return {}
    said = "passed" if gate["passed"] else "failed"
    return {"gate": said, "n_lines": gate["n_lines"], "n_lines_failed": gate["n_failing"]}


def _read_off_lips(found: Mapping[str, Any] | None) -> dict[str, Any]:
    if found is None or found["words"] is None:
        return {}
    names = ("n_said", "substitutions", "deletions", "insertions")
    counts = {name: [found[name][x] for x in names] for name in ("words", "visemes")}
    return {
        "n_lip_words": counts["words"][0],
        "n_lip_word_errors": sum(counts["words"][1:]),
        "n_lip_visemes": counts["visemes"][0],
        "n_lip_viseme_errors": sum(counts["visemes"][1:]),
        "lip_word_error_rate": found["words"]["rate"],
        "lip_viseme_error_rate": found["visemes"]["rate"],
    }


# --- the child -------------------------------------------------------------------------------------------------


def _in_child(job: Job, analysis: Analysis) -> Outcome | None:
    """Run a job in a child process; None if the batch went away meanwhile."""
    started = time.monotonic()
    news, say = os.pipe()
    noise, complain = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _limit(job.memory_bytes)
            for old, new in ((os.open(os.devnull, os.O_RDONLY), 0), (complain, 1), (complain, 2)):
                os.dup2(old, new)
            _child(job, analysis, say)
        finally:
            os._exit(70)  # never back into the worker's code, whatever happened
    os.close(say)
    os.close(complain)
    watch = _Watch(pid, news, noise, _deadline(job, started, None))
    while watch.is_open():
        if not watch.look(job, started):
            return None
    return watch.outcome(job, time.monotonic() - started)


def _limit(memory_bytes: int) -> None:
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    with contextlib.suppress(ValueError, OSError):  # macOS does not know this limit
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, hard))


def _child(job: Job, analysis: Analysis, say: int) -> None:
    faulthandler.enable(file=2)
    os.environ.update(job.limits)  # a worker on another machine has not inherited them
    for interruption in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interruption, signal.SIG_DFL)
    try:
        if job.seconds is None:
            _tell(say, {"duration": probe(job.clip).duration})
        result = analysis(job)
        _tell(say, {"result": dict(result)})
    except MemoryError:
        resource.setrlimit(resource.RLIMIT_AS, (resource.getrlimit(resource.RLIMIT_AS)[1],) * 2)  # to say so takes some
        _tell(say, {"reason": "memory", "message": _memory_message(job)})
    except VisalignError as error:
        _tell(say, {"reason": reason_of(error), "message": " ".join(str(error).split())})
    except OSError as error:
        _tell(say, {"reason": "system", "message": f"{job.clip}: {error}", "detail": traceback.format_exc()})
    except Exception as error:  # one clip's fault must not stop the others, whatever it is
        said = f"{type(error).__name__}: {error}"
        message = f"{job.clip}: {said}. This is a fault of visalign; please report it with `visalign status --clip`."
        _tell(say, {"reason": "internal", "message": message, "detail": traceback.format_exc()})
    os._exit(0)


def _tell(say: int, news: Mapping[str, Any]) -> None:
    _write_all(say, (json.dumps(news) + "\n").encode())


def _memory_message(job: Job) -> str:
    return (
        f"{job.clip}: needs more than the limit of {job.memory_bytes / 2**20:.0f} MiB. Give more with "
        "--memory-limit, or a smaller picture."
    )


class _Watch:
    """Looks after a child until it is gone."""

    def __init__(self, pid: int, news: int, noise: int, deadline: float) -> None:
        self._pid, self._deadline = pid, deadline
        self._streams = {news: b"", noise: b""}
        self._news, self._noise = news, noise
        self._open = {news, noise}
        self._timed_out = False
        self._ended: tuple[int, resource.struct_rusage] | None = None

    def is_open(self) -> bool:
        return self._ended is None

    def look(self, job: Job, started: float) -> bool:
        """Wait a moment for something to happen; False when the batch has gone (the child is dead then)."""
        patience = _POLL_SECONDS if self._open else _LAST_POLL_SECONDS
        ready = select.select([*self._open, 0], [], [], patience)[0]
        if 0 in ready:  # nothing is sent while a clip is at work: this is the end
            self._kill()
            os.waitpid(self._pid, 0)
            return False
        for stream in self._open & set(ready):
            self._read(stream)
        self._extend(job, started)
        if time.monotonic() > self._deadline and not self._timed_out:
            self._timed_out = True
            self._kill()
        pid, status, cost = os.wait4(self._pid, os.WNOHANG)
        if pid:
            self._ended = (status, cost)
            self._finish()
        return True

    def _read(self, stream: int) -> bool:
        data = os.read(stream, 65536)
        if not data:
            self._open.discard(stream)
            return False
        kept = self._streams[stream] + data
        self._streams[stream] = kept[-_TAIL_BYTES:] if stream == self._noise else kept
        return True

    def _extend(self, job: Job, started: float) -> None:
        for news in self._told():
            if "duration" in news:
                self._deadline = _deadline(job, started, news["duration"])

    def _told(self) -> list[dict[str, Any]]:
        lines = self._streams[self._news].split(b"\n")[:-1]  # what follows the last line break is not whole
        return [json.loads(line) for line in lines]

    def _finish(self) -> None:
        self._kill()  # what the child started and left behind
        for stream in tuple(self._open):
            os.set_blocking(stream, False)
            with contextlib.suppress(BlockingIOError):
                while self._read(stream):
                    pass
        for stream in self._streams:
            os.close(stream)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)
        if self._ended is None:  # it may not have had the time to lead a group
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    def outcome(self, job: Job, wall: float) -> Outcome:
        assert self._ended is not None
        status, cost = self._ended
        detail = self._streams[self._noise].decode(errors="replace")
        found = self._verdict(job, status, detail)
        kilobyte = 1 if sys.platform == "darwin" else 1024
        return replace(
            found,
            wall_seconds=round(wall, 3),
            cpu_seconds=round(cost.ru_utime + cost.ru_stime, 3),
            peak_mb=round(cost.ru_maxrss * kilobyte / 1e6, 1),
        )

    def _verdict(self, job: Job, status: int, detail: str) -> Outcome:
        last = next((news for news in reversed(self._told()) if "duration" not in news), None)
        if last is not None:
            return Outcome(**last) if "result" in last else Outcome(**{"detail": detail, **last})
        if self._timed_out:
            limit = f"{job.seconds:g} s" if job.seconds is not None else "for a clip of its duration"
            advice = "Give more with --time-limit, or look at the clip."
            return Outcome(reason="timeout", message=f"{job.clip}: took longer than the limit ({limit}). {advice}")
        code = os.waitstatus_to_exitcode(status)
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


# --- odds and ends of the worker -------------------------------------------------------------------------------


_MODELS: dict[str | None, LipModel] = {}


def _model(path: str | None) -> LipModel:
    if path not in _MODELS:
        _MODELS[path] = LipModel.load(path)
    return _MODELS[path]


def _warm_up(job: Job, warm: set[str]) -> None:
    """Load what all clips need, once for these settings."""
    settings = json.dumps([job.config, job.model], sort_keys=True)
    if settings in warm:
        return
    warm.add(settings)
    with contextlib.suppress(VisalignError, OSError):  # it fails in the child as well, with a reason
        rehearse(Config.from_dict(job.config), _model(job.model))
    gc.collect()
    gc.freeze()  # what is here now is not looked at by the children's collectors, and so stays shared with them


class _Lines:
    """Lines of a file descriptor, without a buffer that would hide from `select` what has come."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._rest = descriptor, b""

    def next(self) -> bytes | None:
        while b"\n" not in self._rest:
            data = os.read(self._descriptor, 1 << 20)
            if not data:
                return None
            self._rest += data
        line, self._rest = self._rest.split(b"\n", 1)
        return line


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


if __name__ == "__main__":
    serve()
