"""The command line: what is printed, what is written, and the exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from praatio import textgrid
from sample_report import CLIP, EARLY, ROWS, WORDS, judged, make_report
from typer.testing import CliRunner

import visalign
from visalign import cli
from visalign.face.generated_clip import GeneratedClip
from visalign.reports.clip_report import ClipReport
from visalign.sync.verdict import SyncEstimate
from visalign.timeline import Tier

IN_SYNC = SyncEstimate(0.004, (-0.01, 0.018), 0.97, "in-sync")


def run(*arguments: str | Path) -> int:
    """Run a command in this process and return its exit code."""
    with pytest.raises(SystemExit) as end:
        cli.main([str(x) for x in arguments])
    code = end.value.code
    return code if isinstance(code, int) else 0 if code is None else 1


@pytest.fixture
def beside_clips(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """In a folder with a clip.mpg and a dub.wav, which nobody reads."""
    folder = tmp_path_factory.mktemp("clips")
    for name in ("clip.mpg", "dub.wav"):
        (folder / name).write_bytes(b"of no account")
    monkeypatch.chdir(folder)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, beside_clips: None) -> dict[str, Any]:
    """`visalign.check` gives a hand-made report; what it was asked is kept here, and `report` is what it gives."""
    seen: dict[str, Any] = {"report": make_report()}

    def check(video: Path, transcript: str | None, **options: Any) -> ClipReport:
        seen.update(video=video, transcript=transcript, **options)
        report: ClipReport = seen["report"]
        return report

    monkeypatch.setitem(vars(visalign), "check", check)
    return seen


# --- what is said ------------------------------------------------------------------------------------------------


def test_check_prints_sign_remedy_interval_and_confidence(asked: dict[str, Any], capsys: Any) -> None:
    assert run("check", "clip.mpg", "--text", "bin blue") == 1
    out = capsys.readouterr().out
    assert out.startswith("Audio is 83 ms early. To fix, delay the audio by 83 ms. That is 2.1 frames at 25 fps.\n")
    assert "95 % interval: from 61 ms early to 105 ms early. Confidence 0.93." in out
    assert "Warning: few frames" in out
    assert "dlib 68-point face landmarks (no commercial use)" in out


def test_check_prints_a_row_a_word_and_marks_the_worst(asked: dict[str, Any], capsys: Any) -> None:
    run("check", "clip.mpg", "--text", "bin blue")
    lines = capsys.readouterr().out.splitlines()
    blue = next(line for line in lines if line.startswith(" blue"))
    bin_ = next(line for line in lines if line.startswith(" bin"))
    assert " ".join(bin_.split()) == (
        "bin 0.30–0.70 B IH N lips together, lips relaxed, tongue up or down (C I J) lips together, lips relaxed (C I) "
        "80% +71 +1.8 0.75 0.97 audio-early"
    )
    assert " ".join(blue.split()) == (
        "blue 0.70–1.10 B L UW lips together, tongue up or down, lips puckered (C J B) "
        "lips relaxed, lips puckered (I B) - - - 0.25 - uncertain <- worst"
    )


@pytest.mark.parametrize(
    ("columns", "headings"),
    [
        (80, "word start–end s audio lead ms frames verdict"),
        (120, "word start–end s phones viseme accuracy audio lead ms frames score in step verdict"),
        (160, "word start–end s phones expected observed viseme accuracy audio lead ms frames score in step verdict"),
    ],
)
def test_a_narrow_terminal_gets_fewer_columns(columns: int, headings: str) -> None:
    from rich.console import Console

    from visalign.commands.console import words_table

    console = Console(width=columns, record=True, file=io.StringIO())
    table = words_table(make_report(), columns)
    console.print(table)
    lines = console.export_text().splitlines()
    assert " ".join(str(column.header) for column in table.columns).strip() == headings
    assert max(map(len, lines)) <= columns
    if columns < 150:
        rows = [line for line in lines if line.strip() and "─" not in line]
        assert len(rows) == 1 + len(make_report().judged_words), "no row is broken"


def test_nothing_is_the_worst_where_all_is_well(asked: dict[str, Any], capsys: Any) -> None:
    asked["report"] = make_report(judged_words=tuple(replace(x, verdict="in-sync") for x in make_report().judged_words))
    run("check", "clip.mpg", "--text", "bin blue")
    assert "worst" not in capsys.readouterr().out


def test_a_missing_sound_is_told_with_the_options_that_there_are(
    monkeypatch: pytest.MonkeyPatch, beside_clips: None, capsys: Any
) -> None:
    def check(*_: Any, **__: Any) -> ClipReport:
        raise visalign.MissingStream("clip.mpg", "audio")

    monkeypatch.setitem(vars(visalign), "check", check)
    assert run("check", "clip.mpg", "--text", "x") == 3
    assert "--audio FILE" in capsys.readouterr().err
    assert run("fix", "clip.mpg", "--text", "x") == 3
    assert "--audio" not in capsys.readouterr().err


def test_a_setting_of_a_file_is_called_by_its_name_there(asked: dict[str, Any], capsys: Any, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[alignment]\noov = 'gtp'\n")
    assert run("check", "clip.mpg", "--config", tmp_path / "c.toml") == 2
    told = capsys.readouterr().err
    assert "alignment.oov" in told
    assert "Did you mean g2p?" in told
    assert "--oov" not in told


def test_a_single_word_is_not_the_worst_of_anything(asked: dict[str, Any], capsys: Any) -> None:
    asked["report"] = make_report(judged_words=judged(ROWS[0]))
    run("check", "clip.mpg", "--text", "bin")
    assert "worst" not in capsys.readouterr().out


def test_words_that_look_like_markup_are_words(asked: dict[str, Any], capsys: Any) -> None:
    words = WORDS.relabel({"": "", "bin": "[red]", "blue": ":smile:"}.__getitem__)
    rows = [("[red]", *ROWS[0][1:]), (":smile:", *ROWS[1][1:])]
    asked["report"] = make_report(words=words, judged_words=judged(*rows), warnings=("[bold]odd[/bold]",))
    run("check", "clip.mpg", "--text", "x")
    out = capsys.readouterr().out
    assert "[red]" in out
    assert ":smile:" in out
    assert "Warning: [bold]odd[/bold]" in out


def test_without_a_transcript_it_says_that_phones_were_recognised(asked: dict[str, Any], capsys: Any) -> None:
    words = Tier("words", (0.0, 3.0), ("",))
    asked["report"] = make_report(clip=replace(CLIP, transcript=None), words=words, judged_words=judged())
    run("check", "clip.mpg")
    out = capsys.readouterr().out
    assert asked["transcript"] is None
    assert "phones were recognised" in out
    assert "viseme accuracy" not in out


def test_quiet_prints_nothing(asked: dict[str, Any], capsys: Any, tmp_path: Path) -> None:
    assert run("check", "clip.mpg", "--text", "x", "--quiet", "--csv", tmp_path / "out.csv") == 1
    assert capsys.readouterr() == ("", "")
    assert (tmp_path / "out.csv").exists()


# --- exit codes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sync", "code"),
    [
        (IN_SYNC, 0),
        (EARLY, 1),
        (replace(EARLY, lead_seconds=-0.083, verdict="audio-late"), 1),
        (SyncEstimate(None, None, 0.0, "uncertain", "no speech"), 1),
        (SyncEstimate(0.1, None, 0.1, "mismatched", "other words"), 1),
    ],
)
def test_only_in_sync_is_zero(asked: dict[str, Any], sync: SyncEstimate, code: int) -> None:
    asked["report"] = make_report(sync=sync)
    assert run("check", "clip.mpg", "--text", "x") == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (visalign.MediaError("clip.mpg", "there is no such file", "Check the name."), 3),
        (visalign.MissingStream("clip.mpg", "audio"), 3),
        (visalign.FaceNotFound("clip.mpg", 0.1), 3),
        (visalign.OutOfVocabulary(["xyzzy", "plugh"]), 3),
        (visalign.AlignmentError("transcript and audio do not fit"), 3),
        (visalign.BackendFailed("MFA", ["mfa", "align"], "line one\nline two\x1b[31m"), 3),
        (visalign.OutputError("out.csv", "the disk is full"), 3),
        (visalign.ConfigError("viseme_map", "nope", ("a", "b")), 2),
    ],
)
def test_an_error_is_one_line_and_a_code(
    monkeypatch: pytest.MonkeyPatch,
    beside_clips: None,
    capsys: Any,
    tmp_path: Path,
    error: visalign.VisalignError,
    code: int,
) -> None:
    def check(*arguments: Any, **options: Any) -> ClipReport:
        raise error

    monkeypatch.setitem(vars(visalign), "check", check)
    assert run("check", "clip.mpg", "--text", "x", "--json", tmp_path / "out.json") == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("visalign: ")
    assert err.count("\n") == 1
    assert "\x1b" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "clip.mpg", "--txt", "x"],
        ["no-such-command"],
        ["demo", "--lead", "soon"],
    ],
)
def test_wrong_usage_is_two(arguments: list[str], capsys: Any) -> None:
    assert run(*arguments) == 2
    assert capsys.readouterr().err


def test_text_and_transcript_together_are_wrong_usage(asked: dict[str, Any], capsys: Any, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("bin blue")
    assert run("check", "clip.mpg", "--text", "x", "--transcript", tmp_path / "t.txt") == 2
    assert "not both" in capsys.readouterr().err


# --- what is handed on -------------------------------------------------------------------------------------------


def test_options_reach_the_check(asked: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("bin blue\n")
    (tmp_path / "c.toml").write_text("[lips]\ndetect_every = 7\n[sync]\nviseme_map = 'neti_2000'\n")
    options = ["--transcript", tmp_path / "t.txt", "--config", tmp_path / "c.toml", "--map", "lee_yook_2002"]
    run("check", "clip.mpg", *options, "--audio", "dub.wav", "--lexicon", "names.dict")
    assert asked["video"] == Path("clip.mpg")
    assert asked["transcript"].strip() == "bin blue"
    assert asked["audio"] == Path("dub.wav")
    settings = asked["config"]
    assert settings.lips.detect_every == 7
    assert settings.sync.viseme_map == "lee_yook_2002"  # the option beats the file
    assert settings.alignment.lexicon == "names.dict"


def test_profile_and_strict_reach_the_check(asked: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[verdict]\nprofile = "film"\nmax_lag_seconds = 0.3\nstrict = true\n')
    run("check", "clip.mpg", "--text", "x", "--strict")
    assert (asked["config"].verdict.name, asked["config"].verdict.strict) == ("ebu_r37", True)
    run("check", "clip.mpg", "--text", "x", "--profile", "itu_bt1359")
    assert (asked["config"].verdict.name, asked["config"].verdict.strict) == ("itu_bt1359", False)
    run("check", "clip.mpg", "--text", "x", "--config", tmp_path / "c.toml")
    assert (asked["config"].verdict.limits, asked["config"].verdict.strict) == ((0.022, 0.3), True)
    # A profile on the command line brings its limits, and a file's strictness stays.
    run("check", "clip.mpg", "--text", "x", "--config", tmp_path / "c.toml", "--profile", "atsc_is191")
    assert (asked["config"].verdict.limits, asked["config"].verdict.strict) == ((0.015, 0.045), True)
    assert run("check", "clip.mpg", "--text", "x", "--profile", "ebu") == 2


def test_a_bad_setting_stops_before_the_work(asked: dict[str, Any], capsys: Any, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[lips]\ndetect_evry = 7\n")
    assert run("check", "clip.mpg", "--config", tmp_path / "c.toml") == 2
    assert "did you mean detect_every" in capsys.readouterr().err
    assert "video" not in asked


def test_a_missing_transcript_file_is_an_input_error(asked: dict[str, Any], capsys: Any, tmp_path: Path) -> None:
    assert run("check", "clip.mpg", "--transcript", tmp_path / "none.txt") == 3
    assert "none.txt" in capsys.readouterr().err
    assert "video" not in asked


# --- what is written ---------------------------------------------------------------------------------------------


def test_check_writes_what_was_asked_and_says_where(asked: dict[str, Any], capsys: Any, tmp_path: Path) -> None:
    paths = {"--json": tmp_path / "o.json", "--csv": tmp_path / "o.csv", "--textgrid": tmp_path / "o.TextGrid"}
    run("check", "clip.mpg", "--text", "x", *(part for pair in paths.items() for part in pair))
    out = capsys.readouterr().out
    assert sorted(tmp_path.iterdir()) == sorted(paths.values())
    for path in paths.values():
        assert f"Wrote {path}\n" in out
    assert json.loads(paths["--json"].read_text()) == asked["report"].to_dict()
    with paths["--csv"].open(newline="") as file:
        assert [row["word"] for row in csv.DictReader(file)] == ["bin", "blue"]


def test_json_to_stdout_is_nothing_but_json(asked: dict[str, Any], capsys: Any) -> None:
    run("check", "clip.mpg", "--text", "x", "--json", "-")
    out, err = capsys.readouterr()
    assert json.loads(out) == asked["report"].to_dict()
    assert err.startswith("Audio is 83 ms early.")


def test_an_impossible_output_is_refused_before_the_work(asked: dict[str, Any], capsys: Any, tmp_path: Path) -> None:
    clip = tmp_path / "clip.csv"
    clip.write_text("precious")
    assert run("check", clip, "--text", "x", "--csv", clip) == 3
    assert "one of the inputs" in capsys.readouterr().err
    assert run("check", clip, "--text", "x", "--csv", tmp_path / "none" / "o.csv") == 3
    assert run("check", clip, "--text", "x", "--csv", tmp_path / "o.json") == 2
    assert "video" not in asked
    assert clip.read_text() == "precious"


# --- as a process ------------------------------------------------------------------------------------------------


def process(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "visalign", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=200, **options
    )


def test_help_is_fast_and_loads_nothing_heavy() -> None:
    program = (
        "import sys, visalign.cli\n"
        "heavy = {'numpy', 'pandas', 'av', 'dlib', 'scipy', 'praatio', 'pocketsphinx'} & sys.modules.keys()\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=200).stderr
        == ""
    )


@pytest.mark.parametrize("command", ["", "check", "align", "observe", "train", "maps", "doctor", "demo", "version"])
def test_help_teaches(command: str, capsys: Any) -> None:
    assert run(*command.split(), "--help") == 0
    out = capsys.readouterr().out
    assert "Usage: visalign" in out
    if command in ("", "check"):
        assert 'visalign check clip.mp4 --text "bin blue at f two now"' in out or "visalign demo" in out
        assert "Exit codes" in out


def test_both_ways_to_ask_for_the_version_agree(capsys: Any) -> None:
    assert run("version") == run("--version") == 0
    assert capsys.readouterr().out == f"{visalign.__version__}\n" * 2


def test_every_public_name_can_be_had() -> None:
    for name in visalign.__all__:
        assert getattr(visalign, name) is not None
    assert set(visalign.__all__) <= set(dir(visalign))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = visalign.nonsense  # type: ignore[attr-defined]


def test_a_closed_pipe_is_no_fault() -> None:
    command = f"{shlex.quote(sys.executable)} -m visalign maps show jeffers_1971 | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, timeout=200)
    assert done.stderr == ""


def wait_for_reader(fifo: Path, child: subprocess.Popen[str]) -> int:
    """Open `fifo` for writing as soon as `child` reads it."""
    deadline = time.monotonic() + 60
    while child.poll() is None and time.monotonic() < deadline:
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads yet
            time.sleep(0.05)
    raise AssertionError(f"nobody reads the transcript; the process ended with {child.poll()}")


def interrupt(child: subprocess.Popen[str]) -> str:
    """Send SIGINT and return what `child` said; again if it arrived just before the system call it was to interrupt."""
    for _ in range(5):
        child.send_signal(signal.SIGINT)
        try:
            return child.communicate(timeout=6)[1]
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError("the process goes on after five interruptions")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send")
def test_interrupted_is_130(generated_clip: Any, tmp_path: Path) -> None:
    # A FIFO as the transcript: reading it waits for ever, like a long analysis.
    fifo = tmp_path / "t.txt"
    os.mkfifo(fifo)
    # A shell's background job ignores SIGINT, and so would the child: it is run by a program that puts that right.
    program = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.executable, sys.argv[1:])"
    )
    check = [sys.executable, "-m", "visalign", "check", str(generated_clip.path), "--transcript", str(fifo)]
    command = [sys.executable, "-c", program, *check]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            writer = wait_for_reader(fifo, child)
            time.sleep(0.3)  # it has opened the FIFO; now it reads
            err = interrupt(child)
            os.close(writer)
        finally:
            child.kill()  # whatever went wrong, `with` must not wait for ever
    assert child.returncode == 130
    assert "Traceback" not in err


def test_an_ascii_console_shows_a_question_mark_and_no_traceback() -> None:
    done = process("maps", "show", "jeffers_1971", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")


# --- maps and doctor ---------------------------------------------------------------------------------------------


def test_maps_are_listed_shown_and_compared(capsys: Any) -> None:
    assert run("maps", "list") == 0
    assert "jeffers_1971" in capsys.readouterr().out
    assert run("maps", "show", "jeffers_1971") == 0
    out = capsys.readouterr().out
    assert "lips together" in out
    assert "unlisted: HH" in out
    assert run("maps", "compare", "jeffers_1971", "lee_yook_2002") == 0
    assert "lee_yook_2002 shows alike what jeffers_1971 keeps apart:" in capsys.readouterr().out


def test_an_unknown_map_is_named_with_the_known_ones(capsys: Any) -> None:
    assert run("maps", "show", "jeffers") == 2
    assert "jeffers_1971" in capsys.readouterr().err


def test_a_map_with_faults_is_checked(capsys: Any, tmp_path: Path) -> None:
    good = Path(__file__).parents[2] / "viseme_maps" / "neti_2000.toml"
    assert run("maps", "check", good) == 0
    bad = tmp_path / "bad.toml"
    bad.write_text('id = "bad"\n')
    assert run("maps", "check", bad) == 1
    assert f"{bad}: error" in capsys.readouterr().out
    assert run("maps", "check", tmp_path / "none.toml") == 3


def test_doctor_fails_only_where_something_needed_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from visalign.doctor import Finding

    optional = Finding("MFA", "optional", remedy="use conda")
    monkeypatch.setitem(vars(visalign), "diagnose", lambda: [Finding("numpy", "ok", "2.0"), optional])
    assert run("doctor") == 0
    assert "To get it: use conda" in capsys.readouterr().out
    monkeypatch.setitem(vars(visalign), "diagnose", lambda: [Finding("dlib", "broken", remedy="reinstall"), optional])
    assert run("doctor") == 1
    assert "see dlib" in capsys.readouterr().out


# --- align -------------------------------------------------------------------------------------------------------


def test_align_finds_the_words_of_a_generated_clip(generated_clip: GeneratedClip, capsys: Any, tmp_path: Path) -> None:
    """Its engine has its own accuracy tests; here only that its result is shown and written."""
    paths = [tmp_path / f"a{suffix}" for suffix in (".TextGrid", ".csv", ".json")]
    for path in paths:
        assert run("align", generated_clip.path, "--text", generated_clip.transcript, "-o", path) == 0
    out = capsys.readouterr().out
    assert f"Wrote {paths[0]}" in out
    spoken = [word for word in generated_clip.words if word.label]
    with paths[1].open(newline="") as file:
        rows = list(csv.DictReader(file))
    starts = {row["word"]: float(row["start_seconds"]) for row in reversed(rows)}
    assert starts.keys() == {word.label for word in spoken}
    for word in spoken:
        assert word.label in out
        assert starts[word.label] == pytest.approx(word.start, abs=0.1)  # words are 0.2 s long
    data = json.loads(paths[2].read_text())
    assert [word["label"] for word in data["words"]] == [word.label for word in spoken]
    grid = textgrid.openTextgrid(str(paths[0]), includeEmptyIntervals=False)
    assert [x.label for x in grid.getTier("words").entries] == [word.label for word in spoken]
    assert [x.label for x in grid.getTier("phones").entries] == [row["phone"] for row in rows]


def test_align_without_a_transcript_recognises_phones(
    generated_clip: GeneratedClip, capsys: Any, tmp_path: Path
) -> None:
    assert run("align", generated_clip.path, "-o", tmp_path / "a.json") == 0
    data = json.loads((tmp_path / "a.json").read_text())
    assert data["words"] == []
    assert len(data["phones"]) > 5
    assert " phone " in capsys.readouterr().out


@pytest.mark.parametrize(("text", "says"), [("bin xyzzy two plugh", "xyzzy, plugh"), (" ... ", "transcript is empty")])
def test_align_says_what_is_wrong_with_a_transcript(
    generated_clip: GeneratedClip, capsys: Any, tmp_path: Path, text: str, says: str
) -> None:
    assert run("align", generated_clip.path, "--text", text, "-o", tmp_path / "a.csv") == 3
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert says in err
    assert list(tmp_path.iterdir()) == []


def test_help_lists_every_command_by_its_purpose_and_where_to_start_first() -> None:
    shown = CliRunner().invoke(cli.app, ["--help"], env={"COLUMNS": "200"}).output
    panels = re.findall(r"─ ([A-Z][\w, ]+) ─", shown)
    assert panels[:2] == ["Options", "Start here"]
    assert "Commands" not in panels  # a command without a purpose would stand there
    named = re.findall(r"^│ ([a-z][a-z-]+) ", shown, re.MULTILINE)
    assert named[:2] == ["demo", "check"]
    assert len(named) == len(set(named)) == len(cli.app.registered_commands) + len(cli.app.registered_groups)


# --- the last guard ------------------------------------------------------------------------------------------------

NOBODY_EXPECTED = [
    OverflowError("int too large to convert to float"),
    ZeroDivisionError("division by zero"),
    ValueError("Exceeds the limit (4300 digits)"),
    KeyError("x\x1b[2J\ny"),
    IndexError(),
    RecursionError("maximum recursion depth exceeded"),
    AssertionError(),
    RuntimeError("a" * 100_000),
    StopIteration(),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
]


@pytest.mark.parametrize("error", NOBODY_EXPECTED, ids=lambda error: type(error).__name__)
def test_what_nobody_expected_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, beside_clips: None, capsys: Any, error: Exception
) -> None:
    def check(*_arguments: Any, **_options: Any) -> ClipReport:
        raise error

    monkeypatch.setitem(vars(visalign), "check", check)
    assert run("check", "clip.mpg", "--text", "x") == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(
        f"visalign: this is a fault of visalign {visalign.__version__}, not yours: {type(error).__name__}"
    )
    assert "in commands/check.py:" in err
    assert "Please report it" in err
    assert "VISALIGN_TRACEBACK=1" in err
    assert (err.count("\n"), "\x1b" in err, len(err) < 1000) == (1, False, True)


def test_where_it_happened_is_shown_to_who_asks(
    monkeypatch: pytest.MonkeyPatch, beside_clips: None, capsys: Any
) -> None:
    def check(*_arguments: Any, **_options: Any) -> ClipReport:
        raise ZeroDivisionError("a\x1b[2Jb")

    monkeypatch.setitem(vars(visalign), "check", check)
    monkeypatch.setenv("VISALIGN_TRACEBACK", "1")
    assert run("check", "clip.mpg", "--text", "x") == 3
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last):\n")
    assert "ZeroDivisionError: a\\x1b[2Jb\n" in err
    assert err.splitlines()[-1].startswith("visalign: this is a fault of visalign")


def test_a_thread_that_falls_over_is_one_line(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    run("version")
    thread = threading.Thread(target=lambda: [][0])
    thread.start()
    thread.join()
    err = capsys.readouterr().err
    assert err.startswith("visalign: this is a fault of visalign")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "a\x1b[2J.mp4", "b\x9b2J"],  # one too many
        ["check", "clip.mpg", "--\x1b]0;title\x07", "x"],
        ["che\x1b[2Jck"],
        ["fix", "clip.mpg", "--profile", "\u202egpm."],
        ["check", "no\x1b[2J\nsuch.mp4"],
        ["maps", "check", "no\x9bsuch\u202e.toml"],
        ["check", "clip.mpg", "--text", "x", "--json", "no\x1b[2J\nsuch/out.json"],
    ],
)
def test_what_was_typed_does_nothing_to_the_terminal(arguments: list[str], beside_clips: None, capsys: Any) -> None:
    assert run(*arguments) in (2, 3)
    out, err = capsys.readouterr()
    assert not set(out + err) & set("\x1b\x9b\x07\u202e")


@pytest.mark.parametrize("name", ["a\x1b[2J", "a\x9b2Jb", "a\u202egpm", "a\nWrote secrets", "a\r\x1b]52;c;x\x07"])
def test_names_of_files_do_nothing_to_the_terminal(
    asked: dict[str, Any], capsys: Any, tmp_path: Path, name: str
) -> None:
    """Where it says what it wrote, on a terminal and elsewhere."""
    words = WORDS.relabel({"": "", "bin": name, "blue": "b"}.__getitem__)
    rows = [(name, *ROWS[0][1:]), ("b", *ROWS[1][1:])]
    asked["report"] = make_report(warnings=(f"odd: {name}",), words=words, judged_words=judged(*rows))
    assert run("check", "clip.mpg", "--text", "x", "--csv", tmp_path / f"{name}.csv") == 1
    out, err = capsys.readouterr()
    assert not set(out + err) & set("\x1b\x9b\x07\u202e\r")
    assert not [line for line in out.splitlines() if line.startswith("Wrote secrets")]
    assert sum(line.startswith("Wrote ") for line in out.splitlines()) == 1
