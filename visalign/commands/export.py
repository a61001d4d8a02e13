"""``visalign export``: a mouth's timeline, curves, annotations or markers in the file of another program."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from visalign.commands.console import facts_table, screen
from visalign.commands.options import Language, Overwrite, refuse_lonely_language, said
from visalign.errors import BAD_DATA, ConfigError

if TYPE_CHECKING:
    from visalign.exports.exporter import ExportOptions
    from visalign.exports.hand_edits import Edit

__all__ = ["EXPORT_EPILOG", "export", "parse_rate", "read_edits_for", "split_shapes"]

EXPORT_EPILOG = (
    'visalign export line.wav --text "bin blue at f two now" --to rhubarb-json -o line.json\n\n'
    "visalign export clip.mp4 -t clip.txt --to moho-dat --fps 24 --lead 1 -o line.dat\n\n"
    'visalign export zeile.wav --text "Guten Morgen" --language de --to arkit-json -o zeile.json\n\n'
    "visalign export line.TextGrid --to gltf --model head.glb -o talking.glb\n\n"
    "visalign export --list    (all formats, and how each was verified)"
)

# What people write for the rates of North American television.
_NTSC = {"23.976": (24000, 1001), "23.98": (24000, 1001), "29.97": (30000, 1001), "59.94": (60000, 1001)}
_NTSC |= {"47.952": (48000, 1001), "119.88": (120000, 1001)}


def parse_rate(text: str) -> Fraction:
    """Frames a second from ``24``, ``29.97`` or ``30000/1001``.

    Examples
    --------
    >>> parse_rate("29.97"), parse_rate("12.5"), parse_rate("24000/1001")
    (Fraction(30000, 1001), Fraction(25, 2), Fraction(24000, 1001))

    Raises
    ------
    ConfigError
        If it is no number.
    """
    try:
        return Fraction(*_NTSC[text]) if text in _NTSC else Fraction(text)
    except BAD_DATA as error:
        raise ConfigError("fps", text, "a number of frames a second, as 24, 29.97 or 30000/1001") from error


def export(
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="IN", help="Sound or clip, TextGrid, EAF, CTM, CSV, or a JSON of visalign.", show_default=False
        ),
    ] = None,
    to: Annotated[str | None, typer.Option(help="The format; see --list.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write.")] = None,
    transcript: Annotated[
        Path | None, typer.Option("--transcript", "-t", help="What is said: text or subtitles.")
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="What is said, in quotes.")] = None,
    lexicon: Annotated[Path | None, typer.Option(help="Pronunciations of your own.")] = None,
    language: Language = None,
    aligner: Annotated[
        str | None,
        typer.Option(help="Who finds the phones: pocketsphinx (fast; English, the default) or another of `align`."),
    ] = None,
    fps: Annotated[str | None, typer.Option(help="Frames a second: 24, 29.97, 24000/1001 …")] = None,
    start_frame: Annotated[int | None, typer.Option(help="Number of the first frame.")] = None,
    lead: Annotated[float, typer.Option(help="Frames that the mouth comes before the sound.")] = 0.0,
    min_hold: Annotated[int, typer.Option(help="Least frames of a shape.")] = 1,
    closure_hold: Annotated[int, typer.Option(help="Least frames of a closed mouth.")] = 2,
    tweens: Annotated[bool, typer.Option(help="In-between shapes.")] = True,
    early_closures: Annotated[bool, typer.Option(help="Close the lips 40-120 ms before P B M.")] = False,
    rest_after: Annotated[float, typer.Option(help="Seconds of silence after which the mouth rests.")] = 1 / 3,
    shapes: Annotated[str | None, typer.Option(help="Shapes that the rig has: ABCDEF, or names with commas.")] = None,
    viseme_map: Annotated[str | None, typer.Option("--map", help="rhubarb, a viseme map, or its TOML file.")] = None,
    recipe: Annotated[str | None, typer.Option(help="How channels make visemes: a name or a TOML file.")] = None,
    max_error: Annotated[float, typer.Option(help="Error that fewer keys may cost; 0 keeps every key.")] = 0.01,
    model: Annotated[Path | None, typer.Option(help="Your own GLB to put the animation into.")] = None,
    target: Annotated[str | None, typer.Option(help="Mesh, node or object that is animated.")] = None,
    edits: Annotated[Path | None, typer.Option(help="CSV of changes by hand; default: OUTPUT.edits.csv.")] = None,
    make_edits: Annotated[bool, typer.Option("--make-edits", help="Begin an empty OUTPUT.edits.csv.")] = False,
    show_list: Annotated[bool, typer.Option("--list", help="Show all formats.")] = False,
    overwrite: Overwrite = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Write a mouth's timeline for rigs, curves for faces, tiers for linguists, markers for editors."""
    if show_list:
        _show_formats()
        return
    if source is None or to is None or output is None:
        raise typer.BadParameter("give IN, --to FORMAT and -o FILE; `visalign export --list` shows the formats")
    # These load numpy, and what reads sound.
    from visalign.exports.exporter import ExportOptions, load_exporter, write_export
    from visalign.exports.reading import read_utterance
    from visalign.files.outputs import check_output

    exporter = load_exporter(to)
    inputs = [x for x in (source, transcript, lexicon, model, edits) if x is not None]
    check_output(output, suffixes=[output.suffix], inputs=inputs, overwrite=overwrite)
    options = ExportOptions(
        rate=None if fps is None else parse_rate(fps),
        first_frame=start_frame,
        lead_frames=lead,
        hold_frames=min_hold,
        closure_frames=closure_hold,
        tweens=tweens,
        rest_after=rest_after,
        early_closures=early_closures,
        shapes=split_shapes(shapes),
        mouths=viseme_map,
        recipe=recipe,
        max_error=max_error,
        edits=read_edits_for(output, edits, make=make_edits),
        model=model,
        target=target,
    )
    words = said(text, transcript)
    refuse_lonely_language(language, words)
    utterance = read_utterance(source, words, lexicon=lexicon, aligner=aligner, language=language)
    write_export(output, utterance, exporter, options)
    if not quiet:
        _report(exporter, options, output, utterance.warnings)


