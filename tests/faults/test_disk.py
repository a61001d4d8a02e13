"""Places that can't be written to, disks that fill, and inputs that are in the way or go away."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fault_runs import Warm, cold, drafts, tree

from visalign.batch.ledger import LEDGER_NAME, Ledger
from visalign.files.outputs import whole_file
from visalign.files.text_files import write_textgrid
from visalign.timeline import Tier

# Each command that writes, with its output to be named last. {clip} and {text} are those of the generated clip.
WRITERS: dict[str, tuple[str, ...]] = {
    "check --json": ("check", "{clip}", "--text", "{text}", "-q", "--json", "out.json"),
    "check --csv": ("check", "{clip}", "--text", "{text}", "-q", "--csv", "out.csv"),
    "check --textgrid": ("check", "{clip}", "--text", "{text}", "-q", "--textgrid", "out.TextGrid"),
    "check --html": ("check", "{clip}", "--text", "{text}", "-q", "--html", "out.html"),
    "export": ("export", "{clip}", "--text", "{text}", "-q", "--to", "rhubarb-json", "-o", "out.json"),
    "fix": ("fix", "{clip}", "--text", "{text}", "-q", "-o", "out.mp4"),
    "overlay": ("overlay", "{clip}", "--text", "{text}", "-q", "-o", "out.mp4"),
    "align": ("align", "{clip}", "--text", "{text}", "-q", "-o", "out.TextGrid"),
    "demo": ("demo", "--out", "out"),
    "enhance": ("enhance", "{clip}", "out.wav", "--chain", "highpass", "-q"),
}


def slow_but(names: Iterable[str], *quick: str) -> list[Any]:
    """The names as parameters; `make test` takes the quick ones, as all go the same way."""
    return [pytest.param(name, marks=[] if name in quick else [pytest.mark.slow]) for name in names]


def told(command: str, spoken: tuple[str, ...], out: str | None = None) -> list[str]:
    """The arguments of a command, with another output where one is given."""
    clip, _, text = spoken
    words = [word.format(clip=clip, text=text) for word in WRITERS[command]]
    return words if out is None else [f"{out}{Path(x).suffix}" if x.startswith("out") else x for x in words]


# --- full ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", slow_but(WRITERS, "check --json", "align"))
def test_a_full_disk(warm: Warm, spoken: tuple[str, ...], tmp_path: Path, command: str) -> None:
    """No file may grow beyond 100 bytes (RLIMIT_FSIZE): one line, exit code 3, and nothing is left behind."""
    ended = warm.run(*told(command, spoken), cwd=tmp_path, limits={"FSIZE": 100})
    assert ended.code == 3, ended
    # The system's limit cuts the line itself short, where stderr is a file.
    assert "Traceback" not in ended.err
    assert not tree(tmp_path)
    assert not drafts(tmp_path)


@pytest.mark.parametrize("command", slow_but(["check --json", "export", "align", "fix"], "export"))
@pytest.mark.parametrize("error", ["ENOSPC", "EDQUOT"])
@pytest.mark.parametrize("event", ["open", "os.rename"])
def test_the_system_refuses_in_the_midst(
    warm: Warm, spoken: tuple[str, ...], tmp_path: Path, command: str, error: str, event: str
) -> None:
    """No room, or no quota, at each file that is made and each that gets its name: one line, and nothing is left."""
    words = told(command, spoken)
    log = tmp_path.parent / f"{tmp_path.name}.log"
    assert warm.run(*words, cwd=tmp_path, fault={"log": str(log), "events": [event]}).code in (0, 1)
    whole = tree(tmp_path)
    steps = [n for n, line in enumerate(log.read_text(encoding="utf-8").splitlines()) if str(tmp_path) in line]
    assert steps
    for at in steps:
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
        ended = warm.run(*words, cwd=tmp_path, fault={"act": error, "at_step": at, "events": [event]})
        if ended.code != 3:  # it was of no account
            assert tree(tmp_path) == whole, (at, ended)
            continue
        assert {"ENOSPC": "No space left", "EDQUOT": "quota exceeded"}[error] in ended.complaint
        assert tree(tmp_path).items() <= whole.items()
        assert not drafts(tmp_path)


@pytest.mark.slow
def test_a_full_place_for_temporary_files(spoken: tuple[str, ...], tmp_path: Path) -> None:
    """What would lie there is kept in memory; the report is the same to the byte."""
    reports = []
    with small_disk(tmp_path / "disk", 4) as disk:
        (disk / "full").write_bytes(bytes(4096))
        for n, folder in enumerate((str(disk), str(tmp_path / "none"), "")):
            environment = {**os.environ, "TMPDIR": folder} if folder else {**os.environ}
            report = tmp_path / f"{n}.json"
            ended = cold("check", *spoken, "-q", "--json", report, env=environment)
            assert (ended.code, ended.err) == (1, ""), ended
            reports.append(report.read_bytes())
    assert reports[0] == reports[1] == reports[2]


@contextlib.contextmanager
def small_disk(place: Path, kilobytes: int, *options: str) -> Iterator[Path]:
    place.mkdir()
    settings = ",".join([f"size={kilobytes}k", *options])
    command = ["mount", "-t", "tmpfs", "-o", settings, "tmpfs", str(place)]
    if (
        shutil.which("mount") is None
        or subprocess.run(command, capture_output=True, timeout=20, check=False).returncode
    ):
        pytest.skip("only root may make a small disk (tmpfs), and not in every container")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], capture_output=True, timeout=20, check=False)


@pytest.mark.parametrize("command", slow_but(["check --html", "fix", "overlay"], "fix"))
def test_a_small_disk(warm: Warm, spoken: tuple[str, ...], tmp_path: Path, command: str) -> None:
    """A disk of 16 kB, of which FFmpeg and Python both tell in their own ways."""
    with small_disk(tmp_path / "disk", 16) as disk:
        ended = warm.run(*told(command, spoken), cwd=disk)
        assert ended.code == 3
        assert "No space left on device" in ended.complaint
        assert not tree(disk)
        assert not drafts(disk)


@pytest.mark.slow
def test_a_batch_on_a_full_disk_goes_on_when_there_is_room(warm: Warm, spoken: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    shutil.copy(spoken[0], tmp_path / "clips" / "a.mp4")
    (tmp_path / "clips" / "a.txt").write_text(spoken[2], encoding="utf-8")
    for size in (100, 20_000):  # nothing, and a ledger that is begun
        ended = warm.run("batch", "clips", "--out", "out", "-j", "1", cwd=tmp_path, limits={"FSIZE": size})
        assert ended.code == 3, ended
        assert "Traceback" not in ended.err
    ended = warm.run("batch", "clips", "--out", "out", "-j", "1", cwd=tmp_path)
    assert ended.code == 1, ended  # done; it is out of sync
    with Ledger(tmp_path / "out" / LEDGER_NAME) as ledger:
        assert ledger.is_intact()
        assert ledger.counts()["done"] == 1
    assert not drafts(tmp_path)


# --- not to be written -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", slow_but(["check --json", "export", "fix", "demo", "enhance"], "check --json"))
@pytest.mark.parametrize("kind", ["a system's folder", "a file for a folder", "no folder", "read-only disk"])
def test_places_that_can_not_be_written_to(
    warm: Warm, spoken: tuple[str, ...], tmp_path: Path, command: str, kind: str
) -> None:
    with contextlib.ExitStack() as stack:
        if kind == "read-only disk":
            folder = stack.enter_context(small_disk(tmp_path / "disk", 16, "ro"))
        else:
            (tmp_path / "file").write_text("kept", encoding="utf-8")
            places = {"a system's folder": Path("/proc"), "a file for a folder": tmp_path / "file"}
            folder = places.get(kind, tmp_path / "none" / "deeper")
        if kind == "no folder" and command == "demo":
            pytest.skip("demo makes its folder")
        ended = warm.run(*told(command, spoken, str(folder / "out")), cwd=tmp_path)
    assert ended.code == 3, ended
    assert str(folder) in ended.complaint
    assert tree(tmp_path) in ({}, {"file": b"kept"})


def test_a_folder_that_goes_away(warm: Warm, spoken: tuple[str, ...], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    # At the first step, "reading lips", long before the report is written.
    fault = {"at_step": 0, "act": "remove folder", "file": str(folder)}
    ended = warm.run("check", *spoken, "-q", "--json", folder / "r.json", cwd=tmp_path, fault=fault)
    assert ended.code == 3
    assert "there is no folder" in ended.complaint


# --- inputs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["remove", "halve", "touch"])
@pytest.mark.parametrize("command", slow_but(["check", "fix"], "check"))
def test_an_input_that_changes_while_it_is_read(
    warm: Warm, spoken: tuple[str, ...], tmp_path: Path, act: str, command: str
) -> None:
    clip = Path(shutil.copy(spoken[0], tmp_path / "clip.mp4"))
    fault = {"at_step": 0, "act": act, "file": str(clip)}
    output = ("--json", "r.json") if command == "check" else ("-o", "new.mp4")
    ended = warm.run(command, clip, *spoken[1:], "-q", *output, cwd=tmp_path, fault=fault)
    assert ended.code == 3, ended
    assert str(clip) in ended.complaint
    assert set(tree(tmp_path)) <= {"clip.mp4"}


# An output of each command that could be one of its inputs: the rest are told apart by their endings.
OVERWRITING: dict[str, tuple[str, tuple[str, ...]]] = {
    "fix": ("clip.mp4", ("fix", "clip.mp4", "--text", "{text}", "-o", "{out}.mp4")),
    "overlay": ("clip.mp4", ("overlay", "clip.mp4", "--text", "{text}", "-o", "{out}.mp4")),
    "enhance": ("clip.mp4", ("enhance", "clip.mp4", "{out}.mp4", "--chain", "highpass")),
    "attach": ("clip.mp4", ("attach", "clip.mp4", "sound.wav", "-o", "{out}.mp4")),
    "preview": ("clip.mp4", ("preview", "clip.mp4", "--text", "{text}", "-o", "{out}.mp4")),
    "check --textgrid": (
        "labels.TextGrid",
        ("check", "clip.mp4", "--alignment", "labels.TextGrid", "--textgrid", "{out}.TextGrid"),
    ),
    "export": ("labels.TextGrid", ("export", "labels.TextGrid", "--to", "textgrid", "-o", "{out}.TextGrid")),
    "align": ("labels.TextGrid", ("align", "clip.mp4", "-t", "labels.TextGrid", "-o", "{out}.TextGrid")),
    "compare": ("report.csv", ("compare", "report.csv", "report.csv", "--csv", "{out}.csv")),
    "align FOLDER": ("clips/a.TextGrid", ("align", "clips", "-o", "clips", "--to", "TextGrid")),
}


@pytest.mark.parametrize(
    "link", slow_but(["the name", "another way", "symbolic link", "hard link", "upper case"], "the name", "hard link")
)
@pytest.mark.parametrize("command", OVERWRITING)
def test_no_output_is_an_input(warm: Warm, spoken: tuple[str, ...], tmp_path: Path, command: str, link: str) -> None:
    name, arguments = OVERWRITING[command]
    (tmp_path / "clips").mkdir()
    for file in ("sound.wav", "labels.TextGrid", "report.csv", "clips/a.TextGrid"):
        (tmp_path / file).write_text(f"{file} as it was", encoding="utf-8")
    for file in ("clip.mp4", "clips/a.mp4"):
        shutil.copy(spoken[0], tmp_path / file)
    source = tmp_path / name
    stem = {
        "the name": source.stem,
        "another way": f"../{tmp_path.name}/{source.stem}",
        "symbolic link": "link",
        "hard link": "link",
        "upper case": source.stem.upper(),
    }[link]
    if "{out}" not in " ".join(arguments) and link != "the name":
        pytest.skip("its outputs have names of their own")
    place = tmp_path / f"{stem}{source.suffix}"
    if link == "symbolic link":
        place.symlink_to(source)
    elif link == "hard link":
        place.hardlink_to(source)
    elif link == "upper case" and not place.exists():
        pytest.skip("this file system tells upper case from lower case")
    before = tree(tmp_path)
    ended = warm.run(*(x.format(out=stem, text=spoken[2]) for x in arguments), cwd=tmp_path)
    assert ended.code in (2, 3), ended
    assert "Traceback" not in ended.err
    assert tree(tmp_path) == before


# --- two at once -----------------------------------------------------------------------------------------------


def test_two_that_write_one_file(tmp_path: Path) -> None:
    """Whoever reads sees what one of them has written, whole."""
    place = tmp_path / "report.json"
    contents = [json.dumps({"who": who, "filling": who * 100_000}) for who in "ab"]
    stop = threading.Event()

    def write(content: str) -> None:
        while not stop.is_set():
            with whole_file(place) as draft:
                draft.write_text(content, encoding="utf-8")

    place.write_text(contents[0], encoding="utf-8")
    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in writers:
        thread.start()
    try:
        seen = set()
        for _ in range(200):
            with contextlib.suppress(FileNotFoundError):
                seen.add(place.read_text(encoding="utf-8"))
    finally:
        stop.set()
        for thread in writers:
            thread.join(timeout=20)
    assert seen <= set(contents)
    assert seen
    assert not drafts(tmp_path)


def test_two_runs_of_a_batch_or_a_search_on_one_folder(warm: Warm, spoken: tuple[str, ...], tmp_path: Path) -> None:
    """The second is told of the first, and changes nothing (a batch at work: tests/batch/test_batch.py)."""
    from visalign.batch.ledger import only_run

    (tmp_path / "clips").mkdir()
    for n in range(4):
        shutil.copy(spoken[0], tmp_path / "clips" / f"{n}.mp4")
        (tmp_path / "clips" / f"{n}.txt").write_text(spoken[2], encoding="utf-8")
    (tmp_path / "out").mkdir()
    with only_run(tmp_path / "out"):
        for command in (("batch", "clips", "--out", "out"), ("tune", "clips", "--out", "out", "--budget", "3")):
            ended = warm.run(*command, cwd=tmp_path)
            assert ended.code == 3, ended
            assert "another run is at work on this folder" in ended.complaint
    assert {x.name for x in (tmp_path / "out").iterdir()} <= {"ledger.lock", "reports"}


def test_two_at_once_that_make_one_file(tmp_path: Path) -> None:
    """The same command twice at the same time: both are content, and the file is that of either."""
    grid = tmp_path / "line.TextGrid"
    write_textgrid(grid, [Tier("words", (0.0, 0.5), ("bee",)), Tier("phones", (0.0, 0.2, 0.5), ("B", "IY"))])
    command = [sys.executable, "-m", "visalign", "export", str(grid), "-q", "--to", "rhubarb-json", "-o", "out.json"]
    runs = [subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) for _ in range(4)]
    ended = [(run.communicate(timeout=100)[1], run.returncode) for run in runs]
    assert ended == [(b"", 0)] * 4
    assert json.loads((tmp_path / "out.json").read_bytes())["mouthCues"]
    assert not drafts(tmp_path)


# --- what is kept ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_kept_lips_that_are_damaged_or_can_not_be_kept(warm: Warm, spoken: tuple[str, ...], tmp_path: Path) -> None:
    """A damaged entry is made anew, and where nothing can be kept the clips are checked all the same."""
    (tmp_path / "clips").mkdir()
    shutil.copy(spoken[0], tmp_path / "clips" / "a.mp4")
    (tmp_path / "clips" / "a.txt").write_text(spoken[2], encoding="utf-8")
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    reports = []
    for n, cache in enumerate(("cache", "cache", "file")):
        for kept in (tmp_path / "cache").rglob("*.npz"):
            kept.write_bytes(kept.read_bytes()[:-5000] + bytes(5000))
        command = ("batch", "clips", "--out", f"out{n}", "-j", "1", "-q", "--lip-cache", cache)
        ended = warm.run(*command, cwd=tmp_path)
        assert ended.code == 1, ended  # done; it is out of sync
        reports.append((tmp_path / f"out{n}" / "reports" / "a.json").read_bytes())
    assert reports[0] == reports[1] == reports[2]
    assert (tmp_path / "file").read_text(encoding="utf-8") == "no folder"
