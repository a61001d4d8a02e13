"""``visalign page``: the page of a batch, made anew from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visalign.commands.console import screen
from visalign.commands.options import Overwrite, Quiet
from visalign.files.outputs import keep_edited

__all__ = ["PAGE_EPILOG", "page"]

PAGE_EPILOG = (
    "visalign page results    (writes results/index.html)\n\n"
    "Clips have pages and pictures where the batch was run with --pages; the others link to their JSON reports."
)


def page(
    results: Annotated[Path, typer.Argument(metavar="FOLDER", help="What `visalign batch` wrote (its --output).")],
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write the page of a batch: a table of all clips to sort, filter and open."""
    # Loads numpy and praatio.
    from visalign.reports.html_report import write_batch_page

    keep_edited(results / "index.html", overwrite=overwrite)
    written = write_batch_page(results)
    if not quiet:
        screen().print(f"Open in a browser: {written.resolve().as_uri()}", soft_wrap=True)
