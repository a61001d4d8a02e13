"""The command line: arguments in, words and exit codes out. The only room that prints.

Exit codes: 0 done, and in sync where that was asked; 1 done, and a check failed; 2 the command was wrong; 3 an input
could not be analysed, or a result not written; 130 interrupted, 143 ended by `kill`. An error is one line on stderr.
This is the last guard: what nobody expected is a fault of visalign's own, and one line too. Where it happened is shown
in full if the environment variable :data:`TRACEBACK_VARIABLE` is set.

A command is loaded when it is asked for, and rooms that load numpy, FFmpeg or dlib inside the commands that need them:
``visalign --help`` answers in a fraction of a second, and so does a command that is wrong.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import io
import os
import signal
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from visalign._version import __version__
from visalign.commands.exit_codes import CHECK_FAILED, DONE, INTERRUPTED, NOT_ANALYSED, USAGE
from visalign.errors import INSTALL_ANEW, ConfigError, MissingStream, OutOfVocabulary, VisalignError, quoted
from visalign.files.display import harmless, one_line
from visalign.files.outputs import spare
from visalign.files.standard_output import hand_on

if TYPE_CHECKING:
    import typer

    from visalign.commands.root import Row

__all__ = ["PANELS", "TRACEBACK_VARIABLE", "main"]

# The commands, as `visalign --help` lists them.
PANELS: Mapping[str, tuple[Row, ...]] = {
    "Start here": (
        ("demo", "visalign.commands.demo:demo", "DEMO_EPILOG"),
        ("check", "visalign.commands.check:check", "CHECK_EPILOG"),
        ("explain", "visalign.commands.explain:explain", "EXPLAIN_EPILOG"),
        ("doctor", "visalign.commands.doctor:doctor", ""),
        ("cache", "visalign.commands.cache:cache_app", ""),
        ("version", "visalign.commands.version:version", ""),
    ),
    "Show it": (
        ("overlay", "visalign.commands.overlay:overlay", "OVERLAY_EPILOG"),
        ("plot", "visalign.commands.plot:plot", "PLOT_EPILOG"),
        ("live", "visalign.commands.live:live", "LIVE_EPILOG"),
    ),
    "Put it right": (
        ("desk", "visalign.commands.desk:desk", "DESK_EPILOG"),
        ("fix", "visalign.commands.fix:fix", "FIX_EPILOG"),
        ("attach", "visalign.commands.attach:attach", "ATTACH_EPILOG"),
        ("enhance", "visalign.commands.enhance:enhance", "ENHANCE_EPILOG"),
    ),
    "Many clips": (
        ("batch", "visalign.commands.batch:batch", "BATCH_EPILOG"),
        ("status", "visalign.commands.batch:status", "STATUS_EPILOG"),
        ("page", "visalign.commands.page:page", "PAGE_EPILOG"),
        ("merge", "visalign.commands.merge:merge", "MERGE_EPILOG"),
        ("watch", "visalign.commands.watch:watch", "WATCH_EPILOG"),
        ("compare", "visalign.commands.compare:compare", "COMPARE_EPILOG"),
        ("corpus", "visalign.commands.corpus:corpus", "CORPUS_EPILOG"),
    ),
    "Speech": (
        ("align", "visalign.commands.align:align", "ALIGN_EPILOG"),
        ("languages", "visalign.commands.languages:languages", "LANGUAGES_EPILOG"),
        ("mfa", "visalign.commands.mfa:mfa", "MFA_EPILOG"),
        ("acoustic", "visalign.commands.acoustic:acoustic_app", ""),
        ("evaluate-alignment", "visalign.commands.evaluate_alignment:evaluate_alignment", "EVALUATE_ALIGNMENT_EPILOG"),
        ("vad", "visalign.commands.enhance:vad", "VAD_EPILOG"),
    ),
    "Lips": (
        ("observe", "visalign.commands.observe:observe", "OBSERVE_EPILOG"),
        ("lipread", "visalign.commands.lipread:lipread", "LIPREAD_EPILOG"),
        ("maps", "visalign.commands.maps:maps_app", ""),
    ),
    "Animation": (
        ("export", "visalign.commands.export:export", "EXPORT_EPILOG"),
        ("preview", "visalign.commands.preview:preview", "PREVIEW_EPILOG"),
        ("animate", "visalign.commands.animate:animate", "ANIMATE_EPILOG"),
    ),
    "Measure, learn, tune": (
        ("evaluate", "visalign.commands.evaluate:evaluate", "EVALUATE_EPILOG"),
        ("tune", "visalign.commands.tune:tune", "TUNE_EPILOG"),
        ("train", "visalign.commands.train:train", "TRAIN_EPILOG"),
        ("ratings", "visalign.commands.ratings:ratings_app", ""),
    ),
}


TRACEBACK_VARIABLE = "VISALIGN_TRACEBACK"


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and end the process with its exit code."""
    try:
        _prepare_process()
        # What the user names stays, even if a killed run has left it; ``--alignment=file`` is one word.
        spare(*(word.rpartition("=")[2] for word in (sys.argv[1:] if arguments is None else arguments)))
        try:
            code = _run(arguments)
        finally:
            sys.stdout.flush()  # what can't be written any more is told now, not by Python at its end
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        _let_go_of_stdout()
        sys.exit(CHECK_FAILED)
    except Exception as error:  # noqa: BLE001 - the last guard: nobody sees a stack
        _tell(error)
    sys.exit(code)


