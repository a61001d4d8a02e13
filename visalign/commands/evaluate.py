"""``visalign evaluate``: how well visalign measures a corpus of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown

import visalign
from visalign.commands.console import progress_line, screen, show_written
from visalign.commands.options import Model, NeededOutput, Overwrite, Quiet, Settings

__all__ = ["EVALUATE_EPILOG", "evaluate"]

EVALUATE_EPILOG = (
    "visalign evaluate clips/ -o results/\n\n"
    "visalign evaluate clips/ --model mine.npz -o results/    (clips of speakers that mine.npz never saw)\n\n"
    "Clips lie with their transcripts as for `visalign train`. Nothing has to be labelled: the sound is moved by known "
    "amounts, and words are displaced or dubbed, in memory. Written are summary.md and summary.csv, and a row a "
    "measurement in offsets.csv, windows.csv, words.csv and clips.csv; word_faults.csv tells how well single words are "
    "found that were moved, dropped, said twice, swapped or replaced.\n\n"
    "Exit codes: 0 done · 2 wrong usage · 3 no clip could be analysed"
)


def evaluate(
    clips: Annotated[Path, typer.Argument(metavar="CLIPS", help="Folder of clips with transcripts, or a manifest.")],
    output: Annotated[Path, NeededOutput("Folder for the tables; made if it does not exist.")],
    model: Model = None,
    config: Settings = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many clips.")] = None,
    windows: Annotated[bool, typer.Option("--windows/--no-windows", help="Offsets of short windows too.")] = True,
    faults: Annotated[bool, typer.Option("--faults/--no-faults", help="Words at fault, and dubbed clips, too.")] = True,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Measure offsets and faults over your own clips, by shifts and faults that are known exactly."""
    # Load numpy, pandas and the speech libraries.
    from visalign.corpora.manifest import listed_clips
    from visalign.errors import InputError
    from visalign.evaluation.known_faults import evaluate as measure
    from visalign.files.outputs import keep_edited, made_folder
    from visalign.files.text_files import write_text
    from visalign.sync.lip_model import LipModel

    settings = visalign.Config() if config is None else visalign.Config.load(config)
    found, unsaid = listed_clips(clips)
    folder = made_folder(output)
    keep_edited(folder, overwrite=overwrite)
    with progress_line(enabled=not quiet) as progress:
        result = measure(
            found[:limit],
            model=LipModel.load(model),
            config=settings,
            windows=windows,
            faults=faults,
            progress=progress,
        )
    left_out = [*((path.name, "no transcript beside it") for path in unsaid), *result.left_out]
    if not len(result.offsets):
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out[:3])
        raise InputError(f"{clips}: no clip could be analysed. {reasons}")
    written = [write_text(folder / name, text) for name, text in result.tables().items()]
    if not quiet:
        _show(result.tables()["summary.md"], left_out, written)


def _show(summary: str, left_out: list[tuple[str, str]], written: list[Path]) -> None:
    out = screen()
    out.print(Markdown(summary))
    for name, reason in left_out:
        out.print(f"Left out: {name} ({reason})", style="yellow", markup=False)
    show_written(*written)
