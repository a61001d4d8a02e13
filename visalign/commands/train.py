"""``visalign train``: a lip model of one's own, and how far it can be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import visalign
from visalign.commands.console import facts_table, progress_line, screen, show_written
from visalign.commands.options import Json, Language, Map, NeededOutput, Overwrite, Quiet, Seed
from visalign.config import SyncParams

if TYPE_CHECKING:
    from visalign.training.fitting import TrainingReport
    from visalign.training.held_out import HeldOut, HeldOutSpeaker

__all__ = ["TRAIN_EPILOG", "train"]

TRAIN_EPILOG = (
    "visalign train clips/ -o my_lips.npz    (clip.mp4 beside clip.txt)\n\n"
    "visalign train clips/ -o my_lips.npz --json training.json --map neti_2000\n\n"
    "visalign train clips/ -o my_lips.npz --augment noise=20 --augment rate=1.15 --seed 1\n\n"
    "visalign train clips/ -o lippen.npz --language de    (a manifest may have a column language)\n\n"
    "visalign check clip.mp4 --transcript clip.txt --model my_lips.npz\n\n"
    "The report counts how well each speaker is read by a model that was trained on the others."
)


def train(
    clips: Annotated[
        Path, typer.Argument(metavar="CLIPS", help="Folder of clips with their transcripts, or a manifest.")
    ],
    output: Annotated[Path, NeededOutput("The model, a .npz file.")],
    json: Json = None,
    viseme_map: Map = None,
    augment: Annotated[
        list[str] | None,
        typer.Option(
            help="Learn from clips made of these too: noise=DB, sound-noise=DB, rotation=DEGREES, scale=TIMES, "
            "compression=1..31, frame-rate=FPS, rate=TIMES or recombine=CLIPS_A_CLIP; may be given several times."
        ),
    ] = None,
    language: Language = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Learn what the lips look like for each phone, from clips with transcripts."""
    # These load numpy, scipy and praatio.
    from visalign.files.outputs import check_output
    from visalign.files.text_files import format_json, write_text

    check_output(output, suffixes=(output.suffix,), overwrite=overwrite)
    if json is not None:
        check_output(json, suffixes=(".json",), overwrite=overwrite, inputs=[output])
    with progress_line(enabled=not quiet) as progress:
        found = visalign.train_from_folder(
            clips,
            output,
            viseme_map=viseme_map or SyncParams().viseme_map,
            augmentation=augment or (),
            language=language,
            seed=seed,
            progress=progress,
        )
    if json is not None:
        write_text(json, format_json(found.to_dict()))
    if not quiet:
        _show(found)
        show_written(output, *([json] if json else []))


def _show(found: TrainingReport) -> None:
    console = screen()
    console.print(
        f"{found.n_clips} clips, {found.n_frames} frames with a face, {len(found.speakers)} speakers; "
        f"{found.explained_variance:.0%} of the mouth's movement predicted for those left out."
    )
    if found.added:
        made = ", ".join(f"{n} of {kind}" for kind, n in found.added)
        console.print(f"Learnt from clips made of them as well: {made} (seed {found.seed}).")
    if found.held_out is not None:
        _show_held_out(found.held_out)
    if found.left_out:
        console.print(facts_table(("not used", "why"), found.left_out))


def _show_held_out(held_out: HeldOut) -> None:
    console = screen()
    header = ("left out", ">clips", ">frames right", ">closures found", ">of those seen, right", ">bits a frame")
    rows = [_row(x) for x in (*held_out.speakers, held_out.total)]
    console.print(facts_table(header, rows))
    wrong = sorted(((n, a, b) for (a, b), n in held_out.confusions.items() if a != b), reverse=True)[:5]
    if wrong:
        pairs = ", ".join(f"{a} as {b} ({n} frames)" for n, a, b in wrong)
        console.print(f"Most confused under {held_out.viseme_map}: {pairs}")


def _row(x: HeldOutSpeaker) -> tuple[str, ...]:
    parts = [x.accuracy, x.closure_recall, x.closure_precision]
    percent = ["" if part is None else f"{part:.1%}" for part in parts]
    bits = "" if x.bits_per_frame is None else f"{x.bits_per_frame:.2f}"
    return (x.name, str(x.n_clips), *percent, bits)
