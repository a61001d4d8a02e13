"""``visalign demo``: a clip with a known offset, made and checked."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

import visalign
from visalign.commands.check import show_report
from visalign.commands.console import facts_table, progress_line, screen, signed_ms
from visalign.commands.exit_codes import CHECK_FAILED, DONE
from visalign.commands.options import Overwrite
from visalign.files.outputs import keep_edited, made_folder

__all__ = ["DEMO_EPILOG", "demo"]

DEMO_EPILOG = "visalign demo --lead -120 --out late_demo"

DEMO_TOLERANCE_SECONDS = 0.02  # what the demo calls a success: half a frame at 25 frames a second


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the clip and its reports.")] = Path("demo"),
    lead: Annotated[float, typer.Option(help="How early the audio is made, in ms (negative: late).")] = 83.0,
    overwrite: Overwrite = False,
) -> None:
    """Make a clip with a known audio offset, check it, and print truth beside measurement."""
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(progress_line())
        progress("making a clip: speech and a drawn face", None)
        keep_edited(made_folder(out), overwrite=overwrite)
        truth = visalign.generate_clip(out / "clip.mp4", lead_seconds=lead / 1000)
        report = visalign.check(truth.path, truth.transcript, evidence=True, progress=progress)
        progress("writing the page", None)
        html = report.write(out / "report.html")
    written = [report.write(out / name) for name in ("report.json", "words.csv", "clip.TextGrid")]
    show_report(report, [truth.path, *written, html])
    measured = report.sync.lead_seconds
    error = None if measured is None else measured - truth.lead_seconds
    rows = [("truth", signed_ms(truth.lead_seconds)), ("measured", signed_ms(measured)), ("error", signed_ms(error))]
    screen().print(facts_table(("audio lead", ">ms (+ = early)"), rows))
    screen().print(f"Open in a browser: {html.resolve().as_uri()}", style="bold", soft_wrap=True)
    is_right = error is not None and abs(error) <= DEMO_TOLERANCE_SECONDS
    raise typer.Exit(DONE if is_right else CHECK_FAILED)
