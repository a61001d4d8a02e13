"""Fuzz the readers of texts, tables and models: ``python tests/fuzz/fuzz_readers.py --seconds 600``.

Every target of ``targets.py`` gets an equal share of the processor time, in a process of its own with limits on memory
and on the time of one input. Where atheris is installed it drives them, guided by the coverage of visalign's own code;
elsewhere (``--engine mutation``) the seeded mutations of ``mutations.py`` do, the same for the same ``--seed``.

What is found (an exception that is not visalign's own, a hang, too much memory, a dead process) is written into the
folder ``--out``: the input, and the traceback beside it; findings at the same place in the code are one. The process
ends with 1 where there is any.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from places import place_of

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

LONGEST_SECONDS = 10  # for one input
MOST_MEMORY = 3 << 30


class Slow(BaseException):
    """One input took too long."""


def main() -> int:
    """Fuzz, print a line a target, and say whether something was found."""
    arguments = _arguments()
    if arguments.one:
        return _one(arguments)
    # Here, because a child under atheris must import visalign under its instrumentation.
    from targets import TARGETS

    names = arguments.target or list(TARGETS)
    arguments.out.mkdir(parents=True, exist_ok=True)
    share = max(arguments.seconds / len(names), 1.0)
    found = 0
    for name in names:
        began = time.monotonic()
        command = [sys.executable, __file__, "--one", name, "--seconds", str(share), "--out", str(arguments.out)]
        command += ["--seed", str(arguments.seed), "--engine", arguments.engine]
        done = _run(command, 20 * share + 300)
        found += _report(name, done, time.monotonic() - began)
    return 1 if found else 0


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of processor time, for all targets together")
    parser.add_argument("--target", action="append", help="only this one; repeatable")
    parser.add_argument("--engine", choices=("auto", "atheris", "mutation"), default="auto")
    parser.add_argument("--seed", type=int, default=0, help="of the mutations")
    parser.add_argument("--out", type=Path, default=Path("fuzz-findings"), help="folder for what is found")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser.parse_args()


def _run(command: list[str], limit: float) -> dict[str, Any]:
    """The last line of what a child prints; a note where it died."""
    memory = Path("/dev/shm")  # where it is there, files cost least
    with tempfile.TemporaryDirectory(prefix="visalign-fuzz-", dir=memory if memory.is_dir() else None) as folder:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "TMPDIR": folder},
        )
        try:
            said, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            said = b""
        finally:
            _end(process)
    text = said.decode("utf-8", "replace")
    lines = [line for line in text.splitlines() if line.startswith('{"target"')]
    if lines:
        facts: dict[str, Any] = json.loads(lines[-1])
        return facts
    return {"runs": 0, "found": [f"the process died ({process.returncode}): {text[-800:]}"]}


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _report(name: str, done: dict[str, Any], seconds: float) -> int:
    found = done["found"]
    print(f"{name:18} {done['runs']:9} inputs {len(found)} findings in {seconds:.0f} s of the clock", flush=True)
    for place in found:
        print(f"    {place}", flush=True)
    return len(found)


# ---- one target, in a process of its own ----


def _one(arguments: Any) -> int:
    faulthandler.enable()
    warnings.simplefilter("error", RuntimeWarning)  # numpy's, of numbers that are none
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    engine = arguments.engine
    if engine == "auto":
        engine = "atheris" if _has_atheris() else "mutation"
    return (_with_atheris if engine == "atheris" else _with_mutations)(arguments)


def _has_atheris() -> bool:
    # An optional engine.
    from importlib.util import find_spec

    return find_spec("atheris") is not None


class Findings:
    """Keeps one input for each place in the code at which something goes wrong."""

    def __init__(self, target: Any, out: Path) -> None:
        self.target, self.out = target, out
        self.places: dict[str, str] = {}
        self.runs = 0

    def feed(self, data: bytes) -> None:
        """Give one input to the target, and keep it if that goes wrong."""
        # Here, because a child under atheris must import it under its instrumentation.
        from targets import refuses_or_reads

        self.runs += 1
        signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST_SECONDS)
        try:
            refuses_or_reads(self.target, data)
        except (Exception, Slow) as error:  # a fuzzer wants them all
            self._keep(data, error)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    def _keep(self, data: bytes, error: BaseException) -> None:
        place = _place(error)
        if place in self.places:
            return
        self.places[place] = f"{place}: {error!r}"[:300]
        stem = self.out / f"{self.target.name}-{len(self.places)}"
        stem.with_suffix(".input").write_bytes(data)
        stem.with_suffix(".txt").write_text("".join(traceback.format_exception(error)[-40:]), encoding="utf-8")

    def tell(self) -> None:
        """Say how it went, as a line of JSON."""
        facts = {"target": self.target.name, "runs": self.runs, "found": list(self.places.values())}
        print("\n" + json.dumps(facts), flush=True)


def _place(error: BaseException) -> str:
    """Kind of error, and the innermost line of visalign's that led to it."""
    return f"{type(error).__name__} in {place_of(error)}"


def _ring(_number: int, _frame: FrameType | None) -> None:
    raise Slow(f"more than {LONGEST_SECONDS} s")


def _with_mutations(arguments: Any) -> int:
    # numpy is loaded by the children only.
    import numpy as np
    from mutations import mutant
    from targets import TARGETS

    target = TARGETS[arguments.one]
    seeds, rng = target.seeds(), np.random.default_rng([arguments.seed, sum(map(ord, target.name))])
    findings = Findings(target, arguments.out)
    signal.signal(signal.SIGVTALRM, _ring)
    end = time.process_time() + arguments.seconds
    for seed in (*seeds, b""):
        findings.feed(seed)
    while time.process_time() < end:
        findings.feed(mutant(seeds[int(rng.integers(0, len(seeds)))], rng, target.words, seeds))
    findings.tell()
    return 0


def _with_atheris(arguments: Any) -> int:
    # An optional engine; it instruments what is imported from here on.
    import atheris

    with atheris.instrument_imports(include=["visalign"]):
        from targets import TARGETS
    target = TARGETS[arguments.one]
    corpus = arguments.out / "corpus" / target.name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed{number}").write_bytes(seed)
    findings, options = Findings(target, arguments.out), list(_libfuzzer(arguments, target, corpus))
    end = time.process_time() + arguments.seconds

    def feed(data: bytes) -> None:
        findings.feed(data)
        if time.process_time() >= end:  # libFuzzer never comes back from its loop
            findings.tell()
            os._exit(0)

    atheris.Setup([sys.argv[0], *options], feed)
    signal.signal(signal.SIGVTALRM, _ring)
    atheris.Fuzz()
    return 0


def _libfuzzer(arguments: Any, target: Any, corpus: Path) -> Iterator[str]:
    yield str(corpus)
    yield f"-max_total_time={int(20 * arguments.seconds) + 250}"
    yield "-max_len=20000"
    yield f"-timeout={3 * LONGEST_SECONDS}"
    yield f"-rss_limit_mb={MOST_MEMORY >> 20}"
    yield f"-seed={arguments.seed + 1}"
    if target.words:
        words = arguments.out / f"{target.name}.words"
        lines = ('"' + "".join(f"\\x{byte:02x}" for byte in word[:60]) + '"' for word in target.words)
        words.write_text("\n".join(lines) + "\n", encoding="ascii")
        yield f"-dict={words}"


if __name__ == "__main__":
    sys.exit(main())
