"""Batches under kills, their throughput, the lip cache, memory over many clips, and what the bookkeeping costs.

    python benchmarks/batch.py chaos WORK [--clips 300]      # 20 of them poisoned; the parent is killed three times
    python benchmarks/batch.py throughput WORK [--clips 40]  # plain loop, 1 and 2 workers, Dask, one after another
    python benchmarks/batch.py cache WORK [--clips 40]       # the same pictures with another dub and configuration
    python benchmarks/batch.py memory WORK [--clips 1000]    # size of all processes while the clips go by
    python benchmarks/batch.py bookkeeping WORK [--clips 100000]    # manifest and ledger without any clip

WORK is a folder for clips and results; it must not exist. The clips are those of GRID in ``../shared/data/grid``,
repeated with their sound shifted by 0, +120 and -200 ms and more. ``chrt -r 1`` before `throughput` and `cache` keeps
other work on the machine out of the figures.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
from grid import clips as grid_clips

import visalign
from visalign.batch import BatchEvent, BatchSettings, run_batch
from visalign.batch.dask_engine import DaskEngine
from visalign.batch.engines import WORKER, LocalEngine
from visalign.batch.job import JobMaker
from visalign.batch.ledger import LEDGER_NAME, Ledger
from visalign.batch.planning import plan
from visalign.config import Config
from visalign.corpora.clip_list import BatchClip, read_manifest
from visalign.media.clips import read_audio, write_wav
from visalign.signals import Audio

ROOT = Path(__file__).resolve().parents[1]
POISONED_WORKER = (sys.executable, str(ROOT / "tests/poisoned_worker.py"))
SHIFTS_MS = (0, 120, -200, 60, -120, 300)
POISONS = ("crash", "hang", "memory", "corrupt", "missing")
LIMITS = BatchSettings(jobs=2, time_limit_seconds=90, memory_limit_bytes=2 << 30)
HANG_LIMITS = replace(LIMITS, time_limit_seconds=25)


# --- clips -----------------------------------------------------------------------------------------------------


def shifted(audio: Audio, ms: int) -> Audio:
    """The sound `ms` earlier (negative: later), of the same length."""
    n = round(abs(ms) * audio.rate_hz / 1000)
    rest = np.zeros(n, np.float32)
    samples = np.concatenate([audio.samples[n:], rest] if ms >= 0 else [rest, audio.samples[: len(audio.samples) - n]])
    return Audio(samples, audio.rate_hz)


def make_rows(work: Path, n: int, shifts: Sequence[int] = SHIFTS_MS[:3]) -> list[dict[str, str]]:
    """`n` rows of a manifest: GRID's clips at each of `shifts`."""
    rows = []
    (work / "sound").mkdir(parents=True, exist_ok=True)
    for ms, clip in itertools.islice(itertools.product(shifts, list(grid_clips())[: -(-n // len(shifts))]), n):
        name = f"{clip.speaker}_{clip.path.stem}_{ms:+d}"
        row = {"clip": str(clip.path), "id": name, "text": clip.transcript, "speaker": clip.speaker}
        row |= {"condition": f"{ms:+d} ms", "expected": "in-sync" if ms == 0 else "out-of-sync", "audio": ""}
        if ms:
            row["audio"] = str(write_wav(work / "sound" / f"{name}.wav", shifted(read_audio(clip.path), ms)))
        rows.append(row)
    return rows


def poison(work: Path, n: int, sample: Path) -> list[dict[str, str]]:
    """`n` rows of clips that go wrong, an equal number of each kind."""
    folder = work / "poisoned"
    folder.mkdir(parents=True)
    rows = []
    for number, kind in zip(range(n), itertools.cycle(POISONS), strict=False):
        path = folder / f"{kind}{number}.mpg"
        if kind == "corrupt":
            path.write_bytes(np.random.default_rng(number).bytes(100_000))
        elif kind != "missing":
            shutil.copy(sample, path)
        rows.append({"clip": str(path), "id": path.stem, "text": "bin blue at f two now"})
    return rows


def write_manifest(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["clip", "id", "text", "audio", "speaker", "condition", "expected"], restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


# --- kills -----------------------------------------------------------------------------------------------------


def drive(manifest: Path, out: Path, seconds: float) -> None:
    """One run in this process, each clip that ends told on stdout."""

    def say(event: BatchEvent) -> None:
        print(event.kind, event.clip, event.reason, flush=True)

    settings = replace(LIMITS, time_limit_seconds=seconds)
    run_batch(manifest, out, settings, engine=LocalEngine(2, POISONED_WORKER), on_event=say)


def driven(manifest: Path, out: Path, seconds: float, until: int | None) -> tuple[int, float]:
    """A run in a process of its own, killed when `until` clips have ended; how many ended, and seconds."""
    command = [sys.executable, __file__, "drive", str(manifest), str(out), str(seconds)]
    started, n = time.monotonic(), 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                n += line.startswith("clip")
                if until is not None and n >= until:
                    process.send_signal(signal.SIGKILL)
                    break
        finally:
            process.kill()
    return n, time.monotonic() - started


def workers_left() -> list[int]:
    """Worker processes and their children that are still there."""
    processes = psutil.process_iter(["cmdline", "status"])
    return [
        p.pid
        for p in processes
        if str(POISONED_WORKER[1]) in (p.info["cmdline"] or ()) and p.info["status"] != "zombie"
    ]


def chaos(work: Path, n: int) -> None:
    n_poisoned = n // 15
    good = make_rows(work, n - n_poisoned)
    bad = poison(work, n_poisoned, Path(good[0]["clip"]))
    rows = good[:]
    for number, row in enumerate(bad):  # spread among the good ones
        rows.insert((number + 1) * n // (n_poisoned + 1), row)
    manifest, seconds = write_manifest(work / "clips.csv", rows), HANG_LIMITS.time_limit_seconds or 0
    print(f"{len(good)} good clips, {len(bad)} poisoned")
    disturbed = work / "disturbed"
    for kill in (1, 2, 3):
        ended, took = driven(manifest, disturbed, seconds, n // 4)
        gone = time.monotonic()
        while (left := workers_left()) and time.monotonic() < gone + 10:
            time.sleep(0.05)
        gone = time.monotonic() - gone
        with Ledger(disturbed / LEDGER_NAME) as ledger:
            counts, whole = ledger.counts(), ledger.is_intact()
        print(
            f"kill {kill}: after {ended} clips and {took:.0f} s; {counts}; ledger intact: {whole}; "
            f"processes left after {gone:.1f} s: {len(left)}"
        )
    ended, took = driven(manifest, disturbed, seconds, None)
    print(f"last run: {ended} clips, {took:.0f} s")
    ended, took = driven(manifest, work / "undisturbed", seconds, None)
    print(f"undisturbed run: {ended} clips, {took:.0f} s")
    judge(disturbed, work / "undisturbed", {row["id"] for row in good}, {row["id"] for row in bad})


def judge(disturbed: Path, undisturbed: Path, good: set[str], bad: set[str]) -> None:
    with Ledger(disturbed / LEDGER_NAME) as ledger:
        entries = {entry.clip.id: entry for entry in ledger.entries()}
        print("ledger intact:", ledger.is_intact(), ledger.counts(), ledger.failures())
    done = {name for name, entry in entries.items() if entry.state == "done"}
    print("every good clip done:", done == good, "; every poisoned one named:", entries.keys() - done == bad)
    reports = {path.stem for path in (disturbed / "reports").rglob("*.json")}
    print("reports are those of the good clips:", reports == good)
    print(
        "clips that were in flight at a kill and begun again:",
        sum(entry.runs - 1 for entry in entries.values() if entry.runs),
    )
    print("temporary files left:", len(list(disturbed.rglob(".visalign-*"))))
    for name in ("summary.csv", "groups.csv"):
        print(
            f"{name} as in the undisturbed run:", (disturbed / name).read_bytes() == (undisturbed / name).read_bytes()
        )
    same = all(
        (disturbed / e.report).read_bytes() == (undisturbed / e.report).read_bytes()
        for e in entries.values()
        if e.report and e.state == "done"
    )
    print("reports as in the undisturbed run:", same)


# --- speed -----------------------------------------------------------------------------------------------------


def throughput(work: Path, n: int) -> None:
    manifest = write_manifest(work / "clips.csv", make_rows(work, n, (0,)))
    rows = read_manifest(manifest).clips
    settings = replace(LIMITS, lip_cache="")
    visalign.check(rows[0].clip, rows[0].text)  # models are loaded, as they are in a worker that has begun

    def loop() -> None:
        (work / "loop").mkdir()
        for clip in rows:
            visalign.check(clip.clip, clip.text).write(work / "loop" / f"{clip.id}.json")

    results = {"plain loop": timed(loop), "2 plain loops side by side": side_by_side(rows)}
    for jobs in (1, 2):
        engine = LocalEngine(jobs, WORKER)
        results[f"{jobs} worker{'s' * (jobs > 1)}"] = batch_seconds(manifest, work / f"workers{jobs}", settings, engine)
    with ExitStack() as stack:
        engine = DaskEngine(str(cluster(stack, work, 2)))
        results["Dask, 2 workers"] = batch_seconds(manifest, work / "dask", settings, engine)
    for path in (work / "loop").iterdir():
        for out in ("workers1", "workers2", "dask"):
            assert (work / out / "reports" / path.name).read_bytes() == path.read_bytes()
    whole, steady = results["plain loop"], results["plain loop"]
    print(
        f"{n} clips; all reports equal\n| | seconds | clips a minute | to the plain loop | from the third clip on |\n"
        "|---|---|---|---|---|"
    )
    for name, found in results.items():
        seconds, later = found if isinstance(found, tuple) else (found, found * (n - 2) / n)
        base = steady * (n - 2) / n
        print(f"| {name} | {seconds:.1f} | {60 * n / seconds:.0f} | {whole / seconds:.2f} | {base / later:.2f} |")


def side_by_side(rows: Sequence[BatchClip]) -> float:
    """Seconds of two processes that check half of the clips each: what the machine has to give."""
    ready, go = os.pipe(), os.pipe()
    children = []
    for half in (rows[::2], rows[1::2]):
        pid = os.fork()
        if pid == 0:
            os.write(ready[1], b".")
            os.read(go[0], 1)
            for clip in half:
                visalign.check(clip.clip, clip.text)
            os._exit(0)
        children.append(pid)
    os.read(ready[0], 1), os.read(ready[0], 1)
    started = time.monotonic()
    os.write(go[1], b"..")
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0
    return time.monotonic() - started


def timed(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def batch_seconds(manifest: Path, out: Path, settings: BatchSettings, engine: object) -> tuple[float, float]:
    """Seconds of a batch, and those after its second clip (so without the start of the workers)."""
    moments: list[float] = []
    started = time.monotonic()
    result = run_batch(manifest, out, settings, engine=engine, on_event=lambda _: moments.append(time.monotonic()))  # type: ignore[arg-type]
    assert result.failed == 0, result.reasons
    return time.monotonic() - started, moments[-2] - moments[2]


def cluster(stack: ExitStack, work: Path, n_workers: int) -> Path:
    """A Dask scheduler and workers of one thread, each a process; the scheduler's file."""
    file = work / "scheduler.json"

    def start(*arguments: object) -> None:
        command = [sys.executable, "-m", "dask", *map(str, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stack.callback(process.wait, 10)
        stack.callback(process.kill)

    start("scheduler", "--port", 0, "--no-dashboard", "--scheduler-file", file)
    while not file.is_file():
        time.sleep(0.1)
    for _ in range(n_workers):
        start(
            "worker",
            "--scheduler-file",
            file,
            "--nthreads",
            1,
            "--no-nanny",
            "--no-dashboard",
            "--local-directory",
            work,
        )
    time.sleep(8)  # they import Dask
    return file


def cache(work: Path, n: int) -> None:
    first, second = make_rows(work, n, (0,)), make_rows(work, n, (120,))
    lips = work / "lips"
    runs = (
        ("first dub, cache empty", first, BatchSettings(jobs=1, lip_cache=lips)),
        ("second dub, cache filled", second, BatchSettings(jobs=1, lip_cache=lips)),
        ("second dub, no cache", second, BatchSettings(jobs=1, lip_cache="")),
        (
            "another map, cache filled",
            first,
            BatchSettings(jobs=1, lip_cache=lips, config=Config.from_dict({"sync": {"viseme_map": "lee_yook_2002"}})),
        ),
    )
    print(f"{n} clips, one worker\n| | processor seconds a clip | wall seconds a clip |\n|---|---|---|")
    for number, (name, rows, settings) in enumerate(runs):
        out = work / f"out{number}"
        result = run_batch(write_manifest(work / f"{number}.csv", rows), out, settings)
        assert result.failed == 0, result.reasons
        cpu, wall = (statistics.median(costs(out, column)) for column in ("cpu_seconds", "wall_seconds"))
        print(f"| {name} | {cpu:.3f} | {wall:.3f} |")
    for row in second:
        names = (work / f"out{k}/reports/{row['id']}.json" for k in (1, 2))
        assert len({path.read_bytes() for path in names}) == 1
    size = sum(path.stat().st_size for path in lips.rglob("*.npz"))
    print(f"reports with and without the cache are equal; {size / n / 1000:.0f} kB of lips a clip")


def costs(out: Path, column: str) -> Iterator[float]:
    with (out / "costs.csv").open(encoding="utf-8", newline="") as file:
        yield from (float(row[column]) for row in csv.DictReader(file) if row["state"] == "done")


# --- memory and bookkeeping --------------------------------------------------------------------------------------


def memory(work: Path, n: int) -> None:
    rows = make_rows(work, n, SHIFTS_MS)
    manifest = write_manifest(work / "clips.csv", rows)
    here = psutil.Process()
    print("| clips done | batch MB | workers MB (each) | open files |\n|---|---|---|---|")

    def watch(event: BatchEvent) -> None:
        if event.kind == "clip" and (event.done in {2, 10} or event.done % (n // 10) == 0):
            workers = [p.memory_info().rss / 1e6 for p in here.children()]
            sizes = ", ".join(f"{size:.0f}" for size in workers)
            print(f"| {event.done} | {here.memory_info().rss / 1e6:.0f} | {sizes} | {here.num_fds()} |", flush=True)

    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    result = run_batch(manifest, work / "out", LIMITS, on_event=watch)
    after, seconds = resource.getrusage(resource.RUSAGE_SELF), time.monotonic() - started
    assert result.failed == 0, result.reasons
    own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peaks, cpu = list(costs(work / "out", "peak_mb")), list(costs(work / "out", "cpu_seconds"))
    half = len(peaks) // 2
    print(f"{seconds:.0f} s; processor seconds a clip: its process {statistics.mean(cpu):.3f}, the batch {own / n:.4f}")
    print(
        f"peak of a clip's process: median {statistics.median(peaks):.0f} MB, largest of the first half "
        f"{max(peaks[:half]):.0f}, of the second {max(peaks[half:]):.0f}"
    )
    sizes = {name: size_of(work / "out" / name) / n for name in ("reports", LEDGER_NAME, "lips", "summary.csv")}
    print("kB on disk a clip:", {name: round(size / 1000, 2) for name, size in sizes.items()})


def size_of(path: Path) -> int:
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file()) if path.is_dir() else path.stat().st_size


def bookkeeping(work: Path, n: int) -> None:
    work.mkdir(parents=True)
    rows = (
        {"clip": f"studio/{k // 100}/{k}.mp4", "text": "bin blue at f two now", "speaker": f"s{k % 50}"}
        for k in range(n)
    )
    manifest = write_manifest(work / "clips.csv", list(rows))
    before = psutil.Process().memory_info().rss
    seconds: dict[str, float] = {}
    started = time.monotonic()
    listed = read_manifest(manifest)
    seconds["reading the manifest"] = time.monotonic() - started
    held = psutil.Process().memory_info().rss - before
    with Ledger(work / LEDGER_NAME) as ledger:
        seconds["entering it into the ledger"] = timed(lambda: ledger.enter(enumerate(listed.clips)))
        maker = JobMaker(work, work, Config())
        seconds["planning"] = timed(lambda: plan(ledger, maker, BatchSettings()))
        names = ledger.queue()[:1000]
        result = {"verdict": "in-sync", "lead_seconds": 0.01, "n_frames": 20, "n_frames_right": 18}
        from visalign.batch.ledger import Outcome  # the last that is needed

        def write() -> None:
            for name in names:
                ledger.claim(name, "0" * 64, f"reports/{name}.json")
                ledger.record(name, Outcome(result=result))

        a_clip = timed(write) / len(names)
    print(f"{n} rows: " + "; ".join(f"{name} {value / n * 1e6:.0f} us a clip" for name, value in seconds.items()))
    print(f"claim and record, each on the disk: {a_clip * 1e6:.0f} us a clip; {held / n:.0f} bytes of memory a clip")


COMMANDS = {
    "chaos": (chaos, 300),
    "throughput": (throughput, 40),
    "cache": (cache, 40),
    "memory": (memory, 1000),
    "bookkeeping": (bookkeeping, 100_000),
}


def main() -> None:
    """Run one of them."""
    if sys.argv[1:2] == ["drive"]:
        drive(Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("work", type=Path)
    parser.add_argument("--clips", type=int)
    chosen = parser.parse_args()
    if chosen.work.exists():
        parser.error(f"{chosen.work} exists; give another folder")
    run, n = COMMANDS[chosen.command]
    run(chosen.work.resolve(), chosen.clips or n)


if __name__ == "__main__":
    main()
