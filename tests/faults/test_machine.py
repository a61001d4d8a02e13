"""Too little memory, a clock that jumps, parts that are not installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fault_runs import Warm, cold, tree

from visalign.cli import app
from visalign.errors import BackendUnavailable
from visalign.lips import cascade_detector

# --- memory ----------------------------------------------------------------------------------------------------

MEGABYTE = 1 << 20


@pytest.mark.parametrize("megabytes", [1, *(pytest.param(n, marks=pytest.mark.slow) for n in (4, 16, 64))])
@pytest.mark.parametrize("command", ["check", "fix"])
def test_too_little_memory(warm: Warm, spoken: tuple[str, ...], tmp_path: Path, command: str, megabytes: int) -> None:
    """The address space may grow by so much only: done, or one line and exit code 3, and no half file."""
    output = {"check": ("--json", "r.json", "--html", "r.html"), "fix": ("-o", "new.mp4")}[command]
    limits = {"AS": megabytes * MEGABYTE}
    ended = warm.run(command, *spoken, "-q", *output, cwd=tmp_path, limits=limits)
    assert ended.code in (0, 1, 3), ended
    assert "Traceback" not in ended.err
    if ended.code == 3:
        # x264 itself writes a line of its own where it gets no memory, which nothing can keep it from
        told = [line for line in ended.err.splitlines() if not line.startswith("x264 [error]: malloc")]
        assert len(told) == 1
        assert told[0].startswith("visalign: ")
    for name, content in tree(tmp_path).items():
        assert content, name
        if name.endswith(".json"):
            json.loads(content)
    if megabytes == 1:
        assert ended.code == 3


@pytest.mark.slow
def test_too_little_memory_to_load_at_all(spoken: tuple[str, ...]) -> None:
    """Libraries that can't be loaded for want of memory complain in many ways; visalign in one."""
    # Less than this and OpenBLAS waits for memory without end: it must not be loaded at all.
    for megabytes in (200, 450):
        script = (
            "import resource, sys\n"
            f"resource.setrlimit(resource.RLIMIT_AS, ({megabytes} << 20, resource.RLIM_INFINITY))\n"
            "from visalign.cli import main\n"
            "main(sys.argv[1:])"
        )
        command = [sys.executable, "-c", script, "check", *spoken]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 3, done
        assert done.stderr.startswith("visalign: there was not enough memory")


# --- clock -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [86_400.0, -1e9])
def test_a_clock_that_jumps_changes_nothing(
    warm: Warm, spoken: tuple[str, ...], tmp_path: Path, seconds: float
) -> None:
    """At each look the clock on the wall is a day before or behind: the same bytes, no clip out of time, no negative
    durations."""
    command = ("check", *spoken, "-q", "--json", "r.json")
    for name, fault in (("plain", {}), ("jumping", {"clock": seconds})):
        (tmp_path / name).mkdir()
        assert warm.run(*command, cwd=tmp_path / name, fault=fault).code == 1
    assert tree(tmp_path / "plain") == tree(tmp_path / "jumping")


