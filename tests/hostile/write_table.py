"""Write the table of bad inputs into ``docs/hostile_inputs.md``: ``python tests/hostile/write_table.py``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "hostile_inputs.md"
BEGIN, END = "<!-- table: written by tests/hostile/write_table.py -->\n", "<!-- end of the table -->\n"


def table() -> str:
    """The rows of the table, as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    # Beside this file; a test that imports it has them already.
    from cases import CASES, ELSEWHERE

    yield f"{len(CASES)} cases of {len({case.number for case in CASES})} kinds:\n"
    yield "| kind | input | command | what comes out |"
    yield "|---|---|---|---|"
    for case in sorted(CASES, key=lambda case: case.number):
        yield f"| {case.number} | {_cell(case.name)} | `{case.command}` | {_cell(str(case.expected))} |"
    yield "\nThe other kinds need a process, a disk or a browser of their own:\n"
    yield "| kind | what happens | tests |"
    yield "|---|---|---|"
    for kind in ELSEWHERE:
        yield f"| {kind.number} | {kind.name} | {', '.join(f'`{test}`' for test in kind.tests)} |"


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def page(old: str) -> str:
    """The page with its table as it should be."""
    before, rest = old.split(BEGIN)
    return before + BEGIN + "\n" + table() + "\n" + END + rest.split(END)[1]


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