def _tell(error: Exception) -> NoReturn:
    """Put an error into one line, and end with its exit code."""
    if os.environ.get(TRACEBACK_VARIABLE):
        print(harmless("".join(traceback.format_exception(error))), end="", file=sys.stderr)
    if isinstance(error, VisalignError):
        _fail(error, USAGE if isinstance(error, ConfigError) else NOT_ANALYSED)
    if isinstance(error, ModuleNotFoundError):
        _fail(f"a part of visalign is missing ({error}). {_INSTALL}", NOT_ANALYSED)
    if isinstance(error, ImportError):
        _fail(f"a library can't be loaded ({error}). If memory is short: {_LESS_MEMORY}. Else {_INSTALL}", NOT_ANALYSED)
    if isinstance(error, MemoryError | SystemError):  # the latter comes from libraries that don't look after memory
        _fail(f"there was not enough memory. {_LESS_MEMORY}", NOT_ANALYSED)
    if isinstance(error, OSError):
        _let_go_of_stdout()
        where = "the output" if error.filename is None else error.filename
        _fail(f"{where}: the system refused it ({error.strerror or error})", NOT_ANALYSED)
    if callable(getattr(error, "format_message", None)):
        _tell_usage(error)
    _fail(
        f"this is a fault of visalign {__version__}, not yours: {quoted(error)} in {_place_of(error)}. Please report "
        f"it with the command and, if you may, its files; {TRACEBACK_VARIABLE}=1 before the command shows the details",
        NOT_ANALYSED,
    )


def _tell_usage(error: Any) -> NoReturn:
    """A command that was wrong, as typer puts it: with how it is used, and what was typed made harmless."""
    # Loaded already, by what found the fault.
    from typer import rich_utils

    said = one_line(error.format_message())
    error.format_message = lambda: said
    rich_utils.rich_format_error(error)
    sys.exit(error.exit_code)


def _place_of(error: BaseException) -> str:
    """The innermost line of visalign's own that an error came through."""
    package = os.path.dirname(__file__)  # noqa: PTH120 - pathlib is not loaded for this alone
    frames = [x for x in traceback.extract_tb(error.__traceback__) if x.filename.startswith(package + os.sep)]
    return f"{frames[-1].filename[len(package) + 1 :]}:{frames[-1].lineno}" if frames else "a library"


