"""What the number says with which a command ends."""

from __future__ import annotations

__all__ = ["CHECK_FAILED", "DONE", "EXIT_CODES", "INTERRUPTED", "NOT_ANALYSED", "USAGE"]

DONE, CHECK_FAILED, USAGE, NOT_ANALYSED, INTERRUPTED = 0, 1, 2, 3, 130

EXIT_CODES = (
    "Exit codes: 0 done and in sync, or released · 1 done, a check or a release gate failed · 2 wrong usage · "
    "3 an input could not be analysed"
)
"""All of them, for the help."""
