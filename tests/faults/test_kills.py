"""Killed at every step: no half file under a final name, nobody survives, and the next run works."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from fault_runs import Ended, Warm, drafts, processes_marked, tree

from visalign.batch.ledger import LEDGER_NAME, Ledger
from visalign.files.outputs import draft_name, whole_file
from visalign.files.text_files import write_textgrid
from visalign.timeline import Tier

# Exit codes of the ends that clean up, as shells give them.
ENDS = {"SIGTERM": 143, "SIGHUP": 129, "SIGINT": 130}


def fork_of(warm: Warm, folder: Path, command: tuple[str, ...], **fault: object) -> Ended:
    folder.mkdir(exist_ok=True)
    return warm.run(*command, cwd=folder, fault=fault)


def steps_of(warm: Warm, folder: Path, command: tuple[str, ...], code: int) -> list[str]:
    """What an undisturbed run does: its stages, and each file that it makes, renames and removes."""
    log = folder.with_suffix(".log")
    ended = fork_of(warm, folder, command, log=str(log))
    assert ended.code == code, ended
    return log.read_text(encoding="utf-8").splitlines()


def kill_at_each(
    warm: Warm, folder: Path, command: tuple[str, ...], steps: list[int], whole: dict[str, bytes], code: int
) -> None:
    """Kill at each step, and look; after the last one run again over what it has left."""
    for at in steps:
        place = folder / str(at)
        ended = fork_of(warm, place, command, at_step=at, act="SIGKILL")
        assert ended.code == -signal.SIGKILL, (at, ended)
        assert tree(place).items() <= whole.items(), at
    assert fork_of(warm, place, command).code == code
    assert tree(place) == whole
    assert not drafts(place)  # the next run removes what the killed one left


def test_an_export_killed_at_each_step(warm: Warm, tmp_path: Path) -> None:
    grid = tmp_path / "line.TextGrid"
    edges = (0.0, 0.2, 0.5)
    write_textgrid(grid, [Tier("words", (0.0, 0.5), ("bee",)), Tier("phones", edges, ("B", "IY"))])
    command = ("export", str(grid), "-q", "--to", "rhubarb-json", "-o", "line.json", "--make-edits")
    steps = steps_of(warm, tmp_path / "whole", command, 0)
    assert sum(x.startswith("os.rename") for x in steps) == 2  # the export, and the empty table of edits
    kill_at_each(warm, tmp_path, command, list(range(len(steps))), tree(tmp_path / "whole"), 0)


@pytest.mark.slow
def test_a_preview_killed_at_each_step(warm: Warm, tmp_path: Path) -> None:
    grid = tmp_path / "line.TextGrid"
    write_textgrid(grid, [Tier("words", (0.0, 0.5), ("bee",)), Tier("phones", (0.0, 0.2, 0.5), ("B", "IY"))])
    # A film that is there is refused: whoever was killed after it had its name begins again with --overwrite.
    command = ("preview", str(grid), "-q", "-o", "line.mp4", "--overwrite")
    steps = steps_of(warm, tmp_path / "whole", command, 0)
    assert sum(x.startswith("os.rename") for x in steps) == 1
    kill_at_each(warm, tmp_path, command, list(range(len(steps))), tree(tmp_path / "whole"), 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "code"),
    [
        (
            ("tune", "{clips}", "--out", "out", "--metric", "windows", "--budget", "2", "--search", "thresholds", "-q"),
            1,
        ),
        (("train", "{clips}", "--out", "model.npz", "--report", "report.json", "-q"), 3),
    ],
    ids=["tune", "train"],
)
def test_a_search_and_a_training_killed_anywhere(
    warm: Warm, made_once: Any, tmp_path: Path, command: tuple[str, ...], code: int
) -> None:
    """Killed at steps all over it, each time in one folder; the next run ends as one that was never disturbed."""
    pytest.importorskip("optuna")
    clips = clips_of_two(tmp_path / "clips", made_once)
    words = tuple(word.format(clips=clips) for word in command)
    log, whole, place = tmp_path / "log", tmp_path / "whole", tmp_path / "place"
    whole.mkdir()
    place.mkdir()
    ended = warm.run(*words, cwd=whole, fault={"log": str(log)}, seconds=200)
    assert ended.code == code, ended
    n_steps = len(log.read_text(encoding="utf-8").splitlines())
    for at in sorted({0, n_steps // 3, n_steps // 2, n_steps - 1}):
        ended = warm.run(*words, cwd=place, fault={"act": "SIGKILL", "at_step": at}, seconds=200)
        assert ended.code in (-signal.SIGKILL, code), ended  # what is kept needs no step again
        # Beside what SQLite had begun, only what a whole run makes.
        strays = [name for name in tree(place) if not (whole / name).is_file() and not name.endswith("-journal")]
        assert not strays
    assert warm.run(*words, cwd=place, seconds=200).code == code
    assert tree(place).keys() == tree(whole).keys()
    assert not drafts(place)


def clips_of_two(root: Path, made_once: Any) -> Path:
    text = "bin blue at f two now"
    generated = made_once.clip(text=text, lead_seconds=0.0, seed=0)
    for speaker in ("anna", "ben"):
        (root / speaker).mkdir(parents=True)
        for name in ("one", "two"):
            shutil.copy(generated.path, root / speaker / f"{name}.mp4")
            (root / speaker / f"{name}.txt").write_text(text, encoding="utf-8")
    return root


@pytest.mark.skipif(sys.platform != "linux", reason="sends signals")
def test_ctrl_c_while_modules_load(tmp_path: Path) -> None:
    """No line of Python's, whenever it comes once visalign has begun; ended by the signal, or with its number."""
    command = [sys.executable, "-X", "importtime", "-m", "visalign", "check", "none.mp4"]
    for n in range(16):
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            said, n_left = list[str](), 12 * n
            for line in process.stderr:  # what Python loads, as it loads it
                said.append(line)
                n_left -= n_left < 12 * n or line.rstrip().endswith("visalign.errors")
                if n_left < 0:
                    process.send_signal(signal.SIGINT)
                    break
            said += process.stderr.readlines()
            process.wait(timeout=60)
        other = [line for line in said if not line.startswith("import time:")]
        assert process.returncode in (130, -signal.SIGINT, 3), other
        assert not [line for line in other if not line.startswith("visalign: none.mp4")], other


