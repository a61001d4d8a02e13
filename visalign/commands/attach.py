"""``visalign attach``: put a separate recording into a clip, at the right time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import visalign
from visalign.commands.console import progress_line, screen
from visalign.commands.options import refuse_missing, said
from visalign.errors import CorrectionRefused

if TYPE_CHECKING:
    from visalign.correct.attach import Attached
    from visalign.reports.clip_report import ClipReport

__all__ = ["ATTACH_EPILOG", "attach"]

ATTACH_EPILOG = (
    "visalign attach camera.mov lapel.wav -o scene.mov    (found in the camera's own sound)\n\n"
    'visalign attach silent.mp4 take.wav --by lips --text "bin blue at f two now" -o scene.mp4\n\n'
    "visalign attach scene.mov boom.wav --by timecode -o scene_boom.mov\n\n"
    "visalign attach scene.mp4 new_take.wav --by adr -o scene_adr.mp4    (stretched to the old take)\n\n"
    "Exit codes: 0 done · 1 refused, the place is not certain · 2 wrong usage · 3 an input could not be analysed"
)

_REFUSED = 1


def attach(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="The clip; it is never changed.")],
    audio: Annotated[Path, typer.Argument(metavar="AUDIO", help="The recording, at any rate.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The new file.")],
    by: Annotated[str, typer.Option(help="auto, sound, lips, timecode or adr; see below.")] = "auto",
    offset: Annotated[float | None, typer.Option(help="Where the recording starts, seconds, if known.")] = None,
    transcript: Annotated[
        Path | None, typer.Option("--transcript", "-t", help="What is said: text or subtitles.")
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="What is said, in quotes.")] = None,
    model: Annotated[Path | None, typer.Option(help="Lip model in place of the shipped one.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="TOML file with settings.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Leave out the clip's own sound.")] = False,
    codec: Annotated[str | None, typer.Option(help="Encoder of the new track: flac, pcm_s24le, aac …")] = None,
    force: Annotated[bool, typer.Option("--force", help="Take the best place even if it is not certain.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Put a separate recording into a clip, at the right time."""
    words = said(text, transcript)
    settings = visalign.Config() if config is None else visalign.Config.load(config)
    refuse_missing(video, audio)
    # Loads numpy, scipy and FFmpeg.
    from visalign.correct.attach import attach as attach_recording

    def measure(recording: Path) -> ClipReport:
        with progress_line(enabled=not quiet) as progress:
            return visalign.check(video, words, audio=recording, model=model, config=settings, progress=progress)

    lips: Callable[[Path], ClipReport] | None = measure if by in ("auto", "lips") else None
    try:
        done = attach_recording(
            video,
            audio,
            output,
            by=by,
            offset_seconds=offset,
            measure=lips,
            replace_sound=replace,
            codec=codec,
            force=force,
        )
    except CorrectionRefused as refusal:
        screen(stderr=True).print(str(refusal), style="yellow", soft_wrap=True)
        raise typer.Exit(_REFUSED) from refusal
    if not quiet:
        _show(done, output)


def _show(done: Attached, output: Path) -> None:
    place = f"{done.offset_seconds:+.4f} s" + (f", timecode {done.timecode}" if done.timecode else "")
    if done.stretch is None:
        screen().print(f"The recording starts at {place} of the clip ({done.evidence}).")
    else:
        slow, fast = done.stretch
        screen().print(f"Stretched to the old take at {slow:.2f} to {fast:.2f} of its speed ({done.evidence}).")
    for name in done.left_out:
        screen(stderr=True).print(f"Warning: the new container can't hold {name}; it was left out.", style="yellow")
    screen().print(f"Wrote {output}", soft_wrap=True)
