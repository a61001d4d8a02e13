"""The Montreal Forced Aligner as a program: where it is, how it is called, and what its outputs have to be.

Conventions
-----------
The command lines are those whose results are known (``tests/forced_alignment/test_mfa.py`` replays them): ``mfa
align_one`` for one clip and ``mfa align`` for a corpus. MFA's exit code is not believed. It is 0 for runs that leave
clips out, and errors of one clip are found in no output; a clip counts as aligned when its file is there, can be read,
and has all its words.

What was learnt from MFA 3.4.3:

* Its default beam (10, retry 40) aligned 0 of 8 and 2 of 8 utterances with small models, and 100/400 all of them: so
  visalign asks for 100/400 where nothing else is said.
* ``align`` and ``align_one`` differ: acoustic scale, dither, means of features, and speaker adaptation, which only
  ``align`` has.
* A corpus is known to MFA by the name of its folder; two runs on folders of one name use the same working files.
  visalign gives every run a folder of its own.
* ``--fine_tune`` crashed on 15 utterances and moved nothing on 3; it is not offered.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from visalign.errors import BAD_DATA, BackendFailed, BackendUnavailable, ConfigError, ParseError, quoted
from visalign.files.tables import read_table_text

__all__ = ["Analysis", "MfaProgram", "MfaSettings", "find_mfa", "read_analysis"]

_ROW_BYTES = 800  # of memory that a clip takes

NAME = "Montreal Forced Aligner"
HINT = (
    "It comes by conda: conda create -n mfa -c conda-forge montreal-forced-aligner; then `mfa model download acoustic "
    "english_us_arpa` and the same for `dictionary`. Name its environment with --mfa-env, or the program with --mfa."
)
CONDAS = ("conda", "mamba", "micromamba")

TIMEOUT_SECONDS = 3600.0
"""A run that takes longer is ended. The real MFA needed 32 s for 50 minutes of speech."""

STDERR_LINES = 15


@dataclass(frozen=True, slots=True)
class MfaSettings:
    """What MFA is asked for.

    Parameters
    ----------
    acoustic_model, dictionary : str
        Names of models that were downloaded, or paths.
    g2p_model : str, optional
        For words that the dictionary lacks.
    beam, retry_beam : int
        How wide the search is, and how wide the second try where the first fails.
    """

    acoustic_model: str = "english_us_arpa"
    dictionary: str = "english_us_arpa"
    g2p_model: str = ""
    beam: int = 100
    retry_beam: int = 400

    def __post_init__(self) -> None:
        if not 0 < self.beam <= self.retry_beam:
            raise ConfigError("mfa.beam", (self.beam, self.retry_beam), "a beam above 0, and a retry beam not below it")

    @property
    def options(self) -> list[str]:
        """The part of the command line that both commands share."""
        g2p = ["--g2p_model_path", self.g2p_model] if self.g2p_model else []
        return [*g2p, "--beam", str(self.beam), "--retry_beam", str(self.retry_beam)]

    def align_one(self, sound: Path, text: Path, output: Path) -> list[str]:
        """Arguments of ``mfa`` for one clip."""
        files = [str(sound), str(text), self.dictionary, self.acoustic_model, str(output)]
        return ["align_one", *files, "--output_format", "json", *self.options]

    def align(self, corpus: Path, output: Path, n_jobs: int) -> list[str]:
        """Arguments of ``mfa`` for a corpus, a folder of clips for each speaker."""
        files = [str(corpus), self.dictionary, self.acoustic_model, str(output)]
        return ["align", *files, "--clean", "--overwrite", "-j", str(n_jobs), "--output_format", "json", *self.options]


# Between us and the program: ends its whole group when our end of the pipe at its standard input closes, as it does
# however we end, be it by SIGKILL.
_GUARD = (
    *(sys.executable, "-I", "-S", "-c"),
    "import os, signal, subprocess, sys, threading\n"
    "def follow():\n"
    "    os.read(0, 1)\n"
    "    os.killpg(0, signal.SIGKILL)\n"
    "threading.Thread(target=follow, daemon=True).start()\n"
    "code = subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL)\n"
    "os._exit(code if code >= 0 else 128 - code)\n",
)


@dataclass(frozen=True, slots=True)
class MfaProgram:
    """How MFA is started.

    Parameters
    ----------
    command : tuple of str
        The program, or ``conda run`` with it.
    timeout : float
        Seconds that a run may take.
    """

    command: tuple[str, ...]
    timeout: float = TIMEOUT_SECONDS

    def run(self, arguments: Sequence[str]) -> str:
        """Run it without a shell, and return what it wrote on both streams.

        Raises
        ------
        BackendFailed
            If it can't be started, takes too long, or ends with an exit code that is not 0. An exit code of 0 proves
            nothing: look at the outputs.
        """
        command = [*self.command, *arguments]
        if shutil.which(command[0]) is None:
            raise BackendFailed(NAME, command, "it can't be started: there is no such program")
        alive, leash = os.pipe()
        try:
            process = subprocess.Popen(
                [*_GUARD, *command] if hasattr(os, "killpg") else command,
                stdin=alive,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env=self._environment(),
                start_new_session=True,  # MFA starts processes of its own, which have to end with it
            )
        except OSError as error:
            os.close(leash)
            raise BackendFailed(NAME, command, f"it can't be started: {error.strerror}") from error
        finally:
            os.close(alive)
        try:
            said, _ = process.communicate(timeout=self.timeout)
        except subprocess.TimeoutExpired as error:
            raise BackendFailed(NAME, command, f"no end after {self.timeout:.0f} s; it was stopped") from error
        finally:
            _end(process)
            os.close(leash)
        if process.returncode != 0:
            raise BackendFailed(NAME, command, f"exit code {process.returncode}: {tail(said)}")
        return said

    def version(self) -> str:
        """What ``mfa version`` says."""
        found = re.search(r"(?<!\d)\d++\.\d++(?:\.\w++)*+", self.run(["version"]))
        return found[0] if found else "of unknown version"

    def _environment(self) -> dict[str, str]:
        """A program in the ``bin`` of an environment needs its neighbours (OpenFst, Kaldi) on the PATH."""
        program = Path(self.command[0])
        path = os.environ.get("PATH", "")
        return {**os.environ, "PATH": os.pathsep.join([str(program.parent), path]) if program.is_absolute() else path}


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def tail(said: str) -> str:
    """The last lines of what a program said, without colours."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
    return "\n".join([line for line in plain.splitlines() if line.strip()][-STDERR_LINES:])