CHECK = ("-q", "--json", "r.json", "--csv", "w.csv")


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checked") / "whole"


@pytest.fixture(scope="module")
def steps_of_a_check(warm: Warm, spoken: tuple[str, ...], checked: Path) -> list[str]:
    return steps_of(warm, checked, ("check", *spoken, *CHECK), 1)


@pytest.mark.slow
def test_a_check_killed_at_each_step(
    warm: Warm, spoken: tuple[str, ...], checked: Path, steps_of_a_check: list[str], tmp_path: Path
) -> None:
    assert "stage reading lips" in steps_of_a_check
    assert sum(x.startswith("os.rename") for x in steps_of_a_check) == 2
    steps = list(range(len(steps_of_a_check)))
    kill_at_each(warm, tmp_path, ("check", *spoken, *CHECK), steps, tree(checked), 1)


@pytest.mark.slow
def test_a_fix_killed_where_it_writes(warm: Warm, spoken: tuple[str, ...], tmp_path: Path) -> None:
    """Its clip and its protocol: killed between the two the clip is whole, and the next run says what is in the way."""
    command = ("fix", *spoken, "-q", "-o", "new.mp4")
    steps = steps_of(warm, tmp_path / "whole", command, 0)
    renames = [k for k, x in enumerate(steps) if x.startswith("os.rename")]
    assert len(renames) == 2
    whole = tree(tmp_path / "whole")
    for at in (0, renames[0] - 1, renames[0], renames[1]):
        place = tmp_path / str(at)
        assert fork_of(warm, place, command, at_step=at, act="SIGKILL").code == -signal.SIGKILL
        assert tree(place).items() <= whole.items()
    # `place` was killed between the two
    again = fork_of(warm, place, command)
    assert again.code == 3
    assert "this file exists" in again.complaint
    shutil.rmtree(place)
    assert fork_of(warm, place, command).code == 0
    assert tree(place) == whole


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize(
    "step", ["stage reading lips", *(pytest.param(x, marks=pytest.mark.slow) for x in ("open", "os.rename"))]
)
def test_asked_to_end_it_cleans_up(
    warm: Warm, spoken: tuple[str, ...], steps_of_a_check: list[str], tmp_path: Path, name: str, step: str
) -> None:
    """`kill`, Ctrl-C and a closed terminal: an exit code of its own, no draft, no half file."""
    at = next(k for k, x in enumerate(steps_of_a_check) if x.startswith(step))
    ended = fork_of(warm, tmp_path / "run", ("check", *spoken, *CHECK), at_step=at, act=name)
    assert ended.code == ENDS[name], ended
    assert "Traceback" not in ended.err
    assert not drafts(tmp_path / "run")
    assert not tree(tmp_path / "run")


