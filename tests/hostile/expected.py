"""How a row of the table of bad inputs is written down, and how an answer is held against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from asking import Answer
from workshop import Options, Workshop

from visalign.errors import ConfigError, VisalignError

Maker = Callable[[Workshop], Options]


@dataclass(frozen=True)
class Refused:
    """The command ends with an error.

    Parameters
    ----------
    error : type
        Class of the error in Python.
    says : str
        Part of its message.
    """

    error: type[VisalignError]
    says: str

    @property
    def code(self) -> int:
        """Exit code of the command line."""
        return 2 if issubclass(self.error, ConfigError) else 3

    def faults(self, python: Answer, command_line: Answer, _lead: float) -> Iterator[str]:
        """What is not as it should be."""
        if python.error is not self.error:
            yield f"Python gave {python.error and python.error.__name__}: {python.message or python.result}"
        if self.says not in python.message:
            yield f"Python said {python.message!r}"
        if command_line.code != self.code:
            yield f"the command line ended with {command_line.code}: {command_line.message}"
        if " ".join(self.says.split()) not in command_line.message:
            yield f"the command line said {command_line.message!r}"
        if command_line.message.count("\n") != 1:
            yield f"the error is not one line: {command_line.message!r}"

    def __str__(self) -> str:
        return f"`{self.error.__name__}`, exit code {self.code}: “{self.says}”"


@dataclass(frozen=True)
class Works:
    """The command does its work.

    Parameters
    ----------
    verdicts : tuple of str
        The verdict is one of these; empty where the command gives none.
    shift : float or None
        How much more the sound leads than in the good clip, seconds; None where the offset is not looked at.
    within : float
        Tolerance of `shift`, seconds.
    warns : str
        Part of a warning; empty: there is none of those that the good clip does not have.
    holds : tuple of (str, object)
        Facts of the result.
    course : str
        How the offset changes along the clip, ``drift`` or ``jumps``; empty where that is not looked at.
    """

    verdicts: tuple[str, ...] = ()
    shift: float | None = None
    within: float = 0.012
    warns: str = ""
    holds: tuple[tuple[str, Any], ...] = ()
    course: str = ""

    def faults(self, python: Answer, command_line: Answer, lead: float) -> Iterator[str]:
        """What is not as it should be."""
        if python.error is not None or python.result is None:
            yield f"Python gave {python.error and python.error.__name__}: {python.message}"
            return
        yield from self._wrong(python.result, lead)
        warnings = " | ".join(python.result.get("warnings", ()))
        if self.warns not in warnings or (warnings and not self.warns):
            yield f"warnings: {warnings or 'none'}"
        yield from self._compared(python, command_line)

    def _wrong(self, result: Any, lead: float) -> Iterator[str]:
        if self.verdicts:
            sync = result["sync"]
            if sync["verdict"] not in self.verdicts:
                yield f"the verdict is {sync['verdict']}"
            if self.shift is not None and abs(sync["lead_seconds"] - lead - self.shift) > self.within:
                yield f"the lead is {sync['lead_seconds']:.3f} s; of the good clip {lead:.3f} s, {self.shift:+} wanted"
        if self.course and result["course"]["kind"] != self.course:
            yield f"the course is {result['course']}"
        for key, value in self.holds:
            if result.get(key) != value:
                yield f"{key} is {result.get(key)!r}"

    def _compared(self, python: Answer, command_line: Answer) -> Iterator[str]:
        assert python.result is not None
        in_sync = not self.verdicts or python.result["sync"]["verdict"] == "in-sync"
        code = 3 if python.result.get("n_missing") else 0 if in_sync else 1
        if command_line.code != code:
            yield f"the command line ended with {command_line.code}, not {code}: {command_line.message}"
        if python.result != command_line.result:
            yield f"the command line gave {command_line.result} and Python {python.result}"

    def __str__(self) -> str:
        said = [f"works: {' or '.join(self.verdicts)}" if self.verdicts else "works"]
        if self.shift is not None:
            said.append(
                f"offset {1000 * self.shift:+.0f} ± {1000 * self.within:.0f} ms" if self.shift else "same offset"
            )
        said += [f"{key} = {value}" for key, value in self.holds]
        if self.course:
            said.append("the offset drifts" if self.course == "drift" else "the offset jumps")
        if self.warns:
            said.append(f"warns “{self.warns}”")
        return ", ".join(said)


@dataclass(frozen=True)
class Case:
    """A row of the table.

    Parameters
    ----------
    number : int
        Of the catalogue's 52 kinds.
    name : str
        What the input is.
    make : callable
        Makes it, and gives the options of the command.
    expected : Refused or Works
        What must come out, both ways.
    command : str
        ``check``, ``align``, ``batch`` or ``maps``.
    """

    number: int
    name: str
    make: Maker
    expected: Refused | Works
    command: str = "check"


@dataclass(frozen=True)
class Elsewhere:
    """A kind whose cases stand in other test files, because they need a process, a disk or a browser of their own.

    Parameters
    ----------
    number : int
        Of the catalogue's 52 kinds.
    name : str
        What happens.
    tests : tuple of str
        ``file::function``, from the folder of the tests.
    """

    number: int
    name: str
    tests: tuple[str, ...]
