"""How a batch is run, what it tells meanwhile, and how it stands at the end: plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from visalign.batch.reasons import REASONS
from visalign.config import Config
from visalign.errors import AnyPath, ConfigError
from visalign.files.object_storage import refuse_scheme

__all__ = ["INTERRUPTED", "TERMINATED", "BatchEvent", "BatchResult", "BatchSettings"]

INTERRUPTED, TERMINATED = "interrupted", "terminated"
"""Why a run ended early: Ctrl-C, or `kill` and a machine that shuts down."""

_MIN_MEMORY_BYTES = 1 << 29


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """How a batch is run.

    Parameters
    ----------
    config : Config
        Settings of the checks.
    model : str
        Path of a lip model; empty for the shipped one.
    enhancement : str or None
        Clear the sound first, as :func:`visalign.check` does.
    jobs : int or None
        Clips at once; None: one a processor.
    time_limit_seconds : float or None
        A clip that takes longer fails; None: two minutes and thirty times its duration.
    memory_limit_bytes : int
        A clip that needs more fails.
    lip_cache : path-like or None
        Folder that keeps lips by content; None for ``lips`` in the folder of the results, ``""`` for none.
    only : tuple of str
        Patterns (``s1/*``) of the ids to do; empty for all.
    retry_failed : tuple of str or None
        Reasons of failures to try again; empty for every reason, None for none.
    max_failures : float or None
        Stop after so many failures of this run (1 or more), or this part of its clips (below 1).
    shard : (int, int) or None
        ``(i, n)``: of n parts of the manifest do the i-th, from 1.
    parquet : bool
        Write the summary as Parquet as well.
    pages : bool
        Write a page and a small picture of each clip as well, and one page of them all.
    cloud : bool
        Read clips, sounds and texts that the manifest names by an address (``s3://…``) from there.
    upload : str
        Address that reports, pages and summary are copied to at the end of a run; empty for none.

    Raises
    ------
    ConfigError
        If a value is impossible.
    """

    config: Config = field(default_factory=Config)
    model: str = ""
    enhancement: str | None = None
    jobs: int | None = None
    time_limit_seconds: float | None = None
    memory_limit_bytes: int = 3 << 30
    lip_cache: AnyPath | None = None
    only: tuple[str, ...] = ()
    retry_failed: tuple[str, ...] | None = None
    max_failures: float | None = None
    shard: tuple[int, int] | None = None
    parquet: bool = False
    pages: bool = False
    cloud: bool = False
    upload: str = ""

    def __post_init__(self) -> None:
        if self.jobs is not None and self.jobs < 1:
            raise ConfigError("jobs", self.jobs, "1 or more")
        if self.time_limit_seconds is not None and not 0 < self.time_limit_seconds < float("inf"):
            raise ConfigError("time limit", self.time_limit_seconds, "more than 0 seconds")
        if self.memory_limit_bytes < _MIN_MEMORY_BYTES:
            mib = self.memory_limit_bytes >> 20
            raise ConfigError("memory limit", f"{mib} MiB", f"{_MIN_MEMORY_BYTES >> 20} MiB or more")
        if self.max_failures is not None and self.max_failures <= 0:
            raise ConfigError("max failures", self.max_failures, "1 or more, or a part between 0 and 1")
        if self.shard is not None and not 1 <= self.shard[0] <= self.shard[1]:
            raise ConfigError("shard", "{}/{}".format(*self.shard), "i/N with i from 1 to N")
        if self.upload:
            refuse_scheme(self.upload)
        for reason in self.retry_failed or ():
            if reason not in REASONS:
                raise ConfigError("retry failed", reason, tuple(REASONS))


@dataclass(frozen=True, slots=True)
class BatchEvent:
    """Something happened.

    Parameters
    ----------
    kind : str
        ``start``, ``clip`` (one ended), ``stop`` (no new clips are begun) or ``end``.
    done, failed, to_do : int
        Clips of this run that ended well, that failed, and all that it has to do.
    skipped : int
        Clips that were done before.
    seconds : float
        Since the start.
    clip : str
        Id of the clip that ended.
    result : mapping or None
        Its facts; None if it failed.
    reason, message : str
        Why it failed, or why no new clips are begun.
    passed : bool or None
        Whether its verdict is the expected one; None for a failure.
    """

    kind: str
    done: int
    failed: int
    to_do: int
    skipped: int
    seconds: float
    clip: str = ""
    result: Any = None
    reason: str = ""
    message: str = ""
    passed: bool | None = None

    @property
    def rate(self) -> float | None:
        """Clips a second so far."""
        return (self.done + self.failed) / self.seconds if self.seconds > 0 and self.done + self.failed else None

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take at this rate."""
        rate = self.rate
        return None if rate is None else (self.to_do - self.done - self.failed) / rate

    def to_dict(self) -> dict[str, Any]:
        """Plain data, with rate and time left."""
        return asdict(self) | {"rate": self.rate, "seconds_left": self.seconds_left}


@dataclass(frozen=True, slots=True)
class BatchResult:
    """How a batch stands at the end of a run.

    Parameters
    ----------
    out : Path
        Folder of the results.
    done, failed, pending : int
        Clips of the manifest that are done, failed, or still to do.
    passed : int
        Clips whose verdict is the expected one.
    run_done, run_failed, skipped : int
        What this run did, and what it found done.
    reasons : dict
        Failures by reason.
    stopped : str
        Why the run ended early: ``"interrupted"`` (Ctrl-C), ``"terminated"`` (`kill`), ``"max-failures"``, or empty.
    """

    out: Path
    done: int
    failed: int
    pending: int
    passed: int
    run_done: int
    run_failed: int
    skipped: int
    reasons: dict[str, int]
    stopped: str = ""
