"""A folder that is watched: clips are checked as they arrive, once nobody writes to them any more.

Method
------
The folder is looked through every few seconds. A clip is ready when its size and time of change, and those of its
transcript, have not changed for a while; one without a transcript waits longer, since that often comes last. What was
taken for ready and goes on growing is done again, because its content is another one; so is a clip whose transcript
comes late. Clips that are taken away keep their results.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from visalign.batch.engines import Engine, LocalEngine, available_cpus
from visalign.batch.job import JobMaker
from visalign.batch.ledger import LEDGER_NAME, Ledger, only_run
from visalign.batch.planning import Plan, job_maker, standing
from visalign.batch.run import Run, clear_drafts, prepare_folder
from visalign.batch.settings import BatchEvent, BatchResult, BatchSettings
from visalign.batch.summary import write_summary
from visalign.corpora.clip_list import BatchClip, read_manifest
from visalign.errors import AnyPath, ConfigError, InputError

__all__ = ["WatchSettings", "watch_folder"]

_SUMMARY_SECONDS = 10.0  # between two writings of the summary


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How a folder is watched.

    Parameters
    ----------
    interval_seconds : float
        From one look to the next.
    settle_seconds : float
        How long a file must have stayed as it is.
    transcript_seconds : float
        How long a clip without a transcript waits for one.
    idle_seconds : float or None
        End when nothing has come and nothing was at work for so long; None: only when interrupted.

    Raises
    ------
    ConfigError
        If a value is impossible.
    """

    interval_seconds: float = 2.0
    settle_seconds: float = 10.0
    transcript_seconds: float = 60.0
    idle_seconds: float | None = None

    def __post_init__(self) -> None:
        for name in ("interval_seconds", "settle_seconds", "transcript_seconds", "idle_seconds"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise ConfigError(name.replace("_", " "), value, "more than 0 seconds")


def watch_folder(
    folder: AnyPath,
    out: AnyPath,
    settings: BatchSettings | None = None,
    watch: WatchSettings | None = None,
    *,
    engine: Engine | None = None,
    on_event: Callable[[BatchEvent], None] | None = None,
) -> BatchResult:
    """Check the clips of a folder as they arrive, until interrupted.

    Parameters
    ----------
    folder : path-like
        Where clips arrive, each with its transcript beside it; folders in it count as well.
    out : path-like
        Folder for the ledger, the reports and the summary; not within `folder`.
    settings : BatchSettings, optional
    watch : WatchSettings, optional
    engine : Engine, optional
        Where the work is done; worker processes on this machine by default.
    on_event : callable, optional
        Is told of every clip that ends.

    Returns
    -------
    BatchResult

    Raises
    ------
    InputError
        If `folder` is no folder.
    OutputError
        If `out` can't be written to, or is in use by another run.
    """
    settings, watch = settings or BatchSettings(), watch or WatchSettings()
    inbox = Path(folder).resolve()
    if not inbox.is_dir():
        raise InputError(f"{folder}: not a folder. Give the folder that clips arrive in.")
    results = prepare_folder(Path(out))
    with only_run(results), Ledger(results / LEDGER_NAME) as ledger:
        clear_drafts(results)
        ledger.note({"shard": "", "started_at": repr(time.time())})
        ledger.recover()
        maker = job_maker(inbox, results, settings)
        engine = engine or LocalEngine(settings.jobs or available_cpus())
        run = Run(ledger, maker, engine, settings, on_event)
        try:
            run.work(Plan((), 0, 0), _Inbox(inbox, results, ledger, maker, run, settings, watch).look)
        finally:
            write_summary(results, ledger, parquet=settings.parquet)
        return run.result(results)


@dataclass(slots=True)
class _Sight:
    """What a clip and its transcript looked like, and since when."""

    facts: tuple[object, ...]
    since: float


@dataclass(slots=True)
class _Inbox:
    """The folder that is watched."""

    folder: Path
    out: Path
    ledger: Ledger
    maker: JobMaker
    run: Run
    settings: BatchSettings
    watch: WatchSettings
    seen: dict[str, _Sight] = field(default_factory=dict)
    next_look: float = 0.0
    next_summary: float = 0.0
    last_busy: float = field(default_factory=time.monotonic)

    def look(self) -> Sequence[str] | None:
        """Ids of clips that are ready and not done; None when it is time to end."""
        now = time.monotonic()
        if now < self.next_look:
            return ()
        self.next_look = now + self.watch.interval_seconds
        clips = self._clips()
        ready = [clip for clip in clips if self._has_settled(clip, now)]
        found = [clip for clip in ready if self._is_new(clip)]
        self.ledger.add(clip for clip in found if not self._is_known(clip))
        if found or len(ready) < len(clips) or any(self.run.is_busy_with(clip.id) for clip in ready):
            self.last_busy = now
        self._write_summary(now)
        idle = self.watch.idle_seconds
        return None if idle is not None and now - self.last_busy > idle else [clip.id for clip in found]

    def _clips(self) -> Sequence[BatchClip]:
        try:
            clips = read_manifest(self.folder).clips
        except InputError:  # nothing there yet, or two clips of one name: what is wrong shows when one is gone
            return ()
        return [clip for clip in clips if not (self.folder / clip.clip).is_relative_to(self.out)]

    def _has_settled(self, clip: BatchClip, now: float) -> bool:
        facts = tuple(_facts(self.folder / name) for name in (clip.clip, clip.transcript) if name)
        sight = self.seen.get(clip.id)
        if sight is None or sight.facts != (clip, facts):
            self.seen[clip.id] = sight = _Sight((clip, facts), now)
        is_silent = not clip.transcript and not clip.text
        patience = max(self.watch.settle_seconds, self.watch.transcript_seconds if is_silent else 0.0)
        return now - sight.since >= patience

    def _is_new(self, clip: BatchClip) -> bool:
        if self.run.is_busy_with(clip.id):
            return False
        return standing(clip, self.ledger.find(clip.id), self.maker, self.ledger, self.settings) == "to do"

    def _is_known(self, clip: BatchClip) -> bool:
        entry = self.ledger.find(clip.id)
        return entry is not None and entry.clip == clip

    def _write_summary(self, now: float) -> None:
        if now >= self.next_summary:
            self.next_summary = now + _SUMMARY_SECONDS
            write_summary(self.out, self.ledger)


def _facts(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns
