"""``visalign cache``: the lips that are kept from one command to the next."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import typer

from visalign.commands.console import facts_table, screen, write_json
from visalign.commands.options import Json, Overwrite
from visalign.errors import OutputError
from visalign.lips.kept_lips import CACHE_VARIABLE, MAX_BYTES, MAX_DAYS, OFF, KeptLips, LipCache, is_safe, own_folder

__all__ = ["CACHE_EPILOG", "cache_app", "clear", "show"]

CACHE_EPILOG = (
    "visalign cache show\n\nvisalign cache clear\n\nvisalign check clip.mp4 --no-cache    (this once without)\n\n"
    "Reading lips is most of what a check takes, so explain, plot, overlay, fix and the next check of the same clip "
    "take them from here, with the same result. What is kept tells how lips moved, without pictures, sound or names; "
    "it is readable by you alone, and goes when it is too much or too old.\n\n"
    f"{CACHE_VARIABLE}=FOLDER keeps them there, {CACHE_VARIABLE}={OFF} nowhere. `visalign batch` has its own "
    "(--lip-cache)."
)

cache_app = typer.Typer(
    help="The lips that are kept from one command to the next: show them, remove them.",
    epilog=CACHE_EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_MEGABYTE = 1_000_000
_DAY_SECONDS = 86_400


@cache_app.command("show", epilog="visalign cache show\n\nvisalign cache show --json | jq .bytes")
def show(json: Json = None, overwrite: Overwrite = False) -> None:
    """Where lips are kept, of how many clips, how much that takes, and when it goes."""
    folder = own_folder()
    kept = [] if folder is None else LipCache(folder).contents()
    facts: dict[str, Any] = {
        "folder": None if folder is None else str(folder),
        "used": folder is not None and is_safe(folder),
        "clips": len(kept),
        "bytes": _bytes(kept),
        "most_bytes": MAX_BYTES,
        "most_days_unused": MAX_DAYS,
    }
    if json is not None:
        write_json(json, facts, overwrite=overwrite)
        return
    if folder is None:
        screen().print(f"No lips are kept: {CACHE_VARIABLE} is {OFF}, or there is no home folder.")
        return
    rows = [
        ("folder", facts["folder"]),
        ("clips", str(len(kept))),
        ("size", f"{_bytes(kept) / _MEGABYTE:.1f} of {MAX_BYTES / _MEGABYTE:.0f} MB"),
        ("longest unused", f"{(time.time() - kept[0].used) / _DAY_SECONDS:.0f} of {MAX_DAYS} days" if kept else "-"),
    ]
    screen().print(facts_table(("lips kept", ""), rows))
    if not facts["used"]:
        screen().print(_UNSAFE, style="yellow")


_UNSAFE = "It is not used: it belongs to somebody else, or others may write to it."


@cache_app.command("clear", epilog="visalign cache clear")
def clear() -> None:
    """Remove all lips that are kept; of other files in that folder none."""
    folder = own_folder()
    if folder is None:
        screen().print("No lips are kept.")
        return
    if folder.exists() and not is_safe(folder):
        raise OutputError(
            folder, "this folder belongs to somebody else, or others may write to it; nothing was removed"
        )
    gone = LipCache(folder).clear()
    screen().print(f"Removed the lips of {_counted(gone)}, {_bytes(gone) / _MEGABYTE:.1f} MB.")


def _bytes(kept: Sequence[KeptLips]) -> int:
    return sum(entry.n_bytes for entry in kept)


def _counted(kept: Sequence[KeptLips]) -> str:
    return f"{len(kept)} clip" + "s" * (len(kept) != 1)
