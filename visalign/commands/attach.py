"""``visalign attach``: put a separate recording into a clip, at the right time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import visalign
from visalign.commands.choices import choice
from visalign.commands.console import progress_line, screen, show_written
from visalign.commands.given import refuse_missing
from visalign.commands.judging import Judging, Spoken, Streams, check_arguments, with_groups
from visalign.commands.options import OUTPUT, Face, Force, NeededOutput, NoCache, Overwrite, Quiet, VideoTrack
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


@with_groups
def attach(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="The clip; it is never changed.")],
    audio: Annotated[Path, typer.Argument(metavar="AUDIO", help="The recording, at any rate.")],
    output: Annotated[Path, NeededOutput("The new file.")],
    spoken: Spoken,
    judging: Judging,
    by: Annotated[
        str, choice("--by", names=("auto", "sound", "lips", "timecode", "adr"), help="How its place is found.")
    ] = "auto",
    offset: Annotated[float | None, typer.Option(help="Where the recording starts, seconds, if known.")] = None,
    video_track: VideoTrack = None,
    face: Face = None,
    no_cache: NoCache = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Leave out the clip's own sound.", rich_help_panel=OUTPUT)
    ] = False,
    codec: Annotated[
        str | None, typer.Option(help="Encoder of the new track: flac, pcm_s24le, aac …", rich_help_panel=OUTPUT)
    ] = None,
    force: Force = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Put a separate recording into a clip, at the right time."""
    arguments = check_arguments(spoken, Streams(video_track=video_track, face=face, no_cache=no_cache), judging, video)
    refuse_missing(video, audio)
    # Loads numpy, scipy and FFmpeg.
    from visalign.correct.attach import attach as attach_recording

    def measure(recording: Path) -> ClipReport:
        with progress_line(enabled=not quiet) as progress:
            return visalign.check(video, audio=recording, evidence=False, progress=progress, **arguments)

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
            overwrite=overwrite,
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
    show_written(output)