def find_mfa(path: str | os.PathLike[str] | None = None, environment: str | None = None) -> MfaProgram:
    """MFA where the user says it is, or on the PATH.

    Parameters
    ----------
    path : path-like, optional
        The program ``mfa``.
    environment : str, optional
        Name (or path) of a conda environment that holds it.

    Raises
    ------
    BackendUnavailable
        If it is not there.
    ConfigError
        If both are given.
    """
    if path is not None and environment is not None:
        raise ConfigError("mfa", f"{path} and environment {environment}", "one of the two")
    if environment is not None:
        conda = next((found for found in map(shutil.which, CONDAS) if found), None)
        if conda is None:
            raise BackendUnavailable(
                NAME, f"No {', '.join(CONDAS)} on the PATH to start environment {environment} with."
            )
        how = "-p" if os.sep in environment else "-n"
        return MfaProgram((conda, "run", how, environment, "mfa"))
    found = shutil.which(str(path) if path is not None else "mfa")
    if found is None:
        where = "on the PATH" if path is None else f"at {path}"
        raise BackendUnavailable(NAME, f"No program mfa {where}. {HINT}")
    return MfaProgram((found,))


@dataclass(frozen=True, slots=True)
class Analysis:
    """A row of ``alignment_analysis.csv``: how well MFA thinks an utterance was aligned.

    Parameters
    ----------
    speech_log_likelihood : float or None
        Mean a frame of speech.
    phone_duration_deviation : float or None
        The largest distance of a phone's log duration from the mean of its kind, in standard deviations.
    longest_short_run : int
        Phones of the least duration in a row.
    """

    speech_log_likelihood: float | None
    phone_duration_deviation: float | None
    longest_short_run: int


def read_analysis(path: Path) -> dict[tuple[str, str], Analysis]:
    """Rows of ``alignment_analysis.csv`` by speaker and clip.

    Raises
    ------
    ParseError
        If it is something else.
    """
    try:
        rows = csv.DictReader(io.StringIO(read_table_text(path, row_bytes=_ROW_BYTES), newline=""))
        return {(row["speaker"], row["file"]): _analysis(row) for row in rows}
    except ParseError:
        raise
    except (*BAD_DATA, csv.Error) as error:
        raise ParseError(
            path, None, f"no alignment_analysis.csv of MFA as visalign knows it ({quoted(error)})"
        ) from error


def _analysis(row: dict[str, str]) -> Analysis:
    def number(key: str) -> float | None:
        return float(row[key]) if row[key] else None

    return Analysis(
        number("speech_log_likelihood"),
        number("phone_duration_deviation"),
        int(float(row["max_running_short_interval"] or 0)),
    )
