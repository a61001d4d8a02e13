"""Batches: what is done, what is left out, what is named; whatever is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests_of_batches import POISONED, QUICK, make_clips, n_worked, rows_of, run

import visalign
from visalign.batch import SUMMARY_COLUMNS, BatchEvent, BatchSettings, run_batch
from visalign.batch.engines import LocalEngine
from visalign.batch.job import Job, report_name
from visalign.batch.ledger import LEDGER_NAME, Ledger
from visalign.batch.planning import clips_of_shard, plan_batch
from visalign.config import Config
from visalign.corpora.clip_list import read_manifest
from visalign.errors import ConfigError, OutputError
from visalign.evaluation.run_comparison import read_run
from visalign.files.outputs import draft_name

if TYPE_CHECKING:
    from visalign.face.generated_clip import GeneratedClip

# --- a batch that nothing befalls -------------------------------------------------------------------------------


def test_reports_are_those_of_check(generated_clip: GeneratedClip, tmp_path: Path) -> None:
    """The real worker: the same bytes as `visalign check`, with lips read anew and with lips from the cache."""
    text = "bin blue at f two now"
    manifest = tmp_path / "clips.csv"
    manifest.write_text(f"clip,text,expected\n{generated_clip.path},{text},audio-early\n")
    out = tmp_path / "out"
    result = run_batch(manifest, out, BatchSettings(jobs=1))
    assert (result.done, result.failed, result.passed) == (1, 0, 1)
    row = next(iter(rows_of(out).values()))
    direct = visalign.check(generated_clip.path, text).write(tmp_path / "direct.json")
    assert (out / row["report"]).read_bytes() == direct.read_bytes()
    assert float(row["lead_seconds"]) == pytest.approx(0.12, abs=0.04)
    assert row["verdict"] == "audio-early"

    (kept,) = (out / "lips").rglob("*.npz")
    os.utime(kept, ns=(1, 1))
    late = BatchSettings(jobs=1, config=Config.from_dict({"verdict": {"profile": "itu_bt1359_acceptable"}}))
    assert run_batch(manifest, out, late).run_done == 1  # other settings: done again,
    assert kept.stat().st_mtime_ns == 1  # but the lips were read from the cache
    direct = visalign.check(generated_clip.path, text, config=late.config).write(tmp_path / "late.json")
    assert (out / row["report"]).read_bytes() == direct.read_bytes()


def test_summary_groups_and_reports(tmp_path: Path) -> None:
    folder = make_clips(tmp_path / "clips", "abcdefgh")
    manifest = tmp_path / "clips/list.csv"
    lines = [f"{name}.mp4,s{n % 2},{'audio-early' if n > 4 else ''}" for n, name in enumerate("abcdefgh")]
    manifest.write_text("\n".join(["clip,speaker,expected", *lines]))
    result = run(manifest, tmp_path / "out")
    assert (result.done, result.passed) == (8, 8)
    rows = rows_of(tmp_path / "out")
    assert list(rows) == list("abcdefgh")
    assert tuple(rows["a"]) == SUMMARY_COLUMNS
    assert [row["lead_seconds"] for row in rows.values()] == [str(0.01 * n)[:4].rstrip("0.") or "0" for n in range(8)]
    groups = rows_of(tmp_path / "out", "groups.csv")
    assert list(groups) == ["all", "speakers0", "speakers1", "condition", "viseme_mapjeffers_1971"]
    for column in ("n_clips", "n_in_sync", "n_audio_early", "n_frames", "n_frames_right", "n_words_in_sync"):
        assert int(groups["all"][column]) == sum(int(groups[f"speakers{n}"][column]) for n in (0, 1))
    assert float(groups["all"]["viseme_accuracy"]) == pytest.approx(14 / 20)
    # `visalign compare` takes the folder as it is.
    assert sorted(read_run(tmp_path / "out")) == [f"reports/{name}.json" for name in "abcdefgh"]
    assert len(n_worked(folder)) == 8


def test_a_second_run_does_what_is_missing(tmp_path: Path) -> None:
    folder, out = make_clips(tmp_path / "clips", "abcd"), tmp_path / "out"
    run(folder, out)
    before = (out / "summary.csv").read_bytes()
    assert run(folder, out).run_done == 0
    assert n_worked(folder) == dict.fromkeys("abcd", 1)
    assert (out / "summary.csv").read_bytes() == before

    (folder / "a.mp4").write_text("-100")  # other content
    (out / "reports/b.json").unlink()  # lost report
    (folder / "c.mp4").rename(tmp_path / "c.mp4")  # gone
    make_clips(tmp_path / "more", "e")
    (tmp_path / "more/e.mp4").rename(folder / "e.mp4")  # new
    os.utime(folder / "d.mp4", ns=(1, 1))  # another time, the same content
    assert run(folder, out).run_done == 3
    assert n_worked(folder) == {"a": 2, "b": 2, "c": 1, "d": 1, "e": 1}
    assert rows_of(out)["a"]["verdict"] == "audio-late"
    assert list(rows_of(out)) == ["a", "b", "d", "e"]


@pytest.mark.parametrize(
    "change", [{"config": Config.from_dict({"lips": {"detect_every": 5}})}, {"enhancement": "auto"}]
)
def test_other_settings_are_other_work(tmp_path: Path, change: dict[str, object]) -> None:
    folder, out = make_clips(tmp_path / "clips", "ab"), tmp_path / "out"
    run(folder, out)
    settings = replace(BatchSettings(time_limit_seconds=61), **change)  # type: ignore[arg-type]
    assert run(folder, out, settings).run_done == 2
    assert run(folder, out, replace(settings, time_limit_seconds=62)).run_done == 0  # a limit decides about no result


def test_a_lexicon_counts_by_its_content(tmp_path: Path) -> None:
    folder, out = make_clips(tmp_path / "clips", "a"), tmp_path / "out"
    for name, text in (("one", "hello HH AH\n"), ("two", "hello HH AH\n"), ("three", "hello HH AW\n")):
        (tmp_path / name).write_text(text)
    n_done = []
    for name in ("one", "two", "three"):
        config = Config.from_dict({"alignment": {"lexicon": str(tmp_path / name)}})
        n_done.append(run(folder, out, BatchSettings(config=config, time_limit_seconds=60)).run_done)
    assert n_done == [1, 0, 1]


def test_parquet_holds_what_the_csv_holds(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    folder, out = make_clips(tmp_path / "clips", ["a", "b", "crash"]), tmp_path / "out"
    run(folder, out, BatchSettings(time_limit_seconds=60, parquet=True))
    table = parquet.read_table(out / "summary.parquet").to_pylist()
    assert [tuple(row) for row in table] == [SUMMARY_COLUMNS] * 3
    for row, text in zip(table, rows_of(out).values(), strict=True):
        for name, value in row.items():
            assert (value is None and not text[name]) or type(value)(text[name]) == value, name
    assert isinstance(table[0]["lead_seconds"], float)
    assert isinstance(table[0]["n_words"], int)


# --- clips that go wrong ----------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_every_poison_is_a_row_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_MARK", str(tmp_path))  # workers inherit it
    names = ["a", "crash", "b", "memory", "c", "hang", "d", "raise", "e", "outside", "f", "worker", "g"]
    folder, out = make_clips(tmp_path / "clips", names), tmp_path / "out"
    (folder / "lost.csv").write_text("\n".join(["clip", *(f"{name}.mp4" for name in [*names, "lost"])]))
    events: list[BatchEvent] = []
    settings = BatchSettings(time_limit_seconds=12, memory_limit_bytes=1 << 30)
    result = run(folder / "lost.csv", out, settings, on_event=events.append)
    assert result.done == 7
    rows = rows_of(out)
    assert {name: rows[name]["failure"] for name in rows if rows[name]["failure"]} == {
        "crash": "crash",
        "memory": "memory",
        "hang": "timeout",
        "raise": "internal",
        "outside": "killed",
        "worker": "worker",
        "lost": "missing",
    }
    assert all("mp4" in row["message"] or name == "worker" for name, row in rows.items() if row["failure"])
    assert "SIGSEGV" in rows["crash"]["message"]
    with Ledger(out / LEDGER_NAME, read_only=True) as ledger:
        assert "poisoned_worker.py" in (ledger.entry("crash").detail or "")  # the stack of the crash
        assert "KeyError" in (ledger.entry("raise").detail or "")
        assert ledger.is_intact()
    assert events[0].kind == "start"
    assert [events[-1].kind, events[-1].done, events[-1].failed] == ["end", 7, 7]
    assert len([event for event in events if event.kind == "clip"]) == 14
    assert not processes_of(tmp_path)  # not even the children of the worker that was killed
    with Ledger(out / LEDGER_NAME, read_only=True) as ledger:
        tries = {name: ledger.entry(name).runs for name in ("worker", "outside", "crash", "lost")}
    assert tries == {"worker": 3, "outside": 2, "crash": 1, "lost": 0}


def test_the_real_worker_names_what_is_wrong_with_a_file(generated_clip: GeneratedClip, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no clip")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder.mp4").mkdir()
    whole = generated_clip.path.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 3])
    (tmp_path / "words.mp4").write_bytes(whole)
    rows = ["text.mp4,hello", "empty.mp4,hello", "folder.mp4,hello", "cut.mp4,hello", "words.mp4,blorptfx"]
    (tmp_path / "clips.csv").write_text("\n".join(["clip,text", *rows]))
    run(tmp_path / "clips.csv", tmp_path / "out", worker=POISONED)
    reasons = {name: row["failure"] for name, row in rows_of(tmp_path / "out").items()}
    assert reasons == {
        "text": "media",
        "empty": "media",
        "folder": "missing",
        "cut": "media",
        "words": "unknown-words",
    }


def test_failures_stay_until_they_are_asked_for(tmp_path: Path) -> None:
    folder, out = make_clips(tmp_path / "clips", ["a", "crash", "raise"]), tmp_path / "out"
    assert run(folder, out).run_failed == 2
    assert run(folder, out).run_failed == 0
    again = BatchSettings(time_limit_seconds=60, retry_failed=("crash",))
    assert run(folder, out, again).run_failed == 1
    assert run(folder, out, replace(again, retry_failed=())).run_failed == 2
    (folder / "crash.mp4").rename(folder / "healed.mp4")
    assert run(folder, out).run_done == 1


def test_max_failures(tmp_path: Path) -> None:
    folder, out = make_clips(tmp_path / "clips", [f"raise{n:02}" for n in range(20)]), tmp_path / "out"
    result = run(folder, out, BatchSettings(time_limit_seconds=60, max_failures=3), jobs=1)
    # The next clip has been handed over by the time the third failure is written down, and is finished.
    assert result.run_failed in {3, 4}
    assert (result.run_failed + result.pending, result.stopped) == (20, "max-failures")
    result = run(folder, out, BatchSettings(time_limit_seconds=60, max_failures=0.3), jobs=1)
    assert result.run_failed in {5, 6, 7}  # 0.3 x 17 = 5.1, or 0.3 x 16 = 4.8, and one
    assert run(folder, out, jobs=1).pending == 0


def test_only(tmp_path: Path) -> None:
    folder, out = make_clips(tmp_path / "clips", ["a1", "a2", "b1"]), tmp_path / "out"
    assert run(folder, out, BatchSettings(time_limit_seconds=60, only=("a*",))).run_done == 2
    assert n_worked(folder) == {"a1": 1, "a2": 1}
    assert run(folder, out).run_done == 1


TOUCH = "import sys, time\nfor _ in range(1000):\n time.sleep(0.1); open(sys.argv[1], 'a').write(' ')"


def test_a_file_that_changes_while_it_is_read_is_no_result(generated_clip: GeneratedClip, tmp_path: Path) -> None:
    """A transcript that is touched once the clip is at work."""
    clip = tmp_path / "slow.mp4"
    clip.write_bytes(generated_clip.path.read_bytes())
    text = tmp_path / "slow.txt"
    text.write_text("bin blue at f two now")

    def touch(event: BatchEvent) -> None:
        if event.kind == "start":
            touched.append(subprocess.Popen([sys.executable, "-c", TOUCH, str(text)]))

    touched: list[subprocess.Popen[bytes]] = []
    try:
        run(tmp_path, tmp_path / "out", worker=POISONED, on_event=touch)
    finally:
        for process in touched:
            process.kill()
            process.wait()
    row = rows_of(tmp_path / "out")["slow"]
    assert (row["failure"], "changed while it was read" in row["message"]) == ("media", True)


# --- kills and interruptions ------------------------------------------------------------------------------------

PARENT = """
import sys
from visalign.batch import BatchSettings, run_batch
from visalign.batch.engines import LocalEngine
say = lambda event: print(event.kind, event.clip, flush=True)
engine = LocalEngine(2, sys.argv[3:])
settings = BatchSettings(time_limit_seconds=2)
print(run_batch(sys.argv[1], sys.argv[2], settings, engine=engine, on_event=say).stopped)
"""


@contextmanager
def parent(folder: Path, out: Path) -> Iterator[subprocess.Popen[str]]:
    """A batch in a process of its own, killed at the end if it still lives."""
    command = [sys.executable, "-c", PARENT, str(folder), str(out), *QUICK]
    environment = {**os.environ, "SLOW_SECONDS": "0.3"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def test_drafts_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    folder, out = make_clips(tmp_path / "clips", ["a"]), tmp_path / "out"
    (out / "reports/s1").mkdir(parents=True)
    torn = [out / "reports" / draft_name(".json"), out / "reports/s1" / draft_name(".json")]
    for path in torn:
        path.write_bytes(b"{")
    (out / "reports/mine.txt").write_text("stays")
    run(folder, out)
    assert not any(path.exists() for path in torn)
    assert sorted(x.name for x in (out / "reports").iterdir()) == ["a.json", "mine.txt", "s1"]


def wait_for_clips(process: subprocess.Popen[str], n_clips: int) -> None:
    assert process.stdout is not None
    seen = 0
    while seen < n_clips:
        line = process.stdout.readline()
        assert line, "the batch ended"
        seen += line.startswith("clip")


def processes_of(folder: Path) -> list[int]:
    """Processes that have the folder of a batch or its worker in their command line (Linux)."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        with suppress(OSError):
            command += (entry / "environ").read_bytes()
        if str(folder).encode() in command and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_killed_parent_leaves_nobody_behind_and_loses_what_was_in_flight_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_MARK", str(tmp_path))  # workers inherit it
    names = [f"slow{n:02}" for n in range(24)] + ["hang", "crash"]
    folder, out = make_clips(tmp_path / "clips", names), tmp_path / "out"
    for _ in range(3):
        with parent(folder, out) as process:
            wait_for_clips(process, 3)
            process.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 10
        while (left := processes_of(tmp_path)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not left
    with parent(folder, out) as process:
        process.communicate(timeout=120)
        assert process.returncode == 0
    with Ledger(out / LEDGER_NAME) as ledger:
        assert ledger.is_intact()
        assert ledger.counts() == {"done": 24, "failed": 2, "running": 0, "pending": 0}
    worked = n_worked(folder)
    assert sum(worked.values()) - 24 <= 3 * 4  # at most the clips in flight: two at work, and the two before or after
    assert not list(out.rglob(".visalign-draft-*"))  # no torn file
    run(make_clips(tmp_path / "clips", names), tmp_path / "undisturbed", BatchSettings(time_limit_seconds=2), jobs=2)
    for name in ("summary.csv", "groups.csv"):
        assert (out / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()


@pytest.mark.parametrize(("number", "why"), [(signal.SIGTERM, "terminated"), (signal.SIGINT, "interrupted")])
def test_interrupted_it_finishes_what_is_at_work(tmp_path: Path, number: int, why: str) -> None:
    folder, out = make_clips(tmp_path / "clips", [f"slow{n:02}" for n in range(30)]), tmp_path / "out"
    with parent(folder, out) as process:
        wait_for_clips(process, 2)
        process.send_signal(number)
        said, _ = process.communicate(timeout=60)
    assert "stop" in said
    assert said.endswith(f"{why}\n")
    with Ledger(out / LEDGER_NAME) as ledger:
        counts = ledger.counts()
    assert counts["running"] == 0
    assert 2 <= counts["done"] < 30
    assert sum(n_worked(folder).values()) == counts["done"]  # none was given up half done
    assert sum(row["state"] == "done" for row in rows_of(out).values()) == counts["done"]


def test_what_was_in_flight_at_two_deaths_is_alone_the_third_time(tmp_path: Path) -> None:
    """So no clip is blamed for what its neighbour does to the machine."""
    folder, out = make_clips(tmp_path / "clips", "abcd"), tmp_path / "out"
    run(folder, out)
    with Ledger(out / LEDGER_NAME) as ledger:
        for times in (1, 2):
            for name in "bc":
                ledger.claim(name, "0", "")
            assert ledger.recover() == 2, times
    at_once: list[set[str]] = []

    class Watched(LocalEngine):
        def submit(self, name: str, job: Job) -> None:
            super().submit(name, job)
            at_once.append({*self._busy.values(), *(x for x, _ in self._waiting)})

    run_batch(folder, out, BatchSettings(time_limit_seconds=60), engine=Watched(4, QUICK))
    assert at_once == [{"b"}, {"c"}]


def test_two_runs_on_one_folder(tmp_path: Path) -> None:
    folder, out = make_clips(tmp_path / "clips", [f"slow{n:02}" for n in range(30)]), tmp_path / "out"
    with parent(folder, out) as process:
        wait_for_clips(process, 1)
        with pytest.raises(OutputError, match="another run"):
            run(folder, out)


# --- odds and ends ----------------------------------------------------------------------------------------------


def test_shards_are_disjoint_and_whole(tmp_path: Path) -> None:
    clips = read_manifest(make_clips(tmp_path / "clips", [f"c{n}" for n in range(100)])).clips
    parts = [clips_of_shard(clips, (i, 4)) for i in (1, 2, 3, 4)]
    assert sorted(row for part in parts for row in part) == sorted(enumerate(clips))
    assert all(len(part) > 10 for part in parts)
    assert [x.id for _, x in clips_of_shard(clips[::-1], (2, 4))] == [x.id for _, x in parts[1]][::-1]


def test_a_folder_holds_one_shard(tmp_path: Path) -> None:
    folder, out = make_clips(tmp_path / "clips", "abcdef"), tmp_path / "out"
    run(folder, out, BatchSettings(time_limit_seconds=60, shard=(1, 2)))
    with pytest.raises(OutputError, match="holds shard 1/2"):
        run(folder, out, BatchSettings(time_limit_seconds=60, shard=(2, 2)))


def test_plan(tmp_path: Path) -> None:
    folder, out = make_clips(tmp_path / "clips", ["a", "crash", "b"]), tmp_path / "out"
    (folder / "list.csv").write_text("clip\na.mp4\ncrash.mp4\nb.mp4\nnone.mp4\n")
    first = plan_batch(folder / "list.csv", out)
    assert first.to_do == ("a", "crash", "b", "none")
    assert len(first.missing) == 1
    assert not out.exists()
    settings = BatchSettings(time_limit_seconds=60)
    run(folder / "list.csv", out, settings)
    plan = plan_batch(folder / "list.csv", out, settings)
    assert (plan.to_do, plan.n_done, plan.n_failed) == ((), 2, 2)
    assert plan_batch(folder / "list.csv", out, replace(settings, retry_failed=("crash",))).to_do == ("crash",)


@pytest.mark.parametrize(
    "bad",
    [
        {"jobs": 0},
        {"time_limit_seconds": 0},
        {"memory_limit_bytes": 1000},
        {"max_failures": 0},
        {"shard": (3, 2)},
        {"retry_failed": ("bad luck",)},
    ],
)
def test_impossible_settings(bad: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        BatchSettings(**bad)  # type: ignore[arg-type]


def test_report_names_stay_in_their_folder() -> None:
    assert report_name("s1/a") == "reports/s1/a.json"
    hostile = ["../../etc/passwd", "/abs", "a\nb", "..", ".", "", "-rf", "é" * 300, "a:b*c", "a/../b", "a//b"]
    names = [report_name(name) for name in hostile]
    assert len(set(names)) == len(hostile)
    for name in names:
        parts = Path(name).parts
        assert parts[0] == "reports"
        assert ".." not in parts
        assert all(len(part.encode()) < 250 for part in parts)


def test_events_tell_rate_and_time_left() -> None:
    event = BatchEvent("clip", done=8, failed=2, to_do=30, skipped=0, seconds=5.0)
    assert (event.rate, event.seconds_left) == (2.0, 10.0)
    assert json.loads(json.dumps(event.to_dict()))["seconds_left"] == 10.0
    assert BatchEvent("start", 0, 0, 3, 0, 0.0).rate is None
