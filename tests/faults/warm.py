"""A process that has loaded visalign and forks for each command it is told, each with a fault of its own.

A command of the command line takes 2 s to load and 1 s to work; here it is loaded once. What is forked runs
``visalign.cli.main`` as a process of its own group, with its own streams, limits and environment, and with the faults
that :func:`arm` knows. One request a line (JSON) on stdin, one answer a line on stdout.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any


def warm_up() -> None:
    for name in ("correct.attach", "correct.fix", "exports.reading", "plots.overlay", "face.preview"):
        importlib.import_module(f"visalign.{name}")
    for name in ("batch_page", "clip_page"):
        importlib.import_module(f"visalign.reports.html_report.{name}")
    assert importlib.import_module("visalign.cli").app.registered_commands  # all commands are loaded now
    from visalign.batch.rehearsal import rehearse
    from visalign.config import Config
    from visalign.sync.lip_model import LipModel

    rehearse(Config(), LipModel.load(None))


# --- faults ----------------------------------------------------------------------------------------------------


class Counter:
    """Acts at the n-th step: each stage that is told, and each time that a file is made, renamed or removed."""

    def __init__(self, act: Callable[[], None], at: int | None, log: str | None) -> None:
        self.act, self.at, self.log, self.n = act, at, log, 0
        self.is_busy = False

    def step(self, name: str) -> None:
        if self.is_busy:
            return
        if self.log is not None:
            self.is_busy = True  # this, too, opens a file
            with Path(self.log).open("a", encoding="utf-8", errors="surrogateescape") as file:
                file.write(f"{name}\n")
            self.is_busy = False
        if self.n == self.at:
            self.at = None
            self.act()
        self.n += 1


def arm(fault: Mapping[str, Any]) -> None:
    """Prepare a fault; runs in the child, before the command."""
    if "missing" in fault:
        hide(fault["missing"])
    if "at_step" in fault or "log" in fault:
        act = ACTS[fault.get("act", "SIGKILL")](fault)
        watch_steps(Counter(act, fault.get("at_step"), fault.get("log")), fault.get("events", EVENTS))
    if "clock" in fault:
        jump(fault["clock"])


def signal_self(name: str) -> Callable[[Mapping[str, Any]], Callable[[], None]]:
    return lambda _fault: lambda: os.kill(os.getpid(), getattr(signal, name))


def removing(fault: Mapping[str, Any]) -> Callable[[], None]:
    return lambda: Path(fault["file"]).unlink()


def refusing(name: str) -> Callable[[Mapping[str, Any]], Callable[[], None]]:
    def act() -> None:
        number = getattr(errno, name)
        raise OSError(number, os.strerror(number))

    return lambda _fault: act


def overwriting(fault: Mapping[str, Any]) -> Callable[[], None]:
    def act() -> None:
        with Path(fault["file"]).open("r+b") as file:
            file.truncate(Path(fault["file"]).stat().st_size // 2)

    return act


ACTS = {name: signal_self(name) for name in ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP")}
ACTS |= {
    "remove": removing,
    "halve": overwriting,
    "ENOSPC": refusing("ENOSPC"),
    "EDQUOT": refusing("EDQUOT"),
    "touch": lambda fault: lambda: os.utime(fault["file"], (0, 0)),
    "remove folder": lambda fault: lambda: Path(fault["file"]).rmdir(),
}


EVENTS = ("stage", "open", "os.rename", "os.remove", "os.mkdir")


def watch_steps(counter: Counter, events: Sequence[str]) -> None:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in events:
            return
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            if not str(arguments[0]).startswith("/dev/"):
                counter.step(f"open {arguments[0]!s}")
        elif event != "open":
            counter.step(f"{event} {arguments[0]!s}")

    sys.addaudithook(hook)
    if "stage" not in events:
        return
    for module in [module for name, module in sys.modules.items() if name.startswith("visalign")]:
        line = getattr(module, "progress_line", None)
        if line is not None:
            module.progress_line = telling(line, counter)  # type: ignore[attr-defined]


def telling(line: Any, counter: Counter) -> Any:
    @contextlib.contextmanager
    def told(**settings: Any) -> Any:
        stages = set[str]()
        with line(**settings) as tell:

            def step(stage: str, fraction: float | None) -> None:
                tell(stage, fraction)
                if stage not in stages:
                    stages.add(stage)
                    counter.step(f"stage {stage}")

            yield step

    return told


def hide(names: list[str]) -> None:
    """Make packages as good as not installed."""

    class Finder:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name.split(".")[0] in names:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    for name in [name for name in sys.modules if name.split(".")[0] in names]:
        del sys.modules[name]
    for module in [module for name, module in sys.modules.items() if name.startswith("visalign")]:
        for kept in vars(module).values():  # what the warm process made with them
            if callable(forget := getattr(kept, "cache_clear", None)):
                forget()
    sys.meta_path.insert(0, Finder())  # type: ignore[arg-type]


def jump(seconds: float) -> None:
    """The clock on the wall goes to and fro by so much at each look."""
    real, looks = time.time, [0]

    def looked() -> float:
        looks[0] += 1
        return real() + (seconds if looks[0] % 2 else -seconds)

    time.time = looked


# --- the server ------------------------------------------------------------------------------------------------


def child(request: Mapping[str, Any]) -> None:
    os.setpgid(0, 0)
    os.chdir(request["cwd"])
    os.environ.update(request.get("env", {}))
    streams = (("/dev/null", os.O_RDONLY), (request["out"], os.O_WRONLY), (request["err"], os.O_WRONLY))
    for descriptor, (place, flags) in enumerate(streams):
        file = os.open(place, flags | (os.O_CREAT if flags & os.O_WRONLY else 0), 0o600)
        os.dup2(file, descriptor)
        os.close(file)
    for name, value in request.get("limits", {}).items():
        used = vm_bytes() if name == "AS" else 0
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (used + value, resource.RLIM_INFINITY))
    for n, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        setattr(sys, name, os.fdopen(n, mode, encoding="utf-8", closefd=False))
    for descriptor in request.get("closed", ()):
        os.close(descriptor)
        setattr(sys, ("stdin", "stdout", "stderr")[descriptor], None)
    if "uid" in request:
        os.setuid(request["uid"])
    arm(request.get("fault", {}))
    from visalign.cli import main

    main(request["arguments"])


def vm_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def serve() -> None:
    warm_up()
    answer({"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            code = 70
            # A run behind nohup, or in the background of a script, has these ignored; a user's terminal has not.
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                child(request)
            except SystemExit as error:
                code = error.code if isinstance(error.code, int) else int(error.code is not None)
            except BaseException:  # noqa: BLE001 - shown like Python shows it, and never back into the loop
                traceback.print_exc()
                code = 1
            finally:
                with contextlib.suppress(Exception):
                    sys.stdout.flush()
                    sys.stderr.flush()
                os._exit(code)
        answer({"pid": pid})
        answer({"code": os.waitstatus_to_exitcode(waited(pid, request["seconds"]))})


def answer(data: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(data) + "\n")
    sys.stdout.flush()


def waited(pid: int, seconds: float) -> int:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status
        time.sleep(0.005)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return 255 << 8  # exit code 255: nothing of visalign's


if __name__ == "__main__":
    serve()
