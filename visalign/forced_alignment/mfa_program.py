"""The Montreal Forced Aligner as a program: where it is, how it is called, and what its outputs have to be.

Conventions
-----------
The command lines are those whose results are known (``tests/forced_alignment/test_mfa.py`` replays them): ``mfa
align_one`` for one clip and ``mfa align`` for a corpus. An exit code of 0 is not believed: ``align`` ends so where it
leaves clips out, and errors of one clip are found in no output. A clip counts as aligned when its file is there, can be
read, and has all its words. ``align_one`` ends with 1 where its search fails.

What was learnt from MFA 3.4.3:

* Its default beam (10, retry 40) aligned 0 of 8 and 2 of 8 utterances with small models, and 100/400 all of them: so
  visalign asks for 100/400 where nothing else is said.
* ``align`` and ``align_one`` differ: acoustic scale, dither, means of features, and speaker adaptation, which only
  ``align`` has.
* A corpus is known to MFA by the name of its folder; two runs on folders of one name use the same working files.
  visalign gives every run a folder of its own, and MFA a home of its own (:mod:`visalign.forced_alignment.mfa_home`).
  ``--clean`` and ``--final_clean`` say the same once more, for environments that set MFA's home themselves.
* With a model whose phones have places in the word, ``align_one`` takes the wrong numbers for its phones (it was at
  158 of 344 phones where ``align`` is, against 240 for a model without places): such clips go to ``align``.
* ``--fine_tune`` crashed on 15 utterances and moved nothing on 3; it is not offered.
"""

from __future__ import annotations

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

from visalign.errors import BackendFailed, BackendUnavailable, ConfigError
from visalign.forced_alignment.mfa_home import HOME_VARIABLE, private_home

__all__ = ["MfaProgram", "MfaSettings", "SearchFailed", "essence", "find_mfa"]

_ROW_BYTES = 800  # of memory that a clip takes

NAME = "Montreal Forced Aligner"
HINT = (
    "It comes by conda: conda create -n mfa -c conda-forge montreal-forced-aligner; then `mfa model download acoustic "
    "english_us_arpa` and the same for `dictionary`. Name its environment with --mfa-env, or the program with --mfa."
)
CONDAS = ("conda", "mamba", "micromamba")

TIMEOUT_SECONDS = 3600.0
"""A run that takes longer is ended. The real MFA needed 32 s for 50 minutes of speech."""

LAST_LINES, MOST_LINES = 5, 10

_NO_PATH = re.compile(
    r"AlignerError|NoAlignmentsError|NoSuccessfulAlignments|Could not align the file|no successful alignments"
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_FRAMES = dict.fromkeys(map(ord, "│┃╭╮╰╯─━┏┓┗┛┌┐└┘❱"), " ")
_PROGRESS = re.compile(r"(?<!\d)\d++(?:\.\d++)?\s?%|\d\s?/\s?\d++ [^\n]{0,80}?\d:\d\d|^INFO\b|\bit/s\b")
_TELLING = re.compile(r"(WARNING|ERROR|CRITICAL)\b|[\w.]*(Error|Exception|Interrupt|Alignments)\b:?|Invalid value\b")


class SearchFailed(BackendFailed):
    """MFA found no path through the sound with its beams."""


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
        return ["align_one", *files, "--output_format", "json", *self.options, "--clean"]

    def align(self, corpus: Path, output: Path, n_jobs: int) -> list[str]:
        """Arguments of ``mfa`` for a corpus, a folder of clips for each speaker."""
        files = [str(corpus), self.dictionary, self.acoustic_model, str(output)]
        options = ["--clean", "--overwrite", "-j", str(n_jobs), "--output_format", "json", *self.options]
        return ["align", *files, *options, "--final_clean"]

    @property
    def wider(self) -> str:
        """Options for a wider search than this one."""
        beam, retry_beam = (400, 1000) if self.beam < 400 else (4 * self.beam, 4 * self.retry_beam)
        return f"--beam {beam} --retry-beam {max(retry_beam, self.retry_beam)}"


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
    """How MFA is started: without a shell, in a home of its own.

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
        SearchFailed
            If it found no path through the sound.
        BackendFailed
            If it can't be started, takes too long, or ends with another exit code than 0. An exit code of 0 proves
            nothing: look at the outputs.
        """
        command = [*self.command, *arguments]
        if shutil.which(command[0]) is None:
            raise BackendFailed(NAME, command, "it can't be started: there is no such program")
        with private_home() as home:
            return self._run(command, home)

    def _run(self, command: list[str], home: Path) -> str:
        alive, leash = os.pipe()
        try:
            process = subprocess.Popen(
                [*_GUARD, *command] if hasattr(os, "killpg") else command,
                stdin=alive,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env=self._environment(home),
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
            stopped = f"no end after {self.timeout:.0f} s, so it was stopped. Give it more time: --timeout SECONDS"
            raise BackendFailed(NAME, command, stopped) from error
        finally:
            _end(process)
            os.close(leash)
        if process.returncode != 0:
            why = essence(said)
            if _NO_PATH.search(said):
                raise SearchFailed(NAME, command, why)
            raise BackendFailed(NAME, command, f"exit code {process.returncode}: {why or 'it said nothing'}")
        return said

    def version(self) -> str:
        """What ``mfa version`` says."""
        found = re.search(r"(?<!\d)\d++\.\d++(?:\.\w++)*+", self.run(["version"]))
        return found[0] if found else "of unknown version"

    def _environment(self, home: Path) -> dict[str, str]:
        """A program in the ``bin`` of an environment needs its neighbours (OpenFst, Kaldi) on the PATH."""
        program = Path(self.command[0])
        path = os.environ.get("PATH", "")
        if program.is_absolute():
            path = os.pathsep.join([str(program.parent), path])
        return {**os.environ, "PATH": path, HOME_VARIABLE: str(home)}


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


def essence(said: str) -> str:
    """What a run said that tells why it failed: errors and warnings without their frames, else its last lines.

    Examples
    --------
    >>> essence("INFO  Setting up\\n 50%|##  | 1/2\\n\x1b[31mKeyError: 'a'\x1b[0m")
    "KeyError: 'a'"
    """
    plain = _COLOURS.sub("", said).replace("\r", "\n")
    lines = [x.translate(_FRAMES).strip() for x in plain.splitlines()]
    lines = [x for x in lines if x and (_TELLING.match(x) or not _PROGRESS.search(x))]
    telling = [n for n, line in enumerate(lines) if _TELLING.match(line)]
    # The message of an exception of MFA's stands below its name.
    chosen = dict.fromkeys(k for n in telling for k in range(n, n + 1 + 2 * lines[n].endswith(":")))
    return "\n".join([lines[k] for k in chosen if k < len(lines)][-MOST_LINES:] or lines[-LAST_LINES:])


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
