"""Children of a worker: one for many short clips, one for each that fails, forked or started anew."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from test_worker import JOB
from tests_of_batches import QUICK, make_clips, rows_of, run

from visalign.batch import BatchSettings
from visalign.batch.children import START_VARIABLE
from visalign.batch.engines import WORKER, LocalEngine, Zygote
from visalign.batch.ledger import Outcome

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, and looks into /proc")

# A worker whose clips tell which process they were checked in, and do what their text says.
SHOWING = """
import ctypes, os, sys, time
from visalign.batch import children, worker

seen = []
def analyse(job):
    seen.append(job.id)
    if job.text == "crash" or (job.text == "crash beside others" and len(seen) > 1):
        ctypes.string_at(8)
    if job.text == "take memory":
        hog = bytearray(300 << 20)
        hog[:: 4096] = b"x" * len(hog[:: 4096])
    if job.text == "compute":
        while time.process_time() < 0.3:
            pass
    return {"pid": os.getpid(), "seen": list(seen)}

worker._warm_up = lambda *_: None
if "--alone" in sys.argv:
    children._FORK_SECONDS = 0.0
worker.serve(analyse)
"""


def outcomes(texts: Sequence[str], *arguments: str) -> list[Outcome]:
    """What a worker makes of jobs with these texts, one after another."""
    engine = LocalEngine(1, [sys.executable, "-c", SHOWING, *arguments])
    found: dict[str, Outcome] = {}
    try:
        for number, text in enumerate(texts):
            engine.submit(str(number), replace(JOB, id=str(number), text=text, seconds=60.0))
            while str(number) not in found:
                found.update(engine.finished(1.0))
    finally:
        engine.close(kill=True)
    return [found[str(number)] for number in range(len(texts))]


def processes(found: Sequence[Outcome]) -> list[int]:
    return [outcome.result["pid"] for outcome in found if outcome.result is not None]


def test_short_clips_share_a_process_and_long_ones_do_not() -> None:
    assert len(set(processes(outcomes(["", "", ""])))) == 1
    assert len(set(processes(outcomes(["", "", ""], "--alone")))) == 3


def test_a_failure_counts_only_where_no_other_clip_was() -> None:
    """One that falls over what others have left is done; one that falls over by itself is named, and goes alone."""
    found = outcomes(["", "crash beside others", "", "crash", ""])
    assert [outcome.reason for outcome in found] == ["", "", "", "crash", ""]
    assert [outcome.result and outcome.result["seen"] for outcome in found] == [
        ["0"],
        ["1"],
        ["1", "2"],
        None,
        ["4"],
    ]


def test_each_clip_is_charged_with_its_own_cost() -> None:
    """In one process: processor time and memory of one are not the next one's."""
    found = outcomes(["", "compute", "take memory", "", "crash"])
    assert len(set(processes(found))) == 1
    assert 0.2 < (found[1].cpu_seconds or 0.0) < 0.45
    assert (found[3].cpu_seconds or 0.0) < 0.1
    peaks = [outcome.peak_mb or 0.0 for outcome in found]
    assert peaks[2] > peaks[0] + 250
    assert peaks[3] < peaks[0] + 50
    assert (found[4].cpu_seconds or 0.0) < 0.2


def test_what_forks_has_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real zygote with everything loaded, whatever its environment asks for; and what it forks."""
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    zygote = Zygote(WORKER)
    worker = zygote.worker(JOB)
    try:
        worker.send(replace(JOB, clip="/nowhere.mp4"))
        while (answer := worker.receive()) is None:
            assert worker.is_alive
        assert answer.reason == "media"
        assert zygote.pid is not None
        there = [zygote.pid, *children_of(zygote.pid)]
        assert len(there) == 2
        assert [len(os.listdir(f"/proc/{pid}/task")) for pid in there] == [1, 1]  # noqa: PTH208 - of the system
    finally:
        worker.leave()
        assert worker.is_gone(10.0)
        worker.close()
        zygote.close(kill=False)


def children_of(pid: int) -> list[int]:
    return [int(x) for x in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_without_a_fork_the_same_comes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Children that are programs of their own, as on macOS: clips done, failures named, the same bytes."""
    names = ["a", "b", "crash", "c", "raise", "hang"]
    folder = make_clips(tmp_path / "clips", names)
    settings = BatchSettings(time_limit_seconds=25)
    run(folder, tmp_path / "forked", settings)
    monkeypatch.setenv(START_VARIABLE, "spawn")
    result = run(folder, tmp_path / "spawned", settings)
    assert (result.done, result.reasons) == (3, {"crash": 1, "internal": 1, "timeout": 1})
    for name in ("summary.csv", "groups.csv", *(row["report"] for row in rows_of(tmp_path / "forked").values())):
        if name:
            assert (tmp_path / "spawned" / name).read_bytes() == (tmp_path / "forked" / name).read_bytes()
    assert QUICK[-1] == "--quick"  # of which the children know as well
