"""Which runtime opens which format: what the tests of this folder say of themselves, and the table of it."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "exports.md"
BEGIN, END = "<!-- opened: begin -->\n", "<!-- opened: end -->\n"

Test = TypeVar("Test", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Opened:
    """A format that a runtime opens in a test: which, in which, what was read back, and which test does."""

    name: str
    runtime: str
    read: str
    test: str


OPENED: list[Opened] = []


def opens(name: str, runtime: str, read: str) -> Callable[[Test], Test]:
    """Say that a test opens the format in the runtime and compares what it reads with what was meant.

    A runtime of npm is named by its package; the table adds the version that package.json pins.
    """

    def noted(test: Test) -> Test:
        OPENED.append(Opened(name, versioned(runtime), read, test.__name__))
        return test

    return noted


def versioned(runtime: str) -> str:
    """``three`` as ``three 0.187.0``; what npm does not bring stays as it is."""
    pinned: dict[str, str] = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return f"{runtime} {pinned[runtime]}" if runtime in pinned else runtime


def all_opened() -> list[Opened]:
    """What all test modules of this folder open, by the order of the exporters."""
    from visalign.exports import EXPORTERS

    for path in sorted(HERE.glob("test_*_runtimes.py")):
        importlib.import_module(path.stem)
    names = list(EXPORTERS)
    unique = {(x.name, x.runtime, x.read): x for x in OPENED}
    return sorted(unique.values(), key=lambda x: (names.index(x.name), x.runtime, x.read))


def table() -> str:
    """The table as Markdown."""
    rows = [f"| `{x.name}` | {x.runtime} | {x.read} |" for x in all_opened()]
    n_formats = len({x.name for x in all_opened()})
    head = f"{n_formats} formats are opened by a program or a library that plays or reads them for its users:\n\n"
    return head + "\n".join(["| format | opened in | what was read back |", "|---|---|---|", *rows]) + "\n"


def main() -> None:
    """Put the table into the documentation: ``python tests/runtimes/opened.py``."""
    import opened  # the decorators' list is that of the imported module, not of this program

    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(before + BEGIN + "\n" + opened.table() + "\n" + END + after, encoding="utf-8")


if __name__ == "__main__":
    import sys

    sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "exports")]
    main()
