"""What workers add to a plain loop, how two compare with one, and how the ledger grows; before and after in one run.

    python benchmarks/workers.py overhead WORK [--clips 2000] [--before CHECKOUT]   # one-second clips, one worker
    python benchmarks/workers.py speedup WORK [--clips 60] [--before CHECKOUT]      # one worker, two workers
    python benchmarks/workers.py growth WORK [--clips 100000]                       # 10 clips up to so many

WORK is a folder for clips and results; it must not exist. CHECKOUT is another checkout of visalign, measured in turns
with this one (`git worktree add CHECKOUT 763a946` has the workers of before). Times by the clock mean something on a
machine that does nothing else, or under ``chrt -r 1``; processor time is told as well. `growth` does no checks: its
clips are answered for by an engine that makes its facts up, so what is measured is the batch alone.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
N_CLIPS = 8  # that are different; the manifest names them again and again
TEXT = "mama"
ROUNDS = 3


def make_clips(folder: Path) -> None:
    """Clips of a drawn face that says a word, cut to one second."""
    import numpy as np

    from visalign.face.generated_clip import generate_clip
    from visalign.media.clips import read_audio, read_frames, write_clip
    from visalign.signals import Audio

    folder.mkdir(parents=True)
    for seed in range(N_CLIPS):
        whole = generate_clip(folder / "whole.mp4", text=TEXT, seed=seed, size_px=240).path
        pictures = [np.asarray(frame.image) for frame in read_frames(whole, colour=True)]
        sound = read_audio(whole)
        first = 11  # of the pictures: the word lies in the second from here
        start = round(first / 25 * sound.rate_hz)
        part = Audio(sound.samples[start : start + sound.rate_hz], sound.rate_hz)
        write_clip(folder / f"c{seed}.mp4", pictures[first : first + 25], Fraction(25), part)
        whole.unlink()


def write_manifest(work: Path, n: int) -> Path:
    rows = (f"{work}/clips/c{k % N_CLIPS}.mp4,{k:06},{TEXT}" for k in range(n))
    path = work / f"{n}.csv"
    path.write_text("\n".join(["clip,id,text", *rows]), encoding="utf-8")
    return path


# --- one measurement, in a process of its own ------------------------------------------------------------------


def spent(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def loop(manifest: Path, out: Path) -> dict[str, float]:
    """Seconds of a plain loop, from the third clip on as everywhere here."""
    import visalign
    from visalign.corpora.clip_list import read_manifest

    clips = read_manifest(manifest).clips
    out.mkdir()
    before = moment = 0.0
    for number, clip in enumerate(clips):
        if number == 2:
            moment, before = time.monotonic(), spent(resource.RUSAGE_SELF)
        visalign.check(clip.clip, clip.text).write(out / f"{clip.id}.json")
    n = len(clips) - 2
    return {"wall": (time.monotonic() - moment) / n, "cpu": (spent(resource.RUSAGE_SELF) - before) / n}


def batch(manifest: Path, out: Path, jobs: int) -> dict[str, float]:
    """Seconds of a batch: by the clock from the third clip on, and of all processors with the start of the workers."""
    from visalign.batch import BatchEvent, BatchSettings, run_batch

    moments: list[float] = []

    def note(event: BatchEvent) -> None:
        if event.kind == "clip":
            moments.append(time.monotonic())

    before = spent(resource.RUSAGE_SELF)
    result = run_batch(manifest, out, BatchSettings(jobs=jobs, lip_cache=""), on_event=note)
    assert result.failed == 0, result.reasons
    n = result.done
    own = spent(resource.RUSAGE_SELF) - before
    return {
        "wall": (moments[-1] - moments[1]) / (n - 2),
        "cpu": (own + spent(resource.RUSAGE_CHILDREN)) / n,
        "batch_cpu": own / n,
    }


def measured(checkout: Path, manifest: Path, out: Path, what: str) -> dict[str, float]:
    command = [sys.executable, __file__, "one", str(manifest), str(out), what]
    environment = os.environ | {"PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1", "VISALIGN_CACHE": "off"}
    # There, since a worker is a module, which is looked for in the folder first.
    done = subprocess.run(command, env=environment, cwd=checkout, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def one(manifest: Path, out: Path, what: str) -> None:
    print(json.dumps(loop(manifest, out) if what == "loop" else batch(manifest, out, int(what))))


# --- tables ------------------------------------------------------------------------------------------------------


def in_turns(work: Path, n: int, kinds: dict[str, tuple[Path, str]]) -> dict[str, dict[str, float]]:
    """The least of a few rounds of each kind, one after another: what disturbs only adds."""
    make_clips(work / "clips")
    manifest = write_manifest(work, max(3, n // ROUNDS))
    found: dict[str, dict[str, float]] = {}
    for number in range(ROUNDS):
        for place, (name, (checkout, what)) in enumerate(kinds.items()):
            once = measured(checkout, manifest, work / f"out{number}-{place}", what)
            known = found.setdefault(name, once)
            found[name] = {key: min(value, known[key]) for key, value in once.items()}
    return found


def kinds_of(before: Path | None, *jobs: str) -> dict[str, tuple[Path, str]]:
    states = {"": ROOT} if before is None else {"before: ": before, "after: ": ROOT}
    return {
        f"{state}{'plain loop' if what == 'loop' else what + ' worker' + 's' * (what != '1')}": (checkout, what)
        for what in jobs
        for state, checkout in states.items()
    }


def overhead(work: Path, n: int, before: Path | None) -> None:
    found = in_turns(work, n, kinds_of(before, "loop", "1"))
    print(f"{n} clips of one second, in {ROUNDS} rounds")
    print("| | ms by the clock | ms of processor | to its loop, clock | cpu |\n|---|---|---|---|---|")
    for name, row in found.items():
        base = found[name.replace("1 worker", "plain loop")]
        wall, cpu = row["wall"] / base["wall"] - 1, row["cpu"] / base["cpu"] - 1
        print(f"| {name} | {1e3 * row['wall']:.1f} | {1e3 * row['cpu']:.1f} | {wall:+.1%} | {cpu:+.1%} |")
    for path in (work / "out0-0").glob("*.json"):
        for place in range(1, len(found)):
            folder = work / f"out0-{place}"
            assert next(folder.rglob(path.name)).read_bytes() == path.read_bytes(), path.name
    print("all reports are equal")


def speedup(work: Path, n: int, before: Path | None) -> None:
    found = in_turns(work, n, kinds_of(before, "1", "2"))
    print("| | ms a clip by the clock | to one worker |\n|---|---|---|")
    for name, row in found.items():
        base = found[name.replace("2 workers", "1 worker")]
        print(f"| {name} | {1e3 * row['wall']:.1f} | {base['wall'] / row['wall']:.2f} |")


# --- growth ------------------------------------------------------------------------------------------------------

FACTS = {
    **{"verdict": "in-sync", "lead_seconds": 0.01, "lead_low_seconds": 0.0, "lead_high_seconds": 0.02},
    **{"confidence": 0.98, "viseme_accuracy": 0.7, "proportion_in_sync": 1.0, "n_frames": 20, "n_frames_right": 14},
    **{"n_words": 4, "n_words_in_sync": 4, "viseme_map": "jeffers_1971", "duration_seconds": 1.0, "face_fraction": 1.0},
    **{"snr_db": 30.0, "n_warnings": 0, "sync_reason": ""},
}


class Invented:
    """An engine that answers at once with facts that are made up."""

    def __init__(self) -> None:
        self._names: list[str] = []

    def free_slots(self) -> int:
        return 16 - len(self._names)

    def submit(self, name: str, job: object) -> None:
        Path(job.report).write_text("{}", encoding="ascii")  # type: ignore[attr-defined]
        self._names.append(name)

    def finished(self, timeout: float) -> object:
        from visalign.batch.ledger import Outcome

        names, self._names = self._names, []
        return iter([(name, Outcome(result=FACTS, cpu_seconds=0.1)) for name in names])

    def withdraw(self) -> list[str]:
        return []

    def close(self, *, kill: bool) -> None:
        self._names.clear()


def grown(manifest: Path, out: Path) -> None:
    """Seconds and memory of each step of a batch of made-up checks."""
    from visalign.batch import BatchSettings, run_batch
    from visalign.batch.ledger import LEDGER_NAME, Ledger
    from visalign.batch.summary import write_summary
    from visalign.reports.html_report import write_batch_page

    steps: dict[str, float] = {}

    def timed(name: str, work: Callable[[], object]) -> None:
        started = time.process_time()
        work()
        steps[name] = time.process_time() - started
        steps[f"{name}, peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    timed("run", lambda: run_batch(manifest, out, BatchSettings(), engine=Invented()))  # type: ignore[arg-type]
    timed("nothing to do", lambda: run_batch(manifest, out, BatchSettings(), engine=Invented()))  # type: ignore[arg-type]
    with Ledger(out / LEDGER_NAME, read_only=True) as ledger:
        timed("summary", lambda: write_summary(out, ledger))
    timed("page", lambda: write_batch_page(out))
    steps["ledger MB"] = (out / LEDGER_NAME).stat().st_size / 1e6
    steps["page MB"] = (out / "index.html").stat().st_size / 1e6
    print(json.dumps(steps))


def growth(work: Path, n: int, _before: Path | None) -> None:
    make_clips(work / "clips")
    sizes = [10**k for k in range(1, 7) if 10**k <= n]
    rows = []
    for size in sizes:
        command = [sys.executable, __file__, "grown", str(write_manifest(work, size)), str(work / f"grown{size}")]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        rows.append(json.loads(done.stdout))
        print(size, {key: round(value, 2) for key, value in rows[-1].items()}, flush=True)
    plot(work / "growth.svg", sizes, rows)


def plot(path: Path, sizes: list[int], rows: list[dict[str, float]]) -> None:
    """Processor seconds and peak of memory over the number of clips."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for name in ("run", "nothing to do", "summary", "page"):
        left.loglog(sizes, [row[name] for row in rows], "o-", label=name)
        right.semilogx(sizes, [row[f"{name}, peak MB"] for row in rows], "o-", label=name)
    left.set(xlabel="clips", ylabel="processor seconds")
    right.set(xlabel="clips", ylabel="peak of memory, MB", ylim=(0, None))
    left.legend(frameon=False)
    figure.savefig(path)
    print(path)


COMMANDS = {"overhead": (overhead, 2000), "speedup": (speedup, 60), "growth": (growth, 100_000)}


def main() -> None:
    """Run one of them."""
    if sys.argv[1:2] == ["one"]:
        one(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
        return
    if sys.argv[1:2] == ["grown"]:
        grown(Path(sys.argv[2]), Path(sys.argv[3]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("work", type=Path)
    parser.add_argument("--clips", type=int)
    parser.add_argument("--before", type=Path)
    chosen = parser.parse_args()
    if chosen.work.exists():
        parser.error(f"{chosen.work} exists; give another folder")
    run, n = COMMANDS[chosen.command]
    run(chosen.work.resolve(), chosen.clips or n, chosen.before and chosen.before.resolve())


if __name__ == "__main__":
    main()
