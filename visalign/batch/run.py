"""Run a batch: decide what is to be done, hand it to an engine, write down what comes back.

A run does what is missing: clips that were never done, whose run died, or whose content, settings or version changed.
What failed stays failed until it is asked for again, since most failures would come back.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from visalign._version import __version__
from visalign.batch.engines import Engine, LocalEngine, available_cpus
from visalign.batch.job import Job, JobMaker, report_name
from visalign.batch.ledger import LEDGER_NAME, MAX_INTERRUPTIONS, Entry, Ledger, Outcome, only_run
from visalign.batch.planning import Plan, clips_of_shard, job_maker, plan
from visalign.batch.settings import INTERRUPTED, TERMINATED, BatchEvent, BatchResult, BatchSettings
from visalign.batch.summary import require_parquet, write_summary
from visalign.corpora.clip_list import Manifest, read_manifest
from visalign.errors import AnyPath, MediaError, OutputError
from visalign.files.object_storage import upload
from visalign.files.outputs import inside, remove_drafts
from visalign.reports.html_report import write_batch_page
from visalign.reports.html_report.batch_page import clip_page_name

__all__ = ["Run", "clear_drafts", "prepare_folder", "run_batch"]

_LOOK_SECONDS = 0.5
_SUMMARIES = ("groups.csv", "costs.csv", "summary.parquet", "index.html", "summary.csv")
# A worker that dies and a process that is killed are mostly not the clip's fault: it is tried so often in one run.
_TRIES = {"worker": 3, "killed": 2}


def run_batch(
    manifest: Manifest | AnyPath,
    out: AnyPath,
    settings: BatchSettings | None = None,
    *,
    engine: Engine | None = None,
    on_event: Callable[[BatchEvent], None] | None = None,
) -> BatchResult:
    """Check many clips; what was done before is not done again.

    Parameters
    ----------
    manifest : Manifest or path-like
        What to check: a manifest, its file, or a folder of clips.
    out : path-like
        Folder for the ledger, the reports and the summary; it is created where it is missing.
    settings : BatchSettings, optional
    engine : Engine, optional
        Where the work is done; worker processes on this machine by default. It is closed at the end.
    on_event : callable, optional
        Is told of every clip that ends.

    Returns
    -------
    BatchResult

    Raises
    ------
    ParseError
        If the manifest is faulty.
    OutputError
        If `out` can't be written to, is in use by another run, or holds another shard.

    Examples
    --------
    >>> from visalign.batch import run_batch
    >>> result = run_batch("clips/", "out/")    # doctest: +SKIP
    >>> result.done, result.failed, result.reasons    # doctest: +SKIP
    (280, 20, {'crash': 4, 'media': 8, 'missing': 4, 'timeout': 4})
    """
    settings = settings or BatchSettings()
    if settings.parquet:
        require_parquet()  # now, and not when all clips are done
    listed = manifest if isinstance(manifest, Manifest) else read_manifest(manifest)
    folder = prepare_folder(Path(out))
    with only_run(folder), Ledger(folder / LEDGER_NAME) as ledger:
        clear_drafts(folder)
        _note_run(ledger, settings)
        ledger.enter(clips_of_shard(listed.clips, settings.shard))
        ledger.recover()
        maker = job_maker(listed.root, folder, settings)
        engine = engine or LocalEngine(settings.jobs or available_cpus())
        run = Run(ledger, maker, engine, settings, on_event)
        try:
            run.work(plan(ledger, maker, settings))
        finally:
            write_summary(folder, ledger, parquet=settings.parquet)
            if settings.pages:
                write_batch_page(folder)
            if settings.upload:
                upload_results(folder, ledger, settings.upload)
        return run.result(folder)


def upload_results(folder: Path, ledger: Ledger, address: str) -> None:
    """Copy what a batch has made to object storage: reports and pages of what is done, then summary and index.

    Each is written whole; what is there under these names is replaced. The ledger and the lips stay here.
    """
    reports = [entry.report for entry in ledger.entries(states=("done",)) if entry.report]
    pages = [clip_page_name(report) for report in reports]
    names = [*reports, *pages, *(page.removesuffix(".html") + ".jpg" for page in pages)]
    for name in (*names, *_SUMMARIES):
        if inside(folder, name).is_file():
            upload(folder / name, f"{address.rstrip('/')}/{name}")


def clear_drafts(folder: Path) -> None:
    """Remove the drafts of reports and pages that a killed run left; other batches may use the folder of the lips."""
    for part in ("reports", "pages"):
        remove_drafts(folder / part)


def prepare_folder(out: Path) -> Path:
    """Make the folder of the results; returns its absolute path.

    Raises
    ------
    OutputError
        If it can't be made.
    """
    try:
        (out / "reports").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(out, f"can't be made ({error.strerror}); choose another place") from error
    return out.resolve()


def _note_run(ledger: Ledger, settings: BatchSettings) -> None:
    shard = "" if settings.shard is None else "{}/{}".format(*settings.shard)
    before = ledger.facts().get("shard")
    if before is not None and before != shard:
        held = f"shard {before}" if before else "a whole manifest"
        raise OutputError(ledger.path.parent, f"holds {held}; give every shard a folder of its own")
    ledger.note({"shard": shard, "version": __version__, "started_at": repr(time.time())})


def _ignore(_event: BatchEvent) -> None:
    """An event that nobody waits for."""


class Run:
    """One run over the clips that are to be done.

    Parameters
    ----------
    ledger : Ledger
    maker : JobMaker
    engine : Engine
        Is closed at the end of :meth:`work`.
    settings : BatchSettings
    on_event : callable, optional
    """

    def __init__(
        self,
        ledger: Ledger,
        maker: JobMaker,
        engine: Engine,
        settings: BatchSettings,
        on_event: Callable[[BatchEvent], None] | None = None,
    ) -> None:
        self._ledger, self._maker, self._engine, self._settings = ledger, maker, engine, settings
        self._tell = on_event or _ignore
        self._queue: deque[str] = deque()
        self._in_flight: set[str] = set()
        self._busy: set[str] = set()
        self._alone: set[str] = set()
        self._tries: Counter[str] = Counter()
        self._skipped = self._to_do = 0
        self._done = self._failed = 0
        self._stopped = ""
        self._asked_to_stop = ""
        self._started = time.monotonic()

    def work(self, what: Plan, feed: Callable[[], Sequence[str] | None] | None = None) -> None:
        """Do it all, or until there is a reason to stop.

        Parameters
        ----------
        what : Plan
        feed : callable, optional
            Is asked again and again for ids that have come up meanwhile; None ends it.
        """
        self._skipped, self._started = what.n_done + what.n_failed, time.monotonic()
        self._take(what.to_do)
        self._tell(self._event("start"))
        killed = True
        try:
            with _interruptible(self._interrupt):
                while self._queue or self._in_flight or feed is not None:
                    self._fill()
                    if feed is not None:
                        feed = self._fed_by(feed)
                    if self._queue or self._in_flight or feed is not None:
                        self._collect()
            killed = False
        except KeyboardInterrupt:
            self._stopped = self._asked_to_stop or INTERRUPTED
        finally:
            self._engine.close(kill=killed)
            self._ledger.release(self._in_flight)
        self._tell(self._event("end"))

    def is_busy_with(self, name: str) -> bool:
        """Whether a clip is at work, or waits for it."""
        return name in self._busy

    def _take(self, names: Sequence[str]) -> None:
        self._queue.extend(names)
        self._busy.update(names)
        self._to_do += len(names)

    def _fed_by(self, feed: Callable[[], Sequence[str] | None]) -> Callable[[], Sequence[str] | None] | None:
        names = None if self._stopped else feed()
        self._take(names or ())
        return None if names is None else feed

    def _collect(self) -> None:
        found = list(self._engine.finished(_LOOK_SECONDS))
        with self._ledger.together():
            events = [self._taken_back(name, outcome) for name, outcome in found]
        self._tell_all(events)  # of what stands on the disk by now

    def _taken_back(self, name: str, outcome: Outcome) -> BatchEvent | None:
        self._in_flight.discard(name)
        self._alone.discard(name)
        self._tries[name] += 1
        if self._tries[name] >= _TRIES.get(outcome.reason, 1) or self._stopped:
            return self._recorded(name, outcome)
        self._ledger.release([name])
        self._queue.append(name)
        return None

    def _fill(self) -> None:
        if self._asked_to_stop and not self._stopped:
            self._stop(self._asked_to_stop, "finishing the clips at work; interrupt again to stop at once")
        jobs, events = list[tuple[str, Job]](), list[BatchEvent | None]()
        with self._ledger.together():  # claimed on the disk before anybody begins
            while self._queue and self._engine.free_slots() > len(jobs) and self._may_follow(self._queue[0]):
                name = self._queue.popleft()
                try:
                    jobs.append((name, self._claimed(name)))
                except MediaError as error:
                    events.append(self._refused(name, "missing", str(error)))
                except OSError as error:
                    why = f"{self._maker.out}: can't be written ({error.strerror})"
                    events.append(self._refused(name, "output", why))
        for name, job in jobs:
            self._engine.submit(name, job)
        self._tell_all(events)

    def _may_follow(self, name: str) -> bool:
        """Whether a clip may be begun beside those in flight.

        One that was in flight at all but one of the deaths that are allowed is alone at work the last time, so that it
        is not blamed for another's doing.
        """
        if self._alone:
            return False
        if self._ledger.entry(name).interruptions < MAX_INTERRUPTIONS - 1:
            return True
        if not self._in_flight:
            self._alone.add(name)
        return not self._in_flight

    def _claimed(self, name: str) -> Job:
        prepared = self._maker.prepare(self._ledger.entry(name).clip, self._ledger)
        Path(prepared.job.report).parent.mkdir(parents=True, exist_ok=True)
        self._ledger.claim(name, prepared.key, report_name(name))
        self._in_flight.add(name)
        return prepared.job

    def _refused(self, name: str, reason: str, message: str) -> BatchEvent:
        self._alone.discard(name)
        return self._recorded(name, Outcome(reason=reason, message=" ".join(message.split())), was_claimed=False)

    def _recorded(self, name: str, outcome: Outcome, *, was_claimed: bool = True) -> BatchEvent:
        self._ledger.record(name, outcome, was_claimed=was_claimed)
        self._busy.discard(name)
        passed = None
        if outcome.result is None:
            self._failed += 1
        else:
            self._done += 1
            passed = self._ledger.entry(name).clip.passes(outcome.result.get("verdict"), outcome.result.get("gate"))
        known = {"reason": outcome.reason, "message": outcome.message, "passed": passed}
        return self._event("clip", clip=name, result=outcome.result, **known)

    def _tell_all(self, events: Sequence[BatchEvent | None]) -> None:
        for event in events:
            if event is not None:
                self._tell(event)
                if self._too_many():
                    self._stop("max-failures", f"{self._failed} clips failed")

    def _too_many(self) -> bool:
        limit = self._settings.max_failures
        if limit is None or self._stopped:
            return False
        return self._failed >= (limit if limit >= 1 else max(1.0, limit * self._to_do))

    def _interrupt(self, number: int) -> None:
        self._asked_to_stop = TERMINATED if number == signal.SIGTERM else INTERRUPTED  # and no more, in a handler

    def _stop(self, why: str, message: str) -> None:
        self._stopped = why
        self._queue.clear()
        given_back = self._engine.withdraw()
        self._in_flight.difference_update(given_back)
        self._ledger.release(given_back)
        self._tell(self._event("stop", reason=why, message=message))

    def _event(self, kind: str, **facts: Any) -> BatchEvent:
        return BatchEvent(
            kind=kind,
            done=self._done,
            failed=self._failed,
            to_do=self._to_do,
            skipped=self._skipped,
            seconds=time.monotonic() - self._started,
            **facts,
        )

    def result(self, out: Path) -> BatchResult:
        """How things stand now."""
        counts = self._ledger.counts()
        done = self._ledger.entries(states=("done",))
        return BatchResult(
            out=out,
            done=counts["done"],
            failed=counts["failed"],
            pending=counts["pending"] + counts["running"],
            passed=sum(_passes(entry) for entry in done),
            run_done=self._done,
            run_failed=self._failed,
            skipped=self._skipped,
            reasons=self._ledger.failures(),
            stopped=self._stopped,
        )


@contextlib.contextmanager
def _interruptible(stop: Callable[[int], None]) -> Iterator[None]:
    """SIGINT and SIGTERM call `stop` with their number, the second of them raises KeyboardInterrupt too.

    Only in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = False

    def on_signal(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        stop(number)
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _passes(entry: Entry) -> bool:
    result = entry.result or {}
    return bool(entry.clip.passes(result.get("verdict"), result.get("gate")))
