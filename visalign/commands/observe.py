"""``visalign observe``: what the lips show, without the sound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import visalign
from visalign.console import progress_line, screen, tier_table

if TYPE_CHECKING:
    from visalign.pipeline import ClipObservation

__all__ = ["OBSERVE_EPILOG", "observe"]

OBSERVE_EPILOG = (
    "visalign observe clip.mp4 -o lips.csv\n\n"
    "visalign observe clip.mp4 -o lips.npz -o lips.TextGrid -o lips.png --map neti_2000\n\n"
    "CSV and NPZ: viseme, probabilities and features of each frame. TextGrid: visemes and lip closures. PNG, SVG, PDF: "
    'pictures of the mouth above them (pip install "visalign\\[plot]").'
)


def observe(
    video: Annotated[
        Path, typer.Argument(metavar="VIDEO", help="Clip with a face that speaks; its sound is not used.")
    ],
    output: Annotated[
        list[Path] | None,
        typer.Option("--output", "-o", help=".csv, .npz, .TextGrid, .png, .svg or .pdf; may be given several times."),
    ] = None,
    viseme_map: Annotated[
        str | None, typer.Option("--map", help="Viseme map: a name (see `visalign maps list`) or a TOML file.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Lip model made by `visalign train`, in place of the shipped one.")
    ] = None,
    face: Annotated[int | None, typer.Option(help="Number of the face, where the clip shows several.")] = None,
    start: Annotated[float | None, typer.Option(help="Draw from this second on.")] = None,
    end: Annotated[float | None, typer.Option(help="Draw up to this second.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Read the lips: the visemes that they show, how probable, and the features of every frame."""
    # These load numpy and praatio.
    from visalign.observation_files import OBSERVATION_SUFFIXES, write_observation
    from visalign.plots.style import PLOT_SUFFIXES
    from visalign.text_files import check_output

    wanted = output or []
    inputs = [path for path in (video, model) if path is not None]
    for path in wanted:
        check_output(path, suffixes=(*OBSERVATION_SUFFIXES, *PLOT_SUFFIXES), inputs=inputs)
    with progress_line(enabled=not quiet) as progress:
        seen = visalign.observe(video, viseme_map=viseme_map, model=model, face=face, progress=progress)
        for path in wanted:
            progress(f"writing {path.name}", None)
            if path.suffix.lower() in PLOT_SUFFIXES:
                _draw(path, video, seen, start, end)
            else:
                write_observation(path, seen.lips, seen.decoded, silence=seen.silence)
    if not quiet:
        screen().print(tier_table(seen.visemes, label="viseme", is_silence=lambda x: x == seen.silence))
        for path in wanted:
            screen().print(f"Wrote {path}", soft_wrap=True)


def _draw(path: Path, video: Path, seen: ClipObservation, start: float | None, end: float | None) -> None:
    # Matplotlib is optional.
    from visalign.plots.lips import plot_lips
    from visalign.plots.style import save_plot

    save_plot(plot_lips(video, seen.lips, seen.decoded, silence=seen.silence, start=start, end=end), path)
