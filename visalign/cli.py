"""The command line: arguments in, words and exit codes out. The only room that prints.

Exit codes: 0 done, and in sync where that was asked; 1 done, and a check failed; 2 the command was wrong; 3 an input
could not be analysed, or a result not written; 130 interrupted, 143 ended by `kill`. An error is one line on stderr.

Rooms that load numpy, FFmpeg or dlib are imported inside the commands that need them, or through the lazy names of
``visalign``: ``visalign --help`` answers in a fraction of a second.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

import visalign
from visalign.commands.align import ALIGN_EPILOG, align
from visalign.commands.animate import ANIMATE_EPILOG, animate
from visalign.commands.attach import ATTACH_EPILOG, attach
from visalign.commands.batch import BATCH_EPILOG, STATUS_EPILOG, batch, status
from visalign.commands.compare import COMPARE_EPILOG, compare
from visalign.commands.corpus import CORPUS_EPILOG, corpus
from visalign.commands.enhance import ENHANCE_EPILOG, VAD_EPILOG, enhance, vad
from visalign.commands.evaluate import EVALUATE_EPILOG, evaluate
from visalign.commands.evaluate_alignment import EVALUATE_ALIGNMENT_EPILOG, evaluate_alignment
from visalign.commands.explain import EXPLAIN_EPILOG, explain
from visalign.commands.export import EXPORT_EPILOG, export
from visalign.commands.fix import FIX_EPILOG, fix
from visalign.commands.lipread import LIPREAD_EPILOG, lipread
from visalign.commands.live import LIVE_EPILOG, live
from visalign.commands.maps import maps_app
from visalign.commands.merge import MERGE_EPILOG, merge
from visalign.commands.mfa import MFA_EPILOG, mfa
from visalign.commands.observe import OBSERVE_EPILOG, observe
from visalign.commands.options import Profile, Strict, chosen_settings, said
from visalign.commands.overlay import OVERLAY_EPILOG, overlay
from visalign.commands.page import PAGE_EPILOG, page
from visalign.commands.plot import PLOT_EPILOG, plot
from visalign.commands.preview import PREVIEW_EPILOG, preview
from visalign.commands.ratings import ratings_app
from visalign.commands.train import TRAIN_EPILOG, train
from visalign.commands.tune import TUNE_EPILOG, tune
from visalign.commands.watch import WATCH_EPILOG, watch
from visalign.console import (
    facts_table,
    findings_table,
    judged_parts,
    progress_line,
    screen,
    signed_ms,
    styled_summary,
)
from visalign.errors import ConfigError, VisalignError
from visalign.limits import raise_limits
from visalign.outputs import legible, spare

if TYPE_CHECKING:
    from visalign.report import ClipReport

__all__ = ["app", "main"]

DONE, CHECK_FAILED, USAGE, NOT_ANALYSED = 0, 1, 2, 3

STDOUT = Path("-")

DEMO_TOLERANCE_SECONDS = 0.02  # what the demo calls a success: half a frame at 25 frames a second

_EXIT_CODES = (
    "Exit codes: 0 done and in sync · 1 done, a check failed · 2 wrong usage · 3 an input could not be analysed"
)

_CHECK_EPILOG = (
    'visalign check clip.mp4 --text "bin blue at f two now"\n\n'
    "visalign check clip.mp4 --audio dub.wav --transcript dub.txt --csv words.csv --textgrid clip.TextGrid\n\n"
    "visalign check episode.mp4 --transcript episode.srt    (each cue aligned in its own time)\n\n"
    "visalign check clip.mp4 --alignment corrected.TextGrid    (words and phones as they stand there)\n\n"
    "visalign check clip.mp4 --transcript clip.txt --html clip.html\n\n"
    "visalign check dub.mp4 --transcript dub.txt --grammar lines.txt    (and how readable the lips are)\n\n"
    "visalign check clip.mp4 --transcript clip.txt --profile film --strict    (other limits; in doubt uncertain)\n\n"
    "visalign check clip.mp4 --json - | jq .sync.lead_seconds\n\n"
    "Without a transcript the phones are recognised: offset and confidence, but no words.\n\n" + _EXIT_CODES
)
_DEMO_EPILOG = "visalign demo --lead -120 --out late_demo"

app = typer.Typer(
    name="visalign",
    help="Compare what is heard with what the lips show: audio/video offset and sync, word by word.",
    epilog=(
        "Start with [bold]visalign demo[/bold], then\n\n"
        'visalign check clip.mp4 --text "bin blue at f two now"\n\n' + _EXIT_CODES
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Transcript = Annotated[
    Path | None,
    typer.Option("--transcript", "-t", help="What is said: text, SRT, WebVTT, TextGrid, EAF."),
]
Text = Annotated[str | None, typer.Option("--text", help="What is said, in quotes.")]
Lexicon = Annotated[Path | None, typer.Option(help="Pronunciations of your own: a line each, word, then its phones.")]
Map = Annotated[str | None, typer.Option("--map", help="Viseme map: a name (see `visalign maps list`) or a TOML file.")]
Model = Annotated[Path | None, typer.Option(help="Lip model made by `visalign train`, in place of the shipped one.")]
Settings = Annotated[Path | None, typer.Option("--config", help="TOML file with settings.")]
Face = Annotated[int | None, typer.Option(help="Number of the face to judge, where the clip shows several.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors; the exit code tells.")]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and end the process with its exit code."""
    _prepare_process()
    # What the user names stays, even if a killed run has left it; ``--alignment=file`` is one word.
    spare(*(word.rpartition("=")[2] for word in (sys.argv[1:] if arguments is None else arguments)))
    try:
        try:
            app(args=arguments, prog_name="visalign")
        finally:
            sys.stdout.flush()  # what can't be written any more is told now, not by Python at its end
    except ConfigError as error:
        _fail(error, USAGE)
    except VisalignError as error:
        _fail(error, NOT_ANALYSED)
    except BrokenPipeError:
        _let_go_of_stdout()
        sys.exit(CHECK_FAILED)
    except ModuleNotFoundError as error:
        _fail(f"a part of visalign is missing ({error}). {_INSTALL}", NOT_ANALYSED)
    except ImportError as error:
        _fail(f"a library can't be loaded ({error}). If memory is short: {_LESS_MEMORY}. Else {_INSTALL}", NOT_ANALYSED)
    except (MemoryError, SystemError):  # the latter comes from libraries that do not look after their memory
        _fail(f"there was not enough memory. {_LESS_MEMORY}", NOT_ANALYSED)
    except OSError as error:
        _let_go_of_stdout()
        where = "the output" if error.filename is None else error.filename
        _fail(f"{where}: the system refused it ({error.strerror or error})", NOT_ANALYSED)
    sys.exit(DONE)


