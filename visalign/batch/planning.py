"""What a run of a batch has to do: the clips that were never done, or whose content, settings or version changed."""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from visalign.batch.job import JobMaker
from visalign.batch.ledger import LEDGER_NAME, Entry, Ledger
from visalign.batch.settings import BatchSettings
from visalign.corpora.clip_list import BatchClip, Manifest, read_manifest
from visalign.errors import AnyPath, MediaError

__all__ = ["Plan", "clips_of_shard", "job_maker", "plan", "plan_batch", "standing"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do.

    Parameters
    ----------
    to_do : tuple of str
        Ids, in the order of work.
    n_done, n_failed : int
        Clips that stay as they are.
    missing : tuple of str
        Messages about files that are not there.
    """

    to_do: tuple[str, ...]
    n_done: int
    n_failed: int
    missing: tuple[str, ...] = ()


def plan_batch(manifest: Manifest | AnyPath, out: AnyPath, settings: BatchSettings | None = None) -> Plan:
    """What :func:`run_batch` would do, without doing it; nothing is written.

    Parameters and errors are those of :func:`run_batch`.
    """
    settings = settings or BatchSettings()
    listed = manifest if isinstance(manifest, Manifest) else read_manifest(manifest)
    clips = [clip for _, clip in clips_of_shard(listed.clips, settings.shard)]
    path = Path(out, LEDGER_NAME)
    with contextlib.ExitStack() as stack:
        known: dict[str, Entry] = {}
        ledger = None
        if path.is_file():
            ledger = stack.enter_context(Ledger(path, read_only=True))
            known = {entry.clip.id: entry for entry in ledger.entries()}
        maker = job_maker(listed.root, Path(out).resolve(), settings)
        missing = tuple(message for clip in clips for message in maker.missing(clip))
        states = {clip.id: standing(clip, known.get(clip.id), maker, ledger, settings) for clip in clips}
    chosen = tuple(clip.id for clip in clips if states[clip.id] == "to do" and _is_chosen(clip.id, settings))
    found = list(states.values())
    return Plan(chosen, found.count("done"), found.count("failed"), missing)


def job_maker(root: Path, out: Path, settings: BatchSettings) -> JobMaker:
    """What makes the jobs of a batch with these settings."""
    cache = out / "lips" if settings.lip_cache is None else Path(settings.lip_cache).resolve()
    return JobMaker(
        root=root,
        out=out,
        config=settings.config,
        model=settings.model,
        enhancement=settings.enhancement,
        lip_cache=None if settings.lip_cache == "" else cache,
        seconds=settings.time_limit_seconds,
        memory_bytes=settings.memory_limit_bytes,
        pages=settings.pages,
        cloud=settings.cloud,
    )


def clips_of_shard(clips: Sequence[BatchClip], shard: tuple[int, int] | None) -> list[tuple[int, BatchClip]]:
    """The clips of one shard with their places in the manifest.

    A digest of the id decides, so that rows may be added or sorted without moving a clip to another shard.
    """
    i, n = shard or (1, 1)
    return [(place, clip) for place, clip in enumerate(clips) if _part(clip.id, n) == i - 1]


def _part(name: str, n: int) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % n


def plan(ledger: Ledger, maker: JobMaker, settings: BatchSettings) -> Plan:
    """What is to be done by the ledger."""
    to_do, n_done, n_failed = [], 0, 0
    for name in ledger.queue():
        entry = ledger.entry(name)
        state = standing(entry.clip, entry, maker, ledger, settings)
        n_done += state == "done"
        n_failed += state == "failed"
        if state == "to do" and _is_chosen(name, settings):
            to_do.append(name)
    return Plan(tuple(to_do), n_done, n_failed)


def standing(
    clip: BatchClip, entry: Entry | None, maker: JobMaker, ledger: Ledger | None, settings: BatchSettings
) -> str:
    """Whether a clip is "done", "failed" or "to do"."""
    if entry is None or ledger is None or entry.state not in {"done", "failed"}:
        return "to do"
    try:
        key = maker.prepare(clip, ledger).key
    except MediaError:
        key = None
    if entry.state == "done":
        return "done" if key == entry.key and all(path.is_file() for path in maker.results(clip)) else "to do"
    again = settings.retry_failed is not None and (not settings.retry_failed or entry.reason in settings.retry_failed)
    return "failed" if key == entry.key and not again else "to do"


def _is_chosen(name: str, settings: BatchSettings) -> bool:
    return not settings.only or any(fnmatch.fnmatchcase(name, pattern) for pattern in settings.only)
