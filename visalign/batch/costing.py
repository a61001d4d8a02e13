"""What a batch would cost: hours of material, processor hours, time with so many workers, and a price.

Method
------
How long the clips are stands in their headers; of many clips only some are opened, evenly spread over the list, and the
rest is taken to be like them. What a second of material costs is measured here and now: two of the clips, of a fairly
short and a fairly long kind, are checked as the batch would check them, side by side where it has more than one worker.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from visalign.batch.engines import LocalEngine, available_cpus
from visalign.batch.ledger import LEDGER_NAME, Ledger, Outcome
from visalign.batch.planning import job_maker
from visalign.batch.settings import BatchSettings
from visalign.corpora.clip_list import BatchClip, Manifest
from visalign.errors import VisalignError
from visalign.media.clips import probe

__all__ = ["Estimate", "Measured", "estimate_cost"]

_MAX_OPENED = 1000  # headers that are read; one takes a few milliseconds
_QUARTILES = (0.25, 0.75)
_LONG_SECONDS = 600.0  # two clips that are longer together are not measured if there are shorter ones
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One clip that was checked to see what it costs.

    Parameters
    ----------
    id : str
    duration_seconds : float
        Of the clip.
    cpu_seconds, wall_seconds : float
        What its check took.
    """

    id: str
    duration_seconds: float
    cpu_seconds: float
    wall_seconds: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the clips of a batch would cost.

    Parameters
    ----------
    n_clips : int
        Clips that are to be done.
    n_opened : int
        Clips whose duration was looked up.
    material_seconds : float
        Duration of all clips.
    longest_seconds : float
        Duration of the longest clip that was looked up: no number of workers is faster than that one.
    workers : int
        Clips at once.
    measured : tuple of Measured
        Empty where nothing could be measured.
    problem : str
        Why nothing could be measured; else empty.
    """

    n_clips: int
    n_opened: int
    material_seconds: float
    longest_seconds: float
    workers: int
    measured: tuple[Measured, ...] = ()
    problem: str = ""

    @property
    def cpu_hours(self) -> float | None:
        """Processor hours of all clips; None where nothing was measured."""
        return self._scaled(sum(x.cpu_seconds for x in self.measured), self.material_seconds)

    @property
    def wall_hours(self) -> float | None:
        """Hours by the clock, the start of the workers left out; None where nothing was measured."""
        spent = sum(x.wall_seconds for x in self.measured)
        shared = self._scaled(spent, self.material_seconds / max(1, min(self.workers, self.n_clips)))
        longest = self._scaled(spent, self.longest_seconds)
        return None if shared is None or longest is None else max(shared, longest)

    def _scaled(self, spent: float, seconds: float) -> float | None:
        seen = sum(x.duration_seconds for x in self.measured)
        return spent / seen * seconds / _HOUR if seen > 0 else None

    @property
    def is_busy(self) -> bool:
        """Whether the clips had to wait for the processor most of the time, because others had it."""
        return sum(x.wall_seconds for x in self.measured) > 2 * sum(x.cpu_seconds for x in self.measured)

    def price(self, dollars_a_vcpu_hour: float) -> float | None:
        """Dollars for the processor hours."""
        hours = self.cpu_hours
        return None if hours is None else hours * dollars_a_vcpu_hour


def estimate_cost(manifest: Manifest, to_do: Sequence[str], settings: BatchSettings) -> Estimate:
    """Look up how long the clips are, measure two of them, and reckon.

    Nothing is written but into a folder for temporary files, which is removed.

    Parameters
    ----------
    manifest : Manifest
    to_do : sequence of str
        Ids of the clips that are to be done, as :func:`visalign.batch.plan_batch` has them.
    settings : BatchSettings

    Returns
    -------
    Estimate
    """
    wanted = set(to_do)
    clips = [clip for clip in manifest.clips if clip.id in wanted]
    workers = settings.jobs or available_cpus()
    opened = sorted(_durations(manifest.root, clips), key=lambda x: (x[1], x[0].id))
    if not opened:
        return Estimate(len(clips), 0, 0.0, 0.0, workers, problem="none of the clips can be opened")
    seconds = [duration for _, duration in opened]
    whole = sum(seconds) * len(clips) / len(opened)
    found = Estimate(len(clips), len(opened), whole, seconds[-1], workers)
    measured, problem = _measured(manifest.root, _chosen(opened), settings, min(2, workers))
    return replace(found, measured=measured, problem=problem)


def _durations(root: Path, clips: Sequence[BatchClip]) -> Iterator[tuple[BatchClip, float]]:
    """Some of the clips, evenly spread, with their durations; those that can't be opened are left out."""
    n = min(len(clips), _MAX_OPENED)
    for k in range(n):
        clip = clips[k * len(clips) // n]
        try:
            duration = probe(root / clip.clip).duration
        except VisalignError:
            continue
        if duration > 0:
            yield clip, duration


def _chosen(opened: Sequence[tuple[BatchClip, float]]) -> list[tuple[BatchClip, float]]:
    """Two clips to measure, from a list that is sorted by duration; one where there is but one."""
    places = sorted({round(part * (len(opened) - 1)) for part in _QUARTILES})
    chosen = [opened[k] for k in places]
    if sum(duration for _, duration in chosen) > _LONG_SECONDS:
        chosen = list(opened[:2])
    return chosen if len(chosen) > 1 else list(opened[:2])


def _measured(
    root: Path, clips: Sequence[tuple[BatchClip, float]], settings: BatchSettings, jobs: int
) -> tuple[tuple[Measured, ...], str]:
    """What checks of these clips cost, and why not where they don't say."""
    durations = {clip.id: duration for clip, duration in clips}
    outcomes: dict[str, Outcome] = {}
    engine = LocalEngine(jobs)
    killed = True
    with tempfile.TemporaryDirectory(prefix="visalign-") as name, Ledger(Path(name, LEDGER_NAME)) as ledger:
        out = Path(name).resolve()
        maker = job_maker(root, out, replace(settings, lip_cache="", pages=False))
        try:
            for clip, _ in clips:
                job = maker.prepare(clip, ledger).job
                Path(job.report).parent.mkdir(parents=True, exist_ok=True)
                engine.submit(clip.id, job)
            while len(outcomes) < len(clips):
                outcomes.update(engine.finished(1.0))
            killed = False
        except VisalignError as error:
            return (), " ".join(str(error).split())
        finally:
            engine.close(kill=killed)
    measured = tuple(
        Measured(key, durations[key], found.cpu_seconds or 0.0, found.wall_seconds or 0.0)
        for key, found in sorted(outcomes.items())
        if found.result is not None
    )
    failed = next((found.message for found in outcomes.values() if found.result is None), "")
    return measured, "" if measured else failed