_LESS_MEMORY = "Close other programs, raise the limit of this process (ulimit -v), or scale the picture down"
_INSTALL = "Install visalign anew: pip install --force-reinstall visalign"


def _fail(error: VisalignError | str, code: int) -> NoReturn:
    # One line, whatever is in a file name or in the output of another program; no control characters either.
    line = "".join(c if c.isprintable() else " " for c in legible(str(error)))
    print(f"visalign: {' '.join(line.split())}", file=sys.stderr)
    sys.exit(code)


def _prepare_process() -> None:
    # A stream that was closed by whoever started this: the next file to be opened would take its place, and get what
    # libraries print.
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(descriptor, "w" if descriptor else "r", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that can't show "–" shows "?" instead of a traceback
    if threading.current_thread() is threading.main_thread():
        for number in _ENDING_SIGNALS:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _end)


# A terminal that is closed, `kill`, a machine that shuts down. (SIGINT is Python's KeyboardInterrupt.)
_ENDING_SIGNALS = [getattr(signal, name) for name in ("SIGHUP", "SIGTERM") if hasattr(signal, name)]


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    # An exit like others, so that drafts are removed and programs that were started are ended; a second one kills.
    signal.signal(number, signal.SIG_DFL)
    sys.exit(128 + number)


def _let_go_of_stdout() -> None:
    # Nobody reads it (`head`, a closed pager), or its disk is full: Python would complain when it flushes at its end.
    with contextlib.suppress(OSError, ValueError):  # a stream of another program has no descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# --- check ----------------------------------------------------------------------------------------------------


