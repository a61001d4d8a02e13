"""A worker of a batch in which clips do what their names say: crash, hang, eat memory, raise, die.

Everything else of it is the real worker; good clips are checked by the real pipeline, or, with ``--quick``, answered
for with a report that is made by hand, so that a test of the batch need not wait for a hundred checks.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from visalign.batch import worker
from visalign.batch.job import Job


def poison(job: Job) -> None:
    """Do to this process what the clip's name says."""
    name = Path(job.clip).name
    if "crash" in name:
        ctypes.string_at(8)  # reads where nothing is: SIGSEGV
    if "hang" in name:
        ctypes.PyDLL(None).sleep(1000)  # keeps the interpreter's lock, as a loop in C does
    if "memory" in name:
        hog = []
        while True:
            hog.append(bytearray(1 << 26))
    if "raise" in name:
        raise KeyError("not thought of")
    if "outside" in name:
        os.kill(os.getpid(), signal.SIGKILL)
    if "slow" in name:
        time.sleep(float(os.environ.get("SLOW_SECONDS", "1")))
    if "worker" in name:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)


def analyse(job: Job) -> Mapping[str, Any]:
    """The real analysis, unless the clip is poisoned."""
    poison(job)
    return worker.analyse(job)


def quick(job: Job) -> Mapping[str, Any]:
    """A report made by hand, unless the clip is poisoned. The clip's bytes are its lead in milliseconds."""
    # Loads pandas; the real worker has it.
    from sample_report import EARLY, make_report

    poison(job)
    lead = float(Path(job.clip).read_text(encoding="ascii")) / 1000
    verdict = "in-sync" if -0.06 <= lead <= 0.04 else "audio-early" if lead > 0 else "audio-late"
    report = make_report(sync=replace(EARLY, lead_seconds=lead, verdict=verdict))
    with Path(job.clip).with_suffix(".count").open("a", encoding="ascii") as file:
        file.write("x")  # how often this clip was worked on
    report.write(job.report)
    return worker.facts_of(report)


if __name__ == "__main__":
    if "--quick" in sys.argv:
        worker._warm_up = lambda *_: None  # nothing is analysed, so nothing need be loaded
        worker.serve(quick)
    else:
        worker.serve(analyse)
