"""A batch on Dask with 1, 2 and 4 workers: processes of a LocalCluster, and programs started apart from each other.

    python benchmarks/dask_workers.py WORK [--clips 40]

Clips of one second (those of `workers.py`). The time is taken by the clock from the third clip on, so without the start
of zygotes; more workers than the machine has processors can't be faster.
"""

from __future__ import annotations

import argparse
import time
from contextlib import ExitStack
from pathlib import Path

from batch import cluster
from workers import make_clips, write_manifest

from visalign.batch import BatchEvent, BatchSettings, run_batch
from visalign.batch.dask_engine import DaskEngine


def seconds_a_clip(manifest: Path, out: Path, address: str) -> float:
    moments: list[float] = []

    def note(event: BatchEvent) -> None:
        if event.kind == "clip":
            moments.append(time.monotonic())

    result = run_batch(manifest, out, BatchSettings(lip_cache=""), engine=DaskEngine(address), on_event=note)
    assert result.failed == 0, result.reasons
    return (moments[-1] - moments[1]) / (result.done - 2)


def main() -> None:
    """Measure all of them."""
    import distributed

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--clips", type=int, default=40)
    chosen = parser.parse_args()
    work = chosen.work.resolve()
    make_clips(work / "clips")
    manifest = write_manifest(work, chosen.clips)
    print("| workers | LocalCluster, ms a clip | programs, ms a clip |\n|---|---|---|")
    for n in (1, 2, 4):
        with distributed.LocalCluster(n_workers=n, threads_per_worker=1, dashboard_address=None) as local:
            inside = seconds_a_clip(manifest, work / f"local{n}", local.scheduler_address)
        with ExitStack() as stack:
            (work / f"cluster{n}").mkdir()
            apart = seconds_a_clip(manifest, work / f"apart{n}", str(cluster(stack, work / f"cluster{n}", n)))
        print(f"| {n} | {1e3 * inside:.0f} | {1e3 * apart:.0f} |", flush=True)


if __name__ == "__main__":
    main()
