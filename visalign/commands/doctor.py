"""``visalign doctor``: what is installed, and what is missing."""

from __future__ import annotations

import typer

import visalign
from visalign.commands.console import findings_table, screen
from visalign.commands.exit_codes import CHECK_FAILED, DONE

__all__ = ["doctor"]


def doctor() -> None:
    """What is installed, under which licence, what is missing and how to get it."""
    findings = visalign.diagnose()
    console = screen()
    console.print(findings_table(findings))
    faults = [finding.name for finding in findings if finding.is_fault]
    console.print(f"visalign can't work: see {', '.join(faults)}." if faults else "visalign can work.", style="bold")
    raise typer.Exit(CHECK_FAILED if faults else DONE)