def check(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="Clip with a face that speaks.")],
    audio: Annotated[Path | None, typer.Option(help="Check this sound instead of the clip's own.")] = None,
    transcript: Transcript = None,
    text: Text = None,
    alignment: Annotated[
        Path | None, typer.Option(help="Words and phones that are aligned already: TextGrid, EAF, CTM, JSON, CSV.")
    ] = None,
    speaker: Annotated[str | None, typer.Option(help="Whose words, where several people speak.")] = None,
    recognise: Annotated[
        str | None, typer.Option(help="Without a transcript: phones (the default) or words, by a language model.")
    ] = None,
    lexicon: Lexicon = None,
    oov: Annotated[str | None, typer.Option(help="Words that no lexicon holds: error, g2p (guess) or skip.")] = None,
    viseme_map: Map = None,
    model: Model = None,
    config: Settings = None,
    face: Face = None,
    track: Annotated[
        int | None,
        typer.Option(help="Index of the sound's stream, where there are several; the default one otherwise."),
    ] = None,
    enhancement: Annotated[
        str, typer.Option("--enhance", help="Clear the sound first: auto (where noise makes that worth it) or a chain.")
    ] = "off",
    max_lag: Annotated[
        float | None, typer.Option(help="Search the offset within ± this many seconds (0.6; up to 600).")
    ] = None,
    profile: Profile = None,
    strict: Strict = False,
    grammar: Annotated[
        str | None, typer.Option(help="Read words off the lips too: what may be said, JSGF, sentences, or 'grid'.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the report as JSON; - for stdout.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the words as CSV.")] = None,
    segments: Annotated[
        Path | None, typer.Option(help="Write words, phones, phrases and windows of 1 s, with all measures, as CSV.")
    ] = None,
    textgrid: Annotated[Path | None, typer.Option(help="Write the tiers as a Praat TextGrid.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with a player, that opens offline.")] = None,
    quiet: Quiet = False,
) -> None:
    """Tell whether sound and lips of a clip are in sync: the offset, and every word; of a long one every cue or phrase,
    and of a very long one where it is not in sync.
    """
    to_stdout = json == STDOUT
    inputs = (video, audio, transcript, alignment, lexicon, model, config)
    outputs = _checked_outputs({".json": None if to_stdout else json, ".csv": csv, ".TextGrid": textgrid}, inputs)
    pages, tables = _checked_outputs({".html": html}, inputs), _checked_outputs({".csv": segments}, inputs)
    settings = chosen_settings(
        config,
        lexicon=lexicon,
        oov=oov,
        recognise=recognise,
        viseme_map=viseme_map,
        max_lag=max_lag,
        profile=profile,
        strict=strict,
    )
    spoken = said(text, transcript)
    with progress_line(enabled=not quiet) as progress:
        chain = None if enhancement == "off" else enhancement
        report = visalign.check(
            video,
            spoken,
            alignment=alignment,
            speaker=speaker,
            audio=audio,
            model=model,
            config=settings,
            enhancement=chain,
            evidence=bool(pages),
            details=("word", "phone", "phrase", "window") if tables else (),
            face=face,
            track=track,
            grammar=grammar,
            progress=progress,
        )
        for path in pages:
            progress("writing the page", None)
            report.write(path)
    for path in outputs:
        report.write(path)
    for path in tables:
        report.write_details(path)
    if to_stdout:
        _print_json(report)
    if not quiet:
        _show(report, [*outputs, *tables, *pages], stderr=to_stdout)
    raise typer.Exit(DONE if report.sync.verdict == "in-sync" else CHECK_FAILED)


def _checked_outputs(wanted: Mapping[str, Path | None], inputs: Iterable[Path | None]) -> list[Path]:
    # Loads numpy and praatio.
    from visalign.text_files import check_output

    present = [path for path in inputs if path is not None]
    return [
        check_output(path, suffixes=(suffix,), inputs=present) for suffix, path in wanted.items() if path is not None
    ]


def _print_json(report: ClipReport) -> None:
    # Loads numpy and praatio, which the report has loaded already.
    from visalign.text_files import format_json

    sys.stdout.write(format_json(report.to_dict()))
    sys.stdout.flush()


def _show(report: ClipReport, outputs: Sequence[Path], *, stderr: bool = False) -> None:
    console = screen(stderr=stderr)
    console.print(styled_summary(report))
    if len(report.segments):
        console.print(judged_parts(report))
    elif report.clip.transcript is None:
        console.print("No transcript was given: phones were recognised, so there are no words to judge.")
    _show_warnings(report.warnings, stderr=stderr)
    for model in report.clip.models:
        console.print(f"Model: {model.name} ({model.licence})", style="dim")
    _show_written(outputs, stderr=stderr)


def _show_warnings(warnings: Iterable[str], *, stderr: bool = False) -> None:
    for warning in warnings:
        screen(stderr=stderr).print(f"Warning: {warning}", style="yellow")


def _show_written(outputs: Iterable[Path], *, stderr: bool = False) -> None:
    for path in outputs:
        # Not wrapped: a path that is broken over two lines can't be copied.
        screen(stderr=stderr).print(f"Wrote {path}", soft_wrap=True)


# --- doctor, demo, version ------------------------------------------------------------------------------------