def _run(arguments: Sequence[str] | None) -> int:
    """Run the command that is asked for, and give its exit code; of the others not even the options are loaded."""
    asked = list(sys.argv[1:] if arguments is None else arguments)
    if asked in (["--version"], ["version"]):
        print(__version__)  # before anything that parses command lines is loaded
        return DONE
    # Parses command lines, and loads what draws in a terminal.
    from visalign.commands.root import make_app

    name = _command_in(asked)
    if name not in _LEARNING:
        # The matrices of a clip are small: that threads wait for one another costs half a second of each check.
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(variable, "1")
    app = make_app(PANELS, only=name) if any(name == row[0] for rows in PANELS.values() for row in rows) else _app()
    try:
        code = app(args=arguments, prog_name="visalign", standalone_mode=False)
        hand_on()
    except (OutOfVocabulary, MissingStream) as error:
        raise error.for_options(_options_of(app, asked)) from error
    except ConfigError as error:
        raise error.for_options(_typed(asked)) from error
    finally:
        hand_on(drop=True)
    return code if isinstance(code, int) else DONE


def _typed(asked: Sequence[str]) -> set[str]:
    """The options that were typed."""
    return {word.partition("=")[0] for word in asked if word.startswith("--")}


def _options_of(app: typer.Typer, asked: Sequence[str]) -> set[str]:
    """The options of the command that is asked for, in the group that it may stand in."""
    # Loaded already, as it has run the command.
    from typer.main import get_command

    command: Any = get_command(app)
    for word in asked:
        command = getattr(command, "commands", {}).get(word, command)
    return {option for parameter in command.params for option in parameter.opts}


def _command_in(asked: Sequence[str]) -> str | None:
    """The first word that is no option, nor the value of one."""
    is_value = False
    for word in asked:
        if not is_value and not word.startswith("-"):
            return word
        is_value = word == "--max" and not is_value
    return None


def __getattr__(name: str) -> Any:
    """`app`: the whole command line, all commands loaded."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _app()


@functools.cache
def _app() -> typer.Typer:
    # Parses command lines, and loads what draws in a terminal.
    from visalign.commands.root import make_app

    return make_app(PANELS)


_ALLOCATIONS_BETWEEN_COLLECTIONS = 50_000
_LEARNING = frozenset(["evaluate", "maps", "train", "tune"])  # they look at many clips at once

_LESS_MEMORY = "Close other programs, raise the limit of this process (ulimit -v), or scale the picture down"
_INSTALL = f"Install visalign anew, from the folder or wheel it came from: {INSTALL_ANEW}"


def _fail(error: VisalignError | str, code: int) -> NoReturn:
    # One line, whatever is in a file name or in the output of another program.
    print(f"visalign: {' '.join(one_line(str(error)).split())}", file=sys.stderr)
    sys.exit(code)


def _prepare_process() -> None:
    # A tenth of the time to start went by looking for cycles in what was just being loaded.
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS)
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
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _tell_of_a_thread
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _tell_nobody
    if threading.current_thread() is threading.main_thread():
        for number in _ENDING_SIGNALS:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _end)


def _tell_of_a_thread(arguments: threading.ExceptHookArgs) -> None:
    """A thread that fell over, of a server say: one line, and the others go on."""
    if isinstance(arguments.exc_value, Exception):
        with contextlib.suppress(SystemExit):
            _tell(arguments.exc_value)


def _tell_nobody(lost: sys.UnraisableHookArgs) -> None:
    """What happens while Python tidies up gets lost; that somebody wants an end must not."""
    error = lost.exc_value
    number = error.code - 128 if isinstance(error, SystemExit) and isinstance(error.code, int) else 0
    if isinstance(error, KeyboardInterrupt):
        number = signal.SIGINT
    elif number in _ENDING_SIGNALS:
        signal.signal(number, _end)
    else:
        if os.environ.get(TRACEBACK_VARIABLE):
            sys.__unraisablehook__(lost)
        return
    threading.Timer(_SOON_SECONDS, os.kill, (os.getpid(), number)).start()


_SOON_SECONDS = 0.02

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
