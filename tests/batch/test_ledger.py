"""The ledger: what survives, what is refused, who may hold it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from visalign.batch.ledger import LEDGER_NAME, MAX_INTERRUPTIONS, Ledger, Outcome, _on_network, is_running, only_run
from visalign.corpora.clip_list import BatchClip
from visalign.errors import ConfigError, OutputError, ParseError

CLIPS = [BatchClip(f"{name}.mp4", name, text="hello") for name in "abc"]
GOOD = Outcome(result={"verdict": "in-sync"}, wall_seconds=1.0)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    found = Ledger(tmp_path / LEDGER_NAME)
    found.enter(enumerate(CLIPS))
    return found


def test_states(ledger: Ledger) -> None:
    assert ledger.counts() == {"done": 0, "failed": 0, "running": 0, "pending": 3}
    ledger.claim("a", "key", "reports/a.json")
    ledger.claim("b", "key", "reports/b.json")
    assert [name for name, _ in ledger.running()] == ["a", "b"]
    ledger.record("a", GOOD)
    ledger.record("b", Outcome(reason="crash", message="it crashed", detail="stack"))
    assert ledger.counts() == {"done": 1, "failed": 1, "running": 0, "pending": 1}
    assert ledger.failures() == {"crash": 1}
    entry = ledger.entry("a")
    assert (entry.state, entry.key, entry.runs, entry.result) == ("done", "key", 1, {"verdict": "in-sync"})
    assert ledger.entry("b").detail == "stack"
    assert ledger.is_intact()
    with pytest.raises(ConfigError):
        ledger.entry("nobody")


def test_what_was_in_flight_is_done_again_last(ledger: Ledger) -> None:
    ledger.claim("a", "key", "")
    assert ledger.recover() == 1
    assert ledger.queue() == ["b", "c", "a"]
    assert ledger.entry("a").state == "pending"


def test_who_is_always_in_flight_when_the_run_dies_is_a_failure(ledger: Ledger) -> None:
    for _ in range(MAX_INTERRUPTIONS):
        assert ledger.entry("a").state == "pending"
        ledger.claim("a", "key", "")
        ledger.recover()
    assert (ledger.entry("a").state, ledger.entry("a").reason) == ("failed", "interrupted")
    assert ledger.entry("b").state == "pending"


def test_a_row_that_leaves_the_manifest_comes_back_as_it_was(ledger: Ledger) -> None:
    ledger.claim("a", "key", "")
    ledger.record("a", GOOD)
    ledger.enter(enumerate(CLIPS[1:]))
    assert ledger.counts()["done"] == 0
    ledger.enter(enumerate(CLIPS[::-1]))
    assert ledger.counts()["done"] == 1
    assert [entry.clip.id for entry in ledger.entries()] == ["c", "b", "a"]


def test_digests_are_kept_until_the_file_changes(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1")
    ledger.keep_digest("file", path.stat(), "digest")
    assert ledger.known_digest("file", path.stat()) == "digest"
    os.utime(path, ns=(1, 1))
    assert ledger.known_digest("file", path.stat()) is None


def test_write_ahead_log_and_full_synchronisation(ledger: Ledger) -> None:
    assert ledger._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert ledger._db.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_network_file_systems_are_known_by_their_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"disk / ext4 rw 0 0\nserver:/x {tmp_path}/far nfs4 rw 0 0\n")
    assert _on_network(tmp_path / "far" / "ledger.sqlite", mounts)
    assert not _on_network(tmp_path / "near" / "ledger.sqlite", mounts)
    assert not _on_network(tmp_path, tmp_path / "no such file")


def test_not_a_ledger(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello " * 100)
    with pytest.raises(ParseError, match="not a ledger"):
        Ledger(tmp_path / "text")
    with pytest.raises(ParseError, match="there is no ledger"):
        Ledger(tmp_path / "none", read_only=True)
    with sqlite3.connect(tmp_path / "other") as other:
        other.execute("CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT)")
        other.execute("INSERT INTO facts VALUES ('format', '99')")
    other.close()
    with pytest.raises(ParseError, match="format 99"):
        Ledger(tmp_path / "other")


def test_one_run_a_folder_until_its_process_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from visalign.batch.ledger import only_run\n"
        "with only_run(sys.argv[1]): print('held', flush=True); time.sleep(60)"
    )
    assert not is_running(tmp_path)
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "held\n"
            assert is_running(tmp_path)
            with pytest.raises(OutputError, match="another run"), only_run(tmp_path):
                pass
        finally:
            child.send_signal(signal.SIGKILL)
    assert not is_running(tmp_path)
    with only_run(tmp_path):
        assert is_running(tmp_path)


@pytest.mark.slow
def test_killed_at_any_moment_the_ledger_is_whole(tmp_path: Path) -> None:
    """A process that writes as fast as it can, killed eight times: no row is lost that it said was recorded."""
    program = (
        "import sys; from visalign.batch.ledger import *; from visalign.corpora.clip_list import BatchClip\n"
        "ledger = Ledger(sys.argv[1]); ledger.enter((n, BatchClip('c', str(n))) for n in range(2000))\n"
        "ledger.recover()\n"
        "names = [n for n in ledger.queue() if ledger.entry(n).state == 'pending']\n"
        "for name in names:\n"
        "    ledger.claim(name, 'k', 'r'); ledger.record(name, Outcome(result={})); print(name, flush=True)"
    )
    path, said = tmp_path / LEDGER_NAME, list[str]()
    for round_number in range(8):
        command = [sys.executable, "-c", program, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            try:
                said.append(child.stdout.readline())  # it works
                time.sleep(0.01 * round_number)
            finally:
                child.kill()
            said += child.stdout.readlines()
    with Ledger(path) as ledger:
        assert ledger.is_intact()
        whole = {line.strip() for line in said if line.endswith("\n")}
        assert len(whole) >= 8
        assert len(whole) == len(said) - sum(not line.endswith("\n") for line in said)  # none was done twice
        done = {entry.clip.id for entry in ledger.entries(states=("done",))}
        assert whole <= done
        assert len(done - whole) <= 8  # recorded, but killed before it said so