def split_shapes(text: str | None) -> tuple[str, ...] | None:
    """Names of shapes from ``ABCDEF`` or ``aa,E,oh``."""
    if text is None:
        return None
    return tuple(x.strip() for x in text.split(",")) if "," in text else tuple(text)


def read_edits_for(output: Path, given: Path | None, *, make: bool = False) -> tuple[Edit, ...]:
    """The edits of `given`, else those beside `output`; an empty file there first, if it is to be made."""
    # These load numpy and praatio.
    from visalign.exports.hand_edits import EDIT_COLUMNS, edits_beside, read_edits
    from visalign.files.text_files import format_table, write_text

    beside = edits_beside(output)
    if make and not beside.exists():
        write_text(beside, format_table((*EDIT_COLUMNS, "note"), []))
    if given is not None:
        return read_edits(given)
    return read_edits(beside) if beside.exists() else ()


def _report(exporter: Any, options: ExportOptions, output: Path, warnings: tuple[str, ...]) -> None:
    console = screen()
    for warning in warnings:
        console.print(f"Warning: {warning}", style="yellow")
    rate = options.rate or exporter.rate
    first = exporter.first_frame if options.first_frame is None else options.first_frame
    console.print(f"{exporter.title}; frames where it has any: {rate} a second, the first is {first}.")
    if options.edits:
        console.print(f"{len(options.edits)} edit(s) by hand are in it.")
    console.print(f"Wrote {output}", soft_wrap=True)


def _show_formats() -> None:
    # Loads numpy.
    from visalign.exports.exporter import EXPORTERS, load_exporter

    rows = [(x.name, x.family, x.suffix, x.title, x.verified) for x in map(load_exporter, EXPORTERS)]
    screen().print(facts_table(("format", "kind", "ending", "for", "how it was verified"), rows))
