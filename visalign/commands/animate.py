"""``visalign animate``: the lips of a still portrait move with a sound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visalign.commands.console import screen
from visalign.commands.export import parse_rate
from visalign.commands.options import Language, refuse_lonely_language, said

__all__ = ["ANIMATE_EPILOG", "animate"]

ANIMATE_EPILOG = (
    'visalign animate me.jpg line.wav --text "bin blue at f two now" -o preview.mp4\n\n'
    "For previews of timing only, with the consent of the person shown. Every picture is marked as synthetic, and so "
    "is the file. Not for making anybody seem to say what they did not say; see the documentation."
)


def animate(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="Portrait, looking at the camera, mouth closed.")],
    audio: Annotated[Path, typer.Argument(metavar="AUDIO", help="Speech, or a clip with speech.")],
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
    fps: Annotated[str, typer.Option(help="Frames a second.")] = "25",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Move the lips of a portrait with a sound: a preview of timing, watermarked as synthetic."""
    # These load numpy, scipy, dlib and what aligns.
    from visalign.exports.reading import read_utterance
    from visalign.face.portrait import WATERMARK, animate_portrait, read_portrait
    from visalign.files.outputs import check_output
    from visalign.media.clips import read_audio

    inputs = [x for x in (photo, audio, transcript, lexicon) if x is not None]
    check_output(output, suffixes=(".mp4",), inputs=inputs)
    rate = parse_rate(fps)
    portrait = read_portrait(photo)
    words = said(text, transcript)
    refuse_lonely_language(language, words)
    utterance = read_utterance(audio, words, lexicon=lexicon, aligner=aligner, language=language)
    animate_portrait(output, portrait, utterance, read_audio(audio, 48000), rate=rate)
    if not quiet:
        screen().print(f"Wrote {output}, marked {WATERMARK!r} in the picture and in its metadata", soft_wrap=True)
