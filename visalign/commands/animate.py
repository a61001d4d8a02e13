"""``visalign animate``: the lips of a still portrait move with a sound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visalign.commands.console import screen
from visalign.commands.export import parse_rate
from visalign.commands.given import refuse_lonely_language, refuse_missing, said
from visalign.commands.options import Aligner, Fps, Language, Lexicon, NeededOutput, Overwrite, Quiet, Text, Transcript
from visalign.files.outputs import refuse_existing

__all__ = ["ANIMATE_EPILOG", "animate"]

ANIMATE_EPILOG = (
    'visalign animate me.jpg line.wav --text "bin blue at f two now" -o preview.mp4\n\n'
    "For previews of timing only, with the consent of the person shown. Every picture is marked as synthetic, and so "
    "is the file. Not for making anybody seem to say what they did not say; see the documentation."
)


def animate(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="Portrait, looking at the camera, mouth closed.")],
    audio: Annotated[Path, typer.Argument(metavar="AUDIO", help="Speech, or a clip with speech.")],
    output: Annotated[Path, NeededOutput("The clip, .mp4.")],
    transcript: Transcript = None,
    text: Text = None,
    lexicon: Lexicon = None,
    language: Language = None,
    aligner: Aligner = None,
    fps: Fps = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Move the lips of a portrait with a sound: a preview of timing, watermarked as synthetic."""
    refuse_existing(output, overwrite=overwrite)
    refuse_missing(photo, audio)
    # These load numpy, scipy, dlib and what aligns.
    from visalign.exports.reading import read_utterance
    from visalign.face.portrait import WATERMARK, animate_portrait, read_portrait
    from visalign.files.outputs import check_output
    from visalign.media.clips import read_audio

    inputs = [x for x in (photo, audio, transcript, lexicon) if x is not None]
    check_output(output, suffixes=(".mp4",), overwrite=overwrite, inputs=inputs)
    rate = parse_rate(fps or "25")
    portrait = read_portrait(photo)
    words = said(text, transcript)
    refuse_lonely_language(language, words)
    utterance = read_utterance(audio, words, lexicon=lexicon, aligner=aligner, language=language)
    animate_portrait(output, portrait, utterance, read_audio(audio, 48000), rate=rate)
    if not quiet:
        screen().print(f"Wrote {output}, marked {WATERMARK!r} in the picture and in its metadata", soft_wrap=True)
