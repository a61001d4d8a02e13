"""``visalign preview``: a video of a mouth that says a timeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visalign.commands.choices import choice
from visalign.commands.console import show_written
from visalign.commands.export import parse_rate, read_edits_for, split_shapes
from visalign.commands.given import refuse_lonely_language, said
from visalign.commands.options import (
    Aligner,
    Audio,
    Edits,
    Fps,
    Images,
    Language,
    LeadFrames,
    Lexicon,
    Map,
    NeededOutput,
    Overwrite,
    Quiet,
    Seed,
    Shapes,
    Text,
    Transcript,
)
from visalign.files.outputs import refuse_existing

if TYPE_CHECKING:
    from visalign.signals import Audio as Sound

__all__ = ["PREVIEW_EPILOG", "preview"]

PREVIEW_EPILOG = (
    'visalign preview line.wav --text "bin blue at f two now" -o line.mp4\n\n'
    "visalign preview line.TextGrid --audio line.wav --style cues --blinks --brows --head -o line.mp4\n\n"
    "visalign preview line.wav -t line.txt --images my_mouths/ -o line.mp4    (A.png, B.png … in that folder)"
)


def preview(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Sound or clip, TextGrid, or a JSON of visalign.")],
    output: Annotated[Path, NeededOutput("The clip, .mp4.")],
    transcript: Transcript = None,
    text: Text = None,
    lexicon: Lexicon = None,
    language: Language = None,
    aligner: Aligner = None,
    audio: Audio = None,
    style: Annotated[
        str | None,
        choice("--style", names=("smooth", "cues", "images"), help="smooth, cues (one mouth at a time) or images."),
    ] = None,
    images: Images = None,
    mouths: Annotated[Path | None, typer.Option(help="TOML with the drawn mouth of each shape, for cues.")] = None,
    viseme_map: Map = None,
    shapes: Shapes = None,
    fps: Fps = None,
    lead_frames: LeadFrames = 0.0,
    size_px: Annotated[int, typer.Option(help="Width and height of the drawn face.")] = 480,
    blinks: Annotated[bool, typer.Option(help="Blink now and then.")] = False,
    brows: Annotated[bool, typer.Option(help="Raise the brows with the voice.")] = False,
    head: Annotated[bool, typer.Option(help="Move the head a little with the voice.")] = False,
    seed: Seed = 0,
    edits: Edits = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Draw a face, or show your own pictures, that says a line; with its sound."""
    refuse_existing(output, overwrite=overwrite)
    # These load numpy, scipy, FFmpeg and what aligns.
    from visalign.exports.exporter import ExportOptions
    from visalign.exports.reading import read_utterance
    from visalign.face.preview import PreviewOptions, write_preview
    from visalign.files.outputs import check_output

    inputs = [x for x in (source, transcript, lexicon, audio, mouths, edits) if x is not None]
    check_output(output, suffixes=(".mp4",), overwrite=overwrite, inputs=inputs)
    look = PreviewOptions(
        style=style or ("smooth" if images is None else "images"),
        size_px=size_px,
        seed=seed,
        blinks=blinks,
        brows=brows,
        head=head,
        mouths=mouths,
        images=images,
    )
    options = ExportOptions(
        rate=None if fps is None else parse_rate(fps),
        lead_frames=lead_frames,
        shapes=split_shapes(shapes),
        mouths=viseme_map,
        edits=read_edits_for(output, edits),
    )
    words = said(text, transcript)
    refuse_lonely_language(language, words)
    utterance = read_utterance(source, words, lexicon=lexicon, aligner=aligner, language=language)
    write_preview(output, utterance, _sound(source, audio), options, look)
    if not quiet:
        show_written(output)


def _sound(source: Path, audio: Path | None) -> Sound | None:
    # Loads FFmpeg.
    from visalign.media.clips import read_audio

    if audio is not None:
        return read_audio(audio, 48000)
    return None if source.suffix.lower() in (".textgrid", ".json") else read_audio(source, 48000)