def test_what_a_killed_one_left_is_removed_and_what_lives_is_not(tmp_path: Path) -> None:
    left = tmp_path / draft_name(".mp4")
    left.write_bytes(b"half a clip")
    with whole_file(tmp_path / "a.csv") as living:
        living.write_text("a", encoding="utf-8")
        with whole_file(tmp_path / "b.csv") as other:
            other.write_text("b", encoding="utf-8")
        assert living.is_file()
    assert sorted(x.name for x in tmp_path.iterdir()) == ["a.csv", "b.csv"]


@pytest.mark.slow
def test_a_batch_killed_at_its_steps_goes_on(warm: Warm, spoken: tuple[str, ...], tmp_path: Path) -> None:
    """Killed again and again in one folder: before a worker, after the claim, at the summary. Workers follow."""
    clips, out = tmp_path / "clips", tmp_path / "out"
    clips.mkdir()
    shutil.copy(spoken[0], clips / "a.mp4")
    (clips / "a.txt").write_text(spoken[2], encoding="utf-8")
    command = ("batch", str(clips), "--out", str(out), "-j", "1", "-q")
    mark = {"VISALIGN_TEST_MARK": str(tmp_path)}
    fault = {"act": "SIGKILL", "events": ["subprocess.Popen", "os.rename"]}
    for at in (0, 1):  # at the start of the worker; at the summary, when the clip is done
        ended = warm.run(*command, cwd=tmp_path, env=mark, fault={**fault, "at_step": at})
        assert ended.code == -signal.SIGKILL, ended
        deadline = time.monotonic() + 20
        while (left := processes_marked(str(out))) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not left
    assert warm.run(*command, cwd=tmp_path).code == 1
    with Ledger(out / LEDGER_NAME) as ledger:
        assert ledger.is_intact()
        assert ledger.counts() == {"done": 1, "failed": 0, "running": 0, "pending": 0}
        assert ledger.entry("a").runs == 2  # claimed when the worker was started, then done; not a third time
    assert not drafts(out)


SLEEPER = """#!/bin/sh
"exec" "{python}" "$0" "$@"  # the shell's line, to Python a text: with a blank in its path, "#!{python}" would fail
import os, sys, time
print(os.getpid(), flush=True)
if os.fork() == 0:
    time.sleep(60)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_program_that_was_started_ends_with_us(tmp_path: Path, number: int) -> None:
    """The Montreal Forced Aligner starts processes of its own; when visalign is killed, none of them lives on."""
    program = tmp_path / "mfa"
    program.write_text(SLEEPER.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    code = (
        "import sys; from visalign.cli import main; from visalign.forced_alignment.mfa_program import MfaProgram\n"
        f"import visalign.commands.mfa as m; import typer\n"
        f"from visalign import cli\n"
        f"cli.app.command('wait')(lambda: MfaProgram(({str(program)!r},)).run(['align']))\n"
        "main(['wait'])"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while len(processes_marked(f"{program}\0align")) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(processes_marked(f"{program}\0align")) >= 2
        process.send_signal(number)
        process.wait(timeout=30)
        while processes_marked(f"{program}\0align") and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not processes_marked(f"{program}\0align")
    finally:
        process.kill()
        process.wait()
        for pid in processes_marked(f"{program}\0align"):
            subprocess.run(["kill", "-9", str(pid)], check=False, timeout=10)
