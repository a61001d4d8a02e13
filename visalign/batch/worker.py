"""The workers of a batch: everything is loaded once, and each clip is checked in a child process, within limits.

``python -m visalign.batch.worker`` is the *zygote*. It loads everything by a rehearsed check and has one thread, so it
may fork. For each worker that the batch wants it forks one and hands on two pipes that came with the wish: from one the
worker reads jobs, a line of JSON each, into the other it writes an answer to each. What is loaded they all share.

Method
------
A worker keeps a child process in which clips are checked (:mod:`visalign.batch.children`), one at a time. A child gets

* a limit of address space (``RLIMIT_AS``), so that a clip that needs too much meets a ``MemoryError`` instead of taking
  the machine's memory,
* a limit of time, after which it is killed with whatever it has started (it leads a process group),
* no core file, and a handler that writes the stack to stderr if it crashes; the end of stderr goes into the ledger.

It ends after a clip, and all the memory that the clip took goes with it; only where clips are so short that the fork
would cost more than a fiftieth of the work, the child takes the next one as well. A clip that fails in a child that had
another before it is done again in one of its own, and only what happens there is believed.

When the batch goes away, however it ends, the worker's pipe ends: it kills its child and follows, and so does the
zygote. When a worker is killed, the kernel kills its child (Linux; elsewhere it works on to its end).

Conventions
-----------
A :class:`~visalign.batch.job.Job` comes as a JSON object; the answer is an
:class:`~visalign.batch.ledger.Outcome` as a JSON object. What libraries print to stdout goes to stderr.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import json
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from visalign.batch.children import (
    SAY_DESCRIPTOR,
    Children,
    Cost,
    Lines,
    confine,
    fetching_folder,
    forks,
    limit_memory,
    memory_message,
    tell,
    write_all,
)
from visalign.batch.job import Job
from visalign.batch.reasons import reason_of
from visalign.batch.rehearsal import rehearse
from visalign.batch.wishes import next_wish, wishes_of_stdin
from visalign.config import Config
from visalign.corpora.training_data import read_said
from visalign.errors import VisalignError
from visalign.files.inputs import refuse_changed
from visalign.files.object_storage import fetch, size_of
from visalign.media.clips import probe
from visalign.pipeline import check
from visalign.reports.clip_report import ClipReport
from visalign.reports.html_report import write_clip_page
from visalign.reports.html_report.batch_page import way_back
from visalign.sync.lip_model import LipModel

__all__ = ["analyse", "facts_of", "serve"]

Analysis = Callable[[Job], Mapping[str, Any]]

_CHILD = "--child"  # the argument of a child that is no fork


def serve(analysis: Analysis | None = None) -> None:
    """Be the zygote: fork a worker for each wish that comes through the socket that is stdin, until it ends.

    Parameters
    ----------
    analysis : callable, optional
        What to do with a job in the child; :func:`analyse` by default. It returns the facts of the summary.
    """
    # Python 3.12 warns of forks beside other threads; that there are none here is held by a test.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    analysis = analysis or analyse
    if _CHILD in sys.argv:
        _work_off(Lines(0), SAY_DESCRIPTOR, analysis)
        return
    os.dup2(2, 1)  # from here on stdout is what a library complains to
    signal.signal(signal.SIGCHLD, lambda *_: _bury(os.WNOHANG))
    wishes = wishes_of_stdin()
    warm: set[str] = set()
    while (wish := next_wish(wishes)) is not None:
        job, (jobs, answers) = wish
        if forks():
            _warm_up(job, warm)
        if os.fork() == 0:
            wishes.close()
            os.dup2(jobs, 0)
            os.close(jobs)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _watch_over(answers, analysis, warm)
            os._exit(0)
        os.close(jobs)
        os.close(answers)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _bury(0)


def _bury(how: int) -> None:
    """Wait for workers that have ended, so that what they have cost is counted; the batch knows by their pipes."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, how)[0]:
            pass


def _watch_over(answers: int, analysis: Analysis, warm: set[str]) -> None:
    """Be a worker: answer the jobs of stdin until it ends."""
    lines = Lines(0)

    def forked(feed: int, say: int) -> None:
        _work_off(Lines(feed), say, analysis)

    children = Children(forked if forks() else [sys.executable, *sys.orig_argv[1:], _CHILD])
    while (line := lines.next()) is not None:
        job = Job.from_json(line)
        if forks():
            _warm_up(job, warm)
        outcome = children.check(job)
        if outcome is None:
            break
        write_all(answers, (json.dumps(asdict(outcome)) + "\n").encode())
        children.retire()
    children.end()


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


# --- in the child ------------------------------------------------------------------------------------------------


def _work_off(jobs: Lines, say: int, analysis: Analysis) -> None:
    """Be a child: check clip after clip until no other comes, and tell what comes of each."""
    confine()
    faulthandler.enable(file=2)
    for interruption in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interruption, signal.SIG_DFL)
    while (line := jobs.next()) is not None:
        job, cost = Job.from_json(line), Cost()
        limit_memory(job.memory_bytes)
        os.environ.update(job.limits)  # a worker on another machine has not inherited them
        news = _answer(job, analysis, say)
        tell(say, news | cost.so_far())


def _answer(job: Job, analysis: Analysis, say: int) -> dict[str, Any]:
    try:
        here = _fetched(job, say) if job.objects else job
        if job.seconds is None:
            tell(say, {"duration": probe(here.clip).duration})
        return {"result": dict(analysis(here))}
    except MemoryError:
        limit_memory(None)  # to say so takes some
        return {"reason": "memory", "message": memory_message(job)}
    except VisalignError as error:
        return {"reason": reason_of(error), "message": " ".join(str(error).split())}
    except OSError as error:
        return {"reason": "system", "message": f"{job.clip}: {error}", "detail": traceback.format_exc()}
    except Exception as error:  # one clip's fault must not stop the others, whatever it is
        said = f"{type(error).__name__}: {error}"
        message = f"{job.clip}: {said}. This is a fault of visalign; please report it with `visalign status --clip`."
        return {"reason": "internal", "message": message, "detail": traceback.format_exc()}


def _fetched(job: Job, say: int) -> Job:
    """The job with what it names by addresses read to files, which the worker removes at its end."""
    tell(say, {"fetching": sum(map(size_of, job.objects))})
    places = {
        address: str(fetch(address, fetching_folder(os.getppid()), expected=known))
        for address, known in job.objects.items()
    }
    named = {name: getattr(job, name) for name in ("clip", "audio", "transcript")}
    return replace(job, **{name: places.get(place, place) for name, place in named.items()})


# --- what is loaded once -------------------------------------------------------------------------------


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


if __name__ == "__main__":
    serve()
