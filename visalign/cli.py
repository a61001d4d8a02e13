"""The command line: arguments in, words and exit codes out. The only room that prints.

Exit codes: 0 done, and in sync where that was asked; 1 done, and a check failed; 2 the command was wrong; 3 an input
could not be analysed, or a result not written; 130 interrupted, 143 ended by `kill`. An error is one line on stderr.

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
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from visalign._version import __version__
from visalign.commands.exit_codes import CHECK_FAILED, DONE, NOT_ANALYSED, USAGE
from visalign.errors import ConfigError, VisalignError
from visalign.files.outputs import legible, spare

if TYPE_CHECKING:
    import typer

    from visalign.commands.root import Row

__all__ = ["PANELS", "main"]

# The commands, as `visalign --help` lists them.
PANELS: Mapping[str, tuple[Row, ...]] = {
    "Start here": (
        ("demo", "visalign.commands.demo:demo", "DEMO_EPILOG"),
        ("check", "visalign.commands.check:check", "CHECK_EPILOG"),
        ("explain", "visalign.commands.explain:explain", "EXPLAIN_EPILOG"),
        ("doctor", "visalign.commands.doctor:doctor", ""),
        ("version", "visalign.commands.version:version", ""),
    ),
    "Show it": (
        ("overlay", "visalign.commands.overlay:overlay", "OVERLAY_EPILOG"),
        ("plot", "visalign.commands.plot:plot", "PLOT_EPILOG"),
        ("live", "visalign.commands.live:live", "LIVE_EPILOG"),
    ),
    "Put it right": (
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
        ("mfa", "visalign.commands.mfa:mfa", "MFA_EPILOG"),
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


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and end the process with its exit code."""
    _prepare_process()
    # What the user names stays, even if a killed run has left it; ``--alignment=file`` is one word.
    spare(*(word.rpartition("=")[2] for word in (sys.argv[1:] if arguments is None else arguments)))
    try:
        try:
            _run(arguments)
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


def _run(arguments: Sequence[str] | None) -> None:
    """Run the command that is asked for; of the others not even the options are loaded."""
    asked = list(sys.argv[1:] if arguments is None else arguments)
    if asked in (["--version"], ["version"]):
        print(__version__)  # before anything that parses command lines is loaded
        return
    # Parses command lines, and loads what draws in a terminal.
    from visalign.commands.root import make_app

    name = _command_in(asked)
    if name not in _LEARNING:
        # The matrices of a clip are small: that threads wait for one another costs half a second of each check.
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(variable, "1")
    app = make_app(PANELS, only=name) if any(name == row[0] for rows in PANELS.values() for row in rows) else _app()
    app(args=arguments, prog_name="visalign")


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
_INSTALL = "Install visalign anew: pip install --force-reinstall visalign"


def _fail(error: VisalignError | str, code: int) -> NoReturn:
    # One line, whatever is in a file name or in the output of another program; no control characters either.
    line = "".join(c if c.isprintable() else " " for c in legible(str(error)))
    print(f"visalign: {' '.join(line.split())}", file=sys.stderr)
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