def doctor() -> None:
    """What is installed, under which licence, what is missing and how to get it."""
    findings = visalign.diagnose()
    console = screen()
    console.print(findings_table(findings))
    faults = [finding.name for finding in findings if finding.is_fault]
    console.print(f"visalign can't work: see {', '.join(faults)}." if faults else "visalign can work.", style="bold")
    raise typer.Exit(CHECK_FAILED if faults else DONE)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the clip and its reports.")] = Path("demo"),
    lead: Annotated[float, typer.Option(help="How early the audio is made, in ms (negative: late).")] = 83.0,
) -> None:
    """Make a clip with a known audio offset, check it, and print truth beside measurement."""
    # Here, like everything that a command needs: --help loads nothing of it.
    from visalign.outputs import made_folder

    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(progress_line())
        progress("making a clip: speech and a drawn face", None)
        made_folder(out)
        truth = visalign.generate_clip(out / "clip.mp4", lead_seconds=lead / 1000)
        report = visalign.check(truth.path, truth.transcript, evidence=True, progress=progress)
        progress("writing the page", None)
        html = report.write(out / "report.html")
    written = [report.write(out / name) for name in ("report.json", "words.csv", "clip.TextGrid")]
    _show(report, [truth.path, *written, html])
    measured = report.sync.lead_seconds
    error = None if measured is None else measured - truth.lead_seconds
    rows = [("truth", signed_ms(truth.lead_seconds)), ("measured", signed_ms(measured)), ("error", signed_ms(error))]
    screen().print(facts_table(("audio lead", ">ms (+ = early)"), rows))
    screen().print(f"Open in a browser: {html.resolve().as_uri()}", style="bold", soft_wrap=True)
    is_right = error is not None and abs(error) <= DEMO_TOLERANCE_SECONDS
    raise typer.Exit(DONE if is_right else CHECK_FAILED)


def version() -> None:
    """The version of visalign."""
    print(visalign.__version__)


def _print_version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    limits: Annotated[
        list[str] | None,
        typer.Option("--max", help="Raise a limit on inputs that you trust: seconds=100k, pixels=200M; repeatable."),
    ] = None,
) -> None:
    raise_limits(limits or ())
    if context.invoked_subcommand != "version":
        _refuse_too_little_memory()


_LEAST_ADDRESS_SPACE = 700 << 20  # with 1 GB a short clip is checked; with 0.5 GB OpenBLAS waits for memory for ever


def _refuse_too_little_memory() -> None:
    with contextlib.suppress(ImportError, AttributeError, OSError):  # Windows has no such limit
        # Not on every system.
        import resource

        most = resource.getrlimit(resource.RLIMIT_AS)[0]
        if most != resource.RLIM_INFINITY and most < _LEAST_ADDRESS_SPACE:
            raise MemoryError


# --- the commands, as `visalign --help` lists them ----------------------------------------------------------------

_PANELS: Mapping[str, tuple[tuple[str, Callable[..., None], str | None], ...]] = {
    "Start here": (
        ("demo", demo, _DEMO_EPILOG),
        ("check", check, _CHECK_EPILOG),
        ("explain", explain, EXPLAIN_EPILOG),
        ("doctor", doctor, None),
        ("version", version, None),
    ),
    "Show it": (
        ("overlay", overlay, OVERLAY_EPILOG),
        ("plot", plot, PLOT_EPILOG),
        ("live", live, LIVE_EPILOG),
    ),
    "Put it right": (
        ("fix", fix, FIX_EPILOG),
        ("attach", attach, ATTACH_EPILOG),
        ("enhance", enhance, ENHANCE_EPILOG),
    ),
    "Many clips": (
        ("batch", batch, BATCH_EPILOG),
        ("status", status, STATUS_EPILOG),
        ("page", page, PAGE_EPILOG),
        ("merge", merge, MERGE_EPILOG),
        ("watch", watch, WATCH_EPILOG),
        ("compare", compare, COMPARE_EPILOG),
        ("corpus", corpus, CORPUS_EPILOG),
    ),
    "Speech": (
        ("align", align, ALIGN_EPILOG),
        ("mfa", mfa, MFA_EPILOG),
        ("evaluate-alignment", evaluate_alignment, EVALUATE_ALIGNMENT_EPILOG),
        ("vad", vad, VAD_EPILOG),
    ),
    "Lips": (
        ("observe", observe, OBSERVE_EPILOG),
        ("lipread", lipread, LIPREAD_EPILOG),
    ),
    "Animation": (
        ("export", export, EXPORT_EPILOG),
        ("preview", preview, PREVIEW_EPILOG),
        ("animate", animate, ANIMATE_EPILOG),
    ),
    "Measure, learn, tune": (
        ("evaluate", evaluate, EVALUATE_EPILOG),
        ("tune", tune, TUNE_EPILOG),
        ("train", train, TRAIN_EPILOG),
    ),
}

for _panel, _commands in _PANELS.items():
    for _name, _command, _epilog in _commands:
        app.command(_name, epilog=_epilog, rich_help_panel=_panel)(_command)
app.add_typer(maps_app, name="maps", rich_help_panel="Lips")
app.add_typer(ratings_app, name="ratings", rich_help_panel="Measure, learn, tune")
