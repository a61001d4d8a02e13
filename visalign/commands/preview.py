"""``visalign preview``: a video of a mouth that says a timeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visalign.commands.console import screen
from visalign.commands.export import parse_rate, read_edits_for, split_shapes
from visalign.commands.options import Language, refuse_lonely_language, said

if TYPE_CHECKING:
    from visalign.signals import Audio

__all__ = ["PREVIEW_EPILOG", "preview"]

PREVIEW_EPILOG = (
    'visalign preview line.wav --text "bin blue at f two now" -o line.mp4\n\n'
    "visalign preview line.TextGrid --audio line.wav --style cues --blinks --brows --head -o line.mp4\n\n"
    "visalign preview line.wav -t line.txt --images my_mouths/ -o line.mp4    (A.png, B.png … in that folder)"
)


def preview(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Sound or clip, TextGrid, or a JSON of visalign.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The clip, .mp4.")],
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
    audio: Annotated[Path | None, typer.Option(help="The sound, where IN is a TextGrid or a JSON.")] = None,
    style: Annotated[str | None, typer.Option(help="smooth, cues (one mouth at a time) or images.")] = None,
    images: Annotated[Path | None, typer.Option(help="Folder of your own pictures, one a shape.")] = None,
    mouths: Annotated[Path | None, typer.Option(help="TOML with the drawn mouth of each shape, for cues.")] = None,
    viseme_map: Annotated[str | None, typer.Option("--map", help="rhubarb, a viseme map, or its TOML file.")] = None,
    shapes: Annotated[str | None, typer.Option(help="Shapes that the rig has.")] = None,
    fps: Annotated[str | None, typer.Option(help="Frames a second.")] = None,
    lead: Annotated[float, typer.Option(help="Frames that the mouth comes before the sound.")] = 0.0,
    size: Annotated[int, typer.Option(help="Width and height of the drawn face in pixels.")] = 480,
    blinks: Annotated[bool, typer.Option(help="Blink now and then.")] = False,
    brows: Annotated[bool, typer.Option(help="Raise the brows with the voice.")] = False,
    head: Annotated[bool, typer.Option(help="Move the head a little with the voice.")] = False,
    seed: Annotated[int, typer.Option(help="Of blinks and head.")] = 0,
    edits: Annotated[Path | None, typer.Option(help="CSV of changes by hand; default: OUTPUT.edits.csv.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Draw a face, or show your own pictures, that says a line; with its sound."""
    # These load numpy, scipy, FFmpeg and what aligns.
    from visalign.exports.exporter import ExportOptions
    from visalign.exports.reading import read_utterance
    from visalign.face.preview import PreviewOptions, write_preview
    from visalign.files.outputs import check_output

    inputs = [x for x in (source, transcript, lexicon, audio, mouths, edits) if x is not None]
    check_output(output, suffixes=(".mp4",), inputs=inputs)
    look = PreviewOptions(
        style=style or ("smooth" if images is None else "images"),
        size_px=size,
        seed=seed,
        blinks=blinks,
        brows=brows,
        head=head,
        mouths=mouths,
        images=images,
    )
    options = ExportOptions(
        rate=None if fps is None else parse_rate(fps),
        lead_frames=lead,
        shapes=split_shapes(shapes),
        mouths=viseme_map,
        edits=read_edits_for(output, edits),
    )
    words = said(text, transcript)
    refuse_lonely_language(language, words)
    utterance = read_utterance(source, words, lexicon=lexicon, aligner=aligner, language=language)
    write_preview(output, utterance, _sound(source, audio), options, look)
    if not quiet:
        screen().print(f"Wrote {output}", soft_wrap=True)


def _sound(source: Path, audio: Path | None) -> Audio | None:
    # Loads FFmpeg.
    from visalign.media.clips import read_audio

    if audio is not None:
        return read_audio(audio, 48000)
    return None if source.suffix.lower() in (".textgrid", ".json") else read_audio(source, 48000)
