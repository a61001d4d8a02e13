"""Processes among which work is shared: they end with who started them, and when nobody waits any more."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from visalign.files.processes import is_wanted, workers

STARTER = """
import os, time
from test_processes import endless
from visalign.files.processes import workers

if __name__ == "__main__":
    with workers(1) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        pool.submit(endless)
        time.sleep(60)
"""


def endless() -> str:
    """Work until nobody waits for it."""
    while is_wanted():
        time.sleep(0.01)
    return "dropped"


def one_thread() -> str | None:
    return os.environ.get("OMP_NUM_THREADS")


def test_work_is_dropped_when_the_block_ends() -> None:
    with workers(1) as pool:
        pool.submit(os.getpid).result()
        future = pool.submit(endless)
        while not future.running():
            time.sleep(0.01)
    assert future.result() == "dropped"
    assert is_wanted()  # here, always


def test_linear_algebra_of_a_worker_has_one_thread() -> None:
    with workers(1) as pool:
        assert pool.submit(one_thread).result() is not None


def test_workers_end_with_who_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "starter.py"
    script.write_text(STARTER, encoding="utf-8")
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": paths})  # fmt: skip
    try:
        assert process.stdout is not None
        worker = int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    until = time.monotonic() + 20
    while psutil.pid_exists(worker) and psutil.Process(worker).status() != "zombie" and time.monotonic() < until:
        time.sleep(0.05)
    assert not psutil.pid_exists(worker) or psutil.Process(worker).status() == "zombie"