@pytest.mark.slow
def test_a_batch_and_its_status_under_a_clock_that_jumps(warm: Warm, spoken: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    shutil.copy(spoken[0], tmp_path / "clips" / "a.mp4")
    (tmp_path / "clips" / "a.txt").write_text(spoken[2], encoding="utf-8")
    fault = {"clock": -1e9}
    batch = ("batch", "clips", "--out", "out", "-j", "1", "--time-limit", "100", "--json-lines")
    ended = warm.run(*batch, cwd=tmp_path, fault=fault)
    assert ended.code == 1, ended
    events = [json.loads(line) for line in ended.out.splitlines()]
    assert events[-1]["done"] == 1
    assert all(0 <= x["seconds"] < 100 and (x["rate"] or 0) >= 0 for x in events)
    ended = warm.run("status", "out", "--json", cwd=tmp_path, fault=fault)
    assert ended.code == 0, ended
    assert json.loads(ended.out)["done"] == 1


# --- parts -----------------------------------------------------------------------------------------------------

# Package, a command that needs it, and what is said.
PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "plot": (("matplotlib",), ("plot", "tracks", "report.json", "-o", "p.png"), 'pip install "visalign[plot]"'),
    "plot (overlay)": (
        ("matplotlib",),
        ("overlay", "clip.mp4", "--json", "report.json", "-o", "o.mp4"),
        'pip install "visalign[plot]"',
    ),
    "tune": (("optuna",), ("tune", "clips", "--out", "out", "--budget", "3"), 'pip install "visalign[tune]"'),
    "parquet": (("pyarrow",), ("batch", "clips", "--out", "out", "--parquet"), 'pip install "visalign[parquet]"'),
    "dask": (
        ("distributed", "dask"),
        ("batch", "clips", "--out", "out", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1"),
        'pip install "visalign[dask]"',
    ),
    "vad": (("webrtcvad",), ("vad", "clip.mp4", "--detector", "webrtc", "-o", "v.csv"), 'pip install "visalign[vad]"'),
    "quality": (
        ("pesq", "pystoi"),
        ("enhance", "clip.mp4", "out.wav", "--chain", "highpass", "--clean", "clip.mp4"),
        'pip install "visalign[quality]"',
    ),
    "lipread": (
        ("jiwer",),
        ("lipread", "clip.mp4", "--grammar", "grid", "--text", "bin blue at f two now"),
        'pip install "visalign[lipread]"',
    ),
    "demo": (("espeakng_loader",), ("demo", "--out", "out"), "pip install visalign[demo]"),
    "a needed one (dlib)": (("dlib",), ("check", "clip.mp4", "-q"), "pip install dlib-bin"),
    "mfa": ((), ("align", "clip.mp4", "--text", "now", "--aligner", "mfa", "--mfa", "nowhere/mfa"), "conda"),
}


@pytest.mark.parametrize(
    "part", [pytest.param(x, marks=[pytest.mark.slow] if x.startswith("plot") else []) for x in PARTS]
)
def test_a_part_that_is_not_installed(warm: Warm, spoken: tuple[str, ...], tmp_path: Path, part: str) -> None:
    """Exit code 3, one line that tells how to get it; nothing is written before that."""
    packages, command, says = PARTS[part]
    shutil.copy(spoken[0], tmp_path / "clip.mp4")
    (tmp_path / "clips").mkdir()
    for n in range(4):
        shutil.copy(spoken[0], tmp_path / "clips" / f"{n}.mp4")
        (tmp_path / "clips" / f"{n}.txt").write_text(spoken[2], encoding="utf-8")
    (tmp_path / "cascade.toml").write_text('[lips]\ndetector = "cascade"\n', encoding="utf-8")
    if "report.json" in command:
        assert warm.run("check", "clip.mp4", *spoken[1:], "-q", "--json", "report.json", cwd=tmp_path).code == 1
    before = set(tree(tmp_path))
    ended = warm.run(*command, cwd=tmp_path, fault={"missing": list(packages)})
    if part == "quality":  # it measures more where they are, and does its work where they are not
        assert ended.code == 0, ended
        assert says in ended.err
        return
    assert ended.code == 3, ended
    assert says in ended.complaint
    new = {x for x in set(tree(tmp_path)) - before if not x.startswith(("out/lips/", "out/ledger"))}
    assert not new


@pytest.mark.parametrize("package", ["yaml", "pocketsphinx"])
def test_a_needed_part_that_is_gone(spoken: tuple[str, ...], package: str) -> None:
    """What can't be missing after an installation is missing all the same: one line."""
    script = f"import sys; sys.modules[{package!r}] = None; from visalign.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", script, "check", *spoken, "-q"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 3, done
    assert done.stderr.startswith("visalign: ")
    assert "pip install" in done.stderr
    assert "Traceback" not in done.stderr


def test_opencv_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    cascade_detector._cascade.cache_clear()
    with pytest.raises(BackendUnavailable, match=r'pip install "visalign\[opencv\]"'):
        cascade_detector._cascade()


@pytest.mark.slow
def test_what_is_optional_is_not_needed(warm: Warm, spoken: tuple[str, ...], tmp_path: Path) -> None:
    """A check without any of the optional libraries gives the same bytes; the doctor names them all."""
    optional = ["matplotlib", "optuna", "sqlalchemy", "cv2", "pesq", "pystoi", "jiwer", "pyarrow", "distributed"]
    optional += ["dask", "espeakng_loader", "webrtcvad", "playwright", "PIL"]
    for name, fault in (("all", {}), ("none", {"missing": optional})):
        (tmp_path / name).mkdir()
        command = ("check", *spoken, "-q", "--json", "r.json", "--html", "r.html")
        assert warm.run(*command, cwd=tmp_path / name, fault=fault).code == 1
    assert tree(tmp_path / "all") == tree(tmp_path / "none")


@pytest.mark.slow
def test_help_of_every_command_needs_nothing(warm: Warm, tmp_path: Path) -> None:
    names = [x.name or "" for x in app.registered_commands]
    assert len(names) > 20
    for name in names:
        ended = warm.run(name, "--help", cwd=tmp_path)
        assert (ended.code, ended.err) == (0, ""), name


def test_no_browser_is_no_fault() -> None:
    """Pages are files: chromium is for the tests of them alone."""
    assert cold("version", env={"PATH": "/nonexistent"}).code == 0
